// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {Calls} from "./Calls.sol";
import {Costs} from "./Costs.sol";
import {ProtectionStore} from "./ProtectionStore.sol";

/// @notice Who bears a loss that the debtor and its collateral do not? Its rooms: Promises, Calls, Costs.
contract Protection is Calls, Costs {
    constructor(Modules memory modules) ProtectionStore(modules) {}
}
