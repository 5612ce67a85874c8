"""Day ends: run a reconciliation, see what was found, and decide about differences."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from gateway import reconciler
from gateway.adapters.banks import day_end_book as book
from gateway.adapters.banks.reconciling import Wanted
from gateway.adapters.banks.statement_files import Supplied
from gateway.bootstrap import Unit, now
from gateway.db import own_day_ends as kept
from gateway.domain.calendar import day_of_date, iso
from gateway.problems import Problem
from gateway.routers.common import DryRun, Reading, TheGateway, TheWrite
from gateway.routers.pages import ThePage, last
from gateway.schemas import day_ends as schemas
from gateway.schemas.fields import IsoDate
from gateway.services.reconciliation import shown

router = APIRouter(tags=["day end"])

State = Literal["open", "closed"]
Run = Annotated[int, Query(ge=1)]


@router.post(
    "/reconciliations",
    status_code=201,
    response_model=schemas.Reconciliation,
    responses={200: {"model": schemas.Reconciliation, "description": "of a dry run"}},
)
def reconcile(
    body: schemas.ReconciliationBody,
    request: Request,
    write: TheWrite,
    gateway: TheGateway,
    dry_run: DryRun = False,
) -> Response:
    """Compare ledger, database and statements by count and amount, and queue what differs.

    The same books give the same result and hash. With `close` the day ends: its figures are linked to those of the
    run before, and it is never opened again. A dry run compares, and keeps nothing.
    """
    if body.close and (body.bank or body.statements):
        raise Problem(
            "CLOSE-SCOPE", "a day is closed for all banks, with the statements that were kept", field="close"
        )
    answered = not dry_run and write.answered(body)
    truth = reconciler.ask_node(gateway) if body.node and not answered else None
    wanted, snapshots = _wanted(body), request.app.state.snapshots
    lots = None if answered else reconciler.lots_then(gateway, snapshots, wanted, now())

    def work(unit: Unit) -> dict[str, Any]:
        rhythms = gateway.settings.rhythms
        compared = reconciler.run(unit.connection, wanted, now(), truth, lots=lots, rhythms=rhythms)
        figures = shown.document(compared.found)
        made = book.keep(
            unit.connection,
            book.Run(
                compared.found, figures, body.bank or "", body.person, compared.block, body.close, now()
            ),
        )
        return {
            "run": None if dry_run else made.run, "day": iso(compared.found.books.day),
            "agrees": len(made.accepted) == len(compared.found.differences), "closes": body.close,
            "block": compared.block, "sha256": made.sha256, "opened": made.opened, "still_open": made.still_open,
            "closed": made.closed, "accepted": made.accepted, "result": figures,
        }  # fmt: skip

    return write.once(body, work, dry_run=dry_run)


def _wanted(body: schemas.ReconciliationBody) -> Wanted:
    files = tuple(Supplied(each.name, each.content) for each in body.statements)
    return Wanted(None if body.day is None else _day(body.day), body.bank or "", files, body.cumulative)


def _day(value: IsoDate) -> int:
    try:
        return day_of_date(value)
    except ValueError as error:
        raise Problem("DAY-FORM", str(error), field="day") from None


@router.get("/reconciliations", response_model=schemas.Reconciliations)
def reconciliations(unit: Reading, page: ThePage) -> dict[str, Any]:
    """Runs in their order, each with the hash of what it found and its link to the run before."""
    table = kept.reconciliations
    rows = page.rows(unit.connection, select(table), table.c.run)
    return page.answer("reconciliations", rows, _run, last("run"))


@router.get("/reconciliations/{run}", response_model=schemas.OneReconciliation)
def reconciliation(run: int, unit: Reading) -> dict[str, Any]:
    """One run with all that it found."""
    row = None
    if 0 < run < 1 << 63:
        table = kept.reconciliations
        row = unit.connection.execute(select(table).where(table.c.run == run)).one_or_none()
    if row is None:
        raise Problem("RECONCILIATION-UNKNOWN", "there is no such run", status=404, run=run)
    return {**_run(row), "result": json.loads(row.figures)}


def _run(row: Any) -> dict[str, Any]:
    return {
        "run": row.run, "day": iso(row.day), "closes": row.closes is not None, "bank": row.bank,
        "person": row.person, "block": row.block_number, "node": bool(row.node), "inputs": row.inputs,
        "sha256": row.sha256, "run_at": row.run_at, "link": row.link,
    }  # fmt: skip


# ── differences ─────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/differences", response_model=schemas.Differences)
def differences(
    unit: Reading,
    page: ThePage,
    state: Annotated[State | None, Query()] = None,
    rule: Annotated[str | None, Query(max_length=40, pattern=r"^[A-Z-]+$")] = None,
    bank: Annotated[str | None, Query(max_length=11, pattern=r"^[A-Z0-9]+$", description="BIC")] = None,
    assigned_to: Annotated[str | None, Query(max_length=300, pattern=r"^[^\x00-\x1f]*$")] = None,
    day: Annotated[IsoDate | None, Query(description="to count ages to; by default the ledger's")] = None,
) -> dict[str, Any]:
    """Differences, the oldest first, with their age."""
    table = kept.differences
    query = select(table)
    for column, wanted in (("state", state), ("rule", rule), ("bic", bank), ("assigned_to", assigned_to)):
        if wanted is not None:
            query = query.where(table.c[column] == wanted)
    today = _aged_to(unit, day)
    rows = page.rows(unit.connection, query, table.c.day, table.c.id)
    return page.answer("differences", rows, lambda row: _difference(row._mapping, today), last("day", "id"))


@router.get("/differences/{difference}", response_model=schemas.OneDifference)
def difference(difference: str, unit: Reading) -> dict[str, Any]:
    """One difference, with what was done about it."""
    row, events = book.one(unit.connection, difference), kept.difference_events
    history = unit.connection.execute(
        select(events).where(events.c.difference == row["id"]).order_by(events.c.number)
    ).mappings()
    names = ("event", "run", "person", "reason", "at")
    return {
        **_difference(row, _aged_to(unit, None)),
        "history": [{name: each[name] for name in names} for each in history],
    }


@router.post("/differences/{difference}/assign", response_model=schemas.DifferenceShown)
def assign(difference: str, body: schemas.AssignBody, write: TheWrite, dry_run: DryRun = False) -> Response:
    """Give an open difference to a named person."""

    def work(unit: Unit) -> dict[str, Any]:
        row = book.assign(unit.connection, difference, body.person, now())
        return _difference(row, _aged_to(unit, None))

    return write.once(body, work, 200, dry_run=dry_run)


@router.post("/differences/{difference}/close", response_model=schemas.DifferenceShown)
def close(difference: str, body: schemas.CloseBody, write: TheWrite, dry_run: DryRun = False) -> Response:
    """Close a difference with a reason, which holds for exactly what it shows: found otherwise, it is a new one."""

    def work(unit: Unit) -> dict[str, Any]:
        row = book.close(unit.connection, difference, body.person, body.reason, now())
        return _difference(row, _aged_to(unit, None))

    return write.once(body, work, 200, dry_run=dry_run)


def _aged_to(unit: Unit, day: IsoDate | None) -> int:
    return reconciler.ledger_day(unit.connection, now()) if day is None else _day(day)


def _difference(row: Any, today: int) -> dict[str, Any]:
    until = today if row["closed_day"] is None else row["closed_day"]
    same = (
        "id", "occurrence", "rule", "bic", "account", "item", "currency", "reference", "expected", "found", "sentence",
        "state", "assigned_to", "closed_by", "closed_run", "reason", "opened_run", "last_run",
    )  # fmt: skip
    return {
        **{name: row[name] for name in same},
        "day": iso(row["day"]), "amount": shown.amount_text(row["amount"], row["currency"]),
        "age_days": max(0, until - row["day"]),
    }  # fmt: skip
