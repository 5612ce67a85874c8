// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILedger} from "../titles/ILedger.sol";
import {LockItem} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";

/// @title  Pledges, handed on as they were signed
/// @notice ILedger.lock called with the very bytes that came in. Solidity would take every item apart and put it
///         together again, for a thousand gas each; the Ledger checks them field by field all the same.
library Pledges {
    /// @dev Seven words of act and two signatures of two.
    uint256 private constant ITEM_BYTES = 11 * 32;

    /// @param reasons receives the run's reasons, from its place `at` on; it has room for them.
    /// @return sum    the quantities that were locked.
    function lock(ILedger ledger, LockItem[] calldata run, uint256 terms, Reason[] memory reasons, uint256 at)
        internal
        returns (uint256 sum)
    {
        bytes4 selector = ILedger.lock.selector;
        assembly ("memory-safe") {
            // lock(items, terms): offset of the items, terms, and then their number and themselves.
            let call_ := mload(0x40)
            let size := mul(run.length, ITEM_BYTES)
            mstore(call_, selector)
            mstore(add(call_, 4), 0x40)
            mstore(add(call_, 36), terms)
            mstore(add(call_, 68), run.length)
            calldatacopy(add(call_, 100), run.offset, size)
            if iszero(call(gas(), ledger, 0, call_, add(size, 100), 0, 0)) {
                returndatacopy(call_, 0, returndatasize())
                revert(call_, returndatasize())
            }
            // The answer is a list: its offset, its length, the sum, the reasons.
            returndatacopy(call_, 64, 32)
            sum := mload(call_)
            returndatacopy(add(reasons, shl(5, add(at, 1))), 96, shl(5, run.length))
        }
    }
}
