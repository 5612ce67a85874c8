// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LoanWord, TERMS_DISCOUNT, TERMS_STATEMENT} from "../CreditWords.sol";

/// @title  Days that bear no interest
library FreeDays {
    /// @notice No interest runs before this day: the value day, or later by a statement's free days, but never later than
    ///         the due day; the due day itself where the interest was kept from the pay-out.
    function until(LoanWord loan, uint256 valueDay) internal pure returns (uint256) {
        uint8 kind = loan.terms();
        if (kind == TERMS_DISCOUNT) return loan.dueDay();
        if (kind != TERMS_STATEMENT) return valueDay;
        uint256 end = valueDay + loan.count();
        return end < loan.dueDay() ? end : loan.dueDay();
    }
}
