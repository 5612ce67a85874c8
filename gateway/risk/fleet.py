"""A dealer's vehicles behind a facility: which go free for a repayment, and which a stock check does not find."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785
from sqlalchemy import Connection, select

from gateway.adapters.ledger.words import HELD, SETTLED, SPENT
from gateway.db import tables as ledger
from gateway.db.goods_tables import lots
from gateway.domain.margin_values import covering
from gateway.domain.reasons import Reason
from gateway.domain.records import LoanPhase
from gateway.domain.releases import chosen, freed_by
from gateway.ids import format_id
from gateway.problems import Problem
from gateway.risk.book import Head
from gateway.risk.collateral import GoodsBehind, LotBehind
from gateway.services.vehicle_numbers import masked, read_vin

_LIFE_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Car:
    """A pledged vehicle: its lot behind the facility, its receipt, and who holds that."""

    lot: LotBehind
    receipt: int
    holder: int

    @property
    def vin(self) -> str:
        """Its number."""
        assert self.lot.vehicle is not None
        return self.lot.vehicle.vin


def cars_behind(connection: Connection, found: GoodsBehind) -> list[Car]:
    """The vehicles that secure a facility, in the order of their lots."""
    title = ledger.titles.c
    living = title.flags.op("&")(SPENT | SETTLED | HELD) == 0
    query = select(title.root, title.title, title.holder).where(title.lock == found.number, living)
    held = {row.root: row for row in connection.execute(query)}
    return [
        Car(each, held[each.number].title, held[each.number].holder)
        for each in found.lots
        if each.vehicle is not None and each.number in held
    ]


# ── Released for a repayment ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What goes free for a repayment; `most` is what could, by value, and `blocked` why nothing does."""

    most: int
    blocked: Reason
    freed: list[Car]
    staying: list[Car]

    @property
    def value(self) -> int:
        """What goes free by value."""
        return sum(each.lot.pledged.value for each in self.freed)


def release_plan(found: GoodsBehind, cars: Sequence[Car], repaid: int, wanted: Sequence[int]) -> ReleasePlan:
    """Which vehicles go free for `repaid` minor units that are booked: those `wanted`, by their receipts, in their
    order, or where none is named the first that fit. Raises Problem(UNKNOWN_TITLE) for one that is not pledged here.
    """
    by_receipt = {each.receipt: each for each in cars}
    for receipt in wanted:
        if receipt not in by_receipt:
            raise Problem(
                "UNKNOWN_TITLE", "no vehicle with this receipt secures the facility", status=404, field="receipts",
                receipt=format_id(receipt),
            )  # fmt: skip
    asked = [by_receipt[each] for each in dict.fromkeys(wanted)] or list(cars)
    held, spare = found.facility, found.room.releasable
    blocked = covering(found.state, found.number, held, found.day) if held.used else Reason.NONE
    # With nothing owed any more, all of it.
    most = freed_by(repaid, held.advance_bps, spare) if held.used else spare
    fits = chosen([each.lot.pledged.value for each in asked], most)
    freed = [] if blocked else [each for each, fit in zip(asked, fits, strict=True) if fit]
    return ReleasePlan(most, blocked, freed, [each for each in cars if each not in freed])


def release_acts(
    connection: Connection, plan: ReleasePlan, facility: int, evidence: str, head: Head
) -> list[dict[str, Any]]:
    """The acts by which they go free, with the loans that are to be named beside them."""
    loan = ledger.loans.c
    open_ = (LoanPhase.RESERVED, LoanPhase.OUTSTANDING)
    query = select(loan.loan).where(loan.facility == facility, loan.phase.in_(open_)).order_by(loan.loan)
    loans = [str(each) for each in connection.execute(query).scalars()]
    return [
        {
            "message": {
                "facility": facility, "lot": str(each.lot.number), "quantity": each.lot.pledged.quantity,
                "titles": [str(each.receipt)], "nonce": str(secrets.randbits(64)),
                "expiresAt": head.time + _LIFE_SECONDS, "evidence": evidence,
            },
            "unsigned": {"loans": loans},
        }
        for each in plan.freed
    ]  # fmt: skip


# ── Looked for in a stock check ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StockCheck:
    """What a round found: of the facility's vehicles those seen and those not, and numbers that are none of theirs.

    `evidence` is the hash of the round's list, which the counts bear.
    """

    seen: list[Car]
    missing: list[Car]
    unknown: list[Mapping[str, str]]
    evidence: str


def stock_check(found: GoodsBehind, cars: Sequence[Car], told: Iterable[str], day: str) -> StockCheck:
    """Hold the numbers that somebody saw against the vehicles behind a facility."""
    mine = {each.vin: each for each in cars}
    numbers: set[str] = set()
    unknown: list[Mapping[str, str]] = []
    for text in told:
        try:
            vin = read_vin(text)
        except ValueError as error:
            unknown.append({"vin": text, "why": str(error)})
            continue
        if vin not in mine:
            unknown.append({"vin": masked(vin), "why": "the vehicle does not secure this facility"})
        numbers.add(vin)
    stated: dict[str, Any] = {"facility": found.number, "day": day, "seen": sorted(numbers)}
    return StockCheck(
        [car for vin, car in mine.items() if vin in numbers],
        [car for vin, car in mine.items() if vin not in numbers],
        unknown,
        "0x" + sha256(rfc8785.dumps(stated)).hexdigest(),
    )


def count_acts(connection: Connection, check: StockCheck, day: int, head: Head) -> list[dict[str, Any]]:
    """The counts by which what was not seen is none any more; a lot that was counted so before needs no other."""
    gone = [each.lot.number for each in check.missing if each.lot.on_ledger.stored]
    query = (
        select(lots.c.lot, lots.c.delivered, lots.c.counts).where(lots.c.lot.in_(gone)).order_by(lots.c.lot)
    )
    return [
        {
            "lot": str(row.lot), "deliveredBefore": row.delivered, "countsBefore": row.counts, "counted": 0, "day": day,
            "expiresAt": head.time + _LIFE_SECONDS, "evidence": check.evidence,
        }
        for row in connection.execute(query)
    ]  # fmt: skip
