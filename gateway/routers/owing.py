"""Who owes what to whom on a receivable: the debtor its certificates, and whoever borrowed on them or sold them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from sqlalchemy import select

from gateway.adapters.ledger.words import SETTLED, SPENT, form_of
from gateway.db import tables as ledger
from gateway.db.standing import behind_loan
from gateway.domain import quotes
from gateway.domain.calendar import iso
from gateway.domain.interest import late_interest_most
from gateway.domain.records import Form, LoanPhase
from gateway.ids import format_id
from gateway.money import currency_codes, text
from gateway.routers.as_of import TheView, View
from gateway.routers.risk import head_of
from gateway.routers.rows import root_row
from gateway.schemas import owing as schemas

router = APIRouter(tags=["ledger"])

_CLAIMED = (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)


@router.get("/receivables/{root}/owed", response_model=schemas.Owing)
def owed(root: str, view: TheView) -> dict[str, Any]:
    """What is unpaid on each certificate of a receivable on the day of the answer, and who else answers for it.

    After the due day the debtor owes late interest besides (SME-17), at the most what it promised. Behind a locked
    certificate its facility's loans are named: the seller of a certificate bought with recourse owes its price back, a
    pledgor what it borrowed; whoever stands behind those loans is told by `GET /loans/{loan}/loss`. Money of a locked
    certificate is paid to the facility's lender, whatever its holder.
    """
    row = root_row(view, root)
    day = head_of(view).day
    late = max(0, day - row.due_day)
    live = ledger.titles.c.flags.op("&")(SPENT | SETTLED) == 0
    mine = select(ledger.titles).where(ledger.titles.c.root == row.root, live).order_by(ledger.titles.c.title)
    titles = list(view.ledger.execute(mine))
    unpaid = sum(each.quantity - each.paid for each in titles)

    def show(title: Any) -> dict[str, Any]:
        open_ = title.quantity - title.paid
        behind = list(_behind(view, title, day)) if title.lock else []
        return {
            "title": format_id(title.title), "holder": title.holder,
            "paid_to": behind[0]["creditor"] if behind else title.holder, "unpaid": text(open_, row.currency),
            "late_interest": text(late_interest_most(open_, row.terms, late), row.currency), "behind": behind,
        }  # fmt: skip

    return {
        "root": format_id(row.root), "debtor": row.debtor, "currency": currency_codes()[row.currency],
        "day": iso(day), "due": iso(row.due_day), "overdue_days": late, "unpaid": text(unpaid, row.currency),
        "late_interest": text(late_interest_most(unpaid, row.terms, late), row.currency),
        "late_interest_paid": text(row.late_interest, row.currency),
        "titles": [show(each) for each in titles], "as_of": view.seen,
    }  # fmt: skip


def _behind(view: View, title: Any, day: int) -> Iterator[dict[str, Any]]:
    """The loans of the facility to which a certificate is locked: of those that bought one, only its own."""
    loans, facilities = ledger.loans, ledger.facilities
    columns = (
        facilities.c.lender,
        facilities.c.borrower,
        facilities.c.currency,
        facilities.c.flags.label("form"),
    )
    query = (
        select(loans.c.loan, loans.c.title, *columns)
        .join(facilities, loans.c.facility == facilities.c.facility)
        .where(
            loans.c.facility == title.lock, loans.c.phase.in_(_CLAIMED), loans.c.title.in_((0, title.title))
        )
        .order_by(loans.c.loan)
    )
    for row in view.ledger.execute(query):
        state = behind_loan(view.ledger, row.loan)
        assert state is not None
        form = form_of(row.form)
        yield {
            "loan": format_id(row.loan), "creditor": row.lender, "party": row.borrower,
            "why": "recourse" if form is Form.RECOURSE else form.name.lower(),
            "owes": text(quotes.owed(state, row.loan, day).total, row.currency),
        }  # fmt: skip
