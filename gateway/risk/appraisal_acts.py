"""From a valuation that was taken in to the act by which the ledger counts a lot by it, tried before it is signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway.db.goods_state import goods_state
from gateway.db.standing import facility_with_goods
from gateway.db.valuations import ValuationBook
from gateway.domain import collateral
from gateway.domain.calendar import iso
from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_acts import Appraise
from gateway.domain.margin_records import GoodsTerms, PledgedLot, highest_rate
from gateway.domain.reasons import Reason, explain
from gateway.domain.records import MAX_AMOUNT, Role, Signer
from gateway.ids import format_id
from gateway.money import currency_codes
from gateway.problems import Problem
from gateway.risk.book import Head
from gateway.risk.valuations import Appraisals
from gateway.services.valuations import KEEPS, Kept, describe_objection

ACT_DAYS = 7
"""Days for which the act can be signed and carried."""
_FOREVER = (1 << 40) - 1


@dataclass(frozen=True, slots=True)
class Appraisal:
    """The act, who signs it, and what the rate may be on that day at most; None before the first valuation."""

    act: Appraise
    signer: int
    highest: int | None


def appraisal(connection: Connection, evidence: str, facility: int, head: Head) -> Appraisal:
    """The act that brings a valuation to the ledger.

    Raises Problem(VALUATION-UNKNOWN, FACILITY_UNKNOWN, GOODS_TERMS_MISSING, VALUATION-OBJECTION, VALUATION-SUPERSEDED,
    VALUATION-CURRENCY, VALUATION-MODEL, VALUATION-ACT).
    """
    kept = ValuationBook(connection).find(evidence.removeprefix("0x").lower())
    if kept is None:
        raise Problem("VALUATION-UNKNOWN", "no such valuation was taken in", status=404, valuation=evidence)
    state, terms = _facility(connection, facility)
    desk = Appraisals(connection, head.day)
    _sound(desk, kept, state.facilities[facility].currency)
    lender = state.facilities[facility].lender
    models = desk.models(kept)
    if lender not in models:
        raise Problem(
            "VALUATION-MODEL", f"the facility's lender, {lender}, did not register the model by which it was valued",
            status=409, field="facility", model=kept.valuation.model, version=kept.valuation.version, keeps=KEEPS,
        )  # fmt: skip
    found = kept.valuation
    known = goods_state(connection, [found.lot])
    state.roots.update(known.roots)
    state.lots.update(known.lots)
    before = state.pledged_lot_of(facility, found.lot)
    act = Appraise(
        facility=facility, lot=found.lot, rate_before=before.rate, rate=kept.lending_rate, valued_day=found.day,
        valid_until=min(found.last_day, found.day + terms.valid_days), model=models[lender],
        expires_at=head.time + ACT_DAYS * 86_400, evidence=bytes.fromhex(found.sha256),
    )  # fmt: skip
    highest = _highest(before, terms, found.day)
    _try(state, act, found.appraiser, highest, head)
    return Appraisal(act, found.appraiser, highest)


def _facility(connection: Connection, number: int) -> tuple[LedgerState, GoodsTerms]:
    state = facility_with_goods(connection, number)
    if state is None:
        raise Problem("FACILITY_UNKNOWN", "no such facility", status=404, facility=number)
    terms = state.goods_terms.get(number)
    if terms is None:
        sentence = explain(Reason.GOODS_TERMS_MISSING).sentence
        raise Problem("GOODS_TERMS_MISSING", sentence, status=404, facility=number)
    return state, terms


def _sound(desk: Appraisals, kept: Kept, currency: int) -> None:
    """Refuse a valuation that nobody lends on, or not in this currency."""
    broken = [describe_objection(each) for each in desk.broken(kept)]
    if broken:
        raise Problem(
            broken[0]["rule"], broken[0]["message"], status=409, field=broken[0]["field"], errors=broken, keeps=KEEPS
        )  # fmt: skip
    if not desk.counts(kept):
        newer = desk.counting(kept.valuation.lot)
        assert newer is not None, "it is sound itself"
        raise Problem(
            "VALUATION-SUPERSEDED", f"a newer valuation of the lot counts, of {iso(newer.valuation.day)}", status=409,
            field="valuation", newer="0x" + newer.valuation.sha256, keeps=KEEPS,
        )  # fmt: skip
    code = currency_codes()[currency]
    if kept.valuation.currency != code:
        raise Problem(
            "VALUATION-CURRENCY", f"the facility is in {code}: nothing is converted", status=409, field="facility",
            found=kept.valuation.currency, expected=code, keeps=KEEPS,
        )  # fmt: skip


def _highest(before: PledgedLot, terms: GoodsTerms, day: int) -> int | None:
    if not before.valued_day:
        return None
    return highest_rate(before.rate, terms.rise_bps, max(0, day - before.valued_day))


def _try(state: LedgerState, act: Appraise, appraiser: int, highest: int | None, head: Head) -> None:
    """Raise Problem(VALUATION-ACT) for what the ledger would refuse once the appraiser has signed."""
    state.signers["appraiser"] = Signer(appraiser, 1, Role(sum(Role)), MAX_AMOUNT, 0, _FOREVER, 0)
    terms = state.goods_terms[act.facility]
    before = state.pledged_lot_of(act.facility, act.lot)
    reason = collateral.appraise(state, act, ("appraiser",), head.time)
    if not reason:
        return
    told = explain(reason)
    sentences: dict[Reason, str] = {
        Reason.WRONG_PARTY: f"{appraiser} values nothing under facility {act.facility}: {terms.appraiser} and "
        f"{terms.second_appraiser} were agreed",
        Reason.RISE_TOO_STEEP: f"the rate rises too steeply: {act.rate} from {before.rate}, and at most {highest} on "
        f"{iso(act.valued_day)} ({terms.rise_bps} basis points a day were agreed); the rest comes later",
        Reason.VALUATION_STALE: f"it is too old: under this facility it was good until {iso(act.valid_until)}",
        Reason.VALUE_DAY_OUT_OF_RANGE: f"the ledger has a later valuation of the lot, of {iso(before.valued_day)}",
    }
    figures: dict[str, Any] = {"rate": str(act.rate), "rate_before": str(before.rate)}
    raise Problem(
        "VALUATION-ACT", sentences.get(reason, told.sentence), status=409, field="facility", reason=reason.name,
        keeps=told.rule_id, lot=format_id(act.lot), highest=None if highest is None else str(highest), **figures,
    )  # fmt: skip
