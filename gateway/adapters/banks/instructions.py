"""Where each payment stands that a payer was given to order, by everything that banks have said of it.

The standing is a function of the set of statements, reports and notifications: neither their order nor their number
matters. Only booked money settles; a rejection that booked money contradicts leaves the state unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from gateway.db import own
from gateway.domain.payments import Evidence, Standing, standing

REJECTED = "RJCT"
_ACCEPTED = frozenset({"ACCP", "ACTC", "ACSP", "ACSC", "ACCC", "ACWC", "ACWP", "ACFC", "RCVD"})
_AT_ONCE = 500

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Instruction:
    """An order and its standing."""

    order: Row
    standing: Standing


class Orders:
    """The orders behind end-to-end ids, and what their payers' banks said of them."""

    def __init__(self, connection: Connection, end_to_ends: Iterable[str]) -> None:
        self._orders: dict[str, Row] = {}
        self._said: dict[str, set[str]] = defaultdict(set)
        for some in _chunks(sorted({each for each in end_to_ends if each})):
            wanted = select(own.orders).where(own.orders.c.end_to_end.in_(some))
            self._orders |= {row["end_to_end"]: dict(row) for row in connection.execute(wanted).mappings()}
            # An order's message bears its own id, so a report on a message sent anew is about another one.
            said = select(own.statuses).where(own.statuses.c.original.in_(some))
            for row in connection.execute(said).mappings():
                order = self._orders.get(row["original"])
                about_it = row["end_to_end"] in ("", row["original"])
                if about_it and order is not None and row["bic"] == order["payer_bic"]:
                    self._said[row["original"]].add(row["status"])

    def order(self, end_to_end: str) -> Row | None:
        """The order of this id, None where nobody was given one."""
        return self._orders.get(end_to_end)

    def accepted(self, end_to_end: str) -> bool:
        """Whether the payer's bank said that it took the order."""
        return not _ACCEPTED.isdisjoint(self._said.get(end_to_end, ()))

    def rejected(self, end_to_end: str) -> bool:
        """Whether the payer's bank said that it will not pay."""
        return REJECTED in self._said.get(end_to_end, ())


def instructions(connection: Connection, today: int) -> Iterator[Instruction]:
    """Every order that was given, by its end-to-end id; `today` tells which banks had time to answer."""
    orders = connection.execute(select(own.orders).order_by(own.orders.c.end_to_end)).mappings().all()
    for some in _chunks(orders):
        ids = [row["end_to_end"] for row in some]
        found = Orders(connection, ids)
        booked: dict[str, list[Row]] = defaultdict(list)
        wanted = select(own.entries).where(own.entries.c.end_to_end.in_(ids))
        for row in connection.execute(wanted).mappings():
            booked[row["end_to_end"]].append(dict(row))
        for order in some:
            evidence = _evidence(dict(order), found, booked[order["end_to_end"]], today)
            yield Instruction(dict(order), standing(order["amount"], evidence))


def _evidence(order: Row, orders: Orders, entries: Sequence[Row], today: int) -> Evidence:
    end_to_end = order["end_to_end"]
    at_payee = [row for row in entries if _at(row, order, "payee")]
    at_payer = [row for row in entries if _at(row, order, "payer")]
    paid = [row for row in at_payee if row["side"] == "credit" and not (row["reversal"] or row["returned"])]
    left = [row for row in at_payer if row["side"] == "debit" and not (row["reversal"] or row["returned"])]
    back = [row for row in at_payer if row["side"] == "credit" and row["returned"] and not row["reversal"]]
    taken = [row for row in at_payee if row["side"] == "debit" and row["reversal"]]
    return Evidence(
        accepted=orders.accepted(end_to_end),
        rejected=orders.rejected(end_to_end),
        debited=bool(left),
        credited=tuple(row["amount"] for row in paid),
        returned=sum(row["amount"] for row in back),
        reversed=sum(row["amount"] for row in taken),
        contested=any(row["contested"] for row in entries),
        other_currency=any(row["currency"] != order["currency"] for row in paid),
        late=today > order["day"],
    )


def _at(row: Row, order: Row, side: str) -> bool:
    return bool(row["bic"] == order[f"{side}_bic"] and row["account"] == order[f"{side}_account"])


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
