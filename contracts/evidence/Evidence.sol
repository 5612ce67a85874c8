// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "../types/ActHash.sol";
import {
    Accept,
    AcceptItem,
    AcceptOffer,
    AcceptOfferItem,
    Decline,
    DeclineItem,
    ExpireItem,
    Issue,
    IssueItem,
    PublishOffers,
    PublishOffersItem,
    Receivable,
    Signature
} from "../types/Acts.sol";
import {Modules} from "../types/Modules.sol";
import {Needs} from "../types/Needs.sol";
import {Pages} from "../types/Pages.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {KIND_RECEIVABLE, ROLE_TITLE, RootWord} from "../types/Words.sol";
import {EvidenceStore} from "./EvidenceStore.sol";
import {Policies} from "./Policies.sol";
import {ShareTables} from "./ShareTables.sol";
import {Undertaking} from "./Undertaking.sol";

/// @notice Evidence's third room: a promise, from its offer to the payee's answer. What is asked of orders is answered by
///         its second page, Orders, on the same records.
contract Evidence is ShareTables, Undertaking {
    using Policies for uint256;

    address private immutable _orders;

    constructor(Modules memory modules) EvidenceStore(modules) {
        _orders = modules.orders;
    }

    fallback() external {
        Pages.turnTo(_orders);
    }

    // ── Issue one by one ────────────────────────────────────────────────────────────────────────────────────────

    function issue(IssueItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        uint256 count;
        for (uint256 i; i < items.length; ++i) {
            count += items[i].act.receivables.length;
        }
        reasons = new Reason[](count);
        uint256 policy = _policyToday();
        count = 0;
        for (uint256 i; i < items.length; ++i) {
            count = _issueAll(items[i], policy, reasons, count);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    /// @param at where the reasons of this item's receivables begin.
    /// @return where those of the next item begin.
    function _issueAll(IssueItem calldata item, uint256 policy, Reason[] memory reasons, uint256 at)
        private
        returns (uint256)
    {
        Issue calldata act = item.act;
        Receivable[] calldata receivables = act.receivables;
        uint256 count = receivables.length;
        Reason reason = policy == 0 ? Reason.NoPolicy : _authoriseIssue(item, act, receivables);
        uint256 frame = _frame(act.debtor, _today(), KIND_RECEIVABLE, policy);
        for (uint256 i; i < count; ++i) {
            reasons[at++] = reason == Reason.None ? _issue(receivables[i], frame, policy) : reason;
        }
        return at;
    }

    function _authoriseIssue(IssueItem calldata item, Issue calldata act, Receivable[] calldata receivables)
        private
        view
        returns (Reason reason)
    {
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        uint256 total;
        for (uint256 i; i < receivables.length; ++i) {
            total += receivables[i].quantity;
        }
        return _makerAndChecker(ActHash.hash(act), act.debtor, total, item.maker, item.checker);
    }

    function _issue(Receivable calldata item, uint256 frame, uint256 policy) private returns (Reason reason) {
        RootWord word = _rootWord(frame, item);
        uint64 root = item.root;
        uint32 payee = item.payee;
        reason = _issuable(root, payee, item, word, policy);
        if (reason != Reason.None) return reason;
        Limit storage limit = _limit(word.debtor(), word.currency());
        uint256 limitWord = limit.word;
        if (!_allows(limitWord, word.quantity())) return Reason.DebtorLimitExceeded;
        reason = _ledger.openRoot(root, word);
        if (reason != Reason.None) return reason;

        limit.word = limitWord + word.quantity();
        _offers[root] = _offer(payee, ActHash.invoices(item.nullifiers, item.amounts));
        _tellIssued(root, 0, payee, item);
    }

    function accept(AcceptItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _accept(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _accept(AcceptItem calldata item) private returns (Reason reason) {
        Accept calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        reason = _answerable(act.root, _offer(act.payee, act.invoices));
        if (reason != Reason.None) return reason;
        if (_today() > _lastDay(_ledger.rootOf(act.root))) return Reason.OfferLapsed;
        reason = _ledger.acceptRoot(act.root, act.payee, ActHash.hash(act), item.payee, act.evidence);
        if (reason == Reason.None) delete _offers[act.root];
    }

    function decline(DeclineItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _decline(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _decline(DeclineItem calldata item) private returns (Reason reason) {
        Decline calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        reason = _answerable(act.root, _offer(act.payee, ActHash.invoices(item.nullifiers, item.amounts)));
        if (reason != Reason.None) return reason;
        reason = _authorise(ActHash.hash(act), Needs.need(act.payee, ROLE_TITLE, 0), item.payee);
        if (reason == Reason.None) _cancel(act.root, act.reason, item.nullifiers, item.amounts);
    }

    /// @dev Returning what an offer reserved reduces risk, so anyone may carry it.
    function expire(ExpireItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _expire(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _expire(ExpireItem calldata item) private returns (Reason reason) {
        reason = _answerable(item.root, _offer(item.payee, ActHash.invoices(item.nullifiers, item.amounts)));
        if (reason != Reason.None) return reason;
        if (_today() <= _lastDay(_ledger.rootOf(item.root))) return Reason.OfferStillOpen;
        _cancel(item.root, 0, item.nullifiers, item.amounts);
    }

    // ── Offers under one root ───────────────────────────────────────────────────────────────────────────────────

    function publishOffers(PublishOffersItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _publish(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _publish(PublishOffersItem calldata item) private returns (Reason reason) {
        PublishOffers calldata act = item.act;
        uint256 word;
        (reason, word) = _publishable(act, ActHash.hash(act), item.maker, item.checker, _lists[act.list]);
        if (reason != Reason.None) return reason;
        Limit storage limit = _limit(act.debtor, act.currency);
        if (!_allows(limit.word, act.total)) return Reason.DebtorLimitExceeded;

        limit.word += act.total;
        _lists[act.list] = word;
        _listRoots[act.list] = act.offers;
        emit OffersPublished(act.list, word, act.offers, act.evidence);
    }

    function acceptOffer(AcceptOfferItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _acceptOffer(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _acceptOffer(AcceptOfferItem calldata item) private returns (Reason reason) {
        AcceptOffer calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        uint256 list = _lists[act.list];
        if (list == 0) return Reason.NotOffered;
        if (_today() > _lastDayOfList(list)) return Reason.OfferLapsed;
        if (!_isOffered(act, item)) return Reason.ProofInvalid;
        Receivable calldata offer = item.receivable;
        RootWord word = _rootWord(_frameOf(list, KIND_RECEIVABLE), offer);
        reason = _takable(offer, word, list);
        if (reason == Reason.None) reason = _take(act, offer, word, item.payee);
        if (reason != Reason.None) return reason;

        _lists[act.list] = _withTaken(list, word);
        _tellIssued(offer.root, act.list, offer.payee, offer);
    }

    function _takable(Receivable calldata offer, RootWord word, uint256 list) private view returns (Reason reason) {
        reason = _left(list, word);
        if (reason != Reason.None) return reason;
        return _issuable(offer.root, offer.payee, offer, word, list.expand());
    }

    function _take(AcceptOffer calldata act, Receivable calldata offer, RootWord word, Signature calldata payee)
        private
        returns (Reason)
    {
        return _ledger.takeRoot(offer.root, word, offer.payee, ActHash.hash(act), payee, act.evidence);
    }

    /// @dev Returns what untaken offers reserve; anyone may carry it.
    function closeOffers(uint64[] calldata lists) external returns (Reason[] memory reasons) {
        reasons = new Reason[](lists.length);
        for (uint256 i; i < lists.length; ++i) {
            reasons[i] = _close(lists[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _close(uint64 id) private returns (Reason) {
        uint256 list = _lists[id];
        if (list == 0) return Reason.NotOffered;
        if (_today() <= _lastDayOfList(list)) return Reason.OfferStillOpen;
        uint48 untaken = uint48(list >> 144) - uint48(list >> 96);
        if (untaken == 0) return Reason.ZeroQuantity;
        // From now on the list's total is what was taken.
        _lists[id] = list - (uint256(untaken) << 144);
        _returnLimit(uint32(list >> 224), uint16(list >> 208), untaken);
        emit OffersClosed(id, untaken);
        return Reason.None;
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function offerOf(uint64 root) external view returns (bytes32) {
        return _offers[root];
    }

    function offersOf(uint64 list) external view returns (uint256 word, bytes32 offers) {
        return (_lists[list], _listRoots[list]);
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _offer(uint32 payee, bytes32 invoices) private pure returns (bytes32) {
        return keccak256(abi.encode(payee, invoices));
    }

    function _answerable(uint64 root, bytes32 offer) private view returns (Reason) {
        bytes32 open = _offers[root];
        if (open == 0) return Reason.NotOffered;
        return open == offer ? Reason.None : Reason.OfferMismatch;
    }

    function _lastDay(RootWord root) private pure returns (uint256) {
        return uint256(root.openedDay()) + root.acceptDays();
    }

    /// @dev Ends an offer that nobody took: limit and invoices return whole.
    function _cancel(uint64 id, bytes32 reason, bytes32[] calldata nullifiers, uint48[] calldata amounts) private {
        RootWord root = _ledger.rootOf(id);
        delete _offers[id];
        _giveBack(nullifiers, amounts);
        _returnLimit(root.debtor(), root.currency(), root.quantity());
        _ledger.cancelRoot(id);
        emit OfferEnded(id, reason);
    }

    function _isOffered(AcceptOffer calldata act, AcceptOfferItem calldata item) private view returns (bool) {
        bytes32 receivable = ActHash.hash(item.receivable);
        return receivable == act.receivable && item.receivable.root == act.root
            && item.receivable.quantity == act.quantity && _isListed(receivable, item.proof, _listRoots[act.list]);
    }
}
