"""The records of goods: what stands in the packed words of contracts/goods, by name.

Quantities are whole units of the lot, as many decimals down as it declares; days are those of `calendar`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum


class RootKind(IntEnum):
    """What a root is."""

    RECEIVABLE = 1
    LOT = 2
    POOL = 3
    ORDER = 4


GOODS = (RootKind.LOT, RootKind.POOL)
"""Roots whose debtor owes goods: its keeper."""


@dataclass(frozen=True, slots=True)
class Lot:
    """What became of a lot. `deposited` came into a pool after its first receipt; `redeemed` is what holders gave up
    of their receipts and `delivered` what they got for it; `lost` was found missing or spoilt.
    """

    deposited: int = 0
    redeemed: int = 0
    delivered: int = 0
    lost: int = 0
    counted_day: int = 0
    counts: int = 0

    @classmethod
    def of(cls, sums: Mapping[str, int]) -> Lot:
        """From its word, field by field."""
        return cls(**{each.name: sums[each.name] for each in fields(cls)})

    def nominal(self, first: int) -> int:
        """What receipts stand for; `first` is the quantity of the lot's first receipt."""
        return first + self.deposited - self.redeemed

    def stored(self, first: int) -> int:
        """What is in store."""
        return first + self.deposited - self.delivered - self.lost

    def share(self, first: int, quantity: int) -> int:
        """What the keeper hands over for `quantity` of a receipt: where the lot is short, every receipt gets the same
        part of what it says, rounded down.
        """
        return quantity * self.stored(first) // self.nominal(first)


@dataclass(frozen=True, slots=True)
class OrderWord:
    """What became of an order, in minor units. `taken` was received, at the order's price, and `promised` the
    receivables that came of it; `reduced` will not come, or not at that price.
    """

    taken: int = 0
    promised: int = 0
    reduced: int = 0

    @property
    def gone(self) -> int:
        """What stands in no title any more."""
        return self.taken + self.reduced


@dataclass(frozen=True, slots=True)
class Lien:
    """What the keeper is owed before it hands a receipt's goods over, in minor units (CC-447)."""

    amount: int
    currency: int
