// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CostsWord} from "../credit/CostsWords.sol";
import {
    AccrualWord,
    FORM_LEASE,
    LOAN_OUTSTANDING,
    LOAN_SETTLED,
    LOAN_WRITTEN_OFF,
    LoanWord,
    PositionWord
} from "../credit/CreditWords.sol";
import {ActHash} from "../types/ActHash.sol";
import {CallProtection, CallProtectionItem, EndCall, EndCallItem, Waive, WaiveItem} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {FLAG_GOODS, ROLE_CREDIT_CHECKER, ROLE_CREDIT_MAKER, ROLE_PAYMENTS, TitleWord} from "../types/Words.sol";
import {IProtection} from "./IProtection.sol";
import {Promises} from "./Promises.sol";
import {
    CallWord,
    ClaimsWord,
    GuardWord,
    PROTECTION_INSURANCE,
    PROTECTION_RESERVE,
    PROTECTION_SHARE,
    ProtectionWord,
    StandingWord
} from "./ProtectionWords.sol";

/// @notice Protection's second room: protections are called in their order, pay, and are reimbursed.
abstract contract Calls is Promises {
    /// CC-692: where the parties agreed no period.
    uint256 private constant PERIOD_MONTHS = 6;
    /// A protector that has not paid after so many days keeps nobody behind it waiting.
    uint256 private constant ANSWER_DAYS = 15;
    uint256 private constant MOST_BPS = 10_000;

    // ── Call ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProtection
    function callProtection(CallProtectionItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _call(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _call(CallProtectionItem calldata item) private returns (Reason reason) {
        CallProtection calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        ProtectionWord word = _protections[act.protection];
        if (!word.exists()) return Reason.ProtectionUnknown;
        CallWord call_ = _calls[act.protection][act.loan];
        if (act.amount == 0) return Reason.ZeroQuantity;
        if (call_.called() != act.calledBefore) return Reason.ListStale;
        reason = _callable(act.protection, word, call_, act.loan);
        if (reason == Reason.None) reason = _inTurn(act, word, item.others, item.titles);
        if (reason == Reason.None) reason = _withinBounds(act, word, call_);
        if (reason == Reason.None) reason = _lenderCalls(item, word);
        if (reason != Reason.None) return reason;

        call_ = call_.plusCalled(act.amount, _today());
        _setCall(act.protection, act.loan, call_, word.plusCalled(act.amount), act.evidence);
    }

    /// @dev The loan is overdue beyond its days of grace, the period is not over, and it is no dearer than what the
    ///      protector signed for.
    function _callable(uint64 protection, ProtectionWord word, CallWord call_, uint64 id)
        private
        view
        returns (Reason)
    {
        (LoanWord loan, AccrualWord accrual) = _credit.loanOf(id);
        if (loan.facility() != word.facility()) return Reason.LoanUnknown;
        uint8 phase = loan.phase();
        if (phase != LOAN_OUTSTANDING && phase != LOAN_WRITTEN_OFF) return Reason.LoanNotOutstanding;
        if (!_isLate(loan, accrual)) return Reason.NotYetDue;
        StandingWord standing = _standings[protection];
        if (_today() > _lastDay(standing, loan)) return Reason.ProtectionEnded;
        if (loan.rate() > standing.rate() && !call_.consented()) return Reason.ConsentMissing;
        return Reason.None;
    }

    function _lastDay(StandingWord standing, LoanWord loan) private pure returns (uint256) {
        uint256 until = standing.untilDay();
        return until == 0 ? Calendar.addMonths(loan.dueDay(), PERIOD_MONTHS) : until;
    }

    /// @dev The debtor's own collateral first (CC-392), then whoever comes before.
    function _inTurn(CallProtection calldata act, ProtectionWord word, uint64[] calldata others, uint64[] calldata titles)
        private
        view
        returns (Reason)
    {
        uint32 facility = word.facility();
        if (!_collateralUsedUp(facility, titles)) return Reason.CollateralFirst;
        if (others.length != _guards[facility].protections()) return Reason.OrderOfCall;
        uint64 last;
        for (uint256 i; i < others.length; ++i) {
            uint64 other = others[i];
            ProtectionWord before = _protections[other];
            if (other <= last || before.facility() != facility) return Reason.OrderOfCall;
            last = other;
            if (before.rank() < word.rank() && !_usedUp(other, before, act.loan)) return Reason.OrderOfCall;
        }
        return Reason.None;
    }

    /// @dev Nothing claims any more; or what still does is overdue itself. `titles` must be all that are locked.
    function _collateralUsedUp(uint32 facility, uint64[] calldata titles) private view returns (bool) {
        PositionWord position = _credit.positionOf(facility);
        uint256 face = position.face();
        // Leased goods are the lessor's own, and secure nothing.
        if (face == 0 || position.form() == FORM_LEASE) return true;
        uint64 last;
        for (uint256 i; i < titles.length; ++i) {
            TitleWord title = _ledger.titleOf(titles[i]);
            // Pledged goods are used up when they are sold: they count in face value by what they are worth.
            if (titles[i] <= last || title.lock() != facility || title.has(FLAG_GOODS)) return false;
            if (_today() <= _ledger.rootOf(title.root()).dueDay()) return false;
            last = titles[i];
            uint256 open = title.open();
            if (open > face) return false;
            face -= open;
        }
        return face == 0;
    }

    /// @dev All of its cap is called, or it cannot be called for this loan, or it left a call unanswered.
    function _usedUp(uint64 protection, ProtectionWord word, uint64 id) private view returns (bool) {
        if (word.room() == 0) return true;
        CallWord call_ = _calls[protection][id];
        if (_callable(protection, word, call_, id) != Reason.None) return true;
        if (word.kind() == PROTECTION_SHARE && call_.called() != 0 && call_.called() >= _share(word, id)) return true;
        if (word.kind() == PROTECTION_RESERVE && _standings[protection].balance() == 0) return true;
        return call_.unpaid() != 0 && _today() > uint256(call_.day()) + ANSWER_DAYS;
    }

    /// @dev Never more than the cap, than what is owed, than a share of the loss or than a reserve has.
    function _withinBounds(CallProtection calldata act, ProtectionWord word, CallWord call_)
        private
        view
        returns (Reason)
    {
        if (act.amount > word.room()) return Reason.ExcessAmount;
        uint256 unpaid = uint256(call_.unpaid()) + act.amount;
        if (unpaid > _owed(act.loan)) return Reason.ExcessAmount;
        if (word.kind() == PROTECTION_SHARE && uint256(call_.called()) + act.amount > _share(word, act.loan)) {
            return Reason.ExcessAmount;
        }
        if (word.kind() == PROTECTION_RESERVE && unpaid > _standings[act.protection].balance()) {
            return Reason.ExcessAmount;
        }
        return Reason.None;
    }

    /// @dev Of the loss that guarantors left: rounded down. What partners paid belongs to the loss they share.
    function _share(ProtectionWord word, uint64 loan) private view returns (uint256) {
        return (_owed(loan) + _claims[loan].shared()) * word.bps() / MOST_BPS;
    }

    function _owed(uint64 loan) private view returns (uint256) {
        (uint256 interest, uint256 principal) = _credit.owedOn(loan, _today());
        CostsWord costs = _credit.costsOf(loan);
        return costs.due() + interest + principal;
    }

    function _lenderCalls(CallProtectionItem calldata item, ProtectionWord word) private view returns (Reason) {
        CallProtection calldata act = item.act;
        uint32 lender = _credit.facilityOf(word.facility()).lender();
        uint256[3] memory needs;
        needs[0] = Needs.need(lender, ROLE_CREDIT_MAKER, 0);
        needs[1] = Needs.need(lender, ROLE_CREDIT_CHECKER, act.amount);
        if (word.kind() == PROTECTION_RESERVE) {
            needs[2] = Needs.need(_standings[act.protection].custodian(), ROLE_PAYMENTS, act.amount);
        }
        return _ledger.authoriseAll(ActHash.hash(act), needs, item.maker, item.checker, item.custodian);
    }

    // ── End a call, give a claim up ─────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProtection
    function endCall(EndCallItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _endCall(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _endCall(EndCallItem calldata item) private returns (Reason reason) {
        EndCall calldata act = item.act;
        ProtectionWord word = _protections[act.protection];
        if (!word.exists()) return Reason.ProtectionUnknown;
        CallWord call_ = _calls[act.protection][act.loan];
        uint48 unpaid = call_.unpaid();
        if (unpaid == 0) return Reason.NotCalled;
        if (call_.called() != act.calledBefore) return Reason.ListStale;
        (LoanWord loan,) = _credit.loanOf(act.loan);
        uint8 phase = loan.phase();
        if (phase == LOAN_OUTSTANDING || phase == LOAN_WRITTEN_OFF) {
            if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
            // A guarantor promised; only an insurer looks at each claim.
            if (word.kind() != PROTECTION_INSURANCE) return Reason.DebtOutstanding;
            bytes32 id = ActHash.hash(act);
            if (_used[id]) return Reason.NonceUsed;
            reason = _twoOfProtector(id, act.protection, unpaid, item.first, item.second);
            if (reason != Reason.None) return reason;
            _used[id] = true;
        }
        _setCall(act.protection, act.loan, call_.minusCalled(unpaid), word.minusCalled(unpaid), act.reason);
    }

    /// @inheritdoc IProtection
    function waive(WaiveItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _waive(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _waive(WaiveItem calldata item) private returns (Reason reason) {
        Waive calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        ProtectionWord word = _protections[act.protection];
        if (!word.exists()) return Reason.ProtectionUnknown;
        CallWord call_ = _calls[act.protection][act.loan];
        ClaimsWord claims = _claims[act.loan];
        if (act.amount == 0) return Reason.ZeroQuantity;
        // What was kept for claims belongs to them: only what is open beyond it can be given up.
        if (act.amount > call_.claim() || act.amount > claims.open() - claims.pot()) return Reason.ExcessAmount;
        bytes32 id = ActHash.hash(act);
        if (_used[id]) return Reason.NonceUsed;
        reason = _twoOfProtector(id, act.protection, act.amount, item.first, item.second);
        if (reason != Reason.None) return reason;
        _used[id] = true;
        _lowerClaim(act.protection, act.loan, call_, word, claims, act.amount, act.evidence);
    }

    // ── For Settlement ──────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProtection
    function pay(uint64 protection, uint64 id, uint48 amount, uint16 valueDay, bytes32 account)
        external
        onlySettlement
        returns (Reason reason)
    {
        ProtectionWord word = _protections[protection];
        if (!word.exists()) return Reason.ProtectionUnknown;
        CallWord call_ = _calls[protection][id];
        if (amount > call_.unpaid()) return Reason.NotCalled;
        (reason,) = _credit.repay(id, amount, valueDay, account, 0, new uint256[](0));
        if (reason != Reason.None) return reason;

        uint8 kind = word.kind();
        uint32 facility = word.facility();
        if (kind == PROTECTION_RESERVE) {
            StandingWord standing = _standings[protection];
            uint48 balance = standing.balance() > amount ? standing.balance() - amount : 0;
            _withBalance(protection, facility, standing, balance, standing.attestedDay());
        }
        if (call_.claim() == 0) {
            GuardWord guard = _guards[facility];
            _setGuard(facility, guard, guard.plusOpen(true));
        }
        _claims[id] = _claims[id].plusClaim(kind, amount);
        _setCall(protection, id, call_.plusPaid(amount), word.plusPaid(amount), 0);
    }

    /// @inheritdoc IProtection
    function keep(uint64 id, uint48 amount, bool whole) external onlySettlement returns (uint48 kept) {
        (LoanWord loan,) = _credit.loanOf(id);
        if (loan.phase() != LOAN_SETTLED) return 0;
        ClaimsWord claims = _claims[id];
        uint256 open = claims.open() - claims.pot();
        if (open == 0 || (whole && amount > open)) return 0;
        kept = amount > open ? uint48(open) : amount;
        claims = claims.plusPot(kept);
        _claims[id] = claims;
        emit Kept(id, claims);
    }

    /// @inheritdoc IProtection
    function reimburse(uint64 protection, uint64 id, uint48 amount) external onlySettlement returns (Reason) {
        ProtectionWord word = _protections[protection];
        CallWord call_ = _calls[protection][id];
        ClaimsWord claims = _claims[id];
        if (amount > call_.claim()) return Reason.ExcessAmount;
        PositionWord position = _credit.positionOf(word.facility());
        // What is kept is the protectors', but while the facility owes anything its lender may still need the pledges.
        if (amount > claims.pot() || !position.owesNothing()) return Reason.LenderNotWhole;
        if (word.kind() == PROTECTION_INSURANCE && claims.first() != 0) return Reason.OrderOfCall;
        _lowerClaim(protection, id, call_, word, claims.minusPot(amount), amount, 0);
        return Reason.None;
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _lowerClaim(
        uint64 protection,
        uint64 loan,
        CallWord call_,
        ProtectionWord word,
        ClaimsWord claims,
        uint48 amount,
        bytes32 evidence
    ) private {
        call_ = call_.plusReimbursed(amount);
        _claims[loan] = claims.minusClaim(word.kind(), amount);
        if (call_.claim() == 0) {
            GuardWord guard = _guards[word.facility()];
            _setGuard(word.facility(), guard, guard.plusOpen(false));
        }
        _setCall(protection, loan, call_, word.plusReimbursed(amount), evidence);
    }

    function _setCall(uint64 protection, uint64 loan, CallWord call_, ProtectionWord word, bytes32 evidence) private {
        _calls[protection][loan] = call_;
        _protections[protection] = word;
        emit CallChanged(protection, loan, call_, word, _standings[protection], _claims[loan], evidence);
    }
}
