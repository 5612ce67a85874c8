// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {Agreements} from "./Agreements.sol";
import {CreditStore} from "./CreditStore.sol";

/// @notice Credit's second page: what is agreed before any money moves. It runs on Credit's records; asked at its own
///         address, it has none.
contract Margin is Agreements {
    constructor(Modules memory modules) CreditStore(modules) {}
}
