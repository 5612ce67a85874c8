// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "../types/ActHash.sol";
import {
    Carve,
    CarveItem,
    LockItem,
    Release,
    ReleaseItem,
    Unlock,
    UnlockItem
} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Refusals} from "../types/Refusals.sol";
import {Skips} from "../types/Skips.sol";
import {ROLE_CREDIT_CHECKER, ROLE_CREDIT_MAKER, ROLE_TITLE} from "../types/Words.sol";
import {FORM_LEASE, FORM_PLEDGE, PositionWord} from "./CreditWords.sol";
import {ICredit} from "./ICredit.sol";
import {Pledges} from "./Pledges.sol";
import {Sales} from "./Sales.sol";

/// @notice Credit's first room: titles secure a facility until they are released.
abstract contract Facilities is Sales, ICredit {
    // ── Lock ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function lock(LockItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        uint256 count = items.length;
        reasons = new Reason[](count);
        uint256 first;
        // One call for each run of items that name the same facility.
        while (first < count) {
            uint32 facility = items[first].act.facility;
            uint256 end = first + 1;
            while (end < count && items[end].act.facility == facility) {
                unchecked {
                    ++end;
                }
            }
            _lockRun(facility, items[first:end], reasons, first);
            first = end;
        }
        Skips.answer(reasons, Skipped.selector);
    }

    /// @param at where in `reasons` those of this run begin.
    function _lockRun(uint32 id, LockItem[] calldata run, Reason[] memory reasons, uint256 at) private {
        PositionWord position = _positions[id];
        Reason refusal;
        if (!position.exists()) refusal = Reason.FacilityUnknown;
        // While anything is owed, more may always be pledged.
        else if (_today() > position.endDay() && position.owesNothing()) refusal = Reason.FacilityEnded;
        // A lease has no pledge beside it.
        else if (position.form() == FORM_LEASE) refusal = Reason.TermsOutOfRange;
        if (refusal == Reason.None) {
            return _pledge(id, position, run, reasons, at);
        }
        for (uint256 i; i < run.length; ++i) {
            reasons[at + i] = block.timestamp > run[i].act.expiresAt ? Reason.InstructionExpired : refusal;
        }
    }

    /// @dev While nothing is owed yet, the release clock runs from the latest lock: a lender that never lends cannot
    ///      keep a title by silence.
    function _pledge(uint32 id, PositionWord position, LockItem[] calldata run, Reason[] memory reasons, uint256 at)
        private
    {
        uint256 terms = (uint256(position.faceRoom()) << 80) | _facilities[id].terms();
        uint256 added = Pledges.lock(_ledger, run, terms, reasons, at);
        if (added == 0) return;
        _setPosition(id, position.plusFace(added).withClock(position.isClear() ? _today() : 0, false));
    }

    // ── Release ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function release(ReleaseItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _release(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _release(ReleaseItem calldata item) private returns (Reason reason) {
        Release calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        PositionWord position = _positions[act.facility];
        if (!position.exists()) return Reason.FacilityUnknown;
        // Leased goods are nobody's collateral: they go with the last rental, or when the lease is ended.
        if (position.form() == FORM_LEASE) return Reason.OtherKind;
        // What is pledged stands for those who paid, too: the lender cannot give it away (CC-700).
        if (position.subrogated()) return Reason.SubrogationOpen;
        // Release raises risk: coverage must hold after it, unless nothing is owed (decision 14).
        uint256 most = type(uint256).max;
        Reason bound;
        if (position.used() != 0) {
            if (position.face() < position.cover()) return Reason.CollateralShort;
            (most, bound) = _spare(act.facility, position);
            reason = _covering(act.facility, position);
            if (reason == Reason.None) reason = _noneOverdue(act.facility, position, item.loans);
        }
        bool sells = position.form() != FORM_PLEDGE;
        if (sells && reason == Reason.None) reason = _releasable(act.titles);
        uint32 lender = _facilities[act.facility].lender();
        try _ledger.release(act, item.first, item.second, lender, most, reason) returns (uint256 opened) {
            _goFree(act.facility, position, opened);
            if (sells) _endSales(act.titles);
            return Reason.None;
        } catch (bytes memory failure) {
            reason = Refusals.reasonOf(failure);
            // The Ledger knows how much is too much, and not by which rule.
            return reason == Reason.CollateralShort ? bound : reason;
        }
    }

    /// @return most  what may leave the face value while something is owed. One that takes goods keeps the floor that was
    ///               agreed, and one in stages is freed against sales cash, whatever it is that goes: else goods would go by
    ///               way of the receivable that they were sold for.
    /// @return bound the rule that says so.
    function _spare(uint32 id, PositionWord position) private view returns (uint256 most, Reason bound) {
        (uint256 face, uint256 kept) = (position.face(), position.cover());
        bound = Reason.CollateralShort;
        if (position.takesGoods() && _goodsTerms[id].floor() > kept) {
            (kept, bound) = (_goodsTerms[id].floor(), Reason.BelowFloor);
        }
        most = face > kept ? face - kept : 0;
        if (position.inStages() && _againstSales(id) < most) (most, bound) = (_againstSales(id), Reason.SalesShort);
    }

    function _goFree(uint32 id, PositionWord position, uint256 opened) private {
        _minusFace(id, position, opened);
        _countReleased(id, position, opened, 0);
    }

    /// @inheritdoc ICredit
    function unlock(UnlockItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _unlockWithoutLender(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _unlockWithoutLender(UnlockItem calldata item) private returns (Reason reason) {
        Unlock calldata act = item.act;
        PositionWord position = _positions[act.facility];
        if (!position.exists()) return Reason.FacilityUnknown;
        if (position.used() != 0 || position.zeroDebtDay() == 0) return Reason.DebtOutstanding;
        if (!position.closesWithDebt() || !position.debtPaid()) {
            if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
            if (_today() < uint256(position.zeroDebtDay()) + position.releaseDays()) return Reason.ReleaseClockRunning;
            uint32 borrower = _facilities[act.facility].borrower();
            reason = _ledger.authorise(ActHash.hash(act), Needs.need(borrower, ROLE_TITLE, 0), item.holder);
            if (reason != Reason.None) return reason;
            if (!_ledger.spend(borrower, act.nonce)) return Reason.NonceUsed;
        }
        if (act.titles.length != 0) _goFree(act.facility, position, _ledger.unlock(act.facility, act.titles));
    }

    /// @inheritdoc ICredit
    function carve(CarveItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _carve(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _carve(CarveItem calldata item) private returns (Reason reason) {
        Carve calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        uint32 lender = _facilities[act.facility].lender();
        if (lender == 0) return Reason.FacilityUnknown;
        if (uint32(act.child >> 32) != lender) return Reason.ForeignId;
        if (_positions[act.facility].form() != FORM_PLEDGE && _sales[act.title] != 0) return Reason.TitleSold;
        uint256 need = Needs.need(lender, ROLE_CREDIT_MAKER, act.quantity);
        reason = _ledger.authorise(ActHash.hash(act), need, item.lender);
        if (reason != Reason.None) return reason;
        return _ledger.carveLocked(act.title, act.child, act.quantity, act.facility);
    }

    // ── For Protection ──────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function guard(uint32 facility, bool short, bool open) external onlyProtection {
        PositionWord before = _positions[facility];
        PositionWord position = before.withGuard(short, open);
        if (open) position = position.withClock(0, false);
        else if (before.subrogated() && position.isClear()) position = position.withClock(_today(), true);
        _setPosition(facility, position);
    }

    // ── For Settlement and Evidence ─────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function lowerFace(uint32 facility, uint48 amount) external {
        if (msg.sender != _settlement && msg.sender != address(_evidence)) revert NotModule(msg.sender);
        _setPosition(facility, _positions[facility].minusFace(amount));
    }
}
