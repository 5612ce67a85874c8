// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BindAccountItem,
    DistributionItem,
    EarlySettlementItem,
    FactItem,
    HeldReleaseItem,
    LateInterestItem,
    ReversalItem,
    WriteOffTitleItem
} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";

// What a movement of money is about. All are credits on an account, but for REJECTED, which has no movement at all;
// RETURNED is money that came back to the clearing account.
uint8 constant FACT_PAYOUT = 1; // subject: loan; on the borrower's bound account, or the facility's special one
uint8 constant FACT_REPAYMENT = 2; // subject: loan; on the facility's collection account
uint8 constant FACT_RECEIVED = 3; // subject: root; on the clearing bank's account for the debtor's payment
uint8 constant FACT_CREDITED = 4; // subject: title; on the holder's bound account
uint8 constant FACT_COLLECTED = 5; // subject: title, loan (or 0); on the facility's collection account
uint8 constant FACT_SURPLUS = 6; // subject: title; on the holder's bound account, from the lender
uint8 constant FACT_REJECTED = 7; // subject: loan; its lender or that account's bank says the pay-out will not happen
uint8 constant FACT_RETURNED = 8; // subject: title; its money came back, on the way or once credited, and is held
// Never recorded by themselves: the money of an act that its clearing bank signed too.
uint8 constant FACT_EARLY = 9; // subject: title; what it was settled with before its due day
uint8 constant FACT_LATE = 10; // subject: root; late interest
// The negative entry of a reversal: a debit, of the subject that the movement it undoes was for.
uint8 constant FACT_REVERSED = 11;
uint8 constant FACT_PROTECTED = 12; // subject: protection, loan; what was called, on the facility's collection account
uint8 constant FACT_REIMBURSED = 13; // subject: protection, loan; on the protector's bound account, from the lender

/// @title  Has money moved, so may title or debt change?
/// @notice A movement is what the bank that services the account booked, signed by its payments people. Its key is
///         (bank, account, value day, amount, side, entry reference); each counts once, for one thing. Messages about
///         movements are matched off chain; only movements count here (decision 10).
/// @dev    Trusts each bank for the accounts it services, and for nothing else: a bank that lies about its own account
///         can shrink a debt owed there or mark a title paid there (goes wrong, for those it serves); a silent bank
///         leaves debt and title open (stuck). Nobody's silence or lie moves a title to another holder.
interface ISettlement {
    event AccountBound(uint32 indexed party, uint16 indexed currency, uint32 bank, bytes32 account);
    /// @dev `word`: kind 8 · loan 64 · bank 32 · valueDay 16 · amount 48, in the low bits. A REJECTED fact has no movement,
    ///      but its reference counts once like one.
    event FactRecorded(
        bytes32 indexed movement, uint64 indexed subject, uint256 word, bytes32 account, bytes32 entry
    );
    /// @dev A bank took its booking back: `negative` is the entry that does so, `reverses` the movement it undoes. `word` as
    ///      of FactRecorded.
    event MovementReversed(
        bytes32 indexed negative,
        uint64 indexed subject,
        uint256 word,
        bytes32 account,
        bytes32 entry,
        bytes32 reverses
    );
    /// @dev Cash word of a title: credited 48 · collected 48 · surplus 48 · held 48 · late 48 · (16 unused).
    event CashChanged(uint64 indexed title, uint256 word);
    event HeldReleased(uint64 indexed title, uint48 amount);
    /// @dev Rows `index << 8 | reason` of the items that were refused; bad signatures are not logged.
    event Skipped(uint256[] rows);

    error NotModule(address caller);
    error NotRelayer(address caller);

    /// @notice A party, by its quorum, and the bank that services it name the account the party is paid on
    ///         in one currency (ISO 4217 number).
    function bindAccount(BindAccountItem[] calldata items) external returns (Reason[] memory);
    /// @notice Records movements, and what each does to a loan, a root or a title.
    function record(FactItem[] calldata items) external returns (Reason[] memory);
    /// @notice A bank takes back a booking of its own: a pay-out on which nothing was repaid yet, a repayment of a loan that
    ///         is still open, a credit to a holder, or the debtor's payment as far as it was not distributed. The ledger
    ///         stands then as if the movement had not been; interest runs on. After closing, a reversal revives nothing: it
    ///         is a claim on the payer (ReversalTooLate; decision 9). Like a fact, carried by anyone.
    function reverse(ReversalItem[] calldata items) external returns (Reason[] memory);
    /// @notice The clearing bank distributes what it received, by lists of titles and amounts.
    function distribute(DistributionItem[] calldata items) external returns (Reason[] memory);
    /// @notice Late interest has lists of its own kind (SME-17); the movement that brought it is part of the act.
    function distributeLate(LateInterestItem[] calldata items) external returns (Reason[] memory);
    function settleEarly(EarlySettlementItem[] calldata items) external returns (Reason[] memory);
    /// @notice The clearing bank pays out what was held, once nothing holds it any more.
    function releaseHeld(HeldReleaseItem[] calldata items) external returns (Reason[] memory);
    /// @notice After the due day a holder, by two persons, gives up what is still unpaid.
    function writeOffTitle(WriteOffTitleItem[] calldata items) external returns (Reason[] memory);

    /// @return keccak256(bank, account), or 0.
    function accountOf(uint32 party, uint16 currency) external view returns (bytes32);
    function cashOf(uint64 title) external view returns (uint256 word);
    /// @return what the movement was recorded for, and what a repayment filled: reversed 8 · costs 48 · interest 48 · principal 48 ·
    ///         kind 8 · subject 64 in the low bits, or 0. A release of held money, by its struct hash,
    ///         has kind 0.
    function movementOf(bytes32 movement) external view returns (uint256);
}
