// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Interest} from "../../types/Interest.sol";
import {LoanWord} from "../CreditWords.sol";
import {Schedules, Walk} from "./Schedules.sol";

/// @title  Equal instalments
library EqualInstalments {
    uint256 private constant ONE = 1 << 192;

    /// @notice What is due each time: the amount whose instalments, each discounted over the actual days since the pay-out,
    ///         make up what was drawn; half-up to the minor unit, at most 2^48 − 1.
    /// @dev    drawn ÷ Σ v_k, where v_k = v_(k−1) ÷ (1 + rate × days ÷ year) is kept in 192 binary places. Each division
    ///         rounds down, so every v_k is too small, by less than k of the last place: it inherits its predecessor's
    ///         error, not made larger, and adds less than one. The sum over at most 60 of them is too small by less than
    ///         2^11 of the last place, and it is no less than v_1, which is above 2^−12 (a rate below 17 over less than 125
    ///         years). So the quotient is too large by a part below 2^−169, which of at most 2^60 is below 2^−109: an
    ///         amount that is exactly half a unit is still rounded up, and another one is rounded wrongly only if it
    ///         lies that close below half a unit.
    function amount(Walk memory walk) internal pure returns (uint48) {
        LoanWord loan = walk.loan;
        uint256 year = 1_000_000 * Interest.yearOf(loan.basis());
        uint256 from = walk.day;
        uint256 factor = ONE;
        uint256 sum;
        for (uint256 k = 1; k <= walk.count; ++k) {
            uint256 to = Schedules.dueDay(walk, k);
            // 2^193 × 2^37 at most.
            factor = factor * year / (year + loan.rate() * Interest.weigh(loan.basis(), from, to));
            sum += factor;
            from = to;
        }
        uint256 each = ((uint256(loan.drawn()) << 193) + sum) / (2 * sum);
        return each < type(uint48).max ? uint48(each) : type(uint48).max;
    }

    /// @notice The principal of an instalment that is not the last: never less than nothing, never more than is owed.
    function part(uint256 each, uint256 interest, uint256 balance) internal pure returns (uint256) {
        if (each <= interest) return 0;
        return each - interest < balance ? each - interest : balance;
    }
}
