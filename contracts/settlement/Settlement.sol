// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {Distributions} from "./Distributions.sol";
import {Facts} from "./Facts.sol";
import {Reversals} from "./Reversals.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @notice Has money moved? Its rooms: Facts, Distributions, Reversals.
contract Settlement is Facts, Distributions, Reversals {
    constructor(Modules memory modules) SettlementStore(modules) {}
}
