"""Who may sign what: the one table of roles and instruction kinds. Extend it here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

CREDIT_ACTS = frozenset(
    {
        "Open",
        "Lock",
        "Draw",
        "Release",
        "Carve",
        "Void",
        "WriteOff",
        "AddCosts",
        "CallProtection",
        "Protect",
        "AgreeGoods",
        "AgreeStages",
        "OpenStage",
        "PledgeGoods",
        "ReleaseGoods",
        "CarveGoods",
        "CallMargin",
        "WaiveCall",
        "Enforce",
        "SellGoods",
        "LeaseGoods",
        "GiveNotice",
        "EndLease",
        "Convert",
        "ConvertGoods",
    }
)
# What the custodian of a reserve signs about it.
CUSTODY_ACTS = frozenset({"AttestReserve", "CallProtection", "Protect"})
PAYMENT_ACTS = frozenset({"Fact", "Reversal", "BindAccount"})
CLEARING_ACTS = frozenset({"Distribution", "EarlySettlement", "HeldRelease", "LateInterest"})
OFFICE_ACTS = frozenset(
    {
        "Admit",
        "Cure",
        "Freeze",
        "Lift",
        "PublishPolicy",
        "Recover",
        "Reinstate",
        "SetLimit",
        "Stop",
        "Suspend",
    }
)

# A payments officer holds no credit role, so money is attested by other persons than those who lend it. Two acts stand
# in both rows: the lender's credit people sign them as the lender's, the payments officers of another bank as the
# custodian's, and only about a reserve that lies at that bank.
ROLES: Mapping[str, frozenset[str]] = {
    "credit-maker": CREDIT_ACTS,
    "credit-checker": CREDIT_ACTS,
    "clearing": CLEARING_ACTS,
    "payments": PAYMENT_ACTS | CUSTODY_ACTS,
    "office": OFFICE_ACTS,
}

# Fields of a credit act that say how much is at stake; each must stay within the bank's credit limit.
CREDIT_AMOUNT_FIELDS = (
    "amount", "cap", "principal", "limit", "commitment", "quantity", "price", "first", "opened",
)  # fmt: skip

# The exact struct of a payment fact. The bank compares every field with its books, so a struct that adds,
# drops or renames one is not a fact it can vouch for.
FACT_FIELDS: tuple[tuple[str, str], ...] = (
    ("kind", "uint8"),
    ("subject", "uint64"),
    ("loan", "uint64"),
    ("bank", "uint32"),
    ("account", "bytes32"),
    ("valueDay", "uint16"),
    ("amount", "uint48"),
    ("credit", "bool"),
    ("entry", "bytes32"),
    ("expiresAt", "uint40"),
)

# The exact struct of a reversal: the credit that was booked, and the debit by which the bank took it back.
REVERSAL_FIELDS: tuple[tuple[str, str], ...] = (
    ("bank", "uint32"),
    ("account", "bytes32"),
    ("valueDay", "uint16"),
    ("amount", "uint48"),
    ("entry", "bytes32"),
    ("reversedDay", "uint16"),
    ("reversalEntry", "bytes32"),
    ("expiresAt", "uint40"),
)
