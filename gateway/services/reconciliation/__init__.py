"""The day end: three books of money compared by count and amount, goods beside them, and every difference named.

The ledger says which money counted, the gateway's database what was ordered and notified, and each bank's own
statement what was booked. Of goods, receipts say what there is and keepers what lies there. Where they agree the day is
done; where not, the difference has a name, an item and a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.services.doctor import Mismatch
from gateway.services.reconciliation.books import (
    Books,
    Difference,
    Key,
    Line,
    Place,
    Recorded,
    kind_of,
)
from gateway.services.reconciliation.goods import GOODS_RULES, WORD_LATE, Goods
from gateway.services.reconciliation.orders import Outcomes, outcomes
from gateway.services.reconciliation.pairs import Paired, pair
from gateway.services.reconciliation.statements import Timeline, statement_differences, timelines
from gateway.services.reconciliation.sums import Ledger, Sum, sum_differences, sums

RULES: Mapping[str, str] = {
    "AMOUNT-DIFFERS": "Statement and ledger, order or notification tell another amount of one entry.",
    "CURRENCY-DIFFERS": "The statement is in another currency than the account was told to be.",
    "DUPLICATE-ENTRY": "One entry stands in the statements more than once.",
    "DUPLICATE-STATEMENT": "A statement tells again of days that another told of.",
    "ENTRY-NOT-KEPT": "Ledger and statement have an entry that the gateway keeps no row of.",
    "ENTRY-NOT-ON-LEDGER": "The bank booked a credit that the ledger has not recorded.",
    "FACT-NOT-ON-STATEMENT": "The ledger recorded a movement that the statement of its day does not have.",
    "INSTRUCTED-NOT-BOOKED": "A payment was ordered; the statement has no entry and the bank gave no answer.",
    "KEPT-ENTRY-DIFFERS": "Ledger and statement agree, and the gateway's own row tells otherwise.",
    "LEDGER-COLUMN-DIFFERS": "A value of a ledger table is not what the chain says.",
    "NOTIFIED-NOT-ON-STATEMENT": "The bank notified an entry that its statement of the day does not have.",
    "ORDER-BOOKED-TWICE": "The bank paid one order more than once.",
    "REVERSED-AFTER-RECORDED": "The bank took back money that the ledger counts.",
    "SIDE-DIFFERS": "The statement has as a debit what the ledger recorded as a credit, or the other way.",
    "STATEMENT-GAP": "Statements do not follow on each other: a day, a number or a balance is missing.",
    **GOODS_RULES,
    "SUM-COLLECTED": "What lenders collected on titles is not what their banks attested.",
    "SUM-INSTRUCTED": "Lists and early settlements do not add up to what titles were discharged by.",
    "SUM-LOT": "Receipts of a lot do not add up to what came in less what was given up of them.",
    "SUM-PAID-OUT": "Loans paid out are not what banks attested.",
    "SUM-PRINCIPAL": "Paid out less repaid less written off is not the principal outstanding.",
    "SUM-REPAID": "Money that came in on loans is not costs, interest, principal, protectors' and surplus.",
    "SUM-ROOT": "What came in for a receivable is not what went out and what is at the clearing bank.",
    "UNKNOWN-ACCOUNT": "A statement or the ledger names an account that nobody told the gateway of.",
    "VALUE-DAY-DIFFERS": "Statement and ledger or notification tell another value day of one entry.",
}
"""Every name a difference can have."""


@dataclass(slots=True)
class Side:
    """Count and sum (minor units) of one book."""

    count: int = 0
    amount: int = 0

    def add(self, amount: int) -> None:
        """One movement more."""
        self.count += 1
        self.amount += amount


@dataclass(frozen=True, slots=True)
class Figure:
    """One account, side and kind of movement in each book.

    `expected`: what the ledger recorded; of debits that it does not know, what was ordered through the gateway.
    """

    bic: str
    account: str
    currency: str
    side: str
    kind: str
    expected: Side
    database: Side
    bank: Side


@dataclass(frozen=True, slots=True)
class Found:
    """What a run found. `node`: whether the chain itself was asked. `goods`: None where some accounts only were
    compared."""

    books: Books
    timelines: Mapping[Place, Timeline]
    figures: tuple[Figure, ...]
    outcomes: Outcomes
    sums: tuple[Sum, ...]
    differences: tuple[Difference, ...]
    paired: Paired
    node: bool
    goods: Goods | None

    def settles(self, rule: str, place: Place, item: str, day: int) -> str:
        """Why a difference of an earlier run, not found by this one, is over; empty when this run cannot tell."""
        if rule in _BY_ENTRY:
            return self.paired.agreed.get((*place, _entry(item)), "")
        if rule == "INSTRUCTED-NOT-BOOKED":
            return _ENDED.get(self.outcomes.by_order.get(item, ""), "")
        if day > self.books.day:
            return ""
        if rule == "LEDGER-COLUMN-DIFFERS":
            return "the chain was asked, and the table says the same" if self.node else ""
        if rule.startswith("SUM-"):
            return "the sum comes out"
        if rule in GOODS_RULES:
            return "" if self.goods is None else _AGREES.get(rule, "keeper and receipts tell the same")
        if rule == "STATEMENT-GAP" and place in self.books.scope:
            return "the statements follow on each other"
        if rule == "UNKNOWN-ACCOUNT" and (
            place in self.books.accounts or (self.books.whole and not any(place))
        ):
            return "its owner told the gateway of the account"
        return ""


_BY_ENTRY = frozenset({
    "AMOUNT-DIFFERS", "ENTRY-NOT-KEPT", "ENTRY-NOT-ON-LEDGER", "FACT-NOT-ON-STATEMENT", "KEPT-ENTRY-DIFFERS",
    "NOTIFIED-NOT-ON-STATEMENT", "SIDE-DIFFERS", "VALUE-DAY-DIFFERS",
})  # fmt: skip
_AGREES = {WORD_LATE: "the keeper was heard of"}
_ENDED = {"settled": "the bank booked it", "rejected": "the bank rejected it"}


def _entry(item: str) -> bytes:
    return bytes.fromhex(item.removeprefix("0x")) if item.startswith("0x") else b""


def reconcile(
    books: Books, ledger: Ledger, mismatches: Sequence[Mismatch] | None, goods: Goods | None = None
) -> Found:
    """Compare the books of one day. `mismatches`: of the ledger's tables with the chain; None if it was not asked.
    `goods`: what was found of them, None where some accounts only are compared."""
    known, strange = _known(books)
    found = timelines(known)
    paired = pair(known, found)
    ordered = outcomes(known, found)
    added = tuple(sums(ledger))
    differences = [
        *strange,
        *statement_differences(known, found),
        *paired.differences,
        *ordered.differences,
        *_columns(mismatches or (), books.day),
        *sum_differences(added, books.day),
        *(() if goods is None else goods.differences),
    ]
    ordered_differences = tuple(sorted(set(differences), key=_place))
    figures = tuple(_figures(known, found))
    return Found(
        known, found, figures, ordered, added, ordered_differences, paired, mismatches is not None, goods
    )


def _place(each: Difference) -> tuple[str, str, str, str]:
    return each.bic, each.account, each.rule, each.item


def _known(books: Books) -> tuple[Books, list[Difference]]:
    """The books without statements that cannot be compared, and why they cannot."""
    strange: dict[tuple[str, Place], Difference] = {}
    usable = []
    for each in books.statements:
        account = books.accounts.get(each.place)
        if account is not None and account.currency == each.currency:
            usable.append(each)
            continue
        rule, expected = "UNKNOWN-ACCOUNT", "an account that its owner told of"
        if account is not None:
            rule, expected = "CURRENCY-DIFFERS", account.currency
        told = f"{each.document} is of an account that cannot be compared"
        strange[rule, each.place] = Difference(
            rule, *each.place, each.account, each.last_day, each.currency, abs(each.closing - each.opening),
            each.statement_id, expected, f"{each.account} at {each.bic} in {each.currency}", told,
        )  # fmt: skip
    for other in books.elsewhere:
        told = f"the ledger has {other.count} movements on an account that nobody told the gateway of"
        strange["UNKNOWN-ACCOUNT", ("", other.commitment)] = Difference(
            "UNKNOWN-ACCOUNT", "", "", other.commitment, other.first_day, "", other.amount, f"party {other.bank}",
            "an account that its owner told of", other.commitment, told,
        )  # fmt: skip
    scope = books.scope & books.accounts.keys() - {place for _, place in strange}
    return replace(books, statements=tuple(usable), scope=frozenset(scope)), list(strange.values())


def _columns(mismatches: Iterable[Mismatch], day: int) -> Iterator[Difference]:
    for each in mismatches:
        key = ", ".join("0x" + part.hex() if isinstance(part, bytes) else str(part) for part in each.key)
        item = f"{each.table} ({key}).{each.column}"
        database, chain = (_value(value) for value in (each.in_database, each.on_chain))
        yield Difference(
            "LEDGER-COLUMN-DIFFERS", "", "", item, day, "", 0, item, chain, database,
            f"{item} is {database} in the database and {chain} on the chain",
        )  # fmt: skip


def _value(value: object) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return "a row"
    return "nothing" if value is None else str(value)


# ── count and amount ────────────────────────────────────────────────────────────────────────────────────────


def _figures(books: Books, found: Mapping[Place, Timeline]) -> Iterator[Figure]:
    """What each book has of the days that this run's statements cover."""
    rows: dict[tuple[str, str, str, str], tuple[Side, Side, Side]] = defaultdict(
        lambda: (Side(), Side(), Side())
    )
    recorded = {each.key: each for each in books.recorded if each.is_money}
    notified = {line.key: line for line in books.notified}
    orders = {each.end_to_end: each for each in books.orders}
    for place, timeline in found.items():
        seen: set[Key] = set()
        for line in timeline.lines:
            fact = recorded.get(line.key)
            row = rows[(*place, *_sort(line, fact))]
            row[2].add(line.amount)
            if line.entry and line.key in notified:
                row[1].add(notified[line.key].amount)
            if fact is not None:
                row[0].add(fact.amount)
            elif not line.credit and line.end_to_end in orders and not line.taken_back:
                row[0].add(orders[line.end_to_end].amount)
            seen.add(line.key)
        _unseen(rows, place, timeline, seen | set(books.stated), recorded, notified)
    for (bic, account, side, kind), (expected, database, bank) in sorted(rows.items()):
        currency = books.accounts[bic, account].currency
        yield Figure(bic, account, currency, side, kind, expected, database, bank)


def _unseen(
    rows: Mapping[tuple[str, str, str, str], tuple[Side, Side, Side]], place: Place, timeline: Timeline,
    seen: set[Key], recorded: Mapping[Key, Recorded], notified: Mapping[Key, Line],
) -> None:  # fmt: skip
    for key, fact in recorded.items():
        if key[:2] == place and key not in seen and timeline.covers(fact.value_day):
            rows[(*place, "credit" if fact.credit else "debit", fact.kind_name)][0].add(fact.amount)
    for key, line in notified.items():
        if key[:2] == place and key not in seen and timeline.covers(line.day):
            rows[(*place, *_sort(line, recorded.get(key)))][1].add(line.amount)


def _sort(line: Line, fact: Recorded | None) -> tuple[str, str]:
    kind = fact.kind_name if fact is not None else kind_of(line.end_to_end)
    return "credit" if line.credit else "debit", kind


__all__ = ["RULES", "Books", "Difference", "Figure", "Found", "Side", "Sum", "reconcile"]
