// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ChangeMediumItem,
    ChargeStorageItem,
    CountItem,
    EndorseItem,
    HandOverItem,
    MergeReceiptsItem,
    ReplaceItem,
    SplitReceiptItem,
    StoreItem
} from "../types/GoodsActs.sol";
import {CarveGoods, PledgeGoods} from "../types/MarginActs.sol";
import {Reason} from "../types/Reasons.sol";
import {RootWord, TitleWord} from "../types/Words.sol";
import {LotWord} from "./LotWords.sol";

/// @title  Which goods lie where, and whose are they?
/// @notice The second page of the Ledger, asked at the Ledger's address. A lot is a root, its keeper in the debtor's
///         place; a warehouse receipt is a title of a quantity of it. What is true of certificates is true of receipts,
///         and beyond it nothing happens to goods without the keeper's signature (CC-910).
/// @dev    Trusts the keeper for what lies in store, and the lot's inspector to say so where it is less; nobody can make
///         it more without both. A keeper's silence leaves receipts where they are. INV-GOODS-01 … in INVARIANTS.md.
interface IGoods {
    /// @dev `ids` = receipt 64 · part 64 · rest 64, in the low bits.
    struct SplitRow {
        uint256 ids;
        uint256 word;
        uint256 partWord;
        uint256 restWord;
        bytes32 evidence;
    }

    /// @dev `lotWord` is that of the lot with these goods in it; `number` as signed.
    event Stored(
        uint64 indexed lot,
        uint64 indexed receipt,
        RootWord root,
        LotWord lotWord,
        TitleWord word,
        bytes32 number,
        bytes32 evidence
    );
    event ReceiptSplit(SplitRow[] rows);
    /// @dev Rows `index << 8 | reason`, as ILedger.Skipped.
    event Skipped(uint256[] rows);
    event HandedOver(uint64 indexed title, TitleWord word, LotWord lotWord, bytes32 evidence);
    /// @dev Whether the receipt is being sold in enforcement, or is leased: see IEnforcement, ILeases.
    event GoodsHeld(uint64 indexed title, TitleWord word, bool on);
    event Counted(uint64 indexed lot, LotWord lotWord, bytes32 evidence);
    event StorageCharged(uint64 indexed title, TitleWord word, uint16 currency, uint48 amount, bytes32 evidence);
    event MediumChanged(uint64 indexed title, TitleWord word, bytes32 evidence);
    /// @dev The goods were sold, and `receivable` is the root, and its first title, that now stands in the receipt's place;
    ///      RootOpened and RootAccepted tell it just before. `word` is the buyer's.
    event GoodsConverted(
        uint64 indexed title, uint64 indexed receivable, TitleWord word, bytes32 evidence
    );
    event Replaced(
        uint64 indexed title, TitleWord word, uint64 indexed replacement, TitleWord replacementWord, bytes32 evidence
    );

    /// @notice Issues a receipt for goods that came in: of a lot of its own, or of a pool that is not short.
    function store(StoreItem[] calldata items) external returns (Reason[] memory);
    /// @notice The whole receipt passes to another party, as `assign` has it, with the keeper's signature.
    function endorse(EndorseItem[] calldata items) external returns (Reason[] memory);
    /// @notice The receipt is cancelled and two new ones stand for it (MLWR).
    function splitReceipt(SplitReceiptItem[] calldata items) external returns (Reason[] memory);
    function mergeReceipts(MergeReceiptsItem[] calldata items) external returns (Reason[] memory);
    /// @notice The keeper hands goods over for a receipt, or for a part of it. Where the lot is short, every receipt gets
    ///         the same part of what it says. Nobody else carries it than an admitted relayer or a live signer.
    function handOver(HandOverItem[] calldata items) external returns (Reason[] memory);
    /// @notice What a lot has in store. Keeper or inspector alone may find less; more only both together.
    function count(CountItem[] calldata items) external returns (Reason[] memory);
    /// @notice Sets the keeper's lien (CC-447): goods are not handed over before it is 0, and receipts with one are not
    ///         split or merged.
    function chargeStorage(ChargeStorageItem[] calldata items) external returns (Reason[] memory);
    /// @notice While a receipt is out on paper, nothing happens to it here (MLWR).
    function changeMedium(ChangeMediumItem[] calldata items) external returns (Reason[] memory);
    function replace(ReplaceItem[] calldata items) external returns (Reason[] memory);

    // ── For Credit ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice A whole receipt of `holder`, not on paper and without a lien, secures a facility; perhaps in the place of what
    ///         was ordered.
    function lockGoods(PledgeGoods calldata act, uint32 holder) external returns (Reason);
    /// @notice Ends the locks of receipts of one lot that are `quantity` together; reverts with Refused otherwise.
    function freeGoods(uint32 facility, uint64 lot, uint256 quantity, uint256[] calldata titles) external;
    /// @notice A locked receipt is cancelled and two new ones, locked as it was, stand for it.
    function carveGoods(CarveGoods calldata act) external returns (Reason);
    /// @notice A locked receipt is sold, or is not after all; or is leased.
    function holdGoods(uint64 title, bool on) external;
    /// @notice A receipt passes to the debtor of `root`, and the receivable takes its place under the same lock.
    function convertGoods(uint64 title, uint16 sequence, uint64 root, RootWord word, bytes32 evidence)
        external
        returns (Reason);
    /// @notice A locked receipt passes, free, to whoever bought its goods, or whose a lease leaves them.
    /// @param loan whose lease was ended, or 0.
    function deliverGoods(uint64 title, uint32 to, uint64 loan) external returns (Reason);

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function lotOf(uint64 lot) external view returns (LotWord);
    /// @return lot the root of the goods that a keeper's lot number is committed to, or 0.
    function lotOfNumber(bytes32 number) external view returns (uint64 lot);
    /// @return lien amount 48 · currency 16, in the low bits.
    function lienOf(uint64 title) external view returns (uint256 lien);
}
