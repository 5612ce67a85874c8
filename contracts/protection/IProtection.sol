// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AddCostsItem,
    AttestReserveItem,
    CallProtectionItem,
    ConsentItem,
    EndCallItem,
    ProtectItem,
    WaiveItem
} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";
import {CallWord, ClaimsWord, GuardWord, ProtectionWord, StandingWord} from "./ProtectionWords.sol";

/// @title  Who bears a loss that the debtor and its collateral do not
/// @notice Guarantors up to their caps, then partners by percent, then reserves, then insurers, then the lender: each may
///         be called when a loan is overdue and everyone before it is used up. What a protector pays repays the loan and
///         becomes its claim behind the lender's: recovered money reimburses it once the lender is whole, and until then
///         nothing that is pledged goes free (CC-392, CC-692 to CC-700).
/// @dev    Holds no money and moves none. Trusts Settlement for what was paid: a bank that lies about a collection
///         account shrinks the debt there and makes a claim of a protector that paid nothing (goes wrong, for those it
///         serves). Trusts a custodian for what is in its reserve: a custodian that overstates it lets loans be drawn on
///         less; one that is silent stops new draws at the last balance it gave (stuck). A protector that does not pay is
///         passed over after fifteen days; it keeps nothing from being repaid or released.
interface IProtection {
    event Protected(uint64 indexed protection, ProtectionWord word, StandingWord standing, bytes32 evidence);
    /// @dev `call` of one protection for one loan, and the records as they stand after it; `evidence` is the document of
    ///      the act, or 0 where a bank's fact or nobody's signature was behind it.
    event CallChanged(
        uint64 indexed protection,
        uint64 indexed loan,
        CallWord call,
        ProtectionWord word,
        StandingWord standing,
        ClaimsWord claims,
        bytes32 evidence
    );
    event ReserveAttested(uint64 indexed protection, StandingWord standing, bytes32 evidence);
    /// @dev Money that the lender collected beyond what it is owed, for those who paid in the debtor's place.
    event Kept(uint64 indexed loan, ClaimsWord claims);
    /// @dev Rows `index << 8 | reason` of the items that were refused; bad signatures are not logged.
    event Skipped(uint256[] rows);

    error NotModule(address caller);
    error NotRelayer(address caller);

    /// @notice Two persons of the protector and two of the lender agree a protection; for a reserve its custodian, who is
    ///         of neither's group, agrees to attest it.
    function protect(ProtectItem[] calldata items) external returns (Reason[] memory);
    /// @notice A protector agrees to stand for a loan that is dearer than what it signed for (CC-695).
    function consent(ConsentItem[] calldata items) external returns (Reason[] memory);
    /// @notice Two persons of the lender, and a reserve's custodian, call a protection for an overdue loan, in its order.
    function callProtection(CallProtectionItem[] calldata items) external returns (Reason[] memory);
    /// @notice An insurer refuses what is called of it and not paid; or, where nothing is owed any more, anyone ends it.
    function endCall(EndCallItem[] calldata items) external returns (Reason[] memory);
    /// @notice A protector that paid gives up a part of its claim; never what already lies ready for it.
    function waive(WaiveItem[] calldata items) external returns (Reason[] memory);
    /// @notice A custodian says what is in a reserve. Below its floor, nothing new is drawn under the facility.
    function attestReserve(AttestReserveItem[] calldata items) external returns (Reason[] memory);

    /// @notice The lender's maker and checker add what enforcing an overdue loan cost: repaid before its interest
    ///         (CC-561), and in all never more than a fifth of what was lent.
    function addCosts(AddCostsItem[] calldata items) external returns (Reason[] memory);

    // ── For Settlement ──────────────────────────────────────────────────────────────────────────────────────────

    /// @notice What was called arrived on the collection account `account`: it repays the loan.
    function pay(uint64 protection, uint64 loan, uint48 amount, uint16 valueDay, bytes32 account)
        external
        returns (Reason);
    /// @notice Keeps what came for a settled loan for those who paid in the debtor's place, up to their claims.
    /// @param  whole keep all of it or nothing.
    function keep(uint64 loan, uint48 amount, bool whole) external returns (uint48 kept);
    /// @notice A part of what was kept arrived on the protector's bound account.
    function reimburse(uint64 protection, uint64 loan, uint48 amount) external returns (Reason);

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function protectionOf(uint64 protection) external view returns (ProtectionWord, StandingWord);
    function callOf(uint64 protection, uint64 loan) external view returns (CallWord);
    function claimsOf(uint64 loan) external view returns (ClaimsWord);
    function guardOf(uint32 facility) external view returns (GuardWord);
}
