// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Interest} from "../../types/Interest.sol";
import {
    AccrualWord,
    LOAN_OUTSTANDING,
    LOAN_WRITTEN_OFF,
    LoanWord,
    TERMS_BULLET,
    TERMS_DISCOUNT,
    TERMS_EQUAL_INSTALMENTS,
    TERMS_STATEMENT
} from "../CreditWords.sol";
import {Discount} from "./Discount.sol";
import {EqualInstalments} from "./EqualInstalments.sol";
import {FreeDays} from "./FreeDays.sol";
import {ITerms, Instalment} from "./ITerms.sol";
import {Schedules, Walk} from "./Schedules.sol";

/// @notice What a loan's terms say, worked out anew for every question. One library for each kind of terms.
contract Terms is ITerms {
    using Schedules for Walk;

    uint256 private constant MOST_INSTALMENTS = 60;

    // ── For Credit ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITerms
    function agrees(LoanWord loan) external pure returns (bool) {
        uint8 kind = loan.terms();
        uint256 count = loan.count();
        uint256 today = loan.startDay();
        if (loan.inInstalments()) {
            return count != 0 && count <= MOST_INSTALMENTS && Schedules.begin(loan, today, 0).dueDay(1) > today;
        }
        // Interest that is waived, or paid before, has no least.
        if (kind != TERMS_BULLET && loan.minimumDays() != 0) return false;
        if (kind == TERMS_STATEMENT) return count != 0;
        if (count != 0) return false;
        return kind != TERMS_DISCOUNT || Discount.amount(loan, today) < loan.drawn();
    }

    /// @inheritdoc ITerms
    function start(LoanWord loan, uint16 valueDay)
        external
        pure
        returns (bool inTime, uint48 payOut, uint48 owed, uint48 instalment)
    {
        if (!_inTime(loan, valueDay)) return (false, 0, 0, 0);
        (inTime, payOut, owed, instalment) = (true, payOutOf(loan), loan.drawn(), _instalment(loan, valueDay));
        if (loan.terms() == TERMS_DISCOUNT) owed = uint48(payOut + Discount.amount(loan, valueDay));
    }

    /// @inheritdoc ITerms
    function accrue(LoanWord loan, AccrualWord accrual, uint16 day)
        external
        pure
        returns (AccrualWord, uint256 interest)
    {
        uint256 from = loan.accruedDay();
        if (day > from) {
            accrual = accrual.withDays(
                accrual.principalDays() + _principalDays(loan, from, day),
                accrual.overdueDays() + _overdueDays(loan, accrual.instalment(), from, day)
            );
        }
        return (accrual, accrual.interestDue(loan, Schedules.leastDays(loan, loan.startDay())));
    }

    /// @inheritdoc ITerms
    function accrueAgain(LoanWord loan, AccrualWord accrual, uint48 principal, uint16 valueDay)
        external
        pure
        returns (AccrualWord)
    {
        uint256 to = loan.accruedDay();
        if (to <= valueDay) return accrual;
        LoanWord whole = loan.withPrincipal(loan.principal() + principal);
        uint256 overdue = _overdueDays(whole, accrual.instalment(), valueDay, to);
        overdue -= _overdueDays(loan, accrual.instalment(), valueDay, to);
        return accrual.withDays(
            accrual.principalDays() + _principalDays(loan.withPrincipal(principal), valueDay, to),
            accrual.overdueDays() + overdue
        );
    }

    /// @inheritdoc ITerms
    function overdueSince(LoanWord loan, AccrualWord accrual, uint16 day) public pure returns (uint256) {
        if (loan.phase() != LOAN_OUTSTANDING && loan.phase() != LOAN_WRITTEN_OFF) return 0;
        Walk memory walk = Schedules.begin(loan, loan.startDay(), accrual.instalment());
        uint256 left = loan.principal();
        while (walk.number < walk.count) {
            walk.next();
            if (walk.day >= day) return 0;
            if (left > walk.balance || _interestUpTo(walk, accrual) > accrual.interestPaid()) return walk.day;
        }
        return 0;
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITerms
    function classOn(LoanWord loan, AccrualWord accrual, uint16 day) external pure returns (uint256) {
        if (loan.phase() == LOAN_WRITTEN_OFF) return 4;
        uint256 since = overdueSince(loan, accrual, day);
        if (since == 0) return 0;
        uint256 days_ = day - since;
        return days_ < 91 ? 1 : days_ < 271 ? 2 : days_ < 361 ? 3 : 4;
    }

    /// @inheritdoc ITerms
    function schedule(LoanWord loan, uint16 valueDay) external pure returns (Instalment[] memory rows) {
        if (!_inTime(loan, valueDay)) return rows;
        Walk memory walk = Schedules.begin(loan, valueDay, _instalment(loan, valueDay));
        rows = new Instalment[](walk.count);
        for (uint256 k; k < rows.length; ++k) {
            walk.next();
            rows[k] = Instalment(walk.day, walk.principal, walk.interest, walk.balance);
        }
    }

    /// @inheritdoc ITerms
    function scheduledPrincipal(LoanWord loan, AccrualWord accrual, uint16 day) external pure returns (uint256 sum) {
        Walk memory walk = Schedules.begin(loan, loan.startDay(), accrual.instalment());
        while (walk.number < walk.count) {
            walk.next();
            if (walk.day > day) return sum;
            sum += walk.principal;
        }
    }

    /// @inheritdoc ITerms
    function instalmentOf(LoanWord loan, uint16 valueDay) external pure returns (uint48) {
        return _inTime(loan, valueDay) ? _instalment(loan, valueDay) : 0;
    }

    /// @inheritdoc ITerms
    function payOutOf(LoanWord loan) public pure returns (uint48) {
        if (loan.terms() != TERMS_DISCOUNT) return loan.drawn();
        // Less than what was drawn: `agrees` saw to it.
        return uint48(loan.drawn() - Discount.amount(loan, loan.startDay()));
    }

    /// @inheritdoc ITerms
    function discountOf(LoanWord loan, uint16 from) external pure returns (uint256) {
        return Discount.amount(loan, from);
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _inTime(LoanWord loan, uint16 valueDay) private pure returns (bool) {
        return Schedules.begin(loan, valueDay, 0).dueDay(1) > valueDay;
    }

    function _instalment(LoanWord loan, uint16 valueDay) private pure returns (uint48) {
        if (loan.terms() != TERMS_EQUAL_INSTALMENTS) return 0;
        return EqualInstalments.amount(Schedules.begin(loan, valueDay, 0));
    }

    /// @dev Of what is owed now, from `from` on and before `to`.
    function _principalDays(LoanWord loan, uint256 from, uint256 to) private pure returns (uint256) {
        uint256 free = FreeDays.until(loan, loan.startDay());
        return loan.principal() * Interest.weigh(loan.basis(), from > free ? from : free, to);
    }

    /// @dev What is overdue changes when the days of grace of an instalment end, and with repayments, between which this
    ///      is asked.
    function _overdueDays(LoanWord loan, uint256 instalment, uint256 from, uint256 to) private pure returns (uint256 sum) {
        Walk memory walk = Schedules.begin(loan, loan.startDay(), instalment);
        uint256 left = loan.principal();
        uint256 late;
        while (walk.number < walk.count) {
            walk.next();
            uint256 edge = walk.day + loan.graceDays();
            if (edge >= to) break;
            if (edge > from) {
                sum += late * Interest.weigh(loan.basis(), from, edge);
                from = edge;
            }
            late = left > walk.balance ? left - walk.balance : 0;
        }
        sum += late * Interest.weigh(loan.basis(), from, to);
    }

    /// @dev Interest accrued up to the walk's day, penalty left out. Principal changes only when all interest is paid, so
    ///      back to the day on which it last was, it was what it is now; before that this is more than what accrued, but
    ///      no more than what was paid.
    function _interestUpTo(Walk memory walk, AccrualWord accrual) private pure returns (uint256) {
        LoanWord loan = walk.loan;
        uint256 accrued = loan.accruedDay();
        uint256 days_ = accrual.principalDays();
        if (walk.day > accrued) days_ += _principalDays(loan, accrued, walk.day);
        else days_ -= _principalDays(loan, walk.day, accrued);
        if (days_ < walk.least) days_ = walk.least;
        return Interest.payable_(days_, 0, loan.rate(), 0, loan.basis());
    }
}
