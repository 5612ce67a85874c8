"""What the rules watch: how long buyers take to confirm, and how fast receivables are split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import case, func, select

from gateway.adapters.ledger.chain import blocks
from gateway.adapters.ledger.words import KIND
from gateway.bootstrap import Unit, now
from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.engine import insert_new
from gateway.db.rules import RuleBook
from gateway.db.trade import TradeBook
from gateway.domain.calendar import first_second, iso
from gateway.domain.rules import NotInForce, Pack, in_force, pack_on
from gateway.domain.rulings import ClockCase, SplitCase, decide
from gateway.ids import format_id
from gateway.problems import Problem
from gateway.routers.common import Reading, TheWrite
from gateway.routers.pages import ThePage, last
from gateway.routers.today import today
from gateway.schemas import rules as schemas
from gateway.schemas.fields import PARTY_MOST

router = APIRouter(tags=["rules"])

_TABLE = own.confirmation_requests
Debtor = Annotated[int | None, Query(ge=0, le=PARTY_MOST)]


@router.post("/confirmation-requests", status_code=201, response_model=schemas.ConfirmationRequest)
def ask(body: schemas.RequestBody, write: TheWrite) -> Response:
    """Ask a buyer to confirm a receivable: its thirty days begin (SME-16). Asking again does not begin them anew."""

    def work(unit: Unit) -> dict[str, Any]:
        keys = {each.key.text() for each in TradeBook(unit.connection).match().results if each.key}
        if body.invoice not in keys:
            raise Problem(
                "REQUEST-UNMATCHED", "no imported invoice has this key", status=404, field="invoice"
            )
        given = select(own.confirmations.c.root).where(own.confirmations.c.invoice == body.invoice)
        day = today(unit.connection)
        row = {
            "invoice": body.invoice, "debtor": body.debtor, "person": body.person, "requested_day": day,
            "confirmed_day": None, "recorded_at": now(),
        }  # fmt: skip
        known = select(_TABLE).where(_TABLE.c.invoice == body.invoice)
        found = unit.connection.execute(known).one_or_none()
        if found is None:
            if unit.connection.execute(given).one_or_none() is not None:
                raise Problem(
                    "REQUEST-ANSWERED", "the invoice is confirmed already", status=409, field="invoice"
                )
            insert_new(unit.connection, _TABLE, row)
            found = unit.connection.execute(known).one()
        return _shown(found, RuleBook(unit.connection).packs(), day)

    return write.once(body, work)


@router.get("/confirmation-requests", response_model=schemas.ConfirmationRequests)
def requests(unit: Reading, page: ThePage, debtor: Debtor = None) -> dict[str, Any]:
    """Requests to confirm, and how long each has been waiting."""
    query = select(_TABLE)
    if debtor is not None:
        query = query.where(_TABLE.c.debtor == debtor)
    rows = page.rows(unit.connection, query, _TABLE.c.invoice)
    packs, day = RuleBook(unit.connection).packs(), today(unit.connection)
    return page.answer("confirmation_requests", rows, lambda row: _shown(row, packs, day), last("invoice"))


def _shown(row: Any, packs: list[Pack], day: int) -> dict[str, Any]:
    """A request stands under the version of the day it was made on."""
    pack = pack_on(packs, row.requested_day)
    try:
        found = decide(pack, ClockCase(row.requested_day, row.confirmed_day), day)
    except NotInForce as error:
        raise Problem("RULE-NOT-IN-FORCE", str(error), field="invoice") from None
    return {
        "invoice": row.invoice, "debtor": row.debtor, "person": row.person, "requested": iso(row.requested_day),
        "confirmed": None if row.confirmed_day is None else iso(row.confirmed_day),
        "last_day": found.figures["last_day"], "days": found.figures["days"], "state": found.outcome,
        "pack_version": pack.version,
    }  # fmt: skip


@router.get("/confirmation-clocks", response_model=schemas.ConfirmationClocks)
def clocks(unit: Reading, page: ThePage) -> dict[str, Any]:
    """How each debtor confirms what it is asked to: for everyone to see (SME-16)."""
    found = page.of(_clocks(unit), lambda each: f"{each['debtor']:010}")
    return page.answer_of("confirmation_clocks", found, lambda each: each)


def _clocks(unit: Unit) -> Iterator[dict[str, Any]]:
    packs, day = RuleBook(unit.connection).packs(), today(unit.connection)
    states: dict[int, Counter[str]] = {}
    longest: Counter[int] = Counter()
    for row in unit.connection.execute(select(_TABLE)):
        shown = _shown(row, packs, day)
        states.setdefault(row.debtor, Counter())[shown["state"]] += 1
        longest[row.debtor] = max(longest[row.debtor], shown["days"])
    for debtor, counted in states.items():
        yield {
            "debtor": debtor, "requests": counted.total(), "confirmed_in_time": counted["confirmed"],
            "confirmed_late": counted["confirmed late"], "open": counted["open"] + counted["remind"],
            "overdue": counted["overdue"], "longest_days": longest[debtor],
        }  # fmt: skip


@router.get("/split-watch", response_model=schemas.SplitWatches)
def split_watch(unit: Reading, page: ThePage) -> dict[str, Any]:
    """Receivables that are being split, with an alert where it goes faster or deeper than the rule watches for."""
    day = today(unit.connection)
    pack = RuleBook(unit.connection).pack_on(day)
    try:
        watched = in_force(pack, "CN77-split", day).parameters
    except NotInForce as error:
        raise Problem("RULE-NOT-IN-FORCE", str(error)) from None
    since = first_second(day - watched["within_days"] + 1)
    titles = ledger.titles.c
    splits = func.sum(case((blocks.c.time >= since, 1), else_=0)).label("splits")
    deepest = func.max(titles.depth).label("deepest")
    query = (
        select(titles.root, splits, deepest)
        .join(blocks, blocks.c.number == titles.block_number)
        .where(titles.parent.is_not(None), titles.flags.op("&")(KIND) == 0)
        .group_by(titles.root)
        .having((splits > 0) | (deepest >= watched["watch_depth"]))
    )
    rows = page.rows(unit.connection, query, titles.root)

    def show(row: Any) -> dict[str, Any]:
        found = decide(pack, SplitCase(int(row.splits), row.deepest), day)
        return {
            "root": format_id(row.root), "splits_times": int(row.splits), "depth": row.deepest,
            "alert": not found.holds, "sentence": found.sentence, "pack_version": pack.version,
        }  # fmt: skip

    return page.answer("split_watch", rows, show, last("root"))
