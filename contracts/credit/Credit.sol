// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {Pages} from "../types/Pages.sol";
import {CostsWord} from "./CostsWords.sol";
import {CreditStore} from "./CreditStore.sol";
import {AccrualWord, LoanWord, PositionWord} from "./CreditWords.sol";
import {Facilities} from "./Facilities.sol";
import {FacilityWord} from "./FacilityWords.sol";
import {Loans} from "./Loans.sol";

/// @notice Facility and loan. Its rooms, in the order of a loan's life: Facilities, Loans. What stands behind a facility
///         is asked of its second page, Margin, on the same records.
contract Credit is Facilities, Loans {
    address private immutable _margin;

    constructor(Modules memory modules) CreditStore(modules) {
        _margin = modules.margin;
    }

    fallback() external {
        Pages.turnTo(_margin);
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function facilityOf(uint32 facility) external view returns (FacilityWord) {
        return _facilities[facility];
    }

    function facilityOfLoan(uint64 loan) external view returns (FacilityWord) {
        return _facilities[_loans[loan].facility()];
    }

    function positionOf(uint32 facility) external view returns (PositionWord) {
        return _positions[facility];
    }

    function loanOf(uint64 loan) external view returns (LoanWord, AccrualWord) {
        return (_loans[loan], _accruals[loan]);
    }

    function saleOf(uint64 title) external view returns (uint64 loan) {
        return _sales[title];
    }

    function boughtBy(uint64 loan) external view returns (uint64 title) {
        return _bought[loan];
    }

    function payeeOf(uint64 loan) external view returns (uint32 payee, uint136 special) {
        LoanWord word = _loans[loan];
        uint32 facility = word.facility();
        if (word.inStages()) special = _stageTerms[facility].account();
        else if (word.buys()) payee = _leases[_bought[loan]].seller();
        if (payee == 0) payee = _facilities[facility].borrower();
    }

    function entrustorOf(uint32 facility) external view returns (uint256) {
        return _entrustors[facility];
    }

    function costsOf(uint64 loan) external view returns (CostsWord) {
        return _costs[loan];
    }
}
