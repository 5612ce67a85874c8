"""What an entry that names nothing might belong to: payments that are expected, and entries that are alike.

A list to choose from. Nothing is taken from it by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.adapters.banks import tellings
from gateway.problems import Problem
from gateway.services.payments import About, PaymentOrder, subject_of
from gateway.services.references import likenesses

Row = Mapping[str, Any]
Transaction = Mapping[str, Any]

MOST = 10
"""Candidates shown of one entry."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing an entry may be about.

    `why`: how its reference is alike (whole, respelled, cut, within), or amount, counterparty, entry. `amount` is what
    is expected, in minor units; for another entry, what it moved.
    """

    why: str
    end_to_end: str = ""
    kind: str = ""
    subject: int = 0
    amount: int = 0
    entry: str = ""


def transactions(row: Row) -> Sequence[Transaction]:
    """What messages tell of an entry's transactions."""
    found, _ = tellings.transactions_of(tellings.load(row["tellings"]))
    return found


def texts_of(row: Row) -> list[str]:
    """Every text of an entry in which a bank may have put a reference."""
    found: list[str] = []
    for each in transactions(row):
        found += [each.get(name, "") for name in ("end_to_end", "instruction", "transaction", "additional")]
        lines = each.get("remittance", "")
        found += [lines, *lines.split("\n"), *each.get("references", ())]
    return list(dict.fromkeys(text for text in found if text))


class Candidates:
    """Looks among the payments that are expected now, and the other entries of the account.

    `loan_of` answers the loan that a protector's money is for, 0 for other money.
    """

    def __init__(
        self, expected: Sequence[PaymentOrder], others: Sequence[Row], loan_of: Callable[[About], int]
    ) -> None:
        self._expected = {order.end_to_end: order for order in expected}
        self._others = others
        self._loan_of = loan_of

    def of(self, row: Row) -> list[Candidate]:
        """The closest first."""
        here = [order for order in self._expected.values() if _pays_into(order, row)]
        found = list(self._named(row))
        found += [_of(order, "amount") for order in here if order.amount == row["amount"]]
        payers = {each.get("payer", {}).get("account", "") for each in transactions(row)} - {""}
        found += [_of(order, "counterparty") for order in here if order.payer.number in payers]
        found += [Candidate("entry", amount=other["amount"], entry=other["reference"])
                  for other in self._others if _alike(other, row)]  # fmt: skip
        return list({(each.end_to_end, each.entry): each for each in reversed(found)}.values())[::-1][:MOST]

    def parts(self, row: Row) -> list[dict[str, Any]]:
        """The allocation that an entry's own transactions name, empty unless each of them names one whole."""
        parts = []
        for each in transactions(row):
            try:
                about = subject_of(each.get("end_to_end", ""))
            except Problem:
                return []
            if each.get("returned") or each["side"] != row["side"]:
                return []
            loan = self._loan_of(about)
            part = {"kind": about.kind.name, "subject": str(about.subject), "amount": each["amount"]}
            parts.append(part | ({"loan": str(loan)} if loan else {}))
        return parts

    def _named(self, row: Row) -> Iterator[Candidate]:
        for each in likenesses(texts_of(row), self._expected):
            yield _of(self._expected[each.reference], each.how)


def _of(order: PaymentOrder, why: str) -> Candidate:
    return Candidate(why, order.end_to_end, order.kind.name, order.subject, order.amount)


def _pays_into(order: PaymentOrder, row: Row) -> bool:
    return bool(order.payee.bic == row["bic"] and order.payee.number == row["account"])


def _alike(other: Row, row: Row) -> bool:
    same = ("bic", "account", "side", "amount", "currency")
    return other["reference"] != row["reference"] and all(other[name] == row[name] for name in same)
