// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "../types/Reasons.sol";
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
    RootWord,
    TitleWord
} from "../types/Words.sol";
import {TitleStore} from "./TitleStore.sol";

/// @notice The Ledger's last room: money came, so what is owed gets less. Settlement alone calls it, and has checked
///         who says so; here stands what must be true of the titles.
abstract contract Discharge is TitleStore {
    using RowLog for RowLog.Log;

    uint256 private constant PER_MILLION = 1_000_000;

    /// @dev The clearing bank has the debtor's money. Early money never comes this way (see settleEarly), and no
    ///      more is received than is still owed.
    function receiveMoney(uint64 id, uint48 amount) external only(_settlement) returns (Reason) {
        RootWord root = _roots[id];
        if (!root.exists()) return Reason.UnknownRoot;
        if (root.phase() != PHASE_LIVE) return Reason.NotLive;
        if (_today() < root.dueDay()) return Reason.NotYetDue;
        if (amount == 0) return Reason.ZeroQuantity;
        MoneyWord money = _money[id];
        uint256 owed = uint256(root.quantity()) - money.removed() - money.writtenOff();
        if (uint256(money.received()) + amount > owed) return Reason.ExcessAmount;
        money = money.plusReceived(amount);
        _money[id] = money;
        emit Received(id, money);
        return Reason.None;
    }

    function payOut(uint64 id, uint48 distributedBefore, uint256[] calldata titles, uint256[] calldata amounts)
        external
        only(_settlement)
        returns (Reason reason, uint256[] memory lines)
    {
        RootWord root = _roots[id];
        MoneyWord money = _money[id];
        if (root.phase() != PHASE_LIVE) return (Reason.NotLive, lines);
        if (money.distributed() != distributedBefore) return (Reason.ListStale, lines);
        uint256 sum;
        (reason, sum) = _checkList(id, root, money, titles, amounts);
        if (reason != Reason.None) return (reason, lines);
        if (sum == 0) return (Reason.ZeroQuantity, lines);
        if (distributedBefore + sum > money.received()) return (Reason.AboveReceived, lines);

        lines = _payLines(titles, amounts);
        RowLog.Log memory log = RowLog.open(lines.length);
        for (uint256 i; i < lines.length; ++i) {
            log.push(lines[i]);
        }
        log.rows = lines.length;
        log.emitAs(PaidOut.selector, id);
        money = money.plusDistributed(sum);
        _money[id] = money;
        _closeIfDone(id, root, money);
    }

    /// @dev Decision 9: a title is never paid above its quantity, and each stays within one minor unit of its
    ///      cumulative share = quantity × received ÷ (root quantity − removed), both without titles that were given up
    ///      and what those had got. Titles rise, so none comes twice.
    function _checkList(
        uint64 id,
        RootWord root,
        MoneyWord money,
        uint256[] calldata titles,
        uint256[] calldata amounts
    ) private view returns (Reason, uint256 sum) {
        if (titles.length != amounts.length) return (Reason.ShareWrong, 0);
        (uint256 base, uint256 received) = _sharing(id, root, money);
        uint256 last;
        unchecked {
            for (uint256 i; i < titles.length; ++i) {
                uint256 title = titles[i];
                uint256 amount = amounts[i];
                if (title <= last || title > type(uint64).max) return (Reason.UnknownTitle, 0);
                last = title;
                TitleWord word = _titles[uint64(title)];
                if (word.root() != id) return (Reason.DifferentRoot, 0);
                if (word.has(FLAGS_DEAD)) return (Reason.TitleSpent, 0);
                if (amount > type(uint48).max) return (Reason.ExcessAmount, 0);
                uint256 paid = word.paid() + amount;
                uint256 quantity = word.quantity();
                if (paid > quantity) return (Reason.ExcessAmount, 0);
                // All factors fit 48 bits, so products cannot overflow.
                (uint256 has, uint256 due) = (paid * base, quantity * received);
                if ((has > due ? has - due : due - has) > base) return (Reason.ShareWrong, 0);
                sum += amount;
            }
        }
        return (Reason.None, sum);
    }

    /// @dev What shares in what: once a holder gives up, what else comes belongs to the others alone.
    function _sharing(uint64 id, RootWord root, MoneyWord money)
        private
        view
        returns (uint256 base, uint256 received)
    {
        (base, received) = (uint256(root.quantity()) - money.removed(), money.received());
        if (money.writtenOff() != 0) {
            uint256 gone = _givenUp[id];
            (base, received) = (base - (gone >> 48), received - uint48(gone));
            // What came before a holder gave up may be more than the others are owed.
            if (received > base) received = base;
        }
    }

    function _payLines(uint256[] calldata titles, uint256[] calldata amounts) private returns (uint256[] memory lines) {
        lines = new uint256[](titles.length);
        unchecked {
            for (uint256 i; i < titles.length; ++i) {
                uint64 title = uint64(titles[i]);
                TitleWord word = _titles[title];
                uint48 paid = word.paid() + uint48(amounts[i]);
                bool held = word.has(FLAG_FROZEN);
                lines[i] = _line(title, amounts[i], word.lock(), held);
                word = word.withPaid(paid);
                if (paid == word.quantity()) word = word.withFlags(FLAG_SETTLED);
                if (held) word = word.withFlags(FLAG_HELD);
                _titles[title] = word;
            }
        }
    }

    /// @dev SME-17. Late interest has a list of its own kind and touches no title: each line is the title's share of
    ///      the list within one minor unit, and the root never pays more than its agreed rate for the days since due.
    function payLate(
        uint64 id,
        uint48 lateBefore,
        uint16 valueDay,
        uint256[] calldata titles,
        uint256[] calldata amounts
    ) external only(_settlement) returns (Reason reason, uint256[] memory lines) {
        RootWord root = _roots[id];
        MoneyWord money = _money[id];
        if (!root.exists()) return (Reason.UnknownRoot, lines);
        if (money.lateInterest() != lateBefore) return (Reason.ListStale, lines);
        if (valueDay <= root.dueDay() || valueDay > _today()) return (Reason.ValueDayOutOfRange, lines);
        uint256 sum;
        (reason, sum) = _checkLate(id, root, money, titles, amounts);
        if (reason != Reason.None) return (reason, lines);
        if (_aboveLate(root, valueDay, lateBefore + sum)) return (Reason.ExcessAmount, lines);

        _money[id] = money.plusLateInterest(sum);
        lines = _lateLines(titles, amounts);
        emit LatePaid(id, lines);
    }

    /// @dev Rounded once, half-up, over the whole root. What a title is paid and its late interest fit one cash field.
    function _aboveLate(RootWord root, uint16 valueDay, uint256 sum) private pure returns (bool) {
        if (root.quantity() + sum > type(uint48).max) return true;
        uint256 most = uint256(root.quantity()) * root.terms() * (valueDay - root.dueDay());
        return sum * PER_MILLION > most + PER_MILLION / 2;
    }

    function _lateLines(uint256[] calldata titles, uint256[] calldata amounts)
        private
        view
        returns (uint256[] memory lines)
    {
        lines = new uint256[](titles.length);
        for (uint256 i; i < titles.length; ++i) {
            TitleWord word = _titles[uint64(titles[i])];
            lines[i] = _line(uint64(titles[i]), amounts[i], word.lock(), word.has(FLAG_FROZEN));
        }
    }

    function _checkLate(
        uint64 id,
        RootWord root,
        MoneyWord money,
        uint256[] calldata titles,
        uint256[] calldata amounts
    ) private view returns (Reason, uint256 sum) {
        if (titles.length != amounts.length || titles.length == 0) return (Reason.ShareWrong, 0);
        for (uint256 i; i < amounts.length; ++i) {
            if (amounts[i] > type(uint48).max) return (Reason.ExcessAmount, 0);
            sum += amounts[i];
        }
        if (sum == 0 || sum > type(uint48).max) return (Reason.ExcessAmount, 0);
        uint256 base = uint256(root.quantity()) - money.removed();
        uint256 last;
        for (uint256 i; i < titles.length; ++i) {
            if (titles[i] <= last || titles[i] > type(uint64).max) return (Reason.UnknownTitle, 0);
            last = titles[i];
            TitleWord word = _titles[uint64(last)];
            if (word.root() != id) return (Reason.DifferentRoot, 0);
            // Settled before its due day, it was never late.
            if (word.has(FLAG_EARLY)) return (Reason.TitleSpent, 0);
            (uint256 has, uint256 due) = (amounts[i] * base, word.quantity() * sum);
            if ((has > due ? has - due : due - has) > base) return (Reason.ShareWrong, 0);
        }
        return (Reason.None, sum);
    }

    /// @dev The whole quantity leaves the root as removed, whatever discount was agreed.
    function settleEarly(uint64 title, uint16 sequence, uint48 amount)
        external
        only(_settlement)
        returns (Reason reason)
    {
        TitleWord word = _titles[title];
        uint64 id = word.root();
        RootWord root = _roots[id];
        reason = _movable(word.withLock(0), root, sequence);
        if (reason != Reason.None) return reason;
        if (amount == 0 || amount > word.quantity()) return Reason.ExcessAmount;

        MoneyWord money = _money[id].plusRemoved(word.quantity());
        _money[id] = money;
        _closeIfDone(id, root, money);
        word = word.withPaid(amount).withFlags(FLAG_SETTLED | FLAG_EARLY).withNextSequence();
        _titles[title] = word;
        emit SettledEarly(title, word, amount);
    }

    /// @dev Only after the due day, and only while nobody else has a hold on the title.
    function giveUp(uint64 title, uint16 sequence)
        external
        only(_settlement)
        returns (Reason reason, uint48 amount)
    {
        TitleWord word = _titles[title];
        uint64 id = word.root();
        RootWord root = _roots[id];
        if (!word.exists()) return (Reason.UnknownTitle, 0);
        if (word.has(FLAGS_DEAD)) return (Reason.TitleSpent, 0);
        if (word.lock() != 0) return (Reason.TitleLocked, 0);
        if (word.has(FLAG_FROZEN)) return (Reason.TitleFrozen, 0);
        if (word.sequence() != sequence) return (Reason.WrongSequence, 0);
        if (root.phase() != PHASE_LIVE) return (Reason.NotLive, 0);
        if (_today() <= root.dueDay()) return (Reason.NotYetDue, 0);

        amount = word.open();
        word = word.withFlags(FLAG_SPENT).withNextSequence();
        _titles[title] = word;
        MoneyWord money = _money[id].plusWrittenOff(amount);
        _money[id] = money;
        _givenUp[id] += (uint256(word.quantity()) << 48) | word.paid();
        _closeIfDone(id, root, money);
        emit TitleWrittenOff(title, word, amount);
    }

    function _closeIfDone(uint64 id, RootWord root, MoneyWord money) private {
        if (money.gone() == root.quantity()) _roots[id] = root.withPhase(PHASE_CLOSED);
    }

    function _line(uint64 title, uint256 amount, uint32 lock, bool held) private pure returns (uint256) {
        return (uint256(title) << 81) | (amount << 33) | (uint256(lock) << 1) | (held ? 1 : 0);
    }
}
