"""The exception desk: booked money about which a person has to decide, and the three ways out.

`allocate` says what the money is about, in one or more parts; `link` that it is a payment that was expected, a movement
that other entries tell of, or what one of contradicting messages says; `return` that it goes back. Each is signed for
by a named person with a reason, above a threshold by two. None creates value: what comes out are drafts of facts, which
the bank that booked the money must still sign, and orders, which its payer must still send.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from gateway.adapters.banks import candidates, decisions, facts, inbox, tellings
from gateway.adapters.banks.candidates import Candidate, Candidates
from gateway.adapters.banks.decisions import ALLOCATE, LINK, RETURN, SENT_BACK, Decision
from gateway.adapters.banks.expectation import Expectations, Payment
from gateway.adapters.banks.facts import Shown
from gateway.db import links, own
from gateway.db.queries import Accounts
from gateway.domain.trade import decimal_text
from gateway.money import exponent
from gateway.problems import Problem
from gateway.services.payments import FactKind, PaymentOrder, subject_of

Row = Mapping[str, Any]

KINDS = (*(kind.name for kind in FactKind if kind is not FactKind.REJECTED), SENT_BACK)
"""What a part may be."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One entry, or part of one, before a person. `since` in seconds since 1970; `proposed` lacks a second person."""

    exception: str
    shown: Shown
    rule: str
    sentence: str
    since: int
    found: Sequence[Candidate]
    parts: Sequence[Mapping[str, Any]]
    proposed: Decision | None


@dataclass(frozen=True, slots=True)
class Person:
    """Who decides, and why."""

    name: str
    reason: str


def exception_id(row: Row) -> str:
    """16 hexadecimal digits that stay the entry's, whatever is told of it."""
    return sha256("\n".join(row[name] for name in ("bic", "account", "reference")).encode()).hexdigest()[:16]


def queue(connection: Connection, expected: Sequence[PaymentOrder]) -> list[Waiting]:
    """Everything that waits for a person, or for money on its way back; the oldest first."""
    listed = facts.shown(connection, unsettled=True)
    look = Candidates(
        expected, [each.row for each in listed if not each.part], Expectations(connection).loan_of
    )
    received = _received(connection)
    proposed = {
        place: each
        for place, found in decisions.read(decisions.rows(connection)).items()
        for each in found
        if not each.holds
    }
    waiting = [
        _waiting(each, look, received, proposed)
        for each in listed
        if each.state in (facts.EXCEPTION, facts.RETURNING)
    ]
    return sorted(waiting, key=lambda each: (each.since, each.exception, each.shown.part))


def _waiting(
    each: Shown, look: Candidates, received: Mapping[Any, int], proposed: Mapping[Any, Decision]
) -> Waiting:
    row = each.row
    rule, _, sentence = each.problem.partition(": ")
    if each.state == facts.RETURNING:
        rule, sentence = "RETURNING", "it is sent back; the debit entry that ends it was not booked yet"
    return Waiting(
        exception=exception_id(row),
        shown=each,
        rule=rule,
        sentence=sentence,
        since=received.get((row["bic"], row["message_id"]), 0),
        found=look.of(row) if each.state == facts.EXCEPTION else (),
        parts=look.parts(row) if not each.part else (),
        proposed=proposed.get(_place(row)),
    )


def _received(connection: Connection) -> dict[Any, int]:
    messages, entries = own.messages.c, own.entries.c
    found = connection.execute(
        select(messages.bic, messages.message_id, messages.received_at)
        .join(own.entries, (entries.bic == messages.bic) & (entries.message_id == messages.message_id))
        .distinct()
    )
    return {(row.bic, row.message_id): row.received_at for row in found}


def _place(row: Row) -> decisions.Place:
    return row["bic"], row["account"], row["reference"]


# ── the ways out ────────────────────────────────────────────────────────────────────────────────────────────


class MoneyDesk:
    """Takes decisions within one transaction. `above`: decimal text, in units of any currency; more needs a second."""

    def __init__(self, connection: Connection, above: str, now: int) -> None:
        self._connection = connection
        self._above = Decimal(above)
        self._now = now
        self.currency = ""
        """Of the entry that was decided about."""
        links.wait_for_turn(connection, links.MONEY)

    def allocate(self, exception: str, person: Person, parts: Sequence[Mapping[str, Any]]) -> Decision:
        """Say what an entry is about: parts of kind, subject and amount (minor units) that add up to it.

        Raises Problem: PARTS-SUM, PARTS-FORM, and whatever the ledger would refuse of a part.
        """
        row, entry = self._open(exception)
        total = sum(int(part["amount"]) for part in parts)
        if total != entry["amount"]:
            told = f"the parts come to {_text(total, entry)}, the entry to {_text(entry['amount'], entry)}"
            raise Problem("PARTS-SUM", told, field="parts")
        self._check_expected(entry, parts)
        whole = [self._back(entry, part) if part["kind"] == SENT_BACK else dict(part) for part in parts]
        return self._decide(row, ALLOCATE, person, {"parts": whole})

    def link_payment(self, exception: str, person: Person, end_to_end: str) -> Decision:
        """Say that an entry is the payment of this end-to-end id. Raises Problem as `allocate` does."""
        row, entry = self._open(exception)
        about = subject_of(end_to_end)
        kind = about.kind
        if kind is FactKind.CREDITED and entry["returned"]:
            kind = FactKind.RETURNED
        part = {"kind": kind.name, "subject": str(about.subject), "amount": entry["amount"]}
        loan = Expectations(self._connection).loan_of(about)
        part |= {"loan": str(loan)} if loan else {}
        self._check_expected(entry, [part])
        return self._decide(row, LINK, person, {"parts": [part], "end_to_end": end_to_end})

    def link_entries(self, exception: str, person: Person, references: Sequence[str]) -> Decision:
        """Say that an entry is the movement of which these others tell, which add up to it; of a negative entry, which
        booking it takes back.

        Raises Problem(LINK-DIFFERS) when they are not on its account, or come to another sum, or are linked already.
        """
        row, entry = self._open(exception, negative=True)
        others = [self._other(entry, reference) for reference in dict.fromkeys(references)]
        total = sum(other["amount"] for other in others)
        if total != entry["amount"]:
            told = f"those entries come to {_text(total, entry)}, this one to {_text(entry['amount'], entry)}"
            raise Problem("LINK-DIFFERS", told, field="entries")
        return self._decide(row, LINK, person, {"same_as": [other["reference"] for other in others]})

    def link_message(self, exception: str, person: Person, message_id: str) -> Decision:
        """Say that of messages that contradict each other about an entry this one holds.

        What the ledger has of it already stays. Raises Problem: LINK-DIFFERS when the message does not tell of it,
        nothing is contested, or the parts that the ledger has do not come to what the message says.
        """
        row, _ = self._open(exception, contested=True, negative=True, recorded=True)
        messages = own.messages.c
        kept = self._connection.execute(
            select(messages.kind, messages.content).where(
                messages.bic == row["bic"], messages.message_id == message_id
            )
        ).one_or_none()  # fmt: skip
        told = (
            () if kept is None else inbox.understand(row["bic"], kept.kind, message_id, kept.content).entries
        )
        found = [each for each in told if _place(each) == _place(row)]
        if not found or not row["contested"]:
            raise Problem(
                "LINK-DIFFERS", "that message does not tell otherwise of this entry", field="message"
            )
        (telling,) = tellings.load(found[0]["tellings"])
        return self._decide(row, LINK, person, {"telling": telling, **self._recorded_parts(row, telling)})

    def send_back(self, exception: str, person: Person, payee: Mapping[str, str] | None) -> Decision:
        """Say that an entry's money goes back to who paid it, or to the payee given.

        Raises Problem(PAYEE-UNKNOWN) when the bank did not tell who paid and no payee is given.
        """
        row, entry = self._open(exception)
        part = {"kind": SENT_BACK, "amount": entry["amount"], **({"payee": payee} if payee else {})}
        return self._decide(row, RETURN, person, {"parts": [self._back(entry, part)]})

    def second(self, decision: str, person: Person) -> Decision:
        """Agree to a decision that needs a second person.

        Raises Problem: MONEY-DECISION-UNKNOWN, SAME-PERSON; EXCEPTION-CLOSED when another one took its place, and
        ENTRY-DIFFERS when a message told otherwise of the entry since.
        """
        rows = decisions.rows(self._connection)
        first = next((row for row in rows if row["decision"] == decision), None)
        if first is None:
            raise Problem("MONEY-DECISION-UNKNOWN", "there is no such decision", status=404)
        waiting = decisions.read(rows)[_place(first)]
        if not any(each.decision == decision and not each.holds for each in waiting):
            raise Problem("EXCEPTION-CLOSED", "the decision does not wait for a second person", status=409)
        if _same(first["person"], person.name):
            raise Problem(
                "SAME-PERSON", f"{person.name} proposed it: another person has to agree", field="person"
            )
        row, entry = self._open(exception_id(first), contested=True, negative=True)
        if any(decisions.overtaken(row, each) for each in waiting if each.decision == decision):
            told = "since it was proposed, a message told otherwise of the entry: decide anew"
            raise Problem("ENTRY-DIFFERS", told, status=409)
        self._check_expected(entry, json.loads(first["content"]).get("parts", ()))
        return self._append(row, first["exit"], person, first["content"], (decision, decisions.SECONDED))

    # ── inside ──────────────────────────────────────────────────────────────────────────────────────────────

    def _open(
        self, exception: str, *, contested: bool = False, negative: bool = False, recorded: bool = False
    ) -> tuple[Row, Row]:
        """The entry of an open exception as kept, and as the telling that holds has it. Raises Problem."""
        row = self._row(exception)
        self.currency = row["currency"]
        mine = [each for each in facts.shown(self._connection) if _place(each.row) == _place(row)]
        decided = any(each.decision is not None for each in mine)
        if any(each.state == facts.RECORDED for each in mine) and not (recorded and row["contested"]):
            raise Problem("EXCEPTION-CLOSED", "the ledger has it already", status=409)
        if not decided and all(each.state != facts.EXCEPTION for each in mine):
            raise Problem("EXCEPTION-CLOSED", f"it is {mine[0].state}: nothing is to be decided", status=409)
        entry = mine[0].row
        if entry["side"] == "debit" and not negative:
            told = "a bank takes a booking back: link it to the entry that it undoes"
            raise Problem("REVERSAL", told, status=409)
        if entry["contested"] and not contested:
            told = "messages contradict each other about it: link it to the message that holds first"
            raise Problem("ENTRY-DIFFERS", told, status=409)
        return row, entry

    def _recorded_parts(self, row: Row, telling: Mapping[str, Any]) -> dict[str, Any]:
        """The allocation that stands because the ledger has some of its parts; nothing where it has none."""
        mine = [each for each in facts.shown(self._connection) if _place(each.row) == _place(row)]
        kept = next((each.decision for each in mine if each.part and each.state == facts.RECORDED), None)
        if kept is None:
            return {}
        total = sum(int(part["amount"]) for part in kept.parts)
        if total != telling["amount"]:
            told = f"the ledger has parts of it, which come to {_text(total, row)}: its bank takes those back first"
            raise Problem("LINK-DIFFERS", told, field="message")
        return {"parts": list(kept.parts)}

    def minor(self, exception: str, amount: str) -> int:
        """Minor units of decimal text in the entry's currency. Raises Problem: EXCEPTION-UNKNOWN, MONEY-PRECISION."""
        currency = self._row(exception)["currency"]
        scaled = Decimal(amount).scaleb(exponent(currency))
        if scaled != int(scaled):
            told = f"{amount} has more digits than {currency} has"
            raise Problem("MONEY-PRECISION", told, field="amount")
        return int(scaled)

    def _row(self, exception: str) -> Row:
        row = next((row for row in self._rows() if exception_id(row) == exception), None)
        if row is None:
            raise Problem("EXCEPTION-UNKNOWN", "there is no such exception", status=404)
        return row

    def _rows(self) -> Iterator[Row]:
        wanted = (own.entries.c.side == "credit") | (own.entries.c.reversal == 1)
        found = self._connection.execute(select(own.entries).where(wanted))
        yield from (dict(row) for row in found.mappings())

    def _other(self, entry: Row, reference: str) -> Row:
        found = next(
            (row for row in self._rows()
             if _place(row) == (entry["bic"], entry["account"], reference) and row["currency"] == entry["currency"]),
            None,
        )  # fmt: skip
        if found is None or reference == entry["reference"]:
            raise Problem("LINK-DIFFERS", f"{reference} is no other entry on this account", field="entries")
        linked = decisions.holding(self._connection).get(_place(found))
        if linked is not None and linked.same_as:
            raise Problem("LINK-DIFFERS", f"{reference} is linked to another entry itself", field="entries")
        return found

    def _check_expected(self, entry: Row, parts: Sequence[Mapping[str, Any]]) -> None:
        """Whether the ledger would take each part: one payment is not used for more than it is. Raises Problem."""
        account = Accounts(self._connection).by_number(entry["bic"], entry["account"])
        if account is None:
            raise Problem("ACCOUNT-UNKNOWN", f"the account {entry['account']} is not bound to anyone")
        expected = Expectations(self._connection)
        for part in parts:
            if part["kind"] not in KINDS or int(part["amount"]) <= 0:
                raise Problem("PARTS-FORM", f"a part is one of {', '.join(KINDS)}, of an amount above 0")
            if part["kind"] != SENT_BACK:
                payment = Payment(account, int(part["amount"]), entry["currency"], entry["value_day"])
                loan = int(part.get("loan", 0))
                expected.grant(FactKind[part["kind"]], int(part["subject"]), payment, loan)

    def _back(self, entry: Row, part: Mapping[str, Any]) -> dict[str, Any]:
        """The part that is sent back, with the payee its bank told of where none is given."""
        told = [each["payer"] for each in candidates.transactions(entry) if "payer" in each]
        payee = part.get("payee") or (told[0] if len(told) == 1 else {})
        if not all(payee.get(name) for name in ("name", "account", "bic")):
            raise Problem(
                "PAYEE-UNKNOWN",
                "the bank did not tell name, account and BIC of who paid: give them",
                field="payee",
            )
        return {"kind": SENT_BACK, "amount": int(part["amount"]), "payee": dict(payee)}

    def _decide(self, row: Row, exit_: str, person: Person, content: Mapping[str, Any]) -> Decision:
        before = decisions.holding(self._connection).get(_place(row))
        kept = {"telling": before.telling} if before is not None and before.telling else {}
        number = len(decisions.rows(self._connection)) + 1
        name = f"{exception_id(row)[:10]}{number:06x}"
        high = Decimal(row["amount"]).scaleb(-exponent(row["currency"])) > self._above
        step = decisions.PROPOSED if high else decisions.DECIDED
        known = {"known": tellings.marks(row["tellings"])}
        text = json.dumps({**kept, **content, **known}, sort_keys=True, ensure_ascii=False)
        return self._append(row, exit_, person, text, (name, step))

    def _append(self, row: Row, exit_: str, person: Person, text: str, of: tuple[str, str]) -> Decision:
        name, step = of
        problem = next(
            (each.problem for each in facts.shown(self._connection)
             if _place(each.row) == _place(row) and each.problem), "",
        )  # fmt: skip
        decisions.append(self._connection, {
            "step": step, "decision": name, "exit": exit_, "bic": row["bic"], "account": row["account"],
            "reference": row["reference"], "rule": problem.partition(":")[0][:40], "amount": row["amount"],
            "currency": row["currency"], "person": person.name, "reason": person.reason, "content": text,
            "at": self._now,
        })  # fmt: skip
        found = decisions.read(decisions.rows(self._connection))[_place(row)]
        return next(each for each in found if each.decision == name)


def _same(one: str, other: str) -> bool:
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _text(minor: int, entry: Row) -> str:
    return f"{decimal_text(minor, exponent(entry['currency']))} {entry['currency']}"
