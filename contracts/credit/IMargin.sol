// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OpenItem} from "../types/Acts.sol";
import {
    AgreeGoodsItem,
    AppraiseItem,
    CarveGoodsItem,
    PledgeGoodsItem,
    ReleaseGoodsItem,
    UnlockGoodsItem
} from "../types/MarginActs.sol";
import {Reason} from "../types/Reasons.sol";
import {RootWord} from "../types/Words.sol";
import {GoodsTermsWord, MarkWord, PledgedLotWord} from "./MarginWords.sol";

/// @title  What stands behind a facility
/// @notice The second page of Credit: asked at Credit's address, and on its records (see types/Pages.sol). A facility is
///         agreed here; and here warehouse receipts secure it, for as much as its appraisers say that they count for. A
///         lot's *rate* is price × (1 − haircut), in minor units for a million units of the lot, so that no price stands
///         on the chain; quantity × rate counts as face value, beside what certificates claim.
/// @dev    Trusts either appraiser for a rate: a rise is bounded by what was agreed a day, a fall is not.
interface IMargin {
    event GoodsAgreed(uint32 indexed facility, GoodsTermsWord terms, bytes32 evidence);
    /// @dev What a lot is, and counts for, under a facility: after a valuation, a pledge, a release, a sale, or a look at it.
    event LotMarked(uint32 indexed facility, uint64 indexed lot, PledgedLotWord word, bytes32 evidence);
    /// @dev `evidence` is that of the act that changed it: a call has its notice, an enforcement its default notice.
    event MarkChanged(uint32 indexed facility, MarkWord mark, bytes32 evidence);

    /// @notice Lender and borrower agree a facility. Its form says what a draw under it is: 0 a loan that titles secure,
    ///         1 the purchase of a title without recourse, 2 its purchase with a loan to the seller,
    ///         3 a lease of goods. An entrustor, where
    ///         one is named, signs too: it funds and bears the loss, and the lender is its agent (S5).
    function open(OpenItem[] calldata items) external returns (Reason[] memory);

    // ── Pledge ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Both sides, and the control agent that the lender names, agree what goods count for under a facility.
    function agreeGoods(AgreeGoodsItem[] calldata items) external returns (Reason[] memory);
    /// @notice Either appraiser sets a lot's rate. Carried by anyone: it may be bad news.
    function appraise(AppraiseItem[] calldata items) external returns (Reason[] memory);
    /// @notice A whole receipt secures the facility, as `lock` has it of certificates, with keeper and control agent.
    function pledgeGoods(PledgeGoodsItem[] calldata items) external returns (Reason[] memory);
    /// @notice Two persons of the lender and the keeper free receipts of one lot. While anything is owed: no call stands,
    ///         every valuation is good, the rest covers it and is not below the floor, and no loan is overdue. Once nothing
    ///         is owed it needs no price (decision 14).
    function releaseGoods(ReleaseGoodsItem[] calldata items) external returns (Reason[] memory);
    /// @notice Without the lender, as `unlock` has it: holder and keeper, once nothing is owed.
    function unlockGoods(UnlockGoodsItem[] calldata items) external returns (Reason[] memory);
    /// @notice Lender and keeper divide a pledged receipt, so that a part can be released.
    function carveGoods(CarveGoodsItem[] calldata items) external returns (Reason[] memory);

    // ── For Evidence ────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice A receipt's goods were sold, and `root` stands in its place. Where it is locked, and the receivable claims less
    ///         than the goods counted for, the rest covers what is owed.
    function exchangeGoods(uint64 title, uint16 sequence, uint64 root, RootWord word, bytes32 evidence)
        external
        returns (Reason);

    function goodsTermsOf(uint32 facility) external view returns (GoodsTermsWord);
    function pledgedLotOf(uint32 facility, uint64 lot) external view returns (PledgedLotWord);
}
