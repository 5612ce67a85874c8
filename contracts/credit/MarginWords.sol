// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgreeGoods} from "../types/MarginActs.sol";

/// controlAgent 32 · appraiser 32 · secondAppraiser 32 · maintenanceBps 16 · riseBps 16 · validDays 8 · callDays 8 ·
/// floor 48 · version 8 · (56 unused): what was agreed of goods under a facility.
type GoodsTermsWord is uint256;

/// quantity 48 · value 48 · rate 64 · valuedDay 16 · validUntil 16 · model 32 · (32 unused): a lot as it secures one
/// facility. `quantity` is what the receipts pledged there say; `value` what it counted for when it was looked at last.
type PledgedLotWord is uint256;

/// loan 64 · freshUntil 16 · lots 16 · state 8 · day 16, in the low bits: the overdue loan that a default notice names, until
/// when every lot's valuation is good, how many lots are pledged, whether a call stands or the goods are enforced, and
/// through which day it must be met or from which they may be sold.
type MarkWord is uint256;

/// before 48 · price 48 · buyer 32 · facility 32 · quantity 48 · payBy 16 · state 8, in the low bits. `before` is what came
/// in for the receipt's goods before this buyer's first, under sales that ended.
type GoodsSaleWord is uint256;

uint8 constant MARGIN_CALLED = 1;
uint8 constant MARGIN_ENFORCED = 2;

uint8 constant SALE_AGREED = 1;
uint8 constant SALE_DONE = 2;
uint8 constant SALE_ENDED = 3; // its day passed with a part of the price

library GoodsTermsWords {
    function make(AgreeGoods calldata act) internal pure returns (GoodsTermsWord) {
        return GoodsTermsWord.wrap(
            (uint256(act.controlAgent) << 224) | (uint256(act.appraiser) << 192) | (uint256(act.secondAppraiser) << 160)
                | (uint256(act.maintenanceBps) << 144) | (uint256(act.riseBps) << 128) | (uint256(act.validDays) << 120)
                | (uint256(act.callDays) << 112) | (uint256(act.floor) << 64) | (uint256(act.version) << 56)
        );
    }

    /// Nothing is agreed without a control agent.
    function exists(GoodsTermsWord word) internal pure returns (bool) {
        return GoodsTermsWord.unwrap(word) != 0;
    }

    function controlAgent(GoodsTermsWord word) internal pure returns (uint32) {
        return uint32(GoodsTermsWord.unwrap(word) >> 224);
    }

    function appraiser(GoodsTermsWord word) internal pure returns (uint32) {
        return uint32(GoodsTermsWord.unwrap(word) >> 192);
    }

    function secondAppraiser(GoodsTermsWord word) internal pure returns (uint32) {
        return uint32(GoodsTermsWord.unwrap(word) >> 160);
    }

    /// What may be owed of each value before the lender calls.
    function maintenanceBps(GoodsTermsWord word) internal pure returns (uint16) {
        return uint16(GoodsTermsWord.unwrap(word) >> 144);
    }

    /// By how much of itself a rate may rise a day. It may fall as it does.
    function riseBps(GoodsTermsWord word) internal pure returns (uint16) {
        return uint16(GoodsTermsWord.unwrap(word) >> 128);
    }

    /// How long a valuation may be good for.
    function validDays(GoodsTermsWord word) internal pure returns (uint8) {
        return uint8(GoodsTermsWord.unwrap(word) >> 120);
    }

    /// How many days a call leaves at least.
    function callDays(GoodsTermsWord word) internal pure returns (uint8) {
        return uint8(GoodsTermsWord.unwrap(word) >> 112);
    }

    /// Below which value nothing is released while anything is owed (floating stock).
    function floor(GoodsTermsWord word) internal pure returns (uint48) {
        return uint48(GoodsTermsWord.unwrap(word) >> 64);
    }

    function version(GoodsTermsWord word) internal pure returns (uint8) {
        return uint8(GoodsTermsWord.unwrap(word) >> 56);
    }
}

library PledgedLotWords {
    uint256 private constant QUANTITY_SHIFT = 208;
    uint256 private constant VALUE_SHIFT = 160;

    function quantity(PledgedLotWord word) internal pure returns (uint48) {
        return uint48(PledgedLotWord.unwrap(word) >> QUANTITY_SHIFT);
    }

    function value(PledgedLotWord word) internal pure returns (uint48) {
        return uint48(PledgedLotWord.unwrap(word) >> VALUE_SHIFT);
    }

    function rate(PledgedLotWord word) internal pure returns (uint64) {
        return uint64(PledgedLotWord.unwrap(word) >> 96);
    }

    /// 0 before the first valuation.
    function valuedDay(PledgedLotWord word) internal pure returns (uint16) {
        return uint16(PledgedLotWord.unwrap(word) >> 80);
    }

    function validUntil(PledgedLotWord word) internal pure returns (uint16) {
        return uint16(PledgedLotWord.unwrap(word) >> 64);
    }

    function withQuantity(PledgedLotWord word, uint256 quantity_) internal pure returns (PledgedLotWord) {
        uint256 cleared = PledgedLotWord.unwrap(word) & ~(uint256(type(uint48).max) << QUANTITY_SHIFT);
        return PledgedLotWord.wrap(cleared | (quantity_ << QUANTITY_SHIFT));
    }

    function withValue(PledgedLotWord word, uint256 value_) internal pure returns (PledgedLotWord) {
        uint256 cleared = PledgedLotWord.unwrap(word) & ~(uint256(type(uint48).max) << VALUE_SHIFT);
        return PledgedLotWord.wrap(cleared | (value_ << VALUE_SHIFT));
    }

    function withRate(PledgedLotWord word, uint64 rate_, uint16 valued, uint16 valid, uint32 model)
        internal
        pure
        returns (PledgedLotWord)
    {
        uint256 kept = PledgedLotWord.unwrap(word) & (uint256(type(uint96).max) << VALUE_SHIFT);
        return PledgedLotWord.wrap(
            kept | (uint256(rate_) << 96) | (uint256(valued) << 80) | (uint256(valid) << 64) | (uint256(model) << 32)
        );
    }
}

library MarkWords {
    function freshUntil(MarkWord word) internal pure returns (uint16) {
        return uint16(MarkWord.unwrap(word) >> 40);
    }

    function lots(MarkWord word) internal pure returns (uint16) {
        return uint16(MarkWord.unwrap(word) >> 24);
    }

    /// 0, MARGIN_CALLED or MARGIN_ENFORCED.
    function state(MarkWord word) internal pure returns (uint8) {
        return uint8(MarkWord.unwrap(word) >> 16);
    }

    function day(MarkWord word) internal pure returns (uint16) {
        return uint16(MarkWord.unwrap(word));
    }

    /// Whether what is pledged is known to be worth what it counts for. Where no goods are, nothing grows old.
    function isFresh(MarkWord word, uint256 today) internal pure returns (bool) {
        return lots(word) == 0 || today <= freshUntil(word);
    }

    function withLots(MarkWord word, uint256 lots_) internal pure returns (MarkWord) {
        return MarkWord.wrap((MarkWord.unwrap(word) & ~(uint256(type(uint16).max) << 24)) | (lots_ << 24));
    }

    function withFresh(MarkWord word, uint256 until) internal pure returns (MarkWord) {
        return MarkWord.wrap((MarkWord.unwrap(word) & ~(uint256(type(uint16).max) << 40)) | (until << 40));
    }

    /// The overdue loan that a default notice names; 0 when it was given because a call ran out.
    function loan(MarkWord word) internal pure returns (uint64) {
        return uint64(MarkWord.unwrap(word) >> 56);
    }

    function withState(MarkWord word, uint256 state_, uint256 day_, uint256 loan_) internal pure returns (MarkWord) {
        uint256 kept = MarkWord.unwrap(word) & (uint256(type(uint32).max) << 24);
        return MarkWord.wrap(kept | (loan_ << 56) | (state_ << 16) | day_);
    }
}

library GoodsSaleWords {
    function make(
        uint48 before_,
        uint48 price_,
        uint32 buyer_,
        uint32 facility_,
        uint48 quantity_,
        uint16 payBy_
    ) internal pure returns (GoodsSaleWord) {
        return GoodsSaleWord.wrap(
            (uint256(before_) << 184) | (uint256(price_) << 136) | (uint256(buyer_) << 104) | (uint256(facility_) << 72) | (uint256(quantity_) << 24)
                | (uint256(payBy_) << 8) | SALE_AGREED
        );
    }

    function exists(GoodsSaleWord word) internal pure returns (bool) {
        return GoodsSaleWord.unwrap(word) != 0;
    }

    function before(GoodsSaleWord word) internal pure returns (uint48) {
        return uint48(GoodsSaleWord.unwrap(word) >> 184);
    }

    function price(GoodsSaleWord word) internal pure returns (uint48) {
        return uint48(GoodsSaleWord.unwrap(word) >> 136);
    }

    function buyer(GoodsSaleWord word) internal pure returns (uint32) {
        return uint32(GoodsSaleWord.unwrap(word) >> 104);
    }

    function facility(GoodsSaleWord word) internal pure returns (uint32) {
        return uint32(GoodsSaleWord.unwrap(word) >> 72);
    }

    function quantity(GoodsSaleWord word) internal pure returns (uint48) {
        return uint48(GoodsSaleWord.unwrap(word) >> 24);
    }

    function payBy(GoodsSaleWord word) internal pure returns (uint16) {
        return uint16(GoodsSaleWord.unwrap(word) >> 8);
    }

    function state(GoodsSaleWord word) internal pure returns (uint8) {
        return uint8(GoodsSaleWord.unwrap(word));
    }

    /// How much may come in for the receipt's goods until it is paid.
    function total(GoodsSaleWord word) internal pure returns (uint48) {
        return before(word) + price(word);
    }

    function withState(GoodsSaleWord word, uint8 state_) internal pure returns (GoodsSaleWord) {
        return GoodsSaleWord.wrap((GoodsSaleWord.unwrap(word) & ~uint256(type(uint8).max)) | state_);
    }

    /// Nothing more is expected than came in.
    function withPrice(GoodsSaleWord word, uint48 price_) internal pure returns (GoodsSaleWord) {
        uint256 cleared = GoodsSaleWord.unwrap(word) & ~(uint256(type(uint48).max) << 136);
        return GoodsSaleWord.wrap(cleared | (uint256(price_) << 136));
    }
}

using GoodsTermsWords for GoodsTermsWord global;
using PledgedLotWords for PledgedLotWord global;
using MarkWords for MarkWord global;
using GoodsSaleWords for GoodsSaleWord global;
