"""The acts on orders, field for field as contracts/types/OrderActs.sol has them; see `acts` for what holds for all.

Amounts are minor units of the order's currency.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.acts import Receivable


@dataclass(frozen=True, slots=True)
class Order:
    """What a buyer ordered of a seller, at the order's price, to be delivered by `last_day`. `nullifier` is that of
    the order itself, attested by the evidence service; `evidence` the hash of the order as the two agreed it.
    """

    root: int
    seller: int
    currency: int
    last_day: int
    quantity: int
    nullifier: bytes
    evidence: bytes


@dataclass(frozen=True, slots=True)
class ConfirmOrder:
    """Buyer and seller confirm one order."""

    debtor: int
    order: Order
    expires_at: int


@dataclass(frozen=True, slots=True)
class PublishOrders:
    """A buyer confirms any number of orders under one commitment."""

    list: int
    debtor: int
    currency: int
    total: int
    orders: frozenset[Order]
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """A seller takes one order of a published list."""

    list: int
    order: Order
    expires_at: int


@dataclass(frozen=True, slots=True)
class ReduceOrder:
    """Of an order's title `quantity` will not come, or not at that price."""

    title: int
    sequence: int
    quantity: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Convert:
    """`taken` of an order's title was received, at the order's price, and becomes `receivable`. `evidence` is the
    hash of what says that it was received.
    """

    title: int
    sequence: int
    taken: int
    receivable: Receivable
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class ConvertGoods:
    """Goods in store are sold: the whole receipt is the buyer's, the debtor of `receivable`, which takes its place.
    `evidence` is the hash of the sale.
    """

    title: int
    sequence: int
    receivable: Receivable
    expires_at: int
    evidence: bytes
