// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {PublishOffers, Receivable, Signature} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {PHASE_OFFERED, ROLE_ISSUE_CHECKER, ROLE_ISSUE_MAKER, RootWord} from "../types/Words.sol";
import {EvidenceStore} from "./EvidenceStore.sol";
import {IEvidence} from "./IEvidence.sol";
import {Policies} from "./Policies.sol";

/// @notice What a buyer undertakes, one by one or as a list under one Merkle root: of promises and of orders alike.
abstract contract Undertaking is EvidenceStore {
    using Policies for uint256;

    // ── One by one ──────────────────────────────────────────────────────────────────────────────────────────────

    function _makerAndChecker(
        bytes32 structHash,
        uint32 debtor,
        uint256 total,
        Signature calldata maker,
        Signature calldata checker
    ) internal view returns (Reason) {
        if (total > type(uint48).max) return Reason.QuantityAboveTitle;
        uint256[3] memory needs;
        needs[0] = Needs.need(debtor, ROLE_ISSUE_MAKER, 0);
        needs[1] = Needs.need(debtor, ROLE_ISSUE_CHECKER, total);
        return _ledger.authoriseAll(structHash, needs, maker, checker, checker);
    }

    /// @dev CN77-9: promises and orders stand on evidence of real trade.
    function _sound(uint64 root, uint32 payee, RootWord word, bytes32 evidence) internal view returns (Reason) {
        if (uint32(root >> 32) != word.debtor()) return Reason.ForeignId;
        if (payee == word.debtor()) return Reason.DebtorIsPayee;
        if (word.quantity() == 0) return Reason.ZeroQuantity;
        if (evidence == 0) return Reason.EvidenceMissing;
        return word.dueDay() <= _today() ? Reason.DueDayPast : Reason.None;
    }

    /// @return seller 32 · debtor 32 · currency 16: what the documents behind a root must say.
    function _sides(uint32 payee, RootWord word) internal pure returns (uint256) {
        return (uint256(payee) << 48) | (uint256(word.debtor()) << 16) | word.currency();
    }

    /// @dev CN77-11: tenor in calendar months from the day the
    ///      promise was made. SME-17: late interest.
    function _issuable(uint64 root, uint32 payee, Receivable calldata item, RootWord word, uint256 policy)
        internal
        view
        returns (Reason reason)
    {
        reason = _sound(root, payee, word, item.evidence);
        if (reason != Reason.None) return reason;
        if (word.dueDay() > Calendar.addMonths(word.openedDay(), policy.maximumTenorMonths())) return Reason.TenorAboveCap;
        if (word.terms() < policy.minimumLateInterest()) return Reason.LateInterestTooLow;
        return _room(_sides(payee, word), word.quantity(), item.nullifiers, item.amounts);
    }

    /// @dev What the roots of one promise have in common: debtor, opening day, kind, phase and policy of their words.
    function _frame(uint32 debtor, uint16 opened, uint8 kind, uint256 policy) internal pure returns (uint256) {
        return (uint256(debtor) << 224) | (uint256(opened) << 144) | (uint256(kind) << 136)
            | (uint256(PHASE_OFFERED) << 128) | (uint256(policy.version()) << 80) | policy.frozen();
    }

    function _rootWord(uint256 frame, Receivable calldata item) internal pure returns (RootWord) {
        return RootWord.wrap(
            frame | (uint256(item.clearingBank) << 192) | (uint256(item.currency) << 176)
                | (uint256(item.dueDay) << 160) | (uint256(item.terms) << 112) | (uint256(item.quantity) << 32)
        );
    }

    /// @dev The invoices of a promise that was just made.
    function _tellIssued(uint64 root, uint64 list, uint32 payee, Receivable calldata item) internal {
        (bytes32[] calldata nullifiers, uint48[] calldata amounts) = (item.nullifiers, item.amounts);
        _use(nullifiers, amounts);
        emit IEvidence.Issued(root, list, payee, nullifiers, amounts, item.evidence);
    }

    // ── As a list ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @param hash    of what maker and checker signed.
    /// @param before  the word of the list, where there is one already.
    /// @return reason why not, or None.
    /// @return word   the new list's: see IEvidence.offersOf.
    function _publishable(
        PublishOffers calldata act,
        bytes32 hash,
        Signature calldata maker,
        Signature calldata checker,
        uint256 before
    ) internal view returns (Reason reason, uint256 word) {
        if (block.timestamp > act.expiresAt) return (Reason.InstructionExpired, 0);
        uint256 policy = _policyToday();
        if (policy == 0) return (Reason.NoPolicy, 0);
        reason = _makerAndChecker(hash, act.debtor, act.total, maker, checker);
        if (reason != Reason.None) return (reason, 0);
        if (uint32(act.list >> 32) != act.debtor) return (Reason.ForeignId, 0);
        if (before != 0) return (Reason.IdTaken, 0);
        if (act.total == 0) return (Reason.ZeroQuantity, 0);
        if (act.evidence == 0) return (Reason.EvidenceMissing, 0);
        if (_ledger.partyOf(act.debtor).stopped(_today())) return (Reason.IssuerStopped, 0);
        word = (uint256(act.debtor) << 224) | (uint256(act.currency) << 208) | (uint256(_today()) << 192)
            | (uint256(act.total) << 144) | policy.compact();
    }

    /// @dev The frame of what is taken from a list: that of the day it was published.
    function _frameOf(uint256 list, uint8 kind) internal pure returns (uint256) {
        return _frame(uint32(list >> 224), uint16(list >> 192), kind, list.expand());
    }

    /// @dev Does the list still hold so much, in its currency?
    function _left(uint256 list, RootWord word) internal pure returns (Reason) {
        if (word.currency() != uint16(list >> 208)) return Reason.CurrencyMismatch;
        bool above = uint256(uint48(list >> 96)) + word.quantity() > uint48(list >> 144);
        return above ? Reason.DebtorLimitExceeded : Reason.None;
    }

    function _withTaken(uint256 list, RootWord word) internal pure returns (uint256) {
        return list + (uint256(word.quantity()) << 96);
    }

    function _lastDayOfList(uint256 list) internal pure returns (uint256) {
        return uint256(uint16(list >> 192)) + list.acceptDays();
    }

    /// @dev Leaves are hashed twice, as OpenZeppelin's trees do, so that no inner node passes for an offer.
    function _isListed(bytes32 hash, bytes32[] calldata proof, bytes32 root) internal pure returns (bool) {
        return MerkleProof.verifyCalldata(proof, root, keccak256(abi.encode(hash)));
    }
}
