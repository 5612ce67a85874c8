// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "../types/ActHash.sol";
import {
    Distribution,
    DistributionItem,
    EarlySettlement,
    EarlySettlementItem,
    HeldRelease,
    HeldReleaseItem,
    LateInterest,
    LateInterestItem,
    Signature,
    WriteOffTitle,
    WriteOffTitleItem
} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Refusals} from "../types/Refusals.sol";
import {Skips} from "../types/Skips.sol";
import {
    FLAG_FROZEN,
    ROLE_CLEARING,
    ROLE_CREDIT_MAKER,
    ROLE_ISSUE_CHECKER,
    ROLE_TITLE,
    RootWord,
    TitleWord
} from "../types/Words.sol";
import {CashWord} from "./CashWords.sol";
import {FACT_EARLY, FACT_LATE, ISettlement} from "./ISettlement.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @notice Settlement's second room: what was received goes to those it belongs to, early, at maturity or late.
abstract contract Distributions is SettlementStore {
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
                if (facility != 0) _credit.lowerFace(facility, uint48(run));
                (facility, run) = (lock, 0);
            }
            run += amount;
        }
        if (facility != 0) _credit.lowerFace(facility, uint48(run));
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
            _use(movement, act.root, word, 0, act.account, act.entry);
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
        _use(movement, act.title, word, 0, act.account, act.entry);
        _evidence.returnLimit(root.debtor(), root.currency(), title.quantity());
        if (title.lock() != 0) _credit.lowerFace(title.lock(), title.quantity());
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
}
