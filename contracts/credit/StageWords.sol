// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgreeStages} from "../types/StageActs.sol";

/// approver 32 · first 48 · stepBps 16 · releaseBps 16 · version 8 · account 136: what was agreed of a facility's stages.
/// `account` is the end of keccak256(bank, account) of its special account.
type StageTermsWord is uint256;

/// opened 48 · sales 104 · released 104: how far the stages are. `opened` is what may be used, as its two keys said;
/// `sales` the cash that came in on the collection account and filled loans; `released` what goods counted for that
/// went free against it. The two sums only grow with the life of a facility, so their fields hold more than 2^54 of the
/// largest payments: nothing has to be refused, or left uncounted, because a field is full.
type StagesWord is uint256;

library StageTermsWords {
    function make(AgreeStages calldata act) internal pure returns (StageTermsWord) {
        uint256 account_ = uint136(uint256(keccak256(abi.encode(act.specialBank, act.specialAccount))));
        return StageTermsWord.wrap(
            (uint256(act.approver) << 224) | (uint256(act.first) << 176) | (uint256(act.stepBps) << 160)
                | (uint256(act.releaseBps) << 144) | (uint256(act.version) << 136) | account_
        );
    }

    /// Nothing is agreed without a version.
    function exists(StageTermsWord word) internal pure returns (bool) {
        return StageTermsWord.unwrap(word) != 0;
    }

    function approver(StageTermsWord word) internal pure returns (uint32) {
        return uint32(StageTermsWord.unwrap(word) >> 224);
    }

    /// What may be used before anything was sold.
    function first(StageTermsWord word) internal pure returns (uint48) {
        return uint48(StageTermsWord.unwrap(word) >> 176);
    }

    function version(StageTermsWord word) internal pure returns (uint8) {
        return uint8(StageTermsWord.unwrap(word) >> 136);
    }

    function account(StageTermsWord word) internal pure returns (uint136) {
        return uint136(StageTermsWord.unwrap(word));
    }

    /// @notice What so much of sales carries: rounded down.
    function carried(StageTermsWord word, uint256 sales) internal pure returns (uint256) {
        return first(word) + sales * uint16(StageTermsWord.unwrap(word) >> 160) / 10_000;
    }

    /// @notice What goods may be released against so much of sales: rounded down.
    function earned(StageTermsWord word, uint256 sales) internal pure returns (uint256) {
        return sales * uint16(StageTermsWord.unwrap(word) >> 144) / 10_000;
    }
}

library StagesWords {
    uint256 private constant OPENED_SHIFT = 208;
    uint256 private constant SALES_SHIFT = 104;

    function opened(StagesWord word) internal pure returns (uint48) {
        return uint48(StagesWord.unwrap(word) >> OPENED_SHIFT);
    }

    function sales(StagesWord word) internal pure returns (uint104) {
        return uint104(StagesWord.unwrap(word) >> SALES_SHIFT);
    }

    function released(StagesWord word) internal pure returns (uint104) {
        return uint104(StagesWord.unwrap(word));
    }

    function withOpened(StagesWord word, uint256 opened_) internal pure returns (StagesWord) {
        uint256 cleared = StagesWord.unwrap(word) & type(uint208).max;
        return StagesWord.wrap(cleared | (opened_ << OPENED_SHIFT));
    }

    function plusSales(StagesWord word, uint256 amount) internal pure returns (StagesWord) {
        return StagesWord.wrap(StagesWord.unwrap(word) + (amount << SALES_SHIFT));
    }

    /// Only what was counted is taken back, so it is there.
    function minusSales(StagesWord word, uint256 amount) internal pure returns (StagesWord) {
        return StagesWord.wrap(StagesWord.unwrap(word) - (amount << SALES_SHIFT));
    }

    function plusReleased(StagesWord word, uint256 value) internal pure returns (StagesWord) {
        return StagesWord.wrap(StagesWord.unwrap(word) + value);
    }
}

using StageTermsWords for StageTermsWord global;
using StagesWords for StagesWord global;
