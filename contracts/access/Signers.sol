// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import {Signature} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";
import {PartyWord, SignerWord} from "../types/Words.sol";
import {ISigners} from "./ISigners.sol";
import {Keys} from "./Keys.sol";

/// @notice The signers' room of the Ledger: what is asked of keys and parties from outside.
abstract contract Signers is Keys, ISigners {
    uint256 private constant WALLET_GAS = 100_000;

    // ── Acts ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISigners
    function coSign(bytes32 digest, Signature calldata signature) external returns (Reason) {
        address key = _recover(digest, signature);
        SignerWord word = _signers[key];
        if (SignerWord.unwrap(word) == 0) return Reason.SignatureInvalid;
        if (!word.isLive(block.timestamp)) return _whyNotLive(word);
        address[] storage keys = _coSigners[digest][word.party()];
        for (uint256 i; i < keys.length; ++i) {
            if (keys[i] == key) return Reason.None;
        }
        keys.push(key);
        emit CoSigned(digest, word.party(), key);
        return Reason.None;
    }

    /// @inheritdoc ISigners
    function approve(bytes32 digest, address wallet, bytes calldata signature) external {
        bool agreed;
        try IERC1271(wallet).isValidSignature{gas: WALLET_GAS}(digest, signature) returns (bytes4 answer) {
            agreed = answer == IERC1271.isValidSignature.selector;
        } catch {}
        if (!agreed) revert WalletRefused(wallet);
        _approvals[digest][wallet] = true;
        emit Approved(digest, wallet);
    }

    // ── For the other contracts ─────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISigners
    function authorise(bytes32 structHash, uint256 need, Signature calldata signature)
        external
        view
        returns (Reason reason)
    {
        (reason,) = _check(_hashTypedDataV4(structHash), signature, need);
    }

    /// @inheritdoc ISigners
    function authoriseAll(
        bytes32 structHash,
        uint256[3] calldata needs,
        Signature calldata first,
        Signature calldata second,
        Signature calldata third
    ) external view returns (Reason reason) {
        bytes32 digest = _hashTypedDataV4(structHash);
        uint256 one;
        uint256 two;
        (reason, one, two) = _checkTwo(digest, first, needs[0], second, needs[1]);
        if (reason != Reason.None || needs[2] == 0) return reason;
        uint256 three;
        (reason, three) = _check(digest, third, needs[2]);
        if (reason == Reason.None && (three == one || three == two)) return Reason.SamePerson;
    }

    /// @inheritdoc ISigners
    function authoriseBoard(bytes32 structHash, uint256[] calldata needs, Signature[] calldata signatures)
        external
        view
        returns (Reason reason)
    {
        if (needs.length != signatures.length || needs.length == 0) return Reason.OfficesTooFew;
        bytes32 digest = _hashTypedDataV4(structHash);
        uint256[] memory persons = new uint256[](needs.length);
        for (uint256 i; i < needs.length; ++i) {
            (reason, persons[i]) = _check(digest, signatures[i], needs[i]);
            if (reason != Reason.None) return reason;
            for (uint256 j; j < i; ++j) {
                if (persons[j] == persons[i]) return Reason.SamePerson;
            }
        }
    }

    /// @inheritdoc ISigners
    function spend(uint32 party, uint64 nonce) external returns (bool) {
        if (msg.sender != _registry && msg.sender != _credit && msg.sender != _settlement) revert NotModule(msg.sender);
        return _spend(party, nonce);
    }

    function setParty(uint32 party, PartyWord word) external only(_registry) {
        _parties[party] = word;
        emit PartySet(party, word);
    }

    function setSigner(address key, SignerWord word) external only(_registry) {
        _signers[key] = word;
        emit SignerSet(key, word);
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function isRelayer(address sender) external view returns (bool) {
        return _isRelayer(sender);
    }

    function signerOf(address key) external view returns (SignerWord) {
        return _signers[key];
    }

    function partyOf(uint32 party) external view returns (PartyWord) {
        return _parties[party];
    }

    function nonceSpent(uint32 party, uint64 nonce) external view returns (bool) {
        return _nonces[party][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    function digestOf(bytes32 structHash) external view returns (bytes32) {
        return _hashTypedDataV4(structHash);
    }
}
