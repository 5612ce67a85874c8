// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "../types/Reasons.sol";
import {RootWord, TitleWord} from "../types/Words.sol";
import {OrderWord} from "./OrderWords.sol";

/// @title  What becomes of the title of an order
/// @notice An order is no promise to pay: its title is neither assigned nor split nor paid, but may secure an advance.
///         It shrinks by what does not come, and by what is received and becomes a receivable in the same act. Evidence
///         alone calls it, and has asked for the signatures.
interface IDeliveries {
    event OrderReduced(uint64 indexed title, TitleWord word, OrderWord orderWord, bytes32 evidence);
    /// @dev `receivable` is the root, and its first title, that now stands for what was taken; RootOpened and
    ///      RootAccepted tell it just before.
    event Converted(
        uint64 indexed title, uint64 indexed receivable, TitleWord word, OrderWord orderWord, bytes32 evidence
    );

    /// @dev `receipt`, that Locked tells next, now secures in the place of what was taken.
    event OrderStored(
        uint64 indexed title, uint64 indexed receipt, TitleWord word, OrderWord orderWord, bytes32 evidence
    );

    /// @notice So much less of it will come: a fact that neither lock nor freeze stops.
    function reduceOrder(uint64 title, uint16 sequence, uint48 quantity, bytes32 evidence) external returns (Reason);
    /// @notice `taken` of the order was received: the receivable `root` takes its place, under the same lock.
    function convertOrder(
        uint64 title,
        uint16 sequence,
        uint48 taken,
        uint64 root,
        RootWord word,
        bytes32 evidence
    ) external returns (Reason);

    function orderOf(uint64 order) external view returns (OrderWord);
}
