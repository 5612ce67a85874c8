// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {CreditStore} from "./CreditStore.sol";
import {GoodsSales} from "./GoodsSales.sol";
import {Leases} from "./Leases.sol";
import {MarginCalls} from "./MarginCalls.sol";

/// @notice Credit's last page: pledged goods count for too little, a loan is not repaid, or goods are leased. Its rooms:
///         MarginCalls, GoodsSales, Leases. It runs on Credit's records; asked at its own address, it has none.
contract Enforcement is MarginCalls, GoodsSales, Leases {
    constructor(Modules memory modules) CreditStore(modules) {}
}
