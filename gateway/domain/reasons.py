"""Why an act is refused: the contracts' reason codes, and a sentence for each.

`Reason` equals the enumeration in contracts/types/Reasons.sol, in order; numbers are only ever appended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, auto


class Reason(IntEnum):
    """What a verb answers. NONE means the act was done; with any other value nothing at all changed."""

    NONE = 0
    # Whose signature is this, and may it act?
    SIGNATURE_INVALID = auto()
    WRONG_PARTY = auto()
    WRONG_ROLE = auto()
    SAME_PERSON = auto()
    SIGNER_REVOKED = auto()
    SIGNER_SUSPENDED = auto()
    SIGNER_EXPIRED = auto()
    ABOVE_MANDATE = auto()
    INSTRUCTION_EXPIRED = auto()
    WRONG_SEQUENCE = auto()
    NONCE_USED = auto()
    # Roots and titles
    ID_TAKEN = auto()
    FOREIGN_ID = auto()
    UNKNOWN_ROOT = auto()
    UNKNOWN_TITLE = auto()
    NOT_OFFERED = auto()
    NOT_LIVE = auto()
    OFFER_MISMATCH = auto()
    OFFER_LAPSED = auto()
    OFFER_STILL_OPEN = auto()
    ZERO_QUANTITY = auto()
    QUANTITY_ABOVE_TITLE = auto()
    PIECE_TOO_SMALL = auto()
    TOO_DEEP = auto()
    SELF_ASSIGNMENT = auto()
    TITLE_LOCKED = auto()
    WRONG_LOCK = auto()
    TITLE_FROZEN = auto()
    NOT_FROZEN = auto()
    TITLE_SPENT = auto()
    PAST_DUE = auto()
    NOT_YET_DUE = auto()
    DIFFERENT_ROOT = auto()
    DIFFERENT_HOLDER = auto()
    # Issue
    ISSUER_STOPPED = auto()
    TENOR_ABOVE_CAP = auto()
    DUE_DAY_PAST = auto()
    EVIDENCE_MISSING = auto()
    NOT_A_BANK = auto()
    DEBTOR_IS_PAYEE = auto()
    LATE_INTEREST_TOO_LOW = auto()
    PROOF_INVALID = auto()
    # Evidence and limits
    INVOICE_UNKNOWN = auto()
    INVOICE_KNOWN = auto()
    INVOICE_OTHER_PARTY = auto()
    INVOICE_OTHER_CURRENCY = auto()
    INVOICE_EXHAUSTED = auto()
    INVOICES_UNORDERED = auto()
    INVOICE_SUM_WRONG = auto()
    INVOICE_CHANGED = auto()
    DEBTOR_LIMIT_EXCEEDED = auto()
    NO_POLICY = auto()
    POLICY_TOO_SOON = auto()
    POLICY_OUT_OF_RANGE = auto()
    # Credit
    FACILITY_UNKNOWN = auto()
    FACILITY_TAKEN = auto()
    FACILITY_ENDED = auto()
    CURRENCY_MISMATCH = auto()
    FACILITY_LIMIT_EXCEEDED = auto()
    COLLATERAL_SHORT = auto()
    LOAN_UNKNOWN = auto()
    LOAN_TAKEN = auto()
    LOAN_NOT_RESERVED = auto()
    LOAN_NOT_OUTSTANDING = auto()
    DEBT_OUTSTANDING = auto()
    RELEASE_CLOCK_RUNNING = auto()
    TERMS_OUT_OF_RANGE = auto()
    # Money
    MOVEMENT_USED = auto()
    AMOUNT_DIFFERS = auto()
    ACCOUNT_DIFFERS = auto()
    WRONG_BANK = auto()
    VALUE_DAY_OUT_OF_RANGE = auto()
    EXCESS_AMOUNT = auto()
    SHARE_WRONG = auto()
    LIST_STALE = auto()
    ABOVE_RECEIVED = auto()
    NOT_HELD = auto()
    FACT_UNKNOWN = auto()
    # Offices
    OFFICES_TOO_FEW = auto()
    OFFICES_SAME_GROUP = auto()
    OFFICE_IS_BENEFICIARY = auto()
    PARTY_TAKEN = auto()
    PARTY_UNKNOWN = auto()
    PARTY_KIND_CONFLICT = auto()
    ROLE_NOT_ALLOWED = auto()
    SIGNER_TAKEN = auto()
    SIGNER_UNKNOWN = auto()
    QUORUM_UNREACHABLE = auto()
    RECOVERY_UNKNOWN = auto()
    RECOVERY_TOO_SOON = auto()
    NOT_STOPPED = auto()
    # Terms
    REGISTRATION_MISSING = auto()
    # Reversals
    MOVEMENT_UNKNOWN = auto()
    REVERSAL_TOO_LATE = auto()
    # Funding forms
    TITLE_SOLD = auto()
    NO_RECOURSE = auto()
    ENTRUSTOR_CONFLICT = auto()
    # Protection
    PROTECTION_UNKNOWN = auto()
    PROTECTOR_NOT_ALLOWED = auto()
    PROTECTION_ENDED = auto()
    CONSENT_MISSING = auto()
    COLLATERAL_FIRST = auto()
    ORDER_OF_CALL = auto()
    NOT_CALLED = auto()
    RESERVE_SHORT = auto()
    SUBROGATION_OPEN = auto()
    LENDER_NOT_WHOLE = auto()
    # Goods
    OTHER_KIND = auto()
    LOT_KNOWN = auto()
    LOT_SHORT = auto()
    STORAGE_UNPAID = auto()
    NOT_INDEPENDENT = auto()
    ON_PAPER = auto()
    GOODS_TERMS_MISSING = auto()
    VALUATION_MISSING = auto()
    VALUATION_STALE = auto()
    RISE_TOO_STEEP = auto()
    MARGIN_CALLED = auto()
    NOT_SHORT = auto()
    BELOW_FLOOR = auto()
    NOT_ENFORCED = auto()
    NOTHING_OWED = auto()
    GOODS_SOLD = auto()
    SALE_UNPAID = auto()
    # Leases
    NOT_LEASED = auto()
    # Stages of a facility
    STAGES_MISSING = auto()
    STAGE_NOT_OPENED = auto()
    SALES_SHORT = auto()
    NUMBER_FOR_PARTS = auto()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A refusal in words. `rule_id` is a row of the rule pack, or the decision (DEC-nn) the rule follows
    from.
    """

    sentence: str
    rule_id: str


def explain(reason: Reason) -> Explanation:
    """What to tell the person whose act was refused."""
    return REASON_SENTENCES[reason]


_SIGNATURES = {
    Reason.NONE: ("The act was done.", "DEC-5"),
    Reason.SIGNATURE_INVALID: ("The signature is of no registered signer.", "ESIGN"),
    Reason.WRONG_PARTY: ("The signer belongs to another party than the act binds.", "DEC-5"),
    Reason.WRONG_ROLE: ("The signer does not hold the role this act needs.", "DEC-5"),
    Reason.SAME_PERSON: ("Two different people must sign, and both signatures are of one person.", "DEC-5"),
    Reason.SIGNER_REVOKED: ("The signer's key has been revoked.", "ESIGN"),
    Reason.SIGNER_SUSPENDED: (
        "The party is suspended, or is not in the standing this order assumes.",
        "DEC-5",
    ),
    Reason.SIGNER_EXPIRED: ("The signer's key is not valid at this time.", "ESIGN"),
    Reason.ABOVE_MANDATE: (
        "The amount is above what this signer may sign alone, and no second person has co-signed.",
        "DEC-5",
    ),
    Reason.INSTRUCTION_EXPIRED: ("The instruction expired before it was carried.", "DEC-5"),
    Reason.WRONG_SEQUENCE: (
        "The title has moved on since this was signed, or its holder withdrew what was signed.",
        "DEC-4",
    ),
    Reason.NONCE_USED: ("This instruction has been used before.", "DEC-3"),
}
_TITLES = {
    Reason.ID_TAKEN: ("This number is in use already; numbers are never used twice.", "DEC-3"),
    Reason.NUMBER_FOR_PARTS: (
        "A serial of 2,147,483,648 or above is for parts of a title; a receivable, an order or a lot begins below it.",
        "DEC-3",
    ),
    Reason.FOREIGN_ID: ("A number must begin with the number of the party that makes it.", "DEC-3"),
    Reason.UNKNOWN_ROOT: ("There is no receivable of this number.", "CN77-9"),
    Reason.UNKNOWN_TITLE: (
        "There is no certificate of this number, or a list does not name certificates in rising order.",
        "CN77-9",
    ),
    Reason.NOT_OFFERED: ("No open offer stands under this number.", "SME-11"),
    Reason.NOT_LIVE: ("The receivable is not live: it is only offered, cancelled, or closed.", "DEC-2"),
    Reason.OFFER_MISMATCH: ("Payee or invoices are not those of the offer.", "SME-11"),
    Reason.OFFER_LAPSED: ("The days to accept this offer have passed.", "DEC-4"),
    Reason.OFFER_STILL_OPEN: ("The payee may still accept this offer.", "DEC-4"),
    Reason.ZERO_QUANTITY: ("The amount is zero.", "DEC-11"),
    Reason.QUANTITY_ABOVE_TITLE: ("The amount is not less than what the certificate holds.", "DEC-6"),
    Reason.PIECE_TOO_SMALL: ("A piece would be smaller than the policy's minimum.", "CN77-split"),
    Reason.TOO_DEEP: ("The certificate has been split as many times as the policy allows.", "CN77-split"),
    Reason.SELF_ASSIGNMENT: ("The acquirer holds this certificate already.", "CC-545/546"),
    Reason.TITLE_LOCKED: ("The certificate is pledged to a facility.", "CC-440/441/445"),
    Reason.WRONG_LOCK: ("The certificate is not pledged to this facility.", "CC-440/441/445"),
    Reason.TITLE_FROZEN: ("The certificate is frozen by an order.", "DEC-13"),
    Reason.NOT_FROZEN: ("The certificate is not frozen.", "DEC-13"),
    Reason.TITLE_SPENT: ("The certificate has been paid, merged, or given up.", "DEC-2"),
    Reason.PAST_DUE: (
        "The due day has come: nothing moves any more but money, and nothing is carved once money is paid.",
        "DEC-9",
    ),
    Reason.NOT_YET_DUE: ("It is not due yet.", "DEC-9"),
    Reason.DIFFERENT_ROOT: ("The certificates are of different receivables.", "DEC-6"),
    Reason.DIFFERENT_HOLDER: ("The certificate is held by another party than this act assumes.", "DEC-6"),
}
_ISSUE = {
    Reason.ISSUER_STOPPED: ("The debtor is stopped and promises nothing new until cured.", "CN77-15"),
    Reason.TENOR_ABOVE_CAP: ("The due day is later than the policy's longest tenor.", "CN77-11"),
    Reason.DUE_DAY_PAST: ("The due or end day is not in the future.", "CN77-11"),
    Reason.EVIDENCE_MISSING: ("The act names no document it stands on.", "CN77-9"),
    Reason.NOT_A_BANK: ("The clearing bank named is no admitted bank.", "CN77-4"),
    Reason.DEBTOR_IS_PAYEE: ("Debtor and payee are the same party.", "CN77-9"),
    Reason.LATE_INTEREST_TOO_LOW: ("The late interest agreed is below the policy's least.", "SME-17"),
    Reason.PROOF_INVALID: ("This is not an offer of the published list.", "CN77-9"),
    Reason.INVOICE_UNKNOWN: ("An invoice has not been attested by the evidence service.", "CN77-9"),
    Reason.INVOICE_KNOWN: ("This invoice has been attested already.", "DEC-12"),
    Reason.INVOICE_OTHER_PARTY: ("An invoice is of another seller or debtor.", "DEC-12"),
    Reason.INVOICE_OTHER_CURRENCY: ("An invoice is in another currency.", "DEC-12"),
    Reason.INVOICE_EXHAUSTED: ("More would be used of an invoice than it is good for.", "DEC-12"),
    Reason.INVOICES_UNORDERED: ("Invoices must be named once each, in rising order.", "DEC-12"),
    Reason.INVOICE_SUM_WRONG: ("The invoices' amounts do not make the amount promised.", "DEC-12"),
    Reason.INVOICE_CHANGED: (
        "The credit note does not lower the invoice's cap as it stands today.",
        "DEC-12",
    ),
    Reason.DEBTOR_LIMIT_EXCEEDED: ("The debtor's limit, or the list's total, would be exceeded.", "DEC-11"),
    Reason.NO_POLICY: ("No policy is in force yet.", "CN77-11"),
    Reason.POLICY_TOO_SOON: ("A new policy takes effect at least seven days ahead.", "DEC-15"),
    Reason.POLICY_OUT_OF_RANGE: ("The policy allows more than the rules do.", "CN77-11"),
}
_CREDIT = {
    Reason.FACILITY_UNKNOWN: ("There is no facility of this number.", "CC-440/441/445"),
    Reason.FACILITY_TAKEN: ("A facility of this number exists already.", "DEC-3"),
    Reason.FACILITY_ENDED: ("The facility's last day has passed.", "DEC-7"),
    Reason.CURRENCY_MISMATCH: ("The currencies differ.", "DEC-7"),
    Reason.FACILITY_LIMIT_EXCEEDED: ("The facility's limit would be exceeded.", "DEC-7"),
    Reason.COLLATERAL_SHORT: ("What is pledged would not cover what is owed.", "DEC-7"),
    Reason.LOAN_UNKNOWN: ("There is no such loan, or money that repays must name its loan.", "DEC-10"),
    Reason.LOAN_TAKEN: ("A loan of this number exists already.", "DEC-3"),
    Reason.LOAN_NOT_RESERVED: ("The loan is not waiting to be paid out.", "DEC-10"),
    Reason.LOAN_NOT_OUTSTANDING: ("Nothing is outstanding on this loan.", "DEC-10"),
    Reason.DEBT_OUTSTANDING: ("Something is still owed under the facility.", "CC-433/436"),
    Reason.RELEASE_CLOCK_RUNNING: ("The lender's days to release have not passed yet.", "CC-433/436"),
    Reason.TERMS_OUT_OF_RANGE: ("The terms agreed are outside what the ledger can hold to.", "DEC-16"),
    Reason.REGISTRATION_MISSING: (
        "Nothing is paid out on what is pledged or leased before the lender declares it to the registry.",
        "CN77-13",
    ),
    Reason.TITLE_SOLD: (
        "A draw buys this title: it is neither released nor divided nor sold again until that ends.",
        "DEC-8",
    ),
    Reason.NO_RECOURSE: (
        "The certificate was bought without recourse: its seller owes nothing.",
        "CC-766/767",
    ),
    Reason.ENTRUSTOR_CONFLICT: (
        "The entrustor is the agent bank, the platform, or of the borrower's own group.",
        "DEC-8",
    ),
}
_MONEY = {
    Reason.MOVEMENT_USED: ("This movement of money has been counted already.", "DEC-10"),
    Reason.AMOUNT_DIFFERS: ("The amount is not the one that stands on the ledger.", "DEC-10"),
    Reason.ACCOUNT_DIFFERS: ("The money moved on another account than the one agreed.", "DEC-10"),
    Reason.WRONG_BANK: ("Another bank has to say this.", "CN77-4"),
    Reason.VALUE_DAY_OUT_OF_RANGE: ("The value day cannot be right.", "DEC-16"),
    Reason.EXCESS_AMOUNT: ("The amount is more than is owed or instructed.", "DEC-10"),
    Reason.SHARE_WRONG: (
        "A line is more than one minor unit away from its share, or shares do not make the whole.",
        "DEC-9",
    ),
    Reason.LIST_STALE: ("Money moved since this was signed.", "DEC-9"),
    Reason.ABOVE_RECEIVED: ("The list pays out more than was received.", "DEC-9"),
    Reason.NOT_HELD: ("So much money is not on hold.", "DEC-9"),
    Reason.FACT_UNKNOWN: ("No such kind of movement exists.", "DEC-10"),
    Reason.MOVEMENT_UNKNOWN: ("The movement to be taken back was never recorded.", "DEC-10"),
    Reason.REVERSAL_TOO_LATE: (
        "What this money did has gone on since: taking it back is a claim on whoever had it, and revives nothing.",
        "DEC-9",
    ),
}
_OFFICES = {
    Reason.OFFICES_TOO_FEW: ("More offices or people of the party must sign.", "DEC-5"),
    Reason.OFFICES_SAME_GROUP: ("Two of the offices are of one group, or one is named twice.", "DEC-5"),
    Reason.OFFICE_IS_BENEFICIARY: (
        "An office is, or is of the group of, one who gains or loses by it.",
        "DEC-5",
    ),
    Reason.PARTY_TAKEN: ("A party of this number is admitted already.", "DEC-3"),
    Reason.PARTY_UNKNOWN: ("There is no party of this number.", "DEC-5"),
    Reason.PARTY_KIND_CONFLICT: (
        "The platform may be nothing else, and a party must be something.",
        "CN77-4",
    ),
    Reason.ROLE_NOT_ALLOWED: ("This role is not open to this party or person, or to this act.", "DEC-10"),
    Reason.SIGNER_TAKEN: ("This key is a signer's already.", "ESIGN"),
    Reason.SIGNER_UNKNOWN: ("The keys named are not the party's live signers, each once, in order.", "ESIGN"),
    Reason.QUORUM_UNREACHABLE: ("The party would not have the signers its quorum needs.", "DEC-5"),
    Reason.RECOVERY_UNKNOWN: ("No such recovery has been announced.", "DEC-5"),
    Reason.RECOVERY_TOO_SOON: ("A recovery takes effect seven days after it was announced.", "DEC-5"),
    Reason.NOT_STOPPED: ("The debtor is not stopped.", "CN77-15"),
}
_PROTECTION = {
    Reason.PROTECTION_UNKNOWN: ("There is no such protection, or it is no reserve.", "DEC-5"),
    Reason.PROTECTOR_NOT_ALLOWED: (
        "The platform, the lender, the borrower or a party of another kind cannot stand behind the facility.",
        "CN77-4",
    ),
    Reason.PROTECTION_ENDED: ("The period in which the protection may be called has passed.", "CC-692"),
    Reason.CONSENT_MISSING: ("The loan is dearer than what the protector agreed to stand for.", "CC-695"),
    Reason.COLLATERAL_FIRST: ("What the debtor itself pledged is not used up.", "CC-392"),
    Reason.ORDER_OF_CALL: ("Somebody else comes first, or one who stands behind it is not named.", "CC-392"),
    Reason.NOT_CALLED: ("So much has not been called, or has been paid already.", "CC-692"),
    Reason.RESERVE_SHORT: ("A reserve behind the facility is below its floor.", "DEC-7"),
    Reason.SUBROGATION_OPEN: ("A protector that paid still has its claim on what is pledged.", "CC-700"),
    Reason.LENDER_NOT_WHOLE: (
        "Nobody is reimbursed before the lender, or beyond what was recovered.",
        "CC-700",
    ),
}
_GOODS = {
    Reason.OTHER_KIND: (
        "Certificates, receipts and orders have acts of their own; this one is for another kind of title.",
        "CC-910",
    ),
    Reason.LOT_KNOWN: (
        "These goods have a receipt already, or the pool is another one's, of another unit or another last day.",
        "GI-59",
    ),
    Reason.LOT_SHORT: ("Less is in store than the receipts stand for.", "MLWR"),
    Reason.STORAGE_UNPAID: ("The keeper has a lien on these goods that has not been paid.", "CC-447"),
    Reason.NOT_INDEPENDENT: (
        "Who must stand apart here (inspector, appraiser, control agent, buyer) is a party concerned, or of its group.",
        "CC-909",
    ),
    Reason.ON_PAPER: (
        "The receipt is out on paper; or it is not, and there is nothing to take back.",
        "MLWR",
    ),
}
_MARGIN = {
    Reason.GOODS_TERMS_MISSING: ("Nothing has been agreed of goods under this facility.", "DEC-7"),
    Reason.VALUATION_MISSING: ("Nobody has valued these goods for this facility.", "CC-433"),
    Reason.VALUATION_STALE: (
        "A valuation's last day has passed: nobody knows what the goods cover.",
        "CC-433",
    ),
    Reason.RISE_TOO_STEEP: ("The value rises by more a day than was agreed.", "CC-433"),
    Reason.MARGIN_CALLED: ("More collateral is called for, or the goods are being sold.", "DEC-14"),
    Reason.NOT_SHORT: ("What is pledged is enough: there is nothing to call for.", "DEC-7"),
    Reason.BELOW_FLOOR: ("Less would stay pledged than was agreed at least.", "DEC-7"),
    Reason.NOT_ENFORCED: (
        "No default notice was given, or its day has not come; what it called for is paid; or no sale is open.",
        "CC-436",
    ),
    Reason.NOTHING_OWED: ("What was owed is paid, so the goods are not sold.", "CC-436"),
    Reason.GOODS_SOLD: ("The goods of this receipt were sold in enforcement, or are leased.", "CC-438"),
    Reason.SALE_UNPAID: ("The price has not come, or only a part of it.", "CC-438"),
    Reason.NOT_LEASED: ("No lease stands on this receipt.", "CC-735"),
}
_STAGES = {
    Reason.STAGES_MISSING: ("No stages have been agreed under this facility.", "DEC-7"),
    Reason.STAGE_NOT_OPENED: (
        "More would be used than the stage that is open allows, or than sales cash carries.",
        "DEC-7",
    ),
    Reason.SALES_SHORT: (
        "Too little sales cash has come in on the collection account for this stage, or for these goods.",
        "DEC-7",
    ),
}

REASON_SENTENCES: Mapping[Reason, Explanation] = {
    reason: Explanation(*words)
    for reason, words in sorted(
        {
            **_SIGNATURES,
            **_TITLES,
            **_ISSUE,
            **_CREDIT,
            **_MONEY,
            **_OFFICES,
            **_PROTECTION,
            **_GOODS,
            **_MARGIN,
            **_STAGES,
        }.items()
    )
}
"""Every reason in one sentence, with the rule it keeps."""
