"""The ledger's today: the Shanghai day of the last block that was read."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from gateway.adapters.ledger.chain import blocks
from gateway.bootstrap import now
from gateway.domain.calendar import day_of


def today(connection: Connection) -> int:
    """The ledger day of the last block read; the clock's while none was."""
    time = connection.execute(select(func.max(blocks.c.time))).scalar_one()
    return day_of(now() if time is None else int(time))
