// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {Circulation} from "./Circulation.sol";
import {Discharge} from "./Discharge.sol";
import {Encumbrance} from "./Encumbrance.sol";
import {Opening} from "./Opening.sol";
import {TitleStore} from "./TitleStore.sol";

/// @notice Titles and the signatures that move them. Its rooms, in the order of a receivable's life: Opening,
///         Circulation, Encumbrance, Discharge.
contract Ledger is Opening, Circulation, Encumbrance, Discharge {
    constructor(Modules memory modules) TitleStore(modules) {}
}
