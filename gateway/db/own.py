"""What the gateway itself keeps: tables `own_*`. They cannot be rebuilt from the chain and are backed up.

Nothing here moves value: these rows say what was imported, who decided what about it, which instructions came in,
and what the banks wrote. Amounts are minor units, days calendar days, times seconds since 1970.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.db.types import Unsigned64

metadata = MetaData()


def linked() -> tuple[Column[Any], Column[Any]]:
    """A row's place in its book, and the hash of the row and the link before it: see `db.links`."""
    return (
        Column("place", BigInteger, nullable=False, comment="in its book, from 1 on"),
        Column("link", String(64), nullable=False, comment="SHA-256 of the link before it and of this row"),
    )


documents = Table(
    "own_documents",
    metadata,
    Column("sha256", String(64), primary_key=True, comment="of the file as it came"),
    Column("name", Text, nullable=False, comment="file name, as findings name it"),
    Column("status", String(16), nullable=False, comment="used, exception or unsupported"),
    Column("content", LargeBinary, nullable=False),
    Column("imported_at", BigInteger, nullable=False),
)

receipts = Table(
    "own_receipts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("order_number", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("quantity", Text, nullable=False, comment="exact decimal"),
    Column("unit", String(8), nullable=False),
    Column("person", Text, nullable=False, comment="of the buyer, who saw the goods"),
    Column("day", Date, nullable=False),
)

decisions = Table(
    "own_decisions",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("rule", String(40), nullable=False),
    Column("document", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("chosen", Text, nullable=False),
    Column("due", Date),
)

identities = Table(
    "own_identities",
    metadata,
    Column(
        "commitment", LargeBinary(32), primary_key=True, comment="hash of all of it, as the ledger has it"
    ),
    Column("party", BigInteger, nullable=False, comment="the party's number on the ledger"),
    Column("name", Text, nullable=False),
    Column("identifiers", Text, nullable=False, comment="scheme and value of each, JSON"),
    Column("salt", LargeBinary(32), nullable=False),
)

accounts = Table(
    "own_accounts",
    metadata,
    Column("commitment", LargeBinary(32), primary_key=True, comment="what the ledger knows of the account"),
    Column("bank", BigInteger, nullable=False, comment="party number of the bank that services it"),
    Column("bic", String(11), nullable=False),
    Column("account", String(34), nullable=False),
    Column("owner", BigInteger, nullable=False),
    Column("owner_name", Text, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("purpose", String(16), nullable=False, comment="bound, collection, clearing or funding"),
    *linked(),
    Index("own_accounts_by_number", "bic", "account", unique=True),
)

requests = Table(
    "own_requests",
    metadata,
    Column("key", String(100), primary_key=True, comment="the caller's idempotency key"),
    Column("fingerprint", LargeBinary(32), nullable=False, comment="of method, address and body"),
    Column("status", BigInteger, nullable=False, comment="HTTP status of the answer"),
    Column("content", LargeBinary, nullable=False, comment="the answer's body, byte for byte"),
    Column("created_at", BigInteger, nullable=False),
)

instructions = Table(
    "own_instructions",
    metadata,
    Column(
        "key", String(120), primary_key=True, comment="idempotency key; items of a list end in their place"
    ),
    Column("body_sha256", LargeBinary(32), nullable=False),
    Column("function", String(32), nullable=False),
    Column("body", Text, nullable=False, comment="the instruction as it came, canonical JSON"),
    Column("created_at", BigInteger, nullable=False),
)

confirmations = Table(
    "own_confirmations",
    metadata,
    Column("invoice", Text, primary_key=True, comment="the invoice's identity, as matching spells it"),
    Column("root", Unsigned64, nullable=False, unique=True),
    Column("nullifier", LargeBinary(32), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
)

serials = Table(
    "own_serials",
    metadata,
    Column("party", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "next", BigInteger, nullable=False, comment="next serial for ids this party makes through the gateway"
    ),
)

links = Table(
    "own_links",
    metadata,
    Column(
        "book",
        String(32),
        primary_key=True,
        comment="whose rows hang together: accounts, orders, a bank's BIC",
    ),
    Column("places", BigInteger, nullable=False, comment="rows written so far"),
    Column("link", String(64), nullable=False, comment="of the last row"),
)

messages = Table(
    "own_bank_messages",
    metadata,
    Column("bic", String(11), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False, comment="camt.054, camt.053, pain.002"),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("state", String(16), nullable=False, comment="read, refused or differs"),
    Column("problem", Text, nullable=False),
    Column("address", Text, nullable=False, comment="it was sent to: the bank signed it too"),
    Column("headers", Text, nullable=False, comment="signed headers and the signature (RFC 9421), JSON"),
    Column(
        "public_key", LargeBinary(32), nullable=False, comment="Ed25519 key the signature was checked with"
    ),
    Column("reading", Text, nullable=False, comment="every element with its text, as it came, JSON"),
    *linked(),
)

entries = Table(
    "own_bank_entries",
    metadata,
    Column("bic", String(11), primary_key=True),
    Column("account", String(34), primary_key=True),
    Column("reference", String(40), primary_key=True, comment="the bank's own reference of the entry"),
    Column("entry", LargeBinary(32), nullable=False, comment="what the ledger knows the reference by"),
    Column("side", String(6), nullable=False, comment="credit or debit"),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("value_day", BigInteger, nullable=False),
    Column("end_to_end", String(35), nullable=False),
    Column("reversal", BigInteger, nullable=False, comment="1 when it takes back another entry"),
    Column("returned", String(35), nullable=False, comment="the bank's reason, of money that came back"),
    Column("transactions", BigInteger, nullable=False, comment="booked together in it; 0: not broken down"),
    Column("message_id", String(64), nullable=False, comment="that told of it first"),
    Column("contested", Text, nullable=False, comment="columns in which messages contradict each other"),
    Column("tellings", Text, nullable=False, comment="every different thing that messages say of it, JSON"),
    Index("own_bank_entries_by_entry", "entry"),
)
"""Nothing but what the messages say: what an entry is about is asked of the ledger when it is read.

`tellings` holds all of it; the other columns follow from it, see `adapters.banks.tellings`.
"""

statuses = Table(
    "own_bank_statuses",
    metadata,
    Column("bic", String(11), primary_key=True),
    Column("message_id", String(64), primary_key=True, comment="the bank's, that said it"),
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="in the message, from 1 on"),
    Column("original", Text, nullable=False, comment="id of the message with the order"),
    Column("end_to_end", Text, nullable=False, comment="of one transfer; empty: of all of that message"),
    Column("status", String(35), nullable=False, comment="the bank's code"),
    Column("reason", Text, nullable=False),
    Index("own_bank_statuses_by_original", "original"),
)
"""What banks say became of orders (pain.002). A status moves nothing: only booked money does."""

orders = Table(
    "own_bank_orders",
    metadata,
    Column("end_to_end", String(35), primary_key=True),
    Column("kind", BigInteger, nullable=False, comment="of fact that the payment will be"),
    Column("subject", Unsigned64, nullable=False, comment="loan, root or title"),
    Column("payer_bic", String(11), nullable=False),
    Column("payer_account", String(34), nullable=False),
    Column("payee_bic", String(11), nullable=False),
    Column("payee_account", String(34), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("day", BigInteger, nullable=False, comment="of execution, as ordered"),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False, comment="the pain.001 as the payer got it"),
    Column("reading", Text, nullable=False, comment="every element with its text, as written, JSON"),
    Column("ordered_at", BigInteger, nullable=False),
    *linked(),
)
"""Payments that payers were given to order: the same again is given the same bytes."""

money_decisions = Table(
    "own_money_decisions",
    metadata,
    Column("step", String(10), primary_key=True, comment="proposed, decided or seconded"),
    Column("decision", String(16), primary_key=True),
    Column("exit", String(10), nullable=False, comment="allocate, link or return"),
    Column("bic", String(11), nullable=False),
    Column("account", String(34), nullable=False),
    Column("reference", String(40), nullable=False, comment="of the entry it is about"),
    Column("rule", String(40), nullable=False, comment="that brought it before a person"),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("person", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("content", Text, nullable=False, comment="what was decided, JSON"),
    Column("at", BigInteger, nullable=False),
    *linked(),
    Index("own_money_decisions_by_entry", "bic", "account", "reference"),
)
"""What persons decided about entries: see `adapters.banks.decisions`. Rows are only ever added."""

webhooks = Table(
    "own_webhooks",
    metadata,
    Column("webhook", String(40), primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False, comment="kinds, JSON; empty: all"),
    Column("secret", LargeBinary(32), nullable=False, comment="what messages are signed with"),
    Column("created_at", BigInteger, nullable=False),
    Column("stopped_at", BigInteger, comment="the sink said that it is gone"),
    Column("since_block", BigInteger, nullable=False, comment="told of nothing up to here"),
    Column("block_number", BigInteger, nullable=False, comment="told of all facts up to here"),
    Column("log_index", BigInteger, nullable=False),
    Column("block_hash", LargeBinary(32), nullable=False, comment="empty: none yet"),
    Column("instruction", BigInteger, nullable=False, comment="told of all refusals up to here"),
    Column("declaration", BigInteger, nullable=False, comment="told of all declarations up to this place"),
    Column(
        "endorsement",
        BigInteger,
        nullable=False,
        comment="told of all signatures of endorsements up to this place",
    ),
    Column("valuation", BigInteger, nullable=False, comment="told of all valuations up to this place"),
    Column("failures", BigInteger, nullable=False, comment="of the sink, one after another"),
    Column("quiet_until", BigInteger, nullable=False, comment="nothing is tried before"),
)

deliveries = Table(
    "own_deliveries",
    metadata,
    Column("webhook", String(40), primary_key=True),
    Column("message", String(80), primary_key=True, comment="webhook-id: the same at every attempt"),
    Column("place", BigInteger, nullable=False, comment="in its webhook, from 1 on"),
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False, comment="as it is sent, byte for byte"),
    Column("state", String(10), nullable=False, comment="pending, delivered or given up"),
    Column("attempts", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False, comment="when to try, or to try again"),
    UniqueConstraint("webhook", "place", name="own_deliveries_one_place"),
    Index("own_deliveries_by_state", "state", "webhook", "next_at"),
)

attempts = Table(
    "own_attempts",
    metadata,
    Column("webhook", String(40), primary_key=True),
    Column("message", String(80), primary_key=True),
    Column("attempt", BigInteger, primary_key=True, autoincrement=False, comment="from 1 on"),
    Column("at", BigInteger, nullable=False),
    Column("status", BigInteger, comment="of HTTP, when there was an answer"),
    Column("error", Text, nullable=False),
)

rule_packs = Table(
    "own_rule_packs",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("effective_from", BigInteger, nullable=False, comment="ledger day"),
    Column("sha256", String(64), nullable=False, unique=True, comment="of the content"),
    Column("previous", String(64), nullable=False, comment="hash of the version before; empty in the first"),
    Column("content", LargeBinary, nullable=False, comment="the whole version, RFC 8785"),
    Column("person", Text, nullable=False, comment="who published it"),
    Column("because", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
)

rulings = Table(
    "own_rulings",
    metadata,
    Column("place", BigInteger, primary_key=True, autoincrement=False, comment="in the book, from 1 on"),
    Column("rule", String(40), nullable=False),
    Column("subject", String(200), nullable=False, comment="what was ruled on: receivable, loan, invoice"),
    Column("party", BigInteger, nullable=False, comment="whose ruling it is; 0: the gateway's own"),
    Column("pack_version", BigInteger, nullable=False),
    Column("pack_sha256", String(64), nullable=False),
    Column("day", BigInteger, nullable=False, comment="ledger day as of which it was answered"),
    Column("inputs", Text, nullable=False, comment="the case, canonical JSON"),
    Column("holds", BigInteger, nullable=False, comment="1 when the case keeps the rule"),
    Column("outcome", String(40), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("figures", Text, nullable=False, comment="what the answer follows from, canonical JSON"),
    Column("person", Text, nullable=False, comment="empty: nobody but the rule decided"),
    Column("recorded_at", BigInteger, nullable=False),
    Column("link", String(64), nullable=False, comment="SHA-256 of the link before it and of this row"),
    Index("own_rulings_by_subject", "subject", "rule"),
    Index("own_rulings_by_rule", "rule", "place"),
)

confirmation_requests = Table(
    "own_confirmation_requests",
    metadata,
    Column("invoice", String(400), primary_key=True, comment="the invoice's identity, as matching spells it"),
    Column("debtor", BigInteger, nullable=False, comment="party asked to confirm"),
    Column("person", Text, nullable=False, comment="of the seller, who asked"),
    Column("requested_day", BigInteger, nullable=False, comment="ledger day"),
    Column("confirmed_day", BigInteger, comment="ledger day; null while it is open"),
    Column("recorded_at", BigInteger, nullable=False),
    Index("own_confirmation_requests_by_debtor", "debtor"),
)

declarations = Table(
    "own_declarations",
    metadata,
    Column("declaration", LargeBinary(32), primary_key=True, comment="digest that its signers signed"),
    Column("kind", String(24), nullable=False),
    Column("party", BigInteger, nullable=False, comment="that declares"),
    Column("subject", String(80), nullable=False, comment="what it is looked up by, as its kind says"),
    Column("effective_day", BigInteger, nullable=False, comment="0: at once"),
    Column("fields", Text, nullable=False, comment="as signed, JSON"),
    Column("signatures", Text, nullable=False, comment="key, person and signature of each signer, JSON"),
    Column("block", BigInteger, nullable=False, comment="the ledger's last that had been read when it came"),
    Column("recorded_at", BigInteger, nullable=False),
    *linked(),
    UniqueConstraint("place", name="own_declarations_one_place"),
    Index("own_declarations_by_subject", "kind", "subject"),
)
"""What persons declared beside the ledger, each with its signatures: see `services.declaration_kinds`."""
