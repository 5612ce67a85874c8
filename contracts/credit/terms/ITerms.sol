// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccrualWord, LoanWord} from "../CreditWords.sol";

/// One instalment: on `day` so much principal and interest is due, in minor units, and `balance` is still owed after it.
struct Instalment {
    uint256 day;
    uint256 principal;
    uint256 interest;
    uint256 balance;
}

/// @title  What a loan's terms say: when which part of it is due
/// @notice Terms keeps nothing and calls nobody: every answer follows from a loan's own word, which never changes in its
///         terms once the loan is drawn, so no terms can be put under a loan that stands. Credit asks it for all loans but
///         plain ones (a bullet by a year of 360 or 365 days).
///
///         | terms | `count` | what is due |
///         |---|---|---|
///         | 0 bullet | 0 | principal and interest on the due day; repaid at will, interest daily on what is left |
///         | 1 equal instalments | 1 … 60 | each time the same amount, interest included |
///         | 2 equal principal | 1 … 60 | each time the same part of the principal, and the interest since the last time |
///         | 3 discount | 0 | what was drawn, on the due day; interest up to then was kept from the pay-out |
///         | 4 statement | 1 … 255 days | as 0, but nothing accrues for so many days, nor past the due day for their sake |
///         | 5 interest only | 1 … 60 | the interest since the last time; on the due day the principal too |
///
///         Instalments fall on the due day's day of the month, counted back from it month by month and clipped to the end
///         of shorter months; the first lies after the value day. The last clears whatever rounding left.
interface ITerms {
    /// @notice Whether a reserved loan's terms can be kept if it is drawn on its `startDay`.
    function agrees(LoanWord loan) external pure returns (bool);

    /// @notice What the pay-out of a reserved loan with value on `valueDay` must be, and what is owed from then on.
    /// @dev    A loan at discount is paid out less the interest from the day of its draw, so that the amount is certain once
    ///         it is drawn. What is owed after a later pay-out is that amount and the interest from the value day, so that
    ///         no interest runs before it.
    /// @return inTime     whether the first instalment lies after the value day; if not, the rest is 0.
    /// @return payOut     minor units the borrower's bank must attest.
    /// @return owed       principal from then on.
    /// @return instalment what is due each time on equal instalments, else 0.
    function start(LoanWord loan, uint16 valueDay)
        external
        pure
        returns (bool inTime, uint48 payOut, uint48 owed, uint48 instalment);

    /// @notice The accrual brought up to `day`: first day counted, last not. Principal that is overdue, its days of grace
    ///         gone, counts twice, once for the penalty.
    /// @return interest payable and not yet paid, in minor units; never less than the minimum days on what was drawn.
    function accrue(LoanWord loan, AccrualWord accrual, uint16 day)
        external
        pure
        returns (AccrualWord, uint256 interest);

    /// @notice The accrual once `principal`, repaid with value on `valueDay`, is owed again: as if it had never been repaid,
    ///         up to where the accrual stands.
    /// @dev    What of it was overdue meanwhile is told from the principal as it is now. Where more was repaid since, that is
    ///         at most what it would have been: the penalty never errs against the borrower.
    function accrueAgain(LoanWord loan, AccrualWord accrual, uint48 principal, uint16 valueDay)
        external
        pure
        returns (AccrualWord);

    /// @notice The contractual due day of the oldest instalment before `day` of which principal, or interest accrued up to
    ///         it, is unpaid; 0 for none, and for a loan on which nothing is outstanding. Grace moves no due day.
    function overdueSince(LoanWord loan, AccrualWord accrual, uint16 day) external pure returns (uint256);

    /// @notice CLASS: 0 normal, 1 special mention from day 1 of being overdue, 2 substandard from 91, 3 doubtful from 271,
    ///         4 loss from 361 and once it is written off.
    function classOn(LoanWord loan, AccrualWord accrual, uint16 day) external pure returns (uint256);

    /// @notice The whole schedule of a loan paid out on `valueDay` and paid as agreed; empty if that day is too late.
    function schedule(LoanWord loan, uint16 valueDay) external pure returns (Instalment[] memory);

    /// @notice Principal that the schedule of a loan that is paid out wants repaid by the end of `day`, in minor units.
    function scheduledPrincipal(LoanWord loan, AccrualWord accrual, uint16 day) external pure returns (uint256);

    /// @notice What is due each time on equal instalments, paid out on `valueDay`; 0 for other terms.
    function instalmentOf(LoanWord loan, uint16 valueDay) external pure returns (uint48);

    /// @notice What the pay-out of a reserved loan must be, in minor units.
    function payOutOf(LoanWord loan) external pure returns (uint48);

    /// @notice Interest on what was drawn from `from` to the due day, in minor units, half-up.
    function discountOf(LoanWord loan, uint16 from) external pure returns (uint256);
}
