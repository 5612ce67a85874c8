// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Interest, exact until it is payable
/// @notice What accrues is principal × days (fen-days), an integer; a rate turns it into money only when a sum becomes
///         payable, with one rounding, half-up (decision 16). Rates are parts per million a year.
library Interest {
    uint256 private constant PER_MILLION = 1_000_000;
    uint256 private constant PER_TEN_THOUSAND = 10_000;

    /// @notice Basis codes of a loan: 0 is 360 days a year, 1 is 365.
    function daysAYear(uint8 basis) internal pure returns (uint256) {
        return basis == 0 ? 360 : 365;
    }

    /// @param principalDays fen-days from the value day on, overdue days among them.
    /// @param overdueDays   fen-days after the due day, which bear the penalty as well.
    /// @param penaltyBps    added to the rate on overdue days, in basis points of the rate (5,000 = half as much again).
    /// @return minor units, rounded half-up once.
    function payable_(uint256 principalDays, uint256 overdueDays, uint256 rate, uint256 penaltyBps, uint8 basis)
        internal
        pure
        returns (uint256)
    {
        uint256 numerator = principalDays * rate * PER_TEN_THOUSAND + overdueDays * rate * penaltyBps;
        uint256 denominator = PER_MILLION * PER_TEN_THOUSAND * daysAYear(basis);
        return (numerator + denominator / 2) / denominator;
    }
}
