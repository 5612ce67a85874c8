// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Where the house's contracts stand. Every address is known before the first one is deployed and is fixed
///         in each contract's code, so no role, key or upgrade can put another in its place.
struct Modules {
    address authority; // OpenZeppelin AccessManager: admits relayers, and nothing else
    address evidence;
    address ledger;
    address registry;
    address credit;
    address protection;
    address settlement;
    address terms;
    address goods;
    address margin;
    address enforcement;
    address orders;
    address stages;
}

// The AccessManager role of an admitted relayer.
uint64 constant RELAYER_ROLE = 1;
