// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// Two of these point at each other, as contracts whose addresses are predicted do.
contract Pair {
    address public immutable other;
    address public immutable access;
    uint256 public immutable born;

    struct Addresses {
        address other;
        address access;
    }

    constructor(Addresses memory addresses) {
        other = addresses.other;
        access = addresses.access;
        born = block.timestamp;
    }

    function both() external view returns (address, address) {
        return (other, access);
    }
}
