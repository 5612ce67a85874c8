// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// added 48 · paid 48 · (160 unused): what enforcing a loan cost, and what of it was repaid. Only loans with costs have
/// one; their word says so.
type CostsWord is uint256;

library CostsWords {
    function added(CostsWord word) internal pure returns (uint48) {
        return uint48(CostsWord.unwrap(word) >> 208);
    }

    /// Added and not repaid.
    function due(CostsWord word) internal pure returns (uint256) {
        return added(word) - uint48(CostsWord.unwrap(word) >> 160);
    }

    /// Callers have checked the sums, so no field carries into the next.
    function plusAdded(CostsWord word, uint256 amount) internal pure returns (CostsWord) {
        return CostsWord.wrap(CostsWord.unwrap(word) + (amount << 208));
    }

    function plusPaid(CostsWord word, uint256 amount) internal pure returns (CostsWord) {
        return CostsWord.wrap(CostsWord.unwrap(word) + (amount << 160));
    }

    function minusPaid(CostsWord word, uint256 amount) internal pure returns (CostsWord) {
        return CostsWord.wrap(CostsWord.unwrap(word) - (amount << 160));
    }
}

using CostsWords for CostsWord global;
