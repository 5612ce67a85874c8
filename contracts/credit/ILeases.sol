// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EndLeaseItem, GiveNoticeItem, LeaseGoodsItem, WithdrawLeaseItem} from "../types/LeaseActs.sol";
import {Reason} from "../types/Reasons.sol";
import {AccrualWord, LoanWord, PositionWord} from "./CreditWords.sol";
import {LeaseWord} from "./LeaseWords.sol";

/// @title  Goods that the lessor owns until the last rental
/// @notice On the last page of Credit: asked at Credit's address, and on its records (see types/Pages.sol). A lease is a
///         loan under a facility of that form; its instalments are the rentals, and its draw names a receipt that was leased
///         here before. With the pay-out the receipt is the lessor's, with the last rental the lessee's: nobody signs for
///         that, and nobody stops it.
/// @dev    Trusts the appraiser that both sides named for what goods taken back are worth. No goods are pledged under such
///         a facility, so no path gives a pledgee title (CC-428).
interface ILeases {
    /// @dev A word of 0 says that nothing was drawn, and its holder has it free again.
    event LeaseChanged(uint64 indexed title, LeaseWord lease, bytes32 evidence);
    /// @dev `filled`: costs 48 · interest 48 · principal 48 · surplus 48, in the low bits; together, what the goods are
    ///      worth. The surplus is owed to the lessee.
    event LeaseEnded(
        uint64 indexed loan,
        uint64 indexed title,
        LoanWord word,
        AccrualWord accrual,
        PositionWord position,
        uint256 filled,
        bytes32 evidence
    );

    /// @notice A whole receipt is to be leased. Signed by whoever holds it, lessee, lessor and keeper.
    function leaseGoods(LeaseGoodsItem[] calldata items) external returns (Reason[] memory);
    /// @notice While no draw stands on it, its holder takes it back, with the keeper.
    function withdrawLease(WithdrawLeaseItem[] calldata items) external returns (Reason[] memory);
    /// @notice Two persons of the lessor call on the lessee to pay what is overdue (CC-752).
    function giveNotice(GiveNoticeItem[] calldata items) external returns (Reason[] memory);
    /// @notice The notice ran out and a rental that it called for is unpaid: the lessor has the goods free of the lease. What
    ///         they are worth is set against what is owed; what is left of the debt is written off, and still claimed; what
    ///         the goods are worth beyond it is the lessee's (CC-758).
    function endLease(EndLeaseItem[] calldata items) external returns (Reason[] memory);

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function leaseOf(uint64 title) external view returns (LeaseWord);
    /// @return amount what goods taken back under that loan were worth beyond what was owed on it.
    function differenceOf(uint64 loan) external view returns (uint48 amount);
}
