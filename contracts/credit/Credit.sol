// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {IEvidence} from "../evidence/IEvidence.sol";
import {Policies} from "../evidence/Policies.sol";
import {ILedger} from "../titles/ILedger.sol";
import {ActHash} from "../types/ActHash.sol";
import {
    Carve,
    CarveItem,
    Draw,
    DrawItem,
    LockItem,
    Open,
    OpenItem,
    Release,
    ReleaseItem,
    Signature,
    Unlock,
    UnlockItem,
    Void,
    VoidItem,
    WriteOff,
    WriteOffItem
} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Modules} from "../types/Modules.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Refusals} from "../types/Refusals.sol";
import {Skips} from "../types/Skips.sol";
import {ROLE_BORROW, ROLE_CREDIT_CHECKER, ROLE_CREDIT_MAKER, ROLE_TITLE} from "../types/Words.sol";
import {
    AccrualWord,
    FacilityWord,
    FacilityWords,
    LOAN_OUTSTANDING,
    LOAN_RESERVED,
    LOAN_SETTLED,
    LOAN_VOID,
    LOAN_WRITTEN_OFF,
    LoanWord,
    LoanWords,
    PositionWord,
    PositionWords
} from "./CreditWords.sol";
import {ICredit} from "./ICredit.sol";
import {Pledges} from "./Pledges.sol";

contract Credit is ICredit, Multicall {
    using Policies for uint256;

    ILedger private immutable _ledger;
    IEvidence private immutable _evidence;
    address private immutable _settlement;

    mapping(uint32 facility => FacilityWord) private _facilities;
    mapping(uint32 facility => PositionWord) private _positions;
    mapping(uint64 loan => LoanWord) private _loans;
    /// Deleted with the last payment: from then on nothing is owed, and Repaid said what had been.
    mapping(uint64 loan => AccrualWord) private _accruals;

    constructor(Modules memory modules) {
        _ledger = ILedger(modules.ledger);
        _evidence = IEvidence(modules.evidence);
        _settlement = modules.settlement;
    }

    modifier relayed() {
        if (!_ledger.isRelayer(msg.sender)) revert NotRelayer(msg.sender);
        _;
    }

    modifier onlySettlement() {
        if (msg.sender != _settlement) revert NotModule(msg.sender);
        _;
    }

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
        uint256[3] memory needs;
        needs[0] = Needs.need(act.lender, ROLE_CREDIT_MAKER, 0);
        needs[1] = Needs.need(act.lender, ROLE_CREDIT_CHECKER, act.limit);
        needs[2] = Needs.need(act.borrower, ROLE_BORROW, act.limit);
        reason = _authorise(ActHash.hash(act), needs, item.maker, item.checker, item.borrower);
        if (reason != Reason.None) return reason;

        bytes32 account = keccak256(abi.encode(act.collectionBank, act.collectionAccount));
        FacilityWord word = FacilityWords.make(act.lender, act.borrower, act.currency, account);
        PositionWord position = PositionWords.opened(act, _evidence.policyOn(_today()).releaseDays());
        _facilities[act.facility] = word;
        _positions[act.facility] = position;
        emit Opened(act.facility, word, position, act.collectionBank, act.collectionAccount, act.evidence);
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

    // ── Draw ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function draw(DrawItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _draw(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _draw(DrawItem calldata item) private returns (Reason reason) {
        Draw memory act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        FacilityWord facility = _facilities[act.facility];
        PositionWord position = _positions[act.facility];
        reason = _drawable(act, facility, position);
        if (reason != Reason.None) return reason;
        reason = _authoriseDraw(item, facility);
        if (reason != Reason.None) return reason;
        uint256 used = uint256(position.used()) + act.amount;
        if (used > position.limit()) return Reason.FacilityLimitExceeded;
        if (used > position.allows()) return Reason.CollateralShort;

        position = position.plusLoan(act.amount).withClock(0, false);
        _positions[act.facility] = position;
        LoanWord word = LoanWords.reserved(act, _today());
        _loans[act.loan] = word;
        emit Drawn(act.loan, word, position, act.evidence);
    }

    function _authoriseDraw(DrawItem calldata item, FacilityWord facility) private view returns (Reason) {
        uint48 amount = item.act.amount;
        uint256[3] memory needs;
        needs[0] = Needs.need(facility.borrower(), ROLE_BORROW, amount);
        needs[1] = Needs.need(facility.lender(), ROLE_CREDIT_MAKER, 0);
        needs[2] = Needs.need(facility.lender(), ROLE_CREDIT_CHECKER, amount);
        return _authorise(ActHash.hash(item.act), needs, item.borrower, item.maker, item.checker);
    }

    function _drawable(Draw memory act, FacilityWord facility, PositionWord position)
        private
        view
        returns (Reason)
    {
        if (!facility.exists()) return Reason.FacilityUnknown;
        if (_today() > position.endDay()) return Reason.FacilityEnded;
        if (uint32(act.loan >> 32) != facility.borrower()) return Reason.ForeignId;
        if (_loans[act.loan].exists()) return Reason.LoanTaken;
        if (act.amount == 0 || act.dueDay <= _today()) return Reason.TermsOutOfRange;
        if (act.basis > 1 || act.penaltyBps > 10_000) return Reason.TermsOutOfRange;
        return Reason.None;
    }

    /// @inheritdoc ICredit
    function void(VoidItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _void(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _void(VoidItem calldata item) private returns (Reason reason) {
        Void calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        LoanWord loan = _loans[act.loan];
        if (!loan.exists()) return Reason.LoanUnknown;
        uint32 lender = _facilities[loan.facility()].lender();
        reason = _makerAndChecker(ActHash.hash(act), lender, loan.drawn(), item.maker, item.checker);
        if (reason != Reason.None) return reason;
        return _cancel(act.loan, loan, act.reason);
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
        // Release raises risk: coverage must hold after it, unless nothing is owed (decision 14).
        uint256 most = type(uint256).max;
        if (position.used() != 0) {
            (uint256 face, uint256 cover) = (position.face(), position.cover());
            if (face < cover) return Reason.CollateralShort;
            most = face - cover;
            reason = _noneOverdue(act.facility, position, item.loans);
        }
        uint32 lender = _facilities[act.facility].lender();
        try _ledger.release(act, item.first, item.second, lender, most, reason) returns (uint256 opened) {
            _minusFace(act.facility, position, opened);
            return Reason.None;
        } catch (bytes memory failure) {
            return Refusals.reasonOf(failure);
        }
    }

    /// @dev `loans` must be all that are reserved or outstanding, rising: as many as the facility counts.
    function _noneOverdue(uint32 id, PositionWord position, uint64[] calldata loans) private view returns (Reason) {
        if (loans.length != position.loans()) return Reason.LoanUnknown;
        uint256 today = _today();
        uint64 last;
        for (uint256 i; i < loans.length; ++i) {
            LoanWord loan = _loans[loans[i]];
            uint8 phase = loan.phase();
            if (loans[i] <= last || loan.facility() != id) return Reason.LoanUnknown;
            if (phase != LOAN_RESERVED && phase != LOAN_OUTSTANDING) return Reason.LoanUnknown;
            if (phase == LOAN_OUTSTANDING && today > loan.dueDay()) return Reason.PastDue;
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
        uint256 need = Needs.need(lender, ROLE_CREDIT_MAKER, act.quantity);
        reason = _ledger.authorise(ActHash.hash(act), need, item.lender);
        if (reason != Reason.None) return reason;
        return _ledger.carveLocked(act.title, act.child, act.quantity, act.facility);
    }

    // ── Write off ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function writeOff(WriteOffItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _writeOff(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _writeOff(WriteOffItem calldata item) private returns (Reason reason) {
        WriteOff calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        LoanWord loan = _loans[act.loan];
        if (loan.phase() != LOAN_OUTSTANDING) return Reason.LoanNotOutstanding;
        if (_today() <= loan.dueDay()) return Reason.NotYetDue;
        uint32 lender = _facilities[loan.facility()].lender();
        reason = _makerAndChecker(ActHash.hash(act), lender, loan.principal(), item.maker, item.checker);
        if (reason != Reason.None) return reason;

        AccrualWord accrual = _accruals[act.loan].accrueTo(loan, _today());
        loan = loan.withAccruedDay(_today()).withPhase(LOAN_WRITTEN_OFF);
        _loans[act.loan] = loan;
        _accruals[act.loan] = accrual;
        // The claim outlives its place in the books: only the lender releases what still secures it.
        PositionWord position = _positions[loan.facility()].minusLoan(loan.principal()).plusWrittenOff();
        _positions[loan.facility()] = position;
        emit WrittenOff(act.loan, loan, accrual, position, act.evidence);
    }

    // ── For Settlement ──────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function post(uint64 id, uint48 amount, uint16 valueDay) external onlySettlement returns (Reason) {
        LoanWord loan = _loans[id];
        if (loan.phase() != LOAN_RESERVED) return Reason.LoanNotReserved;
        if (amount != loan.drawn()) return Reason.AmountDiffers;
        // Interest runs from the value day, so it is never before the draw.
        if (valueDay < loan.startDay() || valueDay >= loan.dueDay()) return Reason.ValueDayOutOfRange;
        loan = loan.withStartDay(valueDay).withAccruedDay(valueDay).withPhase(LOAN_OUTSTANDING);
        _loans[id] = loan;
        emit PaidOut(id, loan);
        return Reason.None;
    }

    /// @inheritdoc ICredit
    function reject(uint64 id, bytes32 reason) external onlySettlement returns (Reason) {
        return _cancel(id, _loans[id], reason);
    }

    /// @inheritdoc ICredit
    function repay(
        uint64 id,
        uint48 amount,
        uint16 valueDay,
        bytes32 account,
        uint32 collector,
        uint256[] calldata unlockHint
    ) external onlySettlement returns (Reason reason, uint48 surplus) {
        LoanWord loan = _loans[id];
        uint32 facility = loan.facility();
        if (!_facilities[collector == 0 ? facility : collector].collectsOn(account)) return (Reason.AccountDiffers, 0);
        if (collector != 0 && collector != facility) return (Reason.WrongLock, 0);
        return _repay(id, loan, amount, valueDay, collector == 0, unlockHint);
    }

    /// @param whole nothing may be left over.
    function _repay(
        uint64 id,
        LoanWord loan,
        uint256 amount,
        uint16 valueDay,
        bool whole,
        uint256[] calldata unlockHint
    ) private returns (Reason, uint48 surplus) {
        uint8 phase = loan.phase();
        if (phase != LOAN_OUTSTANDING && phase != LOAN_WRITTEN_OFF) {
            // Anything is more than what is owed on such a loan.
            return (whole ? Reason.ExcessAmount : Reason.LoanNotOutstanding, 0);
        }
        AccrualWord accrual = _accruals[id].accrueTo(loan, valueDay);
        uint256 interest = accrual.interestDue(loan);
        // More than is owed is an exception for people, never silently kept.
        if (whole && amount > interest + loan.principal()) return (Reason.ExcessAmount, 0);
        if (valueDay < loan.accruedDay()) return (Reason.ValueDayOutOfRange, 0);
        return (Reason.None, _fill(id, loan.withAccruedDay(valueDay), accrual, interest, amount, unlockHint));
    }

    /// @dev Fills the buckets in their order: interest, then principal; answers what is left.
    function _fill(
        uint64 id,
        LoanWord loan,
        AccrualWord accrual,
        uint256 interest,
        uint256 amount,
        uint256[] calldata unlockHint
    ) private returns (uint48 surplus) {
        bool whole = amount >= interest + loan.principal();
        if (interest > amount) interest = amount;
        uint256 principal = whole ? loan.principal() : amount - interest;
        surplus = uint48(amount - interest - principal);
        uint256 filled = (interest << 96) | (principal << 48) | surplus;
        PositionWord position = _repaid(loan, principal, whole, unlockHint);
        loan = loan.withPrincipal(loan.principal() - uint48(principal));
        if (whole) loan = loan.withPhase(LOAN_SETTLED);
        accrual = accrual.plusPaid(interest);
        _loans[id] = loan;
        _accruals[id] = whole ? AccrualWord.wrap(0) : accrual;
        emit Repaid(id, loan, accrual, position, filled);
    }

    /// @dev What a repayment changes of its facility; `ended` if it is the last of its loan. A written-off loan left `used`
    ///      when it was given up, so what is recovered on it does not count twice, but the locks end only when it is
    ///      recovered whole.
    function _repaid(LoanWord loan, uint256 principal, bool ended, uint256[] calldata unlockHint)
        private
        returns (PositionWord position)
    {
        uint32 id = loan.facility();
        position = _positions[id];
        if (loan.phase() == LOAN_WRITTEN_OFF) {
            if (!ended) return position;
            position = position.minusWrittenOff();
        } else {
            if (principal == 0) return position;
            position = ended ? position.minusLoan(principal) : position.minusUsed(principal);
        }
        if (position.isClear()) {
            position = position.withClock(_today(), true);
            if (position.closesWithDebt() && unlockHint.length != 0) {
                position = position.minusFace(_ledger.unlock(id, unlockHint));
            }
        }
        _positions[id] = position;
    }

    /// @inheritdoc ICredit
    function collateralPaid(uint32 facility, uint48 amount) external onlySettlement {
        _setPosition(facility, _positions[facility].minusFace(amount));
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function facilityOf(uint32 facility) external view returns (FacilityWord) {
        return _facilities[facility];
    }

    function facilityOfLoan(uint64 loan) external view returns (FacilityWord) {
        return _facilities[_loans[loan].facility()];
    }

    function positionOf(uint32 facility) external view returns (PositionWord) {
        return _positions[facility];
    }

    function loanOf(uint64 loan) external view returns (LoanWord, AccrualWord) {
        return (_loans[loan], _accruals[loan]);
    }

    /// @inheritdoc ICredit
    function owedOn(uint64 id, uint16 day) external view returns (uint256 interest, uint256 principal) {
        LoanWord loan = _loans[id];
        if (loan.phase() != LOAN_OUTSTANDING && loan.phase() != LOAN_WRITTEN_OFF) return (0, 0);
        return (_accruals[id].accrueTo(loan, day).interestDue(loan), loan.principal());
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _today() private view returns (uint16) {
        return Calendar.day(block.timestamp);
    }

    function _cancel(uint64 id, LoanWord loan, bytes32 why) private returns (Reason) {
        if (loan.phase() != LOAN_RESERVED) return Reason.LoanNotReserved;
        loan = loan.withPhase(LOAN_VOID);
        _loans[id] = loan;
        PositionWord position = _positions[loan.facility()].minusLoan(loan.drawn());
        if (position.isClear()) position = position.withClock(_today(), false);
        _positions[loan.facility()] = position;
        emit Voided(id, loan, position, why);
        return Reason.None;
    }

    function _minusFace(uint32 facility, PositionWord position, uint256 opened) private {
        if (opened != 0) _setPosition(facility, position.minusFace(opened));
    }

    function _setPosition(uint32 facility, PositionWord word) private {
        _positions[facility] = word;
        emit PositionChanged(facility, word);
    }

    function _authorise(
        bytes32 structHash,
        uint256[3] memory needs,
        Signature calldata first,
        Signature calldata second,
        Signature calldata third
    ) private view returns (Reason) {
        return _ledger.authoriseAll(structHash, needs, first, second, third);
    }

    /// @dev The lender's two people; the checker's mandate must reach the amount.
    function _makerAndChecker(
        bytes32 structHash,
        uint32 lender,
        uint48 amount,
        Signature calldata maker,
        Signature calldata checker
    ) private view returns (Reason) {
        uint256[3] memory needs;
        needs[0] = Needs.need(lender, ROLE_CREDIT_MAKER, 0);
        needs[1] = Needs.need(lender, ROLE_CREDIT_CHECKER, amount);
        return _authorise(structHash, needs, maker, checker, checker);
    }
}
