// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "../types/ActHash.sol";
import {Distribution, Signature} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Refusals} from "../types/Refusals.sol";
import {RowLog} from "../types/RowLog.sol";
import {
    FLAG_EARLY,
    FLAG_FROZEN,
    FLAG_HELD,
    FLAG_SETTLED,
    FLAG_SPENT,
    FLAGS_DEAD,
    MoneyWord,
    PHASE_CLOSED,
    PHASE_LIVE,
    ROLE_CLEARING,
    RootWord,
    TitleWord
} from "../types/Words.sol";
import {ILedger} from "./ILedger.sol";
import {TitleStore} from "./TitleStore.sol";

/// @notice The Ledger's last room: money came, so what is owed gets less. Settlement alone calls it, and has checked
///         who says so; here stands what must be true of the titles.
abstract contract Discharge is TitleStore, ILedger {
    using RowLog for RowLog.Log;

    uint256 private constant PER_MILLION = 1_000_000;
    /// Of a line: lock and held.
    uint256 private constant DIVERTED = (1 << 33) - 1;
    uint256 private constant UINT48 = 0xffffffffffff;
    /// Of a title's word.
    uint256 private constant PAID = 0xffffffffffff00000000;
    /// Of a title's word: lock, root, and the flags that keep money from its holder or say that it claims none.
    uint256 private constant FIXED_BITS = 0x00000000ffffffffffffffffffffffff000000000000000000000000000000c7;

    /// One list of a clearing bank: the root, and what shares in what; then the sum, the lines, and those of them whose
    /// money does not go to the holder.
    struct List {
        uint64 root;
        uint256 base;
        uint256 received;
        uint256 sum;
        uint256[] lines;
        uint256[] diverted;
    }

    /// @dev The clearing bank has the debtor's money. Early money never comes this way (see settleEarly), and no
    ///      more is received than is still owed.
    function receiveMoney(uint64 id, uint48 amount, bool back) external only(_settlement) returns (Reason) {
        RootWord root = _roots[id];
        if (!root.exists()) return Reason.UnknownRoot;
        if (root.phase() != PHASE_LIVE) return Reason.NotLive;
        if (_today() < root.dueDay()) return Reason.NotYetDue;
        if (amount == 0) return Reason.ZeroQuantity;
        MoneyWord money = _money[id];
        if (back) {
            if (amount > money.received() - money.distributed()) return Reason.ReversalTooLate;
            money = money.minusReceived(amount);
        } else {
            uint256 owed = uint256(root.quantity()) - money.removed() - money.writtenOff();
            if (uint256(money.received()) + amount > owed) return Reason.ExcessAmount;
            money = money.plusReceived(amount);
        }
        _money[id] = money;
        emit Received(id, money);
        return Reason.None;
    }

    /// @dev One pass: a line that is wrong reverts, and with it all that was written for the lines before it.
    function payOut(Distribution calldata act, Signature calldata clearingBank)
        external
        only(_settlement)
        returns (RootWord root, uint256 sum, uint256[] memory diverted)
    {
        uint64 id = act.root;
        root = _roots[id];
        if (!root.exists()) Refusals.refuse(Reason.UnknownRoot);
        (Reason reason,) = _check(
            _hashTypedDataV4(ActHash.hash(act)), clearingBank, Needs.need(root.clearingBank(), ROLE_CLEARING, 0)
        );
        if (reason != Reason.None) Refusals.refuse(reason);
        MoneyWord money = _money[id];
        if (root.phase() != PHASE_LIVE) Refusals.refuse(Reason.NotLive);
        if (money.distributed() != act.distributedBefore) Refusals.refuse(Reason.ListStale);
        List memory list = _sharing(id, root, money);
        _payLines(list, act.lines);
        sum = list.sum;
        if (sum == 0) Refusals.refuse(Reason.ZeroQuantity);
        if (money.distributed() + sum > money.received()) Refusals.refuse(Reason.AboveReceived);

        RowLog.emitList(list.lines, PaidOut.selector, id);
        money = money.plusDistributed(sum);
        _money[id] = money;
        _closeIfDone(id, root, money);
        diverted = list.diverted;
    }

    /// @dev Once a holder gives up, what else comes belongs to the others alone.
    function _sharing(uint64 id, RootWord root, MoneyWord money) private view returns (List memory list) {
        (uint256 base, uint256 received) = (uint256(root.quantity()) - money.removed(), money.received());
        if (money.writtenOff() != 0) {
            uint256 gone = _givenUp[id];
            (base, received) = (base - (gone >> 48), received - uint48(gone));
            // What came before a holder gave up may be more than the others are owed.
            if (received > base) received = base;
        }
        (list.root, list.base, list.received) = (id, base, received);
    }

    function _payLines(List memory list, uint256[] calldata asked) private {
        uint256 count = asked.length;
        list.lines = RowLog.list(count);
        for (uint256 i;; ++i) {
            if (list.base == list.received) i = _payUsual(list, asked, i);
            if (i == count) return;
            uint256 title = asked[i] >> 48;
            // Titles rise, so none comes twice.
            if (title <= (i == 0 ? 0 : asked[i - 1] >> 48)) Refusals.refuse(Reason.UnknownTitle);
            if (title > type(uint64).max) Refusals.refuse(Reason.UnknownTitle);
            uint256 line = _payLine(list, uint64(title), uint48(asked[i]));
            list.lines[i] = line;
            if (line & DIVERTED != 0) _divert(list, line);
        }
    }

    function _divert(List memory list, uint256 line) private pure {
        uint256 kept = list.diverted.length;
        if (kept == 0) list.diverted = RowLog.list(list.lines.length);
        RowLog.resize(list.diverted, kept + 1);
        list.diverted[kept] = line;
    }

    /// @dev The usual lines from number `i` on, as far as they go: see _payRun.
    /// @return the number of the first line that is not usual, or how many lines there are.
    function _payUsual(List memory list, uint256[] calldata asked, uint256 i) private returns (uint256) {
        uint256[] memory lines = list.lines;
        uint256 first;
        uint256 toLine;
        assembly ("memory-safe") {
            first := add(asked.offset, shl(5, i))
            toLine := sub(add(lines, 32), asked.offset)
        }
        uint256 last = i == 0 ? 0 : asked[i - 1] >> 48;
        unchecked {
            uint256 end = first + 32 * (asked.length - i);
            return asked.length - (end - _payRun(list, last, first, end, toLine)) / 32;
        }
    }

    /// @dev What a list costs is what one usual line of it costs: a live title of the root, neither locked nor frozen, paid
    ///      all it still claims out of a root that was received in full. Such lines are told from all others by one
    ///      comparison of words, and written without another look.
    /// @param last     the title of the line before.
    /// @param place    where in calldata the first line stands, and `end` where they end.
    /// @param toLine   from a line's place to that of what is logged of it, in memory (modulo 2^256).
    /// @return the place of the first line that is not such a one, or the end.
    function _payRun(List memory list, uint256 last, uint256 place, uint256 end, uint256 toLine)
        private
        returns (uint256)
    {
        uint256 rootBits = uint256(list.root) << 128;
        uint256 sum = list.sum;
        assembly ("memory-safe") {
            // The key of _titles: a title, and where the mapping is.
            mstore(0, last)
            mstore(32, _titles.slot)
            for {} 1 { place := add(place, 32) } {
                if eq(place, end) { break }
                let line := calldataload(place)
                let title := shr(48, line)
                let notRising := iszero(gt(title, mload(0)))
                mstore(0, title)
                let slot := keccak256(0, 64)
                let word := sload(slot)
                let amount := and(line, UINT48)
                let paid := add(word, shl(32, amount))
                if or(
                    or(notRising, and(xor(word, rootBits), FIXED_BITS)),
                    // Paid all its quantity: the two fields are neighbours. A sum that carried into the quantity would not
                    // reach it, for what a live title was paid is less than its quantity.
                    and(xor(paid, shr(48, paid)), PAID)
                ) { break }
                sstore(slot, or(paid, FLAG_SETTLED))
                // Neither lock nor hold: see _line.
                mstore(add(place, toLine), shl(33, line))
                sum := add(sum, amount)
            }
        }
        list.sum = sum;
        return place;
    }

    /// @dev Decision 9: a title is never paid above its quantity, and each stays within one minor unit of its
    ///      cumulative share = quantity × received ÷ (root quantity − removed), both without titles that were given up
    ///      and what those had got.
    function _payLine(List memory list, uint64 titleId, uint256 amount) private returns (uint256 line) {
        TitleSlot storage title = _titles[titleId];
        TitleWord word = title.word;
        if (word.root() != list.root) Refusals.refuse(Reason.DifferentRoot);
        if (word.has(FLAGS_DEAD)) Refusals.refuse(Reason.TitleSpent);
        unchecked {
            uint256 quantity = word.quantity();
            uint256 paid = word.paid();
            if (amount > quantity - paid) Refusals.refuse(Reason.ExcessAmount);
            paid += amount;
            // All factors fit 48 bits, so products cannot overflow.
            (uint256 has, uint256 due) = (paid * list.base, quantity * list.received);
            if ((has > due ? has - due : due - has) > list.base) Refusals.refuse(Reason.ShareWrong);
            list.sum += amount;
            line = _line(titleId, amount, word);
            word = word.withPaid(uint48(paid));
            if (paid == quantity) word = word.withFlags(FLAG_SETTLED);
            title.word = line & 1 == 0 ? word : word.withFlags(FLAG_HELD);
        }
    }

    /// @dev SME-17. Late interest has a list of its own kind and touches no title: each line is the title's share of
    ///      the list within one minor unit, and the root never pays more than its agreed rate for the days since due.
    function payLate(
        uint64 id,
        uint48 lateBefore,
        uint16 valueDay,
        uint48 sum,
        uint256[] calldata list
    ) external only(_settlement) returns (uint256[] memory lines) {
        RootWord root = _roots[id];
        MoneyWord money = _money[id];
        if (!root.exists()) Refusals.refuse(Reason.UnknownRoot);
        if (money.lateInterest() != lateBefore) Refusals.refuse(Reason.ListStale);
        if (valueDay <= root.dueDay() || valueDay > _today()) Refusals.refuse(Reason.ValueDayOutOfRange);
        if (list.length == 0) Refusals.refuse(Reason.ShareWrong);
        if (sum == 0) Refusals.refuse(Reason.ExcessAmount);
        lines = _lateLines(id, uint256(root.quantity()) - money.removed(), sum, list);
        if (_aboveLate(root, valueDay, uint256(lateBefore) + sum)) Refusals.refuse(Reason.ExcessAmount);

        _money[id] = money.plusLateInterest(sum);
        RowLog.emitList(lines, LatePaid.selector, id);
    }

    /// @dev Rounded once, half-up, over the whole root. What a title is paid and its late interest fit one cash field.
    function _aboveLate(RootWord root, uint16 valueDay, uint256 sum) private pure returns (bool) {
        if (root.quantity() + sum > type(uint48).max) return true;
        uint256 most = uint256(root.quantity()) * root.terms() * (valueDay - root.dueDay());
        return sum * PER_MILLION > most + PER_MILLION / 2;
    }

    function _lateLines(uint64 id, uint256 base, uint256 sum, uint256[] calldata list)
        private
        view
        returns (uint256[] memory lines)
    {
        lines = RowLog.list(list.length);
        uint256 last;
        for (uint256 i; i < list.length; ++i) {
            (uint256 title, uint256 amount) = (list[i] >> 48, uint48(list[i]));
            if (title <= last || title > type(uint64).max) Refusals.refuse(Reason.UnknownTitle);
            last = title;
            TitleWord word = _titles[uint64(last)].word;
            if (word.root() != id) Refusals.refuse(Reason.DifferentRoot);
            // Settled before its due day, it was never late.
            if (word.has(FLAG_EARLY)) Refusals.refuse(Reason.TitleSpent);
            (uint256 has, uint256 due) = (amount * base, word.quantity() * sum);
            if ((has > due ? has - due : due - has) > base) Refusals.refuse(Reason.ShareWrong);
            lines[i] = _line(title, amount, word);
        }
    }

    /// @dev The whole quantity leaves the root as removed, whatever discount was agreed.
    function settleEarly(uint64 title, uint16 sequence, uint48 amount)
        external
        only(_settlement)
        returns (Reason reason)
    {
        TitleWord word = _titles[title].word;
        uint64 id = word.root();
        RootWord root = _roots[id];
        reason = _movable(word.withLock(0), root, sequence);
        if (reason != Reason.None) return reason;
        if (amount == 0 || amount > word.quantity()) return Reason.ExcessAmount;

        MoneyWord money = _money[id].plusRemoved(word.quantity());
        _money[id] = money;
        _closeIfDone(id, root, money);
        word = word.withPaid(amount).withFlags(FLAG_SETTLED | FLAG_EARLY).withNextSequence();
        _mark(title, word, SettledEarly.selector, amount);
    }

    /// @dev Only after the due day, and only while nobody else has a hold on the title.
    function giveUp(uint64 title, uint16 sequence)
        external
        only(_settlement)
        returns (Reason reason, uint48 amount)
    {
        TitleWord word = _titles[title].word;
        uint64 id = word.root();
        RootWord root = _roots[id];
        reason = _unbound(word, root, sequence);
        if (reason != Reason.None) return (reason, 0);
        if (_today() <= root.dueDay()) return (Reason.NotYetDue, 0);

        amount = word.open();
        word = word.withFlags(FLAG_SPENT).withNextSequence();
        MoneyWord money = _money[id].plusWrittenOff(amount);
        _money[id] = money;
        _givenUp[id] += (uint256(word.quantity()) << 48) | word.paid();
        _closeIfDone(id, root, money);
        _mark(title, word, TitleWrittenOff.selector, amount);
    }

    function _closeIfDone(uint64 id, RootWord root, MoneyWord money) private {
        if (money.gone() == root.quantity()) _roots[id] = root.withPhase(PHASE_CLOSED);
    }

    /// @dev title 64 · amount 48 · lock 32 · held 1, in the low bits.
    function _line(uint256 title, uint256 amount, TitleWord word) private pure returns (uint256) {
        return (title << 81) | (amount << 33) | (uint256(word.lock()) << 1) | (word.has(FLAG_FROZEN) ? 1 : 0);
    }
}
