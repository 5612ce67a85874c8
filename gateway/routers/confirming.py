"""What the rules say to a payable that is being confirmed, put on record with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from gateway.adapters.rulings import Asked, Rulings, receivable_subject
from gateway.bootstrap import now
from gateway.db import own
from gateway.db.trade import TradeBook
from gateway.domain.calendar import day_of_date
from gateway.domain.matching import ProposedPayable
from gateway.domain.rulings import Case, ClockCase, DeliveryCase, TenorCase, UndisputedCase
from gateway.routers.rules import show
from gateway.routers.today import today


def rule_on_confirmation(
    connection: Connection, root: int, proposal: ProposedPayable
) -> list[dict[str, Any]]:
    """Rulings on a confirmed payable: made when it is confirmed first, and the same ones ever after.

    Tenor (CN77-11), due day against delivery (SME-9), the undisputed part (SME-15), and the clock of a request
    (SME-16), which ends with it. Nothing is refused here: the contract holds to the tenor, the parties to the rest.
    """
    subject, table = receivable_subject(root), own.rulings.c
    kept = select(own.rulings).where(table.subject == subject, table.party == 0).order_by(table.place)
    rows = connection.execute(kept).all()
    if not rows:
        day = today(connection)
        cases = _cases(connection, proposal, day)
        rows = Rulings(connection).rule_if_in_force(Asked(subject, day), cases, now())
    return [show(row) for row in rows]


def _cases(connection: Connection, proposal: ProposedPayable, day: int) -> list[Case]:
    due = day_of_date(proposal.due)
    cases: list[Case] = [TenorCase(day, due)] if day <= due else []
    book = TradeBook(connection)
    key = proposal.key.text()
    for result in book.match().results:
        if result.key is None or result.key.text() != key or result.proposed != proposal.amount:
            continue
        delivered = book.delivered_on(result)
        if delivered is not None:
            cases.append(DeliveryCase(day_of_date(delivered), due))
        cases.append(UndisputedCase(result.net, result.net - proposal.amount, proposal.amount))
        break
    asked = own.confirmation_requests.c
    request = select(asked.requested_day).where(asked.invoice == key, asked.confirmed_day.is_(None))
    requested = connection.execute(request).scalar_one_or_none()
    if requested is not None:
        closed = update(own.confirmation_requests).where(asked.invoice == key).values(confirmed_day=day)
        connection.execute(closed)
        cases.append(ClockCase(requested, day))
    return cases
