// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {Pages} from "../types/Pages.sol";
import {Agreements} from "./Agreements.sol";
import {Collateral} from "./Collateral.sol";
import {CreditStore} from "./CreditStore.sol";

/// @notice Credit's second page: what stands behind a facility. Its rooms: Agreements, Collateral. It runs on Credit's
///         records; asked at its own address, it has none. What becomes of goods that count for too little is answered by a
///         page of its own, Enforcement.
contract Margin is Agreements, Collateral {
    address private immutable _enforcement;

    constructor(Modules memory modules) CreditStore(modules) {
        _enforcement = modules.enforcement;
    }

    fallback() external {
        Pages.turnTo(_enforcement);
    }
}
