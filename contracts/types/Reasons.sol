// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Why an act was refused
/// @notice Every verb answers one reason per item. `None` means the act was done; any other value means that
///         nothing at all was changed for that item. The gateway turns each into a sentence; the numbers are
///         part of the interface and are only ever appended to.
enum Reason {
    None,
    // Whose signature is this, and may it act?
    SignatureInvalid, // recovers to no registered signer: dropped without a log
    WrongParty, // a registered signer, but of another party than the act binds
    WrongRole, // the signer does not hold the role the act needs
    SamePerson, // two signatures that must come from two people came from one
    SignerRevoked,
    SignerSuspended, // the signer's party is suspended
    SignerExpired, // outside the signer's validity, in either direction
    AboveMandate, // above what this signer may sign alone, and no second person co-signed
    InstructionExpired,
    WrongSequence, // the title moved on since this was signed, or the offer was withdrawn
    NonceUsed,
    // Roots and titles
    IdTaken,
    ForeignId, // the id's upper half is not the creating party
    UnknownRoot,
    UnknownTitle,
    NotOffered,
    NotLive,
    OfferMismatch, // payee or invoices differ from what was offered
    OfferLapsed,
    OfferStillOpen,
    ZeroQuantity,
    QuantityAboveTitle,
    PieceTooSmall,
    TooDeep,
    SelfAssignment,
    TitleLocked,
    WrongLock, // not locked, or locked for another facility
    TitleFrozen,
    NotFrozen,
    TitleSpent,
    PastDue,
    NotYetDue,
    DifferentRoot,
    DifferentHolder,
    // Issue
    IssuerStopped,
    TenorAboveCap,
    DueDayPast,
    EvidenceMissing,
    NotABank,
    DebtorIsPayee,
    LateInterestTooLow,
    ProofInvalid,
    // Evidence and limits
    InvoiceUnknown,
    InvoiceKnown,
    InvoiceOtherParty,
    InvoiceOtherCurrency,
    InvoiceExhausted,
    InvoicesUnordered,
    InvoiceSumWrong,
    InvoiceChanged, // a credit note was signed against another cap than today's
    DebtorLimitExceeded,
    NoPolicy,
    PolicyTooSoon,
    PolicyOutOfRange,
    // Credit
    FacilityUnknown,
    FacilityTaken,
    FacilityEnded,
    CurrencyMismatch,
    FacilityLimitExceeded,
    CollateralShort,
    LoanUnknown,
    LoanTaken,
    LoanNotReserved,
    LoanNotOutstanding,
    DebtOutstanding,
    ReleaseClockRunning,
    TermsOutOfRange,
    // Money
    MovementUsed,
    AmountDiffers,
    AccountDiffers,
    WrongBank,
    ValueDayOutOfRange,
    ExcessAmount,
    ShareWrong,
    ListStale,
    AboveReceived,
    NotHeld,
    FactUnknown,
    // Offices
    OfficesTooFew,
    OfficesSameGroup,
    OfficeIsBeneficiary,
    PartyTaken,
    PartyUnknown,
    PartyKindConflict,
    RoleNotAllowed,
    SignerTaken,
    SignerUnknown,
    QuorumUnreachable,
    RecoveryUnknown,
    RecoveryTooSoon,
    NotStopped,
    // Terms
    RegistrationMissing, // a loan on pledged titles names no declaration to the registry of movables
    // Reversals
    MovementUnknown,
    ReversalTooLate, // what the money did has gone on: a claim on whoever had it, and nothing here is revived
    // Funding forms
    TitleSold, // a draw buys this title: it is neither released nor divided nor sold again
    NoRecourse, // bought without recourse: its seller owes nothing
    EntrustorConflict, // the entrustor is borrower, agent, platform, or of the borrower's group
    // Protection
    ProtectionUnknown,
    ProtectorNotAllowed, // the lender, the borrower or the platform itself, or a party of another kind
    ProtectionEnded, // its period has passed (CC-692)
    ConsentMissing, // dearer than what the protector signed for, and it did not agree (CC-695)
    CollateralFirst, // what the debtor itself pledged comes first (CC-392)
    OrderOfCall, // another one comes first
    NotCalled,
    ReserveShort, // a reserve behind the facility is below its floor
    SubrogationOpen, // a protector that paid has a claim on what is pledged (CC-700)
    LenderNotWhole, // nobody is reimbursed before the lender
    // Goods
    OtherKind, // goods move with their keeper's signature, certificates without one, orders not at all
    LotKnown, // these goods have a receipt already, or a pool is of another unit or keeper
    LotShort, // less is in store than receipts stand for
    StorageUnpaid, // the keeper has a lien on it (CC-447)
    NotIndependent, // inspector or appraiser is the keeper, the depositor, or of their group
    OnPaper, // the receipt is out on paper, or is not
    // Goods that secure a facility
    GoodsTermsMissing, // nothing was agreed of goods under the facility
    ValuationMissing, // nobody valued the lot for this facility
    ValuationStale, // a valuation's last day has passed
    RiseTooSteep, // a rate rises by more a day than was agreed
    MarginCalled, // while a call stands, or the goods are enforced, nothing is drawn or released
    NotShort, // more is pledged than a call needs
    BelowFloor, // less would stay pledged than was agreed at least
    NotEnforced, // no default notice, or its day has not come
    NothingOwed, // what was owed is paid: the goods are not sold
    GoodsSold, // the receipt's goods were sold in enforcement, once, or are leased
    SaleUnpaid, // the price has not come, or has in part
    // Leases
    NotLeased, // no lease stands on the receipt
    // Stages of a facility
    StagesMissing, // none were agreed under the facility
    StageNotOpened, // more than has been opened, or than sales carry
    SalesShort, // too little sales cash came in for this stage, or for these goods
    // Numbers
    NumberForParts // no root begins with a serial of 2^31 or above
}
