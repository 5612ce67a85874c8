// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// taken 48 · promised 48 · reduced 48 · (112 unused): what became of an order, written with the first of it, in minor
/// units. `taken` was received, at the order's price, and `promised` the receivables that came of it; `reduced` will not
/// come, or not at that price. What is left of the quantity confirmed stands in titles.
type OrderWord is uint256;

library OrderWords {
    function taken(OrderWord word) internal pure returns (uint48) {
        return uint48(OrderWord.unwrap(word) >> 208);
    }

    function promised(OrderWord word) internal pure returns (uint48) {
        return uint48(OrderWord.unwrap(word) >> 160);
    }

    function reduced(OrderWord word) internal pure returns (uint48) {
        return uint48(OrderWord.unwrap(word) >> 112);
    }

    /// What stands in no title any more.
    function gone(OrderWord word) internal pure returns (uint256) {
        return uint256(taken(word)) + reduced(word);
    }

    /// Callers have seen that titles had as much, so no field carries into the next.
    function plusTaken(OrderWord word, uint256 taken_, uint256 promised_) internal pure returns (OrderWord) {
        return OrderWord.wrap(OrderWord.unwrap(word) + (taken_ << 208) + (promised_ << 160));
    }

    function plusReduced(OrderWord word, uint256 quantity) internal pure returns (OrderWord) {
        return OrderWord.wrap(OrderWord.unwrap(word) + (quantity << 112));
    }
}

using OrderWords for OrderWord global;
