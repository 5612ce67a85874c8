// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "../types/Reasons.sol";
import {AgreeStagesItem, OpenStageItem} from "../types/StageActs.sol";
import {StageTermsWord, StagesWord} from "./StageWords.sol";

/// @title  A facility is used stage by stage, as its borrower needs and sells
/// @notice The last page of Credit: asked at Credit's address, and on its records (see types/Pages.sol). Under stages a
///         draw stays within what was opened and what sales carry, a pay-out counts on the special account alone, and
///         goods go free against sales cash while anything is owed.
/// @dev    Trusts approver and lender together for the borrower's need; neither of them opens a stage alone, and neither
///         opens more than sales cash carries.
interface IStages {
    /// @dev The special account stands in the word by the end of its commitment alone.
    event StagesAgreed(
        uint32 indexed facility, StageTermsWord terms, uint32 specialBank, bytes32 specialAccount, bytes32 evidence
    );
    /// @dev After a stage was opened, a repayment or its reversal, a release of goods. `evidence` is that of the act, or 0.
    event StagesChanged(uint32 indexed facility, StagesWord word, bytes32 evidence);

    /// @notice Both sides, and the approver where one is named, agree the stages: while nothing is owed, or later again.
    function agreeStages(AgreeStagesItem[] calldata items) external returns (Reason[] memory);
    /// @notice More may be used: so say the approver and the lender's maker or, where no approver is named, the lender's
    ///         maker and checker.
    function openStage(OpenStageItem[] calldata items) external returns (Reason[] memory);

    function stageTermsOf(uint32 facility) external view returns (StageTermsWord);
    function stagesOf(uint32 facility) external view returns (StagesWord);
}
