// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signature} from "../types/Acts.sol";
import {
    EndLease,
    EndLeaseItem,
    GiveNotice,
    GiveNoticeItem,
    LeaseGoods,
    LeaseGoodsItem,
    WithdrawLease,
    WithdrawLeaseItem
} from "../types/LeaseActs.sol";
import {LeaseActHash} from "../types/LeaseActHash.sol";
import {PledgeGoods} from "../types/MarginActs.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {
    FLAG_GOODS,
    ROLE_ATTEST,
    ROLE_BORROW,
    ROLE_CREDIT_CHECKER,
    ROLE_CREDIT_MAKER,
    ROLE_KEEP,
    ROLE_TITLE,
    TitleWord
} from "../types/Words.sol";
import {Due} from "./Buckets.sol";
import {Coverage} from "./Coverage.sol";
import {
    AccrualWord,
    FORM_LEASE,
    LOAN_OUTSTANDING,
    LOAN_SETTLED,
    LOAN_WRITTEN_OFF,
    LoanWord,
    PositionWord
} from "./CreditWords.sol";
import {FacilityWord} from "./FacilityWords.sol";
import {ICredit} from "./ICredit.sol";
import {ILeases} from "./ILeases.sol";
import {LeaseWord, LeaseWords} from "./LeaseWords.sol";

/// @notice The page's last room: goods that the lessor owns until the last rental. How title moves with the money stands in
///         Sales, as for all that a draw buys.
abstract contract Leases is Coverage, ILeases {
    // ── Lease, withdraw ─────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ILeases
    function leaseGoods(LeaseGoodsItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _lease(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    /// @dev From here on the receipt is one thing, so that the price agreed is the price of what a draw names.
    function _lease(LeaseGoodsItem calldata item) private returns (Reason reason) {
        LeaseGoods calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        PositionWord position = _positions[act.facility];
        if (!position.exists()) return Reason.FacilityUnknown;
        if (position.form() != FORM_LEASE || act.noticeDays == 0) return Reason.TermsOutOfRange;
        if (act.price == 0) return Reason.ZeroQuantity;
        if (act.price > position.faceRoom()) return Reason.FacilityLimitExceeded;
        FacilityWord facility = _facilities[act.facility];
        if (_near(act.appraiser, facility)) return Reason.NotIndependent;
        TitleWord title = _ledger.titleOf(act.title);
        if (!title.exists()) return Reason.UnknownTitle;
        if (!title.has(FLAG_GOODS)) return Reason.OtherKind;
        uint32 owner = title.holder();
        if (act.seller == facility.lender()) return Reason.DifferentHolder;
        if (owner != act.seller && owner != facility.lender()) return Reason.DifferentHolder;
        reason = _agreedLease(item, facility, owner, _ledger.rootOf(title.root()).debtor());
        if (reason == Reason.None) reason = _lock(act, owner, title.root());
        if (reason != Reason.None) return reason;

        _goods().holdGoods(act.title, true);
        _setLease(act.title, LeaseWords.make(act, owner), act.evidence);
        _setPosition(act.facility, position.plusFace(act.price));
    }

    /// @dev Who says what goods taken back are worth is a party, and of neither side.
    function _near(uint32 appraiser, FacilityWord facility) private view returns (bool) {
        uint32 group = _ledger.partyOf(appraiser).group();
        return group == 0 || group == _ledger.partyOf(facility.lender()).group()
            || group == _ledger.partyOf(facility.borrower()).group();
    }

    function _agreedLease(LeaseGoodsItem calldata item, FacilityWord facility, uint32 owner, uint32 keeper)
        private
        view
        returns (Reason)
    {
        uint256[] memory needs = new uint256[](4);
        Signature[] memory signatures = new Signature[](4);
        (needs[0], signatures[0]) = (Needs.need(owner, ROLE_TITLE, item.act.quantity), item.holder);
        (needs[1], signatures[1]) = (Needs.need(facility.borrower(), ROLE_BORROW, item.act.price), item.lessee);
        (needs[2], signatures[2]) = (Needs.need(facility.lender(), ROLE_CREDIT_MAKER, 0), item.lender);
        (needs[3], signatures[3]) = (Needs.need(keeper, ROLE_KEEP, 0), item.keeper);
        return _board(LeaseActHash.hash(item.act), needs, signatures);
    }

    function _lock(LeaseGoods calldata act, uint32 owner, uint64 lot) private returns (Reason) {
        return _goods().lockGoods(
            PledgeGoods({
                title: act.title,
                lot: lot,
                sequence: act.sequence,
                quantity: act.quantity,
                facility: act.facility,
                rate: 0,
                orderTitle: 0,
                orderSequence: 0,
                taken: 0,
                expiresAt: act.expiresAt,
                evidence: act.evidence
            }),
            owner
        );
    }

    /// @inheritdoc ILeases
    function withdrawLease(WithdrawLeaseItem[] calldata items)
        external
        paged
        relayed
        returns (Reason[] memory reasons)
    {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _withdraw(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    /// @dev A lessor that never pays cannot keep a receipt by silence.
    function _withdraw(WithdrawLeaseItem calldata item) private returns (Reason reason) {
        WithdrawLease calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        LeaseWord lease = _leases[act.title];
        if (!lease.exists()) return Reason.NotLeased;
        if (_sales[act.title] != 0) return Reason.TitleSold;
        TitleWord title = _ledger.titleOf(act.title);
        if (title.sequence() != act.sequence) return Reason.WrongSequence;
        uint256[3] memory needs;
        needs[0] = Needs.need(lease.owner(), ROLE_TITLE, title.quantity());
        needs[1] = Needs.need(_ledger.rootOf(title.root()).debtor(), ROLE_KEEP, 0);
        reason = _authorise(LeaseActHash.hash(act), needs, item.holder, item.keeper, item.keeper);
        if (reason != Reason.None) return reason;
        reason = _goods().deliverGoods(act.title, lease.owner(), 0);
        if (reason != Reason.None) return reason;

        _setLease(act.title, LeaseWord.wrap(0), 0);
        _minusFace(lease.facility(), _positions[lease.facility()], lease.price());
    }

    // ── Notice, end ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ILeases
    function giveNotice(GiveNoticeItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _notice(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _notice(GiveNoticeItem calldata item) private returns (Reason reason) {
        GiveNotice calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        LoanWord loan = _loans[act.loan];
        (reason,) = _overdueLease(act.loan, loan);
        if (reason != Reason.None) return reason;
        uint64 title = _bought[act.loan];
        LeaseWord lease = _leases[title];
        if (act.fromDay < uint256(_today()) + lease.noticeDays()) return Reason.ValueDayOutOfRange;
        uint32 lender = _facilities[loan.facility()].lender();
        reason = _makerAndChecker(LeaseActHash.hash(act), lender, loan.principal(), item.maker, item.checker);
        if (reason != Reason.None) return reason;
        if (!_ledger.spend(lender, act.nonce)) return Reason.NonceUsed;
        _setLease(title, lease.withNotice(_today(), act.fromDay), act.evidence);
    }

    /// @dev The lease that the loan stands on was paid out, and a rental of it is overdue.
    /// @return reason why not, or None.
    /// @return since  the due day of the oldest rental that is unpaid.
    function _overdueLease(uint64 id, LoanWord loan) private view returns (Reason, uint256 since) {
        uint64 title = _bought[id];
        if (!_leases[title].exists() || _sales[title] != id) return (Reason.NotLeased, 0);
        if (loan.phase() != LOAN_OUTSTANDING && loan.phase() != LOAN_WRITTEN_OFF) {
            return (Reason.LoanNotOutstanding, 0);
        }
        since = _overdueSince(id, loan, _today());
        return (since == 0 ? Reason.NotYetDue : Reason.None, since);
    }

    /// @inheritdoc ILeases
    function endLease(EndLeaseItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _end(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _end(EndLeaseItem calldata item) private returns (Reason reason) {
        EndLease calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        LoanWord loan = _loans[act.loan];
        uint64 title = _bought[act.loan];
        LeaseWord lease = _leases[title];
        reason = _endable(act.loan, loan, lease);
        if (reason != Reason.None) return reason;
        if (act.evidence == 0) return Reason.EvidenceMissing;
        reason = _ended(item, lease, loan.principal());
        if (reason != Reason.None) return reason;
        // Until now it was locked; from now on nothing of the lessee's stands on it.
        reason = _goods().deliverGoods(title, _facilities[lease.facility()].lender(), act.loan);
        if (reason != Reason.None) return reason;

        delete _sales[title];
        _leases[title] = LeaseWord.wrap(0);
        _setOff(act, loan, title, lease.price());
    }

    /// @dev What the notice called for is what was due before its day: once that is paid it has done its work, and another
    ///      is needed for what fell due later (CC-752).
    function _endable(uint64 id, LoanWord loan, LeaseWord lease) private view returns (Reason) {
        (Reason reason, uint256 since) = _overdueLease(id, loan);
        if (reason != Reason.None) return reason;
        uint256 noticed = lease.noticeDay();
        return noticed == 0 || since >= noticed || _today() < lease.fromDay() ? Reason.NotEnforced : Reason.None;
    }

    function _ended(EndLeaseItem calldata item, LeaseWord lease, uint48 principal) private view returns (Reason) {
        uint32 lender = _facilities[lease.facility()].lender();
        uint256[3] memory needs;
        needs[0] = Needs.need(lender, ROLE_CREDIT_MAKER, 0);
        needs[1] = Needs.need(lender, ROLE_CREDIT_CHECKER, principal);
        needs[2] = Needs.need(lease.appraiser(), ROLE_ATTEST, 0);
        return _authorise(LeaseActHash.hash(item.act), needs, item.maker, item.checker, item.appraiser);
    }

    /// @dev The goods' value fills the buckets as money would. It is no money, so whatever principal it meets is written
    ///      off rather than repaid, and what it does not meet is claimed like that of any loan that was written off.
    function _setOff(EndLease calldata act, LoanWord loan, uint64 title, uint48 price) private {
        Due memory due;
        (AccrualWord accrual, uint256 interest) = _accrued(act.loan, loan, _today());
        due.interest = interest;
        if (loan.hasCosts()) due.costs = _costs[act.loan].due();
        bool whole = due.fill(loan.principal(), act.value);
        if (due.costs != 0) _costs[act.loan] = _costs[act.loan].plusPaid(due.costs);
        PositionWord position = _lowered(loan, whole).minusFace(price);
        if (position.isClear()) position = position.withClock(_today(), false);
        _positions[loan.facility()] = position;
        loan = loan.withPrincipal(loan.principal() - uint48(due.principal)).withAccruedDay(_today());
        loan = loan.withPhase(whole ? LOAN_SETTLED : LOAN_WRITTEN_OFF);
        accrual = accrual.plusPaid(due.interest);
        _loans[act.loan] = loan;
        _accruals[act.loan] = whole ? AccrualWord.wrap(0) : accrual;
        if (due.surplus != 0) _differences[act.loan] = uint48(due.surplus);
        emit LeaseEnded(act.loan, title, loan, accrual, position, due.filled(), act.evidence);
    }

    function _lowered(LoanWord loan, bool whole) private view returns (PositionWord position) {
        position = _positions[loan.facility()];
        if (loan.phase() == LOAN_WRITTEN_OFF) return whole ? position.minusWrittenOff() : position;
        position = position.minusLoan(loan.principal());
        if (!whole) position = position.plusWrittenOff();
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    function leaseOf(uint64 title) external view returns (LeaseWord) {
        return _leases[title];
    }

    function differenceOf(uint64 loan) external view returns (uint48 amount) {
        return _differences[loan];
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _setLease(uint64 title, LeaseWord lease, bytes32 evidence) private {
        _leases[title] = lease;
        emit LeaseChanged(title, lease, evidence);
    }
}
