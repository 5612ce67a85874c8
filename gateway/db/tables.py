"""What the gateway knows from the chain: tables `ledger_*`, a pure fold over the contracts' events.

Nothing here is entered by hand and nothing needs a backup: the same events give the same tables, bit by bit.
Amounts are minor units of the root's currency, days are Asia/Shanghai calendar days since 1970-01-01, hashes
are 32 bytes, and a `word` is a contract's storage word. Columns follow the drawings of the contracts' words.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, MetaData, String, Table

from gateway.db.types import Address, Hash, Unsigned64, Unsigned256

metadata = MetaData()


def _key(name: str, kind: Any = BigInteger) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _number(name: str, comment: str | None = None) -> Column[int]:
    return Column(name, BigInteger, nullable=False, comment=comment)


def _id(name: str, comment: str | None = None, *, nullable: bool = False) -> Column[int]:
    return Column(name, Unsigned64, nullable=nullable, comment=comment)


def _hash(name: str, comment: str | None = None, *, nullable: bool = False) -> Column[bytes]:
    return Column(name, Hash, nullable=nullable, comment=comment)


def _place() -> tuple[Column[Any], ...]:
    """Where the fact stands that a row is."""
    return (_key("block_number"), _key("log_index"))


def _origin() -> tuple[Column[Any], ...]:
    """Block and transaction that made a row."""
    return (_number("block_number"), _hash("transaction_hash"))


# ── Parties ─────────────────────────────────────────────────────────────────────────────────────────────

parties = Table(
    "ledger_parties",
    metadata,
    _key("party"),
    _number(
        "kinds", "bits: enterprise 1, bank 2, lender 4, keeper 8, evidence 16, platform 32, guarantor 64"
    ),
    _number("group_number", "the group the party belongs to"),
    _number("status", "1 admitted, 2 suspended"),
    _number("quorum", "administrators whose signatures change the party's signers"),
    _number("signers", "signers that are not revoked"),
    _number("stopped", "1 while a stop stands, until its end day has passed"),
    _number("stopped_until_day"),
    _number("suspended_until_day", "0: not suspended"),
    _number("administrators", "signers among them that may change the party's signers"),
    _hash("identity", "commitment to the party's identifiers"),
    *_origin(),
)

signers = Table(
    "ledger_signers",
    metadata,
    _key("key", Address),
    _number("party"),
    _number("person"),
    _number("roles"),
    _number("solo_cap", "largest amount this signer signs alone"),
    _number("valid_from", "seconds since 1970"),
    _number("valid_until", "seconds since 1970"),
    _number("flags", "bits: revoked 1, suspended 2, managed 4"),
    _hash("certificate"),
    *_origin(),
    Index("ledger_signers_by_party", "party"),
)

nonces = Table("ledger_nonces", metadata, _key("party"), _key("nonce", Unsigned64), *_origin())

co_signatures = Table(
    "ledger_co_signatures",
    metadata,
    _key("digest", Hash),
    _key("party"),
    _key("key", Address),
    *_origin(),
)

approvals = Table("ledger_approvals", metadata, _key("digest", Hash), _key("wallet", Address), *_origin())

role_holders = Table(
    "ledger_role_holders",
    metadata,
    _key("role", Unsigned64),
    _key("account", Address),
    _number("delay", "seconds between an act and its effect"),
    _number("since", "seconds since 1970"),
    *_origin(),
)

accounts = Table(
    "ledger_accounts",
    metadata,
    _key("party"),
    _key("currency"),
    _number("bank"),
    _hash("account", "commitment"),
    *_origin(),
)

orders = Table(
    "ledger_orders",
    metadata,
    *_place(),
    Column("act", String(16), nullable=False, comment="freeze, lift, stop, cure, suspend or reinstate"),
    _id("subject", "title or party"),
    _hash("order_hash", "court order or reason"),
    _number("end_day"),
    _hash("transaction_hash"),
    Index("ledger_orders_by_subject", "subject"),
)

recoveries = Table(
    "ledger_recoveries",
    metadata,
    *_place(),
    _number("party"),
    _hash("recovery"),
    Column("succession", Boolean, nullable=False),
    _hash("order_hash"),
    _number("ready_at", "seconds since 1970"),
    Column("state", String(16), nullable=False, comment="announced, replaced, vetoed or completed"),
    _hash("transaction_hash"),
    Index("ledger_recoveries_by_party", "party"),
)

# ── Evidence ────────────────────────────────────────────────────────────────────────────────────────────

invoices = Table(
    "ledger_invoices",
    metadata,
    _key("nullifier", Hash),
    _number("cap"),
    _number("used"),
    _number("seller"),
    _number("debtor"),
    _number("currency"),
    _number("service", "the evidence service that attested it"),
    _hash("document", "hash of what was attested"),
    _hash("credit_document", "hash of the latest credit note", nullable=True),
    *_origin(),
)

limits = Table(
    "ledger_limits",
    metadata,
    _key("debtor"),
    _key("currency"),
    _number("limit_amount"),
    _number("used"),
    _hash("evidence"),
)

_POLICY_TERMS = (
    "maximum_tenor_months",
    "maximum_depth",
    "accept_days",
    "release_days",
    "minimum_late_interest",
    "minimum_piece",
)

policies = Table(
    "ledger_policies",
    metadata,
    *_place(),
    _number("version"),
    _number("effective_day"),
    *(_number(name) for name in _POLICY_TERMS),
    _hash("document"),
    Column("replaced", Boolean, nullable=False, comment="by another before it took effect"),
    _hash("transaction_hash"),
)

offer_lists = Table(
    "ledger_offer_lists",
    metadata,
    _key("list", Unsigned64),
    _number("debtor"),
    _number("currency"),
    _number("opened_day"),
    _number("total", "after closing: what was taken"),
    _number("taken"),
    _number("policy_version"),
    *(_number(name) for name in _POLICY_TERMS),
    _hash("offers", "Merkle root"),
    _number("returned", "limit given back at closing"),
    _hash("evidence"),
    *_origin(),
)

# ── Ledger ──────────────────────────────────────────────────────────────────────────────────────────────

roots = Table(
    "ledger_roots",
    metadata,
    _key("root", Unsigned64),
    _number("debtor"),
    _number("clearing_bank"),
    _number("currency", "ISO 4217 number"),
    _number("due_day"),
    _number("opened_day"),
    _number("kind", "1 receivable"),
    _number("phase", "1 offered, 2 live, 3 closed, 4 cancelled"),
    _number("terms", "late interest, parts per million a day"),
    _number("policy_version"),
    _number("quantity"),
    _number("accept_days"),
    _number("maximum_depth"),
    _number("minimum_piece", "hundreds of minor units"),
    _number("received"),
    _number("distributed"),
    _number("removed", "settled early"),
    _number("written_off"),
    _number("late_interest"),
    _number("given_up_quantity", "of titles whose holders gave up the rest: they share in no further money"),
    _number("given_up_paid", "what those had got"),
    _number("payee"),
    _id("list", "offer list it was taken from; 0: offered by itself"),
    _hash("evidence", "documents behind the promise"),
    _hash("accept_evidence", nullable=True),
    _hash("accept_transaction", nullable=True),
    _hash("end_reason", "of an offer declined, zero when it expired", nullable=True),
    *_origin(),
    Index("ledger_roots_by_debtor", "debtor"),
    Index("ledger_roots_by_payee", "payee"),
)

root_invoices = Table(
    "ledger_root_invoices",
    metadata,
    _key("root", Unsigned64),
    _key("nullifier", Hash),
    _number("amount"),
    Index("ledger_root_invoices_by_nullifier", "nullifier"),
)

titles = Table(
    "ledger_titles",
    metadata,
    _key("title", Unsigned64),
    _id("root"),
    _id("parent", "the title it was split off from", nullable=True),
    _id("merged_into", nullable=True),
    _number("holder"),
    _number("lock", "facility it secures; 0: free"),
    _number("quantity"),
    _number("paid"),
    _number("sequence"),
    _number("depth"),
    _number("flags", "bits: frozen 1, spent 2, settled 4, held 8, paper 16, early 32"),
    _number("credited", "arrived on its holder's account"),
    _number("collected", "arrived on the facility's collection account"),
    _number("surplus", "of what was collected, still owed to the holder"),
    _number("held"),
    _number("late", "late interest instructed"),
    _number("frozen_until_day", "0: no order stands"),
    *_origin(),
    Index("ledger_titles_by_root", "root"),
    Index("ledger_titles_by_holder", "holder"),
    Index("ledger_titles_by_parent", "parent"),
    Index("ledger_titles_by_merged_into", "merged_into"),
    Index("ledger_titles_by_lock", "lock"),
)

title_history = Table(
    "ledger_title_history",
    metadata,
    *_place(),
    _key("row"),
    _id("title"),
    Column("event", String(32), nullable=False),
    _id("counterpart", "the other title of a split, carve or merge", nullable=True),
    _number("from_holder", "0: none before"),
    _number("to_holder"),
    _number("quantity", "what the act concerned: passed on, locked, paid"),
    Column("word", Unsigned256, nullable=False, comment="the title afterwards"),
    _hash("evidence", "document or order behind the act", nullable=True),
    _hash("transaction_hash"),
    Index("ledger_title_history_by_title", "title", "block_number", "log_index", "row"),
)

lines = Table(
    "ledger_lines",
    metadata,
    *_place(),
    _key("row"),
    _id("root"),
    _id("title"),
    _number("amount"),
    _number("lock", "facility whose collection account it goes to; 0: to the holder"),
    Column("held", Boolean, nullable=False),
    Column("kind", String(8), nullable=False, comment="due or late"),
    _hash("transaction_hash"),
    Index("ledger_lines_by_title", "title"),
    Index("ledger_lines_by_root", "root"),
)

# ── Credit ──────────────────────────────────────────────────────────────────────────────────────────────

facilities = Table(
    "ledger_facilities",
    metadata,
    _key("facility"),
    _number("lender"),
    _number("borrower"),
    _number("currency"),
    _number("advance_bps"),
    _number("limit_amount"),
    _number("used", "reserved and outstanding"),
    _number("end_day"),
    _number(
        "flags",
        "bits: locks end with the debt 1, purchase 2, recourse 4, entrusted 8, reserve short 64, claims open 128",
    ),
    _number("release_days"),
    _number("loans", "reserved or outstanding"),
    _number("written_off", "loans written off whose claim is still open"),
    _number("collection_bank"),
    _hash("collection_account"),
    _number("face", "face value locked to it"),
    _number("debt_paid", "1 when a payment ended the debt"),
    _number("zero_debt_day", "0 while something is owed"),
    _number("entrustor", "who funds it and bears its loss; 0: the lender"),
    _number("agent_fee_bps", "of what is collected, to the lender as the entrustor's agent"),
    _hash("share_table", "struct hash of the share table that stands; zero: none"),
    _hash("evidence"),
    *_origin(),
    Index("ledger_facilities_by_lender", "lender"),
    Index("ledger_facilities_by_borrower", "borrower"),
)

shares = Table(
    "ledger_shares",
    metadata,
    _key("facility"),
    _key("party"),
    _number("bps", "of what the facility lends, gets back and loses"),
)

loans = Table(
    "ledger_loans",
    metadata,
    _key("loan", Unsigned64),
    _number("facility"),
    _number("principal", "outstanding, or reserved"),
    _number("drawn"),
    _number("rate", "parts per million a year"),
    _number("due_day"),
    _number("start_day"),
    _number("accrued_day"),
    _number("penalty_bps"),
    _number("minimum_days"),
    _number("basis", "0: 360 days a year, 1: 365, 2: actual/actual"),
    _number("phase", "1 reserved, 2 outstanding, 3 settled, 4 void, 5 written off, 6 sold"),
    _number("flags", "bits: its draw buys a title 2"),
    _id("title", "what its draw buys; 0: nothing"),
    Column("principal_days", Unsigned256, nullable=False, comment="minor units times days"),
    Column("overdue_days", Unsigned256, nullable=False, comment="minor units overdue times days"),
    _number("interest_paid"),
    _number("instalment", "each time, where all are equal"),
    _number(
        "terms", "0 bullet, 1 equal instalments, 2 equal principal, 3 discount, 4 statement, 5 interest only"
    ),
    _number("count", "instalments, or days free of interest"),
    _number("grace_days", "after a due day, without penalty"),
    _hash("registration", "what the lender declared to the registry of movables, as it says"),
    _number("costs_added", "of enforcing it"),
    _number("costs_paid"),
    _hash("evidence"),
    _hash("end_evidence", "reason of a void, document of a write-off", nullable=True),
    *_origin(),
    Index("ledger_loans_by_facility", "facility"),
    Index("ledger_loans_by_title", "title"),
)

repayments = Table(
    "ledger_repayments",
    metadata,
    *_place(),
    _id("loan"),
    _number("costs", "negative where the bank took the repayment back"),
    _number("interest", "negative where the bank took the repayment back"),
    _number("principal", "negative where the bank took the repayment back"),
    _number("surplus"),
    _hash("transaction_hash"),
    Index("ledger_repayments_by_loan", "loan"),
)

# ── Protection ──────────────────────────────────────────────────────────────────────────────────────────

protections = Table(
    "ledger_protections",
    metadata,
    _key("protection", Unsigned64),
    _number("protector"),
    _number("facility"),
    _number("kind", "1 guarantee, 2 share, 3 reserve, 4 insurance"),
    _number("order_number", "within its kind the lower one is called first"),
    _number("bps", "a share's part of the loss"),
    _number("cap"),
    _number("called"),
    _number("paid"),
    _number("reimbursed", "came back to the protector, or was given up by it"),
    _number("until_day", "0: six months after the due day of the loan called for"),
    _number("rate", "parts per million a year: the dearest loan it stands for without consent"),
    _number("custodian", "of a reserve, as are the six after it; 0: none"),
    _number("balance", "what the custodian attested last, less what was paid out since"),
    _number("floor_amount"),
    _number("target"),
    _number("attested_day"),
    _number("top_up_day", "the day by which it must be filled up; 0: not below its floor"),
    _number("top_up_days"),
    _hash("evidence"),
    _hash("attested_evidence", nullable=True),
    *_origin(),
    Index("ledger_protections_by_facility", "facility"),
    Index("ledger_protections_by_protector", "protector"),
)

calls = Table(
    "ledger_calls",
    metadata,
    _key("protection", Unsigned64),
    _key("loan", Unsigned64),
    _number("called"),
    _number("paid"),
    _number("reimbursed"),
    _number("day", "of the latest call"),
    _number("consented", "1 when the protector agreed to a dearer loan"),
    _hash("evidence", "of the latest act"),
    *_origin(),
    Index("ledger_calls_by_loan", "loan"),
)

claims = Table(
    "ledger_claims",
    metadata,
    _key("loan", Unsigned64),
    _number("first_open", "of guarantors, partners and reserves"),
    _number("later_open", "of insurers"),
    _number("pot", "collected for them"),
    _number("shared", "what partners paid"),
    *_origin(),
)

# ── Settlement ──────────────────────────────────────────────────────────────────────────────────────────

movements = Table(
    "ledger_movements",
    metadata,
    _key("movement", Hash),
    _number(
        "kind",
        "1 pay-out to 10 late interest, 11 a reversal, 12 protected, 13 reimbursed, as ISettlement counts them",
    ),
    _id("subject", "loan, root, title or protection, as the kind says"),
    _id("loan", "0: none"),
    _number("bank"),
    _hash("account"),
    _number("value_day"),
    _number("amount"),
    _hash("entry", "the bank's own reference"),
    _hash("reverses", "the movement that this one, a debit, takes back", nullable=True),
    _number("block_number"),
    _number("log_index"),
    _hash("transaction_hash"),
    Index("ledger_movements_by_subject", "subject"),
    Index("ledger_movements_by_loan", "loan"),
)

refusals = Table(
    "ledger_refusals",
    metadata,
    *_place(),
    _key("row"),
    Column("contract", String(16), nullable=False),
    _number("item", "place in its batch"),
    _number("reason", "the contracts' reason code"),
    Column("transaction_hash", LargeBinary(32), nullable=False),
    Index("ledger_refusals_by_transaction", "transaction_hash"),
)
