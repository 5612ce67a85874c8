"""The gateway's read model beside the machine: what the contracts' events alone make of it (2-ledger 2.5, 9 and 10)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Table, create_engine, select
from sqlalchemy.pool import StaticPool

from gateway.adapters.ledger.chain import Fact
from gateway.db import goods_tables, lease_tables, margin_tables, order_tables, tables
from gateway.domain.ledger_state import LedgerState
from gateway.projections import HANDLERS, Fold
from tests.house.machine import Event, Machine
from tests.invariants.pair import require

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_NOTHING = "0x" + "0" * 64


class TellingMachine(Machine):
    """The house's contracts, and every event that they ever logged."""

    def _start(self) -> None:
        super()._start()
        self.told: list[Event] = []

    def _create(self, code: bytes) -> str:
        address = super()._create(code)
        self.told += [self._from_log(log) for log in self._evm.result.logs]
        return address

    def _transact(self, sender: str, to: str, data: bytes) -> bytes:
        answer = super()._transact(sender, to, data)
        self.told += self.events
        return answer


def replayed(state: LedgerState, told: Iterable[Event]) -> int:
    """INV 9: the tables of goods that a replay of the events makes are the ledger's records. Answers how many records
    were compared; raises Difference with the first that is another.
    """
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            tables.metadata.create_all(connection)
            with Fold(connection, HANDLERS) as fold:
                for fact in _facts(told):
                    fold.apply(connection, fact)
            return sum(_compared(connection, *each) for each in _records(state))
    finally:
        engine.dispose()


def _facts(told: Iterable[Event]) -> Iterator[Fact]:
    for at, event in enumerate(told, 1):
        _numbers_alone(event, *event.args.values())
        yield Fact(at, _NOTHING, 0, _NOTHING, 0, 0, event.contract, event.name, dict(event.args))


def _numbers_alone(event: Event, *values: Any) -> None:
    """INV 10: no names, document numbers or free text: a value is a number, a commitment of 32 bytes, or an address."""
    for value in values:
        if isinstance(value, (list, tuple)):
            _numbers_alone(event, *value)
            continue
        number = isinstance(value, int) or (isinstance(value, bytes) and len(value) <= 32)
        address = isinstance(value, str) and _ADDRESS.fullmatch(value) is not None
        require(number or address, "INV 10: numbers and hashes alone", event.contract, event.name, value)


Records = Mapping[Any, Mapping[str, Any]]


def _records(state: LedgerState) -> Iterator[tuple[Table, Records]]:
    """Each table, and what must stand in its rows by their keys."""
    yield tables.titles, {number: asdict(title) for number, title in state.titles.items()}
    lots = {number: root for number, root in state.roots.items() if number in state.lot_numbers.values()}
    yield (
        goods_tables.lots,
        {
            number: {
                **asdict(state.lot_of(number)),
                "keeper": root.debtor,
                "inspector": root.clearing_bank,
                "unit": root.currency,
                "decimals": root.terms,
                "last_day": root.due_day,
                "phase": root.phase,
                "first_quantity": root.quantity,
            }
            for number, root in lots.items()
        },
    )
    yield goods_tables.liens, {number: asdict(lien) for number, lien in state.liens.items()}
    yield order_tables.orders, {number: asdict(order) for number, order in state.orders.items()}
    yield margin_tables.pledged_lots, {key: asdict(lot) for key, lot in state.pledged_lots.items()}
    yield margin_tables.marks, {number: asdict(mark) for number, mark in state.marks.items()}
    yield margin_tables.goods_sales, {number: asdict(sale) for number, sale in state.goods_sales.items()}
    yield lease_tables.leases, {number: asdict(lease) for number, lease in state.leases.items()}


def _compared(connection: Connection, table: Table, records: Records) -> int:
    keys = [column.name for column in table.primary_key]
    rows = {
        tuple(row[key] for key in keys): row
        for row in connection.execute(select(table)).mappings().fetchall()
    }
    for number, wanted in records.items():
        row = rows.get(number if isinstance(number, tuple) else (number,))
        found = None if row is None else {name: row[name] for name in wanted}
        require(found == wanted, f"INV 9: {table.name} = replay of events", number, wanted, found)
    return len(records)
