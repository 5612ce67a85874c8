"""Valuations of goods: taken in from appraisers, and shown as they stand."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy import select

from gateway.bootstrap import Unit, now
from gateway.db.own_valuations import valuations as table
from gateway.db.valuations import kept_of
from gateway.domain.calendar import iso
from gateway.ids import parse_id
from gateway.risk.appraisal_acts import appraisal
from gateway.risk.book import head_of
from gateway.risk.valuations import Appraisals
from gateway.routers.common import DryRun, Reading, TheGateway, TheWrite
from gateway.routers.pages import ThePage, last
from gateway.routers.rules import AsOfDay, day_asked
from gateway.routers.today import today
from gateway.schemas import valuations as schemas
from gateway.schemas.fields import PARTY_MOST
from gateway.services import instructions
from gateway.services.act_messages import message_of

router = APIRouter(tags=["goods"])

Evidence = Annotated[
    str,
    Path(
        pattern=r"^(0x)?[0-9a-fA-F]{64}$", description="`evidence` of a valuation: the hash of its document"
    ),
]
OneFacility = Annotated[
    int, Query(ge=1, le=PARTY_MOST, description="the facility under which it is to count")
]
OneLot = Annotated[str | None, Query(description="of this lot only; party-serial or one number")]


@router.post(
    "/valuations",
    status_code=201,
    response_model=schemas.Valuation,
    responses={200: {"model": schemas.Valuation, "description": "of a dry run"}},
)
def value(body: schemas.ValuationDocument, write: TheWrite, dry_run: DryRun = False) -> Response:
    """Take in what an appraiser says a lot is worth; the same document again changes nothing.

    A valuation that breaks a rule is refused whole; `errors` names every rule and field. The price stays here: what the
    ledger can bear is `evidence` and `lending_rate`.
    """

    def work(unit: Unit) -> dict[str, Any]:
        return Appraisals(unit.connection, today(unit.connection)).take(body, now())

    return write.once(body, work, dry_run=dry_run)


@router.get("/valuations/{evidence}/act", response_model=schemas.PreparedAppraisal)
def act(evidence: Evidence, facility: OneFacility, unit: Reading, gateway: TheGateway) -> dict[str, Any]:
    """The act by which the ledger counts the lot by a valuation under a facility, ready for its appraiser to sign.

    It is tried first: a valuation that is too old, superseded, of a party that was not agreed, or above what a rate may
    rise is refused with the figures. What the agreement leaves of the time for which it is good stands in the act.
    """
    found = appraisal(unit.connection, evidence, facility, head_of(unit.connection))
    return {
        **instructions.prepare(gateway.acts, "appraise", message_of(found.act)), "signer": found.signer,
        "highest": None if found.highest is None else str(found.highest),
    }  # fmt: skip


@router.get("/valuations", response_model=schemas.Valuations)
def all_valuations(unit: Reading, page: ThePage, lot: OneLot = None, day: AsOfDay = None) -> dict[str, Any]:
    """Valuations in the order in which they came, each with the rules that it breaks on a day, if any, and whether it
    is the one that its lot's lending rate is of."""
    asked = day_asked(unit, day)
    query = select(table) if lot is None else select(table).where(table.c.lot == parse_id(lot))
    rows = page.rows(unit.connection, query, table.c.place)
    desk = Appraisals(unit.connection, asked)
    found = page.answer("valuations", rows, lambda row: desk.shown(kept_of(row)), last("place"))
    return found | {"day": iso(asked)}
