// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChargeStorage, ChargeStorageItem, Count, CountItem, Store, StoreItem} from "../types/GoodsActs.sol";
import {GoodsActHash} from "../types/GoodsActHash.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {
    FLAG_GOODS,
    FLAG_LIEN,
    FLAG_PAPER,
    FLAGS_DEAD,
    KIND_LOT,
    KIND_POOL,
    PHASE_LIVE,
    ROLE_ATTEST,
    ROLE_KEEP,
    ROLE_TITLE,
    RootWord,
    TitleWord,
    TitleWords
} from "../types/Words.sol";
import {GoodsStore} from "./GoodsStore.sol";
import {LotWord} from "./LotWords.sol";

/// @notice The page's first room: goods come in, are counted, and cost their storage.
abstract contract Storing is GoodsStore {
    // ── Store ───────────────────────────────────────────────────────────────────────────────────────────────────

    function store(StoreItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _store(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _store(StoreItem calldata item) private returns (Reason reason) {
        Store memory act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (act.quantity == 0) return Reason.ZeroQuantity;
        if (act.evidence == 0) return Reason.EvidenceMissing;
        if (act.lastDay <= _today()) return Reason.DueDayPast;
        if (!_isMadeBy(act.lot, act.keeper) || !_isMadeBy(act.receipt, act.keeper)) return Reason.ForeignId;
        if (_isForParts(act.lot)) return Reason.NumberForParts;
        // A lot and its first receipt may have one number, as a receivable and its first certificate have.
        TitleSlot storage place = _titles[act.receipt];
        if (act.receipt == act.lot ? place.word.exists() : _isTaken(place, act.receipt)) return Reason.IdTaken;
        reason = _independent(act);
        if (reason == Reason.None) reason = _signed(item);
        if (reason != Reason.None) return reason;
        RootWord root = _roots[act.lot];
        return root.exists() ? _deposit(act, root) : _begin(act);
    }

    /// @dev Who says what came in is neither who holds it nor who keeps it, nor of their groups.
    function _independent(Store memory act) private view returns (Reason) {
        uint32 group = _parties[act.inspector].group();
        bool near = group == _parties[act.keeper].group() || group == _parties[act.depositor].group();
        return near || act.keeper == act.depositor ? Reason.NotIndependent : Reason.None;
    }

    function _signed(StoreItem calldata item) private view returns (Reason reason) {
        Store calldata act = item.act;
        bytes32 digest = _hashTypedDataV4(GoodsActHash.hash(act));
        (reason,) = _check(digest, item.depositor, Needs.need(act.depositor, ROLE_TITLE, act.quantity));
        if (reason != Reason.None) return reason;
        (reason,,) = _checkTwo(
            digest,
            item.keeper,
            Needs.need(act.keeper, ROLE_KEEP, 0),
            item.inspector,
            Needs.need(act.inspector, ROLE_ATTEST, 0)
        );
    }

    /// @dev One set of goods, one lot: the keeper's number of it is used once.
    function _begin(Store memory act) private returns (Reason) {
        if (_lotNumbers[act.number] != 0) return Reason.LotKnown;
        if (_titles[act.lot].word.exists()) return Reason.IdTaken;
        RootWord root = RootWord.wrap(
            (uint256(act.keeper) << 224) | (uint256(act.inspector) << 192) | (uint256(act.unit) << 176)
                | (uint256(act.lastDay) << 160) | (uint256(_today()) << 144)
                | (uint256(act.pooled ? KIND_POOL : KIND_LOT) << 136) | (uint256(PHASE_LIVE) << 128)
                | (uint256(act.decimals) << 112) | (uint256(act.quantity) << 32) | (uint256(type(uint8).max) << 16)
        );
        _roots[act.lot] = root;
        _lotNumbers[act.number] = act.lot;
        _issue(act, root, LotWord.wrap(0));
        return Reason.None;
    }

    /// @dev Into a pool that has all its receipts stand for: nobody pays for what others lost before.
    function _deposit(Store memory act, RootWord root) private returns (Reason) {
        if (!act.pooled || root.kind() != KIND_POOL || _lotNumbers[act.number] != act.lot) return Reason.LotKnown;
        if (root.debtor() != act.keeper || root.clearingBank() != act.inspector) return Reason.LotKnown;
        if (root.currency() != act.unit || root.terms() != act.decimals || root.dueDay() != act.lastDay) {
            return Reason.LotKnown;
        }
        LotWord lot = _lots[act.lot];
        uint256 first = root.quantity();
        (uint256 nominal, uint256 stored) = lot.stock(first);
        if (stored < nominal) return Reason.LotShort;
        if (first + lot.deposited() + act.quantity > type(uint48).max) return Reason.QuantityAboveTitle;
        lot = lot.plusDeposited(act.quantity);
        _lots[act.lot] = lot;
        _issue(act, root, lot);
        return Reason.None;
    }

    function _issue(Store memory act, RootWord root, LotWord lot) private {
        TitleWord word = TitleWords.make(act.depositor, act.lot, act.quantity, 0).withFlags(FLAG_GOODS);
        _titles[act.receipt].word = word;
        emit Stored(act.lot, act.receipt, root, lot, word, act.number, act.evidence);
    }

    // ── Count ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev What a count finds missing is nobody's secret: anyone may carry it.
    function count(CountItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _count(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _count(CountItem calldata item) private returns (Reason reason) {
        Count calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        RootWord root = _roots[act.lot];
        if (root.kind() != KIND_LOT && root.kind() != KIND_POOL) return Reason.UnknownRoot;
        LotWord lot = _lots[act.lot];
        if (lot.delivered() != act.deliveredBefore || lot.counts() != act.countsBefore) return Reason.ListStale;
        if (act.day < lot.countedDay() || act.day > _today()) return Reason.ValueDayOutOfRange;
        (uint256 nominal, uint256 stored) = lot.stock(root.quantity());
        if (act.counted > nominal) return Reason.ExcessAmount;
        reason = _counters(item, root, act.counted > stored);
        if (reason != Reason.None) return reason;

        lot = lot.withCount(lot.lost() + stored - act.counted, act.day);
        _lots[act.lot] = lot;
        emit Counted(act.lot, lot, act.evidence);
    }

    /// @param more than before is in store: one of the two must not be able to say so alone.
    function _counters(CountItem calldata item, RootWord root, bool more) private view returns (Reason reason) {
        bytes32 digest = _hashTypedDataV4(GoodsActHash.hash(item.act));
        (reason,) = _check(digest, item.keeper, Needs.need(root.debtor(), ROLE_KEEP, 0));
        if (more ? reason != Reason.None : reason == Reason.None) return reason;
        (reason,) = _check(digest, item.inspector, Needs.need(root.clearingBank(), ROLE_ATTEST, 0));
    }

    // ── Lien ────────────────────────────────────────────────────────────────────────────────────────────────────

    function chargeStorage(ChargeStorageItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _charge(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _charge(ChargeStorageItem calldata item) private returns (Reason reason) {
        ChargeStorage calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord word = _titles[act.title].word;
        if (word.has(FLAGS_DEAD)) return Reason.TitleSpent;
        RootWord root = _roots[word.root()];
        if (!word.exists()) return Reason.UnknownTitle;
        if (!word.has(FLAG_GOODS)) return Reason.OtherKind;
        // What was charged before can be paid while the receipt is out on paper: else one that is lost stays so.
        if (word.has(FLAG_PAPER) && act.amount != 0) return Reason.OnPaper;
        (reason,) = _check(_hashTypedDataV4(GoodsActHash.hash(act)), item.keeper, Needs.need(root.debtor(), ROLE_KEEP, 0));
        if (reason != Reason.None) return reason;
        if (!_spend(root.debtor(), act.nonce)) return Reason.NonceUsed;

        // That there is one stands in the receipt's own word too, which every act reads.
        word = act.amount == 0 ? word.withoutFlags(FLAG_LIEN) : word.withFlags(FLAG_LIEN);
        _titles[act.title].word = word;
        _liens[act.title] = act.amount == 0 ? 0 : (uint256(act.amount) << 16) | act.currency;
        emit StorageCharged(act.title, word, act.currency, act.amount, act.evidence);
    }
}
