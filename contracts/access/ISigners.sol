// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signature} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";
import {PartyWord, SignerWord} from "../types/Words.sol";

/// @title  Whose signature is this, and may it act?
/// @notice Title belongs to a party, never to a key: a party's signers change, its titles stay. Every business act is
///         an EIP-712 instruction under one domain (name "Tallystick", version "1", this contract's address), and
///         all co-signers of an act sign the same digest.
/// @dev    Trusts the Registry to write only what parties and offices signed. If a party's quorum is misplaced, that
///         party's titles go wrong and no one else's; if relayers stop carrying, new obligations get stuck, while
///         acts that reduce risk can still be carried by anyone.
interface ISigners {
    event PartySet(uint32 indexed party, PartyWord word);
    event SignerSet(address indexed key, SignerWord word);
    event CoSigned(bytes32 indexed digest, uint32 indexed party, address key);
    event Approved(bytes32 indexed digest, address indexed wallet);
    event NonceSpent(uint32 indexed party, uint64 nonce);

    error NotModule(address caller);
    error NotRelayer(address caller);
    error WalletRefused(address wallet);

    /// @notice A second person of the same party agrees beforehand to a digest that another will sign above its
    ///         own mandate. The co-signer is checked again, live, when the act arrives.
    function coSign(bytes32 digest, Signature calldata signature) external returns (Reason);

    /// @notice The slow path for contract wallets (ERC-1271): asks `wallet` once, with a gas cap, whether it signs
    ///         `digest`; later acts name the wallet instead of carrying a signature.
    function approve(bytes32 digest, address wallet, bytes calldata signature) external;

    /// @notice Checks one signature against what an act needs. Reads only.
    /// @param structHash EIP-712 hash of the act.
    /// @param need       see Needs.
    /// @return reason    why the need is not met, or None.
    function authorise(bytes32 structHash, uint256 need, Signature calldata signature)
        external
        view
        returns (Reason reason);

    /// @notice The same of two or three signatures; with `needs[2]` zero the third is not looked at.
    /// @return reason the first need that is not met, or None. Two needs of one party need two persons.
    function authoriseAll(
        bytes32 structHash,
        uint256[3] calldata needs,
        Signature calldata first,
        Signature calldata second,
        Signature calldata third
    ) external view returns (Reason reason);

    /// @notice The same of a board of any size.
    function authoriseBoard(bytes32 structHash, uint256[] calldata needs, Signature[] calldata signatures)
        external
        view
        returns (Reason reason);

    /// @notice Spends a one-time bit of a party. Modules only.
    /// @return fresh false when it was spent before.
    function spend(uint32 party, uint64 nonce) external returns (bool fresh);

    /// @notice Writes what a party's quorum or the offices signed. The Registry only.
    function setParty(uint32 party, PartyWord word) external;
    function setSigner(address key, SignerWord word) external;

    function isRelayer(address sender) external view returns (bool);
    function signerOf(address key) external view returns (SignerWord);
    function partyOf(uint32 party) external view returns (PartyWord);
    function nonceSpent(uint32 party, uint64 nonce) external view returns (bool);
    function digestOf(bytes32 structHash) external view returns (bytes32);
}
