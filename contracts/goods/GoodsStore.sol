// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Passing} from "../titles/Passing.sol";
import {Signature} from "../types/Acts.sol";
import {SplitReceipt} from "../types/GoodsActs.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {RowLog} from "../types/RowLog.sol";
import {FLAG_GOODS, FLAG_PAPER, ROLE_KEEP, RootWord, TitleWord} from "../types/Words.sol";
import {IGoods} from "./IGoods.sol";
import {LotWord} from "./LotWords.sol";

/// @notice The one rule that every room of this page adds to those of the other.
abstract contract GoodsStore is Passing, IGoods {
    using RowLog for RowLog.Log;

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IGoods
    function lotOf(uint64 lot) external view returns (LotWord) {
        return _lots[lot];
    }

    /// @inheritdoc IGoods
    function lotOfNumber(bytes32 number) external view returns (uint64) {
        return _lotNumbers[number];
    }

    /// @inheritdoc IGoods
    function lienOf(uint64 title) external view returns (uint256) {
        return _liens[title];
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The keeper of a receipt's goods signs too (CC-910), and nothing happens to one that is out on paper.
    function _kept(TitleWord word, RootWord root, bytes32 digest, Signature calldata keeper)
        internal
        view
        returns (Reason)
    {
        if (!word.exists()) return Reason.UnknownTitle;
        if (!word.has(FLAG_GOODS)) return Reason.OtherKind;
        return _keeperSigned(word, root, digest, keeper);
    }

    /// @dev The same of a title that is known to be a receipt.
    function _keeperSigned(TitleWord word, RootWord root, bytes32 digest, Signature calldata keeper)
        internal
        view
        returns (Reason reason)
    {
        if (word.has(FLAG_PAPER)) return Reason.OnPaper;
        (reason,) = _check(digest, keeper, Needs.need(root.debtor(), ROLE_KEEP, 0));
    }

    /// @dev Are these numbers free for the two receipts that stand for one?
    function _numbered(uint64 part, TitleSlot storage partSlot, uint64 rest, TitleSlot storage restSlot)
        internal
        view
        returns (Reason)
    {
        if (part == rest || _isTaken(partSlot, part) || _isTaken(restSlot, rest)) return Reason.IdTaken;
        return Reason.None;
    }

    /// @dev MLWR: the receipt is cancelled, and two new ones, each as it was locked, stand for it. Callers have seen that
    ///      the quantity is a part of it, and that both numbers are free.
    function _divide(
        SplitReceipt memory act,
        TitleWord word,
        TitleSlot storage title,
        TitleSlot storage partSlot,
        TitleSlot storage restSlot,
        RowLog.Log memory log
    ) internal {
        TitleWord rest = word.begunAnew(uint256(word.depth()) + 1);
        TitleWord part = rest.withHolder(act.to).withQuantity(act.quantity);
        unchecked {
            rest = rest.withQuantity(word.quantity() - act.quantity);
        }
        word = word.cancelled();
        (title.word, partSlot.word, restSlot.word) = (word, part, rest);
        log.push((uint256(act.title) << 128) | (uint256(act.part) << 64) | act.rest);
        log.push(TitleWord.unwrap(word));
        log.push(TitleWord.unwrap(part));
        log.push(TitleWord.unwrap(rest));
        log.push(uint256(act.evidence));
        log.endRow();
    }

    /// @dev Receipts.
    function _own() internal pure override returns (uint256) {
        return FLAG_GOODS;
    }
}
