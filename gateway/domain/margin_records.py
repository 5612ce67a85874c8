"""The records of goods that secure a facility: what stands in the packed words of credit/MarginWords, by name.

Quantities are whole units of the lot, values minor units of the facility's currency; days are those of `calendar`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

UNITS = 1_000_000
"""A rate is what so many of the smallest units of a lot count for."""

_WHOLE_BPS = 10_000


def highest_rate(rate: int, rise_bps: int, days: int) -> int:
    """What a rate may have risen to after so many days, by basis points of itself for each; rounded down."""
    return rate * (_WHOLE_BPS + rise_bps * days) // _WHOLE_BPS


class MarginState(IntEnum):
    """Whether what is pledged is enough; while it is not STANDING, nothing is drawn or released."""

    STANDING = 0
    CALLED = 1
    """The borrower has until a day to make it good."""
    ENFORCED = 2
    """It did not, or did not repay: from a day on the goods may be sold."""


class SaleState(IntEnum):
    """How far a sale in enforcement is."""

    AGREED = 1
    DONE = 2
    ENDED = 3
    """Its day passed with a part of the price."""


@dataclass(frozen=True, slots=True)
class GoodsTerms:
    """What was agreed of goods under a facility; see `margin_acts.AgreeGoods`."""

    control_agent: int
    appraiser: int
    second_appraiser: int
    maintenance_bps: int
    rise_bps: int
    valid_days: int
    call_days: int
    floor: int
    version: int


@dataclass(frozen=True, slots=True)
class PledgedLot:
    """A lot as it secures one facility. `quantity` is what the receipts pledged there say, `value` what it counted for
    when it was looked at last. `valued_day` is 0 before the first valuation.
    """

    quantity: int = 0
    value: int = 0
    rate: int = 0
    valued_day: int = 0
    valid_until: int = 0
    model: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """How what is pledged stands: until when every lot's valuation is good, how many lots there are, and the day
    through which a call must be met, or from which the goods may be sold. `loan` is the overdue one that a default
    notice names; 0 when it was given because a call ran out.
    """

    fresh_until: int = 0
    lots: int = 0
    state: MarginState = MarginState.STANDING
    day: int = 0
    loan: int = 0

    def fresh(self, today: int) -> bool:
        """Whether it is known what the goods are worth. Where there are none, nothing grows old."""
        return not self.lots or today <= self.fresh_until


@dataclass(frozen=True, slots=True)
class GoodsSale:
    """The goods of a receipt, sold in enforcement for a price that comes to a facility's collection account.
    `came_before` is what came in for them before this buyer's first, under sales that ended.
    """

    came_before: int
    price: int
    buyer: int
    facility: int
    quantity: int
    pay_by: int
    state: SaleState = SaleState.AGREED

    @property
    def total(self) -> int:
        """How much may come in for the receipt's goods until it is paid."""
        return self.came_before + self.price
