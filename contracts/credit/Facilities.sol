// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Policies} from "../evidence/Policies.sol";
import {ActHash} from "../types/ActHash.sol";
import {
    Carve,
    CarveItem,
    LockItem,
    Open,
    OpenItem,
    Release,
    ReleaseItem,
    Unlock,
    UnlockItem
} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Refusals} from "../types/Refusals.sol";
import {Skips} from "../types/Skips.sol";
import {ROLE_BORROW, ROLE_CREDIT_CHECKER, ROLE_CREDIT_MAKER, ROLE_TITLE} from "../types/Words.sol";
import {
    FORM_PLEDGE,
    LOAN_OUTSTANDING,
    LOAN_RESERVED,
    LoanWord,
    PositionWord,
    PositionWords
} from "./CreditWords.sol";
import {FacilityWord, FacilityWords} from "./FacilityWords.sol";
import {Funders} from "./Funders.sol";
import {ICredit} from "./ICredit.sol";
import {Pledges} from "./Pledges.sol";

/// @notice Credit's first room: a lender and a borrower agree a facility, and titles secure it until they are released.
abstract contract Facilities is Funders {
    using Policies for uint256;

    // ── Open ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function open(OpenItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _open(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _open(OpenItem calldata item) private returns (Reason reason) {
        Open calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (act.facility == 0 || act.lender == act.borrower) return Reason.TermsOutOfRange;
        if (act.advanceBps == 0 || act.advanceBps > 10_000 || act.limit == 0) return Reason.TermsOutOfRange;
        if (act.endDay < _today()) return Reason.FacilityEnded;
        if (_facilities[act.facility].exists()) return Reason.FacilityTaken;
        reason = _fundable(act);
        if (reason != Reason.None) return reason;
        bytes32 hash = ActHash.hash(act);
        uint256[3] memory needs;
        needs[0] = Needs.need(act.lender, ROLE_CREDIT_MAKER, 0);
        needs[1] = Needs.need(act.lender, ROLE_CREDIT_CHECKER, act.limit);
        needs[2] = Needs.need(act.borrower, ROLE_BORROW, act.limit);
        reason = _authorise(hash, needs, item.maker, item.checker, item.borrower);
        if (reason == Reason.None && act.entrustor != 0) reason = _entrusted(item, hash);
        if (reason != Reason.None) return reason;

        bytes32 account = keccak256(abi.encode(act.collectionBank, act.collectionAccount));
        FacilityWord word = FacilityWords.make(act.lender, act.borrower, act.currency, account);
        PositionWord position = PositionWords.opened(act, _evidence.policyOn(_today()).releaseDays());
        _facilities[act.facility] = word;
        _positions[act.facility] = position;
        emit Opened(act.facility, word, position, act.collectionBank, act.collectionAccount, act.evidence);
        if (act.entrustor != 0) _entrust(act.facility, act.entrustor, act.agentFeeBps);
    }

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
        else if (_today() > position.endDay()) refusal = Reason.FacilityEnded;
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
        // What is pledged stands for those who paid, too: the lender cannot give it away (CC-700).
        if (position.subrogated()) return Reason.SubrogationOpen;
        // Release raises risk: coverage must hold after it, unless nothing is owed (decision 14).
        uint256 most = type(uint256).max;
        if (position.used() != 0) {
            (uint256 face, uint256 cover) = (position.face(), position.cover());
            if (face < cover) return Reason.CollateralShort;
            most = face - cover;
            reason = _noneOverdue(act.facility, position, item.loans);
        }
        bool sells = position.form() != FORM_PLEDGE;
        if (sells && reason == Reason.None) reason = _releasable(act.titles);
        uint32 lender = _facilities[act.facility].lender();
        try _ledger.release(act, item.first, item.second, lender, most, reason) returns (uint256 opened) {
            _minusFace(act.facility, position, opened);
            if (sells) _endSales(act.titles);
            return Reason.None;
        } catch (bytes memory failure) {
            return Refusals.reasonOf(failure);
        }
    }

    /// @dev `loans` must be all that are reserved or outstanding, rising: as many as the facility counts.
    function _noneOverdue(uint32 id, PositionWord position, uint64[] calldata loans) private view returns (Reason) {
        if (loans.length != position.loans()) return Reason.LoanUnknown;
        uint16 today = _today();
        uint64 last;
        for (uint256 i; i < loans.length; ++i) {
            LoanWord loan = _loans[loans[i]];
            uint8 phase = loan.phase();
            if (loans[i] <= last || loan.facility() != id) return Reason.LoanUnknown;
            if (phase != LOAN_RESERVED && phase != LOAN_OUTSTANDING) return Reason.LoanUnknown;
            if (phase == LOAN_OUTSTANDING && _overdueSince(loans[i], loan, today) != 0) return Reason.PastDue;
            last = loans[i];
        }
        return Reason.None;
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
        if (act.titles.length != 0) _minusFace(act.facility, position, _ledger.unlock(act.facility, act.titles));
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

    // ── For Settlement ──────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function collateralPaid(uint32 facility, uint48 amount) external onlySettlement {
        _setPosition(facility, _positions[facility].minusFace(amount));
    }
}
