// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "./Reasons.sol";
import {RowLog} from "./RowLog.sol";

/// @title  Skip and log
/// @notice One bad instruction never reverts its batch: it is skipped, and its reason logged. A signature that
///         recovers to no registered signer leaves no log, so that a stranger's noise costs the chain nothing.
library Skips {
    using RowLog for RowLog.Log;

    /// @notice The last statement of a verb: logs what was skipped and answers the reasons, one of each item.
    /// @dev    In memory a reason fills a word, as in the ABI, so the list is answered as one of words.
    function answer(Reason[] memory reasons, bytes32 topic) internal {
        uint256[] memory words;
        assembly ("memory-safe") {
            words := reasons
        }
        uint256 skipped;
        for (uint256 i; i < words.length; ++i) {
            if (words[i] > uint256(Reason.SignatureInvalid)) {
                unchecked {
                    ++skipped;
                }
            }
        }
        if (skipped != 0) _log(words, skipped, topic);
        give(words);
    }

    /// @notice Ends the call and answers `words`.
    /// @dev    From where they stand, not as a copy; the word before them may be overwritten, because nothing runs after.
    function give(uint256[] memory words) internal pure {
        assembly {
            let start := sub(words, 32)
            mstore(start, 32)
            return(start, shl(5, add(mload(words), 2)))
        }
    }

    function _log(uint256[] memory reasons, uint256 skipped, bytes32 topic) private {
        RowLog.Log memory log = RowLog.open(skipped);
        for (uint256 i; i < reasons.length; ++i) {
            if (reasons[i] <= uint256(Reason.SignatureInvalid)) continue;
            log.push((i << 8) | reasons[i]);
            log.endRow();
        }
        log.emitAs(topic);
    }
}
