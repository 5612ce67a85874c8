// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  What an act asks of one signature
/// @notice One word: party 32 · role 32 · amount 48, in the low bits. The signer must be of that party, hold that role
///         (any of them, where several bits are set) and have a mandate for that amount, in minor units.
library Needs {
    function need(uint256 party, uint256 role, uint256 amount) internal pure returns (uint256) {
        return (party << 80) | (role << 48) | amount;
    }
}
