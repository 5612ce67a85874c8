// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "./Reasons.sol";

/// @dev What a module reverts with when it finds in the middle of its work that the act is refused: whatever it had
///      changed is undone with it, so checks and changes fit in one pass.
error Refused(Reason reason);

/// @title  From a module's revert to a reason
library Refusals {
    function refuse(Reason reason) internal pure {
        revert Refused(reason);
    }

    /// @notice The reason of a refused call. A failure that is no refusal is passed on as it came: running out of gas
    ///         is nobody's fault but the relayer's, and must not be logged as a refusal.
    function reasonOf(bytes memory failure) internal pure returns (Reason) {
        if (failure.length != 36 || bytes4(failure) != Refused.selector) {
            assembly ("memory-safe") {
                revert(add(failure, 32), mload(failure))
            }
        }
        return Reason(uint8(failure[35]));
    }
}
