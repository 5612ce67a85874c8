"""Whose a loan's money is: what each funder put in, has back, and stands to lose, by the table that stands (S17)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from gateway.adapters.ledger.chain import facts_about
from gateway.bootstrap import Gateway
from gateway.db.repayments import repayments_of
from gateway.domain.records import LoanPhase
from gateway.domain.shares import WHOLE_BPS, cut_each
from gateway.ids import format_id
from gateway.money import currency_codes, text
from gateway.routers.as_of import TheView, View
from gateway.routers.common import TheGateway
from gateway.routers.rows import loan_row
from gateway.schemas import funders as schemas

router = APIRouter(tags=["loans"])

_LENT = (LoanPhase.OUTSTANDING, LoanPhase.SETTLED, LoanPhase.WRITTEN_OFF)


@router.get("/loans/{loan}/funders", response_model=schemas.Funders)
def funders(loan: str, view: TheView, gateway: TheGateway) -> dict[str, Any]:
    """The parts of a loan by the share table under which it was drawn; without one, all of it is the lender's, or the
    entrustor's behind it (S5).

    Each repayment is cut as it came, to the minor unit: its odd units go to those who are furthest behind, and the
    parts always make the whole. A repayment that its bank took back is in nobody's part.
    """
    row = loan_row(view, loan)
    made, shares = _table(view, gateway, row)
    parties, bps = list(shares), list(shares.values())
    lent = [row.drawn] if row.phase in _LENT else []
    paid = repayments_of(view.ledger, row.loan)
    put_in = _sums(cut_each(lent, bps), len(bps))
    principal = _sums(cut_each([each.principal for each in paid], bps), len(bps))
    interest = _sums(cut_each([each.interest for each in paid], bps), len(bps))
    lost = row.phase == LoanPhase.WRITTEN_OFF

    def show(place: int) -> dict[str, Any]:
        out = put_in[place] - principal[place]
        amounts = {
            "lent": put_in[place], "principal_back": principal[place], "interest": interest[place],
            "outstanding": 0 if lost else out, "written_off": out if lost else 0,
        }  # fmt: skip
        shown = {name: text(amount, row.currency) for name, amount in amounts.items()}
        return {"party": parties[place], "bps": bps[place], **shown}

    return {
        "loan": format_id(row.loan), "currency": currency_codes()[row.currency], "table": made,
        "funders": [show(place) for place in range(len(parties))], "as_of": view.seen,
    }  # fmt: skip


def _table(view: View, gateway: Gateway, row: Any) -> tuple[str | None, dict[int, int]]:
    """The table that stood when the loan was drawn: none can be made while anything is lent under the facility."""
    told = facts_about(view.own, gateway.chain.book, "Evidence", "Shared", row.facility)
    before = [each for each in told if each.block_number <= row.block_number]
    if not before:
        return None, {row.entrustor or row.lender: WHOLE_BPS}
    args = before[-1].args
    return "0x" + bytes(args["shares"]).hex(), dict(zip(args["parties"], args["bps"], strict=True))


def _sums(parts: list[list[int]], funders: int) -> list[int]:
    return [sum(each[place] for each in parts) for place in range(funders)]
