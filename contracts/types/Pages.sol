// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  The second page of a contract
/// @notice A contract may be no larger than 24,576 bytes (EIP-170). What it has to say beyond that stands in another
///         contract's code, at an address built into the first, and runs on the first one's records: it inherits the same
///         store, declares no record of its own, and by itself holds nothing.
library Pages {
    /// @notice Ends the call with what `page` answers to it.
    function turnTo(address page) internal {
        assembly ("memory-safe") {
            let start := mload(0x40)
            calldatacopy(start, 0, calldatasize())
            let done := delegatecall(gas(), page, start, calldatasize(), 0, 0)
            returndatacopy(start, 0, returndatasize())
            if done { return(start, returndatasize()) }
            revert(start, returndatasize())
        }
    }
}
