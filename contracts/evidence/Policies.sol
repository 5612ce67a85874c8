// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PublishPolicy} from "../types/Acts.sol";

/// @title  Effective-dated parameters
/// @notice Two sets stand side by side in one slot: the one in force and the next one, each with the day it takes
///         effect. A set: version 16 · effectiveDay 16 · maximumTenorMonths 8 · maximumDepth 8 · acceptDays 8 ·
///         releaseDays 8 · minimumLateInterest 16 · minimumPiece 32.
library Policies {
    uint256 private constant WIDTH = 112;
    uint256 private constant MASK = (1 << WIDTH) - 1;

    /// A new policy is announced at least this many days ahead (decision 15).
    uint256 internal constant NOTICE_DAYS = 7;

    function pack(PublishPolicy calldata act) internal pure returns (uint256) {
        uint256 high = (uint256(act.version) << 96) | (uint256(act.effectiveDay) << 80)
            | (uint256(act.maximumTenorMonths) << 72) | (uint256(act.maximumDepth) << 64);
        uint256 low = (uint256(act.acceptDays) << 56) | (uint256(act.releaseDays) << 48)
            | (uint256(act.minimumLateInterest) << 32) | act.minimumPiece;
        return high | low;
    }

    /// @notice A set without its effective day, in 96 bits: version 16 · the low 80 bits of the set.
    function compact(uint256 set) internal pure returns (uint256) {
        return (uint256(version(set)) << 80) | uint80(set);
    }

    function expand(uint256 compacted) internal pure returns (uint256) {
        return (uint256(uint16(compacted >> 80)) << 96) | uint80(compacted);
    }

    /// @return the set in force on `day`, or 0 when none is yet.
    function inForce(uint256 slot, uint256 day) internal pure returns (uint256) {
        uint256 next = slot >> WIDTH;
        if (next != 0 && day >= effectiveDay(next)) return next;
        return slot & MASK;
    }

    /// @notice Puts `set` in the place of the next set; what is in force today stays.
    function announce(uint256 slot, uint256 set, uint256 today) internal pure returns (uint256) {
        return (set << WIDTH) | inForce(slot, today);
    }

    /// @return the set announced last, in force or not.
    function newest(uint256 slot) internal pure returns (uint256) {
        return slot >> WIDTH;
    }

    function version(uint256 set) internal pure returns (uint16) {
        return uint16(set >> 96);
    }

    function effectiveDay(uint256 set) internal pure returns (uint16) {
        return uint16(set >> 80);
    }

    function maximumTenorMonths(uint256 set) internal pure returns (uint8) {
        return uint8(set >> 72);
    }

    function maximumDepth(uint256 set) internal pure returns (uint8) {
        return uint8(set >> 64);
    }

    function acceptDays(uint256 set) internal pure returns (uint8) {
        return uint8(set >> 56);
    }

    function releaseDays(uint256 set) internal pure returns (uint8) {
        return uint8(set >> 48);
    }

    function minimumLateInterest(uint256 set) internal pure returns (uint16) {
        return uint16(set >> 32);
    }

    function minimumPiece(uint256 set) internal pure returns (uint32) {
        return uint32(set);
    }

    /// @notice The last 32 bits of a root opened under `set`: see RootWord.
    function frozen(uint256 set) internal pure returns (uint256) {
        return (uint256(acceptDays(set)) << 24) | (uint256(maximumDepth(set)) << 16) | uint16(minimumPiece(set));
    }
}
