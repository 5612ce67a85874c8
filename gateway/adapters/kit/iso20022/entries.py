"""Entries of camt.052, .053 and .054, which all three write alike.

An entry is taken only if its inside agrees with its outside: the transactions of a batch add up to the entry, and a
reversal reverses what it says, by amount and by direction.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.adapters.kit.iso20022.records import NO_REASON, Account, Charge, Detail, Entry, Side
from gateway.adapters.kit.iso20022.xml import Node

_NONE_GIVEN = frozenset({"NOTPROVIDED", "NONREF", "NOREF"})
"""Words of ISO 20022 and of the messages before it for "the payer gave none"."""

_RETURN_CODES = frozenset({"RRTN", "ARET"})
"""Sub-families of the bank transaction codes that say "money that came back"."""


def entries_of(node: Node) -> tuple[Entry, ...]:
    """The entries of a statement, report or notification. Raises MessageRefused."""
    account = account_of(node.need("Acct"))
    return tuple(_entry(account, item) for item in node.children("Ntry"))


def side_of(node: Node) -> Side:
    """Credit or debit. Raises MessageRefused(SIDE-FORM)."""
    found = node.need("CdtDbtInd")
    if found.text == "CRDT":
        return "CRDT"
    if found.text == "DBIT":
        return "DBIT"
    raise found.refuse("SIDE-FORM", f"{found.text!r} is neither CRDT nor DBIT")


def account_of(node: Node) -> Account:
    """An account by IBAN or other number. Raises MessageRefused(ELEMENT-MISSING)."""
    identity = node.need("Id")
    iban = identity.text_of("IBAN")
    if iban:
        return Account("IBAN", iban)
    other = identity.text_of("Othr", "Id")
    if not other:
        raise identity.refuse("ELEMENT-MISSING", "the account has neither IBAN nor another number")
    return Account("OTHER", other)


def _entry(account: Account, node: Node) -> Entry:
    amount, currency = node.need("Amt").money()
    if amount == 0:
        raise node.refuse("ENTRY-ZERO", "an entry of nothing moves no money")
    side = side_of(node)
    details, batch = _details(node, amount, currency, side)
    _agrees(node, amount, currency)
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
        code=_code(node),
        charges=tuple(_charges(node)),
        additional=node.text_of("AddtlNtryInf"),
        path=node.path,
    )


def _status(node: Node) -> str:
    # A plain code up to version 06, a choice of code or the bank's own word later.
    status = node.text or node.text_of("Cd") or node.text_of("Prtry")
    if not status:
        raise node.refuse("ELEMENT-MISSING", "the entry has no status")
    return status


def _code(node: Node) -> str:
    """The bank transaction code: domain, family and sub-family, or the bank's own code."""
    code = node.child("BkTxCd")
    if code is None:
        return ""
    parts = (
        code.text_of("Domn", "Cd"),
        code.text_of("Domn", "Fmly", "Cd"),
        code.text_of("Domn", "Fmly", "SubFmlyCd"),
    )
    return "/".join(part for part in parts if part) or code.text_of("Prtry", "Cd")


# ── transactions ────────────────────────────────────────────────────────────────────────────────────────────


def _details(entry: Node, amount: int, currency: str, side: Side) -> tuple[tuple[Detail, ...], bool]:
    """The entry's transactions, which add up to it, and whether it is a batch."""
    groups = list(entry.children("NtryDtls"))
    nodes = [node for group in groups for node in group.children("TxDtls")]
    batches = [batch for group in groups for batch in group.children("Btch")]
    for group in groups:
        _check_batch_count(group)
    for batch in batches:
        total = batch.child("TtlAmt")
        if total is not None and len(batches) == 1 and total.money() != (amount, currency):
            raise total.refuse("BATCH-SUM", f"says {total.text}, the entry {_shown(amount, currency)}")
    if not nodes:
        return (), any(batch.text_of("NbOfTxs").lstrip("0") != "1" for batch in batches)
    alone = len(nodes) == 1 and not batches
    code = _code(entry)
    details = tuple(_detail(node, amount if alone else None, currency, side, code) for node in nodes)
    _check_sum(entry, nodes, details, (amount, currency, side))
    return details, len(nodes) > 1 or bool(batches)


def _check_sum(
    entry: Node, nodes: list[Node], details: tuple[Detail, ...], outside: tuple[int, str, Side]
) -> None:
    amount, currency, side = outside
    moved = sum(item.amount_minor if item.side == side else -item.amount_minor for item in details)
    if moved == amount:
        return
    kind = "REVERSAL" if entry.flag("RvslInd") else "BATCH" if len(details) > 1 else "ENTRY"
    (node, only) = (nodes[0], details[0]) if len(details) == 1 else (entry, None)
    if only is not None and only.amount_minor == amount:
        raise node.refuse(f"{kind}-SIDE", f"says {only.side}, the entry around it {side}")
    said = f"comes to {_shown(moved, currency)}, the entry around it to {_shown(amount, currency)}"
    raise node.refuse(f"{kind}-SUM", f"what is inside {said}")


def _check_batch_count(group: Node) -> None:
    said = group.child("Btch", "NbOfTxs")
    found = len(list(group.children("TxDtls")))
    if said is not None and found and said.text.lstrip("0") != str(found):
        raise group.refuse("BATCH-COUNT", f"says {said.text} transactions and lists {found}")


def _detail(node: Node, whole: int | None, currency: str, side: Side, entry_code: str) -> Detail:
    own = node.child("CdtDbtInd")
    refs = node.child("Refs")
    instructed = node.child("AmtDtls", "InstdAmt", "Amt")
    amount, foreign = _detail_amount(node, whole, currency)
    code = _code(node) or entry_code
    return Detail(
        end_to_end=_ref(refs, "EndToEndId"),
        instruction_id=_ref(refs, "InstrId"),
        message_id=_ref(refs, "MsgId"),
        transaction_id=_ref(refs, "TxId"),
        servicer_reference=_ref(refs, "AcctSvcrRef"),
        amount_minor=amount,
        instructed=None if instructed is None else instructed.money(),
        side=side if own is None else side_of(node),
        return_reason=_return_reason(node, code),
        debtor_name=_party_name(node, "Dbtr"),
        debtor_account=_party_account(node, "DbtrAcct"),
        debtor_bic=_agent(node, "DbtrAgt"),
        creditor_name=_party_name(node, "Cdtr"),
        creditor_account=_party_account(node, "CdtrAcct"),
        creditor_bic=_agent(node, "CdtrAgt"),
        remittance="\n".join(
            line.text for item in node.children("RmtInf") for line in item.children("Ustrd")
        ),
        uetr=_ref(refs, "UETR"),
        clearing_reference=_ref(refs, "ClrSysRef"),
        references=tuple(_structured(node)),
        additional=node.text_of("AddtlTxInf"),
        code=code,
        charges=tuple(_charges(node)),
        foreign=foreign,
        exchange_rate=_exchange_rate(node),
    )


def _return_reason(node: Node, code: str) -> str:
    """Why the money came back; empty when it did not. A return counts as one even when its bank gives no reason."""
    told = node.child("RtrInf")
    if told is not None:
        return told.text_of("Rsn", "Cd") or told.text_of("Rsn", "Prtry") or NO_REASON
    return NO_REASON if code.rpartition("/")[2] in _RETURN_CODES else ""


def _detail_amount(node: Node, whole: int | None, currency: str) -> tuple[int, tuple[int, str] | None]:
    """A transaction's amount in the account's currency, and in another one where the bank tells it.

    An entry's only transaction may leave its amount to the entry.
    """
    given = node.child("Amt")
    inside = (node.child("AmtDtls", name, "Amt") for name in ("TxAmt", "CntrValAmt"))
    found = [item.money() for item in (given, *inside) if item is not None]
    local = {minor for minor, unit in found if unit == currency}
    others = list(dict.fromkeys(money for money in found if money[1] != currency))
    foreign = others[0] if len(others) == 1 else None
    if len(local) == 1:
        return local.pop(), foreign
    if not local and whole is not None and len(others) <= 1:
        return whole, foreign
    if not found:
        raise node.refuse("DETAIL-AMOUNT", "one of several transactions, without an amount of its own")
    told = ", ".join(_shown(minor, unit) for minor, unit in found)
    raise node.refuse("DETAIL-AMOUNT", f"amounts {told}: not one in {currency}")


def _exchange_rate(node: Node) -> str:
    for name in ("TxAmt", "CntrValAmt", "InstdAmt"):
        rate = node.text_of("AmtDtls", name, "CcyXchg", "XchgRate")
        if rate:
            return rate
    return ""


def _agrees(node: Node, amount: int, currency: str) -> None:
    detailed = node.child("AmtDtls", "TxAmt", "Amt")
    if detailed is None:
        return
    minor, unit = detailed.money()
    if unit == currency and minor != amount:
        said = f"{_shown(minor, unit)} inside, {_shown(amount, currency)} outside"
        raise detailed.refuse("ENTRY-AMOUNT", said)


def _charges(node: Node) -> Iterator[Charge]:
    """Charges one by one: listed side by side up to version 03, as records of one element later."""
    for given in node.children("Chrgs"):
        records = list(given.children("Rcrd"))
        for record in records or ([given] if given.child("Amt") is not None else []):
            minor, currency = record.need("Amt").money()
            side = "DBIT" if record.child("CdtDbtInd") is None else side_of(record)
            yield Charge(minor, currency, side, record.flag("ChrgInclInd"))


def _structured(node: Node) -> Iterator[str]:
    for item in node.children("RmtInf"):
        for given in item.children("Strd"):
            reference = given.text_of("CdtrRefInf", "Ref")
            numbers = (document.text_of("Nb") for document in given.children("RfrdDocInf"))
            yield from (text for text in (reference, *numbers) if text)


def _ref(refs: Node | None, name: str) -> str:
    text = "" if refs is None else refs.text_of(name)
    return "" if text.upper().replace(" ", "") in _NONE_GIVEN else text


def _party_name(node: Node, role: str) -> str:
    party = node.child("RltdPties", role)
    if party is None:
        return ""
    return party.text_of("Nm") or party.text_of("Pty", "Nm")


def _party_account(node: Node, role: str) -> Account | None:
    account = node.child("RltdPties", role)
    if account is None or account.child("Id") is None:
        return None
    return account_of(account)


def _agent(node: Node, role: str) -> str:
    institution = node.child("RltdAgts", role, "FinInstnId")
    if institution is None:
        return ""
    return institution.text_of("BICFI") or institution.text_of("BIC")


def _shown(minor: int, currency: str) -> str:
    return f"{minor} minor units of {currency}"
