"""The lists of a day over HTTP: as JSON, and as the files that people work from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import Connection, func, select

from gateway import day_end_files, reconciler
from gateway.adapters.banks.reconciling import Wanted
from gateway.adapters.ledger.chain import blocks
from gateway.adapters.ledger.words import KIND, SETTLED, TITLE
from gateway.adapters.rulebook import shipped
from gateway.bootstrap import Gateway, now
from gateway.db import own
from gateway.db import own_day_ends as kept
from gateway.db import tables as ledger
from gateway.domain.calendar import day_of_date, first_second, iso
from gateway.domain.stock_feeds import Rhythms
from gateway.domain.trade import decimal_text
from gateway.money import exponent
from gateway.problems import Problem
from gateway.risk.goods_clocks import goods_clocks
from gateway.routers.as_of import View, viewing
from gateway.routers.common import TheGateway
from gateway.schemas import day_lists as schemas
from gateway.schemas.fields import IsoDate
from gateway.services.day_lists import DayList, DayLists, day_lists

router = APIRouter(tags=["day end"])

Day = Annotated[IsoDate, Path(description="business day")]
FileName = Annotated[str, Path(max_length=40, pattern=r"^[a-z-]+\.(csv|xlsx)$", examples=["due.csv"])]

_MEDIA = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@router.get("/day-ends/{day}", response_model=schemas.DayLists)
def lists(day: Day, request: Request, gateway: TheGateway) -> dict[str, Any]:
    """What people work from at the end of a day, with totals that tie to the day's reconciliation.

    Due today and in the next five business days, overdue with class, ordered and not confirmed, held, open differences,
    interest accrued, goods by lot, keepers whose word is late, what runs out on goods (calls, valuations, storage,
    sales, releases, keepers' answers), and what happened to certificates (CN77-19). The ledger and what keepers told
    are as of the end of the day; what else the gateway keeps itself is of now.
    """
    return _document(request, gateway, day)


_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {"schema": {"type": "string", "format": "binary"}} for media in _MEDIA.values()}}
}


@router.get("/day-ends/{day}/{file}", response_class=Response, responses=_FILES)
def file(day: Day, file: FileName, request: Request, gateway: TheGateway) -> Response:
    """One of the day's files: `due.csv` and the other lists, `totals.csv`, `ties.csv`, or all as `day-end.xlsx`."""
    files = day_end_files.files_of(_document(request, gateway, day))
    if file not in files:
        raise Problem("FILE-UNKNOWN", f"a day end has {', '.join(files)}", status=404, file=file)
    return Response(files[file], media_type=_MEDIA[file.rpartition(".")[2]])


def _document(request: Request, gateway: Gateway, when: IsoDate) -> dict[str, Any]:
    try:
        day = day_of_date(when)
    except ValueError as error:
        raise Problem("DAY-FORM", str(error), field="day") from None
    with gateway.view() as unit:
        today = reconciler.ledger_day(unit.connection, now())
    with viewing(request, gateway, iso(day) if day < today else None) as view:
        return _shown(_lists(view, day, gateway.settings.rhythms), view.seen)


def _lists(view: View, day: int, rhythms: Rhythms) -> DayLists:
    rows = reconciler.rows_of(view.ledger)
    wanted = Wanted(day, cumulative=True)
    compared = reconciler.run(view.own, wanted, now(), rows=rows, rhythms=rhythms)
    names = _names(view)
    open_ = view.own.execute(select(kept.differences).where(kept.differences.c.state == "open")).mappings()
    return day_lists(
        compared.found,
        rows,
        list(_events(view, day)),
        [dict(row) for row in open_],
        names,
        shipped().pack.calendar,
        list(goods_clocks(view.ledger, view.own, day)),
    )


def _names(view: View) -> dict[int, str]:
    """Names of parties, as far as their hash is the one on the ledger (decision page 0017)."""
    parties, identities = ledger.parties.c, own.identities.c
    known = view.ledger.execute(select(parties.party, parties.identity))
    admitted = {(row.party, bytes(row.identity)) for row in known}
    told = view.own.execute(select(identities.party, identities.commitment, identities.name))
    return {row.party: row.name for row in told if (row.party, bytes(row.commitment)) in admitted}


def _events(view: View, day: int) -> Iterator[Mapping[str, Any]]:
    """What happened to certificates on a day, with what the lists need beside it."""
    found = _blocks_of(view.own, day)
    if found is None:
        return
    history, titles = ledger.title_history, ledger.titles
    query = (
        select(history, titles.c.root)
        .join(titles, titles.c.title == history.c.title)
        .where(history.c.block_number.between(*found), titles.c.flags.op("&")(KIND) == 0)
        .order_by(history.c.block_number, history.c.log_index, history.c.row)
    )
    rows = [dict(row) for row in view.ledger.execute(query).mappings()]
    holders = {(row["block_number"], row["log_index"], row["title"]): row["to_holder"] for row in rows}
    for row in rows:
        flags = TITLE.unpack(row["word"])["flags"]
        settled = row["event"] in ("PaidOut", "SettledEarly") and bool(flags & SETTLED)
        parent = holders.get((row["block_number"], row["log_index"], row["counterpart"]), 0)
        yield {**row, "settled": settled, "parent_holder": parent}


def _blocks_of(connection: Connection, day: int) -> tuple[int, int] | None:
    """The first and last block of a day that was read."""
    span = blocks.c.time.between(first_second(day), first_second(day + 1) - 1)
    row = connection.execute(select(func.min(blocks.c.number), func.max(blocks.c.number)).where(span)).one()
    return None if row[0] is None else (row[0], row[1])


def _shown(found: DayLists, seen: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "day": iso(found.day),
        "lists": [_list(each) for each in found.lists],
        "ties": [
            {
                "list": each.list_name, "says": each.says, "currency": each.currency,
                "listed": decimal_text(each.listed, exponent(each.currency)),
                "reconciled": decimal_text(each.reconciled, exponent(each.currency)), "agrees": each.agrees,
            }
            for each in found.ties
        ],
        "as_of": seen,
    }  # fmt: skip


def _list(each: DayList) -> dict[str, Any]:
    return {
        "name": each.name, "title": each.title, "columns": each.columns, "amounts": each.amounts,
        "rows": each.shown(), "totals": each.totals(),
    }  # fmt: skip
