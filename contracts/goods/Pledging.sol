// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILedger} from "../titles/ILedger.sol";
import {SplitReceipt} from "../types/GoodsActs.sol";
import {CarveGoods, PledgeGoods} from "../types/MarginActs.sol";
import {Reason} from "../types/Reasons.sol";
import {Refusals} from "../types/Refusals.sol";
import {RowLog} from "../types/RowLog.sol";
import {FLAG_FROZEN, FLAG_GOODS, FLAG_HELD, FLAG_LIEN, FLAG_PAPER, FLAGS_DEAD, RootWord, TitleWord} from "../types/Words.sol";
import {Deliveries} from "./Deliveries.sol";
import {GoodsStore} from "./GoodsStore.sol";
import {OrderWord} from "./OrderWords.sol";

/// @notice The page's last room: what Credit does to a receipt that secures a facility, after the signatures that it has
///         asked for. What Encumbrance is for certificates, this is for receipts.
abstract contract Pledging is GoodsStore, Deliveries {
    using RowLog for RowLog.Log;

    /// Of a title's word: lock, root, kind, whether it is over, and whether it is sold or leased.
    uint256 private constant LOCK_LOT_AND_LIFE =
        (0xffffffff << 192) | (0xffffffffffffffff << 128) | FLAG_GOODS | FLAGS_DEAD | FLAG_HELD;

    function lockGoods(PledgeGoods calldata act, uint32 holder) external only(_credit) returns (Reason reason) {
        TitleWord word = _titles[act.title].word;
        reason = _lockable(act, word, holder);
        if (reason == Reason.None && act.orderTitle | act.taken != 0) reason = _arrive(act, holder);
        if (reason != Reason.None) return reason;
        RowLog.Log memory log = RowLog.open(3);
        word = word.withLock(act.facility).withNextSequence();
        _titles[act.title].word = word;
        _row(log, act.title, word, act.evidence);
        log.emitAs(ILedger.Locked.selector);
    }

    function _lockable(PledgeGoods calldata act, TitleWord word, uint32 holder) private view returns (Reason reason) {
        reason = _movable(word, _roots[word.root()], act.sequence);
        if (reason != Reason.None) return reason;
        if (word.root() != act.lot) return Reason.DifferentRoot;
        if (word.holder() != holder) return Reason.DifferentHolder;
        if (word.has(FLAG_PAPER)) return Reason.OnPaper;
        if (word.has(FLAG_LIEN)) return Reason.StorageUnpaid;
        return act.quantity != word.quantity() ? Reason.AmountDiffers : Reason.None;
    }

    /// @dev What was ordered is in store: of the order's title, that secures the same facility, so much is gone.
    function _arrive(PledgeGoods calldata act, uint32 holder) private returns (Reason reason) {
        TitleWord word = _titles[act.orderTitle].word;
        reason = _usable(word, act.orderSequence, act.taken);
        if (reason != Reason.None) return reason;
        if (word.lock() != act.facility) return Reason.WrongLock;
        if (word.holder() != holder) return Reason.DifferentHolder;
        OrderWord order = _orders[word.root()].plusTaken(act.taken, 0);
        word = _shrink(act.orderTitle, word, act.taken, order);
        emit OrderStored(act.orderTitle, act.title, word, order, act.evidence);
    }

    /// @dev All that are named are of the lot and locked to the facility, none of them sold, each once, and together they
    ///      are the quantity: goods are released as they were signed for, or not at all.
    function freeGoods(uint32 facility, uint64 lot, uint256 quantity, uint256[] calldata titles) external only(_credit) {
        uint256 sum;
        uint256 wrong;
        uint256 lockBits = uint256(facility) << 192;
        uint256 bits = lockBits | (uint256(lot) << 128) | FLAG_GOODS;
        unchecked {
            for (uint256 i; i < titles.length; ++i) {
                uint256 id;
                // titles[i], which the loop keeps among them.
                assembly ("memory-safe") {
                    id := calldataload(add(titles.offset, shl(5, i)))
                }
                TitleSlot storage title = _titles[uint64(id)];
                uint256 word = TitleWord.unwrap(title.word);
                wrong |= ((word ^ bits) & LOCK_LOT_AND_LIFE) | (id >> 64);
                sum += uint48(word >> 80);
                title.word = TitleWord.wrap(word ^ lockBits);
            }
        }
        if (wrong != 0) Refusals.refuse(Reason.WrongLock);
        if (sum != quantity) Refusals.refuse(Reason.AmountDiffers);
        emit ILedger.Unlocked(facility, titles);
    }

    function carveGoods(CarveGoods calldata act) external only(_credit) returns (Reason reason) {
        TitleSlot storage title = _titles[act.title];
        TitleWord word = title.word;
        if (!word.exists()) return Reason.UnknownTitle;
        if (word.lock() != act.facility || !word.has(FLAG_GOODS)) return Reason.WrongLock;
        if (word.has(FLAG_FROZEN)) return Reason.TitleFrozen;
        if (word.has(FLAG_HELD)) return Reason.GoodsSold;
        if (word.has(FLAG_LIEN)) return Reason.StorageUnpaid;
        if (act.quantity == 0) return Reason.ZeroQuantity;
        if (act.quantity >= word.quantity()) return Reason.QuantityAboveTitle;
        if (word.depth() == type(uint8).max) return Reason.TooDeep;
        TitleSlot storage part = _titles[act.part];
        TitleSlot storage rest = _titles[act.rest];
        reason = _numbered(act.part, part, act.rest, rest);
        if (reason != Reason.None) return reason;
        RowLog.Log memory log = RowLog.open(5);
        _divide(
            SplitReceipt({
                title: act.title,
                sequence: word.sequence(),
                part: act.part,
                quantity: act.quantity,
                rest: act.rest,
                to: word.holder(),
                expiresAt: act.expiresAt,
                evidence: act.evidence
            }),
            word,
            title,
            part,
            rest,
            log
        );
        log.emitAs(ReceiptSplit.selector);
    }

    /// @dev Sold in enforcement, a receipt is one thing until its price comes or its day passes, and leased until its lease
    ///      ends: no order divides it.
    function holdGoods(uint64 id, bool on) external only(_credit) {
        TitleWord word = _titles[id].word;
        word = on ? word.withFlags(FLAG_HELD) : word.withoutFlags(FLAG_HELD);
        _mark(id, word, GoodsHeld.selector, on ? 1 : 0);
    }

    /// @dev Sold on in the ordinary course: what is owed for the goods takes their place, under the same lock.
    function convertGoods(uint64 id, uint16 sequence, uint64 root, RootWord rootWord, bytes32 evidence)
        external
        only(_credit)
        returns (Reason reason)
    {
        TitleWord word = _titles[id].word;
        uint32 facility = word.lock();
        word = word.withLock(0);
        reason = _movable(word, _roots[word.root()], sequence);
        if (reason != Reason.None) return reason;
        if (word.has(FLAG_PAPER)) return Reason.OnPaper;
        if (word.has(FLAG_LIEN)) return Reason.StorageUnpaid;
        if (_titles[root].word.exists()) return Reason.IdTaken;
        reason = _open(root, rootWord);
        if (reason != Reason.None) return reason;

        _accept(root, rootWord, word.holder(), facility, evidence);
        word = word.withHolder(rootWord.debtor()).withNextSequence();
        _titles[id].word = word;
        emit GoodsConverted(id, root, word, evidence);
    }

    /// @dev Sold, and paid for; or a lease of it came to nothing, or was ended.
    function deliverGoods(uint64 id, uint32 to, uint64 loan) external only(_credit) returns (Reason) {
        TitleWord word = _titles[id].word;
        if (word.has(FLAG_FROZEN)) return Reason.TitleFrozen;
        word = word.withHolder(to).withLock(0).withoutFlags(FLAG_HELD).withNextSequence();
        _mark(id, word, ILedger.Delivered.selector, loan);
        return Reason.None;
    }
}
