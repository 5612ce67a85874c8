"""What the gateway knows from the chain: tables `ledger_*`, a pure fold over the contracts' events.

Nothing here is entered by hand and nothing needs a backup: the same events give the same tables, bit by bit.
Amounts are minor units of the root's currency, days are Asia/Shanghai calendar days since 1970-01-01, hashes
are 32 bytes, and a `word` is a contract's storage word. Columns follow the drawings of the contracts' words.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, LargeBinary, MetaData, String, Table

from gateway.db.columns import digest, identity, key, number, origin, place
from gateway.db.types import Address, Hash, Unsigned64, Unsigned256

metadata = MetaData()


# ── Parties ─────────────────────────────────────────────────────────────────────────────────────────────

parties = Table(
    "ledger_parties",
    metadata,
    key("party"),
    number("kinds", "bits: enterprise 1, bank 2, lender 4, keeper 8, evidence 16, platform 32, guarantor 64"),
    number("group_number", "the group the party belongs to"),
    number("status", "1 admitted, 2 suspended"),
    number("quorum", "administrators whose signatures change the party's signers"),
    number("signers", "signers that are not revoked"),
    number("stopped", "1 while a stop stands, until its end day has passed"),
    number("stopped_until_day"),
    number("suspended_until_day", "0: not suspended"),
    number("administrators", "signers among them that may change the party's signers"),
    digest("identity", "commitment to the party's identifiers"),
    *origin(),
)

signers = Table(
    "ledger_signers",
    metadata,
    key("key", Address),
    number("party"),
    number("person"),
    number("roles"),
    number("solo_cap", "largest amount this signer signs alone"),
    number("valid_from", "seconds since 1970"),
    number("valid_until", "seconds since 1970"),
    number("flags", "bits: revoked 1, suspended 2, managed 4"),
    digest("certificate"),
    *origin(),
    Index("ledger_signers_by_party", "party"),
)

nonces = Table("ledger_nonces", metadata, key("party"), key("nonce", Unsigned64), *origin())

co_signatures = Table(
    "ledger_co_signatures",
    metadata,
    key("digest", Hash),
    key("party"),
    key("key", Address),
    *origin(),
)

approvals = Table("ledger_approvals", metadata, key("digest", Hash), key("wallet", Address), *origin())

role_holders = Table(
    "ledger_role_holders",
    metadata,
    key("role", Unsigned64),
    key("account", Address),
    number("delay", "seconds between an act and its effect"),
    number("since", "seconds since 1970"),
    *origin(),
)

accounts = Table(
    "ledger_accounts",
    metadata,
    key("party"),
    key("currency"),
    number("bank"),
    digest("account", "commitment"),
    *origin(),
)

orders = Table(
    "ledger_orders",
    metadata,
    *place(),
    Column("act", String(16), nullable=False, comment="freeze, lift, stop, cure, suspend or reinstate"),
    identity("subject", "title or party"),
    digest("order_hash", "court order or reason"),
    number("end_day"),
    digest("transaction_hash"),
    Index("ledger_orders_by_subject", "subject"),
)

recoveries = Table(
    "ledger_recoveries",
    metadata,
    *place(),
    number("party"),
    digest("recovery"),
    Column("succession", Boolean, nullable=False),
    digest("order_hash"),
    number("ready_at", "seconds since 1970"),
    Column("state", String(16), nullable=False, comment="announced, replaced, vetoed or completed"),
    digest("transaction_hash"),
    Index("ledger_recoveries_by_party", "party"),
)

# ── Evidence ────────────────────────────────────────────────────────────────────────────────────────────

invoices = Table(
    "ledger_invoices",
    metadata,
    key("nullifier", Hash),
    number("cap"),
    number("used"),
    number("seller"),
    number("debtor"),
    number("currency"),
    number("service", "the evidence service that attested it"),
    digest("document", "hash of what was attested"),
    digest("credit_document", "hash of the latest credit note", nullable=True),
    *origin(),
)

limits = Table(
    "ledger_limits",
    metadata,
    key("debtor"),
    key("currency"),
    number("limit_amount"),
    number("used"),
    digest("evidence"),
)

POLICY_TERMS = (
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
    *place(),
    number("version"),
    number("effective_day"),
    *(number(name) for name in POLICY_TERMS),
    digest("document"),
    Column("replaced", Boolean, nullable=False, comment="by another before it took effect"),
    digest("transaction_hash"),
)

offer_lists = Table(
    "ledger_offer_lists",
    metadata,
    key("list", Unsigned64),
    number("debtor"),
    number("currency"),
    number("opened_day"),
    number("total", "after closing: what was taken"),
    number("taken"),
    number("policy_version"),
    *(number(name) for name in POLICY_TERMS),
    digest("offers", "Merkle root"),
    number("returned", "limit given back at closing"),
    digest("evidence"),
    *origin(),
)

# ── Ledger ──────────────────────────────────────────────────────────────────────────────────────────────

roots = Table(
    "ledger_roots",
    metadata,
    key("root", Unsigned64),
    number("debtor"),
    number("clearing_bank"),
    number("currency", "ISO 4217 number"),
    number("due_day"),
    number("opened_day"),
    number("kind", "1 receivable"),
    number("phase", "1 offered, 2 live, 3 closed, 4 cancelled"),
    number("terms", "late interest, parts per million a day"),
    number("policy_version"),
    number("quantity"),
    number("accept_days"),
    number("maximum_depth"),
    number("minimum_piece", "hundreds of minor units"),
    number("received"),
    number("distributed"),
    number("removed", "settled early"),
    number("written_off"),
    number("late_interest"),
    number("given_up_quantity", "of titles whose holders gave up the rest: they share in no further money"),
    number("given_up_paid", "what those had got"),
    number("payee"),
    identity("list", "offer list it was taken from; 0: offered by itself"),
    digest("evidence", "documents behind the promise"),
    digest("accept_evidence", nullable=True),
    digest("accept_transaction", nullable=True),
    digest("end_reason", "of an offer declined, zero when it expired", nullable=True),
    *origin(),
    Index("ledger_roots_by_debtor", "debtor"),
    Index("ledger_roots_by_payee", "payee"),
)

root_invoices = Table(
    "ledger_root_invoices",
    metadata,
    key("root", Unsigned64),
    key("nullifier", Hash),
    number("amount"),
    Index("ledger_root_invoices_by_nullifier", "nullifier"),
)

titles = Table(
    "ledger_titles",
    metadata,
    key("title", Unsigned64),
    identity("root"),
    identity("parent", "the title it was split off from", nullable=True),
    identity("merged_into", nullable=True),
    number("holder"),
    number("lock", "facility it secures; 0: free"),
    number("quantity"),
    number("paid"),
    number("sequence"),
    number("depth"),
    number("flags", "bits: frozen 1, spent 2, settled 4, held 8, paper 16, early 32"),
    number("credited", "arrived on its holder's account"),
    number("collected", "arrived on the facility's collection account"),
    number("surplus", "of what was collected, still owed to the holder"),
    number("held"),
    number("late", "late interest instructed"),
    number("frozen_until_day", "0: no order stands"),
    *origin(),
    Index("ledger_titles_by_root", "root"),
    Index("ledger_titles_by_holder", "holder"),
    Index("ledger_titles_by_parent", "parent"),
    Index("ledger_titles_by_merged_into", "merged_into"),
    Index("ledger_titles_by_lock", "lock"),
)

title_history = Table(
    "ledger_title_history",
    metadata,
    *place(),
    key("row"),
    identity("title"),
    Column("event", String(32), nullable=False),
    identity("counterpart", "the other title of a split, carve or merge", nullable=True),
    number("from_holder", "0: none before"),
    number("to_holder"),
    number("quantity", "what the act concerned: passed on, locked, paid"),
    Column("word", Unsigned256, nullable=False, comment="the title afterwards"),
    digest("evidence", "document or order behind the act", nullable=True),
    digest("transaction_hash"),
    Index("ledger_title_history_by_title", "title", "block_number", "log_index", "row"),
)

lines = Table(
    "ledger_lines",
    metadata,
    *place(),
    key("row"),
    identity("root"),
    identity("title"),
    number("amount"),
    number("lock", "facility whose collection account it goes to; 0: to the holder"),
    Column("held", Boolean, nullable=False),
    Column("kind", String(8), nullable=False, comment="due or late"),
    digest("transaction_hash"),
    Index("ledger_lines_by_title", "title"),
    Index("ledger_lines_by_root", "root"),
)

# ── Credit ──────────────────────────────────────────────────────────────────────────────────────────────

facilities = Table(
    "ledger_facilities",
    metadata,
    key("facility"),
    number("lender"),
    number("borrower"),
    number("currency"),
    number("advance_bps"),
    number("limit_amount"),
    number("used", "reserved and outstanding"),
    number("end_day"),
    number(
        "flags",
        "bits: locks end with the debt 1, purchase 2, recourse 4, entrusted 8, reserve short 64, claims open 128",
    ),
    number("release_days"),
    number("loans", "reserved or outstanding"),
    number("written_off", "loans written off whose claim is still open"),
    number("collection_bank"),
    digest("collection_account"),
    number("face", "face value locked to it"),
    number("debt_paid", "1 when a payment ended the debt"),
    number("zero_debt_day", "0 while something is owed"),
    number("entrustor", "who funds it and bears its loss; 0: the lender"),
    number("agent_fee_bps", "of what is collected, to the lender as the entrustor's agent"),
    digest("share_table", "struct hash of the share table that stands; zero: none"),
    digest("evidence"),
    *origin(),
    Index("ledger_facilities_by_lender", "lender"),
    Index("ledger_facilities_by_borrower", "borrower"),
)

shares = Table(
    "ledger_shares",
    metadata,
    key("facility"),
    key("party"),
    number("bps", "of what the facility lends, gets back and loses"),
)

loans = Table(
    "ledger_loans",
    metadata,
    key("loan", Unsigned64),
    number("facility"),
    number("principal", "outstanding, or reserved"),
    number("drawn"),
    number("rate", "parts per million a year"),
    number("due_day"),
    number("start_day"),
    number("accrued_day"),
    number("penalty_bps"),
    number("minimum_days"),
    number("basis", "0: 360 days a year, 1: 365, 2: actual/actual"),
    number("phase", "1 reserved, 2 outstanding, 3 settled, 4 void, 5 written off, 6 sold"),
    number("flags", "bits: its draw buys a title 2"),
    identity("title", "what its draw buys; 0: nothing"),
    Column("principal_days", Unsigned256, nullable=False, comment="minor units times days"),
    Column("overdue_days", Unsigned256, nullable=False, comment="minor units overdue times days"),
    number("interest_paid"),
    number("instalment", "each time, where all are equal"),
    number(
        "terms", "0 bullet, 1 equal instalments, 2 equal principal, 3 discount, 4 statement, 5 interest only"
    ),
    number("count", "instalments, or days free of interest"),
    number("grace_days", "after a due day, without penalty"),
    digest("registration", "what the lender declared to the registry of movables, as it says"),
    number("costs_added", "of enforcing it"),
    number("costs_paid"),
    digest("evidence"),
    digest("end_evidence", "reason of a void, document of a write-off", nullable=True),
    *origin(),
    Index("ledger_loans_by_facility", "facility"),
    Index("ledger_loans_by_title", "title"),
)

repayments = Table(
    "ledger_repayments",
    metadata,
    *place(),
    identity("loan"),
    number("costs", "negative where the bank took the repayment back"),
    number("interest", "negative where the bank took the repayment back"),
    number("principal", "negative where the bank took the repayment back"),
    number("surplus"),
    digest("transaction_hash"),
    Index("ledger_repayments_by_loan", "loan"),
)

# ── Protection ──────────────────────────────────────────────────────────────────────────────────────────

protections = Table(
    "ledger_protections",
    metadata,
    key("protection", Unsigned64),
    number("protector"),
    number("facility"),
    number("kind", "1 guarantee, 2 share, 3 reserve, 4 insurance"),
    number("order_number", "within its kind the lower one is called first"),
    number("bps", "a share's part of the loss"),
    number("cap"),
    number("called"),
    number("paid"),
    number("reimbursed", "came back to the protector, or was given up by it"),
    number("until_day", "0: six months after the due day of the loan called for"),
    number("rate", "parts per million a year: the dearest loan it stands for without consent"),
    number("custodian", "of a reserve, as are the six after it; 0: none"),
    number("balance", "what the custodian attested last, less what was paid out since"),
    number("floor_amount"),
    number("target"),
    number("attested_day"),
    number("top_up_day", "the day by which it must be filled up; 0: not below its floor"),
    number("top_up_days"),
    digest("evidence"),
    digest("attested_evidence", nullable=True),
    *origin(),
    Index("ledger_protections_by_facility", "facility"),
    Index("ledger_protections_by_protector", "protector"),
)

calls = Table(
    "ledger_calls",
    metadata,
    key("protection", Unsigned64),
    key("loan", Unsigned64),
    number("called"),
    number("paid"),
    number("reimbursed"),
    number("day", "of the latest call"),
    number("consented", "1 when the protector agreed to a dearer loan"),
    digest("evidence", "of the latest act"),
    *origin(),
    Index("ledger_calls_by_loan", "loan"),
)

claims = Table(
    "ledger_claims",
    metadata,
    key("loan", Unsigned64),
    number("first_open", "of guarantors, partners and reserves"),
    number("later_open", "of insurers"),
    number("pot", "collected for them"),
    number("shared", "what partners paid"),
    *origin(),
)

# ── Settlement ──────────────────────────────────────────────────────────────────────────────────────────

movements = Table(
    "ledger_movements",
    metadata,
    key("movement", Hash),
    number(
        "kind",
        "1 pay-out to 10 late interest, 11 a reversal, 12 protected, 13 reimbursed, as ISettlement counts them",
    ),
    identity("subject", "loan, root, title or protection, as the kind says"),
    identity("loan", "0: none"),
    number("bank"),
    digest("account"),
    number("value_day"),
    number("amount"),
    digest("entry", "the bank's own reference"),
    digest("reverses", "the movement that this one, a debit, takes back", nullable=True),
    number("block_number"),
    number("log_index"),
    digest("transaction_hash"),
    Index("ledger_movements_by_subject", "subject"),
    Index("ledger_movements_by_loan", "loan"),
)

refusals = Table(
    "ledger_refusals",
    metadata,
    *place(),
    key("row"),
    Column("contract", String(16), nullable=False),
    number("item", "place in its batch"),
    number("reason", "the contracts' reason code"),
    Column("transaction_hash", LargeBinary(32), nullable=False),
    Index("ledger_refusals_by_transaction", "transaction_hash"),
)
