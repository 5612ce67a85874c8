"""Payments by the thousand, and what their banks say of them, in every order: the material of the bench `callbacks`."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from sqlalchemy import Connection, insert

from gateway.db import own
from gateway.db import tables as ledger
from gateway.services.payments import FactKind, end_to_end_id
from tests.gateway.banks.book import BANK, BIC, CNY, DEBTOR, LIVE, row_of
from tests.gateway.banks.wire import DAY, Line, notice, statement, status

MESSAGES = ("accept", "reject", "credit notice", "statement line", "return", "duplicate")
OUTCOMES = ("settled", "rejected", "returned", "contradicted")
ORDERS = tuple(permutations(range(len(MESSAGES))))
MOST_REPEATS = 5
AMOUNT = 10_000
_ROOT = 0x6500000001
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Case:
    """One sequence of messages about a payment, and about its neighbour, whose fate must not mix with it.

    What the outcome does not have of the six messages is said of the neighbour: where a payment settles, the rejection
    and the return are the neighbour's.
    """

    number: int
    outcome: str
    order: tuple[int, ...]

    @property
    def title(self) -> int:
        return 0x700000000 + 2 * self.number

    @property
    def neighbour(self) -> int:
        return self.title + 1

    @property
    def holder(self) -> int:
        return 1_000 + self.number

    @property
    def bound(self) -> str:
        """The account on which the payment and its neighbour arrive."""
        return f"62B{self.number}"

    @property
    def clearing(self) -> str:
        """The account from which they are paid, and to which they come back."""
        return f"62C{self.number}"

    def line(self, title: int) -> str:
        return end_to_end_id(FactKind.CREDITED, title, 0)

    def messages(self) -> list[tuple[str, bytes]]:
        """The six by their ids, in the order of `MESSAGES`."""
        mine, other = self.line(self.title), self.line(self.neighbour)
        rejected = mine if self.outcome in ("rejected", "contradicted") else other
        paid = other if self.outcome == "rejected" else mine
        back = mine if self.outcome == "returned" else other
        ids = [f"{name.replace(' ', '-')}-{self.number}" for name in MESSAGES]
        credit = Line(f"CR-{self.number}", AMOUNT, paid)
        returned = Line(f"RT-{self.number}", AMOUNT, back, returned="AC04")
        bodies = [
            status(ids[0], mine, mine, "ACCP"),
            status(ids[1], rejected, rejected, "RJCT", "AC01"),
            notice(ids[2], self.bound, credit),
            statement(ids[3], self.bound, credit),
            notice(ids[4], self.clearing, returned),
        ]
        again = {
            "rejected": status(ids[5], rejected, "", "RJCT", "AC01"),
            "returned": notice(ids[5], self.clearing, returned),
        }
        bodies.append(again.get(self.outcome, notice(ids[5], self.bound, credit)))
        return list(zip(ids, bodies, strict=True))

    def sent(self, dice: random.Random) -> Iterator[tuple[str, bytes]]:
        """The messages as they come: each first in its order's place, and again up to four times, anywhere later."""
        found = self.messages()
        queue: list[int] = []
        for place in self.order:
            queue.append(place)
            for _ in range(dice.choice((0, 0, 0, 1, MOST_REPEATS - 1))):
                queue.append(place)
        # Repeats wander behind other messages; first tellings keep the order that is tried.
        first: set[int] = set()
        heads, repeats = [], []
        for place in queue:
            (repeats if place in first else heads).append(place)
            first.add(place)
        for place in repeats:
            heads.insert(dice.randint(heads.index(place) + 1, len(heads)), place)
        yield from (found[place] for place in heads)


def cases(orders: Sequence[tuple[int, ...]]) -> list[Case]:
    """Every outcome in every order."""
    pairs = ((outcome, order) for outcome in OUTCOMES for order in orders)
    return [Case(number, outcome, order) for number, (outcome, order) in enumerate(pairs)]


def furnish(connection: Connection, found: Sequence[Case]) -> None:
    """What the cases are about: orders that were given, titles with a line on its way, accounts that are bound."""
    root = {
        "root": _ROOT,
        "debtor": DEBTOR,
        "due_day": DAY,
        "currency": CNY,
        "clearing_bank": BANK,
        "phase": LIVE,
    }
    connection.execute(insert(ledger.roots), [row_of(ledger.roots, **root, evidence=bytes(32))])
    for start in range(0, len(found), _AT_ONCE):
        some = found[start : start + _AT_ONCE]
        connection.execute(insert(own.accounts), [row for case in some for row in _accounts(case)])
        connection.execute(
            insert(ledger.accounts),
            [row_of(ledger.accounts, party=case.holder, currency=CNY, account=_key(case.bound), bank=BANK)
             for case in some],
        )  # fmt: skip
        connection.execute(
            insert(ledger.titles),
            [row_of(ledger.titles, title=title, root=_ROOT, holder=case.holder, paid=AMOUNT)
             for case in some for title in (case.title, case.neighbour)],
        )  # fmt: skip
        connection.execute(insert(own.orders), [row for case in some for row in _orders(case)])


def _accounts(case: Case) -> Iterator[dict[str, object]]:
    for number, owner, purpose in ((case.bound, case.holder, "bound"), (case.clearing, BANK, "clearing")):
        yield row_of(
            own.accounts, commitment=_key(number), bank=BANK, bic=BIC, account=number, owner=owner,
            owner_name="A firm", currency="CNY", purpose=purpose,
        )  # fmt: skip


def _orders(case: Case) -> Iterator[dict[str, object]]:
    for title in (case.title, case.neighbour):
        yield row_of(
            own.orders, end_to_end=case.line(title), kind=int(FactKind.CREDITED), subject=title, payer_bic=BIC,
            payer_account=case.clearing, payee_bic=BIC, payee_account=case.bound, amount=AMOUNT, currency="CNY",
            day=DAY,
        )  # fmt: skip


def _key(account: str) -> bytes:
    return account.encode().ljust(32, b"\0")
