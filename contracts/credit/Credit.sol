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
    CollateralWord,
    CollateralWords,
    FacilityWord,
    FACILITY_CLOSES_WITH_DEBT,
    LOAN_OUTSTANDING,
    LOAN_RESERVED,
    LOAN_SETTLED,
    LOAN_VOID,
    LOAN_WRITTEN_OFF,
    LoanWord
} from "./CreditWords.sol";
import {ICredit} from "./ICredit.sol";
import {Pledges} from "./Pledges.sol";

contract Credit is ICredit, Multicall {
    using Policies for uint256;

    ILedger private immutable _ledger;
    IEvidence private immutable _evidence;
    address private immutable _settlement;

    mapping(uint32 facility => FacilityWord) private _facilities;
    mapping(uint32 facility => CollateralWord) private _collateral;
    mapping(uint32 facility => bytes32) private _collections;
    mapping(uint64 loan => LoanWord) private _loans;
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

        uint256 releaseDays = _evidence.policyOn(_today()).releaseDays();
        uint256 flags = act.closesWithDebt ? FACILITY_CLOSES_WITH_DEBT : 0;
        FacilityWord word = FacilityWord.wrap(
            (uint256(act.lender) << 224) | (uint256(act.borrower) << 192) | (uint256(act.currency) << 176)
                | (uint256(act.advanceBps) << 160) | (uint256(act.limit) << 112) | (uint256(act.endDay) << 48)
                | (flags << 40) | (releaseDays << 32)
        );
        _facilities[act.facility] = word;
        _collections[act.facility] = keccak256(abi.encode(act.collectionBank, act.collectionAccount));
        emit Opened(act.facility, word, act.collectionBank, act.collectionAccount, act.evidence);
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
        FacilityWord facility = _facilities[id];
        Reason refusal;
        if (!facility.exists()) refusal = Reason.FacilityUnknown;
        else if (_today() > facility.endDay()) refusal = Reason.FacilityEnded;
        if (refusal == Reason.None) return _addFace(id, facility, Pledges.lock(_ledger, run, facility.terms(), reasons, at));
        for (uint256 i; i < run.length; ++i) {
            reasons[at + i] = block.timestamp > run[i].act.expiresAt ? Reason.InstructionExpired : refusal;
        }
    }

    /// @dev While nothing is owed yet, the release clock runs from the latest lock: a lender that never lends cannot
    ///      keep a title by silence.
    function _addFace(uint32 id, FacilityWord facility, uint256 added) private {
        if (added == 0) return;
        uint256 zeroDebtDay = facility.isClear() ? _today() : 0;
        _setCollateral(id, CollateralWords.make(_collateral[id].face() + added, false, zeroDebtDay));
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
        Draw calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        FacilityWord facility = _facilities[act.facility];
        reason = _drawable(act, facility);
        if (reason != Reason.None) return reason;
        uint256[3] memory needs;
        needs[0] = Needs.need(facility.borrower(), ROLE_BORROW, act.amount);
        needs[1] = Needs.need(facility.lender(), ROLE_CREDIT_MAKER, 0);
        needs[2] = Needs.need(facility.lender(), ROLE_CREDIT_CHECKER, act.amount);
        reason = _authorise(ActHash.hash(act), needs, item.borrower, item.maker, item.checker);
        if (reason != Reason.None) return reason;
        CollateralWord collateral = _collateral[act.facility];
        if (uint256(facility.used()) + act.amount > facility.limit()) return Reason.FacilityLimitExceeded;
        if (uint256(facility.used()) + act.amount > facility.allows(collateral.face())) return Reason.CollateralShort;

        _facilities[act.facility] = facility.plusLoan(act.amount);
        if (collateral.zeroDebtDay() != 0) {
            _setCollateral(act.facility, CollateralWords.make(collateral.face(), false, 0));
        }
        LoanWord word = LoanWord.wrap(
            (uint256(act.facility) << 224) | (uint256(act.amount) << 176) | (uint256(act.amount) << 128)
                | (uint256(act.rate) << 104) | (uint256(act.dueDay) << 88) | (uint256(_today()) << 72)
                | (uint256(act.penaltyBps) << 40) | (uint256(act.minimumDays) << 32) | (uint256(act.basis) << 24)
                | (uint256(LOAN_RESERVED) << 16)
        );
        _loans[act.loan] = word;
        emit Drawn(act.loan, word, act.evidence);
    }

    function _drawable(Draw calldata act, FacilityWord facility) private view returns (Reason) {
        if (!facility.exists()) return Reason.FacilityUnknown;
        if (_today() > facility.endDay()) return Reason.FacilityEnded;
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
        FacilityWord facility = _facilities[act.facility];
        if (!facility.exists()) return Reason.FacilityUnknown;
        // Release raises risk: coverage must hold after it, unless nothing is owed (decision 14).
        uint256 most = type(uint256).max;
        if (facility.used() != 0) {
            (uint256 face, uint256 cover) = (_collateral[act.facility].face(), facility.cover());
            if (face < cover) return Reason.CollateralShort;
            most = face - cover;
            reason = _noneOverdue(act.facility, facility, item.loans);
        }
        try _ledger.release(act, item.first, item.second, facility.lender(), most, reason) returns (uint256 opened) {
            _minusFace(act.facility, opened);
            return Reason.None;
        } catch (bytes memory failure) {
            return Refusals.reasonOf(failure);
        }
    }

    /// @dev `loans` must be all that are reserved or outstanding, rising: as many as the facility counts.
    function _noneOverdue(uint32 id, FacilityWord facility, uint64[] calldata loans) private view returns (Reason) {
        if (loans.length != facility.loans()) return Reason.LoanUnknown;
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
        FacilityWord facility = _facilities[act.facility];
        if (!facility.exists()) return Reason.FacilityUnknown;
        CollateralWord collateral = _collateral[act.facility];
        if (facility.used() != 0 || collateral.zeroDebtDay() == 0) return Reason.DebtOutstanding;
        if (!facility.closesWithDebt() || !collateral.debtPaid()) {
            if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
            if (_today() < uint256(collateral.zeroDebtDay()) + facility.releaseDays()) return Reason.ReleaseClockRunning;
            uint256 need = Needs.need(facility.borrower(), ROLE_TITLE, 0);
            reason = _ledger.authorise(ActHash.hash(act), need, item.holder);
            if (reason != Reason.None) return reason;
            if (!_ledger.spend(facility.borrower(), act.nonce)) return Reason.NonceUsed;
        }
        _unlock(act.facility, act.titles);
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
        _facilities[loan.facility()] = _facilities[loan.facility()].minusLoan(loan.principal()).plusWrittenOff();
        emit WrittenOff(act.loan, loan, accrual, act.evidence);
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
        if (_collections[collector == 0 ? facility : collector] != account) return (Reason.AccountDiffers, 0);
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
        uint8 phase = loan.phase();
        loan = loan.withPrincipal(loan.principal() - uint48(principal));
        if (whole) loan = loan.withPhase(LOAN_SETTLED);
        accrual = accrual.plusPaid(interest);
        _loans[id] = loan;
        _accruals[id] = accrual;
        emit Repaid(id, loan, accrual, uint48(interest), uint48(principal), surplus);
        _repaid(loan, phase, principal, unlockHint);
    }

    /// @dev What a repayment changes of its facility. A written-off loan left `used` when it was given up, so what is
    ///      recovered on it does not count twice, but the locks end only when it is recovered whole.
    function _repaid(LoanWord loan, uint8 phase, uint256 principal, uint256[] calldata unlockHint) private {
        uint32 id = loan.facility();
        FacilityWord facility = _facilities[id];
        bool ended = loan.phase() == LOAN_SETTLED;
        if (phase == LOAN_WRITTEN_OFF) {
            if (!ended) return;
            facility = facility.minusWrittenOff();
        } else {
            if (principal == 0) return;
            facility = ended ? facility.minusLoan(principal) : facility.minusUsed(principal);
        }
        _facilities[id] = facility;
        if (!facility.isClear()) return;
        uint256 face = _collateral[id].face();
        if (facility.closesWithDebt() && unlockHint.length != 0) face -= _ledger.unlock(id, unlockHint);
        _setCollateral(id, CollateralWords.make(face, true, _today()));
    }

    /// @inheritdoc ICredit
    function collateralPaid(uint32 facility, uint48 amount) external onlySettlement {
        _setCollateral(facility, _collateral[facility].minusFace(amount));
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function facilityOf(uint32 facility) external view returns (FacilityWord) {
        return _facilities[facility];
    }

    function facilityOfLoan(uint64 loan) external view returns (FacilityWord) {
        return _facilities[_loans[loan].facility()];
    }

    function collateralOf(uint32 facility) external view returns (CollateralWord) {
        return _collateral[facility];
    }

    function collectionOf(uint32 facility) external view returns (bytes32) {
        return _collections[facility];
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
        uint32 facilityId = loan.facility();
        FacilityWord facility = _facilities[facilityId].minusLoan(loan.drawn());
        _facilities[facilityId] = facility;
        if (facility.isClear()) {
            _setCollateral(facilityId, CollateralWords.make(_collateral[facilityId].face(), false, _today()));
        }
        emit Voided(id, loan, why);
        return Reason.None;
    }

    function _unlock(uint32 facility, uint256[] calldata titles) private {
        if (titles.length != 0) _minusFace(facility, _ledger.unlock(facility, titles));
    }

    function _minusFace(uint32 facility, uint256 opened) private {
        if (opened != 0) _setCollateral(facility, _collateral[facility].minusFace(opened));
    }

    function _setCollateral(uint32 facility, CollateralWord word) private {
        _collateral[facility] = word;
        emit CollateralChanged(facility, word);
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
