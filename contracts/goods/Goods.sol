// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TitleStore} from "../titles/TitleStore.sol";
import {Modules} from "../types/Modules.sol";
import {Endorsement} from "./Endorsement.sol";
import {Handover} from "./Handover.sol";
import {Pledging} from "./Pledging.sol";
import {Storing} from "./Storing.sol";

/// @notice The Ledger's second page: warehouse receipts and orders. Its rooms, in the order of a receipt's life: Storing,
///         Endorsement, Handover, Pledging, which stands on that of goods to come, Deliveries. It runs on the Ledger's records; asked at
///         its own address, it has none.
contract Goods is Storing, Endorsement, Handover, Pledging {
    constructor(Modules memory modules) TitleStore(modules) {}
}
