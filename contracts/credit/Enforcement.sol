// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {CreditStore} from "./CreditStore.sol";
import {GoodsSales} from "./GoodsSales.sol";
import {MarginCalls} from "./MarginCalls.sol";

/// @notice Credit's last page: pledged goods count for too little, or a loan is not repaid. Its rooms: MarginCalls,
///         GoodsSales. It runs on Credit's records; asked at its own address, it has none.
contract Enforcement is MarginCalls, GoodsSales {
    constructor(Modules memory modules) CreditStore(modules) {}
}
