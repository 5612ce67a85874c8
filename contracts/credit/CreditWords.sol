// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Draw, Open} from "../types/Acts.sol";
import {Interest} from "../types/Interest.sol";

/// face 48 · limit 48 · used 48 · advanceBps 16 · endDay 16 · zeroDebtDay 16 · loans 16 · writtenOff 16 · releaseDays 8 ·
/// flags 8 · debtPaid 8 · (8 unused): how a facility stands, with the few of its terms that are asked for then.
/// `face` is what the titles locked to it still claim, and what goods pledged to it count for; `used` is what is reserved for loans not yet paid out plus what is
/// outstanding on loans that are, and `loans` how many those are; `writtenOff` is how many left the books with their
/// claim still open. `zeroDebtDay` is the day since when nothing is owed (0 while something is), and `debtPaid` whether
/// a payment brought that about.
type PositionWord is uint256;

/// facility 32 · principal 48 · drawn 48 · rate 24 · dueDay 16 · startDay 16 · accruedDay 16 · penaltyBps 16 ·
/// minimumDays 8 · terms 4 · basis 4 · phase 4 · flags 4 · graceDays 8 · count 8. `startDay` is the day of the draw, and
/// from the pay-out on its value day.
type LoanWord is uint256;

/// principalDays 72 · overdueDays 72 · interestPaid 48 · instalment 48 · (16 unused): fen-days, what was paid on them so
/// far, and what is due each time where all instalments are equal.
type AccrualWord is uint256;

uint8 constant FACILITY_CLOSES_WITH_DEBT = 1;
uint8 constant FACILITY_ENTRUSTED = 8; // an entrustor funds it and bears its loss
uint8 constant FACILITY_GOODS = 16; // goods may secure it: see MarginWords
uint8 constant FACILITY_STAGED = 32; // it is used stage by stage: see StageWords

// Funding forms (decision 8), in two bits of a facility's flags.
uint8 constant FORM_PLEDGE = 0; // titles secure loans
uint8 constant FORM_PURCHASE = 1; // titles are bought, and their seller owes nothing
uint8 constant FORM_RECOURSE = 2; // titles are bought, and their seller owes a loan
uint8 constant FORM_LEASE = 3; // goods are bought, and are the borrower's once it has repaid
uint8 constant FORM_SHIFT = 1; // in the flags

uint8 constant LOAN_BUYS = 2; // flag: the draw named a title
uint8 constant LOAN_STAGED = 4; // flag: drawn under stages, so paid out on the special account and counted as sales
uint8 constant FACILITY_RESERVE_SHORT = 64; // a reserve behind it is below its floor
uint8 constant FACILITY_SUBROGATED = 128; // a protector that paid has a claim on what is pledged

uint8 constant LOAN_RESERVED = 1;
uint8 constant LOAN_OUTSTANDING = 2;
uint8 constant LOAN_SETTLED = 3;
uint8 constant LOAN_VOID = 4;
uint8 constant LOAN_WRITTEN_OFF = 5;
uint8 constant LOAN_SOLD = 6; // paid out for a title without recourse: nothing is owed

// What a loan's terms are: see terms/ITerms.sol.
uint8 constant TERMS_BULLET = 0;
uint8 constant TERMS_EQUAL_INSTALMENTS = 1;
uint8 constant TERMS_EQUAL_PRINCIPAL = 2;
uint8 constant TERMS_DISCOUNT = 3;
uint8 constant TERMS_STATEMENT = 4;
uint8 constant TERMS_INTEREST_ONLY = 5;
uint8 constant LAST_TERMS = TERMS_INTEREST_ONLY;
uint8 constant LAST_BASIS = 2;

library PositionWords {
    uint256 private constant FACE_SHIFT = 208;
    uint256 private constant LIMIT_SHIFT = 160;
    uint256 private constant USED_SHIFT = 112;
    uint256 private constant CLOCK_SHIFT = 64;
    uint256 private constant LOANS_SHIFT = 48;
    uint256 private constant WRITTEN_OFF_SHIFT = 32;
    uint256 private constant DEBT_PAID = 1 << 8;
    uint256 private constant OWED = (uint256(type(uint48).max) << USED_SHIFT)
        | (uint256(type(uint16).max) << WRITTEN_OFF_SHIFT);
    uint256 private constant GOODS = uint256(FACILITY_GOODS) << 16;
    uint256 private constant STAGED = uint256(FACILITY_STAGED) << 16;
    uint256 private constant SHORT = uint256(FACILITY_RESERVE_SHORT) << 16;
    uint256 private constant SUBROGATED = uint256(FACILITY_SUBROGATED) << 16;
    uint256 private constant CLAIMS = OWED | SUBROGATED;
    uint256 private constant CLOCK = (uint256(type(uint16).max) << CLOCK_SHIFT) | DEBT_PAID;

    function opened(Open calldata act, uint8 releaseDays_) internal pure returns (PositionWord) {
        uint256 flags = (act.closesWithDebt ? FACILITY_CLOSES_WITH_DEBT : 0) | (uint256(act.form) << FORM_SHIFT)
            | (act.entrustor != 0 ? FACILITY_ENTRUSTED : 0);
        return PositionWord.wrap(
            (uint256(act.limit) << LIMIT_SHIFT) | (uint256(act.advanceBps) << 96) | (uint256(act.endDay) << 80)
                | (uint256(releaseDays_) << 24) | (flags << 16)
        );
    }

    /// No facility is without a limit.
    function exists(PositionWord word) internal pure returns (bool) {
        return PositionWord.unwrap(word) != 0;
    }

    function limit(PositionWord word) internal pure returns (uint48) {
        return uint48(PositionWord.unwrap(word) >> LIMIT_SHIFT);
    }

    function face(PositionWord word) internal pure returns (uint48) {
        return uint48(PositionWord.unwrap(word) >> FACE_SHIFT);
    }

    /// How much more face value its field can take.
    function faceRoom(PositionWord word) internal pure returns (uint48) {
        return type(uint48).max - face(word);
    }

    function used(PositionWord word) internal pure returns (uint48) {
        return uint48(PositionWord.unwrap(word) >> USED_SHIFT);
    }

    function advanceBps(PositionWord word) internal pure returns (uint16) {
        return uint16(PositionWord.unwrap(word) >> 96);
    }

    function endDay(PositionWord word) internal pure returns (uint16) {
        return uint16(PositionWord.unwrap(word) >> 80);
    }

    function zeroDebtDay(PositionWord word) internal pure returns (uint16) {
        return uint16(PositionWord.unwrap(word) >> CLOCK_SHIFT);
    }

    /// Loans that are reserved or outstanding.
    function loans(PositionWord word) internal pure returns (uint16) {
        return uint16(PositionWord.unwrap(word) >> LOANS_SHIFT);
    }

    /// Days after the debt ended until the holder alone may unlock.
    function releaseDays(PositionWord word) internal pure returns (uint8) {
        return uint8(PositionWord.unwrap(word) >> 24);
    }

    function closesWithDebt(PositionWord word) internal pure returns (bool) {
        return uint8(PositionWord.unwrap(word) >> 16) & FACILITY_CLOSES_WITH_DEBT != 0;
    }

    /// One of FORM_PLEDGE, FORM_PURCHASE, FORM_RECOURSE, FORM_LEASE.
    function form(PositionWord word) internal pure returns (uint8) {
        return uint8(PositionWord.unwrap(word) >> (16 + FORM_SHIFT)) & 3;
    }

    function debtPaid(PositionWord word) internal pure returns (bool) {
        return PositionWord.unwrap(word) & DEBT_PAID != 0;
    }

    function takesGoods(PositionWord word) internal pure returns (bool) {
        return PositionWord.unwrap(word) & GOODS != 0;
    }

    function inStages(PositionWord word) internal pure returns (bool) {
        return PositionWord.unwrap(word) & STAGED != 0;
    }

    /// @param flag FACILITY_GOODS or FACILITY_STAGED, which once set stay.
    function withFlag(PositionWord word, uint256 flag) internal pure returns (PositionWord) {
        return PositionWord.wrap(PositionWord.unwrap(word) | (flag << 16));
    }

    /// A reserve behind the facility is below its floor.
    function reserveShort(PositionWord word) internal pure returns (bool) {
        return PositionWord.unwrap(word) & SHORT != 0;
    }

    /// A protector that paid has a claim that is not met.
    function subrogated(PositionWord word) internal pure returns (bool) {
        return PositionWord.unwrap(word) & SUBROGATED != 0;
    }

    function withGuard(PositionWord word, bool short, bool open) internal pure returns (PositionWord) {
        uint256 bits = PositionWord.unwrap(word) & ~(SHORT | SUBROGATED);
        return PositionWord.wrap(bits | (short ? SHORT : 0) | (open ? SUBROGATED : 0));
    }

    /// Nothing reserved, nothing outstanding, and nothing written off that could still be recovered: the lender is whole.
    function owesNothing(PositionWord word) internal pure returns (bool) {
        return PositionWord.unwrap(word) & OWED == 0;
    }

    /// The lender is whole, and so is everyone who paid it in the debtor's place.
    function isClear(PositionWord word) internal pure returns (bool) {
        return PositionWord.unwrap(word) & CLAIMS == 0;
    }

    /// Callers have checked what is added or taken, so no field carries into the next.
    function plusFace(PositionWord word, uint256 amount) internal pure returns (PositionWord) {
        return PositionWord.wrap(PositionWord.unwrap(word) + (amount << FACE_SHIFT));
    }

    function minusFace(PositionWord word, uint256 amount) internal pure returns (PositionWord) {
        return PositionWord.wrap(PositionWord.unwrap(word) - (amount << FACE_SHIFT));
    }

    /// One more loan.
    function plusLoan(PositionWord word, uint256 amount) internal pure returns (PositionWord) {
        return PositionWord.wrap(PositionWord.unwrap(word) + (amount << USED_SHIFT) + (1 << LOANS_SHIFT));
    }

    /// One loan less, with what was still used by it.
    function minusLoan(PositionWord word, uint256 amount) internal pure returns (PositionWord) {
        return PositionWord.wrap(PositionWord.unwrap(word) - (amount << USED_SHIFT) - (1 << LOANS_SHIFT));
    }

    /// Callers have checked that it fits.
    function plusUsed(PositionWord word, uint256 amount) internal pure returns (PositionWord) {
        return PositionWord.wrap(PositionWord.unwrap(word) + (amount << USED_SHIFT));
    }

    function minusUsed(PositionWord word, uint256 amount) internal pure returns (PositionWord) {
        return PositionWord.wrap(PositionWord.unwrap(word) - (amount << USED_SHIFT));
    }

    function plusWrittenOff(PositionWord word) internal pure returns (PositionWord) {
        return PositionWord.wrap(PositionWord.unwrap(word) + (1 << WRITTEN_OFF_SHIFT));
    }

    function minusWrittenOff(PositionWord word) internal pure returns (PositionWord) {
        return PositionWord.wrap(PositionWord.unwrap(word) - (1 << WRITTEN_OFF_SHIFT));
    }

    /// @param day  since when nothing is owed, or 0.
    /// @param paid whether a payment brought that about.
    function withClock(PositionWord word, uint256 day, bool paid) internal pure returns (PositionWord) {
        return PositionWord.wrap((PositionWord.unwrap(word) & ~CLOCK) | (day << CLOCK_SHIFT) | (paid ? DEBT_PAID : 0));
    }

    /// @notice The least face value that covers what is used: rounded up.
    function cover(PositionWord word) internal pure returns (uint256) {
        uint256 bps = advanceBps(word);
        return (uint256(used(word)) * 10_000 + bps - 1) / bps;
    }

    /// @notice What may be owed against the collateral: rounded down, and never above the limit.
    function allows(PositionWord word) internal pure returns (uint256) {
        uint256 worth = uint256(face(word)) * advanceBps(word) / 10_000;
        return worth < limit(word) ? worth : limit(word);
    }
}

library LoanWords {
    uint256 private constant PRINCIPAL_SHIFT = 176;
    uint256 private constant START_SHIFT = 72;
    uint256 private constant ACCRUED_SHIFT = 56;
    uint256 private constant PHASE_SHIFT = 20;
    uint256 private constant BUYS = uint256(LOAN_BUYS) << 16;
    uint256 private constant COSTS = 1 << 16;
    uint256 private constant STAGED = uint256(LOAN_STAGED) << 16;

    /// Callers have checked that terms and basis fit their fields.
    function reserved(Draw memory act, uint256 today) internal pure returns (LoanWord) {
        uint256 money = (uint256(act.amount) << PRINCIPAL_SHIFT) | (uint256(act.amount) << 128);
        uint256 days_ = (uint256(act.dueDay) << 88) | (today << START_SHIFT);
        uint256 terms = (uint256(act.rate) << 104) | (uint256(act.penaltyBps) << 40)
            | (uint256(act.minimumDays) << 32) | (uint256(act.terms) << 28) | (uint256(act.basis) << 24)
            | (uint256(act.graceDays) << 8) | act.count;
        return LoanWord.wrap(
            (uint256(act.facility) << 224) | money | days_ | terms | (uint256(LOAN_RESERVED) << PHASE_SHIFT)
                | (act.title == 0 ? 0 : BUYS)
        );
    }

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

    function terms(LoanWord word) internal pure returns (uint8) {
        return uint8(LoanWord.unwrap(word) >> 28) & 0xf;
    }

    function basis(LoanWord word) internal pure returns (uint8) {
        return uint8(LoanWord.unwrap(word) >> 24) & 0xf;
    }

    function phase(LoanWord word) internal pure returns (uint8) {
        return uint8(LoanWord.unwrap(word) >> PHASE_SHIFT) & 0xf;
    }

    /// A bullet loan by a year of fixed length: its interest is worked out here, without asking Terms.
    function isPlain(LoanWord word) internal pure returns (bool) {
        return uint8(LoanWord.unwrap(word) >> 24) < 2;
    }

    /// More than one due day.
    function inInstalments(LoanWord word) internal pure returns (bool) {
        uint8 kind = terms(word);
        return kind == TERMS_EQUAL_INSTALMENTS || kind == TERMS_EQUAL_PRINCIPAL || kind == TERMS_INTEREST_ONLY;
    }

    /// Days after a due day that bear no penalty yet.
    function graceDays(LoanWord word) internal pure returns (uint8) {
        return uint8(LoanWord.unwrap(word) >> 8);
    }

    /// Number of instalments, or of days free of interest, as the terms have it.
    function count(LoanWord word) internal pure returns (uint8) {
        return uint8(LoanWord.unwrap(word));
    }

    /// Whether the draw named a title that the pay-out buys.
    function buys(LoanWord word) internal pure returns (bool) {
        return LoanWord.unwrap(word) & BUYS != 0;
    }

    /// Costs stand in a slot of their own.
    function hasCosts(LoanWord word) internal pure returns (bool) {
        return LoanWord.unwrap(word) & COSTS != 0;
    }

    function withCosts(LoanWord word) internal pure returns (LoanWord) {
        return LoanWord.wrap(LoanWord.unwrap(word) | COSTS);
    }

    function inStages(LoanWord word) internal pure returns (bool) {
        return LoanWord.unwrap(word) & STAGED != 0;
    }

    function withStages(LoanWord word) internal pure returns (LoanWord) {
        return LoanWord.wrap(LoanWord.unwrap(word) | STAGED);
    }

    function withPhase(LoanWord word, uint8 value) internal pure returns (LoanWord) {
        return LoanWord.wrap(_replace(LoanWord.unwrap(word), PHASE_SHIFT, 0xf, value));
    }

    function withPrincipal(LoanWord word, uint48 value) internal pure returns (LoanWord) {
        return LoanWord.wrap(_replace(LoanWord.unwrap(word), PRINCIPAL_SHIFT, type(uint48).max, value));
    }

    function withDrawn(LoanWord word, uint48 value) internal pure returns (LoanWord) {
        return LoanWord.wrap(_replace(LoanWord.unwrap(word), 128, type(uint48).max, value));
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
    uint256 private constant PAID_AND_INSTALMENT = type(uint112).max;

    /// @notice The accrual of a loan paid out today, of which so much is due each time.
    function begin(uint48 instalment_) internal pure returns (AccrualWord) {
        return AccrualWord.wrap(uint256(instalment_) << 16);
    }

    /// @dev    The days fit: a loan is never paid out before 2024, so a day number of 16 bits is at most 45,839 days
    ///         away, and 2^48 × 45,839 × 366 (what a day weighs at most) is less than 2^72.
    function withDays(AccrualWord word, uint256 principalDays_, uint256 overdueDays_)
        internal
        pure
        returns (AccrualWord)
    {
        uint256 rest = AccrualWord.unwrap(word) & PAID_AND_INSTALMENT;
        return AccrualWord.wrap((principalDays_ << 184) | (overdueDays_ << 112) | rest);
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

    /// What is due each time, interest included, where all instalments are equal.
    function instalment(AccrualWord word) internal pure returns (uint48) {
        return uint48(AccrualWord.unwrap(word) >> 16);
    }

    function plusPaid(AccrualWord word, uint256 interest) internal pure returns (AccrualWord) {
        return AccrualWord.wrap(AccrualWord.unwrap(word) + (interest << 64));
    }

    function minusPaid(AccrualWord word, uint256 interest) internal pure returns (AccrualWord) {
        return AccrualWord.wrap(AccrualWord.unwrap(word) - (interest << 64));
    }

    /// @notice Brings the accrual of a plain loan up to `day`: first day counted, last not; days after the due day and its
    ///         days of grace count twice, once for the penalty.
    function accrueTo(AccrualWord word, LoanWord loan, uint16 day) internal pure returns (AccrualWord) {
        uint256 from = LoanWords.accruedDay(loan);
        if (day <= from) return word;
        uint256 principal = LoanWords.principal(loan);
        uint256 due = uint256(LoanWords.dueDay(loan)) + LoanWords.graceDays(loan);
        uint256 overdueFrom = from > due ? from : due;
        uint256 overdue = day > overdueFrom ? day - overdueFrom : 0;
        return withDays(word, principalDays(word) + principal * (day - from), overdueDays(word) + principal * overdue);
    }

    /// @notice Interest payable and not yet paid, in minor units.
    /// @param  least fen-days of the loan's minimum days on what was drawn, which are paid for at least.
    function interestDue(AccrualWord word, LoanWord loan, uint256 least) internal pure returns (uint256) {
        uint256 days_ = principalDays(word);
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

using PositionWords for PositionWord global;
using LoanWords for LoanWord global;
using AccrualWords for AccrualWord global;
