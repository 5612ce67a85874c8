// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Interest} from "../../types/Interest.sol";
import {LoanWord} from "../CreditWords.sol";

/// @title  Discount
library Discount {
    /// @notice Interest on what was drawn from `from` to the due day, in minor units, half-up.
    function amount(LoanWord loan, uint256 from) internal pure returns (uint256) {
        uint256 days_ = uint256(loan.drawn()) * Interest.weigh(loan.basis(), from, loan.dueDay());
        return Interest.payable_(days_, 0, loan.rate(), 0, loan.basis());
    }
}
