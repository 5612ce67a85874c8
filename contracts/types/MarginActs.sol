// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signature} from "./Acts.sol";

// The acts on goods that secure a facility, as Acts.sol has those on certificates. Quantities are whole units of the lot.
// A *rate* is what may be counted for a million units, in minor units of the facility's currency: price × (1 − haircut),
// so that no price of goods is told there. What is paid for goods that are sold is told, as every amount of money is.

/// What goods count for under a facility, who controls them for the lender, and which two parties value them. It comes
/// into force with its `version`, one above the last.
struct AgreeGoods {
    uint32 facility;
    uint32 controlAgent;
    uint32 appraiser;
    uint32 secondAppraiser;
    uint16 maintenanceBps;
    uint16 riseBps;
    uint8 validDays;
    uint8 callDays;
    uint48 floor;
    uint8 version;
    uint40 expiresAt;
    bytes32 evidence;
}

struct AgreeGoodsItem {
    AgreeGoods act;
    Signature maker;
    Signature checker;
    Signature borrower;
    Signature agent;
}

/// A lot's rate as of `valuedDay`, by the model of that version, good until `validUntil`.
struct Appraise {
    uint32 facility;
    uint64 lot;
    uint64 rateBefore;
    uint64 rate;
    uint16 valuedDay;
    uint16 validUntil;
    uint32 model;
    uint40 expiresAt;
    bytes32 evidence;
}

struct AppraiseItem {
    Appraise act;
    Signature appraiser;
}

/// A whole receipt secures the facility, at the rate that its lot has there. With `orderTitle`, its goods were ordered, and
/// that title secured the facility until now: of it `taken`, at the order's price, is gone in the same act.
struct PledgeGoods {
    uint64 title;
    uint64 lot;
    uint16 sequence;
    uint48 quantity;
    uint32 facility;
    uint64 rate;
    uint64 orderTitle;
    uint16 orderSequence;
    uint48 taken;
    uint40 expiresAt;
    bytes32 evidence;
}

struct PledgeGoodsItem {
    PledgeGoods act;
    Signature holder;
    Signature lender;
    Signature keeper;
    Signature agent;
}

/// Receipts of one lot, of `quantity` together, are free again.
struct ReleaseGoods {
    uint32 facility;
    uint64 lot;
    uint48 quantity;
    uint256[] titles;
    uint64 nonce;
    uint40 expiresAt;
    bytes32 evidence;
}

/// `loans`: all that are reserved or outstanding, rising; unsigned.
struct ReleaseGoodsItem {
    ReleaseGoods act;
    uint64[] loans;
    Signature maker;
    Signature checker;
    Signature keeper;
}

struct UnlockGoods {
    uint32 facility;
    uint64 lot;
    uint48 quantity;
    uint256[] titles;
    uint64 nonce;
    uint40 expiresAt;
}

struct UnlockGoodsItem {
    UnlockGoods act;
    Signature holder;
    Signature keeper;
}

/// The lender has a pledged receipt cancelled: `part` of it, `quantity`, and `rest` stand for it, both pledged.
struct CarveGoods {
    uint32 facility;
    uint64 title;
    uint64 part;
    uint48 quantity;
    uint64 rest;
    uint40 expiresAt;
    bytes32 evidence;
}

struct CarveGoodsItem {
    CarveGoods act;
    Signature lender;
    Signature keeper;
}

/// `lots`: all that are pledged to the facility, rising. Nobody signs it.
struct MarkItem {
    uint32 facility;
    uint64[] lots;
}

/// The borrower is to restore coverage, through `untilDay`.
struct CallMargin {
    uint32 facility;
    uint16 untilDay;
    uint64 nonce;
    uint40 expiresAt;
    bytes32 evidence;
}

struct CallMarginItem {
    CallMargin act;
    Signature maker;
    Signature checker;
}

/// The lender takes a call, or its default notice, back.
struct WaiveCall {
    uint32 facility;
    uint64 nonce;
    uint40 expiresAt;
    bytes32 evidence;
}

struct WaiveCallItem {
    WaiveCall act;
    Signature maker;
    Signature checker;
}

/// Default notice: from `fromDay` on the goods may be sold. `loan` is one that is overdue, or 0 where a call ran out.
struct Enforce {
    uint32 facility;
    uint64 loan;
    uint16 fromDay;
    uint64 nonce;
    uint40 expiresAt;
    bytes32 evidence;
}

struct EnforceItem {
    Enforce act;
    Signature maker;
    Signature checker;
}

/// The goods of a pledged receipt are sold to `buyer`, who pays to the facility's collection account through `payBy`.
/// Both appraisers sign that it is a fair price; `evidence` has their valuations.
struct SellGoods {
    uint32 facility;
    uint64 title;
    uint32 buyer;
    uint48 price;
    uint16 payBy;
    uint40 expiresAt;
    bytes32 evidence;
}

struct SellGoodsItem {
    SellGoods act;
    Signature maker;
    Signature checker;
    Signature keeper;
    Signature appraiser;
    Signature secondAppraiser;
    Signature buyer;
}
