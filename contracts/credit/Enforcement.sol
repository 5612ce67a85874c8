// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {Pages} from "../types/Pages.sol";
import {CreditStore} from "./CreditStore.sol";
import {GoodsSales} from "./GoodsSales.sol";
import {Leases} from "./Leases.sol";
import {MarginCalls} from "./MarginCalls.sol";

/// @notice Credit's third page: pledged goods count for too little, a loan is not repaid, or goods are leased. Its rooms:
///         MarginCalls, GoodsSales, Leases. It runs on Credit's records; asked at its own address, it has none. How a facility
///         is used stage by stage is answered by the last page, Stages.
contract Enforcement is MarginCalls, GoodsSales, Leases {
    address private immutable _stages;

    constructor(Modules memory modules) CreditStore(modules) {
        _stages = modules.stages;
    }

    fallback() external {
        Pages.turnTo(_stages);
    }
}
