"""What booked entries are about, asked of the ledger at the moment they are read.

A prepared fact is only a draft. It counts when the bank's own payments people sign it and the ledger takes it; then
the entry is `recorded`, and no draft of it is shown any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.queries import Accounts
from gateway.problems import Problem
from gateway.services.payments import AccountRef, FactKind, subject_of

_NEVER = (1 << 40) - 1
_OUTSTANDING, _WRITTEN_OFF = 2, 5
_AT_ONCE = 500
"""Ids asked for in one question: databases bound the number of values in it."""

_RECORDED = ("kind", "subject", "loan", "bank")

Row = Mapping[str, Any]

RECORDED, PREPARED, WAITING, EXCEPTION, OTHER = "recorded", "prepared", "waiting", "exception", "other"
STATES = (RECORDED, PREPARED, WAITING, EXCEPTION, OTHER)


@dataclass(slots=True)
class Shown:
    """An entry, and what it is to the ledger.

    `recorded`: the ledger has it as `fact`. `prepared`: `fact` can be signed. `waiting`: another entry has to be
    recorded first, `problem` says why. `exception`: a person decides about `problem`. `other`: no money came in.
    """

    row: Row
    state: str
    fact: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


def shown(connection: Connection, *, unsettled: bool = False) -> list[Shown]:
    """Every kept entry as it stands now, by value day and reference; only those not recorded where asked so."""
    entries, accounts, movements = own.entries, own.accounts, ledger.movements
    ours = (accounts.c.bic == entries.c.bic) & (accounts.c.account == entries.c.account)
    same = (movements.c.entry == entries.c.entry) & (movements.c.account == accounts.c.commitment)
    found = (
        select(entries, *(movements.c[name] for name in _RECORDED))
        .outerjoin(accounts, ours)
        .outerjoin(movements, same & (movements.c.bank == accounts.c.bank))
        .order_by(entries.c.value_day, entries.c.reference)
    )
    if unsettled:
        found = found.where(movements.c.entry.is_(None), entries.c.side == "credit")
    reader = _Reader(connection)
    listed = [reader.show(dict(row)) for row in connection.execute(found).mappings()]
    reader.name_loans(listed)
    return listed


class _Reader:
    """Prepares facts from entries; what it asks of the ledger is asked once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._accounts = Accounts(connection)
        self._known: dict[tuple[str, str], AccountRef | None] = {}

    def show(self, row: Row) -> Shown:
        """The entry, with a draft of its fact where one can be made."""
        if row["side"] != "credit":
            return Shown(row, OTHER)
        if row["kind"] is not None:
            return Shown(row, RECORDED, {name: row[name] for name in _RECORDED})
        try:
            return Shown(row, PREPARED, self._fact(row))
        except Problem as problem:
            return Shown(row, EXCEPTION, problem=str(problem))

    def _account(self, bic: str, number: str) -> AccountRef | None:
        if (bic, number) not in self._known:
            self._known[bic, number] = self._accounts.by_number(bic, number)
        return self._known[bic, number]

    def _fact(self, row: Row) -> dict[str, Any]:
        account = self._account(row["bic"], row["account"])
        if account is None:
            raise Problem("ACCOUNT-UNKNOWN", f"the account {row['account']} is not bound to anyone")
        if row["reversal"]:
            raise Problem(
                "REVERSAL", "the bank takes back a booking of its own: a person decides", rule_source="DEC-10"
            )
        if row["transactions"] != 1:
            raise Problem(
                "BATCH-ENTRY", f"an entry of {row['transactions']} transactions is not one movement"
            )
        kind, subject = _about(row)
        return {
            "kind": int(kind),
            "subject": subject,
            "loan": 0,
            "bank": account.bank,
            "account": account.commitment,
            "valueDay": row["value_day"],
            "amount": row["amount"],
            "credit": True,
            "entry": bytes(row["entry"]),
            "expiresAt": _NEVER,
        }

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
        return found

    def _owed(self, facilities: set[int]) -> dict[int, list[int]]:
        """The loans on which each facility is owed anything: the first to fall due first, written-off ones last."""
        loans = ledger.loans.c
        found: dict[int, list[int]] = {}
        for some in _chunks(sorted(facilities)):
            rows = self._connection.execute(
                select(loans.facility, loans.loan)
                .where(loans.facility.in_(some), loans.phase.in_((_OUTSTANDING, _WRITTEN_OFF)))
                .order_by(loans.phase, loans.due_day, loans.loan)
            )
            for row in rows:
                found.setdefault(row.facility, []).append(row.loan)
        return found


def _about(row: Row) -> tuple[FactKind, int]:
    kind, subject = subject_of(row["end_to_end"])
    if not row["returned"]:
        return kind, subject
    if kind is FactKind.CREDITED:
        return FactKind.RETURNED, subject
    raise Problem("RETURN", f"{row['end_to_end']} came back ({row['returned']}): a person decides")


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
