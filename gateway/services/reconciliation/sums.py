"""The sums that must come out whatever happened: INV-5, over everything the ledger has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.goods_units import unit_code
from gateway.domain.records import LoanPhase, Terms
from gateway.domain.settlement import FactKind
from gateway.ids import format_id
from gateway.money import currency_codes
from gateway.services.reconciliation.books import Difference, money

Row = Mapping[str, Any]
Ledger = Mapping[str, Sequence[Row]]
"""Rows of the `ledger_*` tables by table."""

TABLES = (
    "ledger_roots", "ledger_titles", "ledger_lines", "ledger_facilities", "ledger_loans", "ledger_repayments",
    "ledger_movements", "ledger_claims", "ledger_lots", "ledger_goods_sales",
    "ledger_lease_ends",
)  # fmt: skip
"""What is asked of the ledger."""

_PAID = (LoanPhase.OUTSTANDING, LoanPhase.SETTLED, LoanPhase.WRITTEN_OFF, LoanPhase.SOLD)

Sums = dict[int, int]


@dataclass(frozen=True, slots=True)
class Sum:
    """Two ways to the same sum, in minor units. `about`: a currency, a receivable with its currency in front, or a lot
    with its unit; of goods there is no currency, and sums are in the whole units that the lot counts."""

    rule: str
    says: str
    about: str
    currency: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        """Whether both are the same."""
        return self.left == self.right


def sums(ledger: Ledger) -> list[Sum]:
    """Every sum, for each currency or receivable that has any money."""
    of = _Currencies(ledger)
    return [
        *_instructed(ledger, of),
        *_collected(ledger, of),
        *_principal(ledger, of),
        *_roots(ledger),
        *_lots(ledger),
    ]


def sum_differences(found: Iterable[Sum], day: int) -> Iterator[Difference]:
    """Each sum that does not come out."""
    for each in found:
        if not each.holds:
            yield Difference(
                each.rule, "", "", each.about, day, each.currency, abs(each.left - each.right), each.about,
                money(each.left, each.currency), money(each.right, each.currency), f"{each.says}: it is not so",
            )  # fmt: skip


class _Currencies:
    """Currency numbers of what movements are about."""

    def __init__(self, ledger: Ledger) -> None:
        self._roots: Sums = {row["root"]: row["currency"] for row in ledger["ledger_roots"]}
        facilities = {row["facility"]: row["currency"] for row in ledger["ledger_facilities"]}
        roots = {row["title"]: self._roots.get(row["root"], 0) for row in ledger["ledger_titles"]}
        # What goods were sold for is in the currency of what they secured; other receipts have no money.
        sold = {row["title"]: facilities.get(row["facility"], 0) for row in ledger["ledger_goods_sales"]}
        self._titles: Sums = {**roots, **sold}
        self._loans: Sums = {
            row["loan"]: facilities.get(row["facility"], 0) for row in ledger["ledger_loans"]
        }

    def of_root(self, root: int) -> int:
        return self._roots.get(root, 0)

    def of_title(self, title: int) -> int:
        return self._titles.get(title, 0)

    def of_loan(self, loan: int) -> int:
        return self._loans.get(loan, 0)

    def of_movement(self, kind: int, subject: int, loan: int) -> int:
        if kind in (FactKind.PROTECTED, FactKind.REIMBURSED):
            return self.of_loan(loan)
        if kind in (FactKind.PAYOUT, FactKind.REPAYMENT, FactKind.REJECTED):
            return self.of_loan(subject)
        if kind in (FactKind.RECEIVED, FactKind.LATE):
            return self.of_root(subject)
        return self.of_title(subject)


def _net(ledger: Ledger) -> Iterator[tuple[int, Row, int]]:
    """Kind and amount of each movement, and its row; a reversal is less of the kind that it takes back."""
    kinds = {bytes(row["movement"]): row["kind"] for row in ledger["ledger_movements"]}
    for row in ledger["ledger_movements"]:
        if row["kind"] == FactKind.REVERSED:
            yield kinds.get(bytes(row["reverses"] or b""), 0), row, -row["amount"]
        else:
            yield row["kind"], row, row["amount"]


def _moved(ledger: Ledger, of: _Currencies, *kinds: FactKind) -> Sums:
    found: Sums = defaultdict(int)
    for kind, row, amount in _net(ledger):
        if kind in kinds:
            found[of.of_movement(kind, row["subject"], row["loan"])] += amount
    return found


def _by_currency(rule: str, says: str, left: Sums, right: Sums) -> Iterator[Sum]:
    codes = currency_codes()
    for number in sorted({*left, *right}):
        if number in codes:
            code = codes[number]
            yield Sum(rule, says, code, code, left.get(number, 0), right.get(number, 0))


def _instructed(ledger: Ledger, of: _Currencies) -> Iterator[Sum]:
    """What was instructed to be paid to holders and lenders, and what became of it."""
    lines: Sums = defaultdict(int)
    for row in ledger["ledger_lines"]:
        lines[of.of_root(row["root"])] += row["amount"]
    for number, amount in _moved(ledger, of, FactKind.EARLY).items():
        lines[number] += amount
    titles: Sums = defaultdict(int)
    for row in ledger["ledger_titles"]:
        titles[of.of_root(row["root"])] += row["paid"] + row["late"]
    yield from _by_currency(
        "SUM-INSTRUCTED",
        "lists and early settlements add up to what titles were discharged by",
        lines,
        titles,
    )


def _collected(ledger: Ledger, of: _Currencies) -> Iterator[Sum]:
    """Money of locked titles, repayments and protectors: it went to the loan, to its holder or to its protectors."""
    collected: Sums = defaultdict(int)
    surplus: Sums = _moved(ledger, of, FactKind.SURPLUS)
    for row in ledger["ledger_titles"]:
        collected[of.of_title(row["title"])] += row["collected"]
        surplus[of.of_title(row["title"])] += row["surplus"]
    yield from _by_currency(
        "SUM-COLLECTED", "what lenders collected on titles is what their banks attested",
        collected, _moved(ledger, of, FactKind.COLLECTED),
    )  # fmt: skip
    applied = surplus
    for row in ledger["ledger_repayments"]:
        applied[of.of_loan(row["loan"])] += row["costs"] + row["interest"] + row["principal"]
    # Kept for those who paid in the debtor's place, or theirs again.
    for row in ledger["ledger_claims"]:
        applied[of.of_loan(row["loan"])] += row["pot"]
    for number, amount in _moved(ledger, of, FactKind.REIMBURSED).items():
        applied[number] += amount
    yield from _by_currency(
        "SUM-REPAID", "money that came in on loans is costs, interest, principal, protectors' and the holder's surplus",
        _moved(ledger, of, FactKind.REPAYMENT, FactKind.COLLECTED, FactKind.PROTECTED), applied,
    )  # fmt: skip


def _principal(ledger: Ledger, of: _Currencies) -> Iterator[Sum]:
    """Paid out − repaid − written off = principal outstanding."""
    left: Sums = _moved(ledger, of, FactKind.PAYOUT)
    drawn: Sums = defaultdict(int)
    outstanding: Sums = defaultdict(int)
    kept_of: Sums = defaultdict(int)
    paid_out: dict[int, int] = defaultdict(int)
    for kind, row, amount in _net(ledger):
        if kind == FactKind.PAYOUT:
            paid_out[row["subject"]] += amount
    for row in ledger["ledger_loans"]:
        number = of.of_loan(row["loan"])
        if row["phase"] in _PAID:
            # At discount the interest of the tenor was kept: it is owed, and never was paid out.
            kept = row["drawn"] - paid_out[row["loan"]] if row["terms"] == Terms.DISCOUNT else 0
            drawn[number] += row["drawn"] - kept
            kept_of[number] += kept
        if row["phase"] == LoanPhase.OUTSTANDING:
            outstanding[number] += row["principal"]
    yield from _by_currency("SUM-PAID-OUT", "loans paid out are what banks attested", dict(left), drawn)
    for number, kept in kept_of.items():
        left[number] += kept
    for row in ledger["ledger_repayments"]:
        left[of.of_loan(row["loan"])] -= row["principal"]
    for row in ledger["ledger_lease_ends"]:
        # Met by goods that were taken back, and so by no money.
        left[of.of_loan(row["loan"])] -= row["principal"]
    for row in ledger["ledger_loans"]:
        if row["phase"] == LoanPhase.WRITTEN_OFF:
            left[of.of_loan(row["loan"])] -= row["principal"]
        if row["phase"] == LoanPhase.SOLD:
            # A price paid: nothing is owed.
            left[of.of_loan(row["loan"])] -= row["drawn"]
    yield from _by_currency(
        "SUM-PRINCIPAL",
        "paid out less repaid less written off is the principal outstanding",
        left,
        outstanding,
    )


def _roots(ledger: Ledger) -> Iterator[Sum]:
    """Σ in = Σ out for each receivable: what came for it was passed on, or is at the clearing bank."""
    came: Sums = defaultdict(int)
    out: Sums = defaultdict(int)
    for kind, row, amount in _net(ledger):
        if kind in (FactKind.RECEIVED, FactKind.LATE):
            came[row["subject"]] += amount
    for row in ledger["ledger_lines"]:
        out[row["root"]] += row["amount"]
    codes = currency_codes()
    for row in ledger["ledger_roots"]:
        if came[row["root"]] or out[row["root"]] or row["received"]:
            code = codes[row["currency"]]
            in_hand = row["received"] - row["distributed"]
            says = "what came in for a receivable went out on lists, or is at the clearing bank"
            about = f"{code} {format_id(row['root'])}"
            yield Sum("SUM-ROOT", says, about, code, came[row["root"]], out[row["root"]] + in_hand)


def _lots(ledger: Ledger) -> Iterator[Sum]:
    """Σ receipts of each lot: what they stand for is what came in less what was given up of them."""
    receipts: Sums = defaultdict(int)
    for row in ledger["ledger_titles"]:
        receipts[row["root"]] += row["quantity"]
    for row in ledger["ledger_lots"]:
        right = row["first_quantity"] + row["deposited"] - row["redeemed"]
        says = "receipts of a lot add up to what came in less what was given up of them"
        about = f"{unit_code(row['unit'])} {format_id(row['lot'])}"
        yield Sum("SUM-LOT", says, about, "", receipts[row["lot"]], right)
