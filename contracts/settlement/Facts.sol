// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LoanWord} from "../credit/CreditWords.sol";
import {FacilityWord} from "../credit/FacilityWords.sol";
import {IEnforcement} from "../credit/IEnforcement.sol";
import {GoodsSaleWord} from "../credit/MarginWords.sol";
import {ActHash} from "../types/ActHash.sol";
import {BindAccount, BindAccountItem, Fact, FactItem, Signature} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {FLAG_GOODS, ROLE_ADMIN, ROLE_BORROW, ROLE_PAYMENTS, RootWord, TitleWord} from "../types/Words.sol";
import {CashWord} from "./CashWords.sol";
import {
    FACT_COLLECTED,
    FACT_CREDITED,
    FACT_PAYOUT,
    FACT_PROTECTED,
    FACT_RECEIVED,
    FACT_REIMBURSED,
    FACT_REJECTED,
    FACT_REPAYMENT,
    FACT_RETURNED,
    FACT_SURPLUS,
    ISettlement
} from "./ISettlement.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @notice Settlement's first room: which accounts are whose, and what banks booked on them.
abstract contract Facts is SettlementStore {
    // ── Accounts ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISettlement
    function bindAccount(BindAccountItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _bind(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _bind(BindAccountItem calldata item) private returns (Reason reason) {
        BindAccount calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        uint256 quorum = _ledger.partyOf(act.party).quorum();
        if (quorum == 0) return Reason.PartyUnknown;
        if (item.party.length < quorum) return Reason.OfficesTooFew;
        uint256 count = item.party.length;
        uint256[] memory needs = new uint256[](count + 1);
        Signature[] memory signatures = new Signature[](count + 1);
        for (uint256 i; i < count; ++i) {
            (needs[i], signatures[i]) = (Needs.need(act.party, ROLE_ADMIN, 0), item.party[i]);
        }
        (needs[count], signatures[count]) = (Needs.need(act.bank, ROLE_PAYMENTS, 0), item.bank);
        reason = _ledger.authoriseBoard(ActHash.hash(act), needs, signatures);
        if (reason != Reason.None) return reason;
        if (!_ledger.spend(act.party, act.nonce)) return Reason.NonceUsed;

        _accounts[act.party][act.currency] = keccak256(abi.encode(act.bank, act.account));
        emit AccountBound(act.party, act.currency, act.bank, act.account);
    }

    // ── Facts ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISettlement
    function record(FactItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _record(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _record(FactItem calldata item) private returns (Reason reason) {
        Fact memory act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (!_recordable(act.kind) || act.credit != (act.kind != FACT_REJECTED)) {
            return Reason.FactUnknown;
        }
        if (act.valueDay > Calendar.day(block.timestamp)) return Reason.ValueDayOutOfRange;
        if (act.amount == 0) return Reason.ZeroQuantity;
        bytes32 movement = _movement(act.bank, act.account, act.valueDay, act.amount, act.entry);
        if (_movements[movement] != 0) return Reason.MovementUsed;
        FacilityWord facility;
        if (act.kind == FACT_PAYOUT) facility = _credit.facilityOfLoan(act.subject);
        reason = _attested(item, act, facility);
        if (reason != Reason.None) return reason;
        uint256 filled;
        (reason, filled) = _apply(act, facility, item.unlock);
        if (reason != Reason.None) return reason;

        uint256 word = _factWord(act.kind, act.loan, act.bank, act.valueDay, act.amount);
        _use(movement, act.subject, word, filled, act.account, act.entry);
    }

    /// @dev Early money and late interest come with acts of their own.
    function _recordable(uint8 kind) private pure returns (bool) {
        return (kind != 0 && kind <= FACT_RETURNED) || kind == FACT_PROTECTED || kind == FACT_REIMBURSED;
    }

    /// @dev One payments person, up to that person's mandate. A lender that services the borrower's account itself
    ///      cannot attest its own pay-out: the borrower signs too (decision 10).
    function _attested(FactItem calldata item, Fact memory act, FacilityWord facility)
        private
        view
        returns (Reason)
    {
        uint32 bank = act.bank;
        uint48 amount = act.amount;
        uint256 need = Needs.need(bank, ROLE_PAYMENTS, amount);
        if (act.kind != FACT_PAYOUT || facility.lender() != bank) return _authorise(ActHash.hash(item.act), need, item.bank);
        uint256[3] memory needs;
        needs[0] = need;
        needs[1] = Needs.need(facility.borrower(), ROLE_BORROW, amount);
        return _authoriseAll(ActHash.hash(item.act), needs, item.bank, item.borrower, item.borrower);
    }

    /// @return reason why not, or None.
    /// @return filled what a repayment filled, so that it can be undone: costs 48 · interest 48 · principal 48.
    function _apply(Fact memory act, FacilityWord facility, uint256[] calldata unlockHint)
        private
        returns (Reason reason, uint256 filled)
    {
        uint8 kind = act.kind;
        if (kind == FACT_PAYOUT) return (_paidOut(act, facility), 0);
        if (kind == FACT_REPAYMENT) return _repaid(act, unlockHint);
        if (kind == FACT_RECEIVED) return (_received(act), 0);
        if (kind == FACT_CREDITED) return (_credited(act), 0);
        if (kind == FACT_COLLECTED) return (_collected(act, unlockHint), 0);
        if (kind == FACT_SURPLUS) return (_surplusPaid(act), 0);
        if (kind == FACT_REJECTED) return (_rejected(act), 0);
        if (kind == FACT_RETURNED) return (_returned(act), 0);
        if (kind == FACT_REIMBURSED) return (_reimbursed(act), 0);
        return (_protection.pay(act.subject, act.loan, act.amount, act.valueDay, _account(act)), 0);
    }

    function _paidOut(Fact memory act, FacilityWord facility) private returns (Reason) {
        if (!_paysOn(act, facility)) return Reason.AccountDiffers;
        return _credit.post(act.subject, act.amount, act.valueDay);
    }

    function _repaid(Fact memory act, uint256[] calldata unlockHint) private returns (Reason reason, uint256 filled) {
        (reason, filled) = _repay(act.subject, act, _account(act), 0, unlockHint);
        // More than the lender is owed may belong to those who paid it in the debtor's place.
        if (reason == Reason.ExcessAmount && _protection.keep(act.subject, act.amount, true) != 0) reason = Reason.None;
        filled >>= 48;
    }

    function _repay(
        uint64 loan,
        Fact memory act,
        bytes32 account,
        uint96 source,
        uint256[] calldata unlockHint
    ) private returns (Reason, uint256 filled) {
        return _credit.repay(loan, act.amount, act.valueDay, account, source, unlockHint);
    }

    function _received(Fact memory act) private returns (Reason) {
        RootWord root = _ledger.rootOf(act.subject);
        if (root.clearingBank() != act.bank) return Reason.WrongBank;
        if (act.valueDay < root.dueDay()) return Reason.NotYetDue;
        return _ledger.receiveMoney(act.subject, act.amount, false);
    }

    function _credited(Fact memory act) private returns (Reason) {
        TitleWord title = _ledger.titleOf(act.subject);
        CashWord cash = _cash[act.subject];
        if (title.lock() != 0) return Reason.TitleLocked;
        (, uint48 paid) = _claimOf(act.subject);
        if (act.amount > cash.pending(paid)) return Reason.ExcessAmount;
        if (_boundTo(title) != _account(act)) return Reason.AccountDiffers;
        _setCash(act.subject, cash.plusCredited(act.amount));
        return Reason.None;
    }

    /// @dev Destination follows the lock: what arrives on the collection account repays the named loan of that very
    ///      facility; what is left of it is the holder's.
    function _collected(Fact memory act, uint256[] calldata unlockHint) private returns (Reason reason) {
        (uint32 facility, uint48 paid) = _claimOf(act.subject);
        CashWord cash = _cash[act.subject];
        if (facility == 0) return Reason.WrongLock;
        if (act.amount > cash.pending(paid)) return Reason.ExcessAmount;
        uint48 surplus = act.amount;
        if (act.loan != 0) {
            (reason, surplus) = _collectedFor(act, facility, unlockHint);
        } else if (!_credit.facilityOf(facility).collectsOn(_account(act))) {
            reason = Reason.AccountDiffers;
        } else if (!_credit.positionOf(facility).isClear()) {
            // While anything is owed, money names the loan it repays.
            reason = Reason.LoanUnknown;
        }
        if (reason == Reason.None) _setCash(act.subject, cash.plusCollected(act.amount).plusSurplus(surplus));
    }

    /// @return reason  why not, or None.
    /// @return surplus what neither the loan takes nor those who paid it in the debtor's place.
    function _collectedFor(Fact memory act, uint32 facility, uint256[] calldata unlockHint)
        private
        returns (Reason reason, uint48 surplus)
    {
        uint256 filled;
        (reason, filled) = _repay(act.loan, act, _account(act), (uint96(act.subject) << 32) | facility, unlockHint);
        // A settled loan may have been settled by others: what is collected is theirs before it is the holder's.
        surplus = reason == Reason.LoanNotOutstanding ? act.amount : uint48(filled);
        if (reason != Reason.None && reason != Reason.LoanNotOutstanding) return (reason, 0);
        uint48 kept = surplus == 0 ? 0 : _protection.keep(act.loan, surplus, false);
        if (kept == 0 && reason != Reason.None) return (reason, 0);
        return (Reason.None, surplus - kept);
    }

    function _surplusPaid(Fact memory act) private returns (Reason) {
        CashWord cash = _cash[act.subject];
        if (act.amount > cash.surplus()) return Reason.ExcessAmount;
        if (_dueTo(act.subject) != _account(act)) return Reason.AccountDiffers;
        _setCash(act.subject, cash.minusSurplus(act.amount));
        return Reason.None;
    }

    function _rejected(Fact memory act) private returns (Reason) {
        (LoanWord loan,) = _credit.loanOf(act.subject);
        if ((loan.isPlain() ? loan.drawn() : _terms.payOutOf(loan)) != act.amount) return Reason.AmountDiffers;
        FacilityWord facility = _credit.facilityOfLoan(act.subject);
        if (act.bank != facility.lender() && !_paysOn(act, facility)) return Reason.WrongBank;
        return _credit.reject(act.subject, act.entry);
    }

    /// @dev A line that came back is held; it never revives the title. It came back on the way, or else from the payee's
    ///      bank after that had credited it: one line, so never part of both.
    function _returned(Fact memory act) private returns (Reason) {
        TitleWord title = _ledger.titleOf(act.subject);
        CashWord cash = _cash[act.subject];
        // Where goods are concerned, an inspector stands in the clearing bank's place, and no money passes through it.
        if (title.has(FLAG_GOODS) || _ledger.rootOf(title.root()).clearingBank() != act.bank) return Reason.WrongBank;
        if (act.amount > cash.pending(title.paid())) {
            if (act.amount > cash.credited()) return Reason.ExcessAmount;
            cash = cash.minusCredited(act.amount);
        }
        _setCash(act.subject, cash.plusHeld(act.amount));
        return Reason.None;
    }

    /// @dev From what the lender collected, to a protector's own account.
    function _reimbursed(Fact memory act) private returns (Reason) {
        uint16 currency = _credit.facilityOfLoan(act.loan).currency();
        if (_accounts[uint32(act.subject >> 32)][currency] != _account(act)) return Reason.AccountDiffers;
        return _protection.reimburse(act.subject, act.loan, act.amount);
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Whether this is where a loan is paid out: on the special account of a facility in stages, else on that which
    ///      its payee is bound to.
    function _paysOn(Fact memory act, FacilityWord facility) private view returns (bool) {
        bytes32 account = _account(act);
        (uint32 payee, uint136 special) = _credit.payeeOf(act.subject);
        if (special != 0) return special == uint136(uint256(account));
        return _accounts[payee][facility.currency()] == account;
    }

    /// @dev The account its holder is paid on, in the currency of its root.
    function _boundTo(TitleWord title) private view returns (bytes32) {
        return _accounts[title.holder()][_ledger.rootOf(title.root()).currency()];
    }

    /// @dev The facility that a title's money is for, and how much that is: of a receipt, what its goods were sold for in
    ///      enforcement.
    function _claimOf(uint64 id) private view returns (uint32 facility, uint48 paid) {
        TitleWord title = _ledger.titleOf(id);
        if (!title.has(FLAG_GOODS)) return (title.lock(), title.paid());
        GoodsSaleWord sale = _goodsSaleOf(id);
        return (sale.facility(), sale.total());
    }

    /// @dev The account that what was left over goes to: of goods that were sold, to whoever had pledged them.
    function _dueTo(uint64 id) private view returns (bytes32) {
        TitleWord title = _ledger.titleOf(id);
        if (!title.has(FLAG_GOODS)) return _boundTo(title);
        FacilityWord facility = _credit.facilityOf(_goodsSaleOf(id).facility());
        return _accounts[facility.borrower()][facility.currency()];
    }

    function _goodsSaleOf(uint64 id) private view returns (GoodsSaleWord) {
        return IEnforcement(address(_credit)).goodsSaleOf(id);
    }

    function _account(Fact memory act) private pure returns (bytes32) {
        return keccak256(abi.encode(act.bank, act.account));
    }
}
