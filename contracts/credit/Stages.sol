// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modules} from "../types/Modules.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {AgreeStages, AgreeStagesItem, OpenStage, OpenStageItem} from "../types/StageActs.sol";
import {StageActHash} from "../types/StageActHash.sol";
import {ROLE_ATTEST, ROLE_CREDIT_MAKER} from "../types/Words.sol";
import {Coverage} from "./Coverage.sol";
import {CreditStore} from "./CreditStore.sol";
import {FACILITY_STAGED, FORM_PLEDGE, PositionWord} from "./CreditWords.sol";
import {FacilityWord} from "./FacilityWords.sol";
import {ICredit} from "./ICredit.sol";
import {IStages} from "./IStages.sol";
import {StageTermsWord, StageTermsWords, StagesWord} from "./StageWords.sol";

/// @notice Credit's last page: a facility is used stage by stage. What sales do to the stages stands where money is
///         counted (Loans), what releases do where goods go free (Collateral). It runs on Credit's records; asked
///         at its own address, it has none.
contract Stages is Coverage, IStages {
    constructor(Modules memory modules) CreditStore(modules) {}

    // ── Agree ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IStages
    function agreeStages(AgreeStagesItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _agree(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _agree(AgreeStagesItem calldata item) private returns (Reason reason) {
        AgreeStages calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        PositionWord position = _positions[act.facility];
        reason = _agreeable(act, position);
        if (reason == Reason.None) reason = _agreed(item);
        if (reason != Reason.None) return reason;

        StageTermsWord word = StageTermsWords.make(act);
        _stageTerms[act.facility] = word;
        emit StagesAgreed(act.facility, word, act.specialBank, act.specialAccount, act.evidence);
        if (!position.inStages()) _setPosition(act.facility, position.withFlag(FACILITY_STAGED));
        StagesWord stages = _reached[act.facility];
        if (act.first > stages.opened()) _setStages(act.facility, stages.withOpened(act.first), act.evidence);
    }

    function _agreeable(AgreeStages calldata act, PositionWord position) private view returns (Reason) {
        if (!position.exists()) return Reason.FacilityUnknown;
        // What a draw buys is paid for at once, to whoever sells it.
        if (position.form() != FORM_PLEDGE) return Reason.TermsOutOfRange;
        // Sales cash repays loans: without a first stage there never is any.
        if (act.first == 0 || act.first > position.limit() || act.specialBank == 0) return Reason.TermsOutOfRange;
        if (act.version != uint256(_stageTerms[act.facility].version()) + 1) return Reason.ListStale;
        // A loan that was drawn before is paid out where it was to be, and its repayment was not counted.
        if (!position.inStages() && !position.owesNothing()) return Reason.DebtOutstanding;
        if (act.approver == 0) return Reason.None;
        FacilityWord facility = _facilities[act.facility];
        uint32 group = _group(act.approver);
        bool near = group == _group(facility.lender()) || group == _group(facility.borrower());
        return near ? Reason.NotIndependent : Reason.None;
    }

    function _agreed(AgreeStagesItem calldata item) private view returns (Reason) {
        AgreeStages calldata act = item.act;
        uint256 approver = act.approver == 0 ? 0 : Needs.need(act.approver, ROLE_ATTEST, 0);
        bytes32 hash = StageActHash.hash(act);
        return _bothSides(act.facility, hash, item.maker, item.checker, item.borrower, approver, item.approver);
    }

    // ── Open ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IStages
    function openStage(OpenStageItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _open(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _open(OpenStageItem calldata item) private returns (Reason reason) {
        OpenStage calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        StageTermsWord terms = _stageTerms[act.facility];
        if (!terms.exists()) return Reason.StagesMissing;
        StagesWord stages = _reached[act.facility];
        if (act.openedBefore != stages.opened()) return Reason.ListStale;
        if (act.opened <= act.openedBefore) return Reason.TermsOutOfRange;
        if (act.opened > _positions[act.facility].limit()) return Reason.FacilityLimitExceeded;
        if (act.opened > terms.carried(stages.sales())) return Reason.SalesShort;
        if (act.evidence == 0) return Reason.EvidenceMissing;
        reason = _byTwo(item, terms.approver());
        if (reason == Reason.None) _setStages(act.facility, stages.withOpened(act.opened), act.evidence);
    }

    /// @dev Neither key opens a stage alone. The lender's maker stands for its side where the approver is the other.
    function _byTwo(OpenStageItem calldata item, uint32 approver) private view returns (Reason) {
        uint32 lender = _facilities[item.act.facility].lender();
        bytes32 hash = StageActHash.hash(item.act);
        if (approver == 0) return _makerAndChecker(hash, lender, item.act.opened, item.maker, item.checker);
        uint256[3] memory needs;
        needs[0] = Needs.need(lender, ROLE_CREDIT_MAKER, item.act.opened);
        needs[1] = Needs.need(approver, ROLE_ATTEST, 0);
        return _authorise(hash, needs, item.maker, item.approver, item.approver);
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function stageTermsOf(uint32 facility) external view returns (StageTermsWord) {
        return _stageTerms[facility];
    }

    function stagesOf(uint32 facility) external view returns (StagesWord) {
        return _reached[facility];
    }
}
