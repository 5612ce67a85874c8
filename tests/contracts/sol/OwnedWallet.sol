// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The smallest contract wallet: it signs what its owner signs (ERC-1271).
contract OwnedWallet {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        bytes32 r = bytes32(signature[0:32]);
        uint256 vs = uint256(bytes32(signature[32:64]));
        address key = ecrecover(digest, uint8(vs >> 255) + 27, r, bytes32(vs & (type(uint256).max >> 1)));
        return key == _owner ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}
