// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OpenItem} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";

/// @title  What stands behind a facility
/// @notice The second page of Credit: asked at Credit's address, and on its records (see types/Pages.sol).
interface IMargin {
    /// @notice Lender and borrower agree a facility. Its form says what a draw under it is: 0 a loan that titles secure,
    ///         1 the purchase of a title without recourse, 2 its purchase with a loan to the seller. An entrustor, where
    ///         one is named, signs too: it funds and bears the loss, and the lender is its agent (S5).
    function open(OpenItem[] calldata items) external returns (Reason[] memory);
}
