"""Who is overdue, who is stopped, and which stops and cures the facts call for (CN77-15)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from gateway.db import tables as ledger
from gateway.domain.calendar import first_second, iso
from gateway.domain.records import Kind
from gateway.domain.stopping import RULE, Cause, Due, causes, cured
from gateway.risk.book import Declarations
from gateway.risk.facts import certificates_due, declared_due
from gateway.risk.parameters import calendar, persistence

STOP_DAYS = 180
"""How long a proposed stop would stand: it ends by itself unless it is cured before, or ordered again."""
_EXPIRY_DAYS = 7
_OFFICES = Kind.BANK | Kind.PLATFORM


@dataclass(frozen=True, slots=True)
class DebtorRecord:
    """A debtor's payment record on a day: everything that was due, on the ledger or declared, and its stop."""

    debtor: int
    group: int
    dues: Sequence[Due]
    stopped_until: int

    def overdue(self, day: int) -> list[Due]:
        """What is past due and not paid."""
        return [due for due in self.dues if due.overdue(day)]


def records(view: Connection, own: Connection, today: int, until: int) -> list[DebtorRecord]:
    """Every debtor with anything due before today, or stopped, by its number."""
    business = calendar(own, today)
    dues = certificates_due(view, today, business)
    told = Declarations(own).of("outside default", until=until)
    for debtor, declared in declared_due(told, business).items():
        dues.setdefault(debtor, []).extend(declared)
    parties = {row.party: row for row in view.execute(select(ledger.parties))}
    stopped = {number for number, row in parties.items() if row.stopped and row.stopped_until_day >= today}
    return [
        DebtorRecord(
            number,
            parties[number].group_number if number in parties else 0,
            dues.get(number, []),
            parties[number].stopped_until_day if number in stopped else 0,
        )
        for number in sorted({*dues, *stopped})
    ]


@dataclass(frozen=True, slots=True)
class Proposal:
    """An order that the facts call for: the act as two offices of different groups would sign it, with its evidence.

    The act's `reason` is the SHA-256 of `evidence`. `offices` may sign: banks and platform, neither the debtor nor
    of its group; who holds or finances its certificates gains by it, and the ledger refuses such an office.
    """

    function: str
    debtor: int
    message: dict[str, Any]
    evidence: str
    causes: tuple[Cause, ...]
    offices: list[int]


def proposals(view: Connection, own: Connection, found: Sequence[DebtorRecord], today: int) -> list[Proposal]:
    """A stop for every debtor that has cause and is not stopped, a cure for every one that is and has none left."""
    offices = view.execute(
        select(ledger.parties.c.party, ledger.parties.c.group_number)
        .where(ledger.parties.c.kinds.op("&")(int(_OFFICES)) != 0, ledger.parties.c.status == 1)
        .order_by(ledger.parties.c.party)
    ).all()
    terms = persistence(own, today)
    proposed = []
    for record in found:
        why = () if terms is None else causes(record.dues, today, terms)
        if why and not record.stopped_until:
            function = "stop"
        elif record.stopped_until and record.dues and cured(record.dues, today):
            function, why = "cure", ()
        else:
            continue
        may = [
            row.party for row in offices if row.party != record.debtor and row.group_number != record.group
        ]
        evidence = _evidence(function, record, why, today)
        proposed.append(
            Proposal(function, record.debtor, _message(function, record, evidence, today), evidence, why, may)
        )
    return proposed


def _message(function: str, record: DebtorRecord, evidence: str, today: int) -> dict[str, Any]:
    """The same facts on the same day give the same act, so that both offices sign one digest."""
    reason = sha256(evidence.encode()).digest()
    message: dict[str, Any] = {"party": record.debtor, "reason": "0x" + reason.hex()}
    if function == "stop":
        message["endDay"] = today + STOP_DAYS
    nonce = int.from_bytes(sha256(function.encode() + reason).digest()[:6], "big")
    return {**message, "nonce": nonce, "expiresAt": first_second(today + _EXPIRY_DAYS)}


def _evidence(function: str, record: DebtorRecord, why: Sequence[Cause], today: int) -> str:
    """What is observed, as one line of JSON that anybody can make again from ledger and declarations."""
    dues = sorted(
        {due for cause in why for due in cause.dues} or record.dues,
        key=lambda due: (due.due_day, due.reference),
    )
    told = {
        "rule": RULE,
        "order": function,
        "debtor": record.debtor,
        "day": iso(today),
        "causes": [cause.sentence for cause in why] or ["Everything that was due has been paid."],
        "due": [
            {
                "kind": str(due.source), "reference": due.reference, "in_time_until": iso(due.due_day),
                "amount_minor": due.amount, "unpaid_minor": due.unpaid(today),
            }
            for due in dues
        ],
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
