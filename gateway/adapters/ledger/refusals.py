"""Instructions that ended without taking effect, in the order they came in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from chainsvc.api import State
from chainsvc.tables import instructions

_ENDED = (State.FINAL, State.REFUSED, State.FAILED)


def latest(connection: Connection) -> int:
    """Number of the last instruction before the first that has not ended."""
    numbers = instructions.c.id
    first_open = connection.execute(
        select(func.min(numbers)).where(instructions.c.state.not_in(_ENDED))
    ).scalar_one()
    if first_open is not None:
        return int(first_open) - 1
    return int(connection.execute(select(func.coalesce(func.max(numbers), 0))).scalar_one())


def refused_after(connection: Connection, number: int) -> Sequence[Row[Any]]:
    """Instructions after `number` that were refused or failed: key, function, state, reason, error."""
    columns = [instructions.c[name] for name in ("key", "function", "state", "reason", "error")]
    ended = instructions.c.state.in_((State.REFUSED, State.FAILED))
    query = select(*columns).where(instructions.c.id > number, ended).order_by(instructions.c.id)
    return connection.execute(query).all()
