"""Law and regulation as data: which rules bind on a day, their versions, and what was decided under them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel
from sqlalchemy import Row, select

from gateway.adapters.rulebook.form import Amendment, LawDate
from gateway.adapters.rulings import Asked, Rulings, receivable_subject
from gateway.bootstrap import Unit, now
from gateway.db import tables as ledger
from gateway.db.own import rulings as ruling_rows
from gateway.db.rules import RuleBook
from gateway.domain import rulings as domain
from gateway.domain.business_days import NoBusinessDay, payment_day
from gateway.domain.calendar import day_of_date, iso
from gateway.domain.rules import NotInForce, Pack, UnknownRule
from gateway.ids import parse_id
from gateway.openapi import SENTENCES
from gateway.problems import Problem
from gateway.routers.common import DryRun, Reading, TheWrite
from gateway.routers.pages import ThePage, last
from gateway.routers.today import today
from gateway.schemas import rules as schemas
from gateway.services.rules import all_rules, describe_version, explain

router = APIRouter(tags=["rules"])

_AS_OF = Query(description="as the rules stand on this day of Asia/Shanghai; default: the ledger's today")
AsOfDay = Annotated[LawDate | None, _AS_OF]
Kind = Literal["law", "decision", "reason", "gateway", "document"]


def day_asked(unit: Unit, asked: date | None) -> int:
    """The ledger day asked about; its today where none was named."""
    return today(unit.connection) if asked is None else day_of_date(asked)


@router.get("/rules", response_model=schemas.Rules)
def rules(unit: Reading, page: ThePage, as_of: AsOfDay = None, kind: Kind = "law") -> dict[str, Any]:
    """The rules as they stand on a day: those of law, or another kind that refusals name."""
    day = day_asked(unit, as_of)
    pack = RuleBook(unit.connection).pack_on(day)
    found = [each for each in all_rules(pack, day, SENTENCES) if each["kind"] == kind]
    shown = page.of(found, lambda rule: str(rule["id"]))
    return {
        **page.answer_of("rules", shown, lambda rule: rule), "as_of": iso(day), "pack": describe_version(pack),
    }  # fmt: skip


@router.get("/rules/{rule:path}", response_model=schemas.OneRule)
def rule(unit: Reading, rule: Annotated[str, Path(max_length=60)], as_of: AsOfDay = None) -> dict[str, Any]:
    """One rule by any id that a refusal quotes, as it stands on a day, with the version it is of."""
    day = day_asked(unit, as_of)
    pack = RuleBook(unit.connection).pack_on(day)
    try:
        found = explain(rule, pack, day, SENTENCES)
    except UnknownRule:
        raise Problem("RULE-UNKNOWN", "no rule has this id", status=404, id=rule) from None
    return {**found, "as_of": iso(day), "pack": describe_version(pack)}


# ── versions ────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/rule-packs", response_model=schemas.RulePacks)
def rule_packs(unit: Reading, page: ThePage) -> dict[str, Any]:
    """Every version of the rules, who published it and what it changed."""
    found = page.of(_versions(RuleBook(unit.connection)), lambda each: f"{each['version']:010}")
    return page.answer_of("rule_packs", found, lambda each: each)


@router.post(
    "/rule-packs",
    status_code=201,
    response_model=schemas.RulePack,
    responses={200: {"model": schemas.RulePack, "description": "of a dry run"}},
)
def publish(body: Amendment, write: TheWrite, dry_run: DryRun = False) -> Response:
    """Publish a later version: the rules and calendar years it names change from its day on, the rest stays.

    It takes effect at least seven days ahead, not before an earlier version, and never for what exists by then.
    """

    def work(unit: Unit) -> dict[str, Any]:
        book = RuleBook(unit.connection)
        book.publish(body, today(unit.connection), now())
        return _versions(book)[-1]

    return write.once(body, work, dry_run=dry_run)


def _versions(book: RuleBook) -> list[dict[str, Any]]:
    packs = book.packs()
    rows: list[Row[Any] | None] = [*book.rows()] or [None]
    befores: list[Pack | None] = [None, *packs]
    return [_version(pack, before, row) for pack, before, row in zip(packs, befores, rows, strict=False)]


def _version(pack: Pack, before: Pack | None, row: Row[Any] | None) -> dict[str, Any]:
    return {
        **describe_version(pack), "previous": pack.previous,
        "person": "" if row is None else row.person, "because": "" if row is None else row.because,
        "published_at": None if row is None else row.published_at,
        "changed": [] if before is None else _changed(before, pack),
    }  # fmt: skip


def _changed(before: Pack, pack: Pack) -> list[str]:
    found = [name for name, rule in pack.rules.items() if before.rules.get(name) != rule]
    if pack.calendar != before.calendar:
        found.append("calendar")
    return sorted(found)


@router.get("/payment-days/{due}", response_model=schemas.PaymentDay)
def payment_days(unit: Reading, due: LawDate) -> dict[str, Any]:
    """The day on which money due on a day can move, by the newest calendar that was published."""
    newest = RuleBook(unit.connection).packs()[-1]
    try:
        found = payment_day(newest.calendar, day_of_date(due))
    except NoBusinessDay as error:
        raise Problem("NO-BUSINESS-DAY", str(error), status=404, due=due.isoformat()) from None
    return {
        "due": iso(found.due_day), "payment_day": iso(found.day), "grace_days": found.grace_days,
        "provisional": found.provisional, "pack": describe_version(newest),
    }  # fmt: skip


# ── rulings ─────────────────────────────────────────────────────────────────────────────────────────────────


@router.post(
    "/rulings",
    status_code=201,
    response_model=schemas.Ruling,
    responses={200: {"model": schemas.Ruling, "description": "of a dry run"}},
)
def decide(body: schemas.RulingBody, write: TheWrite, dry_run: DryRun = False) -> Response:
    """Put a case to a rule as it stands on a day; the answer is kept with the version it was given under."""

    def work(unit: Unit) -> dict[str, Any]:
        asked = Asked(body.subject, day_asked(unit, body.as_of), person=body.person)
        with _as_problems():
            return show(Rulings(unit.connection).rule(asked, _case(body.case), now()))

    return write.once(body, work, dry_run=dry_run)


@router.post("/tenor-reviews", status_code=201, response_model=schemas.Ruling)
def review_tenor(body: schemas.ReviewBody, write: TheWrite) -> Response:
    """Record that a bank has examined a receivable's tenor, before it finances it (CN77-11)."""

    def work(unit: Unit) -> dict[str, Any]:
        number = parse_id(body.root)
        known = select(ledger.roots).where(ledger.roots.c.root == number)
        row = unit.connection.execute(known).one_or_none()
        if row is None:
            raise Problem("UNKNOWN_ROOT", "no such receivable", status=404, root=body.root)
        # A receivable stands under the version of the day it was promised on (decision 15).
        asked = Asked(receivable_subject(number), row.opened_day, body.bank, body.person)
        case = domain.TenorCase(row.opened_day, row.due_day)
        with _as_problems():
            return show(Rulings(unit.connection).review_tenor(asked, case, body.because, now()))

    return write.once(body, work)


@router.get("/rulings", response_model=schemas.Rulings)
def rulings(
    unit: Reading,
    page: ThePage,
    subject: Annotated[str | None, Query(max_length=200)] = None,
    rule: Annotated[str | None, Query(max_length=40)] = None,
) -> dict[str, Any]:
    """What was decided under which version, oldest first."""
    query = select(ruling_rows)
    if subject is not None:
        query = query.where(ruling_rows.c.subject == subject)
    if rule is not None:
        query = query.where(ruling_rows.c.rule == rule)
    rows = page.rows(unit.connection, query, ruling_rows.c.place)
    return page.answer("rulings", rows, show, last("place"))


def show(row: Any) -> dict[str, Any]:
    """A ruling as JSON."""
    return {
        "ruling": row.place, "rule": row.rule, "subject": row.subject, "party": row.party,
        "pack_version": row.pack_version, "pack_sha256": row.pack_sha256, "as_of": iso(row.day),
        "inputs": json.loads(row.inputs), "holds": bool(row.holds), "outcome": row.outcome,
        "sentence": row.sentence, "figures": json.loads(row.figures), "person": row.person,
        "recorded_at": row.recorded_at, "link": row.link,
    }  # fmt: skip


_CASES: Mapping[type[BaseModel], type[domain.Case]] = {
    schemas.Tenor: domain.TenorCase,
    schemas.Delivery: domain.DeliveryCase,
    schemas.Undisputed: domain.UndisputedCase,
    schemas.Clock: domain.ClockCase,
    schemas.LateInterest: domain.LateInterestCase,
    schemas.Splits: domain.SplitCase,
    schemas.Overdue: domain.ClassCase,
}


def _case(body: schemas.AnyCase) -> domain.Case:
    given = body.model_dump(exclude={"rule"})
    values = {name: day_of_date(each) if isinstance(each, date) else each for name, each in given.items()}
    return _CASES[type(body)](**values)


@contextmanager
def _as_problems() -> Iterator[None]:
    """What the domain finds wrong with a case, as refusals."""
    try:
        yield
    except domain.CaseContradicts as error:
        raise Problem("CASE-CONTRADICTS", str(error), field=f"case.{error.field}") from None
    except NotInForce as error:
        raise Problem("RULE-NOT-IN-FORCE", str(error), field="as_of") from None
