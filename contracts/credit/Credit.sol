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
import {Reason} from "../types/Reasons.sol";
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
        Skips.emitAs(reasons, Skipped.selector);
    }

    function _open(OpenItem calldata item) private returns (Reason reason) {
        Open calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (act.facility == 0 || act.lender == act.borrower) return Reason.TermsOutOfRange;
        if (act.advanceBps == 0 || act.advanceBps > 10_000 || act.limit == 0) return Reason.TermsOutOfRange;
        if (act.endDay < _today()) return Reason.FacilityEnded;
        if (_facilities[act.facility].exists()) return Reason.FacilityTaken;
        uint256[] memory needs = _makerAndChecker(act.lender, act.limit, 3);
        needs[2] = _need(act.borrower, ROLE_BORROW, act.limit);
        reason = _ledger.authorise(ActHash.hash(act), needs, _three(item.maker, item.checker, item.borrower));
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
        reasons = new Reason[](items.length);
        uint256[] memory terms = new uint256[](items.length);
        for (uint256 i; i < items.length; ++i) {
            FacilityWord facility = _facilities[items[i].act.facility];
            reasons[i] = _lockable(items[i], facility);
            if (reasons[i] != Reason.None) continue;
            terms[i] = (uint256(facility.lender()) << 48) | (uint256(facility.borrower()) << 16) | facility.currency();
        }
        uint256[] memory outcomes = _ledger.lock(items, terms);
        _addCollateral(items, outcomes, reasons);
        Skips.emitAs(reasons, Skipped.selector);
    }

    function _lockable(LockItem calldata item, FacilityWord facility) private view returns (Reason) {
        if (block.timestamp > item.act.expiresAt) return Reason.InstructionExpired;
        if (!facility.exists()) return Reason.FacilityUnknown;
        if (_today() > facility.endDay()) return Reason.FacilityEnded;
        return Reason.None;
    }

    /// @dev Writes a facility's collateral once for each run of items that name it.
    function _addCollateral(LockItem[] calldata items, uint256[] memory outcomes, Reason[] memory reasons) private {
        uint32 facility;
        uint256 added;
        for (uint256 i; i < items.length; ++i) {
            if (reasons[i] != Reason.None) continue;
            reasons[i] = Reason(uint8(outcomes[i]));
            if (items[i].act.facility != facility) {
                _addFace(facility, added);
                (facility, added) = (items[i].act.facility, 0);
            }
            added += outcomes[i] >> 8;
        }
        _addFace(facility, added);
    }

    /// @dev While nothing is owed yet, the release clock runs from the latest lock: a lender that never lends cannot
    ///      keep a title by silence.
    function _addFace(uint32 facility, uint256 added) private {
        if (added == 0) return;
        uint256 zeroDebtDay = _facilities[facility].isClear() ? _today() : 0;
        _setCollateral(facility, CollateralWords.make(_collateral[facility].face() + added, false, zeroDebtDay));
    }

    // ── Draw ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function draw(DrawItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _draw(items[i]);
        }
        Skips.emitAs(reasons, Skipped.selector);
    }

    function _draw(DrawItem calldata item) private returns (Reason reason) {
        Draw calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        FacilityWord facility = _facilities[act.facility];
        reason = _drawable(act, facility);
        if (reason != Reason.None) return reason;
        uint256[] memory needs = new uint256[](3);
        needs[0] = _need(facility.borrower(), ROLE_BORROW, act.amount);
        needs[1] = _need(facility.lender(), ROLE_CREDIT_MAKER, 0);
        needs[2] = _need(facility.lender(), ROLE_CREDIT_CHECKER, act.amount);
        reason = _ledger.authorise(ActHash.hash(act), needs, _three(item.borrower, item.maker, item.checker));
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
        Skips.emitAs(reasons, Skipped.selector);
    }

    function _void(VoidItem calldata item) private returns (Reason reason) {
        Void calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        LoanWord loan = _loans[act.loan];
        if (!loan.exists()) return Reason.LoanUnknown;
        uint32 lender = _facilities[loan.facility()].lender();
        reason = _ledger.authorise(
            ActHash.hash(act), _makerAndChecker(lender, loan.drawn(), 2), _two(item.maker, item.checker)
        );
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
        Skips.emitAs(reasons, Skipped.selector);
    }

    function _release(ReleaseItem calldata item) private returns (Reason reason) {
        Release calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        FacilityWord facility = _facilities[act.facility];
        if (!facility.exists()) return Reason.FacilityUnknown;
        uint256 opened = _ledger.lockedOpen(act.facility, act.titles);
        uint256 face = _collateral[act.facility].face();
        // Release raises risk: coverage must hold after it, unless nothing is owed (decision 14).
        if (facility.used() != 0) {
            if (opened > face || facility.used() > facility.allows(face - opened)) return Reason.CollateralShort;
            reason = _noneOverdue(act.facility, facility, item.loans);
            if (reason != Reason.None) return reason;
        }
        reason = _ledger.authorise(
            ActHash.hash(act), _makerAndChecker(facility.lender(), uint48(opened), 2), _two(item.first, item.second)
        );
        if (reason != Reason.None) return reason;
        if (!_ledger.spend(facility.lender(), act.nonce)) return Reason.NonceUsed;
        _unlock(act.facility, act.titles);
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
        Skips.emitAs(reasons, Skipped.selector);
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
            uint256[] memory needs = new uint256[](1);
            needs[0] = _need(facility.borrower(), ROLE_TITLE, 0);
            Signature[] memory signatures = new Signature[](1);
            signatures[0] = item.holder;
            reason = _ledger.authorise(ActHash.hash(act), needs, signatures);
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
        Skips.emitAs(reasons, Skipped.selector);
    }

    function _carve(CarveItem calldata item) private returns (Reason reason) {
        Carve calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        uint32 lender = _facilities[act.facility].lender();
        if (lender == 0) return Reason.FacilityUnknown;
        if (uint32(act.child >> 32) != lender) return Reason.ForeignId;
        uint256[] memory needs = new uint256[](1);
        needs[0] = _need(lender, ROLE_CREDIT_MAKER, act.quantity);
        Signature[] memory signatures = new Signature[](1);
        signatures[0] = item.lender;
        reason = _ledger.authorise(ActHash.hash(act), needs, signatures);
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
        Skips.emitAs(reasons, Skipped.selector);
    }

    function _writeOff(WriteOffItem calldata item) private returns (Reason reason) {
        WriteOff calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        LoanWord loan = _loans[act.loan];
        if (loan.phase() != LOAN_OUTSTANDING) return Reason.LoanNotOutstanding;
        if (_today() <= loan.dueDay()) return Reason.NotYetDue;
        uint32 lender = _facilities[loan.facility()].lender();
        reason = _ledger.authorise(
            ActHash.hash(act), _makerAndChecker(lender, loan.principal(), 2), _two(item.maker, item.checker)
        );
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
    function repay(uint64 id, uint48 amount, uint16 valueDay, uint256[] calldata unlockHint)
        external
        onlySettlement
        returns (Reason reason, uint48 surplus)
    {
        LoanWord loan = _loans[id];
        uint8 phase = loan.phase();
        if (phase != LOAN_OUTSTANDING && phase != LOAN_WRITTEN_OFF) return (Reason.LoanNotOutstanding, 0);
        if (valueDay < loan.accruedDay()) return (Reason.ValueDayOutOfRange, 0);
        AccrualWord accrual = _accruals[id].accrueTo(loan, valueDay);
        uint256 interest = accrual.interestDue(loan);
        if (interest > amount) interest = amount;
        uint256 principal = amount - interest;
        if (principal > loan.principal()) principal = loan.principal();
        surplus = uint48(amount - interest - principal);

        loan = loan.withPrincipal(loan.principal() - uint48(principal)).withAccruedDay(valueDay);
        accrual = _paid(accrual, interest);
        if (loan.principal() == 0 && accrual.interestDue(loan) == 0) loan = loan.withPhase(LOAN_SETTLED);
        _loans[id] = loan;
        _accruals[id] = accrual;
        emit Repaid(id, loan, accrual, uint48(interest), uint48(principal), surplus);
        if (_repaid(loan, phase, principal)) _unlock(loan.facility(), unlockHint);
    }

    /// @dev What a repayment changes of its facility. A written-off loan left `used` when it was given up, so what is
    ///      recovered on it does not count twice, but the locks end only when it is recovered whole.
    /// @return whether the facility's debt came to nothing and its locks end with it.
    function _repaid(LoanWord loan, uint8 phase, uint256 principal) private returns (bool) {
        uint32 id = loan.facility();
        FacilityWord facility = _facilities[id];
        bool ended = loan.phase() == LOAN_SETTLED;
        if (phase == LOAN_WRITTEN_OFF) return ended && _lower(id, facility.minusWrittenOff(), true);
        if (principal == 0) return false;
        return _lower(id, ended ? facility.minusLoan(principal) : facility.minusUsed(principal), true);
    }

    /// @inheritdoc ICredit
    function collateralPaid(uint32 facility, uint48 amount) external onlySettlement {
        _setCollateral(facility, _collateral[facility].minusFace(amount));
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function facilityOf(uint32 facility) external view returns (FacilityWord) {
        return _facilities[facility];
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
        _lower(loan.facility(), _facilities[loan.facility()].minusLoan(loan.drawn()), false);
        emit Voided(id, loan, why);
        return Reason.None;
    }

    /// @return ended whether the facility's debt came to nothing and its locks end with it.
    function _lower(uint32 id, FacilityWord facility, bool paid) private returns (bool ended) {
        _facilities[id] = facility;
        if (!facility.isClear()) return false;
        _setCollateral(id, CollateralWords.make(_collateral[id].face(), paid, _today()));
        return paid && facility.closesWithDebt();
    }

    function _unlock(uint32 facility, uint256[] calldata titles) private {
        if (titles.length == 0) return;
        uint256 opened = _ledger.unlock(facility, titles);
        if (opened != 0) _setCollateral(facility, _collateral[facility].minusFace(opened));
    }

    function _setCollateral(uint32 facility, CollateralWord word) private {
        _collateral[facility] = word;
        emit CollateralChanged(facility, word);
    }

    function _paid(AccrualWord accrual, uint256 interest) private pure returns (AccrualWord) {
        return AccrualWord.wrap(AccrualWord.unwrap(accrual) + (interest << 64));
    }

    function _need(uint32 party, uint32 role, uint48 amount) private pure returns (uint256) {
        return (uint256(party) << 80) | (uint256(role) << 48) | amount;
    }

    /// @dev The lender's two people; the checker's mandate must reach the amount.
    function _makerAndChecker(uint32 lender, uint48 amount, uint256 size) private pure returns (uint256[] memory needs) {
        needs = new uint256[](size);
        needs[0] = _need(lender, ROLE_CREDIT_MAKER, 0);
        needs[1] = _need(lender, ROLE_CREDIT_CHECKER, amount);
    }

    function _two(Signature calldata a, Signature calldata b) private pure returns (Signature[] memory list) {
        list = new Signature[](2);
        (list[0], list[1]) = (a, b);
    }

    function _three(Signature calldata a, Signature calldata b, Signature calldata c)
        private
        pure
        returns (Signature[] memory list)
    {
        list = new Signature[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }
}
