// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ChangeMedium,
    ChangeMediumItem,
    HandOver,
    HandOverItem,
    Replace,
    ReplaceItem
} from "../types/GoodsActs.sol";
import {GoodsActHash} from "../types/GoodsActHash.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {
    FLAG_LIEN,
    FLAG_PAPER,
    FLAG_SETTLED,
    KIND_LOT,
    PHASE_CLOSED,
    ROLE_KEEP,
    ROLE_TITLE,
    RootWord,
    TitleWord
} from "../types/Words.sol";
import {GoodsStore} from "./GoodsStore.sol";
import {LotWord} from "./LotWords.sol";

/// @notice The page's third room: goods leave, and so a receipt gets less; or the receipt itself leaves, on paper. What
///         Discharge is for money, this is for goods.
abstract contract Handover is GoodsStore {
    // ── Hand over ───────────────────────────────────────────────────────────────────────────────────────────────

    function handOver(HandOverItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _handOver(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _handOver(HandOverItem calldata item) private returns (Reason reason) {
        HandOver calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord word = _titles[act.title].word;
        uint64 id = word.root();
        RootWord root = _roots[id];
        reason = _unbound(word, root, act.sequence);
        if (reason != Reason.None) return reason;
        if (word.has(FLAG_LIEN)) return Reason.StorageUnpaid;
        if (act.quantity == 0) return Reason.ZeroQuantity;
        if (act.quantity > word.quantity()) return Reason.QuantityAboveTitle;
        LotWord lot = _lots[id];
        (uint256 nominal, uint256 stored) = lot.stock(root.quantity());
        // Rounded down: what is left over is the last ones', who get all there is.
        if (act.delivered != act.quantity * stored / nominal) return Reason.ShareWrong;
        reason = _bothSign(word, root, GoodsActHash.hash(act), item);
        if (reason != Reason.None) return reason;

        lot = lot.plusHandedOver(act.quantity, act.delivered);
        _lots[id] = lot;
        // A pool that is empty takes goods again: its number is used once.
        if (nominal == act.quantity && root.kind() == KIND_LOT) _roots[id] = root.withPhase(PHASE_CLOSED);
        uint48 left = word.quantity() - act.quantity;
        word = word.withQuantity(left).withNextSequence();
        if (left == 0) word = word.withFlags(FLAG_SETTLED);
        _titles[act.title].word = word;
        emit HandedOver(act.title, word, lot, act.evidence);
    }

    function _bothSign(TitleWord word, RootWord root, bytes32 structHash, HandOverItem calldata item)
        private
        view
        returns (Reason reason)
    {
        bytes32 digest = _hashTypedDataV4(structHash);
        reason = _keeperSigned(word, root, digest, item.keeper);
        if (reason != Reason.None) return reason;
        (reason,) = _check(digest, item.holder, Needs.need(word.holder(), ROLE_TITLE, item.act.quantity));
    }

    // ── On paper ────────────────────────────────────────────────────────────────────────────────────────────────

    function changeMedium(ChangeMediumItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _changeMedium(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _changeMedium(ChangeMediumItem calldata item) private returns (Reason reason) {
        ChangeMedium calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord word = _titles[act.title].word;
        RootWord root = _roots[word.root()];
        reason = _unbound(word, root, act.sequence);
        if (reason != Reason.None) return reason;
        if (word.has(FLAG_PAPER) == act.paper) return Reason.OnPaper;
        bytes32 digest = _hashTypedDataV4(GoodsActHash.hash(act));
        (reason,,) = _checkTwo(
            digest,
            item.holder,
            Needs.need(word.holder(), ROLE_TITLE, word.quantity()),
            item.keeper,
            Needs.need(root.debtor(), ROLE_KEEP, 0)
        );
        if (reason != Reason.None) return reason;

        word = (act.paper ? word.withFlags(FLAG_PAPER) : word.withoutFlags(FLAG_PAPER)).withNextSequence();
        _titles[act.title].word = word;
        emit MediumChanged(act.title, word, act.evidence);
    }

    function replace(ReplaceItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _replace(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    /// @dev The new receipt is an electronic one, whose paper nobody can find again.
    function _replace(ReplaceItem calldata item) private returns (Reason reason) {
        Replace calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord word = _titles[act.title].word;
        RootWord root = _roots[word.root()];
        reason = _unbound(word, root, act.sequence);
        if (reason != Reason.None) return reason;
        if (!word.has(FLAG_PAPER)) return Reason.OnPaper;
        if (act.evidence == 0) return Reason.EvidenceMissing;
        if (!_isMadeBy(act.replacement, root.debtor())) return Reason.ForeignId;
        if (_isTaken(_titles[act.replacement], act.replacement)) return Reason.IdTaken;
        if (word.has(FLAG_LIEN)) return Reason.StorageUnpaid;
        bytes32 digest = _hashTypedDataV4(GoodsActHash.hash(act));
        (reason,,) = _checkTwo(
            digest,
            item.holder,
            Needs.need(word.holder(), ROLE_TITLE, word.quantity()),
            item.keeper,
            Needs.need(root.debtor(), ROLE_KEEP, 0)
        );
        if (reason != Reason.None) return reason;

        TitleWord fresh = word.withoutFlags(FLAG_PAPER).withNextSequence();
        word = word.cancelled();
        _titles[act.title].word = word;
        _titles[act.replacement].word = fresh;
        emit Replaced(act.title, word, act.replacement, fresh, act.evidence);
    }
}
