"""The ledger's tables as the risk rules read them: facilities and the debtors behind them, groups, what was due."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, func, select

from gateway.adapters.ledger.words import SETTLED, SPENT
from gateway.db import tables as ledger
from gateway.db.order_tables import orders
from gateway.domain.business_days import BusinessCalendar, payment_day
from gateway.domain.calendar import day_of_iso
from gateway.domain.exposure import Position
from gateway.domain.stopping import Due, Source
from gateway.ids import format_id
from gateway.risk.book import Declared

_DEAD = SPENT | SETTLED
_LIVE, _CLOSED = 2, 3
_RECEIVED = 3
"""Kind of the movement that brings a root's money."""


def facility_of(connection: Connection, number: int) -> Row[Any] | None:
    """A facility's row."""
    table = ledger.facilities
    return connection.execute(select(table).where(table.c.facility == number)).one_or_none()


def root_of(connection: Connection, number: int) -> Row[Any] | None:
    """A root's row."""
    return connection.execute(select(ledger.roots).where(ledger.roots.c.root == number)).one_or_none()


def title_of(connection: Connection, number: int) -> Row[Any] | None:
    """A title's row, with currency, due day, debtor and first payee of its root."""
    table, root = ledger.titles, ledger.roots.c
    columns = root.currency, root.due_day, root.debtor, root.payee, root.phase
    query = select(table, *columns).join(ledger.roots, table.c.root == root.root)
    return connection.execute(query.where(table.c.title == number)).one_or_none()


def groups(connection: Connection) -> dict[int, int]:
    """Each party's group."""
    table = ledger.parties
    return {
        row.party: row.group_number for row in connection.execute(select(table.c.party, table.c.group_number))
    }


def positions(connection: Connection, lender: int, currency: int | None = None) -> list[Position]:
    """A lender's facilities, with the open face value of their titles by debtor."""
    table = ledger.facilities
    query = select(table).where(table.c.lender == lender).order_by(table.c.facility)
    if currency is not None:
        query = query.where(table.c.currency == currency)
    rows = connection.execute(query).all()
    faces = _faces(connection, [row.facility for row in rows])
    return [
        Position(row.facility, lender, row.borrower, row.currency, row.used, faces[row.facility])
        for row in rows
    ]


def _faces(connection: Connection, facilities: Iterable[int]) -> dict[int, dict[int, int]]:
    """What certificates still claim of each debtor, and what each buyer is still to take of its orders."""
    title, locks, found = ledger.titles.c, list(facilities), defaultdict[int, Counter[int]](Counter)
    for of, number, debtor in (
        (ledger.roots, ledger.roots.c.root, ledger.roots.c.debtor),
        (orders, orders.c.order, orders.c.buyer),
    ):
        query = (
            select(title.lock, debtor.label("debtor"), func.sum(title.quantity - title.paid).label("face"))
            .join(of, title.root == number)
            .where(title.lock.in_(locks), title.flags.op("&")(_DEAD) == 0)
            .group_by(title.lock, debtor)
        )
        for row in connection.execute(query):
            found[row.lock][row.debtor] += int(row.face)
    return {lock: dict(found[lock]) for lock in locks}


def certificates_due(connection: Connection, today: int, business: BusinessCalendar) -> dict[int, list[Due]]:
    """What each debtor's receivables that are past due were to bring, and what came when."""
    root = ledger.roots.c
    query = select(ledger.roots).where(root.phase.in_((_LIVE, _CLOSED)), root.due_day < today)
    rows = connection.execute(query.order_by(root.root)).all()
    paid = _paid(connection, [row.root for row in rows])
    found: dict[int, list[Due]] = defaultdict(list)
    for row in rows:
        owed = row.quantity - row.removed - row.written_off
        last = payment_day(business, row.due_day).day
        due = Due(Source.CERTIFICATE, format_id(row.root), last, owed, tuple(sorted(paid[row.root])))
        found[row.debtor].append(due)
    return found


def _paid(connection: Connection, roots: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    move, back = ledger.movements.c, ledger.movements.alias().c
    taken_back = select(back.reverses).where(back.reverses.is_not(None))
    query = select(move.subject, move.value_day, move.amount).where(
        move.kind == _RECEIVED, move.subject.in_(list(roots)), move.movement.not_in(taken_back)
    )
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.subject].append((row.value_day, row.amount))
    return found


def declared_due(declared: Iterable[Declared], business: BusinessCalendar) -> dict[int, list[Due]]:
    """Bonds and bills that persons declared, by debtor."""
    found: dict[int, list[Due]] = defaultdict(list)
    for each in declared:
        fields, amount = each.fields, each.minor("amount")
        payments = ((day_of_iso(fields["paid"]), amount),) if fields["paid"] else ()
        last = payment_day(business, day_of_iso(fields["due"])).day
        due = Due(Source(fields["instrument"]), fields["reference"], last, amount, payments)
        found[int(fields["debtor"])].append(due)
    return found
