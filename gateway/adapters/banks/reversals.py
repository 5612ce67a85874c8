"""Which booking a negative entry takes back: one that the ledger has, or one that nobody recorded yet.

A negative entry names what it undoes by account, amount, currency and end-to-end id. Where two bookings are alike in
all of these, the one that the ledger does not have is taken back first: it then never counts. Of several that the
ledger has, a person says which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from gateway.db import own
from gateway.db import tables as ledger
from gateway.problems import Problem
from gateway.services.payments import FactKind

Row = Mapping[str, Any]
_Key = tuple[Any, ...]

_REVERSIBLE = (FactKind.PAYOUT, FactKind.REPAYMENT, FactKind.RECEIVED, FactKind.CREDITED)
"""What the ledger can take back."""


class Undone:
    """The negative entries among rows, and the bookings they may undo."""

    def __init__(self, connection: Connection, rows: Sequence[Row]) -> None:
        self._connection = connection
        negative: dict[_Key, list[Row]] = defaultdict(list)
        positive: dict[_Key, list[Row]] = defaultdict(list)
        for row in rows:
            # A contested entry undoes nothing and is undone by nothing: a person decides about it first.
            if row["kind"] is None and row["end_to_end"] and not row["contested"]:
                if row["side"] == "debit" and row["reversal"]:
                    negative[_key(row)].append(row)
                elif row["side"] == "credit" and not (row["reversal"] or row["returned"]):
                    positive[_key(row)].append(row)
        self._by: dict[tuple[str, str, str], str] = {}
        self._spent: set[tuple[str, str, str]] = set()
        for key, found in negative.items():
            # The last that were booked go first: what came before them may have been signed already.
            for back, row in zip(found, reversed(positive[key]), strict=False):
                self._by[_place(row)] = back["reference"]
                self._spent.add(_place(back))

    def by(self, row: Row) -> str | None:
        """The negative entry that takes back this booking before the ledger had it; None where there is none."""
        return self._by.get(_place(row))

    def recorded(self, row: Row, named: Sequence[str]) -> Row | None:
        """The recorded movement that a negative entry takes back; None where it took back something else.

        `named`: the references that a person gave. Raises Problem(REVERSAL) where there are several, or where the
        entry names nothing and something may be meant.
        """
        if _place(row) in self._spent:
            return None
        found = [each for each in self._movements(row) if not named or each["reference"] in named]
        alike = [each for each in found if named or each["end_to_end"] == row["end_to_end"]]
        if len(alike) == 1 and (row["end_to_end"] or named):
            if alike[0]["kind"] in _REVERSIBLE:
                return alike[0]
            raise Problem(
                "REVERSAL", "what this money did cannot be taken back: it is a claim on whoever had it"
            )
        if not found or (row["end_to_end"] and not alike):
            return None
        told = ", ".join(each["reference"] for each in alike or found)
        raise Problem("REVERSAL", f"the bank takes a booking back; it may be {told}: a person says which")

    def _movements(self, row: Row) -> list[Row]:
        """What the ledger has on this account of this amount, and no bank took back."""
        entries, accounts, movements = own.entries.c, own.accounts.c, ledger.movements.c
        undone = ledger.movements.alias()
        found = self._connection.execute(
            select(
                movements.movement, movements.kind, movements.bank, accounts.commitment, movements.entry,
                movements.value_day, movements.amount, entries.reference, entries.end_to_end,
            )
            .join(
                own.accounts,
                (movements.account == accounts.commitment) & (movements.bank == accounts.bank),
            )
            .join(own.entries, (entries.bic == accounts.bic) & (entries.account == accounts.account))
            .outerjoin(undone, undone.c.reverses == movements.movement)
            .where(
                accounts.bic == row["bic"], accounts.account == row["account"],
                entries.entry == movements.entry, entries.side == "credit", entries.returned == "",
                movements.amount == row["amount"], movements.reverses.is_(None), undone.c.movement.is_(None),
            )
            .order_by(entries.reference)
        )  # fmt: skip
        return [dict(each) for each in found.mappings()]


def _key(row: Row) -> _Key:
    return tuple(row[name] for name in ("bic", "account", "amount", "currency", "end_to_end"))


def _place(row: Row) -> tuple[str, str, str]:
    return row["bic"], row["account"], row["reference"]
