"""Loans: how each stands by its own terms, instalment by instalment, and what one would cost."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from gateway.db import tables as ledger
from gateway.db.repayments import repayments_of
from gateway.db.standing import behind_loan
from gateway.domain import quotes
from gateway.domain.calendar import day_of_iso, iso
from gateway.domain.records import MOST_BPS, LoanPhase, Terms
from gateway.domain.records import Loan as LoanRecord
from gateway.domain.terms import progress, schedules
from gateway.domain.terms.standing import overdue_since
from gateway.ids import format_id, parse_id
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.risk.collateral import goods_behind
from gateway.risk.facts import facility_of
from gateway.risk.loan_costs import offer_of, quoted, unfit
from gateway.routers.as_of import TheView, View
from gateway.routers.collateral import halted
from gateway.routers.common import TheGateway
from gateway.routers.pages import ThePage, last
from gateway.routers.risk import head_of
from gateway.routers.rows import loan_row, loan_rows
from gateway.routers.shown_loans import BASES, form_name, owed_on, shown_quote, shown_terms
from gateway.routers.standing import Standing
from gateway.schemas import loans as schemas
from gateway.schemas.fields import PARTY_MOST, Amount, Hash
from gateway.services.amounts import to_minor

router = APIRouter(tags=["loans"])

_PHASES = {1: "reserved", 2: "outstanding", 3: "settled", 4: "void", 5: "written off", 6: "sold"}
_OWED = (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)
"""Phases of a loan in which its principal is a debt: before, it is only reserved."""
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


@router.get("/loans", response_model=schemas.Loans)
def loans(view: TheView, page: ThePage) -> dict[str, Any]:
    """Loans under facilities, each with its terms and what is to be paid next."""
    rows = page.rows(view.ledger, loan_rows(), ledger.loans.c.loan)
    standing = Standing.of(view)

    def show(row: Any) -> dict[str, Any]:
        return {**_loan(row), **standing.loan(row)}

    return page.answer("loans", rows, show, last("loan"), as_of=view.seen)


@router.get("/loans/{loan}", response_model=schemas.OneLoan)
def loan(loan: str, view: TheView) -> dict[str, Any]:
    """One loan; `loan` is party-serial or one number."""
    row = loan_row(view, loan)
    return {**_loan(row), **Standing.of(view).loan(row), "as_of": view.seen}


def _loan(row: Any) -> dict[str, Any]:
    owed = row.principal if row.phase in _OWED else 0
    return {
        "loan": format_id(row.loan), "id": str(row.loan), "facility": row.facility, "lender": row.lender,
        "borrower": row.borrower, "currency": currency_codes()[row.currency],
        "drawn": text(row.drawn, row.currency), "principal": text(owed, row.currency),
        "interest_paid": text(row.interest_paid, row.currency), **shown_terms(row._mapping),
        "due": iso(row.due_day), "phase": _PHASES[row.phase], "form": form_name(row.facility_flags),
        "title": format_id(row.title) if row.title else None, "seller": row.payee if row.title else None,
        "buyer": row.lender if row.title else None, "bears_loss": row.entrustor or row.lender,
    }  # fmt: skip


# ── Schedule ────────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/loans/{loan}/schedule", response_model=schemas.Schedule)
def schedule(
    loan: str,
    view: TheView,
    day: Annotated[
        str | None,
        Query(pattern=_DAY, description="how it will stand on this day, if nothing is paid before; by default the day "
        "of the block the answer is of"),
    ] = None,
) -> dict[str, Any]:  # fmt: skip
    """Every instalment of a loan with what is paid, open and overdue of it, and what is owed on a day.

    Up to that day interest is what really accrued; after it, what will accrue if all that is overdue is paid on that
    day and the rest as agreed. Due days are those agreed, whether or not banks do business on them; `payment_day` is
    the first day on which money can move, and neither grace nor penalty is counted from it.
    """
    row = loan_row(view, loan)
    state = behind_loan(view.ledger, row.loan)
    assert state is not None
    when = _day(view, day)
    paid = repayments_of(view.ledger, row.loan)
    record, kept, value_day = state.loans[row.loan], 0, None
    if record.phase is LoanPhase.RESERVED:
        found, kept = _expected(record, when)
    else:
        found, value_day = progress.lines(record, state.accrual_of(row.loan), paid, when), row.start_day
    late = overdue_since(record, state.accrual_of(row.loan), when)
    standing, currency = Standing.of(view), row.currency
    return {
        "loan": format_id(row.loan), "phase": _PHASES[row.phase], "currency": currency_codes()[currency],
        **shown_terms(row._mapping), "paid_out": None if value_day is None else iso(value_day), "day": iso(when),
        "due": owed_on(quotes.due(state, row.loan, paid, when), currency),
        "settles": owed_on(quotes.owed(state, row.loan, when), currency),
        "interest_kept": text(kept, currency), "overdue_since": iso(late) if late else None,
        "instalments": [_instalment(line, row, standing) for line in found], "as_of": view.seen,
    }  # fmt: skip


def _expected(record: LoanRecord, when: int) -> tuple[tuple[progress.Line, ...], int]:
    """The schedule of a pay-out on a day, and what it would keep; nothing once it can no longer be paid out."""
    if not record.start_day <= when < schedules.due_day(record, 1):
        return (), 0
    started, accrual = progress.paid_out(record, when)
    return progress.lines(started, accrual, (), when), progress.interest_kept(record, when)


def _instalment(line: progress.Line, row: Any, standing: Standing) -> dict[str, Any]:
    currency = row.currency
    return {
        "number": line.number, "due": iso(line.due_day), "payment_day": standing.payment_day(line.due_day),
        "penalty_free_until": iso(line.due_day + row.grace_days), "principal": text(line.principal, currency),
        "interest": text(line.interest, currency), "total": text(line.total, currency),
        "paid": text(line.paid, currency), "open": text(line.open, currency),
        "overdue_since": iso(line.due_day) if line.overdue else None,
    }  # fmt: skip


def _day(view: View, asked: str | None) -> int:
    today = head_of(view).day
    if asked is None:
        return today
    try:
        day = day_of_iso(asked)
    except ValueError:
        raise Problem("DAY-FORM", "it is no day of the ledger", field="day", found=asked) from None
    if day < today:
        raise Problem(
            "DAY-PAST", f"the answer is of {iso(today)}: ask how things were on an earlier day with as_of", field="day",
            found=asked, today=iso(today),
        )  # fmt: skip
    return day


# ── Quote ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_PARAMETERS = {"due_day": "due", "rate": "rate_ppm"}
"""Names of the record's fields here, where they have others."""
FacilityNumber = Annotated[int, Path(ge=1, le=PARTY_MOST, description="a facility's number")]


@router.get("/facilities/{facility}/quote", response_model=schemas.FacilityQuote)
def quote(
    facility: FacilityNumber,
    view: TheView,
    gateway: TheGateway,
    amount: Annotated[Amount, Query(description="what is drawn")],
    rate_ppm: Annotated[
        int, Query(ge=0, lt=1 << 24, description="parts per million a year; of a purchase 0")
    ],
    due: Annotated[str, Query(pattern=_DAY, description="day on which the last of it is due")],
    terms: schemas.TermsName = "bullet",
    count: Annotated[
        int,
        Query(ge=0, le=255, description="instalments (1 to 60), or of a statement its days free of interest"),
    ] = 0,
    basis: schemas.BasisName = "360",
    minimum_days: Annotated[
        int, Query(ge=0, le=255, description="days of interest that are paid at least")
    ] = 0,
    grace_days: Annotated[int, Query(ge=0, le=255, description="days after a due day without penalty")] = 0,
    penalty_bps: Annotated[int, Query(ge=0, le=MOST_BPS, description="basis points of the rate")] = 0,
    title: Annotated[
        str | None,
        Query(max_length=25, description="the certificate that is bought, where the facility buys"),
    ] = None,
    offer: Annotated[
        Hash | None, Query(description="the offer of finance whose fee is to be counted in")
    ] = None,
) -> dict[str, Any]:
    """What a draw under a facility would cost by its own terms, before anybody signs: every instalment, the total, and
    the yearly rate of all of it. Terms that the ledger cannot hold to are refused by their field (DEC-16).
    """
    row = facility_of(view.ledger, facility)
    if row is None:
        raise Problem("FACILITY_UNKNOWN", "no such facility", status=404, facility=facility)
    today, minor = head_of(view).day, to_minor(amount, row.currency, "amount")
    record = LoanRecord(
        facility=facility, principal=minor, drawn=minor, rate=rate_ppm, due_day=_due(due), penalty_bps=penalty_bps,
        minimum_days=minimum_days, basis=BASES.index(basis), phase=LoanPhase.RESERVED, start_day=today,
        terms=Terms[terms.upper().replace(" ", "_")], grace_days=grace_days, count=count,
        buys=title is not None,
    )  # fmt: skip
    for each in unfit(row, record, today):
        field = _PARAMETERS.get(each.field, each.field)
        raise Problem("TERMS-UNFIT", each.sentence, field=field, keeps="DEC-16")
    made = None if offer is None else offer_of(view.own, offer, row.lender)
    number = 0 if title is None else parse_id(title)
    found = quoted(view.ledger, row, record, today, title=number, offer=made)
    behind = goods_behind(view.ledger, view.own, facility, head_of(view), gateway.settings.rhythms)
    assert behind is not None
    return {
        **shown_quote(found, row.currency, Standing.of(view).payment_day), "facility": facility, "day": iso(today),
        "due": due, "drawable": text(behind.room.drawable, row.currency), "draws_blocked": halted(behind),
        "as_of": view.seen,
    }  # fmt: skip


def _due(written: str) -> int:
    try:
        return day_of_iso(written)
    except ValueError:
        raise Problem("DAY-FORM", "it is no day of the ledger", field="due", found=written) from None
