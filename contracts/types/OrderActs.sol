// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Receivable, Signature} from "./Acts.sol";

// The acts on orders, as Acts.sol has those on money. Amounts are minor units of the order's currency.

/// What a buyer ordered of a seller, at the order's price, to be delivered by `lastDay`. `nullifier` is that of the order
/// itself, attested by the evidence service; `evidence` the hash of the order as the two agreed it.
struct Order {
    uint64 root;
    uint32 seller;
    uint16 currency;
    uint16 lastDay;
    uint48 quantity;
    bytes32 nullifier;
    bytes32 evidence;
}

/// Buyer and seller confirm one order.
struct ConfirmOrder {
    uint32 debtor;
    Order order;
    uint40 expiresAt;
}

struct ConfirmOrderItem {
    ConfirmOrder act;
    Signature maker;
    Signature checker;
    Signature seller;
}

/// A buyer confirms any number of orders as one Merkle root. The fields of PublishOffers, in the same order: see
/// Commitments.
struct PublishOrders {
    uint64 list;
    uint32 debtor;
    uint16 currency;
    uint48 total;
    bytes32 orders;
    uint40 expiresAt;
    bytes32 evidence;
}

struct PublishOrdersItem {
    PublishOrders act;
    Signature maker;
    Signature checker;
}

/// A seller takes one order of a published list.
struct TakeOrder {
    uint64 list;
    Order order;
    uint40 expiresAt;
}

struct TakeOrderItem {
    TakeOrder act;
    bytes32[] proof;
    Signature seller;
}

/// Of an order's title `quantity` will not come, or not at that price: returns, price cuts, short deliveries,
/// cancellation.
struct ReduceOrder {
    uint64 title;
    uint16 sequence;
    uint48 quantity;
    uint40 expiresAt;
    bytes32 evidence;
}

struct ReduceOrderItem {
    ReduceOrder act;
    Signature debtor;
    Signature seller;
}

/// `taken` of an order's title was received, at the order's price, and becomes `receivable`: never more than that,
/// whatever was invoiced. `evidence` is the hash of what says that it was received.
struct Convert {
    uint64 title;
    uint16 sequence;
    uint48 taken;
    Receivable receivable;
    uint40 expiresAt;
    bytes32 evidence;
}

/// `lender`: its maker, where the title is locked.
struct ConvertItem {
    Convert act;
    Signature maker;
    Signature checker;
    Signature seller;
    Signature lender;
}

/// Goods in store are sold: the whole receipt is the buyer's, who is the debtor of `receivable`, and that stands in the
/// receipt's place. `evidence` is the hash of the sale.
struct ConvertGoods {
    uint64 title;
    uint16 sequence;
    Receivable receivable;
    uint40 expiresAt;
    bytes32 evidence;
}

/// `lender`: its maker, where the receipt is locked.
struct ConvertGoodsItem {
    ConvertGoods act;
    Signature maker;
    Signature checker;
    Signature seller;
    Signature keeper;
    Signature lender;
}
