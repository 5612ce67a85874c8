// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AssignItem, MergeItem} from "../types/Acts.sol";
import {EndorseItem, MergeReceiptsItem, SplitReceipt, SplitReceiptItem} from "../types/GoodsActs.sol";
import {GoodsActHash} from "../types/GoodsActHash.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {RowLog} from "../types/RowLog.sol";
import {Skips} from "../types/Skips.sol";
import {FLAG_LIEN, FLAG_PAPER, ROLE_TITLE, RootWord, TitleWord} from "../types/Words.sol";
import {ILedger} from "../titles/ILedger.sol";
import {GoodsStore} from "./GoodsStore.sol";

/// @notice The page's second room: a receipt passes on, whole or in parts, as certificates do and with the keeper.
abstract contract Endorsement is GoodsStore {
    using RowLog for RowLog.Log;

    // ── Endorse ─────────────────────────────────────────────────────────────────────────────────────────────────

    function endorse(EndorseItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 3);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _endorse(items[i], log);
        }
        log.emitAs(ILedger.Assigned.selector);
        Skips.answer(reasons, Skipped.selector);
    }

    function _endorse(EndorseItem calldata item, RowLog.Log memory log) private returns (Reason reason) {
        bytes32 digest = _hashTypedDataV4(GoodsActHash.hash(item.act));
        TitleWord word = _titles[item.act.title].word;
        reason = _kept(word, _roots[word.root()], digest, item.keeper);
        if (reason != Reason.None) return reason;
        // The item begins with the fields of its twin: see types/GoodsActs.sol.
        AssignItem calldata twin;
        assembly {
            twin := item
        }
        return _pass(twin, digest, log);
    }

    // ── Split ───────────────────────────────────────────────────────────────────────────────────────────────────

    function splitReceipt(SplitReceiptItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 5);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _split(items[i], log);
        }
        log.emitAs(ReceiptSplit.selector);
        Skips.answer(reasons, Skipped.selector);
    }

    function _split(SplitReceiptItem calldata item, RowLog.Log memory log) private returns (Reason reason) {
        SplitReceipt memory act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleSlot storage title = _titles[act.title];
        TitleSlot storage part = _titles[act.part];
        TitleSlot storage rest = _titles[act.rest];
        TitleWord word = title.word;
        RootWord root = _roots[word.root()];
        reason = _divisible(act, word, root, part, rest);
        if (reason == Reason.None) reason = _agreed(item, word, root, act);
        if (reason != Reason.None) return reason;

        _divide(act, word, title, part, rest, log);
    }

    function _divisible(
        SplitReceipt memory act,
        TitleWord word,
        RootWord root,
        TitleSlot storage part,
        TitleSlot storage rest
    ) private view returns (Reason reason) {
        reason = _movable(word, root, act.sequence);
        if (reason != Reason.None) return reason;
        if (act.quantity == 0) return Reason.ZeroQuantity;
        if (act.quantity >= word.quantity()) return Reason.QuantityAboveTitle;
        if (word.depth() == type(uint8).max) return Reason.TooDeep;
        if (word.has(FLAG_LIEN)) return Reason.StorageUnpaid;
        if ((act.part ^ act.rest) >> 32 != 0 || !_isMadeBy(act.part, word.holder())) return Reason.ForeignId;
        return _numbered(act.part, part, act.rest, rest);
    }

    /// @dev The keeper, the holder, and whoever acquires the part unless it stays with the holder.
    function _agreed(SplitReceiptItem calldata item, TitleWord word, RootWord root, SplitReceipt memory act)
        private
        view
        returns (Reason reason)
    {
        bytes32 digest = _hashTypedDataV4(GoodsActHash.hash(item.act));
        reason = _keeperSigned(word, root, digest, item.keeper);
        if (reason != Reason.None) return reason;
        (reason,) = _check(digest, item.holder, Needs.need(word.holder(), ROLE_TITLE, act.quantity));
        if (reason != Reason.None || act.to == word.holder()) return reason;
        (reason,) = _check(digest, item.acquirer, Needs.need(act.to, ROLE_TITLE, act.quantity));
    }

    // ── Merge ───────────────────────────────────────────────────────────────────────────────────────────────────

    function mergeReceipts(MergeReceiptsItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 4);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _merge(items[i], log);
        }
        log.emitAs(ILedger.Merged.selector);
        Skips.answer(reasons, Skipped.selector);
    }

    function _merge(MergeReceiptsItem calldata item, RowLog.Log memory log) private returns (Reason reason) {
        (uint64 into, uint64 from) = (item.act.into, item.act.from);
        bytes32 digest = _hashTypedDataV4(GoodsActHash.hash(item.act));
        TitleWord word = _titles[into].word;
        reason = _kept(word, _roots[word.root()], digest, item.keeper);
        if (reason != Reason.None) return reason;
        TitleWord other = _titles[from].word;
        if (word.has(FLAG_LIEN) || other.has(FLAG_LIEN)) return Reason.StorageUnpaid;
        if (other.has(FLAG_PAPER)) return Reason.OnPaper;
        MergeItem calldata twin;
        assembly {
            twin := item
        }
        return _join(twin, digest, log);
    }
}
