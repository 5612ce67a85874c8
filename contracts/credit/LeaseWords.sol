// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LeaseGoods} from "../types/LeaseActs.sol";

/// owner 32 · seller 32 · appraiser 32 · facility 32 · price 48 · noticeDays 8 · noticeDay 16 · fromDay 16, in the low bits:
/// the lease that a receipt is under. `owner` is who held it when it was agreed, and has it again if no draw is paid out;
/// `noticeDay` is the day of the last notice, 0 before the first, and `fromDay` since when it may be ended by it.
type LeaseWord is uint256;

library LeaseWords {
    uint256 private constant NOTICE = type(uint32).max;

    function make(LeaseGoods calldata act, uint32 owner_) internal pure returns (LeaseWord) {
        return LeaseWord.wrap(
            (uint256(owner_) << 184) | (uint256(act.seller) << 152) | (uint256(act.appraiser) << 120)
                | (uint256(act.facility) << 88) | (uint256(act.price) << 40) | (uint256(act.noticeDays) << 32)
        );
    }

    /// No receipt is leased for nothing.
    function exists(LeaseWord word) internal pure returns (bool) {
        return LeaseWord.unwrap(word) != 0;
    }

    function owner(LeaseWord word) internal pure returns (uint32) {
        return uint32(LeaseWord.unwrap(word) >> 184);
    }

    /// Who is paid for it.
    function seller(LeaseWord word) internal pure returns (uint32) {
        return uint32(LeaseWord.unwrap(word) >> 152);
    }

    function appraiser(LeaseWord word) internal pure returns (uint32) {
        return uint32(LeaseWord.unwrap(word) >> 120);
    }

    function facility(LeaseWord word) internal pure returns (uint32) {
        return uint32(LeaseWord.unwrap(word) >> 88);
    }

    function price(LeaseWord word) internal pure returns (uint48) {
        return uint48(LeaseWord.unwrap(word) >> 40);
    }

    /// How many days a notice leaves at least.
    function noticeDays(LeaseWord word) internal pure returns (uint8) {
        return uint8(LeaseWord.unwrap(word) >> 32);
    }

    function noticeDay(LeaseWord word) internal pure returns (uint16) {
        return uint16(LeaseWord.unwrap(word) >> 16);
    }

    function fromDay(LeaseWord word) internal pure returns (uint16) {
        return uint16(LeaseWord.unwrap(word));
    }

    function withNotice(LeaseWord word, uint256 today, uint256 from) internal pure returns (LeaseWord) {
        return LeaseWord.wrap((LeaseWord.unwrap(word) & ~NOTICE) | (today << 16) | from);
    }
}

using LeaseWords for LeaseWord global;
