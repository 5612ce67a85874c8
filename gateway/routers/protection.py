"""Who stands behind a facility, what is in reserves, who would bear a loss, and whom a lender may call."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from sqlalchemy import select

from gateway.db import tables
from gateway.db.standing import behind_loan
from gateway.domain.calendar import day_of, iso
from gateway.domain.calling import Turn, calls, pledged
from gateway.domain.loss import Part, loss_waterfall
from gateway.domain.protection import owed
from gateway.domain.protection_records import ProtectionKind
from gateway.domain.reasons import explain
from gateway.ids import format_id, parse_id
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.risk.collateral import goods_behind
from gateway.routers.as_of import TheView
from gateway.routers.common import TheGateway
from gateway.routers.pages import ThePage, last
from gateway.routers.risk import head_of
from gateway.schemas import protection as schemas

router = APIRouter(tags=["protection"])

FacilityNumber = Annotated[int, Path(ge=0, le=2**32 - 1)]


@router.get("/facilities/{facility}/protections", response_model=schemas.Protections)
def protections(facility: FacilityNumber, view: TheView, gateway: TheGateway) -> dict[str, Any]:
    """All that stand behind a facility, in the order in which a loss reaches them (S18, S19)."""
    rhythms = gateway.settings.rhythms
    behind = goods_behind(view.ledger, view.own, facility, head_of(view), rhythms)
    if behind is None:
        raise Problem("FACILITY_UNKNOWN", "no such facility", status=404, facility=str(facility))
    table = tables.protections.c
    rows = view.ledger.execute(
        select(tables.protections)
        .where(table.facility == facility)
        .order_by(table.kind, table.order_number, table.protection)
    )
    return {
        "facility": facility,
        "protections": [_protection(row, behind.facility.currency) for row in rows],
        "draws_blocked": behind.halt.sentence if behind.halt else None,
        "as_of": view.seen,
    }


@router.get("/reserves", response_model=schemas.Reserves)
def reserves(view: TheView, page: ThePage) -> dict[str, Any]:
    """Risk reserves as their custodian banks attested them (S19)."""
    table, held = tables.protections, tables.facilities
    query = (
        select(table, held.c.currency)
        .join(held, table.c.facility == held.c.facility)
        .where(table.c.kind == ProtectionKind.RESERVE)
    )
    rows = page.rows(view.ledger, query, table.c.protection)

    def show(row: Any) -> dict[str, Any]:
        return {
            **_protection(row, row.currency), "custodian": row.custodian,
            "balance": text(row.balance, row.currency), "floor": text(row.floor_amount, row.currency),
            "target": text(row.target, row.currency),
            "attested": iso(row.attested_day) if row.attested_day else None,
            "top_up_by": iso(row.top_up_day) if row.top_up_day else None,
        }  # fmt: skip

    return page.answer("reserves", rows, show, last("protection"), as_of=view.seen)


@router.get("/loans/{loan}/loss", response_model=schemas.Loss)
def loss(loan: str, view: TheView) -> dict[str, Any]:
    """Who would bear what is owed on a loan if nobody paid any more: own collateral, guarantors, partners, reserve,
    insurer, lender, each with the rule that puts it there or keeps it out.

    The day is that of the block the answer is of; a loan that is not due yet is looked at as if it were overdue.
    """
    number = parse_id(loan)
    state = behind_loan(view.ledger, number)
    if state is None:
        raise Problem("LOAN_UNKNOWN", "no such loan", status=404, loan=loan)
    currency = state.facilities[state.loans[number].facility].currency
    found = loss_waterfall(state, number, day_of(head_of(view).time))
    return {
        "loan": format_id(number), "day": iso(found.day), "currency": currency_codes()[currency],
        "owed": text(found.owed, currency), "parts": [_part(part, currency) for part in found.parts],
        "as_of": view.seen,
    }  # fmt: skip


@router.get("/loans/{loan}/calls", response_model=schemas.Calls)
def calls_of(loan: str, view: TheView) -> dict[str, Any]:
    """Whom the lender may call for a loan now, for how much, and the rule that forbids the others (CC-392, CC-692).

    `others` and `titles` go with the act `callProtection`, unsigned; `called_before` is a field of it.
    """
    number = parse_id(loan)
    state = behind_loan(view.ledger, number)
    if state is None:
        raise Problem("LOAN_UNKNOWN", "no such loan", status=404, loan=loan)
    facility = state.loans[number].facility
    currency, day = state.facilities[facility].currency, day_of(head_of(view).time)
    costs, claims = state.costs_of(number), state.claims_of(number)
    return {
        "loan": format_id(number), "id": str(number), "facility": facility, "day": iso(day),
        "currency": currency_codes()[currency], "owed": text(owed(state, number, day), currency),
        "costs_added": text(costs.added, currency), "costs_due": text(costs.due, currency),
        "kept": text(claims.pot, currency),
        "calls": [_call(each, currency) for each in calls(state, number, day)],
        "others": [str(other) for other in sorted(state.protections)],
        "titles": [str(title) for title in pledged(state, facility)],
        "as_of": view.seen,
    }  # fmt: skip


def _call(each: Turn, currency: int) -> dict[str, Any]:
    call, explained = each.call, explain(each.reason) if each.reason else None
    return {
        "protection": format_id(each.number), "id": str(each.number), "protector": each.number >> 32,
        "kind": each.protection.kind.name.lower(), "callable": text(each.most, currency),
        "called_before": text(call.called, currency), "unpaid": text(call.unpaid, currency),
        "paid": text(call.paid, currency), "reimbursed": text(call.reimbursed, currency),
        "claim": text(call.claim, currency),
        "rule": explained.rule_id if explained else None, "why": explained.sentence if explained else None,
    }  # fmt: skip


def _part(part: Part, currency: int) -> dict[str, Any]:
    return {
        "bearer": part.bearer, "protection": format_id(part.protection) if part.protection else None,
        "party": part.party, "amount": text(part.amount, currency), "rule": part.rule, "why": part.why,
    }  # fmt: skip


def _protection(row: Any, currency: int) -> dict[str, Any]:
    return {
        "protection": format_id(row.protection), "id": str(row.protection), "protector": row.protector,
        "facility": row.facility, "kind": ProtectionKind(row.kind).name.lower(), "order": row.order_number,
        "share_bps": row.bps, "currency": currency_codes()[currency], "cap": text(row.cap, currency),
        "called": text(row.called, currency), "paid": text(row.paid, currency),
        "reimbursed": text(row.reimbursed, currency),
        "until": iso(row.until_day) if row.until_day else None, "dearest_rate_ppm": row.rate,
    }  # fmt: skip
