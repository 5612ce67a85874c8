// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "../types/Reasons.sol";
import {Refused} from "../types/Refusals.sol";
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
    /// Lock and held of a line.
    uint256 private constant NOTABLE = (1 << 33) - 1;

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

    /// @dev One pass: a line that is wrong reverts, and with it all that was written for the lines before it.
    function payOut(uint64 id, uint48 distributedBefore, uint256[] calldata titles, uint256[] calldata amounts)
        external
        only(_settlement)
        returns (uint256 sum, uint256[] memory lines)
    {
        RootWord root = _roots[id];
        MoneyWord money = _money[id];
        if (root.phase() != PHASE_LIVE) revert Refused(Reason.NotLive);
        if (money.distributed() != distributedBefore) revert Refused(Reason.ListStale);
        if (titles.length != amounts.length) revert Refused(Reason.ShareWrong);
        lines = RowLog.list(titles.length);
        uint256 notable;
        (sum, notable) = _payLines(id, _sharing(id, root, money), titles, amounts, lines);
        if (sum == 0) revert Refused(Reason.ZeroQuantity);
        if (money.distributed() + sum > money.received()) revert Refused(Reason.AboveReceived);

        money = money.plusDistributed(sum);
        RowLog.emitList(lines, PaidOut.selector, id);
        _money[id] = money;
        _closeIfDone(id, root, money);
        _keepNotable(lines, notable);
    }

    /// @return what shares in what, base 48 · received 48: once a holder gives up, what else comes belongs to the others
    ///         alone.
    function _sharing(uint64 id, RootWord root, MoneyWord money) private view returns (uint256) {
        (uint256 base, uint256 received) = (uint256(root.quantity()) - money.removed(), money.received());
        if (money.writtenOff() != 0) {
            uint256 gone = _givenUp[id];
            (base, received) = (base - (gone >> 48), received - uint48(gone));
        }
        return (base << 48) | received;
    }

    /// @dev Titles rise, so none comes twice.
    function _payLines(
        uint64 id,
        uint256 sharing,
        uint256[] calldata titles,
        uint256[] calldata amounts,
        uint256[] memory lines
    ) private returns (uint256 sum, uint256 notable) {
        uint256 last;
        for (uint256 i; i < titles.length; ++i) {
            if (titles[i] <= last || titles[i] > type(uint64).max) revert Refused(Reason.UnknownTitle);
            last = titles[i];
            uint256 amount = amounts[i];
            TitleSlot storage title = _titles[uint64(last)];
            TitleWord word = title.word;
            if (word.root() != id) revert Refused(Reason.DifferentRoot);
            title.word = _discharged(word, amount, sharing);
            unchecked {
                // A lock or a freeze sends the money elsewhere than to the holder.
                uint256 line =
                    _line(last, amount, word.lock(), TitleWord.unwrap(word) & FLAG_FROZEN);
                lines[i] = line;
                notable |= line & NOTABLE;
                sum += amount;
            }
        }
    }

    /// @dev Decision 9: a title is never paid above its quantity, and each stays within one minor unit of its
    ///      cumulative share = quantity × received ÷ (root quantity − removed), both without titles that were given up
    ///      and what those had got.
    function _discharged(TitleWord word, uint256 amount, uint256 sharing) private pure returns (TitleWord) {
        if (word.has(FLAGS_DEAD)) revert Refused(Reason.TitleSpent);
        unchecked {
            uint256 quantity = word.quantity();
            uint256 paid = word.paid();
            if (amount > quantity - paid) revert Refused(Reason.ExcessAmount);
            paid += amount;
            uint256 base = sharing >> 48;
            // All factors fit 48 bits, so products cannot overflow; what lies below zero comes out above any bound.
            if (paid * base + base - quantity * uint48(sharing) > 2 * base) revert Refused(Reason.ShareWrong);
            uint256 flags = (TitleWord.unwrap(word) & FLAG_FROZEN) * FLAG_HELD;
            if (paid == quantity) flags |= FLAG_SETTLED;
            return TitleWord.wrap((TitleWord.unwrap(word) + (amount << 32)) | flags);
        }
    }

    /// @dev Leaves of the lines those whose money does not go to the holder.
    function _keepNotable(uint256[] memory lines, uint256 notable) private pure {
        uint256 kept;
        if (notable != 0) {
            for (uint256 i; i < lines.length; ++i) {
                if (lines[i] & NOTABLE != 0) lines[kept++] = lines[i];
            }
        }
        RowLog.shrink(lines, kept);
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
            TitleWord word = _titles[uint64(titles[i])].word;
            lines[i] = _line(titles[i], amounts[i], word.lock(), TitleWord.unwrap(word) & FLAG_FROZEN);
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
            TitleWord word = _titles[uint64(last)].word;
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
        _titles[title].word = word;
        emit SettledEarly(title, word, amount);
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
        if (!word.exists()) return (Reason.UnknownTitle, 0);
        if (word.has(FLAGS_DEAD)) return (Reason.TitleSpent, 0);
        if (word.lock() != 0) return (Reason.TitleLocked, 0);
        if (word.has(FLAG_FROZEN)) return (Reason.TitleFrozen, 0);
        if (word.sequence() != sequence) return (Reason.WrongSequence, 0);
        if (root.phase() != PHASE_LIVE) return (Reason.NotLive, 0);
        if (_today() <= root.dueDay()) return (Reason.NotYetDue, 0);

        amount = word.open();
        word = word.withFlags(FLAG_SPENT).withNextSequence();
        _titles[title].word = word;
        MoneyWord money = _money[id].plusWrittenOff(amount);
        _money[id] = money;
        _givenUp[id] += (uint256(word.quantity()) << 48) | word.paid();
        _closeIfDone(id, root, money);
        emit TitleWrittenOff(title, word, amount);
    }

    function _closeIfDone(uint64 id, RootWord root, MoneyWord money) private {
        if (money.gone() == root.quantity()) _roots[id] = root.withPhase(PHASE_CLOSED);
    }

    function _line(uint256 title, uint256 amount, uint256 lock, uint256 held) private pure returns (uint256) {
        return (title << 81) | (amount << 33) | (lock << 1) | held;
    }
}
