// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// deposited 48 · redeemed 48 · delivered 48 · lost 48 · countedDay 16 · counts 16 · (32 unused): what became of a lot, written with
/// the first of it. `deposited` came into a pool after its first receipt; `redeemed` is what holders gave up of their
/// receipts, and `delivered` what they got for it; `lost` is what was found missing or spoilt.
/// With `received` for all that ever came in: receipts stand for received − redeemed, in store are received − delivered −
/// lost, and where the second is less than the first, the lot is short by the difference.
type LotWord is uint256;

library LotWords {
    function deposited(LotWord word) internal pure returns (uint48) {
        return uint48(LotWord.unwrap(word) >> 208);
    }

    function redeemed(LotWord word) internal pure returns (uint48) {
        return uint48(LotWord.unwrap(word) >> 160);
    }

    function delivered(LotWord word) internal pure returns (uint48) {
        return uint48(LotWord.unwrap(word) >> 112);
    }

    function lost(LotWord word) internal pure returns (uint48) {
        return uint48(LotWord.unwrap(word) >> 64);
    }

    /// The day of the last count; 0 before the first.
    function countedDay(LotWord word) internal pure returns (uint16) {
        return uint16(LotWord.unwrap(word) >> 48);
    }

    /// How often it was counted; wraps at 65,536.
    function counts(LotWord word) internal pure returns (uint16) {
        return uint16(LotWord.unwrap(word) >> 32);
    }

    /// @param first the quantity of the lot's first receipt.
    /// @return nominal what receipts stand for.
    /// @return stored  what is in store.
    function stock(LotWord word, uint256 first) internal pure returns (uint256 nominal, uint256 stored) {
        unchecked {
            uint256 received = first + deposited(word);
            (nominal, stored) = (received - redeemed(word), received - delivered(word) - lost(word));
        }
    }

    /// Callers have seen that each sum stays within what came in, so no field carries into the next.
    function plusDeposited(LotWord word, uint256 quantity) internal pure returns (LotWord) {
        return LotWord.wrap(LotWord.unwrap(word) + (quantity << 208));
    }

    function plusHandedOver(LotWord word, uint256 given, uint256 got) internal pure returns (LotWord) {
        return LotWord.wrap(LotWord.unwrap(word) + (given << 160) + (got << 112));
    }

    function withCount(LotWord word, uint256 lost_, uint256 day) internal pure returns (LotWord) {
        uint256 cleared = LotWord.unwrap(word) & ~(uint256(type(uint80).max) << 32);
        uint256 next;
        unchecked {
            next = uint16(counts(word) + 1);
        }
        return LotWord.wrap(cleared | (lost_ << 64) | (day << 48) | (next << 32));
    }
}

using LotWords for LotWord global;
