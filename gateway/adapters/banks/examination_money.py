"""Whether the money that the banks' messages tell of is the money that the chain recorded, and that was ordered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from gateway.adapters.banks import tellings
from gateway.adapters.banks.inbox import EntryRow
from gateway.adapters.kit.iso20022.records import Detail, Entry, Statement
from gateway.money import currency_codes
from gateway.problems import Problem
from gateway.services.doctor import Discrepancy, TableOf
from gateway.services.payments import OF_PROTECTORS, About, FactKind, subject_of

Row = Mapping[str, Any]

ON_CHAIN = "on the chain"
NOTHING = "nothing"
_REVERSED = 11
"""The ledger's kind of a movement that takes back another."""
_NUMBER_MAX = (1 << 48) - 1
_SERIAL = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as one message tells of it; `statement` is the one it stands in."""

    name: str
    bic: str
    message_id: str
    entry: Entry
    statement: Statement | None


@dataclass(frozen=True, slots=True)
class Books:
    """What the gateway keeps of the banks; `told` and `entries` are read anew from the messages.

    `parts` are what persons allocated of entries, in the form of entries.
    """

    told: Sequence[Told]
    entries: Sequence[EntryRow]
    accounts: Sequence[Row]
    orders: Sequence[Row]
    parts: Sequence[Row] = ()


def money_discrepancies(books: Books, chain: Mapping[str, TableOf]) -> Iterator[Discrepancy]:
    """Each value in which messages, chain, statements and orders tell differently of the same money."""
    yield from _movements(books, list(chain["ledger_movements"].rows.values()))
    yield from _bindings(books.accounts, chain["ledger_accounts"].rows)
    yield from _statements(books.told)
    yield from _orders(books.orders, books.told)
    yield from _expected(books.orders, chain)


# ── the chain ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _movements(books: Books, movements: Sequence[Row]) -> Iterator[Discrepancy]:
    """Every movement on an account of this gateway has its entry, and says of it what the bank said."""
    by_number = {(row["bic"], row["account"]): row for row in books.accounts}
    by_commitment = {bytes(row["commitment"]): row for row in books.accounts}
    recorded: dict[bytes, list[Row]] = defaultdict(list)
    for movement in movements:
        recorded[bytes(movement["entry"])].append(movement)
    divided = {bytes(part["entry"]) for part in books.parts}
    entries = [entry for entry in books.entries if bytes(entry["entry"]) not in divided] + list(books.parts)
    told = {bytes(entry["entry"]) for entry in entries}
    for entry in entries:
        account = by_number.get((entry["bic"], entry["account"]))
        bank = None if account is None else account["bank"]
        for movement in recorded[bytes(entry["entry"])]:
            # Two banks may number alike: an account that is not known is compared all the same.
            if bank in (None, movement["bank"]):
                for said in _each_telling(entry):
                    yield from _recorded(said, account, movement)
    for movement in movements:
        owner = by_commitment.get(bytes(movement["account"]))
        if owner is not None and bytes(movement["entry"]) not in told:
            name = f"movement 0x{bytes(movement['movement']).hex()}"
            summary = f"{movement['amount']} minor units on account {owner['account']} at {owner['bic']}"
            yield Discrepancy(name, "entry", NOTHING, f"{summary}, kind {movement['kind']}", ON_CHAIN)


def _each_telling(entry: EntryRow) -> Iterator[EntryRow]:
    """A contested entry as each message tells of it: one that was altered stands beside one that was not."""
    contested = [name for name in entry["contested"].split() if name in entry]
    if not contested:
        yield entry
        return
    for telling in tellings.load(entry["tellings"]):
        said = tellings.columns_of(tellings.joined("", telling))
        yield {**entry, **{name: said[name] for name in contested}}


def _recorded(entry: EntryRow, account: Row | None, movement: Row) -> Iterator[Discrepancy]:
    name = f"entry {entry['reference']} of message {entry['message_id']} of {entry['bic']}"
    commitment = b"" if account is None else bytes(account["commitment"])
    pairs: dict[str, tuple[Any, Any]] = {
        "account": (commitment, bytes(movement["account"])),
        "value_day": (entry["value_day"], movement["value_day"]),
        "amount": (entry["amount"], movement["amount"]),
        "side": (entry["side"], "debit" if movement["kind"] == _REVERSED else "credit"),
    }
    about = _about(entry)
    if about is not None and movement["kind"] != _REVERSED:
        kinds, named = about
        pairs["end_to_end"] = (named.subject, movement["subject"])
        if named.kind in OF_PROTECTORS:
            pairs["loan"] = (named.serial, movement["loan"] & _SERIAL)
        if movement["kind"] not in kinds:
            allowed = " or ".join(kind.name for kind in kinds)
            yield Discrepancy(name, "kind", allowed, str(movement["kind"]), ON_CHAIN)
    for element, (kept, right) in pairs.items():
        if kept != right:
            yield Discrepancy(name, element, _shown(kept), _shown(right), ON_CHAIN)
    if all(kept == right for kept, right in pairs.values()):
        key = movement_key(movement["bank"], commitment, entry)
        if key != bytes(movement["movement"]):
            yield Discrepancy(name, "movement", _shown(key), _shown(bytes(movement["movement"])), ON_CHAIN)


def movement_key(bank: int, commitment: bytes, entry: EntryRow) -> bytes:
    """What the contracts know a movement by: bank, account, value day, amount, side and the bank's reference."""
    types = ("uint32", "bytes32", "uint16", "uint48", "bool", "bytes32")
    credit = entry["side"] == "credit"
    values = (bank, commitment, entry["value_day"], entry["amount"], credit, bytes(entry["entry"]))
    return keccak(encode(types, values))


def _about(entry: EntryRow) -> tuple[set[FactKind], About] | None:
    """The kinds of fact that an entry's end-to-end id allows, and what it names; None where it names nothing here."""
    try:
        about = subject_of(entry["end_to_end"])
    except Problem:
        return None
    if entry["returned"]:
        return {FactKind.RETURNED, FactKind.REJECTED}, about
    return ({about.kind, FactKind.COLLECTED} if about.kind is FactKind.CREDITED else {about.kind}), about


def _bindings(accounts: Sequence[Row], bound: Mapping[Any, Row]) -> Iterator[Discrepancy]:
    """Accounts that parties bound on the chain."""
    by_commitment = {bytes(row["commitment"]): row for row in accounts}
    codes = currency_codes()
    for row in bound.values():
        account = by_commitment.get(bytes(row["account"]))
        if account is None:
            continue
        name = f"account {account['account']} at {account['bic']}"
        pairs = {"owner": row["party"], "bank": row["bank"], "currency": codes.get(row["currency"])}
        for column, right in pairs.items():
            if account[column] != right:
                yield Discrepancy(name, column, str(account[column]), str(right), ON_CHAIN)


# ── the messages among themselves ───────────────────────────────────────────────────────────────────────────────────


def _statements(told: Sequence[Told]) -> Iterator[Discrepancy]:
    """A statement begins where the one before it ended, and holds what was notified of its days."""
    by_account: dict[tuple[str, str], dict[str, tuple[Told, Statement]]] = defaultdict(dict)
    for each in told:
        if each.statement is not None:
            key = (each.bic, each.statement.account.number)
            by_account[key][each.statement.statement_id] = (each, each.statement)
    for found in by_account.values():
        yield from _continuity(sorted(found.values(), key=lambda pair: pair[1].opening_day))
    stated = {_reference(each) for each in told if each.statement is not None}
    for each in told:
        if each.statement is not None or each.entry.status != "BOOK" or _reference(each) in stated:
            continue
        listed = by_account.get((each.bic, each.entry.account.number), {})
        for first, statement in listed.values():
            day = each.entry.booking_day
            if day is not None and statement.opening_day <= day <= statement.closing_day:
                reference = each.entry.servicer_reference
                yield Discrepancy(
                    each.name, "Ntry/AcctSvcrRef", reference, NOTHING,
                    f"in the statement of that day, {first.message_id}",
                )  # fmt: skip


def _reference(each: Told) -> tuple[str, str, str]:
    return each.bic, each.entry.account.number, each.entry.servicer_reference


def _continuity(statements: Sequence[tuple[Told, Statement]]) -> Iterator[Discrepancy]:
    for (earlier, before), (later, after) in pairwise(statements):
        if after.opening_minor != before.closing_minor:
            source = f"was the closing balance of {earlier.message_id}, minor units"
            yield Discrepancy(
                later.name, "Stmt/Bal[1]/Amt", str(after.opening_minor), str(before.closing_minor), source
            )


# ── the orders ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _orders(orders: Sequence[Row], told: Sequence[Told]) -> Iterator[Discrepancy]:
    """What the banks say was ordered, and between which accounts, is what the orders say."""
    by_reference = {row["end_to_end"]: row for row in orders}
    for each in told:
        for detail in each.entry.details:
            order = by_reference.get(detail.end_to_end)
            if order is None or detail.return_reason or each.entry.reversal:
                continue
            for element, (kept, right) in _ordered(order, each.entry, detail).items():
                if kept != right:
                    source = f"in {each.name}"
                    yield Discrepancy(f"pain.001 {order['end_to_end']}", element, kept, right, source)


def _ordered(order: Row, entry: Entry, detail: Detail) -> dict[str, tuple[str, str]]:
    side = "payee_account" if entry.side == "CRDT" else "payer_account"
    pairs = {side: (order[side], entry.account.number)}
    if detail.instructed is not None:
        amount, currency = detail.instructed
        pairs["amount"] = (f"{order['amount']} {order['currency']}", f"{amount} {currency}")
    return pairs


def _expected(orders: Sequence[Row], chain: Mapping[str, TableOf]) -> Iterator[Discrepancy]:
    """Each order is about something on the ledger, and for no more than that can come to."""
    for row in orders:
        name = f"pain.001 {row['end_to_end']}"
        try:
            kind, subject, _ = subject_of(row["end_to_end"])
        except Problem:
            yield Discrepancy(name, "end_to_end", row["end_to_end"], "a payment of the ledger", "was ordered")
            continue
        for column, right in (("kind", int(kind)), ("subject", subject)):
            if row[column] != right:
                yield Discrepancy(name, column, str(row[column]), str(right), "by its end-to-end id")
        most = _most(kind, subject, chain)
        if most is None:
            yield Discrepancy(name, "subject", str(subject), NOTHING, ON_CHAIN)
        elif not most[0] <= row["amount"] <= most[1]:
            bounds = f"from {most[0]} to {most[1]}"
            yield Discrepancy(
                name, "amount", str(row["amount"]), bounds, f"minor units can be owed, {ON_CHAIN}"
            )


def _most(kind: FactKind, subject: int, chain: Mapping[str, TableOf]) -> tuple[int, int] | None:
    """The least and the most that one payment about a subject can be; None where the chain has no such subject."""
    tables = {
        FactKind.PAYOUT: "ledger_loans",
        FactKind.REPAYMENT: "ledger_loans",
        FactKind.RECEIVED: "ledger_roots",
        FactKind.PROTECTED: "ledger_protections",
        FactKind.REIMBURSED: "ledger_protections",
    }
    row = chain[tables.get(kind, "ledger_titles")].rows.get((subject,))
    if row is None:
        return None
    if kind is FactKind.PAYOUT:
        return row["drawn"], row["drawn"]
    if kind is FactKind.RECEIVED:
        return 1, row["quantity"]
    if kind is FactKind.REPAYMENT:
        return 1, _NUMBER_MAX
    if kind in OF_PROTECTORS:
        return 1, row["cap"]
    # A receipt's money is what its goods were sold for (CC-438); of a sale that nobody paid, the price is kept.
    sale = chain["ledger_goods_sales"].rows.get((subject,))
    return 1, row["paid"] + row["late"] + (sale["came_before"] + sale["price"] if sale else 0)


def _shown(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
