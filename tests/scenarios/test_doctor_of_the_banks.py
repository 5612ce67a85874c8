"""Whatever is altered in what the gateway keeps of the banks, the doctor names: message, element, both values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms
from sqlalchemy import Connection, Engine, Table, delete, insert, select, update

from gateway import cli_node
from gateway.adapters.banks import elements, inbox
from gateway.adapters.banks.examination import account_name, examine_banks, message_name, order_name
from gateway.adapters.banks.orders import ELEMENTS
from gateway.adapters.kit.iso20022 import read_camt053
from gateway.adapters.kit.signed_messages import published_keys
from gateway.adapters.ledger.acts import Domain
from gateway.adapters.ledger.chain import Chain, Rpc, blocks
from gateway.adapters.ledger.deployed import deployed
from gateway.adapters.rulings import rule_discrepancies
from gateway.db import links, own
from gateway.projections.examination import tables_of
from gateway.risk.book import declaration_discrepancies
from gateway.services.doctor import Discrepancy, TableOf
from gateway.settings import Settings
from tests.databases import Databases, copy_rows, opened
from tests.scenarios.runs import Run, settings_of
from tests.scenarios.terminal import Ended, typed

MONEY = re.compile(
    r"(Amt|Amt@Ccy|Sum|CtrlSum|NbOfNtries|NbOfTxs|OrgnlNbOfTxs|Othr/Id|BICFI|AcctSvcrRef|EndToEndId|OrgnlEndToEndId"
    r"|OrgnlMsgId|CdtDbtInd|ValDt/Dt|BookgDt/Dt|Bal/Dt/Dt|ReqdExctnDt/Dt|Acct/Ccy|Sts/Cd|TxSts|GrpSts|Tp/CdOrPrtry/Cd)$"
)
"""Amounts, currencies, accounts, days, references, directions, balances, statuses and counts."""

AMOUNT = "Document/BkToCstmrDbtCdtNtfctn/Ntfctn/Ntry/Amt"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy of what a story's gateway kept, and what chain and banks say of it."""

    engine: Engine
    domain: Domain
    truth: Mapping[str, TableOf]
    published: Mapping[str, Mapping[str, bytes]]

    def examine(self, connection: Connection) -> list[Discrepancy]:
        return [
            *examine_banks(connection, self.truth, self.published),
            *rule_discrepancies(connection),
            *declaration_discrepancies(connection, self.domain),
        ]

    def without_keys(self) -> Kept:
        """As if no bank could be asked for the keys that it publishes."""
        return replace(self, published={})

    def after(self, *changes: Callable[[Connection], object]) -> list[Discrepancy]:
        """What the doctor finds after changes, which are undone."""
        with self.engine.connect() as connection:
            for change in changes:
                change(connection)
            found = self.examine(connection)
            connection.rollback()
        return found

    def rows(self, table: Table) -> Sequence[Row]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(table)).mappings()]


@pytest.fixture(scope="module")
def kept(shipped: Run, databases: Databases, database_kind: str) -> Iterator[Kept]:
    settings = settings_of(shipped)
    with ExitStack() as stack:
        engine = stack.enter_context(opened(stack.enter_context(databases.copy(database_kind))))
        copy_rows(stack.enter_context(opened(settings.database_url)), engine)
        yield kept_in(engine, settings)


def kept_in(engine: Engine, settings: Settings) -> Kept:
    with Rpc(settings.rpc_url) as rpc, engine.connect() as connection:
        book = deployed(rpc, settings.deployment)
        block = connection.execute(select(blocks.c.number).order_by(blocks.c.number.desc())).scalars().first()
        assert block is not None
        truth = tables_of(rpc, Chain(rpc, book.book), block=block, start_block=book.first_block)
    published = {bic: published_keys(address) for bic, address in settings.bank_keys.items()}
    domain = Domain(settings.chain_id, book.book["Ledger"].address)
    return Kept(engine, domain, truth, published)


def test_what_was_kept_is_what_banks_and_chain_say(kept: Kept) -> None:
    assert kept.after() == []
    kinds = {row["kind"] for row in kept.rows(own.messages)}
    assert {kind[:8] for kind in kinds} == {"camt.053", "camt.054", "pain.002"}
    assert len(kept.rows(own.orders)) >= 20


def test_the_doctor_asks_the_banks_too(shipped: Run) -> None:
    _, found = cli_node.examined(settings_of(shipped))
    assert found == []


def examined_by_command(kept: Kept, settings: Settings) -> Ended:
    url = kept.engine.url.render_as_string(hide_password=False)
    return typed(
        "doctor",
        more={
            "TALLYSTICK_DATABASE_URL": url, "TALLYSTICK_RPC_URL": settings.rpc_url,
            "TALLYSTICK_CHAIN_ID": str(settings.chain_id), "TALLYSTICK_DEPLOYMENT": str(settings.deployment),
            "TALLYSTICK_BANK_KEYS": json.dumps(settings.bank_keys),
        },
    )  # fmt: skip


def test_the_command_names_an_altered_message_and_ends_with_one(kept: Kept, shipped: Run) -> None:
    row = next(row for row in kept.rows(own.messages) if row["kind"].startswith("camt.054"))
    right = elements.read(row["content"])[AMOUNT]
    altering = content_of(own.messages, row, altered(row["content"], AMOUNT, "1.00"))
    with kept.engine.begin() as connection:
        altering(connection)
    try:
        ended = examined_by_command(kept, settings_of(shipped))
    finally:
        with kept.engine.begin() as connection:
            content_of(own.messages, row, row["content"])(connection)
    assert ended.status == 1, ended.said + ended.complained
    said = " ".join(ended.said.split())
    assert f"{message_name(row)}: {AMOUNT}: 1.00 is kept, {right} when it was first read" in said
    assert f"{message_name(row)}: signature: " in said


# ── every element of every message ──────────────────────────────────────────────────────────────────────────────────


def other(path: str, text: str) -> str:
    """A value of the same form that says something else."""
    if text in ("CRDT", "DBIT"):
        return {"CRDT": "DBIT", "DBIT": "CRDT"}[text]
    if path.endswith("Ccy"):
        return "EUR" if text == "CNY" else "CNY"
    if path.endswith("/Dt"):
        return (date.fromisoformat(text) + timedelta(days=1)).isoformat()
    codes = {"OPBD": "CLBD", "CLBD": "OPBD", "BOOK": "PDNG", "ACSC": "RJCT", "ACCP": "RJCT", "RJCT": "ACSC"}
    if text in codes:
        return codes[text]
    if path.endswith("BICFI"):
        return "QSCLCNSH" if text != "QSCLCNSH" else "HXLDCNBJ"
    return re.sub(r"\d", lambda found: "9" if found[0] != "9" else "8", text, count=1)


def altered(raw: bytes, path: str, text: str) -> bytes:
    """The document with one element, or attribute, saying something else."""
    root = ElementTree.fromstring(raw)
    element, _, attribute = path.partition("@")
    node = root
    for step in element.split("/")[1:]:
        name, _, place = step.partition("[")
        same = [child for child in node if child.tag.rpartition("}")[2] == name]
        node = same[int(place.rstrip("]")) - 1 if place else 0]
    if attribute:
        node.set(attribute, text)
    else:
        node.text = text
    return ElementTree.tostring(root)


def patterns(reading: Mapping[str, str]) -> list[str]:
    """One path of each kind that is about money."""
    found: dict[str, str] = {}
    for path in reading:
        if MONEY.search(path):
            # Of a statement's two balances each is one of its own.
            found.setdefault(re.sub(r"(Ntry)\[\d+\]", r"\1", path), path)
    return list(found.values())


@pytest.mark.parametrize("table", [own.messages, own.orders], ids=["messages", "orders"])
def test_each_money_element_of_each_message_is_named_with_both_values(kept: Kept, table: Table) -> None:
    name = message_name if table is own.messages else order_name
    rows = kept.rows(table)
    readings = [elements.read(row["content"]) for row in rows]
    rounds = max(len(patterns(reading)) for reading in readings)
    assert rounds >= 8
    cases = 0
    for number in range(rounds):
        changes, expected = [], []
        for row, reading in zip(rows, readings, strict=True):
            paths = patterns(reading)
            if number < len(paths):
                path, right = paths[number], reading[paths[number]]
                wrong = other(path, right)
                assert wrong != right, path
                changes.append(content_of(table, row, altered(row["content"], path, wrong)))
                expected.append((name(row), path, wrong, right))
        found = kept.after(*changes)
        named = {(each.document, each.element, each.kept, each.right) for each in found}
        assert [each for each in expected if each not in named] == []
        cases += len(expected)
    assert cases >= (1_000 if table is own.messages else 150)


def content_of(table: Table, row: Row, content: bytes) -> Callable[[Connection], object]:
    return valued(table, row, {"content": content})


def valued(table: Table, row: Row, values: Row) -> Callable[[Connection], object]:
    here = [key == row[key.name] for key in table.primary_key]
    return lambda connection: connection.execute(update(table).where(*here).values(values))


# ── whoever knows how it is checked ─────────────────────────────────────────────────────────────────────────────────


class OwnKey(HTTPSignatureKeyResolver):
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> Any:
        raise LookupError(key_id)

    def resolve_private_key(self, key_id: str) -> Any:  # noqa: ARG002  # there is one
        return self._key


def signed_anew(row: Row, content: bytes, key: Ed25519PrivateKey) -> dict[str, Any]:
    """Headers and key as if the bank had signed this content with a key of the forger's."""
    before = json.loads(row["headers"])
    headers = {name: before[name] for name in ("content-type", "message-name", "idempotency-key")}
    key_id = re.findall(r'keyid="([^"]+)"', before["signature-input"])[0]
    message = SimpleNamespace(method="POST", url=row["address"], headers=headers)
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=OwnKey(key)).sign(
        message, key_id=key_id, label="bank", body=content,
        covered_component_ids=("@method", "@target-uri", "content-type", "message-name", "idempotency-key"),
    )  # fmt: skip
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    lower = {name.lower(): value for name, value in message.headers.items()}
    return {"headers": json.dumps(lower), "public_key": public}


def forged(connection: Connection, row: Row, content: bytes, more: Mapping[str, Any]) -> None:
    """A message altered with everything that is made from it, and all of its bank's book linked anew."""
    here = (own.messages.c.bic == row["bic"], own.messages.c.message_id == row["message_id"])
    values = {
        "content": content, "sha256": sha256(content).hexdigest(),
        "reading": elements.dump(elements.read(content)), **more,
    }  # fmt: skip
    connection.execute(update(own.messages).where(*here).values(values))
    known: dict[tuple[str, str], inbox.EntryRow] = {}
    told = select(own.messages).where(own.messages.c.bic == row["bic"]).order_by(own.messages.c.place)
    for each in connection.execute(told).mappings().all():
        understood = inbox.understand(each["bic"], each["kind"], each["message_id"], each["content"])
        inbox.learn(known, understood.entries)
    connection.execute(delete(own.entries).where(own.entries.c.bic == row["bic"]))
    connection.execute(insert(own.entries), list(known.values()))
    linked_anew(
        connection, own.messages, row["bic"], select(own.messages).where(own.messages.c.bic == row["bic"])
    )


def linked_anew(connection: Connection, table: Table, book: str, rows: Any) -> None:
    """Every row of a book with the link that its values now make."""
    before = links.FIRST
    for each in connection.execute(rows.order_by(table.c.place)).mappings().all():
        before = links.seal(before, each["place"], each)
        valued(table, each, {"link": before})(connection)
    connection.execute(update(own.links).where(own.links.c.book == book).values(link=before))


def recorded_credit(kept: Kept) -> tuple[Row, Row]:
    """A notification of a credit that the chain recorded, and its entry."""
    entries = {row["message_id"]: row for row in kept.rows(own.entries) if row["side"] == "credit"}
    row = next(row for row in kept.rows(own.messages) if row["message_id"] in entries)
    return row, entries[row["message_id"]]


def raised(row: Row) -> bytes:
    """The notification with another amount, wherever it stands."""
    content = bytes(row["content"])
    right = elements.read(content)[AMOUNT]
    return content.replace(f">{right}<".encode(), f">1{right}<".encode())


def test_a_forgery_with_everything_made_from_it_is_not_signed_by_the_bank(kept: Kept) -> None:
    row, entry = recorded_credit(kept)
    content = raised(row)
    found = kept.after(lambda connection: forged(connection, row, content, {}))
    assert (message_name(row), "signature") in {(each.document, each.element) for each in found}
    (amount,) = [each for each in found if each.element == "amount" and entry["reference"] in each.document]
    assert (amount.right, amount.source) == (str(entry["amount"]), "on the chain")
    assert amount.kept != amount.right


def test_a_forgery_signed_by_another_key_is_not_the_banks(kept: Kept) -> None:
    row, entry = recorded_credit(kept)
    content, key = raised(row), Ed25519PrivateKey.generate()
    more = signed_anew(row, content, key)
    found = kept.after(lambda connection: forged(connection, row, content, more))
    (published,) = [each for each in found if each.element == "public_key"]
    assert published.document == message_name(row)
    assert published.kept == more["public_key"].hex()
    assert {"amount"} <= {each.element for each in found if entry["reference"] in each.document}


@pytest.mark.parametrize("element", ["amount", "value_day", "end_to_end", "account"])
def test_the_chain_alone_tells_what_a_recorded_entry_was(kept: Kept, element: str) -> None:
    """With nothing else to go by: message, row, links and signature all made to agree, the bank's keys unknown."""
    row, entry = recorded_credit(kept)
    path = {
        "value_day": "Document/BkToCstmrDbtCdtNtfctn/Ntfctn/Ntry/ValDt/Dt",
        "end_to_end": "Document/BkToCstmrDbtCdtNtfctn/Ntfctn/Ntry/NtryDtls/TxDtls/Refs/EndToEndId",
        "account": "Document/BkToCstmrDbtCdtNtfctn/Ntfctn/Acct/Id/Othr/Id",
    }
    content = raised(row)
    if element != "amount":
        right = elements.read(row["content"])[path[element]]
        content = altered(row["content"], path[element], other(path[element], right))
    more = signed_anew(row, content, Ed25519PrivateKey.generate())
    unasked = kept.without_keys()
    found = unasked.after(lambda connection: forged(connection, row, content, more))
    assert [each for each in found if each.element in ("signature", "public_key", "link")] == []
    named = [each for each in found if entry["reference"] in each.document and each.source == "on the chain"]
    assert element in {each.element for each in named}


def test_a_forged_statement_does_not_follow_from_the_one_before_it(kept: Kept) -> None:
    """Opening and closing balance raised alike, so that the statement adds up by itself."""
    statements = [row for row in kept.rows(own.messages) if row["kind"].startswith("camt.053")]
    opened = {row["message_id"]: read_camt053(row["content"])[0] for row in statements}
    # One that neither begins nor ends its account's row of statements.
    by_account: dict[str, list[Row]] = {}
    for row in sorted(statements, key=lambda row: opened[row["message_id"]].opening_day):
        by_account.setdefault(opened[row["message_id"]].account.number, []).append(row)
    before, row, after = next(rows for rows in by_account.values() if len(rows) >= 3)[:3]
    content = bytes(row["content"])
    for place in (1, 2):
        path = f"Document/BkToCstmrStmt/Stmt/Bal[{place}]/Amt"
        content = altered(content, path, str(Decimal(elements.read(content)[path]) + 1))
    more = signed_anew(row, content, Ed25519PrivateKey.generate())
    found = kept.without_keys().after(lambda connection: forged(connection, row, content, more))
    balances = {each.document: each for each in found if each.element == "Stmt/Bal[1]/Amt"}
    assert set(balances) == {message_name(row), message_name(after)}
    told = opened[row["message_id"]].opening_minor
    assert (balances[message_name(row)].kept, balances[message_name(row)].right) == (
        str(told + 100),
        str(told),
    )
    assert before["message_id"] in balances[message_name(row)].source


def test_an_entry_that_a_forged_statement_leaves_out_is_missed(kept: Kept) -> None:
    row = next(row for row in kept.rows(own.messages) if row["kind"].startswith("camt.053"))
    reference = read_camt053(row["content"])[0].entries[0].servicer_reference
    content = bytes(row["content"]).replace(reference.encode(), b"E" + b"0" * (len(reference) - 1))
    more = signed_anew(row, content, Ed25519PrivateKey.generate())
    found = kept.without_keys().after(lambda connection: forged(connection, row, content, more))
    (left_out,) = [each for each in found if each.element == "Ntry/AcctSvcrRef"]
    assert (left_out.kept, left_out.right) == (reference, "nothing")
    assert row["message_id"] in left_out.source


@pytest.mark.parametrize("column", ["amount", "payee_account"])
def test_a_forged_order_is_not_what_the_bank_says_was_ordered(kept: Kept, column: str) -> None:
    row = next(row for row in kept.rows(own.orders) if row["end_to_end"].startswith("LINE-"))
    path = ELEMENTS[column]
    right = elements.read(row["content"])[path]
    content = bytes(row["content"]).replace(f">{right}<".encode(), f">{other(path, right)}<".encode())
    said = elements.read(content)[path]
    value = int(said.replace(".", "")) if column == "amount" else said
    values = {
        column: value, "content": content, "sha256": sha256(content).hexdigest(),
        "reading": elements.dump(elements.read(content)),
    }  # fmt: skip

    def forge(connection: Connection) -> None:
        valued(own.orders, row, values)(connection)
        linked_anew(connection, own.orders, links.ORDERS, select(own.orders))

    found = [each for each in kept.after(forge) if each.element == column]
    assert found
    for each in found:
        assert each.document == order_name(row)
        assert str(row[column]) in each.right
        assert str(value) in each.kept


# ── rows taken out, put in, exchanged ───────────────────────────────────────────────────────────────────────────────


def gone(table: Table, row: Row) -> Callable[[Connection], object]:
    here = [key == row[key.name] for key in table.primary_key]
    return lambda connection: connection.execute(delete(table).where(*here))


def test_a_message_taken_out_leaves_a_gap_and_entries_nobody_told_of(kept: Kept) -> None:
    rows = sorted(kept.rows(own.messages), key=lambda row: (row["bic"], row["place"]))
    told = {row["message_id"]: row["reference"] for row in kept.rows(own.entries)}
    last = {row["bic"]: row for row in rows}
    for row in [*rows[::61], *last.values()]:
        found = kept.after(gone(own.messages, row))
        places = [each for each in found if each.element in ("place", "places")]
        assert places, message_name(row)
        if row["kind"].startswith("camt.054"):
            # The statement tells of the entry too; the row still names the message that told of it first.
            entry = next(each for each in found if told[row["message_id"]] in each.document)
            assert row["message_id"] in entry.kept


def test_all_messages_of_a_bank_taken_out_are_missed(kept: Kept) -> None:
    bic = kept.rows(own.messages)[0]["bic"]
    found = kept.after(
        lambda connection: connection.execute(delete(own.messages).where(own.messages.c.bic == bic)),
        lambda connection: connection.execute(delete(own.entries).where(own.entries.c.bic == bic)),
        lambda connection: connection.execute(delete(own.links).where(own.links.c.book == bic)),
    )
    recorded = [each for each in found if each.document.startswith("movement 0x")]
    assert recorded
    assert {each.kept for each in recorded} == {"nothing"}


@pytest.mark.parametrize("table", [own.entries, own.orders, own.accounts], ids=lambda table: table.name)
def test_an_entry_order_or_account_taken_out_is_missed(kept: Kept, table: Table) -> None:
    rows = kept.rows(table)[::17]
    found = {each.document for each in kept.after(*(gone(table, row) for row in rows))}
    if "place" not in table.c:
        assert {NAMES[table.name](row) for row in rows} <= found
        return
    # A linked row that is gone is missed at the place where the next one stands, and by the count of its book.
    gaps = [row["place"] for row in rows]
    after = [row for row in kept.rows(table) if row["place"] - 1 in gaps]
    assert len(after) >= len(gaps) - 1
    assert {NAMES[table.name](row) for row in after} <= found


def test_an_invented_message_and_an_invented_entry_are_named(kept: Kept) -> None:
    row = dict(kept.rows(own.messages)[0])
    invented = row | {"message_id": "INVENTED", "place": 10_000}
    found = kept.after(lambda connection: connection.execute(insert(own.messages).values(invented)))
    assert {each.element for each in found if each.document == message_name(invented)} >= {
        "place",
        "message_id",
    }
    entry = dict(kept.rows(own.entries)[0]) | {"reference": "INVENTED"}
    (named,) = kept.after(lambda connection: connection.execute(insert(own.entries).values(entry)))
    assert ("INVENTED" in named.document, named.right) == (True, "nothing")


def test_two_messages_exchanged_are_both_named(kept: Kept) -> None:
    first, second = [row for row in kept.rows(own.messages) if row["kind"].startswith("camt.054")][:2]
    found = kept.after(
        content_of(own.messages, first, second["content"]), content_of(own.messages, second, first["content"])
    )
    for row in (first, second):
        assert {"sha256", "signature"} <= {
            each.element for each in found if each.document == message_name(row)
        }


# ── every column ────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = {
    own.messages.name: message_name,
    own.orders.name: order_name,
    own.accounts.name: account_name,
    own.entries.name: lambda row: f"entry {row['reference']} on {row['account']} at {row['bic']}",
}


def otherwise(value: Any) -> Any:
    """Another value that its column can hold."""
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"\x01"
    if isinstance(value, int):
        return value + 1
    return value[:-1] + ("y" if value.endswith("x") else "x")


@pytest.mark.parametrize(
    "table", [own.messages, own.entries, own.orders, own.accounts], ids=lambda table: table.name
)
def test_each_column_is_watched(kept: Kept, table: Table) -> None:
    """Each column altered in a row of its own, all at once."""
    rows, columns = kept.rows(table), list(table.columns)
    changes, names = [], []
    for number, column in enumerate(columns):
        row = (
            rows[number * len(rows) // len(columns)]
            if len(rows) >= len(columns)
            else rows[number % len(rows)]
        )
        wrong = otherwise(row[column.name])
        changes.append((row, column.name, wrong))
        # Who alters a key alters the name too.
        names.append({NAMES[table.name](row), NAMES[table.name]({**row, column.name: wrong})})
    for batch in batches(changes):
        found = {
            each.document for each in kept.after(*(valued(table, row, {name: to}) for row, name, to in batch))
        }
        watched = [names[changes.index(change)] for change in batch]
        assert [each for each in watched if not each & found] == []


def batches(changes: Sequence[tuple[Row, str, Any]]) -> list[list[tuple[Row, str, Any]]]:
    """The changes in as few rounds as touch no row twice."""
    rounds: list[list[tuple[Row, str, Any]]] = []
    for change in changes:
        free = next((each for each in rounds if all(row is not change[0] for row, _, _ in each)), None)
        if free is None:
            rounds.append(free := [])
        free.append(change)
    return rounds


def test_the_books_counts_are_watched(kept: Kept) -> None:
    rows = kept.rows(own.links)
    for name in ("places", "link"):
        found = kept.after(*(valued(own.links, row, {name: otherwise(row[name])}) for row in rows))
        # One of each book, and nothing else.
        assert [each.element for each in found] == [name] * len(rows)
