"""At which block a question about the ledger is answered: the latest that was read, or one asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from sqlalchemy import Connection, func, select

from gateway.adapters.ledger.chain import blocks
from gateway.bootstrap import Gateway
from gateway.domain.calendar import day_of_date, first_second
from gateway.problems import Problem
from gateway.routers.common import TheGateway

_FORM = r"^([0-9]{1,15}|[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt][0-9:.]{5,18}([Zz]|[+-][0-9]{2}:[0-9]{2}))?)$"
_AS_OF = Query(
    pattern=_FORM,
    description="answer as things were: after a block (its number), at an instant (RFC 3339), or at the end of a day "
    "of Asia/Shanghai (YYYY-MM-DD). Default: after the latest block that was read",
    examples=["1024", "2026-03-31", "2026-03-31T16:00:00Z"],
)


@dataclass(frozen=True, slots=True)
class View:
    """The ledger's tables after one block. `own` has the gateway's own tables, which are of today."""

    ledger: Connection
    own: Connection
    seen: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _At:
    number: int
    hash: str
    time: int

    def document(self) -> dict[str, Any]:
        sealed = datetime.fromtimestamp(self.time, UTC).isoformat().replace("+00:00", "Z")
        return {"block": self.number, "hash": self.hash, "time": sealed}


def _view(
    request: Request, gateway: TheGateway, as_of: Annotated[str | None, _AS_OF] = None
) -> Iterator[View]:
    with viewing(request, gateway, as_of) as view:
        yield view


@contextmanager
def viewing(request: Request, gateway: Gateway, as_of: str | None) -> Iterator[View]:
    """The ledger's tables as they are, or as they were; `as_of` has the form of the parameter. Raises Problem."""
    with gateway.view() as unit:
        head = _head(unit.connection)
        if as_of is None:
            nothing = {"block": -1, "hash": None, "time": None}
            yield View(unit.connection, unit.connection, nothing if head is None else head.document())
            return
        at = _block(gateway, unit.connection, head, as_of)
        with request.app.state.snapshots.at(at.number) as ledger:
            yield View(ledger, unit.connection, at.document())


TheView = Annotated[View, Depends(_view)]


def _head(connection: Connection) -> _At | None:
    """The last block whose facts are in the tables."""
    last = select(func.max(blocks.c.number)).scalar_subquery()
    row = connection.execute(select(blocks).where(blocks.c.number == last)).one_or_none()
    return None if row is None else _At(row.number, "0x" + row.hash.hex(), row.time)


def _block(gateway: Gateway, connection: Connection, head: _At | None, as_of: str) -> _At:
    if head is None:
        raise _ahead(-1, as_of)
    if as_of.isdecimal():
        number = int(as_of)
        if number > head.number:
            raise _ahead(head.number, as_of)
    else:
        instant = _instant(as_of)
        if instant > head.time:
            raise _ahead(head.number, as_of)
        number = _last_until(gateway, connection, instant)
    if number < gateway.first_block:
        sentence = f"the ledger begins with block {gateway.first_block}"
        raise Problem("AS-OF-BEFORE", sentence, status=404, field="as_of", found=as_of)
    return _header(gateway, number)


def _ahead(head: int, as_of: str) -> Problem:
    sentence = f"that is later than block {head}, the last that was read"
    return Problem("AS-OF-AHEAD", sentence, status=404, field="as_of", found=as_of)


def _instant(as_of: str) -> int:
    """Seconds since 1970: of an instant, or of the last second of a day."""
    try:
        if re.fullmatch(r"[0-9-]{10}", as_of):
            return first_second(day_of_date(date.fromisoformat(as_of)) + 1) - 1
        return int(datetime.fromisoformat(as_of.upper()).timestamp())
    except (ValueError, OverflowError):
        raise Problem(
            "AS-OF-FORM", "there is no such day or instant", status=404, field="as_of", found=as_of
        ) from None


def _last_until(gateway: Gateway, connection: Connection, instant: int) -> int:
    """The last block that was sealed by then; -1 when none was. The index names the ends, the node the rest."""
    until = select(func.max(blocks.c.number)).where(blocks.c.time <= instant)
    after = select(func.min(blocks.c.number)).where(blocks.c.time > instant)
    lower, upper = connection.execute(until).scalar_one(), connection.execute(after).scalar_one()
    if lower is None:
        return -1
    low, high = int(lower), int(upper if upper is not None else lower + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _header(gateway, middle).time <= instant else (low, middle)
    return low


def _header(gateway: Gateway, number: int) -> _At:
    block = gateway.chain.block(number)
    if block is None:
        raise Problem("NODE-BEHIND", f"the node has no block {number} yet: ask again", status=503)
    return _At(block.number, block.hash, block.time)
