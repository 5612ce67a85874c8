"""Which booking a negative entry takes back: one that the ledger has, or one that nobody recorded yet.

A negative entry names what it undoes by account, amount, currency and end-to-end id. Where two bookings are alike in
all of these, the one that the ledger does not have is taken back first: it then never counts. Of several that the
ledger has, a person says which.

What the money did may have gone on: a loan was settled with it, a distribution made, a title's money collected. Then
the ledger takes nothing back, and whoever had the money owes it outside (decision page 0021).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from gateway.db import own
from gateway.db import tables as ledger
from gateway.problems import Problem
from gateway.services.payments import FactKind

Row = Mapping[str, Any]
_Key = tuple[Any, ...]

CLOSED = "REVERSAL-CLOSED"
"""The rule by which what has gone on is not taken back. A person who links the entry to the booking ends the matter."""

_OUTSTANDING, _WRITTEN_OFF = 2, 5
_LIVE = 2


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

        `named`: the references that a person gave. Raises Problem: REVERSAL where there are several, or where the entry
        names nothing and something may be meant; REVERSAL-CLOSED where what the money did has gone on.
        """
        if _place(row) in self._spent:
            return None
        found = [each for each in self._movements(row) if not named or each["reference"] in named]
        alike = [each for each in found if named or each["end_to_end"] == row["end_to_end"]]
        if len(alike) == 1 and (row["end_to_end"] or named):
            gone = self._gone_on(alike[0])
            if not gone:
                return alike[0]
            told = f"{gone}: the ledger does not take it back. Whoever had the money owes it: settle that outside, "
            raise Problem(
                CLOSED, told + f"then link this entry to {alike[0]['reference']}", rule_source="DEC-9"
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
                movements.movement, movements.kind, movements.subject, movements.bank, accounts.commitment,
                movements.entry, movements.value_day, movements.amount, entries.reference, entries.end_to_end,
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

    # ── what has gone on ────────────────────────────────────────────────────────────────────────────────────

    def _gone_on(self, movement: Row) -> str:
        """Why the ledger would refuse to take a movement back (ReversalTooLate, FactUnknown); empty where it would not.

        The contracts decide; here their refusal is foreseen, before anybody signs for nothing.
        """
        kind, subject = movement["kind"], movement["subject"]
        if kind in (FactKind.PAYOUT, FactKind.REPAYMENT):
            return self._loan_gone_on(kind, self._row(ledger.loans, ledger.loans.c.loan == subject))
        if kind == FactKind.RECEIVED:
            root = self._row(ledger.roots, ledger.roots.c.root == subject)
            undistributed = root["received"] - root["distributed"]
            taken = root["phase"] == _LIVE and movement["amount"] <= undistributed
            return "" if taken else "it was distributed to the holders"
        if kind == FactKind.CREDITED:
            title = self._row(ledger.titles, ledger.titles.c.title == subject)
            return "" if movement["amount"] <= title["credited"] else "it came back or was released since"
        return _FOR_GOOD.get(kind, "it closed what it was about")

    def _loan_gone_on(self, kind: int, loan: Row) -> str:
        if kind == FactKind.REPAYMENT:
            open_ = loan["phase"] in (_OUTSTANDING, _WRITTEN_OFF)
            return "" if open_ else "the loan that it repaid is closed"
        untouched = loan["principal"] == loan["drawn"] and not (loan["interest_paid"] or loan["costs_added"])
        return "" if loan["phase"] == _OUTSTANDING and untouched else "the loan that it paid out went on"

    def _row(self, table: Table, where: ColumnElement[bool]) -> Row:
        return dict(self._connection.execute(select(table).where(where)).mappings().one())


_FOR_GOOD: Mapping[int, str] = {
    FactKind.COLLECTED: "it was collected for a lender",
    FactKind.SURPLUS: "it was the surplus paid to a holder",
    FactKind.RETURNED: "it is the money of a line that came back",
    9: "it settled a title early",
    10: "it is late interest",
    FactKind.PROTECTED: "a protector paid it, and has a claim for it",
    FactKind.REIMBURSED: "a protector was reimbursed with it",
}
"""What no verb of the ledger takes back, and why."""


def _key(row: Row) -> _Key:
    return tuple(row[name] for name in ("bic", "account", "amount", "currency", "end_to_end"))


def _place(row: Row) -> tuple[str, str, str]:
    return row["bic"], row["account"], row["reference"]
