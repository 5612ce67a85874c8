"""How a receipt secures a facility: under whose control, when last valued, whether enough, and whether it is sold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.domain.calendar import day_of
from gateway.domain.margin_records import MarginState, SaleState
from gateway.ports.verification import Dossier


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale in enforcement that waits for its price: who is to pay, and through which day."""

    buyer: int
    pay_by: int


@dataclass(frozen=True, slots=True)
class ReceiptPledge:
    """What the chain says of a pledged receipt; days are those of `calendar`.

    `quantity` is what of the lot is pledged to the facility; `day` the one through which a call is to be met, or from
    which goods may be sold, None while nothing is called for; `is_fresh` says whether the valuation is good today.
    """

    facility: int
    lender: int
    control_agent: int
    appraisers: Sequence[int]
    quantity: int
    valued_on: int
    valid_until: int
    model: int
    is_fresh: bool
    state: MarginState
    day: int | None
    sale: Sale | None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing of it asks for attention."""
        return self.is_fresh and self.state is MarginState.STANDING and self.sale is None


def pledge_of(dossier: Dossier) -> ReceiptPledge | None:
    """The pledge of a receipt; None where it secures nothing, or is a certificate."""
    pledge = dossier.goods.pledge if dossier.goods else None
    if pledge is None or dossier.facility is None:
        return None
    terms, lot, mark, sale = pledge.terms, pledge.lot, pledge.mark, pledge.sale
    state = MarginState(mark["state"])
    return ReceiptPledge(
        facility=dossier.facility.number,
        lender=dossier.facility.terms["lender"],
        control_agent=terms["control_agent"],
        appraisers=(terms["appraiser"], terms["second_appraiser"]),
        quantity=lot["quantity"],
        valued_on=lot["valued_day"],
        valid_until=lot["valid_until"],
        model=lot["model"],
        is_fresh=day_of(dossier.place.time) <= lot["valid_until"],
        state=state,
        day=None if state is MarginState.STANDING else mark["day"],
        sale=Sale(sale["buyer"], sale["pay_by"]) if sale["state"] == SaleState.AGREED else None,
    )
