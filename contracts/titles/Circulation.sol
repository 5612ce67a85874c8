// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "../types/ActHash.sol";
import {
    Assign,
    AssignItem,
    Merge,
    MergeItem,
    Split as SplitAct,
    SplitItem,
    Withdraw,
    WithdrawItem
} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";
import {RowLog} from "../types/RowLog.sol";
import {Skips} from "../types/Skips.sol";
import {FLAG_SPENT, FLAGS_DEAD, ROLE_TITLE, RootWord, TitleWord} from "../types/Words.sol";
import {TitleStore} from "./TitleStore.sol";

/// @notice The Ledger's second room: a live title passes from hand to hand, whole or in parts.
abstract contract Circulation is TitleStore {
    using RowLog for RowLog.Log;

    // ── Assign ──────────────────────────────────────────────────────────────────────────────────────────────────

    function assign(AssignItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 3);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _assign(items[i], log);
        }
        log.emitAs(Assigned.selector);
        Skips.emitAs(reasons, Skipped.selector);
    }

    function _assign(AssignItem calldata item, RowLog.Log memory log) private returns (Reason reason) {
        Assign calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord word = _titles[act.title];
        reason = _movable(word, _roots[word.root()], act.sequence);
        if (reason != Reason.None) return reason;
        // Assigning to oneself changes nothing, and so is no act at all.
        if (word.holder() == act.to) return Reason.SelfAssignment;
        bytes32 digest = _hashTypedDataV4(ActHash.hash(act));
        reason = _checkHolder(digest, item.holder, word, word.quantity());
        if (reason != Reason.None) return reason;
        (reason,) = _check(digest, item.acquirer, act.to, ROLE_TITLE, word.quantity());
        if (reason != Reason.None) return reason;

        word = word.withHolder(act.to).withNextSequence();
        _titles[act.title] = word;
        _row(log, act.title, word, act.evidence);
    }

    // ── Split ───────────────────────────────────────────────────────────────────────────────────────────────────

    function split(SplitItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 4);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _split(items[i], log);
        }
        log.emitAs(Split.selector);
        Skips.emitAs(reasons, Skipped.selector);
    }

    function _split(SplitItem calldata item, RowLog.Log memory log) private returns (Reason reason) {
        SplitAct calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord word = _titles[act.title];
        RootWord root = _roots[word.root()];
        reason = _movable(word, root, act.sequence);
        if (reason == Reason.None) reason = _divisible(act, word, root);
        if (reason != Reason.None) return reason;
        bytes32 digest = _hashTypedDataV4(ActHash.hash(act));
        reason = _checkHolder(digest, item.holder, word, act.quantity);
        if (reason != Reason.None) return reason;
        if (act.to != word.holder()) {
            (reason,) = _check(digest, item.acquirer, act.to, ROLE_TITLE, act.quantity);
            if (reason != Reason.None) return reason;
        }

        TitleWord child;
        (word, child) =
            _carve(act.title, word.withNextSequence(), act.child, act.quantity, act.to, word.depth() + 1);
        _pair(log, act.title, word, act.child, child, act.evidence);
    }

    /// @dev A part and what remains are each worth at least the minimum piece (CN77-split), and the chain of splits is
    ///      no deeper than the root's policy allows.
    function _divisible(SplitAct calldata act, TitleWord word, RootWord root) private view returns (Reason) {
        if (act.quantity == 0) return Reason.ZeroQuantity;
        if (act.quantity >= word.quantity()) return Reason.QuantityAboveTitle;
        uint256 piece = root.minimumPiece();
        if (act.quantity < piece || word.quantity() - act.quantity < piece) return Reason.PieceTooSmall;
        if (word.depth() >= root.maximumDepth()) return Reason.TooDeep;
        if (!_isMadeBy(act.child, word.holder())) return Reason.ForeignId;
        if (_titles[act.child].exists() || _roots[act.child].exists()) return Reason.IdTaken;
        return Reason.None;
    }

    // ── Merge, withdraw ─────────────────────────────────────────────────────────────────────────────────────────

    function merge(MergeItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 4);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _merge(items[i], log);
        }
        log.emitAs(Merged.selector);
        Skips.emitAs(reasons, Skipped.selector);
    }

    function _merge(MergeItem calldata item, RowLog.Log memory log) private returns (Reason reason) {
        Merge calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (act.into == act.from) return Reason.IdTaken;
        TitleWord into = _titles[act.into];
        TitleWord from = _titles[act.from];
        if (into.root() != from.root()) return Reason.DifferentRoot;
        RootWord root = _roots[into.root()];
        reason = _movable(into, root, act.intoSequence);
        if (reason == Reason.None) reason = _movable(from, root, act.fromSequence);
        if (reason != Reason.None) return reason;
        if (into.holder() != from.holder()) return Reason.DifferentHolder;
        reason = _checkHolder(_hashTypedDataV4(ActHash.hash(act)), item.holder, into, 0);
        if (reason != Reason.None) return reason;

        into = into.withQuantity(into.quantity() + from.quantity()).withNextSequence();
        from = from.withQuantity(0).withFlags(FLAG_SPENT).withNextSequence();
        _titles[act.into] = into;
        _titles[act.from] = from;
        _pair(log, act.into, into, act.from, from, 0);
    }

    function withdraw(WithdrawItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 3);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _withdraw(items[i], log);
        }
        log.emitAs(OfferWithdrawn.selector);
        Skips.emitAs(reasons, Skipped.selector);
    }

    /// @dev Not on a locked title: there, a holder's change of mind could void what a lender relies on.
    function _withdraw(WithdrawItem calldata item, RowLog.Log memory log) private returns (Reason reason) {
        Withdraw calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord word = _titles[act.title];
        if (!word.exists()) return Reason.UnknownTitle;
        if (word.has(FLAGS_DEAD)) return Reason.TitleSpent;
        if (word.lock() != 0) return Reason.TitleLocked;
        if (word.sequence() != act.sequence) return Reason.WrongSequence;
        (reason,) = _check(_hashTypedDataV4(ActHash.hash(act)), item.holder, word.holder(), ROLE_TITLE, 0);
        if (reason != Reason.None) return reason;

        word = word.withNextSequence();
        _titles[act.title] = word;
        _row(log, act.title, word, 0);
    }
}
