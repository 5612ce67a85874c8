"""The closed loop of a drawdown: its product, the receivable that repays it, and who attests the four flows (S26)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.db import tables as ledger
from gateway.domain.closed_loop import Attested, Flow, Loop, examine
from gateway.ids import format_id
from gateway.risk.book import Declarations
from gateway.risk.facts import groups


def product_of(connection: Connection, facility: int) -> str | None:
    """The product that a facility was last declared to be of; None when its lender declared none."""
    declared = Declarations(connection).of("product of facility", str(facility))
    return declared[-1].fields["product"] if declared else None


def loop_of(connection: Connection, facility: Row[Any], loan: int) -> Loop | None:
    """A drawdown's loop; None for a facility of no declared product."""
    product = product_of(connection, facility.facility)
    if product is None:
        return None
    named = Declarations(connection).of("drawdown", str(loan))
    mine = [each for each in named if int(each.fields["facility"]) == facility.facility]
    root = int(mine[-1].fields["repaidBy"]) if mine else None
    attested = [] if root is None else attested_of(connection, root)
    return examine(product, root, facility.borrower, attested, groups(connection))


def attested_of(connection: Connection, root: int) -> list[Attested]:
    """What was attested about a receivable: on the ledger, where the evidence service stands for the trade, and as
    declared.
    """
    used, invoice = ledger.root_invoices.c, ledger.invoices.c
    query = (
        select(invoice.service)
        .join(ledger.root_invoices, used.nullifier == invoice.nullifier)
        .where(used.root == root)
        .distinct()
    )
    trade = [
        Attested(Flow.TRADE, service, f"the invoices behind {format_id(root)}, on the ledger")
        for service in connection.execute(query).scalars()
    ]
    declared = Declarations(connection).of("flow", str(root))
    return trade + [Attested(Flow(each.fields["flow"]), each.party, each.declaration) for each in declared]
