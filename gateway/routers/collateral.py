"""Goods that secure a facility: what was agreed, what they count for and cover, what may be drawn, what was sold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path
from sqlalchemy import Connection, Row, select

from gateway.adapters.ledger.words import GOODS, HELD, SETTLED, SPENT
from gateway.db import margin_tables, tables
from gateway.db.goods_tables import lots
from gateway.domain import coverage
from gateway.domain.calendar import iso
from gateway.domain.goods_units import quantity_text, unit_code
from gateway.domain.margin_records import GoodsTerms, SaleState
from gateway.domain.reasons import Reason, explain
from gateway.domain.stages import usable
from gateway.domain.trade import plain
from gateway.ids import format_id
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.risk.collateral import GoodsBehind, LotBehind, goods_behind
from gateway.risk.valuations import Appraisals, stands_on
from gateway.routers.as_of import TheView, View
from gateway.routers.common import TheGateway
from gateway.routers.risk import head_of
from gateway.schemas import collateral as schemas
from gateway.schemas.fields import PARTY_MOST
from gateway.services.vehicle_numbers import masked

router = APIRouter(tags=["goods"])

FacilityNumber = Annotated[int, Path(ge=1, le=PARTY_MOST, description="a facility's number")]
_SALES = {0: "unpaid", SaleState.AGREED: "agreed", SaleState.DONE: "paid", SaleState.ENDED: "ended"}


@router.get("/facilities/{facility}/goods", response_model=schemas.FacilityGoods)
def goods(facility: FacilityNumber, view: TheView, gateway: TheGateway) -> dict[str, Any]:
    """Goods behind a facility: what was agreed, each lot with what of it cannot be relied on, coverage and what
    restores it, what may be drawn today, and sales in enforcement (CC-433, CC-436, GI-55-feed).
    """
    found = goods_behind(view.ledger, view.own, facility, head_of(view), gateway.settings.rhythms)
    if found is None:
        raise Problem("FACILITY_UNKNOWN", "no such facility", status=404, facility=facility)
    terms = found.terms
    if terms is None:
        sentence = explain(Reason.GOODS_TERMS_MISSING).sentence
        raise Problem("GOODS_TERMS_MISSING", sentence, status=404, facility=facility)
    held = found.facility
    return {
        "facility": facility, "lender": held.lender, "borrower": held.borrower,
        "currency": currency_codes()[held.currency], "day": iso(found.day), "terms": _terms(view.ledger, found, terms),
        "mark": _mark(found), "lots": _lots(view, found, terms), "coverage": _coverage(found, terms),
        "drawing": _drawing(found), "sales": _sales(view.ledger, found), "as_of": view.seen,
    }  # fmt: skip


def halted(found: GoodsBehind) -> dict[str, str] | None:
    """Why nothing is drawn, as people read it; None where something may be."""
    return None if found.halt is None else asdict(found.halt)


def _terms(ledger: Connection, found: GoodsBehind, terms: GoodsTerms) -> dict[str, Any]:
    table = margin_tables.goods_terms.c
    evidence = ledger.execute(select(table.evidence).where(table.facility == found.number)).scalar_one()
    return {
        "control_agent": terms.control_agent, "appraisers": [terms.appraiser, terms.second_appraiser],
        "advance_bps": found.facility.advance_bps, "maintenance_bps": terms.maintenance_bps,
        "rise_bps_a_day": terms.rise_bps, "valid_days": terms.valid_days, "call_days": terms.call_days,
        "floor": text(terms.floor, found.facility.currency), "version": terms.version,
        "evidence": "0x" + evidence.hex(),
    }  # fmt: skip


def _mark(found: GoodsBehind) -> dict[str, Any]:
    mark = found.mark
    return {
        "state": mark.state.name.lower(), "day": iso(mark.day) if mark.day else None, "lots": mark.lots,
        "fresh_until": iso(mark.fresh_until) if mark.lots else None, "stale": not mark.fresh(found.day),
    }  # fmt: skip


def _coverage(found: GoodsBehind, terms: GoodsTerms) -> dict[str, Any]:
    cover, currency = found.cover, found.facility.currency
    return {
        "face": text(found.facility.face, currency), "owed": text(cover.owed, currency), "bps": cover.bps,
        "state": str(found.stands(terms)), "cash": text(coverage.cash(cover, found.thresholds(terms)), currency),
    }  # fmt: skip


def _drawing(found: GoodsBehind) -> dict[str, Any]:
    held, room = found.facility, found.room

    def left(face: int) -> str:
        most = min(held.allows(face), usable(found.state, found.number))
        return text(max(0, most - held.used), held.currency)

    return {
        "drawable": text(room.drawable, held.currency), "by_ledger": left(held.face),
        "by_keepers": left(held.face - found.cut), "blocked": halted(found),
    }  # fmt: skip


# ── Lots and their receipts ─────────────────────────────────────────────────────────────────────────────────


def _lots(view: View, found: GoodsBehind, terms: GoodsTerms) -> list[dict[str, Any]]:
    ledger, valued = view.ledger, Appraisals(view.own, found.day)
    table = margin_tables.pledged_lots.c
    query = select(table.lot, table.evidence).where(table.facility == found.number)
    evidence = {row.lot: "0x" + row.evidence.hex() for row in ledger.execute(query)}
    receipts = _receipts(ledger, found.number)
    return [
        _lot(found, terms, each, receipts.get(each.number, ()))
        | {"evidence": evidence[each.number], "latest": _latest(valued, found, each)}
        for each in found.lots
    ]


def _latest(valued: Appraisals, found: GoodsBehind, each: LotBehind) -> dict[str, Any] | None:
    """The newest valuation, beside what the ledger has of the lot under the facility."""
    kept = valued.counting(each.number)
    if kept is None:
        return None
    number = valued.number_for(kept, found.facility.lender)
    return {
        "evidence": "0x" + kept.valuation.sha256, "appraiser": kept.valuation.appraiser,
        "rate": str(kept.lending_rate), "valued": iso(kept.valuation.day), "valid_until": iso(kept.valuation.last_day),
        "on_ledger": stands_on(each.pledged, kept, number), "difference": str(kept.lending_rate - each.pledged.rate),
    }  # fmt: skip


def _receipts(ledger: Connection, facility: int) -> Mapping[int, Sequence[Row[Any]]]:
    """Receipts that secure a facility, by their lot."""
    title = tables.titles.c
    mine = (title.lock == facility, title.flags.op("&")(GOODS) != 0)
    living = title.flags.op("&")(SPENT | SETTLED | HELD) == 0
    rows: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in ledger.execute(select(tables.titles).where(*mine, living).order_by(title.title)):
        rows[row.root].append(row)
    return rows


def _lot(
    found: GoodsBehind, terms: GoodsTerms, each: LotBehind, receipts: Sequence[Row[Any]]
) -> dict[str, Any]:
    pledged, currency, decimals = each.pledged, found.facility.currency, each.on_ledger.decimals
    more = found.top_up(terms, each)
    return {
        "lot": format_id(each.number), "id": str(each.number), "keeper": each.keeper, "unit": each.on_ledger.unit,
        "quantity": quantity_text(pledged.quantity, decimals),
        "receipts": [
            {
                "receipt": format_id(row.title), "id": str(row.title),
                "quantity": quantity_text(row.quantity, decimals),
            }
            for row in receipts
        ],
        "rate": str(pledged.rate), "value": text(pledged.value, currency),
        "valued": iso(pledged.valued_day) if pledged.valued_day else None,
        "valid_until": iso(pledged.valid_until) if pledged.valued_day else None, "model": pledged.model,
        "relied_on": quantity_text(each.relied_on, decimals), "cut": text(each.cut, currency),
        "cuts": [
            {"rule": cut.rule, "quantity": plain(each.on_ledger.goods(cut.quantity)), "reason": cut.reason}
            for cut in each.lendable.cuts
        ],
        "top_up": None if more is None else quantity_text(more, decimals), "vehicle": _vehicle(found.number, each),
    }  # fmt: skip


def _vehicle(facility: int, lot: LotBehind) -> dict[str, Any] | None:
    vehicle, custody = lot.vehicle, lot.custody
    if vehicle is None:
        return None
    return {
        "vin": masked(vehicle.vin), "model": vehicle.certificate.model, "certificate": vehicle.hash,
        "held": custody is not None and custody.facility == facility,
        "custodian": None if custody is None else custody.custodian,
        "held_for": None if custody is None else custody.facility,
        "declaration": None if custody is None else custody.declaration,
    }  # fmt: skip


# ── Sales in enforcement ────────────────────────────────────────────────────────────────────────────────────


def _sales(ledger: Connection, found: GoodsBehind) -> list[dict[str, Any]]:
    sale, title = margin_tables.goods_sales, tables.titles
    columns = (title.c.collected, title.c.surplus, lots.c.unit, lots.c.decimals)
    query = select(sale, *columns).join(title, title.c.title == sale.c.title)
    rows = ledger.execute(
        query.join(lots, lots.c.lot == title.c.root)
        .where(sale.c.facility == found.number)
        .order_by(sale.c.title)
    )
    return [_sale(row, found.facility.currency, found.day) for row in rows]


def _sale(row: Row[Any], currency: int, day: int) -> dict[str, Any]:
    return {
        "receipt": format_id(row.title), "id": str(row.title), "quantity": quantity_text(row.quantity, row.decimals),
        "unit": unit_code(row.unit), "buyer": row.buyer, "price": text(row.price, currency),
        "collected": text(row.collected, currency), "surplus": text(row.surplus, currency),
        "state": _SALES[row.state], "pay_by": iso(row.pay_by),
        "late": row.state == SaleState.AGREED and row.pay_by < day and row.collected < row.came_before + row.price,
        "evidence": "0x" + row.evidence.hex(),
    }  # fmt: skip
