// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "./Reasons.sol";
import {RowLog} from "./RowLog.sol";

/// @title  Skip and log
/// @notice One bad instruction never reverts its batch: it is skipped, and its reason logged. A signature that
///         recovers to no registered signer leaves no log, so that a stranger's noise costs the chain nothing.
library Skips {
    using RowLog for RowLog.Log;

    function emitAs(Reason[] memory reasons, bytes32 topic) internal {
        uint256 skipped;
        for (uint256 i; i < reasons.length; ++i) {
            if (reasons[i] > Reason.SignatureInvalid) ++skipped;
        }
        if (skipped == 0) return;
        RowLog.Log memory log = RowLog.open(skipped);
        for (uint256 i; i < reasons.length; ++i) {
            if (reasons[i] <= Reason.SignatureInvalid) continue;
            log.push((i << 8) | uint256(reasons[i]));
            log.endRow();
        }
        log.emitAs(topic);
    }
}
