// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "../types/ActHash.sol";
import {Lock, LockItem, Release, Signature} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Refusals} from "../types/Refusals.sol";
import {RowLog} from "../types/RowLog.sol";
import {Skips} from "../types/Skips.sol";
import {
    FLAG_FROZEN,
    FLAG_GOODS,
    FLAG_HELD,
    FLAG_ORDER,
    FLAGS_DEAD,
    ROLE_CREDIT_CHECKER,
    ROLE_CREDIT_MAKER,
    ROLE_TITLE,
    RootWord,
    TitleWord
} from "../types/Words.sol";
import {ILedger} from "./ILedger.sol";
import {TitleStore} from "./TitleStore.sol";

/// @notice The Ledger's third room: what others than the holder may do to a title, through the contract that holds
///         their authority. A title knows no more of a pledge than the facility's number.
abstract contract Encumbrance is TitleStore, ILedger {
    using RowLog for RowLog.Log;

    /// Of a title's word: its lock, and whether it is goods'.
    uint256 private constant LOCK_AND_KIND = (0xffffffff << 192) | FLAG_GOODS;

    // ── Credit: lock, carve, unlock ─────────────────────────────────────────────────────────────────────────────

    function lock(LockItem[] calldata items, uint256 terms)
        external
        only(_credit)
        returns (uint256[] memory outcome)
    {
        uint256 count = items.length;
        outcome = new uint256[](count + 1);
        RowLog.Log memory log = RowLog.open(count * 3);
        RowLog.Log memory carved = RowLog.open(count * 4);
        uint256 sum;
        for (uint256 i; i < count;) {
            (Reason reason, uint256 quantity) = _lock(items[i], terms, log, carved);
            unchecked {
                sum += quantity;
                terms -= quantity << 80;
                outcome[++i] = uint256(reason);
            }
        }
        outcome[0] = sum;
        carved.emitAs(Carved.selector);
        log.emitAs(Locked.selector);
        Skips.give(outcome);
    }

    function _lock(LockItem calldata item, uint256 terms, RowLog.Log memory log, RowLog.Log memory carved)
        private
        returns (Reason reason, uint256 quantity)
    {
        Lock calldata act = item.act;
        if (block.timestamp > act.expiresAt) return (Reason.InstructionExpired, 0);
        uint64 id = act.title;
        uint64 child = act.child;
        TitleSlot storage title = _titles[id];
        TitleWord word = title.word;
        reason = _pledgeable(word, act.sequence, terms);
        if (reason != Reason.None) return (reason, 0);
        quantity = child == 0 ? word.quantity() : act.quantity;
        if (quantity > terms >> 80) return (Reason.FacilityLimitExceeded, 0);
        reason = _pledged(item, word.holder(), uint32(terms >> 48), quantity);
        if (reason != Reason.None) return (reason, 0);

        word = word.withNextSequence();
        if (child != 0) return _lockPart(act, title, word, log, carved);
        if (act.quantity != quantity) return (Reason.AmountDiffers, 0);
        word = word.withLock(act.facility);
        title.word = word;
        _row(log, id, word, act.evidence);
    }

    function _pledgeable(TitleWord word, uint16 sequence, uint256 terms) private view returns (Reason reason) {
        RootWord root = _roots[word.root()];
        // Of all that a holder may do with an order, this alone: goods to come secure an advance.
        reason = _movable(word.withoutFlags(FLAG_ORDER), root, sequence);
        if (reason != Reason.None) return reason;
        if (word.holder() != uint32(terms >> 16)) return Reason.DifferentHolder;
        if (root.currency() != uint16(terms)) return Reason.CurrencyMismatch;
    }

    /// @dev The holder, who pledges, and the lender.
    function _pledged(LockItem calldata item, uint256 holder, uint256 lender, uint256 quantity)
        private
        view
        returns (Reason reason)
    {
        bytes32 digest = _hashTypedDataV4(ActHash.hash(item.act));
        (reason,) = _check(digest, item.holder, Needs.need(holder, ROLE_TITLE, quantity));
        if (reason != Reason.None) return reason;
        (reason,) = _check(digest, item.lender, Needs.need(lender, ROLE_CREDIT_MAKER, quantity));
    }

    /// @dev Carve first (decision 6): a part is split off in the same act, and only the part is locked.
    function _lockPart(
        Lock calldata act,
        TitleSlot storage title,
        TitleWord word,
        RowLog.Log memory log,
        RowLog.Log memory carved
    ) private returns (Reason reason, uint256) {
        if (!_isMadeBy(act.child, word.holder())) return (Reason.ForeignId, 0);
        TitleWord child;
        (reason, word, child) = _carveByRight(title, word, act.child, act.quantity);
        if (reason != Reason.None) return (reason, 0);
        _pair(carved, act.title, word, act.child, child, act.evidence);
        child = child.withLock(act.facility);
        _titles[act.child].word = child;
        _row(log, act.child, child, act.evidence);
        return (Reason.None, act.quantity);
    }

    function carveLocked(uint64 title, uint64 child, uint48 quantity, uint32 facility)
        external
        only(_credit)
        returns (Reason reason)
    {
        TitleWord word = _titles[title].word;
        if (!word.exists()) return Reason.UnknownTitle;
        if (word.has(FLAGS_DEAD)) return Reason.TitleSpent;
        if (word.lock() != facility || facility == 0) return Reason.WrongLock;
        if (word.has(FLAG_GOODS)) return Reason.OtherKind;
        // A part of a frozen title would be frozen too, but no order would name it and so none could lift it.
        if (word.has(FLAG_FROZEN)) return Reason.TitleFrozen;
        (reason,) = _logCarve(title, word, child, quantity, 0);
    }

    function unlock(uint32 facility, uint256[] calldata titles) external only(_credit) returns (uint256 open) {
        return _unlock(facility, titles);
    }

    function deliver(uint64 id, uint64 loan, uint32 facility, uint32 to, bool keepLock)
        external
        only(_credit)
        returns (uint256 open)
    {
        TitleWord word = _titles[id].word;
        if (word.lock() != facility || facility == 0) Refusals.refuse(Reason.WrongLock);
        if (!keepLock) {
            open = word.open();
            word = word.withLock(0).withoutFlags(FLAG_HELD);
        }
        // What the holder before had signed and nobody carried is void.
        word = word.withHolder(to).withNextSequence();
        _mark(id, word, Delivered.selector, loan);
    }

    function release(
        Release calldata act,
        Signature calldata first,
        Signature calldata second,
        uint32 lender,
        uint256 most,
        Reason objection
    ) external only(_credit) returns (uint256 open) {
        open = _unlock(act.facility, act.titles);
        if (open > most) Refusals.refuse(Reason.CollateralShort);
        if (objection != Reason.None) Refusals.refuse(objection);
        (Reason reason,,) = _checkTwo(
            _hashTypedDataV4(ActHash.hash(act)),
            first,
            Needs.need(lender, ROLE_CREDIT_MAKER, 0),
            second,
            // No facility takes more than 48 bits of face value: see ILedger.lock.
            Needs.need(lender, ROLE_CREDIT_CHECKER, open)
        );
        if (reason != Reason.None) Refusals.refuse(reason);
        if (!_spend(lender, act.nonce)) Refusals.refuse(Reason.NonceUsed);
    }

    /// @dev Titles that are not locked to the facility are passed over, and so are goods: not without their keeper.
    function _unlock(uint32 facility, uint256[] calldata titles) private returns (uint256 open) {
        uint256[] memory unlocked = RowLog.list(titles.length);
        uint256 kept;
        uint256 lockBits = uint256(facility) << 192;
        unchecked {
            for (uint256 i; i < titles.length; ++i) {
                uint256 id = titles[i];
                TitleSlot storage title = _titles[uint64(id)];
                uint256 bits = TitleWord.unwrap(title.word);
                if (((bits ^ lockBits) & LOCK_AND_KIND) | (id >> 64) != 0) continue;
                // Quantity less paid, as TitleWords.open has it.
                if (bits & FLAGS_DEAD == 0) open += uint256(uint48(bits >> 80)) - uint48(bits >> 32);
                // Its lock is this facility, and without that it has none.
                title.word = TitleWord.wrap(bits ^ lockBits);
                ++kept;
                // unlocked[kept - 1] = id: there is a row for every title.
                assembly ("memory-safe") {
                    mstore(add(unlocked, shl(5, kept)), id)
                }
            }
        }
        RowLog.resize(unlocked, kept);
        if (kept != 0) RowLog.emitList(unlocked, Unlocked.selector, facility);
    }

    // ── Registry: freeze, lift ──────────────────────────────────────────────────────────────────────────────────

    /// @dev An order may freeze any title, locked or not, before or after the due day; money then waits on hold.
    function freeze(uint64 title, uint64 child, uint48 quantity, bytes32 order)
        external
        only(_registry)
        returns (Reason reason)
    {
        TitleWord word = _titles[title].word;
        if (!word.exists()) return Reason.UnknownTitle;
        if (word.has(FLAGS_DEAD)) return Reason.TitleSpent;
        if (word.has(FLAG_FROZEN)) return Reason.TitleFrozen;
        if (child != 0) {
            (reason, word) = _logCarve(title, word, child, quantity, order);
            if (reason != Reason.None) return reason;
            title = child;
        }
        _mark(title, word.withFlags(FLAG_FROZEN), Frozen.selector, uint256(order));
    }

    function lift(uint64 title, bytes32 order) external only(_registry) returns (Reason) {
        TitleWord word = _titles[title].word;
        if (!word.has(FLAG_FROZEN)) return Reason.NotFrozen;
        _mark(title, word.withoutFlags(FLAG_FROZEN), Lifted.selector, uint256(order));
        return Reason.None;
    }

    function _logCarve(uint64 title, TitleWord word, uint64 child, uint48 quantity, bytes32 evidence)
        private
        returns (Reason reason, TitleWord childWord)
    {
        (reason, word, childWord) = _carveByRight(_titles[title], word, child, quantity);
        if (reason != Reason.None) return (reason, childWord);
        RowLog.Log memory log = RowLog.open(4);
        _pair(log, title, word, child, childWord, evidence);
        log.emitAs(Carved.selector);
    }
}
