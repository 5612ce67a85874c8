"""The acts on goods that secure a facility, field for field as contracts/types/MarginActs.sol has them; see `acts` for
what holds for all.

Quantities are whole units of the lot. A *rate* is what may be counted for a million units, in minor units of the
facility's currency: price × (1 − haircut), so that no price stands on the chain.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgreeGoods:
    """What goods count for under a facility, who controls them for the lender, and which two parties value them. It
    comes into force with its `version`, one above the last. `maintenance_bps` is what may be owed of each value before
    the lender calls; `rise_bps` by how much of itself a rate may rise a day; `floor` below which value nothing is
    released while anything is owed.
    """

    facility: int
    control_agent: int
    appraiser: int
    second_appraiser: int
    maintenance_bps: int
    rise_bps: int
    valid_days: int
    call_days: int
    floor: int
    version: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Appraise:
    """A lot's rate as of `valued_day`, by the model of that version, good until `valid_until`."""

    facility: int
    lot: int
    rate_before: int
    rate: int
    valued_day: int
    valid_until: int
    model: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class PledgeGoods:
    """A whole receipt secures the facility, at the rate that its lot has there. With `order_title`, its goods were
    ordered, and that title secured the facility until now: of it `taken`, at the order's price, goes in the same act.
    """

    title: int
    lot: int
    sequence: int
    quantity: int
    facility: int
    rate: int
    order_title: int
    order_sequence: int
    taken: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class ReleaseGoods:
    """Receipts of one lot, of `quantity` together, are free again."""

    facility: int
    lot: int
    quantity: int
    titles: tuple[int, ...]
    nonce: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class UnlockGoods:
    """The same without the lender, once nothing is owed."""

    facility: int
    lot: int
    quantity: int
    titles: tuple[int, ...]
    nonce: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class CarveGoods:
    """The lender has a pledged receipt cancelled: `part` of it, `quantity`, and `rest` stand for it, both pledged."""

    facility: int
    title: int
    part: int
    quantity: int
    rest: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class CallMargin:
    """The borrower is to restore coverage, through `until_day`."""

    facility: int
    until_day: int
    nonce: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class WaiveCall:
    """The lender takes a call, or its default notice, back."""

    facility: int
    nonce: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Enforce:
    """Default notice: from `from_day` on the goods may be sold. `loan` is one that is overdue, or 0 where a call ran
    out.
    """

    facility: int
    loan: int
    from_day: int
    nonce: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class SellGoods:
    """The goods of a pledged receipt are sold to `buyer`, who pays to the facility's collection account through
    `pay_by`.
    """

    facility: int
    title: int
    buyer: int
    price: int
    pay_by: int
    expires_at: int
    evidence: bytes
