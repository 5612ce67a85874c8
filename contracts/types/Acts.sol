// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// The acts: what the parties sign, field for field, under one EIP-712 domain. The typed-data names and the Solidity
// names are the same words in the same order, so the struct's calldata *is* its EIP-712 encoding.
// `expiresAt` is a Unix time; `evidence` and `reason` are SHA-256 hashes of documents kept off chain.

/// A signature in the 64-byte form of EIP-2098. With `vs` zero, `r` is the address of a contract wallet that
/// approved the digest beforehand (see ISigners.approve).
struct Signature {
    bytes32 r;
    bytes32 vs;
}

// ── Ledger ──────────────────────────────────────────────────────────────────────────────────────────────────────

struct Receivable {
    uint64 root;
    uint32 payee;
    uint32 clearingBank;
    uint16 currency;
    uint16 dueDay;
    uint16 terms;
    uint48 quantity;
    bytes32[] nullifiers;
    uint48[] amounts;
    bytes32 evidence;
}

struct Issue {
    uint32 debtor;
    Receivable[] receivables;
    uint40 expiresAt;
}

struct IssueItem {
    Issue act;
    Signature maker;
    Signature checker;
}

struct Accept {
    uint64 root;
    uint32 payee;
    bytes32 invoices;
    uint40 expiresAt;
    bytes32 evidence;
}

struct AcceptItem {
    Accept act;
    Signature payee;
}

struct Decline {
    uint64 root;
    uint32 payee;
    bytes32 reason;
    uint40 expiresAt;
}

struct DeclineItem {
    Decline act;
    bytes32[] nullifiers;
    uint48[] amounts;
    Signature payee;
}

struct ExpireItem {
    uint64 root;
    uint32 payee;
    bytes32[] nullifiers;
    uint48[] amounts;
}

struct PublishOffers {
    uint64 list;
    uint32 debtor;
    uint16 currency;
    uint48 total;
    bytes32 offers;
    uint40 expiresAt;
    bytes32 evidence;
}

struct PublishOffersItem {
    PublishOffers act;
    Signature maker;
    Signature checker;
}

struct AcceptOffer {
    uint64 list;
    bytes32 receivable;
    uint64 root;
    uint48 quantity;
    uint40 expiresAt;
    bytes32 evidence;
}

struct AcceptOfferItem {
    AcceptOffer act;
    Receivable receivable;
    bytes32[] proof;
    Signature payee;
}

struct Assign {
    uint64 title;
    uint16 sequence;
    uint32 to;
    uint40 expiresAt;
    bytes32 evidence;
}

struct AssignItem {
    Assign act;
    Signature holder;
    Signature acquirer;
}

struct Split {
    uint64 title;
    uint16 sequence;
    uint64 child;
    uint48 quantity;
    uint32 to;
    uint40 expiresAt;
    bytes32 evidence;
}

struct SplitItem {
    Split act;
    Signature holder;
    Signature acquirer;
}

struct Merge {
    uint64 into;
    uint16 intoSequence;
    uint64 from;
    uint16 fromSequence;
    uint40 expiresAt;
}

struct MergeItem {
    Merge act;
    Signature holder;
}

struct Withdraw {
    uint64 title;
    uint16 sequence;
    uint40 expiresAt;
}

struct WithdrawItem {
    Withdraw act;
    Signature holder;
}

struct WriteOffTitle {
    uint64 title;
    uint16 sequence;
    uint40 expiresAt;
    bytes32 evidence;
}

struct WriteOffTitleItem {
    WriteOffTitle act;
    Signature first;
    Signature second;
}

// ── Evidence ────────────────────────────────────────────────────────────────────────────────────────────────────

struct AttestInvoice {
    bytes32 nullifier;
    uint48 cap;
    uint32 seller;
    uint32 debtor;
    uint16 currency;
    uint32 service;
    bytes32 evidence;
    uint40 expiresAt;
}

struct AttestInvoiceItem {
    AttestInvoice act;
    Signature service;
}

struct CreditInvoice {
    bytes32 nullifier;
    uint48 cap;
    uint48 capBefore;
    bytes32 evidence;
    uint40 expiresAt;
}

struct CreditInvoiceItem {
    CreditInvoice act;
    Signature service;
}

// ── Credit ──────────────────────────────────────────────────────────────────────────────────────────────────────

struct Open {
    uint32 facility;
    uint32 lender;
    uint32 borrower;
    uint16 currency;
    uint16 advanceBps;
    uint48 limit;
    uint16 endDay;
    bool closesWithDebt;
    uint8 form;
    uint32 entrustor;
    uint16 agentFeeBps;
    uint32 collectionBank;
    bytes32 collectionAccount;
    uint40 expiresAt;
    bytes32 evidence;
}

/// `entrustor` and `entrustorSecond` are two persons of the entrustor, where the act names one.
struct OpenItem {
    Open act;
    Signature maker;
    Signature checker;
    Signature borrower;
    Signature entrustor;
    Signature entrustorSecond;
}

/// Who funds and bears what part of a facility, in basis points that make the whole.
struct Shares {
    uint32 facility;
    uint32[] parties;
    uint16[] bps;
    uint64 nonce;
    uint40 expiresAt;
    bytes32 evidence;
}

/// `participants` are those of the parties that are not the lender itself, in the table's order.
struct SharesItem {
    Shares act;
    Signature maker;
    Signature checker;
    Signature[] participants;
}

struct Lock {
    uint64 title;
    uint16 sequence;
    uint32 facility;
    uint64 child;
    uint48 quantity;
    uint40 expiresAt;
    bytes32 evidence;
}

struct LockItem {
    Lock act;
    Signature holder;
    Signature lender;
}

/// `terms`, `count`, `basis`: see credit/terms/ITerms.sol. `registration` is the SHA-256 hash of what the lender declared
/// to the registry of movables (CN77-13).
struct Draw {
    uint64 loan;
    uint32 facility;
    uint64 title;
    uint48 amount;
    uint24 rate;
    uint16 dueDay;
    uint8 basis;
    uint8 minimumDays;
    uint16 penaltyBps;
    uint8 terms;
    uint8 count;
    uint8 graceDays;
    bytes32 registration;
    uint40 expiresAt;
    bytes32 evidence;
}

struct DrawItem {
    Draw act;
    Signature borrower;
    Signature maker;
    Signature checker;
}

struct Release {
    uint32 facility;
    uint256[] titles;
    uint64 nonce;
    uint40 expiresAt;
    bytes32 evidence;
}

/// `loans` is an unsigned list of all the facility's loans, reserved or outstanding, that the contract counts and looks
/// at: none may be overdue. Empty where nothing is owed.
struct ReleaseItem {
    Release act;
    Signature first;
    Signature second;
    uint64[] loans;
}

struct Unlock {
    uint32 facility;
    uint256[] titles;
    uint64 nonce;
    uint40 expiresAt;
}

struct UnlockItem {
    Unlock act;
    Signature holder;
}

struct Carve {
    uint64 title;
    uint64 child;
    uint48 quantity;
    uint32 facility;
    uint40 expiresAt;
}

struct CarveItem {
    Carve act;
    Signature lender;
}

struct Void {
    uint64 loan;
    bytes32 reason;
    uint40 expiresAt;
}

struct VoidItem {
    Void act;
    Signature maker;
    Signature checker;
}

struct WriteOff {
    uint64 loan;
    uint40 expiresAt;
    bytes32 evidence;
}

struct WriteOffItem {
    WriteOff act;
    Signature maker;
    Signature checker;
}

/// What enforcing an overdue loan cost: repaid before its interest (CC-561).
struct AddCosts {
    uint64 loan;
    uint48 amount;
    uint48 costsBefore;
    uint40 expiresAt;
    bytes32 evidence;
}

struct AddCostsItem {
    AddCosts act;
    Signature maker;
    Signature checker;
}

// ── Protection ──────────────────────────────────────────────────────────────────────────────────────────────────

/// Somebody stands behind a facility. `untilDay` 0 is six months after the due day of the loan called for (CC-692);
/// `rate` is the dearest a loan may be without the protector's consent (CC-695); `custodian`, `floor`, `target` and
/// `topUpDays` are those of a reserve.
struct Protect {
    uint64 protection;
    uint32 facility;
    uint8 kind;
    uint8 order;
    uint16 bps;
    uint48 cap;
    uint16 untilDay;
    uint24 rate;
    uint32 custodian;
    uint48 floor;
    uint48 target;
    uint8 topUpDays;
    uint40 expiresAt;
    bytes32 evidence;
}

/// `custodian` counts only for a reserve.
struct ProtectItem {
    Protect act;
    Signature first;
    Signature second;
    Signature maker;
    Signature checker;
    Signature custodian;
}

struct Consent {
    uint64 protection;
    uint64 loan;
    uint40 expiresAt;
    bytes32 evidence;
}

struct ConsentItem {
    Consent act;
    Signature first;
    Signature second;
}

struct CallProtection {
    uint64 protection;
    uint64 loan;
    uint48 amount;
    uint48 calledBefore;
    uint40 expiresAt;
    bytes32 evidence;
}

/// `custodian` counts only for a reserve. Unsigned hints that the contract counts: `others` are all protections of the
/// facility, rising, and `titles` all that are still locked to it, rising.
struct CallProtectionItem {
    CallProtection act;
    Signature maker;
    Signature checker;
    Signature custodian;
    uint64[] others;
    uint64[] titles;
}

/// Ends what is called and not paid: an insurer refuses it, or nothing is owed any more.
struct EndCall {
    uint64 protection;
    uint64 loan;
    uint48 calledBefore;
    uint40 expiresAt;
    bytes32 reason;
}

/// Signed by two persons of the insurer; by nobody where the loan is settled.
struct EndCallItem {
    EndCall act;
    Signature first;
    Signature second;
}

/// A protector gives up a part of what it could recover.
struct Waive {
    uint64 protection;
    uint64 loan;
    uint48 amount;
    uint64 nonce;
    uint40 expiresAt;
    bytes32 evidence;
}

struct WaiveItem {
    Waive act;
    Signature first;
    Signature second;
}

/// The custodian says what is in a reserve at the end of `day`.
struct AttestReserve {
    uint64 protection;
    uint48 balance;
    uint16 day;
    uint64 nonce;
    uint40 expiresAt;
    bytes32 evidence;
}

struct AttestReserveItem {
    AttestReserve act;
    Signature custodian;
}

// ── Settlement ──────────────────────────────────────────────────────────────────────────────────────────────────

/// A movement of money on an account, as the bank that services the account booked it.
struct Fact {
    uint8 kind;
    uint64 subject;
    uint64 loan;
    uint32 bank;
    bytes32 account;
    uint16 valueDay;
    uint48 amount;
    bool credit;
    bytes32 entry;
    uint40 expiresAt;
}

/// `borrower` counts only where the lender services the borrower's account itself. `unlock` is an unsigned hint:
/// titles whose lock ends if this fact brings the facility's debt to nothing.
struct FactItem {
    Fact act;
    Signature bank;
    Signature borrower;
    uint256[] unlock;
}

/// Its lines are `title 64 · amount 48` in the low bits: one word of calldata each. Signed are the two lists they make,
/// `uint64[] titles` and `uint48[] amounts`.
struct Distribution {
    uint64 root;
    uint48 distributedBefore;
    uint256[] lines;
    uint40 expiresAt;
}

struct DistributionItem {
    Distribution act;
    Signature clearingBank;
}

/// Its lines are those of a Distribution.
struct LateInterest {
    uint64 root;
    uint48 lateBefore;
    uint256[] lines;
    bytes32 account;
    uint16 valueDay;
    bytes32 entry;
    uint40 expiresAt;
}

struct LateInterestItem {
    LateInterest act;
    Signature clearingBank;
}

struct EarlySettlement {
    uint64 title;
    uint16 sequence;
    uint48 amount;
    bytes32 account;
    uint16 valueDay;
    bytes32 entry;
    uint40 expiresAt;
}

struct EarlySettlementItem {
    EarlySettlement act;
    Signature debtor;
    Signature holder;
    Signature lender;
    Signature clearingBank;
}

struct HeldRelease {
    uint64 title;
    uint48 heldBefore;
    uint48 amount;
    uint40 expiresAt;
}

struct HeldReleaseItem {
    HeldRelease act;
    Signature clearingBank;
}

/// A bank takes back a booking of its own: the movement as it was recorded, and the negative entry that undoes it, by
/// its value day and its reference.
struct Reversal {
    uint32 bank;
    bytes32 account;
    uint16 valueDay;
    uint48 amount;
    bytes32 entry;
    uint16 reversedDay;
    bytes32 reversalEntry;
    uint40 expiresAt;
}

/// `borrower` counts only where the lender takes back a repayment that it booked itself.
struct ReversalItem {
    Reversal act;
    Signature bank;
    Signature borrower;
}

struct BindAccount {
    uint32 party;
    uint16 currency;
    uint32 bank;
    bytes32 account;
    uint64 nonce;
    uint40 expiresAt;
}

struct BindAccountItem {
    BindAccount act;
    Signature[] party;
    Signature bank;
}

// ── Registry ────────────────────────────────────────────────────────────────────────────────────────────────────

struct SignerGrant {
    address key;
    uint32 person;
    uint32 roles;
    uint48 soloCap;
    uint40 validFrom;
    uint40 validUntil;
    bool managed;
    bytes32 certificate;
}

struct Admit {
    uint32 party;
    uint16 kinds;
    uint32 group;
    bytes32 identity;
    uint8 quorum;
    SignerGrant[] signers;
    uint40 expiresAt;
}

/// Which office signs: a party with kind PLATFORM or BANK, through a signer with role OFFICE.
struct OfficeSignature {
    uint32 party;
    Signature signature;
}

struct AdmitItem {
    Admit act;
    OfficeSignature[] offices;
}

struct SetSigners {
    uint32 party;
    uint8 quorum;
    address[] revoked;
    SignerGrant[] granted;
    uint64 nonce;
    uint40 expiresAt;
}

struct SetSignersItem {
    SetSigners act;
    Signature[] party;
}

/// Replaces every signer of a party that lost its keys, or whose rights pass to a successor or administrator.
struct Recover {
    uint32 party;
    bool succession;
    uint8 quorum;
    address[] revoked;
    SignerGrant[] granted;
    bytes32 order;
    uint40 expiresAt;
}

struct RecoverItem {
    Recover act;
    OfficeSignature[] offices;
}

struct CompleteItem {
    Recover act;
}

struct Veto {
    uint32 party;
    bytes32 recovery;
    uint40 expiresAt;
}

struct VetoItem {
    Veto act;
    Signature party;
}

struct Freeze {
    uint64 title;
    uint64 child;
    uint48 quantity;
    bytes32 order;
    uint16 endDay;
    uint64 nonce;
    uint40 expiresAt;
}

struct FreezeItem {
    Freeze act;
    OfficeSignature[] offices;
}

struct Lift {
    uint64 title;
    bytes32 order;
    uint64 nonce;
    uint40 expiresAt;
}

struct LiftItem {
    Lift act;
    OfficeSignature[] offices;
}

struct Stop {
    uint32 party;
    bytes32 reason;
    uint16 endDay;
    uint64 nonce;
    uint40 expiresAt;
}

struct StopItem {
    Stop act;
    OfficeSignature[] offices;
}

struct Cure {
    uint32 party;
    bytes32 reason;
    uint64 nonce;
    uint40 expiresAt;
}

struct CureItem {
    Cure act;
    OfficeSignature[] offices;
}

struct Suspend {
    uint32 party;
    address[] keys;
    bytes32 order;
    uint16 endDay;
    uint64 nonce;
    uint40 expiresAt;
}

struct SuspendItem {
    Suspend act;
    OfficeSignature[] offices;
}

struct Reinstate {
    uint32 party;
    address[] keys;
    bytes32 order;
    uint64 nonce;
    uint40 expiresAt;
}

struct ReinstateItem {
    Reinstate act;
    OfficeSignature[] offices;
}

struct PublishPolicy {
    uint16 version;
    uint16 effectiveDay;
    uint8 maximumTenorMonths;
    uint32 minimumPiece;
    uint8 maximumDepth;
    uint8 acceptDays;
    uint8 releaseDays;
    uint16 minimumLateInterest;
    bytes32 document;
    uint40 expiresAt;
}

struct PublishPolicyItem {
    PublishPolicy act;
    OfficeSignature[] banks;
}

struct SetLimit {
    uint32 debtor;
    uint16 currency;
    uint48 limit;
    uint48 limitBefore;
    bytes32 evidence;
    uint64 nonce;
    uint40 expiresAt;
}

struct SetLimitItem {
    SetLimit act;
    OfficeSignature[] banks;
}
