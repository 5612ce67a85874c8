// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {CreditStore} from "./CreditStore.sol";
import {Facilities} from "./Facilities.sol";
import {Loans} from "./Loans.sol";

/// @notice Facility and loan. Its rooms, in the order of a loan's life: Facilities, Loans.
contract Credit is Facilities, Loans {
    constructor(Modules memory modules) CreditStore(modules) {}
}
