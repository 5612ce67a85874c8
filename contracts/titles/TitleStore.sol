// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Keys} from "../access/Keys.sol";
import {LotWord} from "../goods/LotWords.sol";
import {OrderWord} from "../goods/OrderWords.sol";
import {Calendar} from "../types/Calendar.sol";
import {Modules} from "../types/Modules.sol";
import {Reason} from "../types/Reasons.sol";
import {RowLog} from "../types/RowLog.sol";
import {
    FLAG_FROZEN,
    FLAG_GOODS,
    FLAG_HELD,
    FLAG_LIEN,
    FLAG_PAPER,
    FLAGS_DEAD,
    FLAGS_KIND,
    MoneyWord,
    PHASE_LIVE,
    RootWord,
    TitleWord,
    TitleWords
} from "../types/Words.sol";

/// @notice The records of the Ledger, and the few rules that every room of both its pages shares.
abstract contract TitleStore is Keys {
    using RowLog for RowLog.Log;

    /// One slot; a struct, so that a verb finds it once and then reads and writes it.
    struct TitleSlot {
        TitleWord word;
    }

    mapping(uint64 title => TitleSlot) internal _titles;
    mapping(uint64 root => RootWord) internal _roots;
    mapping(uint64 root => MoneyWord) internal _money;
    /// quantity 48 · paid 48 of titles whose holders gave up the rest: they share in no further money.
    mapping(uint64 root => uint256) internal _givenUp;
    /// Of roots that are lots of goods.
    mapping(uint64 lot => LotWord) internal _lots;
    /// Whose goods a keeper's lot number is committed to.
    mapping(bytes32 number => uint64 lot) internal _lotNumbers;
    /// amount 48 · currency 16: what the keeper is owed before it hands a receipt's goods over.
    mapping(uint64 title => uint256) internal _liens;
    /// Of roots that are orders, once something of one is taken or taken off.
    mapping(uint64 order => OrderWord) internal _orders;

    constructor(Modules memory modules) Keys(modules) {}

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _today() internal view returns (uint16) {
        return Calendar.day(block.timestamp);
    }

    /// @dev An id's upper half is the party that made it, so nobody can take another's.
    function _isMadeBy(uint64 id, uint32 party) internal pure returns (bool) {
        return uint32(id >> 32) == party;
    }

    /// @dev May the holder act on this title today? As `_unbound`, and before the due day.
    function _movable(TitleWord word, RootWord root, uint16 sequence) internal view returns (Reason reason) {
        reason = _unbound(word, root, sequence);
        if (reason != Reason.None) return reason;
        if (_today() >= root.dueDay()) return Reason.PastDue;
    }

    /// @dev The kind of the titles that this page's verbs are for: 0 or FLAG_GOODS. None of them is for orders.
    function _own() internal pure virtual returns (uint256 flag);

    /// @dev Alive, unlocked, unfrozen, and not moved since the act was signed; and goods where the keeper signs.
    function _unbound(TitleWord word, RootWord root, uint16 sequence) internal pure returns (Reason) {
        if (!word.exists()) return Reason.UnknownTitle;
        if (TitleWord.unwrap(word) & FLAGS_KIND != _own()) return Reason.OtherKind;
        if (word.has(FLAGS_DEAD)) return Reason.TitleSpent;
        if (word.lock() != 0) return Reason.TitleLocked;
        if (word.has(FLAG_FROZEN)) return Reason.TitleFrozen;
        if (word.sequence() != sequence) return Reason.WrongSequence;
        return root.phase() == PHASE_LIVE ? Reason.None : Reason.NotLive;
    }

    /// @dev Takes `quantity` out of a title into a new one that inherits root and lock. INV-TITLE-01: the two
    ///      quantities are the old one. Callers have checked that the act is allowed, and that nothing is frozen.
    function _part(TitleWord word, uint48 quantity, uint32 holder, uint256 depth)
        internal
        pure
        returns (TitleWord parentWord, TitleWord childWord)
    {
        unchecked {
            parentWord = word.withQuantity(word.quantity() - quantity);
        }
        childWord = TitleWords.make(holder, word.root(), quantity, depth).withLock(word.lock()).withFlags(
            TitleWord.unwrap(word) & FLAGS_KIND
        );
    }

    /// @dev One title's new word, and the event that tells it: `event_` has the title as its topic, then the word and one
    ///      word more.
    function _mark(uint64 title, TitleWord word, bytes32 event_, uint256 more) internal {
        _titles[title].word = word;
        assembly ("memory-safe") {
            mstore(0, word)
            mstore(32, more)
            log2(0, 64, event_, title)
        }
    }

    /// @dev No root has a number for parts, so only others are looked up among them (decision 0036 in docs/decisions).
    function _isTaken(TitleSlot storage title, uint64 id) internal view returns (bool) {
        return title.word.exists() || (!_isForParts(id) && _roots[id].exists());
    }

    /// @dev Of the numbers that a party makes, those whose serial has its highest bit set.
    function _isForParts(uint64 id) internal pure returns (bool) {
        return id & (1 << 31) != 0;
    }

    /// @dev The carve of those who act by right (a lender on what is locked to it, an order on anything): it ignores
    ///      depth and minimum piece. Part-paid titles are not carved: their money could not be told apart.
    function _carveByRight(TitleSlot storage title, TitleWord word, uint64 child, uint48 quantity)
        internal
        returns (Reason, TitleWord parentWord, TitleWord childWord)
    {
        if (quantity == 0) return (Reason.ZeroQuantity, word, word);
        if (quantity >= word.quantity()) return (Reason.QuantityAboveTitle, word, word);
        TitleSlot storage place = _titles[child];
        if (_isTaken(place, child)) return (Reason.IdTaken, word, word);
        if (word.has(FLAG_HELD)) return (Reason.GoodsSold, word, word);
        // Of a part nobody would know that storage is owed on it, or that its paper is out.
        if (word.has(FLAG_GOODS)) {
            if (word.has(FLAG_LIEN)) return (Reason.StorageUnpaid, word, word);
            if (word.has(FLAG_PAPER)) return (Reason.OnPaper, word, word);
        }
        if (_money[word.root()].distributed() != 0) return (Reason.PastDue, word, word);
        uint256 depth = word.depth();
        if (depth != type(uint8).max) ++depth;
        (parentWord, childWord) = _part(word, quantity, word.holder(), depth);
        (title.word, place.word) = (parentWord, childWord);
        return (Reason.None, parentWord, childWord);
    }

    function _row(RowLog.Log memory log, uint64 title, TitleWord word, bytes32 evidence) internal pure {
        log.push(title);
        log.push(TitleWord.unwrap(word));
        log.push(uint256(evidence));
        log.endRow();
    }

    function _pair(
        RowLog.Log memory log,
        uint64 parent,
        TitleWord parentWord,
        uint64 child,
        TitleWord childWord,
        bytes32 evidence
    ) internal pure {
        log.push((uint256(parent) << 64) | child);
        log.push(TitleWord.unwrap(parentWord));
        log.push(TitleWord.unwrap(childWord));
        log.push(uint256(evidence));
        log.endRow();
    }
}
