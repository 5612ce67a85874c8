// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signature} from "./Acts.sol";

// The acts on goods, as Acts.sol has those on money. Quantities are whole units of the lot, as many decimals down as it
// declares. Where an act has the fields of its twin among the certificates, they stand in the same order: see Passing.

/// The keeper took goods in, the inspector saw them, and the depositor takes the receipt. `number` is a commitment to
/// keeper, place and the keeper's own number of the lot; `evidence` the document with the eight items of CC-909.
struct Store {
    uint64 lot;
    uint64 receipt;
    uint32 keeper;
    uint32 depositor;
    uint32 inspector;
    uint16 unit;
    uint16 decimals;
    bool pooled;
    uint16 lastDay;
    uint48 quantity;
    bytes32 number;
    uint40 expiresAt;
    bytes32 evidence;
}

struct StoreItem {
    Store act;
    Signature depositor;
    Signature keeper;
    Signature inspector;
}

struct Endorse {
    uint64 title;
    uint16 sequence;
    uint32 to;
    uint40 expiresAt;
    bytes32 evidence;
}

struct EndorseItem {
    Endorse act;
    Signature holder;
    Signature acquirer;
    Signature keeper;
}

/// The receipt is cancelled; `part` of it, `quantity`, goes to `to`, and `rest` stays with the holder.
struct SplitReceipt {
    uint64 title;
    uint16 sequence;
    uint64 part;
    uint48 quantity;
    uint64 rest;
    uint32 to;
    uint40 expiresAt;
    bytes32 evidence;
}

struct SplitReceiptItem {
    SplitReceipt act;
    Signature holder;
    Signature acquirer;
    Signature keeper;
}

struct MergeReceipts {
    uint64 into;
    uint16 intoSequence;
    uint64 from;
    uint16 fromSequence;
    uint40 expiresAt;
}

struct MergeReceiptsItem {
    MergeReceipts act;
    Signature holder;
    Signature keeper;
}

/// `quantity` of the receipt is given up for `delivered`, which is less only where the lot is short.
struct HandOver {
    uint64 title;
    uint16 sequence;
    uint48 quantity;
    uint48 delivered;
    uint40 expiresAt;
    bytes32 evidence;
}

struct HandOverItem {
    HandOver act;
    Signature holder;
    Signature keeper;
}

/// So much of a lot was in store on a day, after `deliveredBefore` had left it and it was counted `countsBefore` times.
struct Count {
    uint64 lot;
    uint48 deliveredBefore;
    uint16 countsBefore;
    uint48 counted;
    uint16 day;
    uint40 expiresAt;
    bytes32 evidence;
}

struct CountItem {
    Count act;
    Signature keeper;
    Signature inspector;
}

/// The keeper's lien on a receipt's goods is so much from now on; 0 ends it.
struct ChargeStorage {
    uint64 title;
    uint16 currency;
    uint48 amount;
    uint64 nonce;
    uint40 expiresAt;
    bytes32 evidence;
}

struct ChargeStorageItem {
    ChargeStorage act;
    Signature keeper;
}

/// The receipt goes out on paper, or comes back.
struct ChangeMedium {
    uint64 title;
    uint16 sequence;
    bool paper;
    uint40 expiresAt;
    bytes32 evidence;
}

struct ChangeMediumItem {
    ChangeMedium act;
    Signature holder;
    Signature keeper;
}

/// A receipt lost on paper is cancelled, and another one stands for it.
struct Replace {
    uint64 title;
    uint16 sequence;
    uint64 replacement;
    uint40 expiresAt;
    bytes32 evidence;
}

struct ReplaceItem {
    Replace act;
    Signature holder;
    Signature keeper;
}
