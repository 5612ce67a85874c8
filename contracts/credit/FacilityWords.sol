// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// lender 32 · borrower 32 · currency 16 · collection 176: what a facility is, which never changes. `collection` is the
/// end of keccak256(bank, account) of its collection account.
type FacilityWord is uint256;

library FacilityWords {
    function make(uint32 lender_, uint32 borrower_, uint16 currency_, bytes32 account)
        internal
        pure
        returns (FacilityWord)
    {
        return FacilityWord.wrap(
            (uint256(lender_) << 224) | (uint256(borrower_) << 192) | (uint256(currency_) << 176)
                | uint176(uint256(account))
        );
    }

    function exists(FacilityWord word) internal pure returns (bool) {
        return FacilityWord.unwrap(word) != 0;
    }

    function lender(FacilityWord word) internal pure returns (uint32) {
        return uint32(FacilityWord.unwrap(word) >> 224);
    }

    function borrower(FacilityWord word) internal pure returns (uint32) {
        return uint32(FacilityWord.unwrap(word) >> 192);
    }

    function currency(FacilityWord word) internal pure returns (uint16) {
        return uint16(FacilityWord.unwrap(word) >> 176);
    }

    /// lender 32 · borrower 32 · currency 16, in the low bits: what a title must fit to be locked.
    function terms(FacilityWord word) internal pure returns (uint256) {
        return FacilityWord.unwrap(word) >> 176;
    }

    /// @param account keccak256(bank, account).
    function collectsOn(FacilityWord word, bytes32 account) internal pure returns (bool) {
        return uint176(FacilityWord.unwrap(word)) == uint176(uint256(account));
    }
}

using FacilityWords for FacilityWord global;
