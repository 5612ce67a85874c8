// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signature} from "./Acts.sol";

// The acts on leased goods, as MarginActs.sol has those on pledged ones. A price and a value are minor units of the
// facility's currency.

/// A whole receipt is leased under a facility of that form, for `price`: its title passes from `seller` to the lessor when a
/// draw is paid out, and to the lessee with the last rental. Where the lessor holds it already, `seller` is whom it had it
/// from. The pay-out goes to the seller. `appraiser` says what the goods are worth if the lease ends early, and
/// `noticeDays` is how long the lessee has at least to pay what is overdue before it does.
struct LeaseGoods {
    uint64 title;
    uint16 sequence;
    uint48 quantity;
    uint32 facility;
    uint48 price;
    uint32 seller;
    uint32 appraiser;
    uint8 noticeDays;
    uint40 expiresAt;
    bytes32 evidence;
}

struct LeaseGoodsItem {
    LeaseGoods act;
    Signature holder;
    Signature lessee;
    Signature lender;
    Signature keeper;
}

/// Nothing was drawn on it, and its holder has it free again.
struct WithdrawLease {
    uint64 title;
    uint16 sequence;
    uint40 expiresAt;
}

struct WithdrawLeaseItem {
    WithdrawLease act;
    Signature holder;
    Signature keeper;
}

/// The lessee is to pay the rentals that are overdue; if it has not, the lease may be ended from `fromDay` on.
struct GiveNotice {
    uint64 loan;
    uint16 fromDay;
    uint64 nonce;
    uint40 expiresAt;
    bytes32 evidence;
}

struct GiveNoticeItem {
    GiveNotice act;
    Signature maker;
    Signature checker;
}

/// The lessor takes the goods back; they are worth `value` today, and `evidence` has the valuation.
struct EndLease {
    uint64 loan;
    uint48 value;
    uint40 expiresAt;
    bytes32 evidence;
}

struct EndLeaseItem {
    EndLease act;
    Signature maker;
    Signature checker;
    Signature appraiser;
}
