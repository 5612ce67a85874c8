// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {Distributions} from "./Distributions.sol";
import {Facts} from "./Facts.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @notice Has money moved? Its rooms: Facts, Distributions.
contract Settlement is Facts, Distributions {
    constructor(Modules memory modules) SettlementStore(modules) {}
}
