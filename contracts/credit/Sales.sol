// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Draw} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";
import {FLAG_FROZEN, FLAG_GOODS, FLAGS_DEAD, FLAGS_KIND, TitleWord} from "../types/Words.sol";
import {CreditStore} from "./CreditStore.sol";
import {
    FORM_LEASE,
    FORM_PLEDGE,
    FORM_PURCHASE,
    LOAN_SOLD,
    LOAN_WRITTEN_OFF,
    LoanWord,
    PositionWord
} from "./CreditWords.sol";
import {ICredit} from "./ICredit.sol";
import {LeaseWord} from "./LeaseWords.sol";

/// @notice What the rooms of Credit share about titles that a draw buys: delivery against payment (decision 8).
/// @dev    From its draw to its end a sold title is one thing: it is neither released nor divided, and no second draw
///         names it. Nothing of it moves before the pay-out does.
abstract contract Sales is CreditStore {
    /// May this draw name this title, under this form of facility?
    function _buyable(Draw memory act, PositionWord position) internal view returns (Reason) {
        uint8 form = position.form();
        if (form == FORM_PLEDGE) return act.title == 0 ? Reason.None : Reason.TermsOutOfRange;
        // The price of a purchase is all there is: nothing is owed on it later, so nothing bears interest or falls due.
        if (form == FORM_PURCHASE && (act.rate != 0 || act.terms != 0)) return Reason.TermsOutOfRange;
        TitleWord title = _ledger.titleOf(act.title);
        if (title.lock() != act.facility) return Reason.WrongLock;
        bool leases = form == FORM_LEASE;
        // Certificates are bought; an order is delivered to its buyer; and under a facility of leases stand receipts alone.
        if (!leases && title.has(FLAGS_KIND)) return Reason.OtherKind;
        if (_sales[act.title] != 0) return Reason.TitleSold;
        if (title.has(FLAGS_DEAD)) return Reason.TitleSpent;
        if (title.has(FLAG_FROZEN)) return Reason.TitleFrozen;
        if (_today() >= _ledger.rootOf(title.root()).dueDay()) return Reason.PastDue;
        uint256 price = leases ? _leases[act.title].price() : title.quantity();
        if (act.amount > price * position.advanceBps() / 10_000) return Reason.CollateralShort;
        return Reason.None;
    }

    function _reserveTitle(uint64 loan, uint64 title) internal {
        (_sales[title], _bought[loan]) = (loan, title);
        emit ICredit.TitleSold(loan, title);
    }

    /// @dev The pay-out was attested: in the same act the title is the lender's.
    function _deliver(uint64 id, LoanWord loan) internal returns (Reason, LoanWord) {
        uint64 sold = _bought[id];
        TitleWord title = _ledger.titleOf(sold);
        if (title.has(FLAG_FROZEN)) return (Reason.TitleFrozen, loan);
        // Settled early or paid meanwhile: there is nothing left that could be delivered.
        if (title.has(FLAGS_DEAD) || title.paid() != 0) return (Reason.TitleSpent, loan);
        uint32 facility = loan.facility();
        PositionWord position = _positions[facility];
        bool owes = position.form() != FORM_PURCHASE;
        uint256 open = _ledger.deliver(sold, id, facility, _facilities[facility].lender(), owes);
        if (owes) return (Reason.None, loan);
        delete _sales[sold];
        position = position.minusLoan(loan.drawn()).minusFace(open);
        if (position.isClear()) position = position.withClock(_today(), false);
        _setPosition(facility, position);
        return (Reason.None, loan.withPrincipal(0).withPhase(LOAN_SOLD));
    }

    /// @dev The seller repaid whole, or its bank took the pay-out back: in the same act the title is its own again, frozen
    ///      or not. One that the lender released, once the loan was written off, is gone. What was leased is the lessee's
    ///      with the last rental, and whoever's it was before if the pay-out is taken back.
    /// @return open what it counted for, if its lock ends.
    function _giveBack(uint64 id, uint32 facility, bool keepLock) internal returns (uint256 open) {
        uint64 sold = _bought[id];
        if (_sales[sold] != id) return 0;
        delete _sales[sold];
        LeaseWord lease = _leases[sold];
        uint32 to = keepLock && lease.exists() ? lease.owner() : _facilities[facility].borrower();
        open = _ledger.deliver(sold, id, facility, to, keepLock);
        if (keepLock || !lease.exists()) return open;
        _leases[sold] = LeaseWord.wrap(0);
        return lease.price();
    }

    /// @dev What a draw buys is not released, but for the title of a loan that was written off: the lender keeps that.
    function _releasable(uint256[] calldata titles) internal view returns (Reason) {
        for (uint256 i; i < titles.length; ++i) {
            uint64 loan = _sales[uint64(titles[i])];
            if (loan != 0 && _loans[loan].phase() != LOAN_WRITTEN_OFF) return Reason.TitleSold;
        }
        return Reason.None;
    }

    function _endSales(uint256[] calldata titles) internal {
        for (uint256 i; i < titles.length; ++i) {
            delete _sales[uint64(titles[i])];
        }
    }
}
