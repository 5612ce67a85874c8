"""The tables are what the contracts' events say: every event has its handler, twice gives the same bits."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from eth_utils.crypto import keccak
from sqlalchemy import Engine, select

from chainsvc.artifacts import load
from gateway.adapters.ledger.act_types import type_hash
from gateway.adapters.ledger.acts import act_types
from gateway.adapters.ledger.chain import facts_after
from gateway.db import tables
from gateway.projections import HANDLERS, Fold, UnexplainedFact
from gateway.projections.rebuild import apply, dump_ledger_tables, reindex
from tests.gateway.conftest import Told
from tests.house.machine import ORDER, PAGES

NEVER_SAID = {
    ("Ledger", "EIP712DomainChanged"),  # OpenZeppelin declares it for contracts whose domain can change
    ("Registry", "BanksChanged"),  # said in the constructor alone in this story
}


def test_every_event_of_every_contract_has_one_handler() -> None:
    declared = {
        (name, entry["name"])
        for name in ORDER
        if name not in PAGES.values()  # what a second page says, the contract says
        for entry in load(name).abi
        if entry["type"] == "event"
    }
    assert set(HANDLERS) == declared


def test_the_story_holds_nearly_every_event(told: Told, database: Engine) -> None:
    reindex(database, told.chain)
    with database.connect() as connection:
        said = {(fact.contract, fact.event) for fact in facts_after(connection, told.book)}
    unsaid = {key for key in HANDLERS if key[0] != "AccessManager"} - said - NEVER_SAID
    assert unsaid == {
        (contract, "Skipped") for contract in ("Ledger", "Registry", "Credit", "Protection", "Settlement")
    }


def test_order_of_folding_in_steps_or_at_once_gives_the_same_bits(told: Told, database: Engine) -> None:
    reindex(database, told.chain)
    with database.connect() as connection:
        whole = dump_ledger_tables(connection)
        facts = list(facts_after(connection, told.book))
    with database.begin() as connection:
        for table in tables.metadata.sorted_tables:
            connection.execute(table.delete())
        for fact in facts:
            apply(connection, fact)
        assert dump_ledger_tables(connection) == whole


def test_a_second_index_is_bit_identical(told: Told, database: Engine) -> None:
    reindex(database, told.chain)
    with database.connect() as connection:
        first = dump_ledger_tables(connection)
    reindex(database, told.chain)
    with database.connect() as connection:
        assert dump_ledger_tables(connection) == first
        empty = {table.name for table in tables.metadata.sorted_tables} - {
            table.name
            for table in tables.metadata.sorted_tables
            if connection.execute(select(table).limit(1)).one_or_none() is not None
        }
    assert empty == set()


def test_two_kinds_of_database_hold_the_same_bits(told: Told, database: Engine, sqlite: Engine) -> None:
    reindex(database, told.chain)
    with database.connect() as connection:
        first = dump_ledger_tables(connection)
    reindex(sqlite, told.chain)
    with sqlite.connect() as connection:
        assert dump_ledger_tables(connection) == first


def test_an_unknown_event_stops_the_fold(told: Told, database: Engine) -> None:
    reindex(database, told.chain)
    with database.connect() as connection:
        fact = next(facts_after(connection, told.book))
    strange = dataclasses.replace(fact, event="Surprised")
    with database.begin() as connection, pytest.raises(UnexplainedFact, match="Surprised"):
        apply(connection, strange)


def test_a_fact_about_a_title_that_never_was_stops_the_fold(told: Told, database: Engine) -> None:
    reindex(database, told.chain)
    with database.connect() as connection:
        facts = facts_after(connection, told.book)
        cash = next(fact for fact in facts if fact.event == "CashChanged")
    stray = dataclasses.replace(cash, args={**cash.args, "title": 999})
    with database.begin() as connection, pytest.raises(UnexplainedFact, match="ledger_titles"):
        apply(connection, stray)


def test_a_failed_fold_leaves_the_tables_as_they_were(told: Told, database: Engine) -> None:
    reindex(database, told.chain)
    with database.connect() as connection:
        before = dump_ledger_tables(connection)
        facts = list(facts_after(connection, told.book))
    cash = next(fact for fact in facts if fact.event == "CashChanged")

    def fold_two() -> None:
        with database.begin() as connection, Fold(connection, HANDLERS) as fold:
            fold.apply(connection, cash)
            fold.apply(connection, dataclasses.replace(facts[-1], event="Surprised"))

    with pytest.raises(UnexplainedFact):
        fold_two()
    with database.connect() as connection:
        assert dump_ledger_tables(connection) == before


def test_type_hashes_are_those_of_the_contracts() -> None:
    types = Path(__file__).parents[3] / "contracts/types"
    source = "".join(path.read_text() for path in sorted(types.glob("*ActHash.sol")))
    constants = re.findall(r"bytes32 internal constant (\w+) = keccak256\((.*?)\);\n", source, re.S)
    spelled = {name: "".join(re.findall(r'"([^"]*)"', body)) for name, body in constants}
    for act in act_types():
        constant = re.sub(r"(?<!^)(?=[A-Z])", "_", act).upper()
        assert type_hash(act) == keccak(text=spelled[constant]), act


@pytest.mark.parametrize("nonce", [0, 1 << 62, 1 << 63, (1 << 64) - 1])
def test_ids_above_half_the_range_are_kept_exactly(told: Told, database: Engine, nonce: int) -> None:
    reindex(database, told.chain)
    with database.begin() as connection:
        fact = next(f for f in facts_after(connection, told.book) if f.event == "NonceSpent")
        changed = dataclasses.replace(fact, args={"party": 4_294_967_295, "nonce": nonce})
        apply(connection, changed)
        query = select(tables.nonces.c.nonce).where(tables.nonces.c.party == 4_294_967_295)
        assert connection.execute(query).scalar_one() == nonce
