"""Whatever is changed in a `ledger_*` table, the doctor names the table and the column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Engine, LargeBinary, String, Table, delete, insert, select, update

from gateway.adapters.ledger import words
from gateway.adapters.ledger.views import correct
from gateway.adapters.ledger.words import CLOSED, LIVE
from gateway.db import tables
from gateway.db.types import Unsigned256
from gateway.projections.examination import BlockUnknown, examine, tables_in, tables_of
from gateway.services.doctor import WHOLE_ROW, Mismatch, TableOf, compare
from tests.gateway.conftest import Told

COLUMNS = [(table, column) for table in tables.metadata.sorted_tables for column in table.columns]

SEEN_BY_VIEWS = {
    "ledger_parties": words.PARTY.names,
    "ledger_signers": words.SIGNER.names,
    "ledger_invoices": words.INVOICE.names,
    "ledger_limits": words.LIMIT.names,
    "ledger_offer_lists": words.OFFERS.names,
    "ledger_roots": {*words.ROOT.names, *words.MONEY.names} - {"phase"},
    "ledger_purchase_orders": (*words.ORDER_WORD.names, *words.order_fields(words.ROOT.unpack(0))),
    "ledger_purchase_order_lists": words.OFFERS.names,
    "ledger_lots": (*words.LOT.names, *words.lot_fields(words.ROOT.unpack(0))),
    "ledger_titles": (*words.TITLE.names, *words.CASH.names, "frozen_until_day"),
    "ledger_facilities": (*words.FACILITY.names, *words.POSITION.names),
    "ledger_stage_terms": words.STAGE_TERMS.names,
    "ledger_stages": words.STAGES.names,
    "ledger_loans": (*words.LOAN.names, *words.ACCRUAL.names),
    "ledger_movements": ("kind", "subject"),
}


@pytest.fixture(scope="module")
def truth(told: Told) -> Mapping[str, TableOf]:
    head = told.chain.block()
    assert head is not None
    return tables_of(told.rpc, told.chain, block=head.number)


def test_a_database_that_followed_the_chain_has_no_mismatch(told: Told, told_database: Engine) -> None:
    head = told.chain.block()
    assert head is not None
    with told_database.connect() as connection:
        assert examine(connection, told.rpc, told.chain, block=head.number) == []


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda part: getattr(part, "name", ""))
def test_each_altered_column_is_named(
    told_database: Engine, truth: Mapping[str, TableOf], table: Table, column: Column[Any]
) -> None:
    with told_database.connect() as connection:
        row = connection.execute(select(table).order_by(*table.primary_key.columns).limit(1)).mappings().one()
        here = [key == row[key.name] for key in table.primary_key]
        connection.execute(update(table).where(*here).values({column: _other(column, row[column.name])}))
        found = compare(tables_in(connection), truth)
        connection.rollback()
    assert {(mismatch.table, mismatch.column) for mismatch in found} == {(table.name, column.name)}
    assert table.name in str(found[0])
    assert column.name in str(found[0])


@pytest.mark.parametrize("table", tables.metadata.sorted_tables, ids=lambda table: table.name)
def test_a_missing_and_an_invented_row_are_named(
    told_database: Engine, truth: Mapping[str, TableOf], table: Table
) -> None:
    with told_database.connect() as connection:
        row = dict(connection.execute(select(table).limit(1)).mappings().one())
        here = [key == row[key.name] for key in table.primary_key]
        connection.execute(delete(table).where(*here))
        (missing,) = compare(tables_in(connection), truth)
        connection.rollback()
    assert (missing.table, missing.column, missing.in_database) == (table.name, WHOLE_ROW, None)
    with told_database.connect() as connection:
        invented = {**row, **{key.name: _other(key, row[key.name]) for key in table.primary_key}}
        connection.execute(insert(table).values(invented))
        (extra,) = compare(tables_in(connection), truth)
        connection.rollback()
    assert (extra.table, extra.column, extra.on_chain) == (table.name, WHOLE_ROW, None)


def test_the_contracts_views_put_right_what_a_fold_got_wrong(
    told: Told, told_database: Engine, truth: Mapping[str, TableOf]
) -> None:
    head = told.chain.block()
    assert head is not None
    with told_database.connect() as connection:
        wrong = {name: dict(table.rows) for name, table in tables_in(connection).items()}
    spoilt = 0
    for table, columns in SEEN_BY_VIEWS.items():
        for row in wrong[table].values():
            seen = [column for column in columns if not _deleted(table, row, column)]
            row.update({column: row[column] + 1 for column in seen})
            spoilt += len(seen)
    correct(told.chain, wrong, block=head.number, today=(head.time + 28_800) // 86_400)
    right = {name: TableOf(table.key_columns, wrong[name]) for name, table in truth.items()}
    assert compare(right, truth) == []
    assert spoilt > 500


def test_the_tables_of_an_earlier_block_are_that_blocks(told: Told, told_database: Engine) -> None:
    root = told.story.ids["root"]
    with told_database.connect() as connection:
        query = select(tables.roots.c.block_number).where(tables.roots.c.root == root)
        opened = connection.execute(query).scalar_one()
        found = examine(connection, told.rpc, told.chain, block=opened + 1)
    assert Mismatch("ledger_roots", (root,), "phase", CLOSED, LIVE) in found


def test_a_block_the_node_does_not_have_is_refused(told: Told, told_database: Engine) -> None:
    with told_database.connect() as connection, pytest.raises(BlockUnknown):
        examine(connection, told.rpc, told.chain, block=10**9)


def _deleted(table: str, row: Mapping[str, Any], column: str) -> bool:
    """The contracts keep no accrual of a settled loan: only its last event tells it."""
    return table == "ledger_loans" and row["phase"] == words.REPAID and column in words.ACCRUAL.names


def _other(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, Unsigned256):
        return (value or 0) ^ 1
    if isinstance(column.type, LargeBinary):
        return b"\xee" * 32
    if isinstance(column.type, String):
        return "0x" + "ee" * 20 if str(value).startswith("0x") else "other"
    return (value or 0) + 4_000_000_000
