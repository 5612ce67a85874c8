"""The invariants of the ledger, recomputed at the end from a fresh fold of the chain, never from what a table says.

The tables are folded anew into an empty database in memory; each law is then asked of that fold. Where the bank's
books are concerned, the bank's own entries are asked.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, func, select

from chainsvc.artifacts import load
from chainsvc.backends.rpc import Rpc
from gateway.adapters.banks.examination import examine_banks
from gateway.adapters.kit.signed_messages import published_keys
from gateway.adapters.ledger.acts import CONTRACTS
from gateway.adapters.ledger.chain import Chain, Fact, facts_after
from gateway.adapters.ledger.words import GOODS, HELD, ORDER
from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.engine import open_engine
from gateway.db.goods_tables import lots
from gateway.db.lease_tables import lease_ends, leases
from gateway.db.margin_tables import pledged_lots
from gateway.db.order_tables import conversions, orders
from gateway.db.repayments import repayments_of
from gateway.db.schema import upgrade
from gateway.demo.covered import walk
from gateway.demo.flows import flows, sums
from gateway.demo.recomputed import interest_of
from gateway.demo.stage import CLEARING_BIC, LENDER_BIC, expect
from gateway.demo.story import Story
from gateway.domain.goods_records import Lot
from gateway.projections.examination import tables_in
from gateway.projections.rebuild import dump_ledger_tables, reindex
from gateway.services.doctor import TableOf
from gateway.services.loan_rows import loan_of

PLATFORM = 1
_DEAD = 6
_SETTLED = 4
_TELLING = 6
_READABLE = re.compile(rb"[\x20-\x7e]{%d,}" % _TELLING)


@dataclass(frozen=True, slots=True)
class Law:
    """One invariant: how many cases were looked at, and which of them break it."""

    id: str
    says: str
    cases: int
    broken: tuple[Any, ...]

    def row(self) -> dict[str, Any]:
        """As the report has it."""
        return {
            "id": self.id, "says": self.says, "holds": not self.broken, "cases": self.cases,
            "broken": [str(each) for each in self.broken],
        }  # fmt: skip


def recompute(story: Story, *, covered: bool = False) -> list[dict[str, Any]]:
    """Every law with its count of cases. `covered`: no more may be financed than the advance rate, at every block."""
    stage = story.stage
    engine = open_engine("sqlite://")
    upgrade(engine)
    book = stage.deployment.book({name: load(name) for name in ("AccessManager", *CONTRACTS)})
    reindex(engine, Chain(stage.rpc, book), start_block=stage.deployment.first_block)
    with engine.begin() as connection:
        laws = list(_laws(connection))
        laws.append(cover(facts_after(connection, book), covered))
        fresh = dump_ledger_tables(connection)
        truth = tables_in(connection)
    story.desk.settle_index()
    with open_engine(stage.database_url).connect() as connection:
        kept = dump_ledger_tables(connection)
        doctor = _doctor(connection, truth, stage.urls)
    differing = tuple(name for name in fresh if kept.get(name) != fresh[name])
    laws.append(
        Law(
            "INV-9",
            "the gateway's tables equal a fresh fold of the chain, bit for bit",
            len(fresh),
            differing,
        )
    )
    laws.append(doctor)
    laws.append(_silence(story))
    laws.append(_books(story))
    laws.append(_in_and_out(story))
    return [law.row() for law in laws]


def _laws(connection: Connection) -> Iterable[Law]:
    titles = connection.execute(select(ledger.titles)).all()
    roots = connection.execute(select(ledger.roots)).all()
    yield _conservation(roots, titles)
    stock = _stock(connection, titles)
    if stock.cases:  # most stories have no goods
        yield stock
    confirmed = ordered(connection)
    if confirmed.cases:  # nor orders
        yield confirmed
    yield _locks(connection, titles)
    yield _invoices(connection)
    yield _limits(connection, roots)
    yield _money(connection, roots)
    yield _movements(connection)
    yield _loans(connection)
    yield _interest(connection)
    yield _platform(connection, roots, titles)


def _conservation(roots: Iterable[Any], titles: Iterable[Any]) -> Law:
    """Live + settled + given up = the root's amount, once it was accepted."""
    total: dict[int, int] = defaultdict(int)
    for title in titles:
        total[title.root] += title.quantity
    accepted = [root for root in roots if root.phase in (2, 3)]
    broken = tuple(root.root for root in accepted if total[root.root] != root.quantity)
    return Law("INV-1", "the titles of every root add up to what is owed", len(accepted), broken)


def _locks(connection: Connection, titles: Iterable[Any]) -> Law:
    face: dict[int, int] = defaultdict(int)
    for title in titles:
        if title.lock and not title.flags & (_DEAD | GOODS):
            face[title.lock] += title.quantity - title.paid
    for lot in connection.execute(select(pledged_lots)):
        face[lot.facility] += lot.value
    for lease in connection.execute(select(leases).where(leases.c.standing == 1)):
        face[lease.facility] += lease.price
    facilities = connection.execute(select(ledger.facilities)).all()
    broken = tuple(row.facility for row in facilities if row.face != face[row.facility])
    return Law(
        "INV-3",
        "what secures a facility is what its certificates still claim, and its goods count for or were leased at",
        len(facilities),
        broken,
    )


def _stock(connection: Connection, titles: Iterable[Any]) -> Law:
    """Live receipts + delivered + lost − shortfall = received, and what is pledged of a lot is locked receipts."""
    receipts: dict[int, int] = defaultdict(int)
    locked: dict[tuple[int, int], int] = defaultdict(int)
    for title in titles:
        if title.flags & GOODS:
            receipts[title.root] += title.quantity
            if title.lock and not title.flags & HELD:
                locked[title.lock, title.root] += title.quantity
    rows = connection.execute(select(lots)).all()
    broken: list[Any] = []
    for row in rows:
        lot = Lot(row.deposited, row.redeemed, row.delivered, row.lost)
        nominal, stored = lot.nominal(row.first_quantity), lot.stored(row.first_quantity)
        received = row.first_quantity + row.deposited
        whole = receipts[row.lot] + row.delivered + row.lost - (nominal - stored)
        if whole != received or receipts[row.lot] != nominal:
            broken.append(row.lot)
    for row in connection.execute(select(pledged_lots)):
        if row.quantity != locked[row.facility, row.lot]:
            broken.append((row.facility, row.lot))
    return Law("INV-2", "what came into each lot is in receipts, delivered or lost", len(rows), tuple(broken))


def ordered(connection: Connection) -> Law:
    """Left in titles + taken + reduced = ordered; and no more is promised, receivable by receivable, than was taken."""
    left: dict[int, int] = defaultdict(int)
    for title in connection.execute(select(ledger.titles)):
        if title.flags & ORDER and not title.flags & _DEAD:
            left[title.root] += title.quantity
    taken: dict[int, int] = defaultdict(int)
    promised: dict[int, int] = defaultdict(int)
    for row in connection.execute(select(conversions)):
        taken[row.order] += row.taken
        promised[row.order] += row.promised
    rows = connection.execute(select(orders)).all()
    broken = tuple(
        row.order
        for row in rows
        if left[row.order] + row.taken + row.reduced != row.quantity or row.promised > row.taken
        or (taken[row.order] + row.stored, promised[row.order]) != (row.taken, row.promised)
    )  # fmt: skip
    says = "what is left of every order, was received of it and will not come is what was ordered"
    return Law("INV-1c", says, len(rows), broken)


def cover(facts: Iterable[Fact], covered: bool) -> Law:
    """Asked of what secures each facility after each block: of an order-to-cash that it covers what is used, of any
    other story that nothing was drawn or released while it did not: a price may fall, and what is owed stays.
    """
    asked = [each for each in walk(facts) if covered or each.raised]
    says = (
        "what is financed is never above the advance rate"
        if covered
        else "nothing is drawn or released that leaves more than the advance rate financed"
    )
    return Law("INV-4c", says, len(asked), tuple(each for each in asked if not each.holds))


def _invoices(connection: Connection) -> Law:
    used: dict[bytes, int] = defaultdict(int)
    rows = connection.execute(select(ledger.roots.c.root, ledger.roots.c.phase))
    phases = {row.root: row.phase for row in rows}
    for row in connection.execute(select(ledger.root_invoices)):
        if phases[row.root] != 4:
            used[bytes(row.nullifier)] += row.amount
    for row in connection.execute(select(orders)):
        used[bytes(row.nullifier)] += row.quantity
    invoices = connection.execute(select(ledger.invoices)).all()
    broken = tuple(
        row.nullifier.hex()
        for row in invoices
        if used[bytes(row.nullifier)] != row.used or row.used > row.cap
    )
    return Law("INV-4a", "no invoice or order is used above what it is good for", len(invoices), broken)


def _limits(connection: Connection, roots: Iterable[Any]) -> Law:
    owed: dict[tuple[int, int], int] = defaultdict(int)
    for root in roots:
        if root.phase in (1, 2, 3) and not root.list:
            gone = root.distributed + root.removed + root.written_off
            owed[root.debtor, root.currency] += root.quantity - gone
    limits = connection.execute(select(ledger.limits)).all()
    broken = tuple(
        (row.debtor, row.currency)
        for row in limits
        if row.used != owed[row.debtor, row.currency] or row.used > row.limit_amount
    )
    return Law("INV-4b", "a debtor's used limit is what it has promised and not paid", len(limits), broken)


def _money(connection: Connection, roots: Iterable[Any]) -> Law:
    lines: dict[int, int] = defaultdict(int)
    for row in connection.execute(select(ledger.lines).where(ledger.lines.c.kind == "due")):
        lines[row.root] += row.amount
    listed = list(roots)
    broken = tuple(
        root.root
        for root in listed
        if lines[root.root] != root.distributed or root.distributed > root.received
        or root.received + root.removed + root.written_off > root.quantity
    )  # fmt: skip
    return Law("INV-5a", "lists pay out what was received, and no more", len(listed), broken)


def _movements(connection: Connection) -> Law:
    rows = connection.execute(select(ledger.movements)).all()
    entries = Counter((row.bank, bytes(row.account), bytes(row.entry), row.reverses is None) for row in rows)
    broken = tuple(entry for entry, count in entries.items() if count > 1)
    return Law("INV-5b", "each movement of money counts once", len(rows), broken)


def _loans(connection: Connection) -> Law:
    repaid: dict[int, int] = defaultdict(int)
    for row in connection.execute(select(ledger.repayments)):
        repaid[row.loan] += row.principal
    for row in connection.execute(select(lease_ends)):
        repaid[row.loan] += row.principal
    loans = connection.execute(select(ledger.loans)).all()
    broken = tuple(
        row.loan for row in loans if row.phase in (2, 3, 5) and row.drawn - repaid[row.loan] != row.principal
    )
    return Law("INV-5c", "paid out less repaid is what is outstanding", len(loans), broken)


def _interest(connection: Connection) -> Law:
    """Exact fractions from the value days of the banks' own movements, by each loan's own terms, rounded once."""
    loans = connection.execute(select(ledger.loans).where(ledger.loans.c.phase == _SETTLED - 1)).all()
    broken = []
    for row in loans:
        exact = interest_of(loan_of(row._asdict()), row.instalment, repayments_of(connection, row.loan))
        if row.interest_paid != int(exact + Fraction(1, 2)):
            broken.append((row.loan, row.interest_paid, str(exact)))
    return Law(
        "INV-6", "interest recomputed in exact fractions equals the ledger's", len(loans), tuple(broken)
    )


def _platform(connection: Connection, roots: Iterable[Any], titles: Iterable[Any]) -> Law:
    parties = [each for root in roots for each in (root.debtor, root.payee, root.clearing_bank)]
    parties += [title.holder for title in titles]
    for row in connection.execute(select(ledger.facilities)):
        parties += [row.lender, row.borrower]
    return Law(
        "CN77-4", "the platform is never holder, debtor, lender, payer or payee", len(parties),
        tuple(each for each in parties if each == PLATFORM),
    )  # fmt: skip


def _doctor(connection: Connection, truth: Mapping[str, TableOf], urls: Mapping[str, str]) -> Law:
    """What the doctor asks of the banks' messages, with the keys that the banks publish now."""
    names = {LENDER_BIC: "lender", CLEARING_BIC: "clearing"}
    published = {bic: published_keys(f"{urls[name]}/keys") for bic, name in names.items()}
    found = examine_banks(connection, truth, published)
    entries = connection.execute(select(func.count()).select_from(own.entries)).scalar_one()
    says = "banks' messages, orders and entries agree with their signatures, each other and the chain"
    return Law("DOCTOR", says, entries, tuple(map(str, found)))


def _silence(story: Story) -> Law:
    """Whatever the gateway knows of names and numbers, searched for in all that went onto the chain."""
    with open_engine(story.stage.database_url).connect() as connection:
        known = {row.name for row in connection.execute(select(own.identities.c.name))}
        for row in connection.execute(select(own.accounts.c.account, own.accounts.c.owner_name)):
            known |= {row.account, row.owner_name}
        for row in connection.execute(select(own.identities.c.identifiers)):
            known |= {value for _, value in json.loads(row.identifiers)}
    known |= {name.rpartition("#")[2] for file in story.files for name in file["documents"]}
    said = _on_chain(story.stage.rpc)
    # Shorter ones stand in random bytes, too.
    texts = sorted(text for text in known if len(text.encode()) >= _TELLING)
    says = "no name, account, identifier or document number stands on the chain"
    return Law("INV-10", says, len(texts), legible(texts, said))


def legible(texts: Iterable[str], said: bytes) -> tuple[str, ...]:
    """Which texts, of six bytes or more, can be read in what was said."""
    readable = b"\n".join(_READABLE.findall(said))
    return tuple(text for text in texts if text.encode() in (readable if text.isascii() else said))


def _on_chain(rpc: Rpc) -> bytes:
    """All calldata and all data of events."""
    head = int(rpc.call("eth_blockNumber"), 16)
    found = []
    for number in range(head + 1):
        block = rpc.call("eth_getBlockByNumber", hex(number), True)
        found += [bytes.fromhex(each["input"][2:]) for each in block["transactions"]]
    for log in rpc.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": hex(head)}):
        found.append(bytes.fromhex(log["data"][2:]))
    return b"\n".join(found)


def _books(story: Story) -> Law:
    """Both banks' own double-entry books balance, and what they booked is what the ledger recorded."""
    broken, cases = [], 0
    for bic, bank in story.stage.banks.items():
        books = expect(bank.get("/books"))
        cases += len(books["entries"])
        if books["debit_minor"] != books["credit_minor"]:
            broken.append((bic, books["debit_minor"], books["credit_minor"]))
    return Law("BOOKS", "debits equal credits in each bank's own books", cases, tuple(broken))


def _in_and_out(story: Story) -> Law:
    """Whatever went wrong on the way, no money came from nowhere and none is gone."""
    found = flows(story)
    broken = tuple(
        (currency, flow.paid, flow.received)
        for currency, flow in sums(found).items()
        if flow.paid != flow.received
    )
    return Law("SUMS", "what all parties paid is what all parties received", len(found), broken)
