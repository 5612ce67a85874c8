// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Beginning} from "../titles/Beginning.sol";
import {Reason} from "../types/Reasons.sol";
import {FLAG_FROZEN, FLAG_ORDER, FLAG_SPENT, FLAGS_DEAD, PHASE_CLOSED, RootWord, TitleWord} from "../types/Words.sol";
import {IDeliveries} from "./IDeliveries.sol";
import {OrderWord} from "./OrderWords.sol";

/// @notice The page's last room: goods that were ordered and are still to come.
abstract contract Deliveries is Beginning, IDeliveries {
    /// @inheritdoc IDeliveries
    function reduceOrder(uint64 title, uint16 sequence, uint48 quantity, bytes32 evidence)
        external
        only(_evidence)
        returns (Reason reason)
    {
        TitleWord word = _titles[title].word;
        reason = _reducible(word, sequence, quantity);
        if (reason != Reason.None) return reason;

        OrderWord order = _orders[word.root()].plusReduced(quantity);
        word = _shrink(title, word, quantity, order);
        emit OrderReduced(title, word, order, evidence);
    }

    /// @inheritdoc IDeliveries
    function convertOrder(
        uint64 title,
        uint16 sequence,
        uint48 taken,
        uint64 root,
        RootWord rootWord,
        bytes32 evidence
    ) external only(_evidence) returns (Reason reason) {
        TitleWord word = _titles[title].word;
        reason = _usable(word, sequence, taken);
        if (reason != Reason.None) return reason;
        if (_titles[root].word.exists()) return Reason.IdTaken;
        reason = _open(root, rootWord);
        if (reason != Reason.None) return reason;

        _accept(root, rootWord, word.holder(), word.lock(), evidence);
        OrderWord order = _orders[word.root()].plusTaken(taken, rootWord.quantity());
        word = _shrink(title, word, taken, order);
        emit Converted(title, root, word, order, evidence);
    }

    /// @inheritdoc IDeliveries
    function orderOf(uint64 order) external view returns (OrderWord) {
        return _orders[order];
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _reducible(TitleWord word, uint16 sequence, uint48 quantity) private pure returns (Reason) {
        if (!word.exists()) return Reason.UnknownTitle;
        if (!word.has(FLAG_ORDER)) return Reason.OtherKind;
        if (word.has(FLAGS_DEAD)) return Reason.TitleSpent;
        if (word.sequence() != sequence) return Reason.WrongSequence;
        if (quantity == 0) return Reason.ZeroQuantity;
        return quantity > word.quantity() ? Reason.QuantityAboveTitle : Reason.None;
    }

    /// @dev May something else take the place of so much of an order today?
    function _usable(TitleWord word, uint16 sequence, uint48 taken) internal view returns (Reason reason) {
        reason = _reducible(word, sequence, taken);
        if (reason != Reason.None) return reason;
        if (word.has(FLAG_FROZEN)) return Reason.TitleFrozen;
        return _today() > _roots[word.root()].dueDay() ? Reason.PastDue : Reason.None;
    }

    /// @dev A title of which nothing is left secures nothing any more.
    function _shrink(uint64 title, TitleWord word, uint48 quantity, OrderWord order) internal returns (TitleWord) {
        uint64 id = word.root();
        RootWord root = _roots[id];
        if (order.gone() == root.quantity()) _roots[id] = root.withPhase(PHASE_CLOSED);
        _orders[id] = order;
        word = word.withQuantity(word.quantity() - quantity).withNextSequence();
        if (word.quantity() == 0) word = word.withLock(0).withFlags(FLAG_SPENT);
        _titles[title].word = word;
        return word;
    }
}
