"""The three books read for one run: ledger rows, what the gateway keeps, and the statements."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from gateway.adapters.banks.statement_files import (
    Supplied,
    closed_statements,
    kept_statements,
    read_files,
)
from gateway.adapters.kit.iso20022 import MessageRefused, StatusReport, read_pain002
from gateway.db import own
from gateway.db import own_day_ends as kept_days
from gateway.domain.settlement import FactKind
from gateway.services.reconciliation.books import (
    Books,
    Elsewhere,
    Key,
    KnownAccount,
    Line,
    Ordered,
    Recorded,
)
from gateway.services.reconciliation.orders import PENDING, REJECTED
from gateway.services.reconciliation.sums import Ledger

Row = Mapping[str, Any]

_ANSWERS = {
    "RJCT": REJECTED, "CANC": REJECTED,
    **dict.fromkeys(("RCVD", "ACTC", "ACCP", "ACWC", "ACSP", "PDNG"), PENDING),
}  # fmt: skip
"""What a bank's status means for an order. One that it calls settled is believed when the entry is there."""

_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is to compare.

    Attributes:
        day: the business day, or None: the last one that the files tell of.
        bank: only this bank's accounts; empty for all.
        files: the bank's book is these files and nothing else; without any, the statements the gateway kept.
        cumulative: from the beginning; else what was not part of an earlier day end.
    """

    day: int | None
    bank: str = ""
    files: Sequence[Supplied] = ()
    cumulative: bool = False


def read_books(connection: Connection, ledger: Ledger, wanted: Wanted, today: int) -> Books:
    """Everything to be compared; `today` is the day where neither `wanted` nor its files name one.

    Raises Problem for a file that cannot be used.
    """
    commitments = _accounts(connection)
    accounts = {(each.bic, each.number): each for each in commitments.values()}
    if wanted.files:
        given = read_files(wanted.files, accounts, wanted.bank)
        day = max(each.last_day for each in given) if wanted.day is None else wanted.day
        scope = {each.place for each in given}
    else:
        day = today if wanted.day is None else wanted.day
        before = None if wanted.cumulative else day
        given = kept_statements(connection, bank=wanted.bank, day=day, closed_before=before)
        scope = {place for place in accounts if wanted.bank in ("", place[0])}
    recorded, elsewhere = _recorded(ledger, commitments)
    whole = not wanted.files and not wanted.bank
    notified = tuple(_notified(connection))
    return Books(
        day=day,
        accounts=accounts,
        scope=frozenset(scope),
        statements=(*given, *(() if wanted.cumulative else closed_statements(connection, day, scope))),
        carried=tuple(line for line in _carried(connection, day) if line.place in scope),
        stated={} if wanted.cumulative else _stated(connection, day),
        recorded=recorded,
        elsewhere=elsewhere if whole else (),
        notified=notified,
        orders=tuple(each for each in _orders(connection, notified) if {each.payer, each.payee} & scope),
        whole=whole,
    )


def _accounts(connection: Connection) -> dict[bytes, KnownAccount]:
    rows = connection.execute(select(own.accounts))
    return {
        bytes(row.commitment): KnownAccount(
            row.bic, row.account, row.bank, row.owner, row.currency, row.purpose
        )
        for row in rows
    }


def _recorded(
    ledger: Ledger, commitments: Mapping[bytes, KnownAccount]
) -> tuple[tuple[Recorded, ...], tuple[Elsewhere, ...]]:
    found: list[Recorded] = []
    elsewhere: dict[tuple[int, bytes], list[Row]] = defaultdict(list)
    for row in ledger["ledger_movements"]:
        account = commitments.get(bytes(row["account"]))
        if account is None or account.bank != row["bank"]:
            elsewhere[row["bank"], bytes(row["account"])].append(row)
            continue
        found.append(
            Recorded(
                "0x" + bytes(row["movement"]).hex(), row["kind"], row["subject"], account.bic, account.number,
                account.currency, bytes(row["entry"]), row["amount"], row["value_day"],
            )
        )  # fmt: skip
    strange = [
        (bank, account, [row for row in rows if row["kind"] != FactKind.REJECTED])
        for (bank, account), rows in elsewhere.items()
    ]
    return tuple(found), tuple(
        Elsewhere(
            bank, "0x" + account.hex(), len(rows), sum(row["amount"] for row in rows),
            min(row["value_day"] for row in rows),
        )
        for bank, account, rows in strange if rows
    )  # fmt: skip


def _notified(connection: Connection) -> Iterator[Line]:
    for row in connection.execute(select(own.entries)):
        yield Line(
            bic=row.bic,
            account=row.account,
            reference=row.reference,
            entry=bytes(row.entry),
            credit=row.side == "credit",
            amount=row.amount,
            currency=row.currency,
            value_day=row.value_day,
            booking_day=None,
            end_to_end=row.end_to_end,
            taken_back=bool(row.reversal) or bool(row.returned),
            document=f"message {row.message_id}",
        )


def _stated(connection: Connection, day: int) -> dict[Key, str]:
    table = kept_days.stated_entries
    rows = connection.execute(select(table).where(table.c.closed_day < day))
    return {(row.bic, row.account, bytes(row.entry)): row.digest for row in rows}


# ── entries that earlier runs left open ─────────────────────────────────────────────────────────────────────


def line_text(line: Line | None) -> str:
    """An entry as a difference keeps it; empty for none."""
    if line is None:
        return ""
    return json.dumps(
        {**asdict(line), "entry": line.entry.hex(), "parts": []}, ensure_ascii=False, sort_keys=True
    )


def _line_of(text: str) -> Line:
    found = json.loads(text)
    return Line(**{**found, "entry": bytes.fromhex(found["entry"]), "parts": ()})


def _carried(connection: Connection, day: int) -> Iterator[Line]:
    """Entries of earlier days that were open when the day began: what later runs closed was open then."""
    table = kept_days.differences
    still = (table.c.state == "open") | (table.c.closed_day >= day)
    query = (
        select(table.c.line)
        .where(table.c.rule.in_(_CARRIED), table.c.opened_day < day, still)
        .order_by(table.c.day, table.c.id)
    )
    for text in connection.execute(query).scalars():
        yield _line_of(text)


_CARRIED = (
    "AMOUNT-DIFFERS", "ENTRY-NOT-KEPT", "ENTRY-NOT-ON-LEDGER", "KEPT-ENTRY-DIFFERS", "SIDE-DIFFERS",
    "VALUE-DAY-DIFFERS",
)  # fmt: skip
"""Differences of an entry that stands in a statement: the next run compares it again, with the books of then."""

# ── orders ──────────────────────────────────────────────────────────────────────────────────────────────────


def _orders(connection: Connection, notified: Sequence[Line]) -> list[Ordered]:
    rows = connection.execute(select(own.orders).order_by(own.orders.c.place)).all()
    orders = [
        Ordered(
            row.end_to_end, (row.payer_bic, row.payer_account), (row.payee_bic, row.payee_account), row.amount,
            row.currency, row.day,
        )
        for row in rows
    ]  # fmt: skip
    booked = {line.end_to_end for line in notified}
    answers = _answers(connection, [each.end_to_end for each in orders if each.end_to_end not in booked])
    return [replace(each, answer=answers.get(each.end_to_end, "")) for each in orders]


def _answers(connection: Connection, references: Sequence[str]) -> dict[str, str]:
    """What the banks last said of orders that they have not booked."""
    table = own.messages
    found: dict[str, str] = {}
    for start in range(0, len(references), _AT_ONCE):
        some = references[start : start + _AT_ONCE]
        named = [table.c.reading.contains(f'"{each}"', autoescape=True) for each in some]
        condition = named[0]
        for each in named[1:]:
            condition |= each
        rows = connection.execute(
            select(table.c.message_id, table.c.content)
            .where(table.c.kind.startswith("pain.002"), condition)
            .order_by(table.c.bic, table.c.place)
        )
        for row in rows:
            try:
                report = read_pain002(bytes(row.content), document=row.message_id)
            except MessageRefused:
                continue
            found.update({name: answer for name, answer in _said(report) if name in some})
    return found


def _said(report: StatusReport) -> Iterator[tuple[str, str]]:
    # An order is one message with one payment, named alike: what is said of the whole is said of it.
    for status in (report.group_status, *(block.status for block in report.blocks)):
        if status in _ANSWERS:
            yield report.original_message_id, _ANSWERS[status]
    for payment in report.payments:
        if payment.status in _ANSWERS:
            yield payment.end_to_end, _ANSWERS[payment.status]
