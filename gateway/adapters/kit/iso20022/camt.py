"""camt.052 reports, camt.053 statements and camt.054 notifications of versions 02 … 12, from any bank.

What an entry must keep to is in `entries`; a statement's entries lead from its opening to its closing balance.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from gateway.adapters.kit.iso20022.entries import account_of, entries_of, side_of
from gateway.adapters.kit.iso20022.records import Entry, Notification, Report, Statement
from gateway.adapters.kit.iso20022.xml import Node, read_message

VERSIONS = range(2, 13)

# An opening balance may be given as the last statement's closing one.
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)


def read_camt054(raw: bytes, *, document: str = "camt.054") -> tuple[Notification, ...]:
    """Read the notifications of one message. Raises MessageRefused."""
    message = read_message(raw, document=document, kind="camt.054", versions=VERSIONS)
    message_id = message.need("GrpHdr", "MsgId").text
    return tuple(
        Notification(
            message_id=message_id,
            notification_id=node.need("Id").text,
            account=account_of(node.need("Acct")),
            copy=node.child("CpyDplctInd") is not None,
            entries=entries_of(node),
        )
        for node in message.children("Ntfctn")
    )


def read_camt052(raw: bytes, *, document: str = "camt.052") -> tuple[Report, ...]:
    """Read the intraday reports of one message; balances of an unfinished day prove nothing and are not read.

    Raises MessageRefused.
    """
    message = read_message(raw, document=document, kind="camt.052", versions=VERSIONS)
    message_id = message.need("GrpHdr", "MsgId").text
    return tuple(
        Report(
            message_id=message_id,
            report_id=node.need("Id").text,
            account=account_of(node.need("Acct")),
            copy=node.child("CpyDplctInd") is not None,
            entries=entries_of(node),
        )
        for node in message.children("Rpt")
    )


def read_camt053(raw: bytes, *, document: str = "camt.053") -> tuple[Statement, ...]:
    """Read the statements of one message, each with its sums checked.

    Raises MessageRefused: STATEMENT-SUM when entries do not lead from opening to closing balance,
    STATEMENT-TOTALS when the summary says otherwise than the entries, STATEMENT-PAGES for a page of several.
    """
    message = read_message(raw, document=document, kind="camt.053", versions=VERSIONS)
    message_id = message.need("GrpHdr", "MsgId").text
    return tuple(_statement(message_id, node) for node in message.children("Stmt"))


def _statement(message_id: str, node: Node) -> Statement:
    for name in ("StmtPgntn", "MsgPgntn"):
        if node.child(name) is not None and node.need(name, "PgNb").text != "1":
            raise node.refuse("STATEMENT-PAGES", "one page of several: its balances are not the account's")
        if node.child(name) is not None and not node.need(name).flag("LastPgInd"):
            raise node.refuse("STATEMENT-PAGES", "further pages follow: its balances are not the account's")
    opening_day, opening, currency = _balance(node, OPENING)
    closing_day, closing, closing_currency = _balance(node, CLOSING)
    if closing_currency != currency:
        raise node.refuse("STATEMENT-CURRENCY", f"opens in {currency} and closes in {closing_currency}")
    entries = entries_of(node)
    for entry in entries:
        if entry.currency != currency:
            raise node.refuse(
                "STATEMENT-CURRENCY", f"an entry in {entry.currency} on an account in {currency}"
            )
    moved = sum(entry.signed_minor for entry in entries if entry.status == "BOOK")
    if opening + moved != closing:
        message = (
            f"opening {opening} plus entries {moved} is {opening + moved}, the closing balance {closing}"
        )
        raise node.refuse("STATEMENT-SUM", message)
    _check_totals(node, entries, currency)
    return Statement(
        message_id=message_id,
        statement_id=node.need("Id").text,
        account=account_of(node.need("Acct")),
        currency=currency,
        opening_day=opening_day,
        opening_minor=opening,
        closing_day=closing_day,
        closing_minor=closing,
        copy=node.child("CpyDplctInd") is not None,
        entries=entries,
        servicer_bic=_servicer(node),
        sequence=_sequence(node),
        first_day=_first_day(node, opening_day, closing_day),
    )


def _servicer(node: Node) -> str:
    institution = node.child("Acct", "Svcr", "FinInstnId")
    if institution is None:
        return ""
    # The element was renamed in version 04.
    return institution.text_of("BICFI") or institution.text_of("BIC")


def _sequence(node: Node) -> int | None:
    given = node.child("ElctrncSeqNb") or node.child("LglSeqNb")
    if given is None:
        return None
    if not given.text.isdecimal():
        raise given.refuse("SEQUENCE-FORM", f"{given.text!r} is no number of a statement")
    return int(given.text)


def _first_day(node: Node, opening_day: date, closing_day: date) -> date:
    """What the bank says of the period; else the opening balance's day, or the day after the last closing's."""
    begins = node.child("FrToDt", "FrDtTm")
    if begins is not None:
        first = begins.moment_day()
    elif any(item.text_of("Tp", "CdOrPrtry", "Cd") == OPENING[0] for item in node.children("Bal")):
        first = opening_day
    else:
        first = opening_day + timedelta(days=1)
    return min(first, closing_day)


def _balance(node: Node, codes: Sequence[str]) -> tuple[date, int, str]:
    for code in codes:
        found = [item for item in node.children("Bal") if item.text_of("Tp", "CdOrPrtry", "Cd") == code]
        if len(found) > 1:
            raise node.refuse("BALANCE-REPEATED", f"{len(found)} balances {code}")
        if found:
            minor, currency = found[0].need("Amt").money()
            day = found[0].need("Dt").day()
            return day, minor if side_of(found[0]) == "CRDT" else -minor, currency
    raise node.refuse("BALANCE-MISSING", f"no balance {' or '.join(codes)}")


def _check_totals(node: Node, entries: Sequence[Entry], currency: str) -> None:
    summary = node.child("TxsSummry")
    if summary is None or any(entry.status != "BOOK" for entry in entries):
        return
    for name, sides in (
        ("TtlNtries", ("CRDT", "DBIT")),
        ("TtlCdtNtries", ("CRDT",)),
        ("TtlDbtNtries", ("DBIT",)),
    ):
        total = summary.child(name)
        if total is None:
            continue
        counted = [entry for entry in entries if entry.side in sides]
        count, amount = total.text_of("NbOfNtries"), total.child("Sum")
        if count and count.lstrip("0") != str(len(counted)).lstrip("0"):
            raise total.refuse("STATEMENT-TOTALS", f"says {count} entries, there are {len(counted)}")
        summed = sum(entry.amount_minor for entry in counted)
        if amount is not None and amount.minor(currency) != summed:
            raise amount.refuse(
                "STATEMENT-TOTALS", f"says {amount.text}, the entries add up to {summed} minor"
            )
