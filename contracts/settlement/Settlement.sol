// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../credit/ICredit.sol";
import {FacilityWord, LoanWord} from "../credit/CreditWords.sol";
import {IEvidence} from "../evidence/IEvidence.sol";
import {ILedger} from "../titles/ILedger.sol";
import {ActHash} from "../types/ActHash.sol";
import {
    BindAccount,
    BindAccountItem,
    Distribution,
    DistributionItem,
    EarlySettlement,
    EarlySettlementItem,
    Fact,
    FactItem,
    HeldRelease,
    HeldReleaseItem,
    LateInterest,
    LateInterestItem,
    Signature,
    WriteOffTitle,
    WriteOffTitleItem
} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Modules} from "../types/Modules.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Refusals} from "../types/Refusals.sol";
import {Skips} from "../types/Skips.sol";
import {
    FLAG_FROZEN,
    ROLE_ADMIN,
    ROLE_BORROW,
    ROLE_CLEARING,
    ROLE_CREDIT_MAKER,
    ROLE_ISSUE_CHECKER,
    ROLE_PAYMENTS,
    ROLE_TITLE,
    RootWord,
    TitleWord
} from "../types/Words.sol";
import {CashWord} from "./CashWords.sol";
import {
    FACT_COLLECTED,
    FACT_CREDITED,
    FACT_EARLY,
    FACT_LATE,
    FACT_PAYOUT,
    FACT_RECEIVED,
    FACT_REJECTED,
    FACT_REPAYMENT,
    FACT_RETURNED,
    FACT_SURPLUS,
    ISettlement
} from "./ISettlement.sol";

contract Settlement is ISettlement {
    /// Of the word of FactRecorded.
    uint256 private constant KIND_SHIFT = 160;

    ILedger private immutable _ledger;
    IEvidence private immutable _evidence;
    ICredit private immutable _credit;

    mapping(bytes32 movement => uint256 use) private _movements;
    mapping(uint32 party => mapping(uint16 currency => bytes32)) private _accounts;
    mapping(uint64 title => CashWord) private _cash;

    constructor(Modules memory modules) {
        _ledger = ILedger(modules.ledger);
        _evidence = IEvidence(modules.evidence);
        _credit = ICredit(modules.credit);
    }

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
        if (act.kind == 0 || act.kind > FACT_RETURNED || act.credit != (act.kind != FACT_REJECTED)) {
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
        reason = _apply(act, facility, item.unlock);
        if (reason != Reason.None) return reason;

        _use(movement, act.subject, _factWord(act.kind, act.loan, act.bank, act.valueDay, act.amount), act.account, act.entry);
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

    function _apply(Fact memory act, FacilityWord facility, uint256[] calldata unlockHint)
        private
        returns (Reason reason)
    {
        uint8 kind = act.kind;
        if (kind == FACT_PAYOUT) return _paidOut(act, facility);
        if (kind == FACT_REPAYMENT) return _repaid(act, unlockHint);
        if (kind == FACT_RECEIVED) return _received(act);
        if (kind == FACT_CREDITED) return _credited(act);
        if (kind == FACT_COLLECTED) return _collected(act, unlockHint);
        if (kind == FACT_SURPLUS) return _surplusPaid(act);
        if (kind == FACT_REJECTED) return _rejected(act);
        return _returned(act);
    }

    function _paidOut(Fact memory act, FacilityWord facility) private returns (Reason) {
        if (_accounts[facility.borrower()][facility.currency()] != _account(act)) return Reason.AccountDiffers;
        return _credit.post(act.subject, act.amount, act.valueDay);
    }

    function _repaid(Fact memory act, uint256[] calldata unlockHint) private returns (Reason reason) {
        (reason,) = _repay(act.subject, act, _account(act), 0, unlockHint);
    }

    function _repay(
        uint64 loan,
        Fact memory act,
        bytes32 account,
        uint32 collector,
        uint256[] calldata unlockHint
    ) private returns (Reason, uint48 surplus) {
        return _credit.repay(loan, act.amount, act.valueDay, account, collector, unlockHint);
    }

    function _received(Fact memory act) private returns (Reason) {
        RootWord root = _ledger.rootOf(act.subject);
        if (root.clearingBank() != act.bank) return Reason.WrongBank;
        if (act.valueDay < root.dueDay()) return Reason.NotYetDue;
        return _ledger.receiveMoney(act.subject, act.amount);
    }

    function _credited(Fact memory act) private returns (Reason) {
        TitleWord title = _ledger.titleOf(act.subject);
        CashWord cash = _cash[act.subject];
        if (title.lock() != 0) return Reason.TitleLocked;
        if (act.amount > cash.pending(title.paid())) return Reason.ExcessAmount;
        if (_boundTo(title) != _account(act)) return Reason.AccountDiffers;
        _setCash(act.subject, cash.plusCredited(act.amount));
        return Reason.None;
    }

    /// @dev Destination follows the lock: what arrives on the collection account repays the named loan of that very
    ///      facility; what is left of it is the holder's.
    function _collected(Fact memory act, uint256[] calldata unlockHint) private returns (Reason reason) {
        TitleWord title = _ledger.titleOf(act.subject);
        CashWord cash = _cash[act.subject];
        uint32 facility = title.lock();
        if (facility == 0) return Reason.WrongLock;
        if (act.amount > cash.pending(title.paid())) return Reason.ExcessAmount;
        uint48 surplus = act.amount;
        bytes32 account = _account(act);
        if (act.loan != 0) {
            (reason, surplus) = _repay(act.loan, act, account, facility, unlockHint);
            if (reason != Reason.None) return reason;
        } else {
            if (!_credit.facilityOf(facility).collectsOn(account)) return Reason.AccountDiffers;
            // While anything is owed, money names the loan it repays.
            if (!_credit.positionOf(facility).isClear()) return Reason.LoanUnknown;
        }
        _setCash(act.subject, cash.plusCollected(act.amount).plusSurplus(surplus));
    }

    function _surplusPaid(Fact memory act) private returns (Reason) {
        CashWord cash = _cash[act.subject];
        if (act.amount > cash.surplus()) return Reason.ExcessAmount;
        if (_boundTo(_ledger.titleOf(act.subject)) != _account(act)) return Reason.AccountDiffers;
        _setCash(act.subject, cash.minusSurplus(act.amount));
        return Reason.None;
    }

    function _rejected(Fact memory act) private returns (Reason) {
        (LoanWord loan,) = _credit.loanOf(act.subject);
        if (loan.drawn() != act.amount) return Reason.AmountDiffers;
        FacilityWord facility = _credit.facilityOfLoan(act.subject);
        if (act.bank != facility.lender() && _accounts[facility.borrower()][facility.currency()] != _account(act)) {
            return Reason.WrongBank;
        }
        return _credit.reject(act.subject, act.entry);
    }

    /// @dev A line that came back is held; it never revives the title. It came back on the way, or else from the payee's
    ///      bank after that had credited it: one line, so never part of both.
    function _returned(Fact memory act) private returns (Reason) {
        TitleWord title = _ledger.titleOf(act.subject);
        CashWord cash = _cash[act.subject];
        if (_ledger.rootOf(title.root()).clearingBank() != act.bank) return Reason.WrongBank;
        if (act.amount > cash.pending(title.paid())) {
            if (act.amount > cash.credited()) return Reason.ExcessAmount;
            cash = cash.minusCredited(act.amount);
        }
        _setCash(act.subject, cash.plusHeld(act.amount));
        return Reason.None;
    }

    // ── Distribution ────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISettlement
    function distribute(DistributionItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _distribute(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _distribute(DistributionItem calldata item) private returns (Reason reason) {
        Distribution calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        try _ledger.payOut(act, item.clearingBank) returns (RootWord root, uint256 sum, uint256[] memory lines) {
            _follow(lines);
            _evidence.returnLimit(root.debtor(), root.currency(), uint48(sum));
        } catch (bytes memory failure) {
            return Refusals.reasonOf(failure);
        }
    }

    /// @dev Follows the money that does not go to the holder. Runs of lines under one lock tell Credit once.
    function _follow(uint256[] memory lines) private {
        uint32 facility;
        uint256 run;
        for (uint256 i; i < lines.length; ++i) {
            uint256 line = lines[i];
            uint256 amount = uint48(line >> 33);
            if (line & 1 != 0) _setCash(uint64(line >> 81), _cash[uint64(line >> 81)].plusHeld(amount));
            uint32 lock = uint32(line >> 1);
            if (lock != facility) {
                if (facility != 0) _credit.collateralPaid(facility, uint48(run));
                (facility, run) = (lock, 0);
            }
            run += amount;
        }
        if (facility != 0) _credit.collateralPaid(facility, uint48(run));
    }

    /// @inheritdoc ISettlement
    function distributeLate(LateInterestItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _distributeLate(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _distributeLate(LateInterestItem calldata item) private returns (Reason reason) {
        LateInterest calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        uint32 bank = _ledger.rootOf(act.root).clearingBank();
        if (bank == 0) return Reason.UnknownRoot;
        uint256 sum;
        for (uint256 i; i < act.lines.length; ++i) {
            sum += uint48(act.lines[i]);
        }
        if (sum > type(uint48).max) return Reason.ExcessAmount;
        bytes32 movement = _movement(bank, act.account, act.valueDay, uint48(sum), act.entry);
        if (_movements[movement] != 0) return Reason.MovementUsed;
        reason = _authorise(ActHash.hash(act), Needs.need(bank, ROLE_CLEARING, sum), item.clearingBank);
        if (reason != Reason.None) return reason;
        try _ledger.payLate(act.root, act.lateBefore, act.valueDay, uint48(sum), act.lines) returns (
            uint256[] memory lines
        ) {
            uint256 word = _factWord(FACT_LATE, 0, bank, act.valueDay, uint48(sum));
            _use(movement, act.root, word, act.account, act.entry);
            _followLate(lines);
        } catch (bytes memory failure) {
            return Refusals.reasonOf(failure);
        }
    }

    function _followLate(uint256[] memory lines) private {
        for (uint256 i; i < lines.length; ++i) {
            (uint64 title, uint256 amount) = (uint64(lines[i] >> 81), uint48(lines[i] >> 33));
            CashWord cash = _cash[title].plusLate(amount);
            _setCash(title, lines[i] & 1 == 0 ? cash : cash.plusHeld(amount));
        }
    }

    // ── Early, held, given up ───────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISettlement
    function settleEarly(EarlySettlementItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _settleEarly(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _settleEarly(EarlySettlementItem calldata item) private returns (Reason reason) {
        EarlySettlement calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (act.valueDay > Calendar.day(block.timestamp)) return Reason.ValueDayOutOfRange;
        TitleWord title = _ledger.titleOf(act.title);
        RootWord root = _ledger.rootOf(title.root());
        bytes32 movement = _movement(root.clearingBank(), act.account, act.valueDay, act.amount, act.entry);
        if (_movements[movement] != 0) return Reason.MovementUsed;
        reason = _authoriseEarly(item, title, root);
        if (reason != Reason.None) return reason;
        reason = _ledger.settleEarly(act.title, act.sequence, act.amount);
        if (reason != Reason.None) return reason;

        uint256 word = _factWord(FACT_EARLY, 0, root.clearingBank(), act.valueDay, act.amount);
        _use(movement, act.title, word, act.account, act.entry);
        _evidence.returnLimit(root.debtor(), root.currency(), title.quantity());
        if (title.lock() != 0) _credit.collateralPaid(title.lock(), title.quantity());
    }

    /// @dev Debtor, holder, clearing bank, and the lender where the title is locked.
    function _authoriseEarly(EarlySettlementItem calldata item, TitleWord title, RootWord root)
        private
        view
        returns (Reason)
    {
        uint256 count = title.lock() == 0 ? 3 : 4;
        uint256[] memory needs = new uint256[](count);
        Signature[] memory signatures = new Signature[](count);
        uint48 amount = title.quantity();
        (needs[0], signatures[0]) = (Needs.need(root.debtor(), ROLE_ISSUE_CHECKER, amount), item.debtor);
        (needs[1], signatures[1]) = (Needs.need(title.holder(), ROLE_TITLE, amount), item.holder);
        (needs[2], signatures[2]) = (Needs.need(root.clearingBank(), ROLE_CLEARING, amount), item.clearingBank);
        if (count == 4) {
            uint32 lender = _credit.facilityOf(title.lock()).lender();
            (needs[3], signatures[3]) = (Needs.need(lender, ROLE_CREDIT_MAKER, amount), item.lender);
        }
        return _ledger.authoriseBoard(ActHash.hash(item.act), needs, signatures);
    }

    /// @inheritdoc ISettlement
    function releaseHeld(HeldReleaseItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _releaseHeld(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _releaseHeld(HeldReleaseItem calldata item) private returns (Reason reason) {
        HeldRelease calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord title = _ledger.titleOf(act.title);
        CashWord cash = _cash[act.title];
        if (title.has(FLAG_FROZEN)) return Reason.TitleFrozen;
        if (act.amount == 0 || act.amount > cash.held()) return Reason.NotHeld;
        if (act.heldBefore != cash.held()) return Reason.ListStale;
        bytes32 id = ActHash.hash(act);
        // The same sum may come back and be held again; the same order does not release it twice.
        if (_movements[id] != 0) return Reason.NonceUsed;
        uint32 bank = _ledger.rootOf(title.root()).clearingBank();
        reason = _authorise(id, Needs.need(bank, ROLE_CLEARING, act.amount), item.clearingBank);
        if (reason != Reason.None) return reason;
        _movements[id] = act.title;
        _setCash(act.title, cash.minusHeld(act.amount));
        emit HeldReleased(act.title, act.amount);
    }

    /// @inheritdoc ISettlement
    function writeOffTitle(WriteOffTitleItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _writeOffTitle(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _writeOffTitle(WriteOffTitleItem calldata item) private returns (Reason reason) {
        WriteOffTitle calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord title = _ledger.titleOf(act.title);
        uint256[3] memory needs;
        needs[0] = Needs.need(title.holder(), ROLE_TITLE, 0);
        needs[1] = needs[0];
        reason = _authoriseAll(ActHash.hash(act), needs, item.first, item.second, item.second);
        if (reason != Reason.None) return reason;
        uint48 amount;
        (reason, amount) = _ledger.giveUp(act.title, act.sequence);
        if (reason != Reason.None) return reason;
        RootWord root = _ledger.rootOf(title.root());
        _evidence.returnLimit(root.debtor(), root.currency(), amount);
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function accountOf(uint32 party, uint16 currency) external view returns (bytes32) {
        return _accounts[party][currency];
    }

    function cashOf(uint64 title) external view returns (uint256) {
        return CashWord.unwrap(_cash[title]);
    }

    function movementOf(bytes32 movement) external view returns (uint256) {
        return _movements[movement];
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The account its holder is paid on, in the currency of its root.
    function _boundTo(TitleWord title) private view returns (bytes32) {
        return _accounts[title.holder()][_ledger.rootOf(title.root()).currency()];
    }

    function _account(Fact memory act) private pure returns (bytes32) {
        return keccak256(abi.encode(act.bank, act.account));
    }

    /// @dev The side is always a credit: no verb here acts on a debit.
    function _movement(uint32 bank, bytes32 account, uint16 valueDay, uint48 amount, bytes32 entry)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(bank, account, valueDay, amount, true, entry));
    }

    /// @dev As FactRecorded has it.
    function _factWord(uint8 kind, uint64 loan, uint32 bank, uint16 valueDay, uint48 amount)
        private
        pure
        returns (uint256)
    {
        return (uint256(kind) << KIND_SHIFT) | (uint256(loan) << 96) | (uint256(bank) << 64)
            | (uint256(valueDay) << 48) | amount;
    }

    /// @dev Money counts once, as a fact of its own or with the act it is for.
    function _use(bytes32 movement, uint64 subject, uint256 word, bytes32 account, bytes32 entry) private {
        _movements[movement] = (word >> KIND_SHIFT << 64) | subject;
        emit FactRecorded(movement, subject, word, account, entry);
    }

    function _setCash(uint64 title, CashWord word) private {
        _cash[title] = word;
        emit CashChanged(title, CashWord.unwrap(word));
    }

    function _authorise(bytes32 structHash, uint256 need, Signature calldata signature) private view returns (Reason) {
        return _ledger.authorise(structHash, need, signature);
    }

    function _authoriseAll(
        bytes32 structHash,
        uint256[3] memory needs,
        Signature calldata first,
        Signature calldata second,
        Signature calldata third
    ) private view returns (Reason) {
        return _ledger.authoriseAll(structHash, needs, first, second, third);
    }
}
