"""What runs out on goods and receipts, by the day: calls, valuations, storage, sales, releases, keepers' answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, select

from gateway.db import margin_tables, tables
from gateway.db.standing import facility_with_goods
from gateway.domain import coverage
from gateway.domain.calendar import iso
from gateway.domain.coverage import Cover
from gateway.domain.endorsements import Stage
from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_records import MarginState, SaleState
from gateway.ids import format_id
from gateway.money import currency_codes, text
from gateway.risk.endorsements import Endorsements
from gateway.risk.valuations import Appraisals, stands_on

DAYS_AHEAD = 5
"""Days before its last one from which a valuation, or the storage of a lot, is listed."""

Row = Mapping[str, str | int]


def goods_clocks(ledger: Connection, own: Connection, day: int) -> Iterator[Row]:
    """Everything of the goods that waits for somebody on a day; `ledger` has the ledger's tables as of then."""
    terms = margin_tables.goods_terms.c
    for number in ledger.execute(select(terms.facility).order_by(terms.facility)).scalars():
        state = facility_with_goods(ledger, number)
        assert state is not None, "goods are agreed under a facility"
        yield from _call(state, number, day)
        yield from _valuations(state, number, day, Appraisals(own, day))
        yield from _storage(state, number, day)
        yield from _release(state, number, day)
    yield from _sales(ledger, day)
    yield from _answers(own, day)


def _call(state: LedgerState, number: int, day: int) -> Iterator[Row]:
    """A call that stands, with what meets it: so much cash, or goods that count for so much (CC-433)."""
    facility, mark = state.facilities[number], state.mark_of(number)
    if mark.state is not MarginState.CALLED:
        return
    cover = Cover(facility.face, facility.used)
    marks = coverage.of_facility(facility.advance_bps, state.goods_terms[number].maintenance_bps)
    cash, value = coverage.cash(cover, marks), cover.lacking(marks.cured_bps)
    yield _row(
        "margin call", "run out" if day > mark.day else "open", "CC-433", number, "", facility.borrower, mark.day, day,
        cash=text(cash, facility.currency), goods_value=text(value, facility.currency),
        currency=currency_codes()[facility.currency],
    )  # fmt: skip


def _valuations(state: LedgerState, number: int, day: int, valued: Appraisals) -> Iterator[Row]:
    """Lots whose valuation is too old, or soon will be; and those of which a newer one is not on the ledger."""
    lender = state.facilities[number].lender
    for (_, lot), pledged in sorted(state.pledged_lots.items()):
        if not pledged.quantity:
            continue
        kept = valued.counting(lot)
        behind = (
            kept is not None
            and kept.valuation.day >= pledged.valued_day
            and not stands_on(pledged, kept, valued.number_for(kept, lender))
        )
        if not behind and pledged.valid_until > day + DAYS_AHEAD:
            continue
        stale = "stale" if pledged.valid_until < day else "good"
        yield _row(
            "valuation", f"{stale}, a newer one is not on the ledger" if behind else stale, "CC-433", number,
            format_id(lot), lender, pledged.valid_until, day,
        )  # fmt: skip


def _storage(state: LedgerState, number: int, day: int) -> Iterator[Row]:
    """Lots whose storage soon ends. From its last day on no receipt passes on or is pledged: goods are taken out."""
    for (_, lot), pledged in sorted(state.pledged_lots.items()):
        last = state.roots[lot].due_day
        if pledged.quantity and last <= day + DAYS_AHEAD:
            says = "open" if day < last else "goods are only taken out"
            yield _row(
                "storage", says, "DEC-9", number, format_id(lot), state.facilities[number].lender, last, day
            )


def _release(state: LedgerState, number: int, day: int) -> Iterator[Row]:
    """Goods under a facility on which nothing is owed: the lender lets them go by that day, or holder and keeper do
    without it (CC-436).
    """
    facility, pledged = state.facilities[number], state.mark_of(number).lots
    if facility.used or not facility.zero_debt_day or not pledged:
        return
    free = facility.free_from
    says = "holder and keeper may free them" if day >= free else "the lender is to let them go"
    yield _row("release", says, "CC-436", number, f"{pledged} lots", facility.lender, free, day)


def _sales(ledger: Connection, day: int) -> Iterator[Row]:
    """Sales in enforcement whose price has not come whole."""
    sale, title, facility = margin_tables.goods_sales, tables.titles, tables.facilities
    left = (sale.c.came_before + sale.c.price - title.c.collected).label("left_to_pay")
    query = (
        select(sale, left, facility.c.currency)
        .join(title, title.c.title == sale.c.title)
        .join(facility, facility.c.facility == sale.c.facility)
        .where(sale.c.state == SaleState.AGREED, left > 0)
        .order_by(sale.c.title)
    )
    for row in ledger.execute(query):
        yield _row(
            "sale", "unpaid" if day > row.pay_by else "open", "CC-436", row.facility, format_id(row.title), row.buyer,
            row.pay_by, day, cash=text(row.left_to_pay, row.currency),
            currency=currency_codes()[row.currency],
        )  # fmt: skip


def _answers(own: Connection, day: int) -> Iterator[Row]:
    """Endorsements that wait for the keeper, or did in vain (CC-910-answer)."""
    for each in Endorsements(own).all():
        answer, stage = each.course.answer, each.course.stage(day)
        if answer is not None and each.rows["acquirer"].day <= day and stage in (Stage.ASKED, Stage.OVERDUE):
            yield _row(
                "endorsement", str(stage), "CC-910-answer", 0, format_id(each.receipt), each.parties["keeper"],
                answer.last_day, day,
            )  # fmt: skip


def _row(
    kind: str, state: str, rule: str, facility: int, subject: str, party: int, last: int, day: int, *, cash: str = "",
    goods_value: str = "", currency: str = "",
) -> Row:  # fmt: skip
    return {
        "kind": kind, "state": state, "rule": rule, "facility": facility, "subject": subject, "party": party,
        "last_day": iso(last) if last else "", "days_left": last - day if last else 0, "cash": cash,
        "goods_value": goods_value, "currency": currency,
    }  # fmt: skip
