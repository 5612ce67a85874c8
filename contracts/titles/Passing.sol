// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Assign, AssignItem, Merge, MergeItem} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {RowLog} from "../types/RowLog.sol";
import {ROLE_TITLE, RootWord, TitleWord} from "../types/Words.sol";
import {TitleStore} from "./TitleStore.sol";

/// @notice How a title passes from one hand to another, and how two of one hand become one: of certificates and of
///         receipts alike. Whoever else must sign has been asked before.
abstract contract Passing is TitleStore {
    /// @param digest of what holder and acquirer signed.
    function _pass(AssignItem calldata item, bytes32 digest, RowLog.Log memory log) internal returns (Reason reason) {
        Assign calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        uint64 id = act.title;
        uint32 to = act.to;
        TitleSlot storage title = _titles[id];
        TitleWord word = title.word;
        reason = _movable(word, _roots[word.root()], act.sequence);
        if (reason != Reason.None) return reason;
        // Assigning to oneself changes nothing, and so is no act at all.
        if (word.holder() == to) return Reason.SelfAssignment;
        uint48 quantity = word.quantity();
        uint256 need = Needs.need(word.holder(), ROLE_TITLE, quantity);
        (reason,,) = _checkTwo(digest, item.holder, need, item.acquirer, Needs.need(to, ROLE_TITLE, quantity));
        if (reason != Reason.None) return reason;

        word = word.withHolder(to).withNextSequence();
        title.word = word;
        _row(log, id, word, act.evidence);
    }

    /// @param digest of what the holder signed.
    function _join(MergeItem calldata item, bytes32 digest, RowLog.Log memory log) internal returns (Reason reason) {
        Merge calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (act.into == act.from) return Reason.IdTaken;
        TitleSlot storage intoTitle = _titles[act.into];
        TitleSlot storage fromTitle = _titles[act.from];
        (TitleWord into, TitleWord from) = (intoTitle.word, fromTitle.word);
        if (into.root() != from.root()) return Reason.DifferentRoot;
        RootWord root = _roots[into.root()];
        reason = _movable(into, root, act.intoSequence);
        if (reason == Reason.None) reason = _movable(from, root, act.fromSequence);
        if (reason != Reason.None) return reason;
        if (into.holder() != from.holder()) return Reason.DifferentHolder;
        (reason,) = _check(digest, item.holder, Needs.need(into.holder(), ROLE_TITLE, 0));
        if (reason != Reason.None) return reason;

        into = into.withQuantity(into.quantity() + from.quantity()).withNextSequence();
        from = from.cancelled();
        (intoTitle.word, fromTitle.word) = (into, from);
        _pair(log, act.into, into, act.from, from, 0);
    }
}
