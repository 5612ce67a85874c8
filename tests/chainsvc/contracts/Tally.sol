// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// A ledger of nothing but sums, with every way in which a relayed batch can go: an item that is
/// refused and logged, one dropped unlogged, one that reverts always, one that arms a revert for others.
contract Tally {
    struct Item {
        uint64 id;
        uint64 amount;
        bytes note;
    }

    event Recorded(uint64 indexed id, uint64 amount, bytes note, address by);
    event Skipped(uint256[] rows);
    event Boxed(uint64 indexed id, Item item, uint8[3] shares, string indexed label);

    error Poisoned(uint64 id);
    error Trapped(uint64 id);

    uint8 internal constant NOTHING = 1;
    uint8 internal constant TWICE = 2;
    uint8 internal constant UNSIGNED = 3;

    uint64 internal constant POISON = 666;
    uint64 internal constant TRAP = 777;
    uint64 internal constant GUARDED = 778;
    uint64 internal constant AFTER_TRAP = 779;

    mapping(uint64 id => uint64 amount) public amountOf;
    uint256 public total;
    bool public trapped;

    function record(Item[] calldata items) external returns (uint8[] memory reasons) {
        reasons = new uint8[](items.length);
        uint256[] memory rows = new uint256[](items.length);
        uint256 skipped;
        for (uint256 i = 0; i < items.length; i++) {
            reasons[i] = _recordOne(items[i]);
            if (reasons[i] == NOTHING || reasons[i] == TWICE) rows[skipped++] = (i << 8) | reasons[i];
        }
        assembly {
            mstore(rows, skipped)
        }
        if (skipped > 0) emit Skipped(rows);
    }

    function box(Item calldata item, uint8[3] calldata shares, string calldata label) external {
        emit Boxed(item.id, item, shares, label);
    }

    function _recordOne(Item calldata item) internal returns (uint8) {
        if (item.note.length == 0) return UNSIGNED;
        if (item.amount == 0 || (item.amount == AFTER_TRAP && !trapped)) return NOTHING;
        if (amountOf[item.id] != 0) return TWICE;
        if (item.amount == POISON) revert Poisoned(item.id);
        if (item.amount == GUARDED && trapped) revert Trapped(item.id);
        if (item.amount == TRAP) trapped = true;
        amountOf[item.id] = item.amount;
        total += item.amount;
        emit Recorded(item.id, item.amount, item.note, msg.sender);
        return 0;
    }
}
