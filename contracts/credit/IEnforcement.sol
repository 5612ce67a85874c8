// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CallMarginItem, EnforceItem, MarkItem, SellGoodsItem, WaiveCallItem} from "../types/MarginActs.sol";
import {Reason} from "../types/Reasons.sol";
import {GoodsSaleWord, MarkWord} from "./MarginWords.sol";

/// @title  Pledged goods count for too little, or a loan is not repaid
/// @notice The last page of Credit: asked at Credit's address, and on its records (see types/Pages.sol).
/// @dev    Trusts both appraisers, the keeper and the lender together for the price of a sale. No act gives goods to the
///         lender (CC-428).
interface IEnforcement {
    /// @dev A word of 0 ends a sale that nobody paid for.
    event GoodsSaleChanged(uint64 indexed title, GoodsSaleWord sale, bytes32 evidence);

    // ── Call ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Anyone looks at what is pledged: a shortage counts, the oldest valuation is found, and a call or a default
    ///         notice that is made good ends. By cash, by more goods, or by other goods before these are released, is all the same here.
    function markGoods(MarkItem[] calldata items) external returns (Reason[] memory);
    /// @notice Two persons of the lender call for more, where what is owed is above the maintenance rate of what is pledged.
    function callMargin(CallMarginItem[] calldata items) external returns (Reason[] memory);
    /// @notice The lender takes a call or a default notice back.
    function waiveCall(WaiveCallItem[] calldata items) external returns (Reason[] memory);

    // ── Enforce ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Default notice: a call ran out unmet, or a loan is overdue.
    function enforce(EnforceItem[] calldata items) external returns (Reason[] memory);
    /// @notice A pledged receipt's goods are sold, unless what notice was given for is made good by then. Signed by two
    ///         persons of the lender, the keeper, both appraisers, and the buyer, who is none of lender, borrower and
    ///         appraisers nor of their groups, and has ninety days at most. Its price comes in as COLLECTED facts of the receipt:
    ///         costs, interest, principal, and what is left is the pledgor's (CC-438).
    function sellGoods(SellGoodsItem[] calldata items) external returns (Reason[] memory);
    /// @notice The price came whole: the receipt is the buyer's. Anyone may say so.
    function completeSales(uint64[] calldata titles) external returns (Reason[] memory);
    /// @notice Its day passed and nothing came: the receipt secures the facility again. Anyone may say so. Where a part was
    ///         paid, `sellGoods` agrees it anew with the same buyer or another; once nothing is owed and thirty days more went
    ///         by, it ends here.
    function endSales(uint64[] calldata titles) external returns (Reason[] memory);

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function markOf(uint32 facility) external view returns (MarkWord);
    function goodsSaleOf(uint64 title) external view returns (GoodsSaleWord);
}
