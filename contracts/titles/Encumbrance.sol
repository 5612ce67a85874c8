// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "../types/ActHash.sol";
import {Lock, LockItem} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";
import {RowLog} from "../types/RowLog.sol";
import {FLAG_FROZEN, FLAGS_DEAD, ROLE_CREDIT_MAKER, RootWord, TitleWord} from "../types/Words.sol";
import {TitleStore} from "./TitleStore.sol";

/// @notice The Ledger's third room: what others than the holder may do to a title, through the contract that holds
///         their authority. A title knows no more of a pledge than the facility's number.
abstract contract Encumbrance is TitleStore {
    using RowLog for RowLog.Log;

    // ── Credit: lock, carve, unlock ─────────────────────────────────────────────────────────────────────────────

    function lock(LockItem[] calldata items, uint256[] calldata terms)
        external
        only(_credit)
        returns (uint256[] memory outcomes)
    {
        outcomes = new uint256[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 3);
        RowLog.Log memory carved = RowLog.open(items.length * 4);
        for (uint256 i; i < items.length; ++i) {
            uint256 facility = terms[i];
            if (facility == 0) continue;
            (Reason reason, uint48 quantity) = _lock(items[i], facility, log, carved);
            outcomes[i] = (uint256(quantity) << 8) | uint256(reason);
        }
        carved.emitAs(Carved.selector);
        log.emitAs(Locked.selector);
    }

    function _lock(LockItem calldata item, uint256 facility, RowLog.Log memory log, RowLog.Log memory carved)
        private
        returns (Reason reason, uint48 quantity)
    {
        Lock calldata act = item.act;
        TitleWord word = _titles[act.title];
        RootWord root = _roots[word.root()];
        reason = _movable(word, root, act.sequence);
        if (reason != Reason.None) return (reason, 0);
        if (word.holder() != uint32(facility >> 16)) return (Reason.DifferentHolder, 0);
        if (root.currency() != uint16(facility)) return (Reason.CurrencyMismatch, 0);
        quantity = act.child == 0 ? word.quantity() : act.quantity;
        bytes32 digest = _hashTypedDataV4(ActHash.hash(act));
        reason = _checkHolder(digest, item.holder, word, quantity);
        if (reason != Reason.None) return (reason, 0);
        (reason,) = _check(digest, item.lender, uint32(facility >> 48), ROLE_CREDIT_MAKER, quantity);
        if (reason != Reason.None) return (reason, 0);

        word = word.withNextSequence();
        if (act.child != 0) return _lockPart(act, word, log, carved);
        if (act.quantity != quantity) return (Reason.AmountDiffers, 0);
        word = word.withLock(act.facility);
        _titles[act.title] = word;
        _row(log, act.title, word, act.evidence);
        return (Reason.None, quantity);
    }

    /// @dev Carve first (decision 6): a part is split off in the same act, and only the part is locked.
    function _lockPart(Lock calldata act, TitleWord word, RowLog.Log memory log, RowLog.Log memory carved)
        private
        returns (Reason reason, uint48)
    {
        if (!_isMadeBy(act.child, word.holder())) return (Reason.ForeignId, 0);
        TitleWord child;
        (reason, word, child) = _carveByRight(act.title, word, act.child, act.quantity);
        if (reason != Reason.None) return (reason, 0);
        _pair(carved, act.title, word, act.child, child, act.evidence);
        child = child.withLock(act.facility);
        _titles[act.child] = child;
        _row(log, act.child, child, act.evidence);
        return (Reason.None, act.quantity);
    }

    function carveLocked(uint64 title, uint64 child, uint48 quantity, uint32 facility)
        external
        only(_credit)
        returns (Reason reason)
    {
        TitleWord word = _titles[title];
        if (!word.exists()) return Reason.UnknownTitle;
        if (word.has(FLAGS_DEAD)) return Reason.TitleSpent;
        if (word.lock() != facility || facility == 0) return Reason.WrongLock;
        // A part of a frozen title would be frozen too, but no order would name it and so none could lift it.
        if (word.has(FLAG_FROZEN)) return Reason.TitleFrozen;
        return _logCarve(title, word, child, quantity, 0);
    }

    function unlock(uint32 facility, uint256[] calldata titles) external only(_credit) returns (uint256 open) {
        RowLog.Log memory log = RowLog.open(titles.length);
        for (uint256 i; i < titles.length; ++i) {
            uint256 id = titles[i];
            if (id > type(uint64).max) continue;
            TitleWord word = _titles[uint64(id)];
            if (word.lock() != facility) continue;
            unchecked {
                open += word.open();
            }
            _titles[uint64(id)] = word.withLock(0);
            log.push(id);
            log.endRow();
        }
        log.emitAs(Unlocked.selector, facility);
    }

    function lockedOpen(uint32 facility, uint256[] calldata titles) external view returns (uint256 open) {
        for (uint256 i; i < titles.length; ++i) {
            if (titles[i] > type(uint64).max) continue;
            TitleWord word = _titles[uint64(titles[i])];
            if (word.lock() == facility) open += word.open();
        }
    }

    // ── Registry: freeze, lift ──────────────────────────────────────────────────────────────────────────────────

    /// @dev An order may freeze any title, locked or not, before or after the due day; money then waits on hold.
    function freeze(uint64 title, uint64 child, uint48 quantity, bytes32 order)
        external
        only(_registry)
        returns (Reason reason)
    {
        TitleWord word = _titles[title];
        if (!word.exists()) return Reason.UnknownTitle;
        if (word.has(FLAGS_DEAD)) return Reason.TitleSpent;
        if (word.has(FLAG_FROZEN)) return Reason.TitleFrozen;
        if (child != 0) {
            reason = _logCarve(title, word, child, quantity, order);
            if (reason != Reason.None) return reason;
            (title, word) = (child, _titles[child]);
        }
        word = word.withFlags(FLAG_FROZEN);
        _titles[title] = word;
        emit Frozen(title, word, order);
    }

    function lift(uint64 title, bytes32 order) external only(_registry) returns (Reason) {
        TitleWord word = _titles[title];
        if (!word.has(FLAG_FROZEN)) return Reason.NotFrozen;
        word = word.withoutFlags(FLAG_FROZEN);
        _titles[title] = word;
        emit Lifted(title, word, order);
        return Reason.None;
    }

    function _logCarve(uint64 title, TitleWord word, uint64 child, uint48 quantity, bytes32 evidence)
        private
        returns (Reason reason)
    {
        TitleWord childWord;
        (reason, word, childWord) = _carveByRight(title, word, child, quantity);
        if (reason != Reason.None) return reason;
        RowLog.Log memory log = RowLog.open(4);
        _pair(log, title, word, child, childWord, evidence);
        log.emitAs(Carved.selector);
    }
}
