// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ConfirmOrderItem,
    ConvertGoodsItem,
    ConvertItem,
    PublishOrdersItem,
    ReduceOrderItem,
    TakeOrderItem
} from "../types/OrderActs.sol";
import {Reason} from "../types/Reasons.sol";

/// @title  What was ordered, and what of it came?
/// @notice An order is confirmed by its buyer and its seller, may secure an advance, and becomes a receivable as goods are
///         received: in one act, so that nothing counts twice. It takes no part of the buyer's limit, because it is no
///         promise to pay; the receivable does.
/// @dev    Trusts buyer and seller for what was received. If both lie, a receivable stands on goods that never came, as it
///         may without an order (goes wrong, and the buyer owes it). If either is silent the order stays what it is, and
///         past its last day nothing can be made of it (gets stuck). INV-ORDER-01 … in INVARIANTS.md.
interface IOrders {
    /// @dev `quantity` of the order's own nullifier is used up; with `list` not zero it was taken from that list.
    event OrderConfirmed(
        uint64 indexed order,
        uint64 indexed list,
        uint32 seller,
        bytes32 nullifier,
        uint48 quantity,
        bytes32 evidence
    );
    event OrdersPublished(uint64 indexed list, uint256 word, bytes32 orders, bytes32 evidence);
    /// @dev Rows `index << 8 | reason`, as IEvidence.Skipped.
    event Skipped(uint256[] rows);

    /// @notice The buyer's maker and checker and the seller confirm an order, all by the same words.
    function confirmOrders(ConfirmOrderItem[] calldata items) external returns (Reason[] memory);
    /// @notice The buyer's maker and checker confirm any number of orders as one Merkle root.
    function publishOrders(PublishOrdersItem[] calldata items) external returns (Reason[] memory);
    /// @notice The seller of one published order takes it, within the days that offers stand open.
    function takeOrder(TakeOrderItem[] calldata items) external returns (Reason[] memory);
    /// @notice Buyer and seller say that so much of an order will not come, or not at that price. Anyone carries it, and
    ///         neither lock nor freeze nor stop is in its way: where it secures an advance, less is left to secure it.
    function reduceOrder(ReduceOrderItem[] calldata items) external returns (Reason[] memory);
    /// @notice What was received becomes a receivable of the same buyer and seller, under the same lock, in one act. The
    ///         receivable uses up its invoices and the buyer's limit as `issue` has it, and is live at once.
    function convert(ConvertItem[] calldata items) external returns (Reason[] memory);
    /// @notice Goods in store are sold: the receipt is the buyer's, and a receivable of its seller takes its place, under the
    ///         same lock, in one act. The keeper signs as for every receipt that passes on.
    function convertGoods(ConvertGoodsItem[] calldata items) external returns (Reason[] memory);

    /// @return word that of a list, as IEvidence.offersOf has it.
    function ordersOf(uint64 list) external view returns (uint256 word, bytes32 orders);
}
