// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Interest} from "../types/Interest.sol";

/// lender 32 · borrower 32 · currency 16 · advanceBps 16 · limit 48 · used 48 · endDay 16 · flags 8 · releaseDays 8 ·
/// loans 16 · writtenOff 16. `used` is what is reserved for loans not yet paid out plus what is outstanding on loans that
/// are, and `loans` how many those are; `writtenOff` is how many left the books with their claim still open.
type FacilityWord is uint256;

/// face 48 · paid 8 · zeroDebtDay 16 (low bits): face value locked to the facility; the day since when nothing is owed
/// under it (0 while something is), and whether a payment brought that about.
type CollateralWord is uint256;

/// facility 32 · principal 48 · drawn 48 · rate 24 · dueDay 16 · startDay 16 · accruedDay 16 · penaltyBps 16 ·
/// minimumDays 8 · basis 8 · phase 8 · (16 unused). `startDay` is the day of the draw, and from the pay-out on its
/// value day.
type LoanWord is uint256;

/// principalDays 72 · overdueDays 72 · interestPaid 48 · (64 unused): fen-days, and what was paid on them so far.
type AccrualWord is uint256;

uint8 constant FACILITY_CLOSES_WITH_DEBT = 1;

uint8 constant LOAN_RESERVED = 1;
uint8 constant LOAN_OUTSTANDING = 2;
uint8 constant LOAN_SETTLED = 3;
uint8 constant LOAN_VOID = 4;
uint8 constant LOAN_WRITTEN_OFF = 5;

library FacilityWords {
    function exists(FacilityWord word) internal pure returns (bool) {
        return FacilityWord.unwrap(word) != 0;
    }

    function lender(FacilityWord word) internal pure returns (uint32) {
        return uint32(FacilityWord.unwrap(word) >> 224);
    }

    function borrower(FacilityWord word) internal pure returns (uint32) {
        return uint32(FacilityWord.unwrap(word) >> 192);
    }

    function currency(FacilityWord word) internal pure returns (uint16) {
        return uint16(FacilityWord.unwrap(word) >> 176);
    }

    /// lender 32 · borrower 32 · currency 16, in the low bits: what a title must fit to be locked.
    function terms(FacilityWord word) internal pure returns (uint256) {
        return FacilityWord.unwrap(word) >> 176;
    }

    function advanceBps(FacilityWord word) internal pure returns (uint16) {
        return uint16(FacilityWord.unwrap(word) >> 160);
    }

    function limit(FacilityWord word) internal pure returns (uint48) {
        return uint48(FacilityWord.unwrap(word) >> 112);
    }

    function used(FacilityWord word) internal pure returns (uint48) {
        return uint48(FacilityWord.unwrap(word) >> 64);
    }

    function endDay(FacilityWord word) internal pure returns (uint16) {
        return uint16(FacilityWord.unwrap(word) >> 48);
    }

    function closesWithDebt(FacilityWord word) internal pure returns (bool) {
        return uint8(FacilityWord.unwrap(word) >> 40) & FACILITY_CLOSES_WITH_DEBT != 0;
    }

    /// Days after the debt ended until the holder alone may unlock.
    function releaseDays(FacilityWord word) internal pure returns (uint8) {
        return uint8(FacilityWord.unwrap(word) >> 32);
    }

    /// Loans that are reserved or outstanding.
    function loans(FacilityWord word) internal pure returns (uint16) {
        return uint16(FacilityWord.unwrap(word) >> 16);
    }

    /// Nothing reserved, nothing outstanding, and nothing written off that could still be recovered.
    function isClear(FacilityWord word) internal pure returns (bool) {
        return used(word) == 0 && uint16(FacilityWord.unwrap(word)) == 0;
    }

    /// One more loan.
    function plusLoan(FacilityWord word, uint256 amount) internal pure returns (FacilityWord) {
        return FacilityWord.wrap(FacilityWord.unwrap(word) + (amount << 64) + (1 << 16));
    }

    /// One loan less, with what was still used by it.
    function minusLoan(FacilityWord word, uint256 amount) internal pure returns (FacilityWord) {
        return FacilityWord.wrap(FacilityWord.unwrap(word) - (amount << 64) - (1 << 16));
    }

    function minusUsed(FacilityWord word, uint256 amount) internal pure returns (FacilityWord) {
        return FacilityWord.wrap(FacilityWord.unwrap(word) - (amount << 64));
    }

    function plusWrittenOff(FacilityWord word) internal pure returns (FacilityWord) {
        return FacilityWord.wrap(FacilityWord.unwrap(word) + 1);
    }

    function minusWrittenOff(FacilityWord word) internal pure returns (FacilityWord) {
        return FacilityWord.wrap(FacilityWord.unwrap(word) - 1);
    }

    /// @notice The least face value that covers what is used: rounded up.
    function cover(FacilityWord word) internal pure returns (uint256) {
        uint256 bps = advanceBps(word);
        return (uint256(used(word)) * 10_000 + bps - 1) / bps;
    }

    /// @notice What may be owed against collateral of this face value: rounded down, and never above the limit.
    function allows(FacilityWord word, uint256 face) internal pure returns (uint256) {
        uint256 worth = face * advanceBps(word) / 10_000;
        return worth < limit(word) ? worth : limit(word);
    }
}

library CollateralWords {
    function make(uint256 face_, bool paid_, uint256 zeroDebtDay_) internal pure returns (CollateralWord) {
        return CollateralWord.wrap((face_ << 24) | (paid_ ? 1 << 16 : 0) | zeroDebtDay_);
    }

    function face(CollateralWord word) internal pure returns (uint48) {
        return uint48(CollateralWord.unwrap(word) >> 24);
    }

    function debtPaid(CollateralWord word) internal pure returns (bool) {
        return uint8(CollateralWord.unwrap(word) >> 16) != 0;
    }

    function zeroDebtDay(CollateralWord word) internal pure returns (uint16) {
        return uint16(CollateralWord.unwrap(word));
    }

    function minusFace(CollateralWord word, uint256 amount) internal pure returns (CollateralWord) {
        return CollateralWord.wrap(CollateralWord.unwrap(word) - (amount << 24));
    }
}

library LoanWords {
    uint256 private constant PRINCIPAL_SHIFT = 176;
    uint256 private constant START_SHIFT = 72;
    uint256 private constant ACCRUED_SHIFT = 56;
    uint256 private constant PHASE_SHIFT = 16;

    function exists(LoanWord word) internal pure returns (bool) {
        return LoanWord.unwrap(word) != 0;
    }

    function facility(LoanWord word) internal pure returns (uint32) {
        return uint32(LoanWord.unwrap(word) >> 224);
    }

    function principal(LoanWord word) internal pure returns (uint48) {
        return uint48(LoanWord.unwrap(word) >> PRINCIPAL_SHIFT);
    }

    function drawn(LoanWord word) internal pure returns (uint48) {
        return uint48(LoanWord.unwrap(word) >> 128);
    }

    function rate(LoanWord word) internal pure returns (uint24) {
        return uint24(LoanWord.unwrap(word) >> 104);
    }

    function dueDay(LoanWord word) internal pure returns (uint16) {
        return uint16(LoanWord.unwrap(word) >> 88);
    }

    function startDay(LoanWord word) internal pure returns (uint16) {
        return uint16(LoanWord.unwrap(word) >> START_SHIFT);
    }

    function accruedDay(LoanWord word) internal pure returns (uint16) {
        return uint16(LoanWord.unwrap(word) >> ACCRUED_SHIFT);
    }

    function penaltyBps(LoanWord word) internal pure returns (uint16) {
        return uint16(LoanWord.unwrap(word) >> 40);
    }

    function minimumDays(LoanWord word) internal pure returns (uint8) {
        return uint8(LoanWord.unwrap(word) >> 32);
    }

    function basis(LoanWord word) internal pure returns (uint8) {
        return uint8(LoanWord.unwrap(word) >> 24);
    }

    function phase(LoanWord word) internal pure returns (uint8) {
        return uint8(LoanWord.unwrap(word) >> PHASE_SHIFT);
    }

    function withPhase(LoanWord word, uint8 value) internal pure returns (LoanWord) {
        return LoanWord.wrap(_replace(LoanWord.unwrap(word), PHASE_SHIFT, type(uint8).max, value));
    }

    function withPrincipal(LoanWord word, uint48 value) internal pure returns (LoanWord) {
        return LoanWord.wrap(_replace(LoanWord.unwrap(word), PRINCIPAL_SHIFT, type(uint48).max, value));
    }

    function withStartDay(LoanWord word, uint16 value) internal pure returns (LoanWord) {
        return LoanWord.wrap(_replace(LoanWord.unwrap(word), START_SHIFT, type(uint16).max, value));
    }

    function withAccruedDay(LoanWord word, uint16 value) internal pure returns (LoanWord) {
        return LoanWord.wrap(_replace(LoanWord.unwrap(word), ACCRUED_SHIFT, type(uint16).max, value));
    }

    function _replace(uint256 word, uint256 shift, uint256 mask, uint256 value) private pure returns (uint256) {
        return (word & ~(mask << shift)) | (value << shift);
    }
}

library AccrualWords {
    function make(uint256 principalDays_, uint256 overdueDays_, uint256 interestPaid_)
        internal
        pure
        returns (AccrualWord)
    {
        return AccrualWord.wrap((principalDays_ << 184) | (overdueDays_ << 112) | (interestPaid_ << 64));
    }

    function principalDays(AccrualWord word) internal pure returns (uint72) {
        return uint72(AccrualWord.unwrap(word) >> 184);
    }

    function overdueDays(AccrualWord word) internal pure returns (uint72) {
        return uint72(AccrualWord.unwrap(word) >> 112);
    }

    function interestPaid(AccrualWord word) internal pure returns (uint48) {
        return uint48(AccrualWord.unwrap(word) >> 64);
    }

    function plusPaid(AccrualWord word, uint256 interest) internal pure returns (AccrualWord) {
        return AccrualWord.wrap(AccrualWord.unwrap(word) + (interest << 64));
    }

    /// @notice Brings the accrual up to `day`: first day counted, last not; days after the due day count twice, once
    ///         for the penalty.
    function accrueTo(AccrualWord word, LoanWord loan, uint16 day) internal pure returns (AccrualWord) {
        uint256 from = LoanWords.accruedDay(loan);
        if (day <= from) return word;
        uint256 principal = LoanWords.principal(loan);
        uint256 due = LoanWords.dueDay(loan);
        uint256 overdueFrom = from > due ? from : due;
        uint256 overdue = day > overdueFrom ? day - overdueFrom : 0;
        return make(
            principalDays(word) + principal * (day - from), overdueDays(word) + principal * overdue, interestPaid(word)
        );
    }

    /// @notice Interest payable and not yet paid, in minor units; never less than the loan's minimum days on what was
    ///         drawn.
    function interestDue(AccrualWord word, LoanWord loan) internal pure returns (uint256) {
        uint256 days_ = principalDays(word);
        uint256 least = uint256(LoanWords.drawn(loan)) * LoanWords.minimumDays(loan);
        uint256 total = Interest.payable_(
            days_ < least ? least : days_,
            overdueDays(word),
            LoanWords.rate(loan),
            LoanWords.penaltyBps(loan),
            LoanWords.basis(loan)
        );
        return total - interestPaid(word);
    }
}

using FacilityWords for FacilityWord global;
using CollateralWords for CollateralWord global;
using LoanWords for LoanWord global;
using AccrualWords for AccrualWord global;
