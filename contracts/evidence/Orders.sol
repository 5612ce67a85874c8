// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeliveries} from "../goods/IDeliveries.sol";
import {PublishOffers, Receivable, Signature} from "../types/Acts.sol";
import {Modules} from "../types/Modules.sol";
import {Needs} from "../types/Needs.sol";
import {OrderActHash} from "../types/OrderActHash.sol";
import {
    ConfirmOrder,
    ConfirmOrderItem,
    Convert,
    ConvertItem,
    Order,
    PublishOrders,
    PublishOrdersItem,
    ReduceOrder,
    ReduceOrderItem,
    TakeOrder,
    TakeOrderItem
} from "../types/OrderActs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {
    FLAG_ORDER,
    KIND_ORDER,
    KIND_RECEIVABLE,
    ROLE_CREDIT_MAKER,
    ROLE_ISSUE_CHECKER,
    ROLE_ISSUE_MAKER,
    ROLE_TITLE,
    RootWord,
    TitleWord
} from "../types/Words.sol";
import {EvidenceStore} from "./EvidenceStore.sol";
import {IOrders} from "./IOrders.sol";
import {Policies} from "./Policies.sol";
import {StockSales} from "./StockSales.sol";

/// @notice Evidence's second page: an order, from its confirmation to what becomes of it. It runs on Evidence's records;
///         asked at its own address, it has none. Its other room: StockSales.
contract Orders is StockSales {
    using Policies for uint256;

    constructor(Modules memory modules) EvidenceStore(modules) {}

    // ── Confirm ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IOrders
    function confirmOrders(ConfirmOrderItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _confirm(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _confirm(ConfirmOrderItem calldata item) private returns (Reason reason) {
        ConfirmOrder calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        uint256 policy = _policyToday();
        if (policy == 0) return Reason.NoPolicy;
        bytes32 hash = OrderActHash.hash(act);
        reason = _makerAndChecker(hash, act.debtor, act.order.quantity, item.maker, item.checker);
        if (reason != Reason.None) return reason;
        RootWord word = _orderWord(_frame(act.debtor, _today(), KIND_ORDER, policy), act.order);
        return _take(act.order, word, 0, hash, item.seller);
    }

    /// @inheritdoc IOrders
    function publishOrders(PublishOrdersItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _publish(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _publish(PublishOrdersItem calldata item) private returns (Reason reason) {
        PublishOrders calldata act = item.act;
        // The act has the fields of its twin: see types/OrderActs.sol.
        PublishOffers calldata twin;
        assembly {
            twin := act
        }
        uint256 word;
        (reason, word) =
            _publishable(twin, OrderActHash.hash(act), item.maker, item.checker, _orderLists[act.list]);
        if (reason != Reason.None) return reason;

        _orderLists[act.list] = word;
        _orderListRoots[act.list] = act.orders;
        emit OrdersPublished(act.list, word, act.orders, act.evidence);
    }

    /// @inheritdoc IOrders
    function takeOrder(TakeOrderItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _takeListed(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _takeListed(TakeOrderItem calldata item) private returns (Reason reason) {
        TakeOrder calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        uint256 list = _orderLists[act.list];
        if (list == 0) return Reason.NotOffered;
        if (_today() > _lastDayOfList(list)) return Reason.OfferLapsed;
        if (!_isListed(OrderActHash.hash(act.order), item.proof, _orderListRoots[act.list])) return Reason.ProofInvalid;
        RootWord word = _orderWord(_frameOf(list, KIND_ORDER), act.order);
        reason = _left(list, word);
        if (reason == Reason.None) reason = _take(act.order, word, act.list, OrderActHash.hash(act), item.seller);
        if (reason == Reason.None) _orderLists[act.list] = _withTaken(list, word);
    }

    /// @dev One order, one root: its own number is used up, so that it secures nothing under another.
    /// @param hash of what the seller signed.
    function _take(Order calldata order, RootWord word, uint64 list, bytes32 hash, Signature calldata seller)
        private
        returns (Reason reason)
    {
        reason = _sound(order.root, order.seller, word, order.evidence);
        if (reason == Reason.None) reason = _fits(_sides(order.seller, word), order.nullifier, order.quantity);
        if (reason != Reason.None) return reason;
        reason = _ledger.takeRoot(order.root, word, order.seller, hash, seller, order.evidence);
        if (reason != Reason.None) return reason;

        _useUp(order.nullifier, order.quantity);
        emit OrderConfirmed(order.root, list, order.seller, order.nullifier, order.quantity, order.evidence);
    }

    // ── Reduce ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IOrders
    function reduceOrder(ReduceOrderItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _reduce(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _reduce(ReduceOrderItem calldata item) private returns (Reason reason) {
        ReduceOrder calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord title;
        RootWord order;
        (reason, title, order) = _orderOf(act.title);
        if (reason != Reason.None) return reason;
        uint256[3] memory needs;
        needs[0] = Needs.need(order.debtor(), ROLE_ISSUE_CHECKER, 0);
        needs[1] = Needs.need(title.holder(), ROLE_TITLE, act.quantity);
        reason = _ledger.authoriseAll(OrderActHash.hash(act), needs, item.debtor, item.seller, item.seller);
        if (reason != Reason.None) return reason;
        reason = IDeliveries(address(_ledger)).reduceOrder(act.title, act.sequence, act.quantity, act.evidence);
        if (reason == Reason.None) _lowerFace(title.lock(), act.quantity);
    }

    // ── Convert ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IOrders
    function convert(ConvertItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _convert(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _convert(ConvertItem calldata item) private returns (Reason reason) {
        Convert calldata act = item.act;
        Receivable calldata receivable = act.receivable;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord title;
        RootWord order;
        (reason, title, order) = _orderOf(act.title);
        if (reason != Reason.None) return reason;
        uint256 policy = _policyToday();
        if (policy == 0) return Reason.NoPolicy;
        RootWord word = _rootWord(_frame(order.debtor(), _today(), KIND_RECEIVABLE, policy), receivable);
        reason = _convertible(act, title, order, word, policy);
        if (reason == Reason.None) reason = _agreed(item, title, order);
        if (reason != Reason.None) return reason;
        Limit storage limit = _limit(word.debtor(), word.currency());
        uint256 limitWord = limit.word;
        if (!_allows(limitWord, word.quantity())) return Reason.DebtorLimitExceeded;
        reason = _replace(act, word);
        if (reason != Reason.None) return reason;

        limit.word = limitWord + word.quantity();
        _tellIssued(receivable.root, 0, receivable.payee, receivable);
        _lowerFace(title.lock(), act.taken - word.quantity());
    }

    /// @dev Amounts follow what was received: whatever an invoice says, no more of it becomes a receivable.
    function _convertible(Convert calldata act, TitleWord title, RootWord order, RootWord word, uint256 policy)
        private
        view
        returns (Reason)
    {
        Receivable calldata receivable = act.receivable;
        if (receivable.payee != title.holder()) return Reason.DifferentHolder;
        if (word.currency() != order.currency()) return Reason.CurrencyMismatch;
        if (word.quantity() > act.taken) return Reason.ExcessAmount;
        if (act.evidence == 0) return Reason.EvidenceMissing;
        return _issuable(receivable.root, receivable.payee, receivable, word, policy);
    }

    /// @dev The buyer's two people, the seller, and the lender that the order secures.
    function _agreed(ConvertItem calldata item, TitleWord title, RootWord order) private view returns (Reason reason) {
        Convert calldata act = item.act;
        bytes32 hash = OrderActHash.hash(act);
        uint256[3] memory needs;
        needs[0] = Needs.need(order.debtor(), ROLE_ISSUE_MAKER, 0);
        needs[1] = Needs.need(order.debtor(), ROLE_ISSUE_CHECKER, act.receivable.quantity);
        needs[2] = Needs.need(title.holder(), ROLE_TITLE, act.taken);
        reason = _ledger.authoriseAll(hash, needs, item.maker, item.checker, item.seller);
        if (reason != Reason.None || title.lock() == 0) return reason;
        uint32 lender = _credit.facilityOf(title.lock()).lender();
        return _authorise(hash, Needs.need(lender, ROLE_CREDIT_MAKER, act.taken), item.lender);
    }

    function _replace(Convert calldata act, RootWord word) private returns (Reason) {
        return IDeliveries(address(_ledger)).convertOrder(
            act.title, act.sequence, act.taken, act.receivable.root, word, act.evidence
        );
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IOrders
    function ordersOf(uint64 list) external view returns (uint256 word, bytes32 orders) {
        return (_orderLists[list], _orderListRoots[list]);
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _orderWord(uint256 frame, Order calldata order) private pure returns (RootWord) {
        return RootWord.wrap(
            frame | (uint256(order.currency) << 176) | (uint256(order.lastDay) << 160)
                | (uint256(order.quantity) << 32)
        );
    }

    function _orderOf(uint64 id) private view returns (Reason reason, TitleWord title, RootWord order) {
        title = _ledger.titleOf(id);
        if (!title.exists()) return (Reason.UnknownTitle, title, order);
        if (!title.has(FLAG_ORDER)) return (Reason.OtherKind, title, order);
        order = _ledger.rootOf(title.root());
    }

    function _lowerFace(uint32 facility, uint48 amount) private {
        if (facility != 0 && amount != 0) _credit.lowerFace(facility, amount);
    }
}
