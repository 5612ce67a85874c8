"""A party in trouble: its suspension, who succeeds to its signatures, and what that does to its titles, its loans and
the rank of its claims (2.3 E).

A title belongs to a party's number, never to a key: an administrator who succeeds signs from then on, and every title,
lock, loan and rank stays as it was, with its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.adapters.ledger.words import FROZEN, SETTLED, SPENT
from gateway.db import tables as ledger
from gateway.domain.records import Standing
from gateway.domain.terms.progress import next_line
from gateway.domain.terms.standing import overdue_since
from gateway.problems import Problem
from gateway.services.loan_rows import accrual_of, loan_of

_OWED = (2, 5)
"""Phases of a loan in which its principal is a debt."""
_LIVE = 2


@dataclass(frozen=True, slots=True)
class Holding:
    """What a party's titles still claim in one currency, in minor units: in all, pledged, frozen, past due."""

    currency: int
    titles: int
    open: int
    pledged: int
    frozen: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Debt:
    """What stands between a party and another, in one currency: `side` is what the party is in it. `next_day` is the
    first due day from today on, `overdue_since` the oldest one before it that was not paid; 0 for none.
    """

    side: str
    other: int
    currency: int
    principal: int
    count: int
    next_day: int
    overdue_since: int


@dataclass(frozen=True, slots=True)
class PartyStanding:
    """All of it, on a day."""

    party: Row[Any]
    live_signers: int
    orders: Sequence[Row[Any]]
    recoveries: Sequence[Row[Any]]
    holdings: Sequence[Holding]
    debts: Sequence[Debt]
    effects: Sequence[tuple[str, str]]


def standing_of(view: Connection, number: int, day: int) -> PartyStanding:
    """A party's standing on a day. Raises Problem(PARTY-UNKNOWN)."""
    table = ledger.parties
    row = view.execute(select(table).where(table.c.party == number)).one_or_none()
    if row is None:
        raise Problem("PARTY-UNKNOWN", "no such party is admitted", status=404, party=number)
    orders = ledger.orders
    mine = ("suspend", "reinstate", "stop", "cure")
    found = view.execute(
        select(orders)
        .where(orders.c.subject == number, orders.c.act.in_(mine))
        .order_by(orders.c.block_number, orders.c.log_index)
    ).all()
    recoveries = ledger.recoveries
    announced = view.execute(
        select(recoveries)
        .where(recoveries.c.party == number)
        .order_by(recoveries.c.block_number, recoveries.c.log_index)
    ).all()
    return PartyStanding(
        row, row.signers, found, announced, _holdings(view, number, day), _debts(view, number, day),
        list(_effects(row, announced, day)),
    )  # fmt: skip


def _holdings(view: Connection, party: int, day: int) -> list[Holding]:
    title, root = ledger.titles.c, ledger.roots.c
    query = (
        select(title.quantity, title.paid, title.lock, title.flags, root.currency, root.due_day)
        .join(ledger.roots, title.root == root.root)
        .where(title.holder == party, title.flags.op("&")(SPENT | SETTLED) == 0)
    )
    sums: dict[int, list[int]] = {}
    for row in view.execute(query):
        claimed = row.quantity - row.paid
        line = sums.setdefault(row.currency, [0] * 5)
        for place, counts in enumerate((True, True, row.lock, row.flags & FROZEN, row.due_day < day)):
            line[place] += (1 if place == 0 else claimed) if counts else 0
    return [Holding(currency, *line) for currency, line in sorted(sums.items())]


def _debts(view: Connection, party: int, day: int) -> list[Debt]:
    """As borrower, as lender, as debtor; each by the other party and the currency."""
    facility = ledger.facilities.c
    found: list[Debt] = []
    for side, own, other in (
        ("borrower", facility.borrower, facility.lender), ("lender", facility.lender, facility.borrower),
    ):  # fmt: skip
        query = (
            select(ledger.loans, other.label("other"), facility.currency)
            .join(ledger.facilities, ledger.loans.c.facility == facility.facility)
            .where(own == party, ledger.loans.c.phase.in_(_OWED))
        )
        parts = []
        for row in view.execute(query):
            fields = row._asdict()
            loan, accrual = loan_of(fields), accrual_of(fields)
            line = next_line(loan, accrual, day)
            since = overdue_since(loan, accrual, day)
            parts.append(
                Debt(side, row.other, row.currency, row.principal, 1, line.due_day if line else 0, since)
            )
        found += _summed(parts)
    root = ledger.roots.c
    owed = (root.quantity - root.removed - root.written_off - root.received).label("owed")
    query = select(root.payee, root.currency, root.due_day, owed).where(
        root.debtor == party, root.phase == _LIVE
    )
    return found + _summed(
        Debt(
            "debtor", row.payee, row.currency, row.owed, 1, row.due_day if row.owed and row.due_day >= day else 0,
            row.due_day if row.owed and row.due_day < day else 0,
        )
        for row in view.execute(query)
    )  # fmt: skip


def _summed(parts: Iterable[Debt]) -> list[Debt]:
    """One row for each other party and currency: sums, and the first of their days."""
    rows: dict[tuple[int, int], list[Debt]] = {}
    for part in parts:
        rows.setdefault((part.other, part.currency), []).append(part)
    return [
        Debt(
            mine[0].side, other, currency, sum(each.principal for each in mine), len(mine),
            min((each.next_day for each in mine if each.next_day), default=0),
            min((each.overdue_since for each in mine if each.overdue_since), default=0),
        )
        for (other, currency), mine in sorted(rows.items())
    ]  # fmt: skip


def _effects(party: Row[Any], recoveries: Sequence[Row[Any]], day: int) -> list[tuple[str, str]]:
    """What the party's standing means, each with its rule."""
    found = []
    if party.status == Standing.SUSPENDED:
        found.append(
            ("DEC-5", "No signer of the party acts: nothing new is signed for it, and nothing signed counts.")
        )
        found.append(("DEC-14", "Debtors pay, loans are repaid and lists are paid out as before."))
        found.append(
            ("CC-440/441/445", "Locks on its titles stand, with their rank and the day they were made.")
        )
        if party.suspended_until_day < day:
            found.append(("DEC-5", "The order's last day has passed: anyone may carry the reinstatement."))
    for row in recoveries:
        who = "an administrator or successor" if row.succession else "the party with new keys"
        if row.state == "announced":
            veto = "" if row.succession else "; until then a live signer may veto it"
            found.append(("DEC-5", f"Its signatures pass to {who} once the seven days have run{veto}."))
        if row.state == "completed":
            found.append(
                (
                    "DEC-5",
                    f"Its signatures have passed to {who}; its titles, loans and ranks are what they were.",
                )
            )
    if party.stopped and party.stopped_until_day >= day:
        found.append(
            ("CN77-15", "It promises nothing new; what it promised before goes on and is to be paid.")
        )
    return found
