"""Vehicles behind a facility: which go free for a repayment, and which a stock check does not find."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fastapi import APIRouter

from gateway.bootstrap import Gateway, Unit
from gateway.domain.calendar import iso
from gateway.domain.reasons import Reason, explain
from gateway.ids import format_id, parse_id
from gateway.money import currency_codes, exponent, text
from gateway.problems import Problem
from gateway.risk.book import head_of
from gateway.risk.collateral import GoodsBehind, goods_behind
from gateway.risk.fleet import Car, cars_behind, count_acts, release_acts, release_plan, stock_check
from gateway.routers.collateral import FacilityNumber
from gateway.routers.common import Reading, TheGateway
from gateway.schemas import vehicles as schemas
from gateway.services import instructions
from gateway.services.vehicle_numbers import masked

router = APIRouter(tags=["goods"])

_RELEASERS, _COUNTERS = ["maker", "checker", "keeper"], ["keeper"]


@router.post("/facilities/{facility}/vehicles/release", response_model=schemas.ReleasePlan)
def release(
    facility: FacilityNumber, body: schemas.ReleaseBody, unit: Reading, gateway: TheGateway
) -> dict[str, Any]:
    """Which vehicles go free for a repayment that is booked, the acts by which they do, and the certificates that are
    handed back then. The repayment covers what goes free, at the advance rate, and what stays covers what is owed.
    """
    found = _behind(unit, gateway, facility)
    cars, currency = cars_behind(unit.connection, found), found.facility.currency
    plan = release_plan(
        found, cars, _minor(body.repaid, currency), [parse_id(each) for each in body.receipts]
    )
    made = release_acts(unit.connection, plan, facility, body.evidence, head_of(unit.connection))
    return {
        "facility": facility, "currency": currency_codes()[currency], "releasable": text(plan.most, currency),
        "value": text(plan.value, currency), "blocked": _because(plan.blocked),
        "freed": [_car(each, currency) for each in plan.freed],
        "staying": [_car(each, currency) for each in plan.staying],
        "acts": [_act(gateway, "releaseGoods", each["message"], _RELEASERS, each["unsigned"]) for each in made],
        "hand_back": [_hand_back(each) for each in plan.freed if each.lot.custody is not None],
    }  # fmt: skip


@router.post("/facilities/{facility}/vehicles/check", response_model=schemas.StockCheck)
def check(
    facility: FacilityNumber, body: schemas.StockCheckBody, unit: Reading, gateway: TheGateway
) -> dict[str, Any]:
    """Hold the numbers that somebody saw in the yard against the vehicles behind a facility. For each that was not seen
    the count of none is prepared, which its keeper, or its inspector, signs; its evidence is the hash of the round.
    """
    found = _behind(unit, gateway, facility)
    cars, currency = cars_behind(unit.connection, found), found.facility.currency
    day = iso(found.day)
    round_ = stock_check(found, cars, body.seen, day)
    made = count_acts(unit.connection, round_, found.day, head_of(unit.connection))
    return {
        "facility": facility, "day": day, "evidence": round_.evidence,
        "seen": [_car(each, currency) for each in round_.seen],
        "missing": [_car(each, currency) for each in round_.missing], "unknown": list(round_.unknown),
        "acts": [_act(gateway, "count", each, _COUNTERS, {}) for each in made],
    }  # fmt: skip


def _behind(unit: Unit, gateway: Gateway, facility: int) -> GoodsBehind:
    connection = unit.connection
    found = goods_behind(connection, connection, facility, head_of(connection), gateway.settings.rhythms)
    if found is None:
        raise Problem("FACILITY_UNKNOWN", "no such facility", status=404, facility=facility)
    return found


def _minor(amount: str, currency: int) -> int:
    code = currency_codes()[currency]
    exact = Decimal(amount).scaleb(exponent(code))
    if exact != int(exact) or not 0 <= exact < 1 << 48:
        raise Problem(
            "AMOUNT-FORM", f"an amount of {code} has {exponent(code)} digits", field="repaid", found=amount
        )
    return int(exact)


def _because(reason: Reason) -> dict[str, str] | None:
    if not reason:
        return None
    explained = explain(reason)
    return {"rule": explained.rule_id, "sentence": explained.sentence}


def _car(car: Car, currency: int) -> dict[str, Any]:
    vehicle = car.lot.vehicle
    assert vehicle is not None
    return {
        "receipt": format_id(car.receipt), "lot": format_id(car.lot.number), "vin": masked(vehicle.vin),
        "model": vehicle.certificate.model, "value": text(car.lot.pledged.value, currency),
        "certificate": vehicle.hash,
    }  # fmt: skip


def _hand_back(car: Car) -> dict[str, Any]:
    vehicle, custody = car.lot.vehicle, car.lot.custody
    assert vehicle is not None
    assert custody is not None
    return {
        "certificate": vehicle.hash, "vin": masked(vehicle.vin), "custodian": custody.custodian, "to": car.holder,
    }  # fmt: skip


def _act(
    gateway: Gateway,
    function: str,
    message: Mapping[str, Any],
    signers: list[str],
    unsigned: Mapping[str, Any],
) -> dict[str, Any]:
    prepared = instructions.prepare(gateway.acts, function, message)
    return {**prepared, "signers": signers, "unsigned": dict(unsigned)}
