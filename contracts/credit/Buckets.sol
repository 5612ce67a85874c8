// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// The buckets of what comes in on a loan: what is due in each, and then what each took.
struct Due {
    uint256 costs;
    uint256 interest;
    uint256 principal;
    uint256 surplus;
}

/// @title  Costs first, then interest, then principal (CC-561)
library Buckets {
    /// @dev Leaves in `due` what each bucket takes of `amount`, in their order; answers whether all are full.
    function fill(Due memory due, uint256 principal, uint256 amount) internal pure returns (bool whole) {
        whole = amount >= due.costs + due.interest + principal;
        if (due.costs > amount) due.costs = amount;
        amount -= due.costs;
        if (due.interest > amount) due.interest = amount;
        amount -= due.interest;
        due.principal = whole ? principal : amount;
        due.surplus = amount - due.principal;
    }

    /// costs 48 · interest 48 · principal 48 · surplus 48, in the low bits.
    function filled(Due memory due) internal pure returns (uint256) {
        return (due.costs << 144) | (due.interest << 96) | (due.principal << 48) | due.surplus;
    }
}

using Buckets for Due global;
