"""Stages of a facility: what was agreed, what is open, what may be drawn and released now, and why not more."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection, select

from gateway.db.stage_tables import stage_terms, stages
from gateway.domain.calendar import iso
from gateway.domain.reasons import Reason, explain
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.risk.collateral import goods_behind
from gateway.risk.stages import FacilityInStages
from gateway.routers.as_of import TheView
from gateway.routers.collateral import FacilityNumber, halted
from gateway.routers.common import TheGateway
from gateway.routers.risk import head_of
from gateway.schemas import stages as schemas

router = APIRouter(tags=["goods"])


@router.get("/facilities/{facility}/stages", response_model=schemas.FacilityStages)
def facility_stages(facility: FacilityNumber, view: TheView, gateway: TheGateway) -> dict[str, Any]:
    """A facility used stage by stage: what its two keys opened, what came in from sales, what may be opened next, drawn
    and released today, each bound by itself (S15, S16).
    """
    behind = goods_behind(view.ledger, view.own, facility, head_of(view), gateway.settings.rhythms)
    if behind is None:
        raise Problem("FACILITY_UNKNOWN", "no such facility", status=404, facility=facility)
    terms = behind.state.stage_terms.get(facility)
    if terms is None:
        raise Problem(
            "STAGES_MISSING", explain(Reason.STAGES_MISSING).sentence, status=404, facility=facility
        )
    found, held = FacilityInStages(behind, terms), behind.facility

    def told(amounts: dict[str, int]) -> dict[str, str]:
        return {name: text(amount, held.currency) for name, amount in amounts.items()}

    reached = {"opened": found.stages.opened, "sales": found.stages.sales, "released": found.stages.released}
    return {
        "facility": facility, "lender": held.lender, "borrower": held.borrower,
        "currency": currency_codes()[held.currency], "day": iso(behind.day), "terms": _terms(view.ledger, found),
        **told({"used": held.used, **reached, "may_be_opened": found.may_be_opened}),
        "evidence": _evidence(view.ledger, facility),
        "drawing": {
            **told({"drawable": found.room.drawable, **found.draws()}),
            "blocked": halted(behind), "why": found.why_no_draw(),
        },
        "releasing": {
            **told({"releasable": found.released_most(), **found.releases()}), "why": found.why_no_release(),
        },
        "as_of": view.seen,
    }  # fmt: skip


def _terms(ledger: Connection, found: FacilityInStages) -> dict[str, Any]:
    number, terms, currency = found.behind.number, found.terms, found.behind.facility.currency
    row = ledger.execute(select(stage_terms).where(stage_terms.c.facility == number)).one()
    return {
        "approver": terms.approver or None, "special_bank": row.special_bank,
        "special_account": "0x" + row.special_account.hex(), "first": text(terms.first, currency),
        "step_bps": terms.step_bps, "release_bps": terms.release_bps, "version": terms.version,
        "evidence": "0x" + row.evidence.hex(),
    }  # fmt: skip


def _evidence(ledger: Connection, facility: int) -> str | None:
    said = select(stages.c.evidence).where(stages.c.facility == facility)
    found = ledger.execute(said).scalar_one_or_none()
    return None if found is None else "0x" + found.hex()
