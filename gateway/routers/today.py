"""The ledger's clock, as far as it has been read."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from gateway.adapters.ledger.chain import blocks
from gateway.bootstrap import now
from gateway.domain.calendar import day_of


def today(connection: Connection) -> int:
    """The ledger's today: the Shanghai day of the last block that was read; the clock's while none was."""
    time = _last_block(connection)
    return day_of(now() if time is None else time)


def moment(connection: Connection) -> int:
    """When something comes in that is dated by the ledger's days: never before the last block, whose clock may be ahead
    of this machine's.
    """
    return max(now(), _last_block(connection) or 0)


def _last_block(connection: Connection) -> int | None:
    time = connection.execute(select(func.max(blocks.c.time))).scalar_one()
    return None if time is None else int(time)
