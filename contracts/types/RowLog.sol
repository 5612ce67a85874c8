// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  One event for a whole batch
/// @notice Collects the rows of an event `Name(Row[] rows)`, where `Row` is a struct of full words, straight in the
///         layout the ABI prescribes, and logs them once. A log of its own for every item costs 750 gas more.
library RowLog {
    struct Log {
        uint256 start; // memory position of the ABI head (the offset word 0x20)
        uint256 end; // where the next word goes
        uint256 rows;
    }

    /// @param capacity the most words that will be pushed; memory for them is reserved at once.
    function open(uint256 capacity) internal pure returns (Log memory log) {
        uint256 start;
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore(0x40, add(start, add(64, shl(5, capacity))))
            mstore(start, 0x20)
        }
        log.start = start;
        log.end = start + 64;
    }

    function push(Log memory log, uint256 word) internal pure {
        uint256 end = log.end;
        assembly ("memory-safe") {
            mstore(end, word)
        }
        unchecked {
            log.end = end + 32;
        }
    }

    function endRow(Log memory log) internal pure {
        unchecked {
            ++log.rows;
        }
    }

    /// @notice Logs the rows under `topic`; nothing at all when there are none.
    function emitAs(Log memory log, bytes32 topic) internal {
        uint256 rows = log.rows;
        if (rows == 0) return;
        (uint256 start, uint256 end) = (log.start, log.end);
        assembly ("memory-safe") {
            mstore(add(start, 32), rows)
            log1(start, sub(end, start), topic)
        }
    }

    /// @notice The same, with one indexed argument.
    function emitAs(Log memory log, bytes32 topic, uint256 indexed1) internal {
        uint256 rows = log.rows;
        if (rows == 0) return;
        (uint256 start, uint256 end) = (log.start, log.end);
        assembly ("memory-safe") {
            mstore(add(start, 32), rows)
            log2(start, sub(end, start), topic, indexed1)
        }
    }

    /// @notice A list to be filled with rows of one word each, and logged by `emitList`.
    function list(uint256 length) internal pure returns (uint256[] memory rows) {
        assembly ("memory-safe") {
            // The ABI head comes first, then the list as Solidity keeps it: together they are the event's data.
            let start := mload(0x40)
            mstore(start, 0x20)
            rows := add(start, 32)
            mstore(rows, length)
            mstore(0x40, add(rows, add(32, shl(5, length))))
        }
    }

    /// @notice Sets how many of a list's rows count: never more than it was made for.
    function resize(uint256[] memory rows, uint256 length) internal pure {
        assembly ("memory-safe") {
            mstore(rows, length)
        }
    }

    /// @notice Logs a list made by `list`, every row of which has been filled.
    function emitList(uint256[] memory rows, bytes32 topic, uint256 indexed1) internal {
        assembly ("memory-safe") {
            log2(sub(rows, 32), add(64, shl(5, mload(rows))), topic, indexed1)
        }
    }
}
