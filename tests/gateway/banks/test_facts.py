"""What a booked entry is about is what the ledger says when it is read: which loan, which kind, whether at all."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak
from sqlalchemy import Connection, Engine, LargeBinary, String, Table, insert

from gateway.adapters.banks.facts import Shown, shown
from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.types import Unsigned256
from gateway.services.payments import FactKind

LENDER_BIC, LENDER, BORROWER = "LNDRCNBJ", 11, 201
FACILITY, ACCOUNT, COMMITMENT = 7, "62000000001", b"\x07" * 32
DUE = 20_600
CNY = 156
RESERVED, OUTSTANDING, LIVE = 1, 2, 2


def put(connection: Connection, table: Table, **values: Any) -> None:
    """A row of these values; whatever else the table needs is nothing."""
    row = {}
    for column in table.columns:
        if column.nullable and column.name not in values:
            continue
        empty: Any = 0
        if isinstance(column.type, LargeBinary):
            empty = bytes(32)
        elif isinstance(column.type, String) and not isinstance(column.type, Unsigned256):
            empty = ""
        row[column.name] = values.get(column.name, empty)
    connection.execute(insert(table).values(row))


def entry(connection: Connection, reference: str, end_to_end: str, amount: int = 1_000, **more: Any) -> None:
    put(
        connection, own.entries, bic=LENDER_BIC, account=ACCOUNT, reference=reference,
        entry=keccak(reference.encode()), side="credit", amount=amount, currency="CNY", value_day=DUE,
        end_to_end=end_to_end, transactions=1, **more,
    )  # fmt: skip


@pytest.fixture
def house(database: Engine) -> Engine:
    """A facility with two loans and three locked titles, due on one day, and one title that secures nothing."""
    with database.begin() as connection:
        put(
            connection, own.accounts, commitment=COMMITMENT, bank=LENDER, bic=LENDER_BIC, account=ACCOUNT,
            owner=LENDER, currency="CNY", purpose="collection", place=1,
        )  # fmt: skip
        for number in (1, 2, 3, 4):
            put(
                connection, ledger.roots, root=number, due_day=DUE, currency=CNY, clearing_bank=LENDER, phase=LIVE,
                quantity=5_000, evidence=bytes(32),
            )  # fmt: skip
            lock = FACILITY if number < 4 else 0
            put(connection, ledger.titles, title=number, root=number, lock=lock, holder=BORROWER, paid=1_000)
        put(
            connection, ledger.facilities, facility=FACILITY, lender=LENDER, borrower=BORROWER, currency=CNY,
            collection_account=COMMITMENT,
        )  # fmt: skip
        put(connection, ledger.accounts, party=BORROWER, currency=CNY, account=COMMITMENT, bank=LENDER)
        # Numbered so that neither order of numbers is the order in which they fall due.
        for loan, due in ((51, DUE + 10), (50, DUE + 20)):
            put(connection, ledger.loans, loan=loan, facility=FACILITY, phase=OUTSTANDING, due_day=due)
    return database


def read(engine: Engine, **more: bool) -> dict[str, Shown]:
    with engine.connect() as connection:
        return {each.row["reference"]: each for each in shown(connection, **more)}


def record(connection: Connection, reference: str, kind: FactKind, subject: int, loan: int = 0) -> None:
    put(
        connection, ledger.movements, movement=keccak(b"movement " + reference.encode()), kind=int(kind),
        subject=subject, loan=loan, bank=LENDER, account=COMMITMENT, entry=keccak(reference.encode()),
    )  # fmt: skip


def test_titles_of_one_facility_collected_on_one_day_name_one_loan_each(house: Engine) -> None:
    with house.begin() as connection:
        for reference, title in (("E1", 2), ("E2", 1), ("E3", 3)):
            entry(connection, reference, f"LINE-{title:x}-0")
    found = read(house)
    named = {name: (each.state, each.fact["kind"], each.fact["loan"]) for name, each in found.items()}
    collected = int(FactKind.COLLECTED)
    assert named == {
        "E2": ("prepared", collected, 51),
        "E1": ("prepared", collected, 50),
        "E3": ("waiting", collected, 0),
    }
    assert "LOANS-NAMED" in found["E3"].problem


def test_what_the_ledger_has_is_shown_as_recorded_and_the_next_names_the_loan_that_is_left(
    house: Engine,
) -> None:
    with house.begin() as connection:
        entry(connection, "E1", "LINE-1-0")
        entry(connection, "E2", "LINE-2-0")
        record(connection, "E1", FactKind.COLLECTED, 1, loan=51)
        connection.execute(ledger.loans.update().where(ledger.loans.c.loan == 51).values(phase=3))
    found = read(house)
    assert (found["E1"].state, found["E1"].fact["loan"]) == ("recorded", 51)
    assert (found["E2"].state, found["E2"].fact["loan"]) == ("prepared", 50)
    assert list(read(house, unsettled=True)) == ["E2"]


def test_money_of_a_lock_on_which_nothing_is_owed_names_no_loan(house: Engine) -> None:
    with house.begin() as connection:
        connection.execute(ledger.loans.update().values(phase=3))
        entry(connection, "E1", "LINE-1-0")
        entry(connection, "E2", "LINE-2-0")
    assert {(each.state, each.fact["loan"]) for each in read(house).values()} == {("prepared", 0)}


def test_a_title_that_secures_nothing_is_credited_and_what_came_back_is_returned(house: Engine) -> None:
    with house.begin() as connection:
        entry(connection, "E1", "LINE-4-0")
        entry(connection, "E2", "LINE-4-0", returned="AC04")
    kinds = {name: each.fact["kind"] for name, each in read(house).items()}
    assert kinds == {"E1": FactKind.CREDITED, "E2": FactKind.RETURNED}


def test_another_banks_entry_of_the_same_number_is_not_the_recorded_one(house: Engine) -> None:
    with house.begin() as connection:
        entry(connection, "E1", "LINE-4-0")
        put(
            connection, ledger.movements, movement=b"\x01" * 32, kind=4, subject=9, bank=12, account=b"\x09" * 32,
            entry=keccak(b"E1"),
        )  # fmt: skip
    assert read(house)["E1"].state == "prepared"


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("REFERENCE-UNKNOWN", {"end_to_end": "rent of March"}),
        ("REFERENCE-UNKNOWN", {"end_to_end": ""}),
        ("REVERSAL", {"reversal": 1}),
        ("BATCH-ENTRY", {"transactions": 3}),
        ("ACCOUNT-UNKNOWN", {"account": "62000000002"}),
        ("RETURN", {"end_to_end": "LOAN-33-0", "returned": "AC04"}),
    ],
)  # fmt: skip
def test_what_cannot_be_a_fact_is_a_persons(house: Engine, rule: str, changes: dict[str, Any]) -> None:
    with house.begin() as connection:
        entry(connection, "E1", "LINE-4-0")
        connection.execute(own.entries.update().values(changes))
    found = read(house)["E1"]
    assert (found.state, found.fact) == ("exception", {})
    assert found.problem.startswith(f"{rule}: ")


def test_money_that_went_out_concerns_nobody(house: Engine) -> None:
    with house.begin() as connection:
        entry(connection, "E1", "LINE-4-0")
        connection.execute(own.entries.update().values(side="debit"))
    assert read(house)["E1"].state == "other"
    assert read(house, unsettled=True) == {}
