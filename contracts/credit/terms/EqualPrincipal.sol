// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Equal principal
library EqualPrincipal {
    /// @notice The principal of every instalment but the last: rounded down, so that the last clears the dust.
    function part(uint256 drawn, uint256 count) internal pure returns (uint256) {
        return drawn / count;
    }
}
