// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signers} from "../access/Signers.sol";
import {Modules} from "../types/Modules.sol";
import {Pages} from "../types/Pages.sol";
import {MoneyWord, RootWord, TitleWord} from "../types/Words.sol";
import {Circulation} from "./Circulation.sol";
import {Discharge} from "./Discharge.sol";
import {Encumbrance} from "./Encumbrance.sol";
import {ILedger} from "./ILedger.sol";
import {Opening} from "./Opening.sol";
import {TitleStore} from "./TitleStore.sol";

/// @notice Titles and the signatures that move them. Its rooms, in the order of a receivable's life: Opening,
///         Circulation, Encumbrance, Discharge. What is asked of goods is answered by its second page, Goods, on the same
///         records.
contract Ledger is Signers, Opening, Circulation, Encumbrance, Discharge {
    address private immutable _goods;

    constructor(Modules memory modules) TitleStore(modules) {
        _goods = modules.goods;
    }

    fallback() external {
        Pages.turnTo(_goods);
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ILedger
    function titleOf(uint64 title) external view returns (TitleWord) {
        return _titles[title].word;
    }

    /// @inheritdoc ILedger
    function rootOf(uint64 root) external view returns (RootWord) {
        return _roots[root];
    }

    /// @inheritdoc ILedger
    function moneyOf(uint64 root) external view returns (MoneyWord) {
        return _money[root];
    }

    /// @dev Certificates.
    function _own() internal pure override returns (uint256) {
        return 0;
    }
}
