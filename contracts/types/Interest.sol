// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calendar} from "./Calendar.sol";

/// @title  Interest, exact until it is payable
/// @notice What accrues is principal × days (fen-days), an integer; a rate turns it into money only when a sum becomes
///         payable, with one rounding, half-up (decision 16). Rates are parts per million a year.
/// @dev    Basis codes of a loan: 0 is 360 days a year, 1 is 365, 2 is actual/actual: a day is the 366th part of a year in
///         a leap year, else the 365th. There a day weighs 365 in a leap year and 366 in another, and a year 365 × 366, so
///         that what accrues stays one integer.
library Interest {
    uint256 private constant PER_MILLION = 1_000_000;
    uint256 private constant PER_TEN_THOUSAND = 10_000;

    /// @notice What a year weighs.
    function yearOf(uint8 basis) internal pure returns (uint256) {
        return basis == 0 ? 360 : basis == 1 ? 365 : 365 * 366;
    }

    /// @notice What the days from `from` on and before `to` weigh.
    function weigh(uint8 basis, uint256 from, uint256 to) internal pure returns (uint256) {
        if (to <= from) return 0;
        uint256 days_ = to - from;
        if (basis < 2) return days_;
        return days_ * 366 - (Calendar.leapYearDaysBefore(to) - Calendar.leapYearDaysBefore(from));
    }

    /// @param principalDays fen-days, weighed, from the value day on, overdue days among them.
    /// @param overdueDays   fen-days after the due day, which bear the penalty as well.
    /// @param penaltyBps    added to the rate on overdue days, in basis points of the rate (5,000 = half as much again).
    /// @return minor units, rounded half-up once.
    function payable_(uint256 principalDays, uint256 overdueDays, uint256 rate, uint256 penaltyBps, uint8 basis)
        internal
        pure
        returns (uint256)
    {
        uint256 numerator = principalDays * rate * PER_TEN_THOUSAND + overdueDays * rate * penaltyBps;
        uint256 denominator = PER_MILLION * PER_TEN_THOUSAND * yearOf(basis);
        return (numerator + denominator / 2) / denominator;
    }
}
