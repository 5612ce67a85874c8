// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// credited 48 · collected 48 · surplus 48 · held 48 · late 48 · (16 unused)
/// What became of the money a title was discharged by: credited to its holder, collected for its lender, owed to the
/// holder out of what was collected, on hold, and how much late interest was instructed on top.
type CashWord is uint256;

library CashWords {
    function credited(CashWord word) internal pure returns (uint48) {
        return uint48(CashWord.unwrap(word) >> 208);
    }

    function collected(CashWord word) internal pure returns (uint48) {
        return uint48(CashWord.unwrap(word) >> 160);
    }

    function surplus(CashWord word) internal pure returns (uint48) {
        return uint48(CashWord.unwrap(word) >> 112);
    }

    function held(CashWord word) internal pure returns (uint48) {
        return uint48(CashWord.unwrap(word) >> 64);
    }

    function late(CashWord word) internal pure returns (uint48) {
        return uint48(CashWord.unwrap(word) >> 16);
    }

    /// @notice What is instructed and has neither arrived nor been held, of a title paid `paid` so far.
    function pending(CashWord word, uint48 paid) internal pure returns (uint256) {
        return uint256(paid) + late(word) - credited(word) - collected(word) - held(word);
    }

    /// Callers have checked the sums, so no field carries into the next.
    function plusCredited(CashWord word, uint256 amount) internal pure returns (CashWord) {
        return CashWord.wrap(CashWord.unwrap(word) + (amount << 208));
    }

    function minusCredited(CashWord word, uint256 amount) internal pure returns (CashWord) {
        return CashWord.wrap(CashWord.unwrap(word) - (amount << 208));
    }

    function plusCollected(CashWord word, uint256 amount) internal pure returns (CashWord) {
        return CashWord.wrap(CashWord.unwrap(word) + (amount << 160));
    }

    function plusSurplus(CashWord word, uint256 amount) internal pure returns (CashWord) {
        return CashWord.wrap(CashWord.unwrap(word) + (amount << 112));
    }

    function minusSurplus(CashWord word, uint256 amount) internal pure returns (CashWord) {
        return CashWord.wrap(CashWord.unwrap(word) - (amount << 112));
    }

    function plusHeld(CashWord word, uint256 amount) internal pure returns (CashWord) {
        return CashWord.wrap(CashWord.unwrap(word) + (amount << 64));
    }

    function minusHeld(CashWord word, uint256 amount) internal pure returns (CashWord) {
        return CashWord.wrap(CashWord.unwrap(word) - (amount << 64));
    }

    function plusLate(CashWord word, uint256 amount) internal pure returns (CashWord) {
        return CashWord.wrap(CashWord.unwrap(word) + (amount << 16));
    }
}

using CashWords for CashWord global;
