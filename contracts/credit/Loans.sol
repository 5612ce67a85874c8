// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "../types/ActHash.sol";
import {Draw, DrawItem, Void, VoidItem, WriteOff, WriteOffItem} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {ROLE_BORROW, ROLE_CREDIT_CHECKER, ROLE_CREDIT_MAKER} from "../types/Words.sol";
import {Due} from "./Buckets.sol";
import {CostsWord} from "./CostsWords.sol";
import {
    AccrualWord,
    AccrualWords,
    FORM_LEASE,
    LAST_BASIS,
    LAST_TERMS,
    LOAN_OUTSTANDING,
    LOAN_RESERVED,
    LOAN_SETTLED,
    LOAN_SOLD,
    LOAN_VOID,
    LOAN_WRITTEN_OFF,
    LoanWord,
    LoanWords,
    PositionWord
} from "./CreditWords.sol";
import {FacilityWord} from "./FacilityWords.sol";
import {ICredit} from "./ICredit.sol";
import {Sales} from "./Sales.sol";
import {StagesWord} from "./StageWords.sol";

/// @notice Credit's second room: a loan is drawn under a facility, posted, repaid, and perhaps given up.
abstract contract Loans is Sales, ICredit {
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
        if (position.inStages() && used > _carried(act.facility)) return Reason.StageNotOpened;
        if (used > position.allows()) return Reason.CollateralShort;
        reason = _buyable(act, position);
        if (reason != Reason.None) return reason;

        position = position.plusLoan(act.amount).withClock(0, false);
        _positions[act.facility] = position;
        LoanWord word = LoanWords.reserved(act, _today());
        if (position.inStages()) word = word.withStages();
        _loans[act.loan] = word;
        emit Drawn(act.loan, word, position, act.registration, act.evidence);
        if (act.title != 0) _reserveTitle(act.loan, act.title);
    }

    /// @dev What may be used under stages: as much as was opened, and as sales carry after a repayment was taken back, too.
    function _carried(uint32 facility) private view returns (uint256 most) {
        StagesWord stages = _reached[facility];
        most = _stageTerms[facility].carried(stages.sales());
        if (stages.opened() < most) most = stages.opened();
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
        if (position.reserveShort()) return Reason.ReserveShort;
        if (position.subrogated()) return Reason.SubrogationOpen;
        Reason reason = _covering(act.facility, position);
        if (reason != Reason.None) return reason;
        if (uint32(act.loan >> 32) != facility.borrower()) return Reason.ForeignId;
        if (_loans[act.loan].exists()) return Reason.LoanTaken;
        if (act.amount == 0 || act.dueDay <= _today()) return Reason.TermsOutOfRange;
        if (act.basis > LAST_BASIS || act.terms > LAST_TERMS || act.penaltyBps > 10_000) return Reason.TermsOutOfRange;
        if (!_agreeable(LoanWords.reserved(act, _today()), position)) return Reason.TermsOutOfRange;
        // CN77-13: nothing is paid out on pledged titles before the lender has declared the pledge to the registry.
        if (act.registration == 0 && position.face() != 0) return Reason.RegistrationMissing;
        return Reason.None;
    }

    function _agreeable(LoanWord loan, PositionWord position) private view returns (bool) {
        if (loan.isPlain()) return loan.count() == 0;
        // What buys a title is a plain loan, but for a lease, which is paid in rentals.
        return (!loan.buys() || position.form() == FORM_LEASE) && _terms.agrees(loan);
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
        if (_overdueSince(act.loan, loan, _today()) == 0) return Reason.NotYetDue;
        uint32 lender = _facilities[loan.facility()].lender();
        reason = _makerAndChecker(ActHash.hash(act), lender, loan.principal(), item.maker, item.checker);
        if (reason != Reason.None) return reason;

        (AccrualWord accrual,) = _accrued(act.loan, loan, _today());
        loan = loan.withAccruedDay(_today()).withPhase(LOAN_WRITTEN_OFF);
        _loans[act.loan] = loan;
        _accruals[act.loan] = accrual;
        // The claim outlives its place in the books: only the lender releases what still secures it.
        PositionWord position = _positions[loan.facility()].minusLoan(loan.principal()).plusWrittenOff();
        _positions[loan.facility()] = position;
        emit WrittenOff(act.loan, loan, accrual, position, act.evidence);
    }

    /// @inheritdoc ICredit
    function addCost(uint64 id, uint48 amount, bytes32 evidence) external onlyProtection {
        LoanWord loan = _loans[id].withCosts();
        CostsWord costs = _costs[id].plusAdded(amount);
        _loans[id] = loan;
        _costs[id] = costs;
        emit CostsAdded(id, loan, costs, evidence);
    }

    // ── For Settlement ──────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function post(uint64 id, uint48 amount, uint16 valueDay) external onlySettlement returns (Reason) {
        LoanWord loan = _loans[id];
        if (loan.phase() != LOAN_RESERVED) return Reason.LoanNotReserved;
        // Interest runs from the value day, so it is never before the draw.
        if (valueDay < loan.startDay() || valueDay >= loan.dueDay()) return Reason.ValueDayOutOfRange;
        uint48 agreed = loan.drawn();
        (uint48 payOut, uint48 owed, uint48 instalment) = (agreed, agreed, 0);
        if (!loan.isPlain()) {
            bool inTime;
            (inTime, payOut, owed, instalment) = _terms.start(loan, valueDay);
            if (!inTime) return Reason.ValueDayOutOfRange;
        }
        if (amount != payOut) return Reason.AmountDiffers;
        loan = loan.withStartDay(valueDay).withAccruedDay(valueDay).withPhase(LOAN_OUTSTANDING);
        if (loan.buys()) {
            Reason reason;
            (reason, loan) = _deliver(id, loan);
            if (reason != Reason.None) return reason;
        }
        if (owed != agreed) {
            loan = loan.withDrawn(owed).withPrincipal(owed);
            _setPosition(loan.facility(), _positions[loan.facility()].minusUsed(agreed - owed));
        }
        _loans[id] = loan;
        emit PaidOut(id, loan);
        if (instalment != 0) {
            _accruals[id] = AccrualWords.begin(instalment);
            emit InstalmentSet(id, AccrualWords.begin(instalment));
        }
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
        uint96 source,
        uint256[] calldata unlockHint
    ) external returns (Reason reason, uint256 filled) {
        if (msg.sender != _settlement) _onlyProtection();
        LoanWord loan = _loans[id];
        uint32 facility = loan.facility();
        uint32 collector = uint32(source);
        if (!_facilities[collector == 0 ? facility : collector].collectsOn(account)) return (Reason.AccountDiffers, 0);
        if (collector != 0 && collector != facility) return (Reason.WrongLock, 0);
        if (collector != 0 && loan.buys()) {
            // A title's money repays the loan that bought it, so that what is left is that seller's (CC-766).
            uint64 sold = _sales[uint64(source >> 32)];
            if (sold != 0 && sold != id) return (Reason.WrongLock, 0);
        }
        (reason, filled) = _repay(id, loan, amount, valueDay, collector == 0, unlockHint);
        if (reason == Reason.None && loan.inStages()) _countSales(facility, source, amount - uint48(filled));
    }

    /// @dev Cash that repaid loans is sales cash. A protector's payment is none, nor is the price of goods that were sold in
    ///      enforcement: nothing is released against goods that are gone.
    function _countSales(uint32 facility, uint96 source, uint256 amount) private {
        if (msg.sender != _settlement || _goodsSales[uint64(source >> 32)].exists()) return;
        _setStages(facility, _reached[facility].plusSales(amount), 0);
    }

    /// @param whole nothing may be left over.
    function _repay(
        uint64 id,
        LoanWord loan,
        uint256 amount,
        uint16 valueDay,
        bool whole,
        uint256[] calldata unlockHint
    ) private returns (Reason, uint256 filled) {
        uint8 phase = loan.phase();
        if (phase == LOAN_SOLD) return (Reason.NoRecourse, 0);
        if (phase != LOAN_OUTSTANDING && phase != LOAN_WRITTEN_OFF) {
            // Anything is more than what is owed on such a loan.
            return (whole ? Reason.ExcessAmount : Reason.LoanNotOutstanding, 0);
        }
        AccrualWord accrual;
        Due memory due;
        (accrual, due.interest) = _accrued(id, loan, valueDay);
        if (loan.hasCosts()) due.costs = _costs[id].due();
        // More than is owed is an exception for people, never silently kept.
        if (whole && amount > due.costs + due.interest + loan.principal()) return (Reason.ExcessAmount, 0);
        if (valueDay < loan.accruedDay()) return (Reason.ValueDayOutOfRange, 0);
        return (Reason.None, _fill(id, loan.withAccruedDay(valueDay), accrual, due, amount, unlockHint));
    }

    /// @dev Fills the buckets in their order: costs, interest, principal, and what is left.
    function _fill(
        uint64 id,
        LoanWord loan,
        AccrualWord accrual,
        Due memory due,
        uint256 amount,
        uint256[] calldata unlockHint
    ) private returns (uint256 filled) {
        bool whole = due.fill(loan.principal(), amount);
        if (due.costs != 0) _costs[id] = _costs[id].plusPaid(due.costs);
        PositionWord position = _repaid(id, loan, due.principal, whole, unlockHint);
        loan = loan.withPrincipal(loan.principal() - uint48(due.principal));
        if (whole) loan = loan.withPhase(LOAN_SETTLED);
        accrual = accrual.plusPaid(due.interest);
        _loans[id] = loan;
        _accruals[id] = whole ? AccrualWord.wrap(0) : accrual;
        filled = due.filled();
        emit Repaid(id, loan, accrual, position, filled);
    }

    /// @inheritdoc ICredit
    function takeBackPayout(uint64 id, bytes32 entry) external onlySettlement returns (Reason) {
        LoanWord loan = _loans[id];
        if (loan.phase() != LOAN_OUTSTANDING || loan.principal() != loan.drawn()) return Reason.ReversalTooLate;
        if (_accruals[id].interestPaid() != 0 || loan.hasCosts()) return Reason.ReversalTooLate;
        // What it bought goes back with it, and secures the facility as it did before.
        if (loan.buys()) _giveBack(id, loan.facility(), true);
        _makeVoid(id, loan, entry);
        return Reason.None;
    }

    /// @inheritdoc ICredit
    function takeBackRepayment(uint64 id, uint256 filled, uint16 valueDay) external onlySettlement returns (Reason) {
        LoanWord loan = _loans[id];
        uint8 phase = loan.phase();
        if (phase != LOAN_OUTSTANDING && phase != LOAN_WRITTEN_OFF) return Reason.ReversalTooLate;
        uint48 principal = uint48(filled);
        uint256 interest = uint48(filled >> 48);
        AccrualWord accrual = _terms.accrueAgain(loan, _accruals[id], principal, valueDay).minusPaid(interest);
        loan = loan.withPrincipal(loan.principal() + principal);
        PositionWord position = _positions[loan.facility()];
        if (phase == LOAN_OUTSTANDING) {
            if (uint256(position.used()) + principal > type(uint48).max) return Reason.ExcessAmount;
            position = position.plusUsed(principal);
            _positions[loan.facility()] = position;
        }
        if (filled >> 96 != 0) _costs[id] = _costs[id].minusPaid(filled >> 96);
        if (loan.inStages()) {
            _setStages(loan.facility(), _reached[loan.facility()].minusSales(principal + interest + (filled >> 96)), 0);
        }
        _loans[id] = loan;
        _accruals[id] = accrual;
        emit RepaymentReversed(id, loan, accrual, position, filled);
        return Reason.None;
    }

    /// @dev What a repayment changes of its facility; `ended` if it is the last of its loan. A written-off loan left `used`
    ///      when it was given up, so what is recovered on it does not count twice, but the locks end only when it is
    ///      recovered whole.
    function _repaid(uint64 loanId, LoanWord loan, uint256 principal, bool ended, uint256[] calldata unlockHint)
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
        if (ended && loan.buys()) position = position.minusFace(_giveBack(loanId, id, false));
        if (position.isClear()) {
            position = position.withClock(_today(), true);
            if (position.closesWithDebt() && unlockHint.length != 0) {
                position = position.minusFace(_ledger.unlock(id, unlockHint));
            }
        }
        _positions[id] = position;
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredit
    function owedOn(uint64 id, uint16 day) external view returns (uint256 interest, uint256 principal) {
        LoanWord loan = _loans[id];
        if (loan.phase() != LOAN_OUTSTANDING && loan.phase() != LOAN_WRITTEN_OFF) return (0, 0);
        (, interest) = _accrued(id, loan, day);
        return (interest, loan.principal());
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _cancel(uint64 id, LoanWord loan, bytes32 why) private returns (Reason) {
        if (loan.phase() != LOAN_RESERVED) return Reason.LoanNotReserved;
        _makeVoid(id, loan, why);
        return Reason.None;
    }

    function _makeVoid(uint64 id, LoanWord loan, bytes32 why) private {
        loan = loan.withPhase(LOAN_VOID);
        _loans[id] = loan;
        if (loan.buys()) delete _sales[_bought[id]];
        PositionWord position = _positions[loan.facility()].minusLoan(loan.drawn());
        if (position.isClear()) position = position.withClock(_today(), false);
        _positions[loan.facility()] = position;
        emit Voided(id, loan, position, why);
    }
}
