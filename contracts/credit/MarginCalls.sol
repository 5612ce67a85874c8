// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CallMargin, CallMarginItem, MarkItem, WaiveCall, WaiveCallItem} from "../types/MarginActs.sol";
import {MarginActHash} from "../types/MarginActHash.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {Coverage} from "./Coverage.sol";
import {PositionWord} from "./CreditWords.sol";
import {ICredit} from "./ICredit.sol";
import {IEnforcement} from "./IEnforcement.sol";
import {GoodsTermsWord, MARGIN_CALLED, MarkWord, PledgedLotWord} from "./MarginWords.sol";

/// @notice The page's first room: goods count for too little, and the borrower is to make it good.
abstract contract MarginCalls is Coverage, IEnforcement {
    // ── Mark ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IEnforcement
    function markGoods(MarkItem[] calldata items) external paged returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _mark(items[i].facility, items[i].lots);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _mark(uint32 facility, uint64[] calldata lots) private returns (Reason) {
        if (!_goodsTerms[facility].exists()) return Reason.GoodsTermsMissing;
        MarkWord word = _marks[facility];
        if (lots.length != word.lots()) return Reason.ListStale;
        uint64 last;
        for (uint256 i; i < lots.length; ++i) {
            if (lots[i] <= last || _pledgedLots[facility][lots[i]].quantity() == 0) return Reason.ListStale;
            last = lots[i];
        }
        uint256 fresh = type(uint16).max;
        for (uint256 i; i < lots.length; ++i) {
            PledgedLotWord lot = _pledgedLots[facility][lots[i]];
            if (lot.validUntil() < fresh) fresh = lot.validUntil();
            // What a count found missing counts no more.
            _revalue(facility, lots[i], lot, 0);
        }
        PositionWord position = _positions[facility];
        if (word.state() != 0 && _isMet(word, position)) word = word.withState(0, 0, 0);
        _setMark(facility, word.withFresh(fresh), 0);
        return Reason.None;
    }

    // ── Call, waive ────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IEnforcement
    function callMargin(CallMarginItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _call(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _call(CallMarginItem calldata item) private returns (Reason reason) {
        CallMargin calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        GoodsTermsWord terms = _goodsTerms[act.facility];
        if (!terms.exists()) return Reason.GoodsTermsMissing;
        MarkWord word = _marks[act.facility];
        if (word.state() != 0) return Reason.MarginCalled;
        if (!_isShort(act.facility, _positions[act.facility])) return Reason.NotShort;
        if (act.untilDay < uint256(_today()) + terms.callDays()) return Reason.ValueDayOutOfRange;
        reason = _byLender(act.facility, MarginActHash.hash(act), act.nonce, item.maker, item.checker);
        if (reason == Reason.None) _setMark(act.facility, word.withState(MARGIN_CALLED, act.untilDay, 0), act.evidence);
    }

    /// @inheritdoc IEnforcement
    function waiveCall(WaiveCallItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _waive(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _waive(WaiveCallItem calldata item) private returns (Reason reason) {
        WaiveCall calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        MarkWord word = _marks[act.facility];
        if (word.state() == 0) return Reason.NotCalled;
        reason = _byLender(act.facility, MarginActHash.hash(act), act.nonce, item.maker, item.checker);
        if (reason == Reason.None) _setMark(act.facility, word.withState(0, 0, 0), act.evidence);
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    function markOf(uint32 facility) external view returns (MarkWord) {
        return _marks[facility];
    }
}
