// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A wallet that agrees to everything, and when asked tries to call back into the one who asks.
contract HostileWallet {
    bytes private _payload;
    bool private _burnGas;

    constructor(bytes memory payload, bool burnGas) {
        _payload = payload;
        _burnGas = burnGas;
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        while (_burnGas) {}
        (bool done,) = msg.sender.call(_payload);
        return done ? bytes4(0) : this.isValidSignature.selector;
    }
}
