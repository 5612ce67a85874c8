// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "../types/ActHash.sol";
import {
    AssignItem,
    MergeItem,
    Split as SplitAct,
    SplitItem,
    Withdraw,
    WithdrawItem
} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {RowLog} from "../types/RowLog.sol";
import {Skips} from "../types/Skips.sol";
import {FLAGS_DEAD, ROLE_TITLE, RootWord, TitleWord} from "../types/Words.sol";
import {ILedger} from "./ILedger.sol";
import {Passing} from "./Passing.sol";

/// @notice The Ledger's second room: a live title passes from hand to hand, whole or in parts.
abstract contract Circulation is Passing, ILedger {
    using RowLog for RowLog.Log;

    // ── Assign ──────────────────────────────────────────────────────────────────────────────────────────────────

    function assign(AssignItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 3);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _assign(items[i], log);
        }
        log.emitAs(Assigned.selector);
        Skips.answer(reasons, Skipped.selector);
    }

    function _assign(AssignItem calldata item, RowLog.Log memory log) private returns (Reason) {
        return _pass(item, _hashTypedDataV4(ActHash.hash(item.act)), log);
    }

    // ── Split ───────────────────────────────────────────────────────────────────────────────────────────────────

    function split(SplitItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 4);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _split(items[i], log);
        }
        log.emitAs(Split.selector);
        Skips.answer(reasons, Skipped.selector);
    }

    function _split(SplitItem calldata item, RowLog.Log memory log) private returns (Reason reason) {
        SplitAct memory act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleSlot storage title = _titles[act.title];
        TitleSlot storage place = _titles[act.child];
        TitleWord word = title.word;
        uint48 quantity = act.quantity;
        reason = _divisible(act, word, quantity, place);
        if (reason != Reason.None) return reason;
        reason = _agreed(item, word.holder(), act.to, quantity);
        if (reason != Reason.None) return reason;

        TitleWord child;
        (word, child) = _part(word.withNextSequence(), quantity, act.to, uint256(word.depth()) + 1);
        (title.word, place.word) = (word, child);
        _pair(log, act.title, word, act.child, child, act.evidence);
    }

    /// @dev A part and what remains are each worth at least the minimum piece (CN77-split), and the chain of splits is
    ///      no deeper than the root's policy allows.
    function _divisible(SplitAct memory act, TitleWord word, uint48 quantity, TitleSlot storage place)
        private
        view
        returns (Reason reason)
    {
        RootWord root = _roots[word.root()];
        reason = _movable(word, root, act.sequence);
        if (reason != Reason.None) return reason;
        if (quantity == 0) return Reason.ZeroQuantity;
        if (quantity >= word.quantity()) return Reason.QuantityAboveTitle;
        unchecked {
            uint256 piece = root.minimumPiece();
            if (quantity < piece || word.quantity() - quantity < piece) return Reason.PieceTooSmall;
        }
        if (word.depth() >= root.maximumDepth()) return Reason.TooDeep;
        uint64 child = act.child;
        if (!_isMadeBy(child, word.holder())) return Reason.ForeignId;
        if (_isTaken(place, child)) return Reason.IdTaken;
        return Reason.None;
    }

    /// @dev The holder, and whoever acquires the part unless it stays with the holder.
    function _agreed(SplitItem calldata item, uint32 holder, uint32 to, uint48 quantity)
        private
        view
        returns (Reason reason)
    {
        bytes32 digest = _hashTypedDataV4(ActHash.hash(item.act));
        (reason,) = _check(digest, item.holder, Needs.need(holder, ROLE_TITLE, quantity));
        if (reason != Reason.None || to == holder) return reason;
        (reason,) = _check(digest, item.acquirer, Needs.need(to, ROLE_TITLE, quantity));
    }

    // ── Merge, withdraw ─────────────────────────────────────────────────────────────────────────────────────────

    function merge(MergeItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 4);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _merge(items[i], log);
        }
        log.emitAs(Merged.selector);
        Skips.answer(reasons, Skipped.selector);
    }

    function _merge(MergeItem calldata item, RowLog.Log memory log) private returns (Reason) {
        return _join(item, _hashTypedDataV4(ActHash.hash(item.act)), log);
    }

    function withdraw(WithdrawItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 3);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _withdraw(items[i], log);
        }
        log.emitAs(OfferWithdrawn.selector);
        Skips.answer(reasons, Skipped.selector);
    }

    /// @dev Not on a locked title: there, a holder's change of mind could void what a lender relies on.
    function _withdraw(WithdrawItem calldata item, RowLog.Log memory log) private returns (Reason reason) {
        Withdraw calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleSlot storage title = _titles[act.title];
        TitleWord word = title.word;
        if (!word.exists()) return Reason.UnknownTitle;
        if (word.has(FLAGS_DEAD)) return Reason.TitleSpent;
        if (word.lock() != 0) return Reason.TitleLocked;
        if (word.sequence() != act.sequence) return Reason.WrongSequence;
        (reason,) = _check(
            _hashTypedDataV4(ActHash.hash(act)), item.holder, Needs.need(word.holder(), ROLE_TITLE, 0)
        );
        if (reason != Reason.None) return reason;

        word = word.withNextSequence();
        title.word = word;
        _row(log, act.title, word, 0);
    }
}
