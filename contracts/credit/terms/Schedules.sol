// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calendar} from "../../types/Calendar.sol";
import {Interest} from "../../types/Interest.sol";
import {LoanWord, TERMS_EQUAL_INSTALMENTS, TERMS_EQUAL_PRINCIPAL} from "../CreditWords.sol";
import {EqualInstalments} from "./EqualInstalments.sol";
import {EqualPrincipal} from "./EqualPrincipal.sol";
import {FreeDays} from "./FreeDays.sol";

/// A schedule on its way from one instalment to the next. Amounts are minor units.
struct Walk {
    // What was agreed
    LoanWord loan;
    uint256 count; // of due days
    uint256 lastMonth; // of the due day, and its day of the month: see Calendar.monthOf
    uint256 dayOfMonth;
    uint256 freeUntil; // no interest before this day
    uint256 least; // fen-days that are paid for at least
    uint256 instalment;
    // How far it is
    uint256 number; // of instalments so far
    uint256 day;
    uint256 principal; // due with the last of them
    uint256 interest;
    uint256 balance; // owed after it
    uint256 principalDays;
    uint256 charged; // interest so far
}

/// @title  Schedules, instalment by instalment
/// @notice The interest of an instalment is what the ledger's own accrual comes to if everything before was paid as
///         agreed: the difference of two sums that were each rounded once.
library Schedules {
    function begin(LoanWord loan, uint256 valueDay, uint256 instalment) internal pure returns (Walk memory walk) {
        walk.loan = loan;
        walk.count = loan.inInstalments() ? loan.count() : 1;
        (walk.lastMonth, walk.dayOfMonth) = Calendar.monthOf(loan.dueDay());
        walk.freeUntil = FreeDays.until(loan, valueDay);
        walk.least = leastDays(loan, valueDay);
        walk.instalment = instalment;
        walk.day = valueDay;
        walk.balance = loan.drawn();
    }

    /// @notice One instalment further. Callers stop after `count`.
    function next(Walk memory walk) internal pure {
        LoanWord loan = walk.loan;
        uint256 before = walk.day > walk.freeUntil ? walk.day : walk.freeUntil;
        unchecked {
            ++walk.number;
        }
        walk.day = dueDay(walk, walk.number);
        walk.principalDays += walk.balance * Interest.weigh(loan.basis(), before, walk.day);
        uint256 days_ = walk.principalDays < walk.least ? walk.least : walk.principalDays;
        uint256 charged = Interest.payable_(days_, 0, loan.rate(), 0, loan.basis());
        walk.interest = charged - walk.charged;
        walk.charged = charged;
        walk.principal = _principal(walk);
        walk.balance -= walk.principal;
    }

    /// @notice The due day of instalment `number`, counted from 1.
    function dueDay(Walk memory walk, uint256 number) internal pure returns (uint256) {
        return Calendar.inMonth(walk.lastMonth - (walk.count - number), walk.dayOfMonth);
    }

    /// @notice Fen-days of the minimum days on what was drawn.
    function leastDays(LoanWord loan, uint256 valueDay) internal pure returns (uint256) {
        return uint256(loan.drawn()) * Interest.weigh(loan.basis(), valueDay, valueDay + loan.minimumDays());
    }

    function _principal(Walk memory walk) private pure returns (uint256) {
        if (walk.number == walk.count) return walk.balance;
        uint8 kind = walk.loan.terms();
        if (kind == TERMS_EQUAL_PRINCIPAL) return EqualPrincipal.part(walk.loan.drawn(), walk.count);
        if (kind == TERMS_EQUAL_INSTALMENTS) {
            return EqualInstalments.part(walk.instalment, walk.interest, walk.balance);
        }
        return 0;
    }
}
