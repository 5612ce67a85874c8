// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FacilityWord} from "../credit/FacilityWords.sol";
import {ActHash} from "../types/ActHash.sol";
import {Reversal, ReversalItem} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {ROLE_BORROW, ROLE_PAYMENTS} from "../types/Words.sol";
import {CashWord} from "./CashWords.sol";
import {
    FACT_CREDITED,
    FACT_PAYOUT,
    FACT_RECEIVED,
    FACT_REPAYMENT,
    FACT_REVERSED,
    ISettlement
} from "./ISettlement.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @notice Settlement's third room: a bank takes a booking of its own back.
abstract contract Reversals is SettlementStore {
    /// Of what a movement was used for.
    uint256 private constant REVERSED = 1 << 216;

    /// @inheritdoc ISettlement
    function reverse(ReversalItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _reverse(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _reverse(ReversalItem calldata item) private returns (Reason reason) {
        Reversal memory act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (act.reversedDay < act.valueDay || act.reversedDay > Calendar.day(block.timestamp)) {
            return Reason.ValueDayOutOfRange;
        }
        bytes32 movement = _movement(act.bank, act.account, act.valueDay, act.amount, act.entry);
        uint256 use = _movements[movement];
        if (use == 0) return Reason.MovementUnknown;
        bytes32 negative =
            _movement(act.bank, act.account, act.reversedDay, act.amount, false, act.reversalEntry);
        if (use & REVERSED != 0 || _movements[negative] != 0) return Reason.MovementUsed;
        reason = _agreed(item, use);
        if (reason != Reason.None) return reason;
        reason = _undo(act, use);
        if (reason != Reason.None) return reason;

        _movements[movement] = use | REVERSED;
        _movements[negative] = (uint256(FACT_REVERSED) << 64) | uint64(use);
        uint256 word = _factWord(FACT_REVERSED, 0, act.bank, act.reversedDay, act.amount);
        emit MovementReversed(negative, uint64(use), word, act.account, act.reversalEntry, movement);
    }

    /// @dev The bank that booked it. A lender that takes back what it said it had been repaid gains by it, so the borrower
    ///      signs too (decision 10).
    function _agreed(ReversalItem calldata item, uint256 use) private view returns (Reason) {
        (uint32 bank, uint48 amount) = (item.act.bank, item.act.amount);
        uint256[3] memory needs;
        needs[0] = Needs.need(bank, ROLE_PAYMENTS, amount);
        if (uint8(use >> 64) == FACT_REPAYMENT) {
            FacilityWord facility = _credit.facilityOfLoan(uint64(use));
            if (facility.lender() == bank) {
                needs[1] = Needs.need(facility.borrower(), ROLE_BORROW, amount);
                return _authoriseAll(ActHash.hash(item.act), needs, item.bank, item.borrower, item.borrower);
            }
        }
        return _authorise(ActHash.hash(item.act), needs[0], item.bank);
    }

    function _undo(Reversal memory act, uint256 use) private returns (Reason) {
        (uint8 kind, uint64 subject) = (uint8(use >> 64), uint64(use));
        if (kind == FACT_PAYOUT) return _credit.takeBackPayout(subject, act.reversalEntry);
        if (kind == FACT_REPAYMENT) return _credit.takeBackRepayment(subject, uint144(use >> 72), act.valueDay);
        if (kind == FACT_RECEIVED) return _ledger.receiveMoney(subject, act.amount, true);
        if (kind != FACT_CREDITED) return Reason.FactUnknown;
        CashWord cash = _cash[subject];
        if (act.amount > cash.credited()) return Reason.ReversalTooLate;
        // On its way again: the clearing bank pays it once more, or it comes back there and is held.
        _setCash(subject, cash.minusCredited(act.amount));
        return Reason.None;
    }
}
