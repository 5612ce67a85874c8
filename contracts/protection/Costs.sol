// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccrualWord, LOAN_OUTSTANDING, LOAN_WRITTEN_OFF, LoanWord} from "../credit/CreditWords.sol";
import {ActHash} from "../types/ActHash.sol";
import {AddCosts, AddCostsItem} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {ROLE_CREDIT_CHECKER, ROLE_CREDIT_MAKER} from "../types/Words.sol";
import {IProtection} from "./IProtection.sol";
import {ProtectionStore} from "./ProtectionStore.sol";

/// @notice Protection's third room: what enforcing a loan cost comes before everybody's interest.
abstract contract Costs is ProtectionStore {
    /// Costs of enforcement are at most this part of what was lent, in basis points.
    uint256 private constant MOST_COSTS_BPS = 2_000;

    /// @inheritdoc IProtection
    function addCosts(AddCostsItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _addCosts(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _addCosts(AddCostsItem calldata item) private returns (Reason reason) {
        AddCosts calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        (LoanWord loan, AccrualWord accrual) = _credit.loanOf(act.loan);
        if (loan.phase() != LOAN_OUTSTANDING && loan.phase() != LOAN_WRITTEN_OFF) return Reason.LoanNotOutstanding;
        if (!_isLate(loan, accrual)) return Reason.NotYetDue;
        if (act.amount == 0) return Reason.ZeroQuantity;
        uint256 added = _credit.costsOf(act.loan).added();
        if (act.costsBefore != added) return Reason.ListStale;
        if (added + act.amount > uint256(loan.drawn()) * MOST_COSTS_BPS / 10_000) return Reason.TermsOutOfRange;
        uint32 lender = _credit.facilityOfLoan(act.loan).lender();
        uint256[3] memory needs;
        needs[0] = Needs.need(lender, ROLE_CREDIT_MAKER, 0);
        needs[1] = Needs.need(lender, ROLE_CREDIT_CHECKER, act.amount);
        reason = _ledger.authoriseAll(ActHash.hash(act), needs, item.maker, item.checker, item.checker);
        if (reason != Reason.None) return reason;
        _credit.addCost(act.loan, act.amount, act.evidence);
    }
}
