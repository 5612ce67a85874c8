"""The acts on goods, field for field as contracts/types/GoodsActs.sol has them; see `acts` for what holds for all.

Quantities are whole units of the lot, as many decimals down as it declares.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Store:
    """The keeper took goods in, the inspector saw them, and the depositor takes the receipt. `number` is a commitment
    to keeper, place and the keeper's own number of the lot; `evidence` the document with the items of CC-909.
    """

    lot: int
    receipt: int
    keeper: int
    depositor: int
    inspector: int
    unit: int
    decimals: int
    pooled: bool
    last_day: int
    quantity: int
    number: bytes
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Endorse:
    """A whole receipt passes to another party."""

    title: int
    sequence: int
    to: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class SplitReceipt:
    """A receipt is cancelled: `part` of it, `quantity`, goes to `to`, and `rest` stays with the holder."""

    title: int
    sequence: int
    part: int
    quantity: int
    rest: int
    to: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class MergeReceipts:
    """Two receipts for one lot and of one holder become one."""

    into: int
    into_sequence: int
    from_: int
    from_sequence: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class HandOver:
    """`quantity` of a receipt is given up for `delivered`, which is less only where the lot is short."""

    title: int
    sequence: int
    quantity: int
    delivered: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Count:
    """So much of a lot was in store on a day, after `delivered_before` had left it and it was counted `counts_before`
    times.
    """

    lot: int
    delivered_before: int
    counts_before: int
    counted: int
    day: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class ChargeStorage:
    """The keeper's lien on a receipt's goods is so much from now on; 0 ends it."""

    title: int
    currency: int
    amount: int
    nonce: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class ChangeMedium:
    """A receipt goes out on paper, or comes back."""

    title: int
    sequence: int
    paper: bool
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Replace:
    """A receipt lost on paper is cancelled, and another one stands for it."""

    title: int
    sequence: int
    replacement: int
    expires_at: int
    evidence: bytes
