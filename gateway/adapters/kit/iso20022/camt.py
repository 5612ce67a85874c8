"""camt.053 statements and camt.054 notifications of versions 02 … 12, from any bank.

An entry is taken only if its inside agrees with its outside: the transactions of a batch add up to the entry,
a reversal reverses what it says, and a statement's entries lead from its opening to its closing balance.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gateway.adapters.kit.iso20022.records import Account, Detail, Entry, Notification, Side, Statement
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
            account=_account(node.need("Acct")),
            copy=node.child("CpyDplctInd") is not None,
            entries=_entries(node),
        )
        for node in message.children("Ntfctn")
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
    entries = _entries(node)
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
        account=_account(node.need("Acct")),
        currency=currency,
        opening_day=opening_day,
        opening_minor=opening,
        closing_day=closing_day,
        closing_minor=closing,
        copy=node.child("CpyDplctInd") is not None,
        entries=entries,
    )


def _balance(node: Node, codes: Sequence[str]) -> tuple[date, int, str]:
    for code in codes:
        found = [item for item in node.children("Bal") if item.text_of("Tp", "CdOrPrtry", "Cd") == code]
        if len(found) > 1:
            raise node.refuse("BALANCE-REPEATED", f"{len(found)} balances {code}")
        if found:
            minor, currency = found[0].need("Amt").money()
            day = found[0].need("Dt").day()
            return day, minor if _side(found[0]) == "CRDT" else -minor, currency
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


def _entries(node: Node) -> tuple[Entry, ...]:
    account = _account(node.need("Acct"))
    return tuple(_entry(account, item) for item in node.children("Ntry"))


def _entry(account: Account, node: Node) -> Entry:
    amount, currency = node.need("Amt").money()
    if amount == 0:
        raise node.refuse("ENTRY-ZERO", "an entry of nothing moves no money")
    side = _side(node)
    details, batch = _details(node, amount, currency, side)
    _agrees(node, "AmtDtls", amount, currency)
    booking, value = node.child("BookgDt"), node.child("ValDt")
    reference = node.text_of("AcctSvcrRef")
    if not reference and len(details) == 1:
        reference = details[0].servicer_reference
    return Entry(
        account=account,
        amount_minor=amount,
        currency=currency,
        side=side,
        status=_status(node.need("Sts")),
        reversal=node.flag("RvslInd"),
        booking_day=None if booking is None else booking.day(),
        value_day=None if value is None else value.day(),
        servicer_reference=reference,
        entry_reference=node.text_of("NtryRef"),
        batch=batch,
        details=details,
    )


def _status(node: Node) -> str:
    # A plain code up to version 06, a choice of code or the bank's own word later.
    status = node.text or node.text_of("Cd") or node.text_of("Prtry")
    if not status:
        raise node.refuse("ELEMENT-MISSING", "the entry has no status")
    return status


def _side(node: Node) -> Side:
    found = node.need("CdtDbtInd")
    if found.text == "CRDT":
        return "CRDT"
    if found.text == "DBIT":
        return "DBIT"
    raise found.refuse("SIDE-FORM", f"{found.text!r} is neither CRDT nor DBIT")


def _details(entry: Node, amount: int, currency: str, side: Side) -> tuple[tuple[Detail, ...], bool]:
    """The entry's transactions, which add up to it, and whether it is a batch."""
    groups = list(entry.children("NtryDtls"))
    nodes = [(group, node) for group in groups for node in group.children("TxDtls")]
    batches = [batch for group in groups for batch in group.children("Btch")]
    for group in groups:
        _check_batch_count(group)
    if not nodes:
        return (), bool(batches)
    alone = len(nodes) == 1 and not batches
    details = tuple(_detail(node, amount if alone else None, currency, side) for _, node in nodes)
    moved = sum(item.amount_minor if item.side == side else -item.amount_minor for item in details)
    if moved != amount:
        rule = "REVERSAL-SUM" if entry.flag("RvslInd") else "BATCH-SUM"
        raise entry.refuse(
            rule, f"its transactions come to {moved}, the entry to {amount} minor units of {currency}"
        )
    for batch in batches:
        total = batch.child("TtlAmt")
        if total is not None and len(batches) == 1 and total.money() != (amount, currency):
            raise total.refuse(
                "BATCH-SUM", f"says {total.text}, the entry {amount} minor units of {currency}"
            )
    return details, len(nodes) > 1 or bool(batches)


def _check_batch_count(group: Node) -> None:
    said = group.text_of("Btch", "NbOfTxs")
    found = len(list(group.children("TxDtls")))
    if said and found and said.lstrip("0") != str(found):
        raise group.refuse("BATCH-COUNT", f"says {said} transactions and lists {found}")


def _detail(node: Node, whole: int | None, currency: str, side: Side) -> Detail:
    own = node.child("CdtDbtInd")
    refs = node.child("Refs")
    instructed = node.child("AmtDtls", "InstdAmt", "Amt")
    return Detail(
        end_to_end=_ref(refs, "EndToEndId"),
        instruction_id=_ref(refs, "InstrId"),
        message_id=_ref(refs, "MsgId"),
        transaction_id=_ref(refs, "TxId"),
        servicer_reference=_ref(refs, "AcctSvcrRef"),
        amount_minor=_detail_amount(node, whole, currency),
        instructed=None if instructed is None else instructed.money(),
        side=side if own is None else _side(node),
        return_reason=node.text_of("RtrInf", "Rsn", "Cd") or node.text_of("RtrInf", "Rsn", "Prtry"),
        debtor_name=_party_name(node, "Dbtr"),
        debtor_account=_party_account(node, "DbtrAcct"),
        debtor_bic=_agent(node, "DbtrAgt"),
        creditor_name=_party_name(node, "Cdtr"),
        creditor_account=_party_account(node, "CdtrAcct"),
        creditor_bic=_agent(node, "CdtrAgt"),
        remittance="\n".join(
            line.text for item in node.children("RmtInf") for line in item.children("Ustrd")
        ),
    )


def _detail_amount(node: Node, whole: int | None, currency: str) -> int:
    """A transaction's amount in the account's currency; an entry's only one may leave it to the entry."""
    given = node.child("Amt")
    detailed = node.child("AmtDtls", "TxAmt", "Amt")
    found = [item for item in (given, detailed) if item is not None]
    if not found and whole is not None:
        return whole
    if not found:
        raise node.refuse("DETAIL-AMOUNT", "one of several transactions, without an amount of its own")
    amounts = {item.money() for item in found}
    # TxAmt may be in the payer's currency; only the account's own currency can be compared with the entry.
    local = {minor for minor, unit in amounts if unit == currency}
    if len(local) != 1:
        raise node.refuse("DETAIL-AMOUNT", f"amounts {sorted(amounts)}, not one in {currency}")
    return local.pop()


def _agrees(node: Node, name: str, amount: int, currency: str) -> None:
    detailed = node.child(name, "TxAmt", "Amt")
    if detailed is None:
        return
    minor, unit = detailed.money()
    if unit == currency and minor != amount:
        raise detailed.refuse("ENTRY-AMOUNT", f"{minor} inside, {amount} outside, minor units of {currency}")


def _ref(refs: Node | None, name: str) -> str:
    text = "" if refs is None else refs.text_of(name)
    # The standard's word for "the payer gave none".
    return "" if text == "NOTPROVIDED" else text


def _party_name(node: Node, role: str) -> str:
    party = node.child("RltdPties", role)
    if party is None:
        return ""
    return party.text_of("Nm") or party.text_of("Pty", "Nm")


def _party_account(node: Node, role: str) -> Account | None:
    account = node.child("RltdPties", role)
    if account is None or account.child("Id") is None:
        return None
    return _account(account)


def _agent(node: Node, role: str) -> str:
    institution = node.child("RltdAgts", role, "FinInstnId")
    if institution is None:
        return ""
    return institution.text_of("BICFI") or institution.text_of("BIC")


def _account(node: Node) -> Account:
    identity = node.need("Id")
    iban = identity.text_of("IBAN")
    if iban:
        return Account("IBAN", iban)
    other = identity.text_of("Othr", "Id")
    if not other:
        raise identity.refuse("ELEMENT-MISSING", "the account has neither IBAN nor another number")
    return Account("OTHER", other)
