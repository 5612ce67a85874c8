"""What booked entries are about, asked of the ledger at the moment they are read.

A prepared fact is only a draft. It counts when the bank's own payments people sign it and the ledger takes it; then
the entry is `recorded`, and no draft of it is shown any more. What the messages contradict each other about, what the
ledger does not expect and what names nothing is an exception: a person decides, see `decisions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, case, or_, select

from gateway.adapters.banks import decisions, tellings
from gateway.adapters.banks.decisions import SENT_BACK, Decision
from gateway.adapters.banks.expectation import Expectations, Payment
from gateway.adapters.banks.inbox import UNNAMED
from gateway.adapters.banks.instructions import Orders
from gateway.adapters.banks.reversals import CLOSED, Undone
from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.goods_sales import sales
from gateway.db.queries import Accounts
from gateway.problems import Problem
from gateway.services.payments import About, AccountRef, FactKind, subject_of

_NEVER = (1 << 40) - 1
_OUTSTANDING, _SETTLED, _WRITTEN_OFF = 2, 3, 5
_AT_ONCE = 500
"""Ids asked for in one question: databases bound the number of values in it."""

_RECORDED = ("kind", "subject", "loan", "bank")

Row = Mapping[str, Any]

RECORDED, PREPARED, WAITING, EXCEPTION, OTHER = "recorded", "prepared", "waiting", "exception", "other"
LINKED, RETURNING, RETURNED = "linked", "returning", "returned"
STATES = (RECORDED, PREPARED, WAITING, EXCEPTION, OTHER, LINKED, RETURNING, RETURNED)
UNSETTLED = (PREPARED, WAITING, EXCEPTION, RETURNING)


@dataclass(slots=True)
class Shown:
    """An entry, or a part of one that a person allocated, and what it is to the ledger.

    `recorded`: the ledger has it as `fact`. `prepared`: `fact` can be signed. `waiting`: another entry has to be
    recorded first, `problem` says why. `exception`: a person decides about `problem`. `other`: no money came in.
    `linked`: it is a movement that other entries tell of. `returning`, `returned`: it is sent back, and has left.
    `part` counts the parts of an allocated entry from 1 on; 0 is a whole entry. `amount` is the part's. `verb` is the
    one that takes `fact`: `record`, or `reverse` for a negative entry by which a bank takes back a booking of its own.
    """

    row: Row
    state: str
    fact: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    part: int = 0
    decision: Decision | None = None
    verb: str = "record"

    @property
    def amount(self) -> int:
        """In minor units: of the part, else of the entry."""
        if self.part and self.decision is not None:
            return int(self.decision.parts[self.part - 1]["amount"])
        return int(self.row["amount"])


def shown(connection: Connection, *, unsettled: bool = False) -> list[Shown]:
    """Every kept entry as it stands now, by value day and reference; only those not recorded where asked so."""
    entries, accounts, movements = own.entries, own.accounts, ledger.movements
    undone = ledger.movements.alias()
    ours = (accounts.c.bic == entries.c.bic) & (accounts.c.account == entries.c.account)
    same = (movements.c.entry == entries.c.entry) & (movements.c.account == accounts.c.commitment)
    found = (
        select(
            entries,
            *(movements.c[name] for name in _RECORDED),
            movements.c.amount.label("recorded_amount"),
            movements.c.value_day.label("recorded_day"),
            undone.c.movement.label("taken_back"),
        )
        .outerjoin(accounts, ours)
        .outerjoin(movements, same & (movements.c.bank == accounts.c.bank))
        .outerjoin(undone, undone.c.reverses == movements.c.movement)
        .order_by(entries.c.value_day, entries.c.reference)
    )
    if unsettled:
        open_ = movements.c.entry.is_(None) | (entries.c.contested != "")
        found = found.where(open_, (entries.c.side == "credit") | (entries.c.reversal == 1))
    rows = [dict(row) for row in connection.execute(found).mappings()]
    reader = _Reader(connection, rows)
    listed = [each for row in rows for each in reader.show(row)]
    reader.name_loans(listed)
    return listed


def reversal_fact(row: Row, undone: Row) -> dict[str, Any]:
    """The draft of the act `reverse`: a bank takes back a booking of its own that the ledger has.

    `row` is the negative entry, `undone` the movement as it was recorded, with its entry's values.
    """
    return {
        "bank": undone["bank"], "account": bytes(undone["commitment"]), "valueDay": undone["value_day"],
        "amount": undone["amount"], "entry": bytes(undone["entry"]), "reversedDay": row["value_day"],
        "reversalEntry": bytes(row["entry"]), "expiresAt": _NEVER,
    }  # fmt: skip


class _Reader:
    """Prepares facts from entries; what it asks of the ledger is asked once."""

    def __init__(self, connection: Connection, rows: Sequence[Row]) -> None:
        self._connection = connection
        self._accounts = Accounts(connection)
        self._known: dict[tuple[str, str], AccountRef | None] = {}
        self._expected = Expectations(connection)
        self._decided = decisions.holding(connection)
        self._orders = Orders(connection, (row["end_to_end"] for row in rows))
        self._first = self._first_of_each(rows)
        self._undone = Undone(connection, rows)

    def show(self, row: Row) -> Iterator[Shown]:
        """The entry, or its parts, with a draft of each fact where one can be made."""
        decision = self._decided.get((row["bic"], row["account"], row["reference"]))
        overtaken = decision is not None and decisions.overtaken(row, decision)
        if decision is not None and decision.telling and not overtaken:
            row = {**row, **_by(decision.telling, row)}
        if row["kind"] is not None:
            yield self._recorded(row, decision)
        elif row["side"] != "credit" and not row["contested"]:
            yield self._negative(row, decision) if row["reversal"] else Shown(row, OTHER)
        elif (taken_back := self._undone.by(row)) is not None:
            yield Shown(row, OTHER, problem=f"TAKEN-BACK: its bank took it back as {taken_back}")
        elif decision is not None and decision.parts:
            for number in range(1, len(decision.parts) + 1):
                yield self._part(row, decision, number, overtaken)
        elif decision is not None and decision.same_as and not overtaken:
            told = f"the same movement as {', '.join(decision.same_as)}"
            yield Shown(row, LINKED, problem=told, decision=decision)
        else:
            yield self._whole(row)

    def _recorded(self, row: Row, decision: Decision | None) -> Shown:
        fact = {name: row[name] for name in _RECORDED}
        if row["contested"] and row["taken_back"] is None:
            told = f"ENTRY-DIFFERS: recorded, and messages tell differently of its {row['contested']} now"
            return Shown(row, EXCEPTION, fact, told)
        chosen = decision is not None and bool(decision.telling)
        differs = (row["amount"], row["value_day"]) != (row["recorded_amount"], row["recorded_day"])
        if chosen and differs and row["taken_back"] is None:
            told = "ENTRY-DIFFERS: the ledger has it otherwise than the message that holds: its bank takes it back"
            return Shown(row, EXCEPTION, fact, told)
        return Shown(row, RECORDED, fact)

    def _negative(self, row: Row, decision: Decision | None) -> Shown:
        """What a bank takes back: a movement that the ledger has, or one that nobody recorded.

        Where a person linked it to one that has gone on, the matter is closed here: it is a claim outside.
        """
        named = () if decision is None else decision.same_as
        try:
            _check_telling(row)
            undone = self._undone.recorded(row, named)
        except Problem as problem:
            if problem.rule == CLOSED and named:
                return Shown(row, LINKED, problem=str(problem), decision=decision, verb="reverse")
            return Shown(row, EXCEPTION, problem=str(problem), verb="reverse")
        if undone is None:
            return Shown(row, OTHER, problem="it takes back what the ledger does not have", verb="reverse")
        return Shown(row, PREPARED, reversal_fact(row, undone), decision=decision, verb="reverse")

    def _whole(self, row: Row) -> Shown:
        try:
            account = self._account(row)
            _check_telling(row)
            about = _about(row)
            self._check_reference(row)
            loan = self._expected.loan_of(about)
            self._expected.grant(about.kind, about.subject, _payment(account, row, row["amount"]), loan)
        except Problem as problem:
            return Shown(row, EXCEPTION, problem=str(problem))
        fact = _fact(account, row, about.kind, about.subject, row["amount"], bytes(row["entry"]))
        return Shown(row, PREPARED, fact | {"loan": loan})

    def _part(self, row: Row, decision: Decision, number: int, overtaken: bool) -> Shown:
        """What a person said a part is about; whether the ledger expects it is asked all the same."""
        part = decision.parts[number - 1]
        if part["kind"] == SENT_BACK and self._left(row, decision, number):
            return Shown(row, RETURNED, part=number, decision=decision)
        if part["kind"] == SENT_BACK and not overtaken:
            return Shown(row, RETURNING, part=number, decision=decision)
        if part["kind"] == SENT_BACK:
            return _told_otherwise(row, decision, number)
        entry = decisions.part_entry(row["reference"], number, len(decision.parts))
        kind, subject, amount = FactKind[part["kind"]], int(part["subject"]), int(part["amount"])
        loan = int(part.get("loan", 0))
        movement = self._movement(row, entry) if len(decision.parts) > 1 else None
        if movement is not None:
            return Shown(row, RECORDED, movement, part=number, decision=decision)
        if overtaken:
            return _told_otherwise(row, decision, number)
        try:
            account = self._account(row)
            self._expected.grant(kind, subject, _payment(account, row, amount), loan)
        except Problem as problem:
            return Shown(row, EXCEPTION, problem=str(problem), part=number, decision=decision)
        fact = _fact(account, row, kind, subject, amount, entry) | {"loan": loan}
        return Shown(row, PREPARED, fact, part=number, decision=decision)

    def _movement(self, row: Row, entry: bytes) -> dict[str, Any] | None:
        movements = ledger.movements.c
        account = self._account(row)
        found = self._connection.execute(
            select(*(movements[name] for name in _RECORDED)).where(
                movements.entry == entry,
                movements.account == account.commitment,
                movements.bank == account.bank,
            )
        ).mappings().first()  # fmt: skip
        return None if found is None else dict(found)

    def _left(self, row: Row, decision: Decision, number: int) -> bool:
        """Whether the debit of what is sent back was booked."""
        entries, part = own.entries.c, decision.parts[number - 1]
        found = self._connection.execute(
            select(entries.reference).where(
                entries.bic == row["bic"], entries.account == row["account"], entries.side == "debit",
                entries.end_to_end == decisions.back_reference(decision.decision, number),
                entries.amount == int(part["amount"]), entries.currency == row["currency"],
            )
        ).first()  # fmt: skip
        return found is not None

    def _account(self, row: Row) -> AccountRef:
        bic, number = row["bic"], row["account"]
        if (bic, number) not in self._known:
            self._known[bic, number] = self._accounts.by_number(bic, number)
        found = self._known[bic, number]
        if found is None:
            raise Problem("ACCOUNT-UNKNOWN", f"the account {number} is not bound to anyone")
        return found

    # ── one payment, one fact ───────────────────────────────────────────────────────────────────────────────

    def _check_reference(self, row: Row) -> None:
        """What the order behind an entry, its bank and other entries forbid. Raises Problem."""
        end_to_end = row["end_to_end"]
        order = self._orders.order(end_to_end)
        if row["returned"]:
            return
        if self._orders.rejected(end_to_end):
            told = f"the payer's bank had rejected {end_to_end}: money that was not to come has come"
            raise Problem("LINE-AFTER-REJECTED", told, rule_source="DEC-10")
        if order is not None and row["currency"] != order["currency"]:
            told = f"{row['currency']} arrived, {order['currency']} was instructed"
            raise Problem("CURRENCY-DIFFERS", told, rule_source="DEC-10")
        first = self._first.get(_payment_key(row), row["reference"])
        if first != row["reference"]:
            told = f"{end_to_end} was booked as {first} too: paid twice, or one movement under two references"
            raise Problem("PAID-TWICE", told, rule_source="DEC-10")

    def _first_of_each(self, rows: Sequence[Row]) -> dict[tuple[Any, ...], str]:
        """Of entries that look like one payment, the one that counts: what the ledger has, else the first by order."""
        first: dict[tuple[Any, ...], str] = {}
        credits = [
            row for row in rows if row["side"] == "credit" and row["end_to_end"] and not row["returned"]
        ]
        for row in [*self._recorded_like(credits), *credits]:
            first.setdefault(_payment_key(row), row["reference"])
        return first

    def _recorded_like(self, rows: Sequence[Row]) -> Iterator[Row]:
        entries, accounts, movements = own.entries.c, own.accounts.c, ledger.movements.c
        for some in _chunks(sorted({row["end_to_end"] for row in rows})):
            found = self._connection.execute(
                select(own.entries)
                .join(own.accounts, (accounts.bic == entries.bic) & (accounts.account == entries.account))
                .join(
                    ledger.movements,
                    (movements.entry == entries.entry) & (movements.account == accounts.commitment),
                )
                .where(entries.end_to_end.in_(some), entries.returned == "")
                .order_by(entries.value_day, entries.reference)
            )
            yield from (dict(row) for row in found.mappings())

    def name_loans(self, listed: Sequence[Shown]) -> None:
        """Money of a locked title repays the facility's loans in the order in which they fall due, each entry another.

        An entry for which no loan is left waits until the ledger has taken the others: what they leave over of the
        first loan is not known before.
        """
        credited = [each for each in listed if each.fact.get("kind") == FactKind.CREDITED]
        drafts = [each for each in credited if each.state == PREPARED]
        locks = self._locks(each.fact["subject"] for each in drafts)
        collected = [each for each in drafts if locks.get(each.fact["subject"], (0, 0))[1]]
        loans = self._owed({locks[each.fact["subject"]][1] for each in collected})
        left = {facility: list(named) for facility, named in loans.items()}
        for each in sorted(
            collected, key=lambda each: (locks[each.fact["subject"]][0], each.fact["subject"])
        ):
            facility = locks[each.fact["subject"]][1]
            each.fact["kind"] = int(FactKind.COLLECTED)
            if left.get(facility):
                each.fact["loan"] = left[facility].pop(0)
            elif facility in loans:
                each.state, each.problem = WAITING, (
                    f"LOANS-NAMED: every loan of facility {facility} is named by an entry before this one"
                )  # fmt: skip

    def _locks(self, titles: Iterable[int]) -> dict[int, tuple[int, int]]:
        """Due day and facility of each title."""
        titles_, roots = ledger.titles.c, ledger.roots.c
        found: dict[int, tuple[int, int]] = {}
        for some in _chunks(sorted(set(titles))):
            rows = self._connection.execute(
                select(titles_.title, roots.due_day, titles_.lock)
                .join(ledger.roots, titles_.root == roots.root)
                .where(titles_.title.in_(some))
            )
            found |= {row.title: (row.due_day, row.lock) for row in rows}
            # The price of goods that were sold in enforcement repays what they secured.
            sold = self._connection.execute(sales().where(titles_.title.in_(some)))
            found |= {row.title: (row.pay_by, row.facility) for row in sold}
        return found

    def _owed(self, facilities: set[int]) -> dict[int, list[int]]:
        """The loans on which each facility is owed anything: the first to fall due first, written-off ones last.

        After them come those that others paid in the debtor's place, while they may still recover it (CC-700).
        """
        loans, claims = ledger.loans.c, ledger.claims.c
        recoverable = (loans.phase == _SETTLED) & (claims.first_open + claims.later_open > claims.pot)
        found: dict[int, list[int]] = {}
        for some in _chunks(sorted(facilities)):
            rows = self._connection.execute(
                select(loans.facility, loans.loan)
                .outerjoin(ledger.claims, claims.loan == loans.loan)
                .where(
                    loans.facility.in_(some),
                    or_(loans.phase.in_((_OUTSTANDING, _WRITTEN_OFF)), recoverable),
                )
                .order_by(case((loans.phase == _SETTLED, 1), else_=0), loans.phase, loans.due_day, loans.loan)
            )
            for row in rows:
                found.setdefault(row.facility, []).append(row.loan)
        return found


def _check_telling(row: Row) -> None:
    """What the messages themselves leave open. Raises Problem."""
    if row["contested"]:
        told = f"messages tell differently of its {', '.join(row['contested'].split())}: a person says which holds"
        raise Problem("ENTRY-DIFFERS", told, rule_source="DEC-10")
    if row["reference"].startswith(UNNAMED):
        raise Problem(
            "REFERENCE-MISSING", "the bank gave the entry no reference of its own: it is no movement yet"
        )
    if row["value_day"] == tellings.NO_DAY:
        raise Problem("VALUE-DAY-MISSING", "the bank gave the entry no value day")
    if row["reversal"] and row["side"] == "credit":
        # The debit that it undoes was never the ledger's; why the payer has its money again, a person finds out.
        told = "the bank takes back a booking of its own: a person decides"
        raise Problem("REVERSAL", told, rule_source="DEC-10")
    if row["transactions"] > 1:
        told = f"an entry of {row['transactions']} transactions is not one movement: allocate it"
        raise Problem("BATCH-ENTRY", told)
    if not row["transactions"] and any(each["batch"] for each in tellings.load(row["tellings"])):
        raise Problem("BATCH-ENTRY", "a batch booked as one sum, which no message breaks down")


def _told_otherwise(row: Row, decision: Decision, number: int) -> Shown:
    """A part that was decided about before a message told otherwise of its entry."""
    told = f"since it was decided, a message told otherwise of its {', '.join(row['contested'].split())}"
    return Shown(row, EXCEPTION, problem=f"ENTRY-DIFFERS: {told}", part=number, decision=decision)


def _about(row: Row) -> About:
    about = subject_of(row["end_to_end"])
    if not row["returned"]:
        return about
    if about.kind is FactKind.CREDITED:
        return About(FactKind.RETURNED, about.subject)
    raise Problem("RETURN", f"{row['end_to_end']} came back ({row['returned']}): a person decides")


def _by(telling: Mapping[str, Any], row: Row) -> dict[str, Any]:
    """The values of an entry's row by the one telling that a person said holds."""
    found = tellings.columns_of(tellings.joined("", telling))
    return {**found, "tellings": row["tellings"]}


def _payment_key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("bic", "account", "amount", "currency", "end_to_end"))


def _payment(account: AccountRef, row: Row, amount: int) -> Payment:
    return Payment(account, amount, row["currency"], row["value_day"])


def _fact(
    account: AccountRef, row: Row, kind: FactKind, subject: int, amount: int, entry: bytes
) -> dict[str, Any]:
    return {
        "kind": int(kind), "subject": subject, "loan": 0, "bank": account.bank, "account": account.commitment,
        "valueDay": row["value_day"], "amount": amount, "credit": True, "entry": entry, "expiresAt": _NEVER,
    }  # fmt: skip


def _chunks(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
