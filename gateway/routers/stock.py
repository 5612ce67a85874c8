"""Word from warehouses: files and signed messages of keepers, and what they come to."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection, Select, select

from gateway.adapters.kit import signed_messages
from gateway.adapters.warehouses import read_feed
from gateway.bootstrap import Gateway, Unit
from gateway.db import tables
from gateway.db.own_stock import feeds, tellings
from gateway.db.receipts import LedgerReceipts
from gateway.db.stock import StockBook, event_of
from gateway.domain.calendar import iso
from gateway.domain.records import Kind, Standing
from gateway.ports.stock import Signature
from gateway.problems import Problem
from gateway.risk import parameters
from gateway.routers.common import FILE_BODY, Content, Key, Reading, TheGateway, TheWrite
from gateway.routers.pages import ThePage, last
from gateway.routers.rules import AsOfDay, day_asked
from gateway.routers.today import moment
from gateway.schemas import stock as schemas
from gateway.schemas.fields import PARTY_MOST, Name
from gateway.services import stock as service

router = APIRouter(tags=["stock"])

_LONGEST_NAME = 300
_KEEPER = {"ge": 1, "le": PARTY_MOST, "description": "the keeper's party number"}
AKeeper = Annotated[int, Query(**_KEEPER)]
KeeperInPath = Annotated[int, Path(**_KEEPER)]
OneKeeper = Annotated[int | None, Query(**_KEEPER)]
Lot = Annotated[str | None, Query(max_length=500, description="by its full name")]


@router.post("/stock/feeds", status_code=201, response_model=schemas.Taken, openapi_extra=FILE_BODY)
def take(
    write: TheWrite,
    gateway: TheGateway,
    keeper: AKeeper,
    name: Annotated[Name, Query(description="file name, as findings name it")],
    content: Content,
) -> Response:
    """Take in a keeper's file: EPCIS 2.0 in JSON, a UBL inventory report, or the table of docs/warehouse-csv.md.

    The same content, or the same event in another file, counts once. A keeper whose keys are known signs what it sends,
    to its callback.
    """
    _known(gateway, keeper)
    if keeper in gateway.settings.warehouse_keys:
        sentence = f"keeper {keeper} signs its messages: a file is taken in at /callbacks/warehouses/{keeper}, signed"
        raise Problem("SIGNATURE-MISSING", sentence, status=401, keeper=keeper)
    read = read_feed(content, name, keeper)

    def work(unit: Unit) -> dict[str, Any]:
        return service.take_in(StockBook(unit.connection), read, content, moment(unit.connection))

    return write.once(content, work)


@router.post("/callbacks/warehouses/{keeper}", response_model=schemas.Taken)
async def callback(keeper: KeeperInPath, request: Request, gateway: TheGateway, _: Key) -> dict[str, Any]:
    """What a keeper's system reports, signed by the keeper (RFC 9421); the key is the message's id, its name the
    file's."""
    body = await request.body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    # Off the event loop: the database may make it wait.
    return await run_in_threadpool(_take_callback, gateway, keeper, str(request.url), headers, body)


def _take_callback(
    gateway: Gateway, keeper: int, url: str, headers: dict[str, str], body: bytes
) -> dict[str, Any]:
    keys = gateway.settings.warehouse_keys.get(keeper)
    if keys is None:
        raise _unknown(keeper)
    _known(gateway, keeper)
    found = signed_messages.check(f"keeper {keeper}", keys, url, headers, body)
    if not 1 <= len(found.name) <= _LONGEST_NAME or not found.name.isprintable():
        raise Problem("MESSAGE-NAME", f"a message's name has 1 to {_LONGEST_NAME} printable characters")
    read = read_feed(body, found.name, keeper)
    signature = Signature(found.message_id, found.address, found.headers, found.public_key)
    with gateway.unit() as unit:
        return service.take_in(StockBook(unit.connection), read, body, moment(unit.connection), signature)


def _known(gateway: Gateway, keeper: int) -> None:
    """Raise Problem(KEEPER-UNKNOWN) unless the party was admitted as a keeper, and KEEPER-SUSPENDED while it is
    suspended."""
    with gateway.view() as unit:
        query = select(tables.parties.c.kinds, tables.parties.c.status).where(
            tables.parties.c.party == keeper
        )
        party = unit.connection.execute(query).one_or_none()
    if party is None or not party.kinds & Kind.KEEPER:
        raise _unknown(keeper)
    if party.status == Standing.SUSPENDED:
        sentence = f"keeper {keeper} is suspended: nobody relies on its word, and none is taken in"
        raise Problem("KEEPER-SUSPENDED", sentence, status=403, keeper=keeper)


def _unknown(keeper: int) -> Problem:
    return Problem("KEEPER-UNKNOWN", f"{keeper} is no keeper of this network", status=404, keeper=keeper)


@router.get("/stock", response_model=schemas.Positions)
def stock(
    unit: Reading, gateway: TheGateway, page: ThePage, keeper: OneKeeper = None, day: AsOfDay = None
) -> dict[str, Any]:
    """What is told to lie where, per lot and unit: last event and count, what does not agree, and how old the keeper's
    word is on a day."""
    asked = day_asked(unit, day)
    word = _word(unit.connection, gateway, asked, keeper)
    found = page.of(service.describe_stock(word), _place)
    return page.answer_of("stock", found, lambda row: row) | {"day": iso(asked)}


def _place(row: dict[str, Any]) -> str:
    return "|".join((f"{row['keeper']:010}", row["lot"], row["place"], row["unit"]))[:300]


@router.get("/stock/differences", response_model=schemas.Differences)
def differences(
    unit: Reading, gateway: TheGateway, page: ThePage, keeper: OneKeeper = None, day: AsOfDay = None
) -> dict[str, Any]:
    """What keepers' tellings do not agree on, each named by its rule."""
    asked = day_asked(unit, day)
    word = _word(unit.connection, gateway, asked, keeper)
    found = page.of(word.differences, lambda each: f"{each.keeper:010}|{each.lot}|{each.rule}"[:300])
    return page.answer_of("differences", found, service.describe_difference) | {"day": iso(asked)}


def _word(connection: Connection, gateway: Gateway, day: int, keeper: int | None) -> service.Word:
    terms = parameters.feed(connection, day)
    rhythms, receipts = gateway.settings.feed_rhythm_days, LedgerReceipts(connection)
    return service.word_of(StockBook(connection), day, terms, rhythms, receipts, keeper)


@router.get("/stock/feeds", response_model=schemas.Feeds)
def files(unit: Reading, page: ThePage, keeper: OneKeeper = None) -> dict[str, Any]:
    """Files and messages of keepers, as they came, with what was found in each and whether it is put right."""
    same = ("keeper", "sha256", "form", "status", "events", "received_at", "message")
    query = select(
        feeds.c.place, feeds.c.name, feeds.c.said_at, feeds.c.answer, *(feeds.c[name] for name in same)
    )
    if keeper is not None:
        query = query.where(feeds.c.keeper == keeper)
    found = page.rows(unit.connection, query, feeds.c.place)
    standing = {(each.keeper, each.sha256) for each in StockBook(unit.connection).refused(keeper)}

    def show(row: Any) -> dict[str, Any]:
        told: dict[str, Any] = {"file": row.name, "said_at": service.instant(row.said_at)}
        answer = json.loads(row.answer)
        told |= {name: answer[name] for name in ("exceptions", "notes")}
        told["standing"] = (row.keeper, row.sha256) in standing
        return told | {name: getattr(row, name) for name in same}

    return page.answer("feeds", found, show, last("place"))


@router.get("/stock/{keeper}/tellings", response_model=schemas.Tellings)
def told(unit: Reading, page: ThePage, keeper: KeeperInPath, lot: Lot = None) -> dict[str, Any]:
    """Everything that a keeper told, by the time of its events; of one lot, if one is asked for."""
    query: Select[Any] = select(tellings).where(tellings.c.keeper == keeper)
    if lot is not None:
        query = query.where(tellings.c.lot == lot)
    key = ("at", "event", "content", "taken_back", "part")
    found = page.rows(unit.connection, query, *(tellings.c[name] for name in key))

    def show(row: Any) -> dict[str, Any]:
        return service.describe_telling(event_of([row]), row.part)

    return page.answer("tellings", found, show, last(*key))
