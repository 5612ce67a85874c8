"""The demo's real statements: whole, everything agrees; with one thing planted, that is named once and nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak
from lxml import etree
from sqlalchemy import Connection, Engine, insert, make_url, select, update

from gateway import reconciler
from gateway.adapters.banks.reconciling import Wanted
from gateway.adapters.banks.statement_files import Supplied
from gateway.adapters.kit.iso20022 import read_camt053
from gateway.db import own, tables
from gateway.domain.settlement import FactKind
from gateway.services.reconciliation import Difference
from tests.databases import Databases, copy_rows, opened
from tests.scenarios.runs import Run, settings_of
from tests.scenarios.terminal import typed_in

NAMESPACE = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"
NOW = 1_790_000_000

Tree = Any
Trees = dict[str, Tree]
"""Statements by file name, in the order of account and day."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A copy of what the story's gateway kept, and the statements that its banks sent."""

    engine: Engine
    statements: Mapping[str, bytes]

    def trees(self) -> Trees:
        return {name: etree.fromstring(raw) for name, raw in self.statements.items()}

    def differences(
        self, trees: Trees | None = None, *changes: Callable[[Connection], object]
    ) -> list[Difference]:
        """What a run over these files finds, after changes to the database, which are undone."""
        told = self.trees() if trees is None else trees
        files = tuple(Supplied(name, etree.tostring(tree)) for name, tree in told.items())
        with self.engine.connect() as connection:
            for change in changes:
                change(connection)
            compared = reconciler.run(connection, Wanted(None, files=files, cumulative=True), NOW)
            connection.rollback()
        return list(compared.found.differences)


@pytest.fixture(scope="module")
def desk(shipped: Run, databases: Databases) -> Iterator[Desk]:
    url = settings_of(shipped).database_url
    kind = make_url(url).get_backend_name()
    with databases.copy(kind) as copy, opened(url) as source, opened(copy) as engine:
        copy_rows(source, engine)
        yield Desk(engine, _statements(engine))


def _statements(engine: Engine) -> dict[str, bytes]:
    """The banks' statements, under the names that the demo gives them."""
    with engine.connect() as connection:
        table = own.messages
        rows = connection.execute(select(table).where(table.c.kind.startswith("camt.053"))).all()
    found = {}
    for row in rows:
        (statement,) = read_camt053(row.content)
        found[f"{statement.account.number}-{statement.closing_day}.xml"] = bytes(row.content)
    return dict(sorted(found.items()))


# ── planting ────────────────────────────────────────────────────────────────────────────────────────────────


def each(tree: Tree, path: str) -> list[Tree]:
    return list(
        tree.iterfind("/".join(f"{NAMESPACE}{name}" if name != "." else "." for name in path.split("/")))
    )


def entries(tree: Tree) -> list[Tree]:
    return each(tree, "BkToCstmrStmt/Stmt/Ntry")


def signed(entry: Tree) -> Decimal:
    amount = Decimal(each(entry, "Amt")[0].text)
    return amount if each(entry, "CdtDbtInd")[0].text == "CRDT" else -amount


def recounted(trees: Trees) -> Trees:
    """Every balance and total anew from the entries: what a bank would write that believes them."""
    closing_of: dict[str, Decimal] = {}
    for name, tree in trees.items():
        account = name.partition("-")[0]
        opening, closing_ = each(tree, "BkToCstmrStmt/Stmt/Bal")
        begins = closing_of.get(account, Decimal(each(opening, "Amt")[0].text))
        ends = begins + sum((signed(entry) for entry in entries(tree)), Decimal(0))
        each(opening, "Amt")[0].text, each(closing_, "Amt")[0].text = str(begins), str(ends)
        closing_of[account] = ends
        for summary in each(tree, "BkToCstmrStmt/Stmt/TxsSummry"):
            summary.getparent().remove(summary)
    return trees


def a_credit(trees: Trees) -> tuple[str, Tree]:
    """A line that reached a holder who only gets money, which the ledger recorded: not the account's last day."""
    paying = {
        name.partition("-")[0]
        for name, tree in trees.items()
        if any(signed(each_) < 0 for each_ in entries(tree))
    }
    names = list(trees)
    for name, following in itertools.pairwise(names):
        if name.partition("-")[0] != following.partition("-")[0] or name.partition("-")[0] in paying:
            continue
        for entry in entries(trees[name]):
            reference = each(entry, "NtryDtls/TxDtls/Refs/EndToEndId")[0].text
            if signed(entry) > 0 and reference.startswith("LINE-"):
                return name, entry
    raise AssertionError("no such entry")


def entry_item(entry: Tree) -> str:
    return "0x" + keccak(each(entry, "AcctSvcrRef")[0].text.encode()).hex()


def test_the_banks_own_statements_agree_with_ledger_and_database(desk: Desk) -> None:
    assert len(desk.statements) >= 30
    assert desk.differences() == []


def named(found: list[Difference]) -> list[tuple[str, str]]:
    return [(difference.rule, difference.item) for difference in found]


def test_a_line_left_out_is_a_fact_that_the_statement_does_not_have(desk: Desk) -> None:
    trees = desk.trees()
    _, entry = a_credit(trees)
    entry.getparent().remove(entry)
    assert named(desk.differences(recounted(trees))) == [("FACT-NOT-ON-STATEMENT", entry_item(entry))]


def test_a_line_that_stands_twice_is_named(desk: Desk) -> None:
    trees = desk.trees()
    _, entry = a_credit(trees)
    entry.addnext(deepcopy(entry))
    assert named(desk.differences(recounted(trees))) == [("DUPLICATE-ENTRY", f"{entry_item(entry)} again 1")]


def test_one_fen_is_named_with_both_amounts(desk: Desk) -> None:
    trees = desk.trees()
    _, entry = a_credit(trees)
    right = signed(entry)
    wrong = str(right + Decimal("0.01"))
    for amount in (*each(entry, "Amt"), *each(entry, "NtryDtls/TxDtls/Amt"),
                   *each(entry, "NtryDtls/TxDtls/AmtDtls/TxAmt/Amt")):  # fmt: skip
        amount.text = wrong
    (found,) = desk.differences(recounted(trees))
    assert (found.rule, found.item, found.amount) == ("AMOUNT-DIFFERS", entry_item(entry), 1)
    assert (found.expected, found.found) == (
        f"{right} {found.currency} by the ledger",
        f"{wrong} {found.currency}",
    )


def test_a_value_day_that_moved_is_named(desk: Desk) -> None:
    trees = desk.trees()
    _, entry = a_credit(trees)
    (day,) = each(entry, "ValDt/Dt")
    day.text = (date.fromisoformat(day.text) + timedelta(days=1)).isoformat()
    (found,) = desk.differences(recounted(trees))
    assert (found.rule, found.item, found.found) == ("VALUE-DAY-DIFFERS", entry_item(entry), day.text)


def test_a_days_statement_that_is_missing_is_one_gap(desk: Desk) -> None:
    trees = desk.trees()
    name, _ = a_credit(trees)
    names = [each_ for each_ in trees if each_.partition("-")[0] == name.partition("-")[0]]
    assert len(names) >= 3
    del trees[names[1]]
    (found,) = desk.differences(trees)
    before = date.fromisoformat(names[0].removesuffix(".xml").partition("-")[2])
    assert (found.rule, found.account, found.item) == (
        "STATEMENT-GAP", name.partition("-")[0], f"from {before + timedelta(days=1)}",
    )  # fmt: skip


def test_a_fact_that_the_bank_does_not_know_is_named(desk: Desk) -> None:
    trees = desk.trees()
    _, entry = a_credit(trees)
    entry_hash = keccak(each(entry, "AcctSvcrRef")[0].text.encode())
    movements, invented = tables.movements, keccak(b"nothing the bank booked")

    def record(connection: Connection) -> None:
        row = dict(
            connection.execute(select(movements).where(movements.c.entry == entry_hash)).mappings().one()
        )
        assert row["kind"] == FactKind.CREDITED
        connection.execute(insert(movements).values(**{**row, "movement": invented, "entry": invented}))

    assert named(desk.differences(None, record)) == [("FACT-NOT-ON-STATEMENT", "0x" + invented.hex())]


def test_a_row_that_was_altered_is_named(desk: Desk) -> None:
    _, entry = a_credit(desk.trees())
    reference = each(entry, "AcctSvcrRef")[0].text
    change = update(own.entries).where(own.entries.c.reference == reference).values(amount=1)
    (found,) = desk.differences(None, lambda connection: connection.execute(change))
    assert (found.rule, found.item) == ("KEPT-ENTRY-DIFFERS", entry_item(entry))
    assert "own_bank_entries" in found.found


# ── at a terminal ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_ends_with_0_6_or_2_and_the_lists_tie(desk: Desk, shipped: Run, tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    for name, raw in desk.statements.items():
        (good / name).write_bytes(raw)
    ended = typed_in(
        shipped.folder,
        "reconcile",
        "--statement",
        str(good),
        "--dry-run",
        "--cumulative",
        "--person",
        "Chen Jing",
    )
    assert (ended.status, "0 differences" in ended.said) == (0, True), ended.said + ended.complained
    trees = desk.trees()
    _, entry = a_credit(trees)
    entry.getparent().remove(entry)
    for name, tree in recounted(trees).items():
        (bad / name).write_bytes(etree.tostring(tree))
    ended = typed_in(
        shipped.folder,
        "reconcile",
        "--statement",
        str(bad),
        "--dry-run",
        "--cumulative",
        "--person",
        "Chen Jing",
        "--json",
    )
    assert ended.status == 6, ended.said + ended.complained
    assert [each_["rule"] for each_ in ended.answer["result"]["differences"]] == ["FACT-NOT-ON-STATEMENT"]
    name, raw = next(iter(desk.statements.items()))
    (tmp_path / "unusable.xml").write_bytes(raw.replace(b">CLBD<", b">ITBD<"))
    ended = typed_in(
        shipped.folder, "reconcile", "--statement", str(tmp_path / "unusable.xml"), "--person", "Chen Jing"
    )
    assert ended.status == 2
    assert "unusable.xml cannot be used: Document/BkToCstmrStmt/Stmt: BALANCE-MISSING" in " ".join(
        ended.complained.split()
    )
    day = max(each_.removesuffix(".xml").partition("-")[2] for each_ in desk.statements)
    ended = typed_in(shipped.folder, "day-end", "--day", day, "--out", str(tmp_path / "lists"))
    assert ended.status == 0, ended.said + ended.complained
    assert (tmp_path / "lists" / "day-end.xlsx").stat().st_size > 5_000
    settled = (tmp_path / "lists" / "certificates.csv").read_text("utf-8-sig").splitlines()
    assert settled[0].startswith("act,certificate,receivable")
    assert any(line.startswith("settled,") for line in settled)


def test_the_story_ends_with_one_line_for_each_bank(shipped: Run) -> None:
    lines = [line for line in shipped.said.splitlines() if "ledger, database and bank agree" in line]
    assert len(lines) == 2
    assert all("statements of" in line for line in lines)
