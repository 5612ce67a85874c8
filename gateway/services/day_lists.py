"""The lists that people work from at the end of a day: what is due, overdue, unconfirmed, held, earned, and to report.

A list is rows of plain values; its amounts are minor units until it is shown, as decimal text with the row's currency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.business_days import (
    BusinessCalendar,
    NoBusinessDay,
    business_day_after,
    payment_day,
)
from gateway.domain.calendar import iso
from gateway.domain.life_cycle import loan_class, overdue_days
from gateway.domain.records import LoanPhase, Phase
from gateway.domain.terms.accruing import accrued, interest_due
from gateway.domain.trade import decimal_text
from gateway.ids import format_id
from gateway.money import currency_codes, exponent
from gateway.services.loan_rows import accrual_of, days_overdue, loan_of
from gateway.services.reconciliation import Found, shown
from gateway.services.reconciliation.goods import Goods
from gateway.services.reconciliation.orders import PENDING, UNKNOWN
from gateway.services.reconciliation.sums import Ledger

Row = Mapping[str, Any]
Value = str | int
Names = Mapping[int, str]

DAYS_AHEAD = 5
"""Business days for which the due list looks ahead."""
_OWED = (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)


@dataclass(frozen=True, slots=True)
class DayList:
    """One list. `amounts` are the columns that hold minor units of the row's `currency`."""

    name: str
    title: str
    columns: tuple[str, ...]
    amounts: tuple[str, ...]
    rows: tuple[Mapping[str, Value], ...]

    def shown(self) -> list[dict[str, Value]]:
        """The rows as people read them."""
        return [{name: self._shown(row, name) for name in self.columns} for row in self.rows]

    def _shown(self, row: Mapping[str, Value], name: str) -> Value:
        if name not in self.amounts:
            return row[name]
        return decimal_text(int(row[name]), exponent(str(row["currency"])))

    def total(self, column: str) -> dict[str, int]:
        """Sum of a column for each currency, in minor units."""
        sums: dict[str, int] = defaultdict(int)
        for row in self.rows:
            sums[str(row["currency"])] += int(row[column])
        return dict(sorted(sums.items()))

    def totals(self) -> list[dict[str, Value]]:
        """Count and sums for each currency, as people read them."""
        found: list[dict[str, Value]] = []
        for currency in sorted({str(row["currency"]) for row in self.rows}) if self.amounts else ():
            mine = [row for row in self.rows if row["currency"] == currency]
            sums = {name: sum(int(row[name]) for row in mine) for name in self.amounts}
            shown = {name: decimal_text(amount, exponent(currency)) for name, amount in sums.items()}
            found.append({"currency": currency, "count": len(mine), **shown})
        return found


@dataclass(frozen=True, slots=True)
class Tie:
    """A total of a list beside the figure of the reconciliation that it must be, in minor units."""

    list_name: str
    says: str
    currency: str
    listed: int
    reconciled: int

    @property
    def agrees(self) -> bool:
        """Whether they are the same."""
        return self.listed == self.reconciled


@dataclass(frozen=True, slots=True)
class DayLists:
    """All lists of a day, and how they tie to its reconciliation."""

    day: int
    lists: tuple[DayList, ...]
    ties: tuple[Tie, ...]


def day_lists(
    found: Found, ledger: Ledger, events: Iterable[Row], open_: Iterable[Row], names: Names,
    calendar: BusinessCalendar, clocks: Iterable[Row],
) -> DayLists:  # fmt: skip
    """The lists of the day of a reconciliation.

    `ledger` and `events` are as of the day's end. Events are rows of `ledger_title_history` of the day, with the
    title's `root`, whether it was `settled` by the event, and of a split the `parent_holder`. `open_` are the
    differences that are open, `names` those of parties as far as they are known, `clocks` what runs out on goods.
    """
    day, codes = found.books.day, currency_codes()
    owing = [row for row in ledger["ledger_roots"] if row["phase"] == Phase.LIVE and _open(row) > 0]
    due = _due(owing, day, names, calendar, codes)
    overdue = _overdue(owing, ledger, day, names, codes)
    interest = _interest(ledger, day, names, codes)
    unconfirmed = _unconfirmed(found)
    held = _held(ledger, names, codes)
    goods = found.goods or Goods((), (), ())
    lists = (
        due, _by_debtor(due), overdue, unconfirmed, held, _differences(open_, day), interest, _goods(goods, names),
        _keepers(goods, names), _clocks(clocks, names), _certificates(events, ledger, names, codes),
    )  # fmt: skip
    return DayLists(day, lists, tuple(_ties(found, ledger, owing, lists, codes)))


def _open(root: Row) -> int:
    """What a debtor still owes on a receivable."""
    return int(root["quantity"] - root["removed"] - root["written_off"] - root["received"])


# ── what falls due, and what did ────────────────────────────────────────────────────────────────────────────


def _due(
    owing: Sequence[Row], day: int, names: Names, calendar: BusinessCalendar, codes: Mapping[int, str]
) -> DayList:
    last = business_day_after(calendar, day, DAYS_AHEAD)
    rows = []
    for row in owing:
        if not day <= row["due_day"] <= last:
            continue
        try:
            pays = payment_day(calendar, row["due_day"])
            when, provisional = iso(pays.day), "yes" if pays.provisional else "no"
        except NoBusinessDay:
            when, provisional = "", "yes"
        rows.append(
            {
                "debtor": row["debtor"], "debtor_name": names.get(row["debtor"], ""),
                "clearing_bank": row["clearing_bank"], "clearing_bank_name": names.get(row["clearing_bank"], ""),
                "due": iso(row["due_day"]), "payment_day": when, "provisional": provisional,
                "receivable": format_id(row["root"]), "open": _open(row), "currency": codes[row["currency"]],
            }
        )  # fmt: skip
    columns = (
        "debtor", "debtor_name", "clearing_bank", "clearing_bank_name", "due", "payment_day", "provisional",
        "receivable", "open", "currency",
    )  # fmt: skip
    title = f"Due today and up to {iso(last)}"
    return _list("due", title, columns, ("open",), rows, "debtor", "clearing_bank", "due", "receivable")


def _by_debtor(due: DayList) -> DayList:
    sums: dict[tuple[Value, ...], list[int]] = defaultdict(lambda: [0, 0])
    keys = ("debtor", "debtor_name", "clearing_bank", "clearing_bank_name", "currency", "due")
    for row in due.rows:
        key = tuple(row[name] for name in keys)
        sums[key][0] += 1
        sums[key][1] += int(row["open"])
    rows = [
        dict(zip(keys, key, strict=True)) | {"receivables": count, "open": amount}
        for key, (count, amount) in sums.items()
    ]
    columns = (*keys, "receivables", "open")
    return _list("due-by-debtor", "Due by debtor and clearing bank", columns, ("open",), rows, *keys[::2])


def _overdue(
    owing: Sequence[Row], ledger: Ledger, day: int, names: Names, codes: Mapping[int, str]
) -> DayList:
    rows = [
        {
            "kind": "receivable", "id": format_id(row["root"]), "owes": row["debtor"],
            "owes_name": names.get(row["debtor"], ""), "owed_to": row["clearing_bank"],
            "due": iso(row["due_day"]), "days": overdue_days(row["due_day"], day), "class": "", "open": _open(row),
            "currency": codes[row["currency"]],
        }
        for row in owing if row["due_day"] < day
    ]  # fmt: skip
    facilities = {row["facility"]: row for row in ledger["ledger_facilities"]}
    for row in ledger["ledger_loans"]:
        facility, loan, accrual = facilities[row["facility"]], loan_of(row), accrual_of(row)
        days = days_overdue(row, day)
        if row["phase"] not in _OWED or not days:
            continue
        rows.append(
            {
                "kind": "loan", "id": format_id(row["loan"]), "owes": facility["borrower"],
                "owes_name": names.get(facility["borrower"], ""), "owed_to": facility["lender"],
                "due": iso(day - days), "days": days,
                "class": loan_class(loan, day, accrual).value, "open": row["principal"],
                "currency": codes[facility["currency"]],
            }
        )  # fmt: skip
    columns = ("kind", "id", "owes", "owes_name", "owed_to", "due", "days", "class", "open", "currency")
    return _list("overdue", "Overdue, with days and class", columns, ("open",), rows, "kind", "due", "id")


# ── money on its way, and money that stays ──────────────────────────────────────────────────────────────────


def _unconfirmed(found: Found) -> DayList:
    waiting = (PENDING, UNKNOWN)
    rows: list[Mapping[str, Value]] = [
        {
            "payment": each.end_to_end, "ordered": iso(each.day), "payer_bank": each.payer[0],
            "payer_account": each.payer[1], "payee_bank": each.payee[0], "payee_account": each.payee[1],
            "state": found.outcomes.by_order[each.end_to_end], "amount": each.amount, "currency": each.currency,
        }
        for each in found.books.orders if found.outcomes.by_order.get(each.end_to_end) in waiting
    ]  # fmt: skip
    columns = (
        "payment", "ordered", "payer_bank", "payer_account", "payee_bank", "payee_account", "state", "amount",
        "currency",
    )  # fmt: skip
    title = "Payments ordered and not confirmed"
    return _list("unconfirmed", title, columns, ("amount",), rows, "ordered", "payment")


def _held(ledger: Ledger, names: Names, codes: Mapping[int, str]) -> DayList:
    roots = {row["root"]: row for row in ledger["ledger_roots"]}
    rows = [
        {
            "certificate": format_id(row["title"]), "receivable": format_id(row["root"]), "holder": row["holder"],
            "holder_name": names.get(row["holder"], ""), "clearing_bank": roots[row["root"]]["clearing_bank"],
            "facility": row["lock"], "frozen_until": iso(row["frozen_until_day"]) if row["frozen_until_day"] else "",
            "held": row["held"], "currency": codes[roots[row["root"]]["currency"]],
        }
        for row in ledger["ledger_titles"] if row["held"]
    ]  # fmt: skip
    columns = (
        "certificate", "receivable", "holder", "holder_name", "clearing_bank", "facility", "frozen_until", "held",
        "currency",
    )  # fmt: skip
    return _list("held", "Held money", columns, ("held",), rows, "clearing_bank", "certificate")


def _differences(open_: Iterable[Row], day: int) -> DayList:
    rows = [
        {
            "difference": row["id"], "age_days": max(0, day - row["day"]), "day": iso(row["day"]), "rule": row["rule"],
            "bank": row["bic"], "account": row["account"], "reference": row["reference"],
            "assigned_to": row["assigned_to"], "sentence": row["sentence"], "expected": row["expected"],
            "found": row["found"], "amount": decimal_text(row["amount"], exponent(row["currency"] or "CNY")),
            "currency": row["currency"],
        }
        for row in open_
    ]  # fmt: skip
    columns = (
        "difference", "age_days", "day", "rule", "bank", "account", "reference", "amount", "currency", "assigned_to",
        "expected", "found", "sentence",
    )  # fmt: skip
    return _list("differences", "Open differences by age", columns, (), rows, "day", "difference")


def _interest(ledger: Ledger, day: int, names: Names, codes: Mapping[int, str]) -> DayList:
    facilities = {row["facility"]: row for row in ledger["ledger_facilities"]}
    rows = []
    for row in ledger["ledger_loans"]:
        if row["phase"] not in _OWED:
            continue
        facility, loan, accrual = facilities[row["facility"]], loan_of(row), accrual_of(row)
        rows.append(
            {
                "loan": format_id(row["loan"]), "lender": facility["lender"], "borrower": facility["borrower"],
                "borrower_name": names.get(facility["borrower"], ""), "due": iso(row["due_day"]),
                "class": loan_class(loan, day, accrual).value, "rate_ppm": row["rate"], "drawn": row["drawn"],
                "principal": row["principal"], "interest_accrued": interest_due(accrued(accrual, loan, day), loan),
                "interest_paid": row["interest_paid"], "currency": codes[facility["currency"]],
            }
        )  # fmt: skip
    columns = (
        "loan", "lender", "borrower", "borrower_name", "due", "class", "rate_ppm", "drawn", "principal",
        "interest_accrued", "interest_paid", "currency",
    )  # fmt: skip
    amounts = ("drawn", "principal", "interest_accrued", "interest_paid")
    return _list("interest", "Interest accrued per loan", columns, amounts, rows, "lender", "loan")


# ── goods, and who keeps them ───────────────────────────────────────────────────────────────────────────────


def _goods(goods: Goods, names: Names) -> DayList:
    """Each lot in every book, and what may be lent against it; quantities are text in the lot's unit."""
    rows = []
    for each in goods.lots:
        row = shown.lot(each)
        cuts = "; ".join(f"{cut['rule']} {cut['quantity']}: {cut['reason']}" for cut in row["cuts"])
        told: dict[str, Value] = {name: "" if row[name] is None else row[name] for name in _LOT}
        rules = ", ".join(each.rules)
        name = names.get(each.keeper, "")
        rows.append({**told, "keeper_name": name, "cuts": cuts, "rules": rules})
    columns = ("keeper", "keeper_name", *_LOT[1:], "cuts", "rules")
    return _list("goods", "Goods by lot, in every book", columns, (), rows, "keeper", "lot")


_LOT = (
    "keeper", "lot", "unit", "receipts", "in_store", "counted_day", "told", "sound", "last_count", "lendable",
)  # fmt: skip


def _keepers(goods: Goods, names: Names) -> DayList:
    """How old each keeper's word is, those that are due longest first (GI-55-feed)."""
    rows = []
    for each in goods.words:
        row = shown.word(each)
        days: dict[str, Value] = {name: row[name] or "" for name in ("last_day", "due_day")}
        rows.append({**row, **days, "keeper_name": names.get(each.keeper, "")})
    columns = (
        "keeper",
        "keeper_name",
        "state",
        "last_day",
        "due_day",
        "late_days",
        "drawable_percent",
        "lots",
    )
    title = "Keepers and how late their word is (GI-55-feed)"
    return _list("keepers", title, columns, (), rows, "due_day", "keeper")


def _clocks(clocks: Iterable[Row], names: Names) -> DayList:
    """What waits for somebody, that which runs out first before the others (CC-433, CC-436, CC-910-answer)."""
    rows = [{**each, "party_name": names.get(each["party"], "")} for each in clocks]
    columns = (
        "kind", "state", "rule", "facility", "subject", "party", "party_name", "last_day", "days_left", "cash",
        "goods_value", "currency",
    )  # fmt: skip
    title = "What runs out on goods: calls, valuations, storage, sales, releases, keepers' answers"
    return _list("goods-clocks", title, columns, (), rows, "last_day", "kind", "facility", "subject")


# ── data for the bill exchange ──────────────────────────────────────────────────────────────────────────────

_ACTS: Mapping[str, str] = {
    "RootAccepted": "issued",
    "Split": "split",
    "Carved": "split",
    "Assigned": "transferred",
    "Locked": "financed",
    "PaidOut": "paid in part",
    "SettledEarly": "settled",
}
"""What the history's events are to the exchange (CN77-19)."""


def _certificates(events: Iterable[Row], ledger: Ledger, names: Names, codes: Mapping[int, str]) -> DayList:
    """What happened to certificates on the day (CN77-19). A part passed on is a split and a transfer, a row each."""
    roots = {row["root"]: row for row in ledger["ledger_roots"]}
    rows: list[Mapping[str, Value]] = []
    for event in events:
        act = "settled" if event["settled"] else _ACTS.get(event["event"])
        # A split is told by the part that it made; the rest of its certificate follows from it.
        if act is None or (act == "split" and event["from_holder"]):
            continue
        root = roots[event["root"]]
        row: dict[str, Value] = {
            "act": act, "certificate": format_id(event["title"]), "receivable": format_id(event["root"]),
            "parent": format_id(event["counterpart"]) if act == "split" and event["counterpart"] else "",
            "debtor": root["debtor"], "debtor_name": names.get(root["debtor"], ""),
            "from": event["from_holder"] or (event["parent_holder"] if act == "split" else root["debtor"]),
            "to": event["to_holder"], "to_name": names.get(event["to_holder"], ""), "due": iso(root["due_day"]),
            "amount": event["quantity"], "currency": codes[root["currency"]],
            "evidence": "" if event["evidence"] is None else "0x" + bytes(event["evidence"]).hex(),
            "block": event["block_number"], "log": event["log_index"], "row": event["row"],
            "transaction": "0x" + bytes(event["transaction_hash"]).hex(),
        }  # fmt: skip
        rows.append(row)
        if act == "split" and row["from"] != row["to"]:
            rows.append({**row, "act": "transferred"})
    columns = (
        "act", "certificate", "receivable", "parent", "debtor", "debtor_name", "from", "to", "to_name", "due", "amount",
        "currency", "evidence", "block", "log", "row", "transaction",
    )  # fmt: skip
    title = "Certificates issued, split, transferred, financed, settled (CN77-19)"
    return _list("certificates", title, columns, ("amount",), rows, "block", "log", "row", "act")


# ── ties ────────────────────────────────────────────────────────────────────────────────────────────────────


def _ties(
    found: Found, ledger: Ledger, owing: Sequence[Row], lists: Sequence[DayList], codes: Mapping[int, str]
) -> Iterator[Tie]:
    by_name = {each.name: each for each in lists}
    orders: dict[str, int] = defaultdict(int)
    for each in found.books.orders:
        if found.outcomes.by_order.get(each.end_to_end) in (PENDING, UNKNOWN):
            orders[each.currency] += each.amount
    says = "payments not confirmed are the orders pending and unknown of the reconciliation"
    yield from _tied("unconfirmed", says, by_name["unconfirmed"].total("amount"), orders)
    principal = {each.currency: each.left for each in found.sums if each.rule == "SUM-PRINCIPAL"}
    says = "principal of loans that are not written off is paid out less repaid less written off"
    written_off = {row["loan"] for row in ledger["ledger_loans"] if row["phase"] == LoanPhase.WRITTEN_OFF}
    listed: dict[str, int] = defaultdict(int)
    for row in by_name["interest"].rows:
        if row["loan"] not in {format_id(loan) for loan in written_off}:
            listed[str(row["currency"])] += int(row["principal"])
    yield from _tied("interest", says, listed, principal)
    says = "what is due, overdue, or due later is what debtors owe"
    later: dict[str, int] = defaultdict(int)
    owed: dict[str, int] = defaultdict(int)
    near = {row["receivable"] for row in by_name["due"].rows} | {row["id"] for row in by_name["overdue"].rows}
    for root in owing:
        owed[codes[root["currency"]]] += _open(root)
        if format_id(root["root"]) not in near:
            later[codes[root["currency"]]] += _open(root)
    for currency, amount in by_name["due"].total("open").items():
        later[currency] += amount
    for row in by_name["overdue"].rows:
        if row["kind"] == "receivable":
            later[str(row["currency"])] += int(row["open"])
    yield from _tied("due and overdue", says, later, owed)
    yield from _tied(
        "due-by-debtor", "debtors' sums are the due list's", by_name["due-by-debtor"].total("open"),
        by_name["due"].total("open"),
    )  # fmt: skip


def _tied(name: str, says: str, listed: Mapping[str, int], reconciled: Mapping[str, int]) -> Iterator[Tie]:
    for currency in sorted({*listed, *reconciled}):
        yield Tie(name, says, currency, listed.get(currency, 0), reconciled.get(currency, 0))


def _list(
    name: str, title: str, columns: tuple[str, ...], amounts: tuple[str, ...], rows: Iterable[Mapping[str, Value]],
    *order: str,
) -> DayList:  # fmt: skip
    def place(row: Mapping[str, Value]) -> tuple[Value, ...]:
        return tuple(row[each] for each in order)

    return DayList(name, title, columns, amounts, tuple(sorted(rows, key=place)))
