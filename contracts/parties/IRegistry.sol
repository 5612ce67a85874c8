// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Admit,
    AdmitItem,
    CompleteItem,
    CureItem,
    FreezeItem,
    LiftItem,
    PublishPolicyItem,
    RecoverItem,
    ReinstateItem,
    SetLimitItem,
    SetSignersItem,
    StopItem,
    SuspendItem,
    VetoItem
} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";

/// @title  Who is a party, and what may the offices order?
/// @notice An *office* is the platform or an admitted bank, acting through a signer with role OFFICE. Rare, weighty acts
///         need two offices of different groups, none of which gains by the act; admitting a bank, a keeper or an
///         evidence service, limits and policy need k of the n banks, never the platform.
/// @dev    Trusts no single office. Two colluding offices can freeze, stop or suspend with a public reason (stuck, and
///         visible). They take over a party that lost its keys only after seven public days in which any live signer
///         of it may veto; with the hash of a court's order, after seven public days without veto (goes wrong, if
///         there is no such order).
interface IRegistry {
    event Admitted(uint32 indexed party, uint16 kinds, uint32 group, bytes32 identity);
    event SignerGranted(address indexed key, uint32 indexed party, bool managed, bytes32 certificate);
    event BanksChanged(uint256 banks, uint256 needed);
    event RecoveryAnnounced(uint32 indexed party, bytes32 recovery, bool succession, bytes32 order, uint40 readyAt);
    event RecoveryVetoed(uint32 indexed party, bytes32 recovery);
    event RecoveryCompleted(uint32 indexed party, bytes32 recovery);
    event Ordered(bytes32 indexed act, uint64 indexed subject, bytes32 order, uint16 endDay);
    /// @dev Rows `index << 8 | reason` of the items that were refused; bad signatures are not logged.
    event Skipped(uint256[] rows);

    error NotRelayer(address caller);
    error GenesisRefused(uint32 party, Reason reason);

    function admit(AdmitItem[] calldata items) external returns (Reason[] memory);
    /// @notice A party's own quorum grants and revokes its signers. Revoking kills what was signed and not yet relayed.
    function setSigners(SetSignersItem[] calldata items) external returns (Reason[] memory);
    /// @notice Platform and one bank announce new signers for a party that lost its keys (any live signer may veto),
    ///         or, with a court's order, for its successor or administrator (nobody may). Seven days later it counts.
    function recover(RecoverItem[] calldata items) external returns (Reason[] memory);
    function veto(VetoItem[] calldata items) external returns (Reason[] memory);
    function complete(CompleteItem[] calldata items) external returns (Reason[] memory);
    function suspend(SuspendItem[] calldata items) external returns (Reason[] memory);
    /// @notice Two offices reinstate; after the suspension's end day no office is needed.
    function reinstate(ReinstateItem[] calldata items) external returns (Reason[] memory);
    function freeze(FreezeItem[] calldata items) external returns (Reason[] memory);
    /// @notice Two offices lift a freeze; after its end day anyone does, without signatures.
    function lift(LiftItem[] calldata items) external returns (Reason[] memory);
    function stop(StopItem[] calldata items) external returns (Reason[] memory);
    function cure(CureItem[] calldata items) external returns (Reason[] memory);
    function setLimit(SetLimitItem[] calldata items) external returns (Reason[] memory);
    function publishPolicy(PublishPolicyItem[] calldata items) external returns (Reason[] memory);

    function banks() external view returns (uint256 admitted, uint256 needed);
    function frozenUntil(uint64 title) external view returns (uint16 endDay);
    function recoveryOf(uint32 party) external view returns (bytes32 recovery, uint40 readyAt);
}
