"""After the kills: does everything that was ordered stand once, on the chain, in the tables, in the banks' books?

The chain is asked block by block, the tables are folded anew, the banks' books are read as the banks show them; what
each must say comes from the model of what was ordered. And whoever asked to be told of it was.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from eth_utils.crypto import keccak
from sqlalchemy import Connection, select

from chainsvc.artifacts import load
from chainsvc.backends.rpc import Request
from chainsvc.codec import Function, is_dynamic
from chainsvc.submitter.batching import item_type, skipped
from chainsvc.submitter.states import ENDS, State, TransactionState
from chainsvc.tables import facts, instructions, transactions
from gateway.adapters.ledger.acts import CONTRACTS
from gateway.adapters.ledger.chain import Chain, Cursor, facts_after
from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.engine import open_engine, reading
from gateway.db.webhooks import DELIVERED, backlog
from gateway.demo.audit import recompute
from gateway.demo.stage import CLEARING_BIC, LENDER_BIC, expect, listed
from gateway.happenings import happenings
from gateway.projections.examination import examine
from gateway.services.payments import PREFIXES, FactKind
from tests.bench.crash_sink import Letter
from tests.bench.crash_work import Flow, Work

DRAIN_SECONDS = 90.0
END_OF_BLOCK = 1 << 62
LOOK_SECONDS = 0.1
WORD = 32
BANKS = {LENDER_BIC: "lender", CLEARING_BIC: "clearing"}
SETTLED_FLAG, SETTLED_LOAN, CLOSED_ROOT = 4, 3, 3


@dataclass(slots=True)
class Findings:
    """What does not hold, each in words; `cases` is how many things were looked at."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    cases: Counter[str] = field(default_factory=Counter)

    def count(self) -> int:
        """All of them."""
        return len(self.lost) + len(self.doubled) + len(self.stuck) + len(self.wrong)

    def once(self, what: str, times: int) -> None:
        """Something that must be there exactly once."""
        if times == 0:
            self.lost.append(what)
        elif times > 1:
            self.doubled.append(f"{what}: {times} times")

    def equal(self, what: str, found: Any, wanted: Any) -> None:
        """Two values that must be one."""
        if found != wanted:
            self.wrong.append(f"{what}: {found}, must be {wanted}")


class Audit:
    """Looks at one stage again and again; blocks already read are not read again."""

    def __init__(self, work: Work) -> None:
        self._work = work
        stage = work.stage
        book = stage.deployment.book({name: load(name) for name in ("AccessManager", *CONTRACTS)})
        self._chain = Chain(stage.rpc, book)
        self._engine = reading(open_engine(stage.database_url))
        self._next_block = stage.deployment.first_block
        self._carried: Counter[tuple[str, str, bytes]] = Counter()
        """Items that took effect on the chain: contract, function, encoded content, and how often."""
        self._told_from: Cursor | None = None
        self._to_tell: dict[str, str] = {}
        """What the sink must have been told: id of the message, and its kind."""

    def look(self) -> Findings:
        """Wait until everything has come to rest, then compare everything with everything."""
        findings = Findings()
        self._drain(findings)
        self._read_blocks()
        with self._engine.connect() as connection:
            self._instructions(connection, findings)
            self._titles(connection, findings)
            self._loans_and_invoices(connection, findings)
            self._money(connection, findings)
            self._messages(connection, findings)
        self._laws(findings)
        return findings

    # ── at rest ─────────────────────────────────────────────────────────────────────────────────────────────

    def _drain(self, findings: Findings) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        while (left := list(self._under_way())) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        findings.stuck += left

    def _under_way(self) -> Iterator[str]:
        with self._engine.connect() as connection:
            query = select(instructions.c.key, instructions.c.state)
            for row in connection.execute(query.where(instructions.c.state.not_in(ENDS))):
                yield f"instruction {row.key} is {row.state}"
        health = expect(self._work.stage.gateway.get("/health"))
        if health["indexed"] < health["block"]:
            yield f"the index stands at {health['indexed']} of {health['block']}"
        for bic in BANKS:
            yield from self._bank_queues(bic)
        for order in listed(self._work.stage.gateway, "/payment-orders"):
            yield f"payment {order['end_to_end']} is expected and not made"
        yield from self._courier_queue()

    def _bank_queues(self, bic: str) -> Iterator[str]:
        path = self._work.stage.folder / BANKS[bic] / "bank.sqlite"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as books:
            for table, ended in (("notifications", "delivered"), ("interbank_out", "accepted")):
                rows = books.execute(
                    f"SELECT state, COUNT(*) FROM {table} WHERE state != ? GROUP BY state", (ended,)
                )
                yield from (f"{bic}: {count} {table} {state}" for state, count in rows)
            rows = books.execute("SELECT end_to_end, status FROM payments WHERE status != 'ACSC'")
            yield from (f"{bic}: payment {end_to_end} is {status}" for end_to_end, status in rows)
        books.close()

    def _courier_queue(self) -> Iterator[str]:
        places = (facts.c.block_number, facts.c.log_index)
        with self._engine.connect() as connection:
            newest_first = select(*places).order_by(*(place.desc() for place in places))
            last = connection.execute(newest_first.limit(1)).one()
            row = self._webhook(connection)
            if tuple(last) > (row.block_number, row.log_index):
                yield f"the courier stands at {row.block_number}, {row.log_index} of {tuple(last)}"
            if pending := backlog(connection, row.webhook):
                yield f"{pending} messages are on their way to the sink"

    def _webhook(self, connection: Connection) -> Any:
        query = select(own.webhooks).where(own.webhooks.c.webhook == self._work.sink.webhook)
        return connection.execute(query).one()

    # ── the chain against the outbox ────────────────────────────────────────────────────────────────────────

    def _read_blocks(self) -> None:
        rpc = self._work.stage.rpc
        head = int(rpc.call("eth_blockNumber"), 16)
        numbers = range(self._next_block, head + 1)
        requests = [
            Request(method, given)
            for number in numbers
            for method, given in (
                ("eth_getBlockByNumber", (hex(number), True)),
                ("eth_getBlockReceipts", (hex(number),)),
            )
        ]
        answers = rpc.results(requests)
        for block, receipts in zip(answers[::2], answers[1::2], strict=True):
            for transaction, receipt in zip(block["transactions"], receipts, strict=True):
                if receipt["status"] == "0x1":
                    self._carry(transaction, receipt)
        self._next_block = head + 1

    def _carry(self, transaction: Mapping[str, Any], receipt: Mapping[str, Any]) -> None:
        contract = self._chain.book.at((transaction["to"] or "").lower())
        if contract is None or contract.name not in CONTRACTS:
            return
        data = bytes.fromhex(transaction["input"][2:])
        function = contract.interface.function_of(data)
        event = contract.interface.event("Skipped")
        refused: dict[int, int] = {}
        for log in receipt["logs"]:
            topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
            if topics[:1] == [event.topic]:
                (rows,) = event.decode(topics, bytes.fromhex(log["data"][2:])).values()
                refused |= skipped(rows)
        for place, item in enumerate(items_of(function, data)):
            if place not in refused:
                self._carried[contract.name, function.name, item] += 1

    def _instructions(self, connection: Connection, findings: Findings) -> None:
        """Every key the gateway took ended once and well, and is carried by the chain once."""
        rows = {row.key: row for row in connection.execute(select(instructions))}
        kept = set(connection.execute(select(own.instructions.c.key)).scalars())
        findings.cases["instructions"] += len(rows)
        for key in self._work.logbook.taken - (rows.keys() & kept):
            findings.lost.append(f"instruction {key} was taken and is not kept")
        for key in rows.keys() - self._work.logbook.taken:
            findings.wrong.append(f"instruction {key} was never answered for")
        wanted: Counter[tuple[str, str, bytes]] = Counter()
        for key, row in rows.items():
            if row.state != State.FINAL:
                findings.wrong.append(
                    f"instruction {key} ({row.function}) is {row.state}: {row.reason} {row.error}"
                )
                continue
            function = self._chain.book[row.contract].interface.function(row.function)
            name = (row.contract, row.function, content(function, bytes(row.item)))
            wanted[name] += 1
            findings.once(f"{row.function} {key} on the chain", self._carried[name])
        for name in self._carried.keys() - wanted.keys():
            findings.doubled.append(f"the chain carries a {name[1]} that nobody ordered")
        nonces = list(
            connection.execute(
                select(transactions.c.nonce)
                .where(transactions.c.state == TransactionState.FINAL)
                .order_by(transactions.c.nonce)
            ).scalars()
        )
        findings.cases["transactions"] += len(nonces)
        findings.equal("nonces without gap", nonces, list(range(len(nonces))))

    # ── the tables against the model ────────────────────────────────────────────────────────────────────────

    def _titles(self, connection: Connection, findings: Findings) -> None:
        model = self._work.model
        rows = {row.title: row for row in connection.execute(select(ledger.titles))}
        findings.cases["titles"] += len(model.titles)
        for title in model.titles.keys() - rows.keys():
            findings.lost.append(f"title {title}")
        for title in rows.keys() - model.titles.keys():
            findings.doubled.append(f"title {title}, which nobody ordered")
        for title, holding in model.titles.items():
            if title in rows:
                row = rows[title]
                found = (row.holder, row.root, row.quantity, row.sequence, bool(row.flags & SETTLED_FLAG))
                wanted = (
                    holding.holder,
                    holding.root,
                    holding.quantity,
                    holding.sequence,
                    holding.settled,
                )
                findings.equal(f"title {title}", found, wanted)

    def _loans_and_invoices(self, connection: Connection, findings: Findings) -> None:
        model = self._work.model
        loans = {row.loan: row for row in connection.execute(select(ledger.loans))}
        findings.cases["loans"] += len(model.loans)
        findings.equal("loans", sorted(loans), sorted(model.loans))
        for loan, end in model.loans.items():
            if loan in loans:
                row = loans[loan]
                found = (row.phase, row.drawn, row.principal, row.interest_paid)
                findings.equal(f"loan {loan}", found, (SETTLED_LOAN, end.drawn, 0, end.interest))
        invoices = connection.execute(select(ledger.invoices.c.nullifier, ledger.invoices.c.used))
        used = {"0x" + bytes(row.nullifier).hex(): row.used for row in invoices}
        findings.cases["invoices"] += len(model.invoices)
        findings.equal("invoices used", used, model.invoices)

    # ── the banks against the ledger and the model ──────────────────────────────────────────────────────────

    def _money(self, connection: Connection, findings: Findings) -> None:
        flows = self._work.model.flows
        findings.cases["payments"] += len(flows)
        books = {bic: expect(bank.get("/books")) for bic, bank in self._work.stage.banks.items()}
        customers = {
            (bic, account["id"]): account["balance_minor"]
            for bic, each in books.items()
            for account in each["accounts"]
            if account["kind"] == "customer"
        }
        booked = [
            (bic, entry)
            for bic, each in books.items()
            for entry in each["entries"]
            if (bic, entry["account"]) in customers and entry["kind"] != "opening"
        ]
        self._booked_once(flows, booked, findings)
        self._recorded_once(connection, flows, booked, findings)
        self._balances(flows, customers, findings)
        self._between_banks(books, findings)
        self._exceptions({entry["entry_reference"] for _, entry in booked}, findings)

    def _exceptions(self, payments: set[str], findings: Findings) -> None:
        """No payment is set aside for a person."""
        rows = listed(self._work.stage.gateway, "/bank-entries", state="exception")
        problems = {row["reference"]: row["problem"] for row in rows}
        problems |= {each.document: each.message for each in self._work.money.exceptions}
        findings.wrong += [f"bank entry {name}: {why}" for name, why in problems.items() if name in payments]

    def _booked_once(
        self, flows: Sequence[Flow], booked: Sequence[tuple[str, Mapping[str, Any]]], findings: Findings
    ) -> None:
        """One debit at the payer's bank and one credit at the payee's, of the amount ordered."""
        found = Counter(
            (bic, entry["account"], entry["side"], entry["end_to_end"].rpartition("-")[0], entry["amount"])
            for bic, entry in booked
        )
        for flow in flows:
            prefix = PREFIXES[FactKind.CREDITED if flow.kind == FactKind.COLLECTED else flow.kind]
            name = f"{prefix}-{flow.subject:x}"
            for side, account in (("D", flow.payer), ("C", flow.payee)):
                times = found.pop((account.bic, account.number, side, name, flow.amount), 0)
                findings.once(f"{name} booked {side} at {account.bic}", times)
        findings.doubled += [
            f"booked beyond what was ordered: {name}, {times} times" for name, times in found.items()
        ]

    def _recorded_once(
        self,
        connection: Connection,
        flows: Sequence[Flow],
        booked: Sequence[tuple[str, Mapping[str, Any]]],
        findings: Findings,
    ) -> None:
        """Every credit in the books is one movement on the ledger, about what was ordered; and no other is."""
        movements = connection.execute(select(ledger.movements)).all()
        by_entry = Counter("0x" + bytes(row.entry).hex() for row in movements)
        credits = [entry for _, entry in booked if entry["side"] == "C"]
        findings.cases["movements"] += len(credits)
        for entry in credits:
            name = "0x" + keccak(entry["entry_reference"].encode()).hex()
            findings.once(f"movement of {entry['entry_reference']}", by_entry.pop(name, 0))
        findings.doubled += [f"a movement of no booked entry: {name}" for name in by_entry]
        recorded = Counter((row.kind, row.subject, row.amount) for row in movements)
        ordered = Counter((int(flow.kind), flow.subject, flow.amount) for flow in flows)
        findings.equal("movements by subject", recorded - ordered, Counter())
        findings.equal("movements not recorded", ordered - recorded, Counter())

    def _balances(
        self, flows: Sequence[Flow], customers: Mapping[tuple[str, str], int], findings: Findings
    ) -> None:
        wanted: dict[tuple[str, str], int] = defaultdict(int)
        for account, _ in self._work.money.accounts():
            wanted[account.bic, account.number] = self._work.opened[account.number]
        for flow in flows:
            wanted[flow.payer.bic, flow.payer.number] -= flow.amount
            wanted[flow.payee.bic, flow.payee.number] += flow.amount
        findings.cases["accounts"] += len(wanted)
        findings.equal("accounts and balances", dict(customers), dict(wanted))

    def _between_banks(self, books: Mapping[str, Mapping[str, Any]], findings: Findings) -> None:
        internal = {
            (bic, account["id"]): account["balance_minor"]
            for bic, each in books.items()
            for account in each["accounts"]
            if account["kind"] == "internal"
        }
        for bic, other in ((LENDER_BIC, CLEARING_BIC), (CLEARING_BIC, LENDER_BIC)):
            findings.equal(f"{bic} in transit", internal.get((bic, f"TRANSIT-{other}-CNY"), 0), 0)
        mine, theirs = (
            internal.get((bic, f"SETTLEMENT-{other}-CNY"), 0)
            for bic, other in ((LENDER_BIC, CLEARING_BIC), (CLEARING_BIC, LENDER_BIC))
        )
        findings.equal("what the banks owe each other", mine, -theirs)

    # ── what the sink was told against what happened ────────────────────────────────────────────────────────

    def _messages(self, connection: Connection, findings: Findings) -> None:
        """Every fact that is to be told was made one message each of what it means, and each reached the sink."""
        wanted = self._must_be_told(connection)
        table = own.deliveries
        rows = connection.execute(select(table).where(table.c.webhook == self._work.sink.webhook))
        kept = {row.message: row for row in rows}
        got = self._work.sink.letters()
        findings.cases["messages"] += len(wanted)
        findings.cases["messages told again"] += sum(len(letters) - 1 for letters in got.values())
        for message in wanted.keys() - kept.keys():
            findings.lost.append(f"message {message} ({wanted[message]}) was never made")
        for message in kept.keys() - wanted.keys():
            findings.doubled.append(
                f"message {message} ({kept[message].kind}) tells of nothing that happened"
            )
        for message in got.keys() - kept.keys():
            findings.doubled.append(f"the sink was sent {message}, which nobody keeps")
        for message in kept.keys() & wanted.keys():
            row = kept[message]
            findings.equal(f"message {message}", (row.kind, row.state), (wanted[message], DELIVERED))
            self._letters(row, got.get(message, []), findings)
        self._heard(got, findings)

    def _must_be_told(self, connection: Connection) -> Mapping[str, str]:
        """By the facts since the sink asked to be told; those already looked at are not looked at again."""
        cursor = self._told_from or Cursor(self._webhook(connection).since_block, END_OF_BLOCK)
        for fact in facts_after(connection, self._chain.book, cursor):
            cursor = Cursor(fact.block_number, fact.log_index)
            for each in happenings(connection, fact):
                self._to_tell[f"{fact.block_hash[2:26]}_{fact.log_index}_{each.row}"] = each.kind
        self._told_from = cursor
        return self._to_tell

    def _letters(self, row: Any, letters: Sequence[Letter], findings: Findings) -> None:
        """At least one came, and all of them are the same, signed anew each time."""
        if not letters:
            findings.lost.append(f"message {row.message} ({row.kind}) never reached the sink")
        if any(letter.body != row.body.encode() for letter in letters):
            findings.wrong.append(f"message {row.message} came with another body than the one kept")
        if not all(letter.genuine(self._work.sink.secret) for letter in letters):
            findings.wrong.append(f"message {row.message} came with a signature that is none")

    def _heard(self, got: Mapping[str, Sequence[Letter]], findings: Findings) -> None:
        """What the sink knows of, counted, against the model: how the messages were made is not asked."""
        model = self._work.model
        roots = len({holding.root for holding in model.titles.values()})
        wanted = dict.fromkeys(("root.offered", "root.accepted"), roots)
        wanted |= dict.fromkeys(
            ("facility.opened", "title.locked", "loan.drawn", "loan.paid_out", "loan.repaid"),
            len(model.loans),
        )
        wanted["fact.recorded"] = len(model.flows)
        kinds = Counter(orjson.loads(letters[0].body)["type"] for letters in got.values())
        findings.equal("heard by the sink", {kind: kinds[kind] for kind in wanted}, wanted)

    # ── the laws, a fresh fold, and the chain's own views ───────────────────────────────────────────────────

    def _laws(self, findings: Findings) -> None:
        for law in recompute(self._work.story):
            findings.cases[f"law {law['id']}"] += law["cases"]
            if not law["holds"]:
                findings.wrong.append(f"{law['id']} is broken by {law['broken']}: {law['says']}")
        stage = self._work.stage
        head = int(stage.rpc.call("eth_blockNumber"), 16)
        self._work.desk.settle_index()
        with self._engine.connect() as connection:
            mismatches = examine(
                connection, stage.rpc, self._chain, block=head, start_block=stage.deployment.first_block
            )
        findings.wrong += [f"doctor: {mismatch}" for mismatch in mismatches]


def items_of(function: Function, data: bytes) -> list[bytes]:
    """The encoded elements of a batch, out of its calldata; the inverse of batching.calldata."""
    body = data[4 + WORD :]
    count = int.from_bytes(body[:WORD], "big")
    rest = body[WORD:]
    if is_dynamic(item_type(function)):
        starts = [int.from_bytes(rest[WORD * place : WORD * (place + 1)], "big") for place in range(count)]
        return [rest[start:end] for start, end in zip(starts, [*starts[1:], len(rest)], strict=True)]
    size = len(rest) // max(count, 1)
    return [rest[place * size : (place + 1) * size] for place in range(count)]


def content(function: Function, item: bytes) -> bytes:
    """A stored item as it stands in a batch: one of changing length begins with a word that points behind itself."""
    return item[WORD:] if is_dynamic(item_type(function)) else item
