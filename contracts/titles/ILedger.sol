// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISigners} from "../access/ISigners.sol";
import {AssignItem, Distribution, LockItem, MergeItem, Release, Signature, SplitItem, WithdrawItem} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";
import {MoneyWord, RootWord, TitleWord} from "../types/Words.sol";

/// @title  Who holds how much of what, locked for which facility?
/// @notice A *root* is what is owed; a *title* is a holding of a quantity of one root. Receivable certificates and
///         warehouse receipts are both titles. A root is promised by its debtor (maker and checker), accepted by its
///         payee, and from then on irrevocable: titles of it are split, assigned, locked and at maturity discharged.
/// @dev    Trusts Credit for which facility may lock or release, Settlement for which money came, Registry for which
///         order froze; each only after the signatures that decision 5 names. A wrong word from one of them goes
///         wrong for the titles it names; silence of all of them leaves every title where it is (stuck, not lost).
///         Conservation is kept inside every verb: INV-TITLE-01 … 08 in INVARIANTS.md.
interface ILedger is ISigners {
    /// @dev A title's new word and the hash of the document the act stands on.
    struct TitleRow {
        uint256 title;
        uint256 word;
        bytes32 evidence;
    }

    /// @dev One act on two titles: `ids` = parent 64 · child 64 in the low bits.
    struct PairRow {
        uint256 ids;
        uint256 parentWord;
        uint256 childWord;
        bytes32 evidence;
    }

    event RootOpened(uint64 indexed root, RootWord word);
    event RootAccepted(uint64 indexed root, TitleWord word, bytes32 evidence);
    event RootCancelled(uint64 indexed root);

    event Assigned(TitleRow[] rows);
    event Split(PairRow[] rows);
    event Merged(PairRow[] rows);
    event OfferWithdrawn(TitleRow[] rows);
    event TitleWrittenOff(uint64 indexed title, TitleWord word, uint48 amount);

    event Locked(TitleRow[] rows);
    event Carved(PairRow[] rows);
    /// @dev Released titles keep everything but their lock.
    event Unlocked(uint32 indexed facility, uint256[] titles);
    /// @dev The pay-out or the last repayment of `loan` moved it, or the end of its lease; 0 for none.
    event Delivered(uint64 indexed title, TitleWord word, uint64 loan);
    event Frozen(uint64 indexed title, TitleWord word, bytes32 order);
    event Lifted(uint64 indexed title, TitleWord word, bytes32 order);

    event Received(uint64 indexed root, MoneyWord word);
    /// @dev Lines `title 64 · amount 48 · lock 32 · held 1` from bit 144 down: what each title was discharged by and
    ///      where that money goes: to the lock's collection account, on hold, or to the holder.
    event PaidOut(uint64 indexed root, uint256[] lines);
    event LatePaid(uint64 indexed root, uint256[] lines);
    event SettledEarly(uint64 indexed title, TitleWord word, uint48 amount);

    /// @dev Rows `index << 8 | reason` of the items that were refused; bad signatures are not logged.
    event Skipped(uint256[] rows);

    // ── Circulate ───────────────────────────────────────────────────────────────────────────────────────────────

    function assign(AssignItem[] calldata items) external returns (Reason[] memory);
    /// @notice Splits a part off to another party, or to the holder itself (then the acquirer need not sign).
    function split(SplitItem[] calldata items) external returns (Reason[] memory);
    function merge(MergeItem[] calldata items) external returns (Reason[] memory);
    /// @notice Withdraws every act the holder has signed on a title and not yet relayed.
    function withdraw(WithdrawItem[] calldata items) external returns (Reason[] memory);

    // ── For Evidence ────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Opens a root that its debtor's maker and checker promised. Its phase is OFFERED.
    function openRoot(uint64 root, RootWord word) external returns (Reason);
    /// @notice The payee takes it: the root is live, and its first title, of the same number, is the payee's.
    function acceptRoot(uint64 root, uint32 payee, bytes32 structHash, Signature calldata signature, bytes32 evidence)
        external
        returns (Reason);
    /// @notice Opens a root out of a published list for the payee that takes it, at once.
    function takeRoot(
        uint64 root,
        RootWord word,
        uint32 payee,
        bytes32 structHash,
        Signature calldata signature,
        bytes32 evidence
    ) external returns (Reason);
    function cancelRoot(uint64 root) external;

    // ── For Credit ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Locks titles to one facility; a part is carved off first.
    /// @param terms    room 48 · lender 32 · borrower 32 · currency 16 of the facility that every item names, in the low bits:
    ///                 `room` is how much more it can take.
    /// @return outcome the sum of the quantities locked, and then the reason of each item.
    function lock(LockItem[] calldata items, uint256 terms) external returns (uint256[] memory outcome);
    /// @return open what the listed titles still claimed, of those that were locked to `facility`.
    function unlock(uint32 facility, uint256[] calldata titles) external returns (uint256 open);
    /// @notice The same by the lender's maker and checker. Reverts with Refused where more than `most` would leave the
    ///         facility's collateral, where Credit has an `objection` of its own, or where the lender did not sign that.
    function release(
        Release calldata act,
        Signature calldata first,
        Signature calldata second,
        uint32 lender,
        uint256 most,
        Reason objection
    ) external returns (uint256 open);
    /// @notice A locked title passes to the other side of its facility, because money did: to the lender with the pay-out
    ///         that buys it, back to the seller, or on to the lessee, with the last repayment. Frozen or not: Credit has asked.
    /// @param keepLock else its lock ends.
    /// @return open what it still claims, if its lock ends.
    function deliver(uint64 title, uint64 loan, uint32 facility, uint32 to, bool keepLock)
        external
        returns (uint256 open);
    function carveLocked(uint64 title, uint64 child, uint48 quantity, uint32 facility) external returns (Reason);

    // ── For Registry ────────────────────────────────────────────────────────────────────────────────────────────

    function freeze(uint64 title, uint64 child, uint48 quantity, bytes32 order) external returns (Reason);
    function lift(uint64 title, bytes32 order) external returns (Reason);

    // ── For Settlement ──────────────────────────────────────────────────────────────────────────────────────────

    /// @param back the clearing bank takes it back: so much of it as was not distributed (ReversalTooLate).
    function receiveMoney(uint64 root, uint48 amount, bool back) external returns (Reason);
    /// @notice Discharges titles of a root by a list of its clearing bank, all or nothing: reverts with Refused where a
    ///         line is wrong, or the bank did not sign that.
    /// @return root  what the titles are of.
    /// @return sum   what all of them together were discharged by.
    /// @return lines those lines of PaidOut whose title is locked or frozen.
    function payOut(Distribution calldata act, Signature calldata clearingBank)
        external
        returns (RootWord root, uint256 sum, uint256[] memory lines);
    /// @param sum   of the amounts of `list`, whose lines are those of LateInterest.
    /// @return lines those of LatePaid. Reverts with Refused like payOut.
    function payLate(
        uint64 root,
        uint48 lateBefore,
        uint16 valueDay,
        uint48 sum,
        uint256[] calldata list
    ) external returns (uint256[] memory lines);
    /// @notice Ends a title before its due day for `amount`; whoever must agree has signed.
    function settleEarly(uint64 title, uint16 sequence, uint48 amount) external returns (Reason);
    /// @notice Ends what a title still claims after the due day, because its holder gave it up.
    function giveUp(uint64 title, uint16 sequence) external returns (Reason reason, uint48 amount);

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function titleOf(uint64 title) external view returns (TitleWord);
    function rootOf(uint64 root) external view returns (RootWord);
    function moneyOf(uint64 root) external view returns (MoneyWord);
}
