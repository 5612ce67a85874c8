"""Money that is held: whose it is, why, and the act by which its clearing bank pays it out again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from gateway.db import tables as ledger
from gateway.services.payments import FactKind

_FROZEN = 1


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of one title's money, in minor units.

    `because`: `frozen`, an order stands; `returned`, its line came back; `lifted`, the order is gone. Only a frozen
    title's money cannot be released.
    """

    title: int
    root: int
    holder: int
    clearing_bank: int
    currency: int
    amount: int
    because: str

    @property
    def releasable(self) -> bool:
        """Whether the clearing bank may release it now."""
        return self.because != "frozen"


def held(connection: Connection) -> Iterator[Held]:
    """Every title of which money is held, by its number."""
    titles, roots, movements = ledger.titles.c, ledger.roots.c, ledger.movements.c
    came_back = (
        select(func.count())
        .where(movements.kind == FactKind.RETURNED, movements.subject == titles.title)
        .scalar_subquery()
    )
    found = connection.execute(
        select(
            titles.title, titles.root, titles.holder, titles.flags, titles.held, roots.clearing_bank,
            roots.currency, came_back.label("came_back"),
        )
        .join(ledger.roots, titles.root == roots.root)
        .where(titles.held > 0)
        .order_by(titles.title)
    )  # fmt: skip
    for row in found:
        because = "frozen" if row.flags & _FROZEN else "returned" if row.came_back else "lifted"
        yield Held(
            row.title, row.root, row.holder, row.clearing_bank, row.currency, row.held, because
        )  # fmt: skip
