"""Day after day with real statements: what is open is carried on, closed when its other side arrives, never lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from eth_utils.crypto import keccak
from sqlalchemy import Connection, Engine, delete, select, update

from gateway import reconciler
from gateway.adapters.banks import day_end_book as book
from gateway.adapters.banks.reconciling import Wanted
from gateway.adapters.banks.sandbox.messages.camt import write_camt053
from gateway.adapters.banks.statement_files import Supplied
from gateway.db import own, tables
from gateway.db import own_day_ends as kept
from gateway.domain.calendar import date_of
from gateway.problems import Problem
from gateway.services.reconciliation import shown
from tests.gateway.banks.test_facts import put

BIC, ACCOUNT, BANK, COMMITMENT = "QSCLCNSH", "62000000001", 12, b"\x07" * 32
FIRST = 20_600
OPENING = 1_000_00
NOW = (FIRST + 10) * 86_400
CREDITED = 4

Entry = Mapping[str, Any]


def entry(number: int, amount: int, *, value_day: int = FIRST, side: str = "C") -> Entry:
    """A posting of the sandbox bank's books."""
    return {
        "id": number, "amount": amount, "currency": "CNY", "side": side, "kind": "transfer",
        "booking_day": date_of(value_day).isoformat(), "value_day": date_of(value_day).isoformat(),
        "entry_reference": f"E{number}", "message_id": "", "instruction_id": "", "end_to_end": f"LINE-{number:x}-0",
        "transfer_id": f"T{number}", "instructed_minor": amount, "other_account": "", "other_bic": "",
        "remittance": "", "undoes": None,
    }  # fmt: skip


def statement(day: int, opening: int, entries: Sequence[Entry], *, name: str = "") -> Supplied:
    """The sandbox bank's statement of a day, byte for byte as it writes it."""
    raw = write_camt053(
        message_id=name or f"S{day}",
        created=datetime(2026, 6, 1, tzinfo=UTC),
        bic=BIC,
        account={"id": ACCOUNT, "currency": "CNY", "owner_name": "Hengtong Parts"},  # type: ignore[arg-type]  # a row
        day=date_of(day),
        opening=opening,
        entries=entries,  # type: ignore[arg-type]  # rows
    )
    return Supplied(f"{day}.xml", raw)


@pytest.fixture
def house(database: Engine) -> Engine:
    with database.begin() as connection:
        put(
            connection, own.accounts, commitment=COMMITMENT, bank=BANK, bic=BIC, account=ACCOUNT, owner=201,
            currency="CNY", purpose="bound", place=1,
        )  # fmt: skip
    return database


def record(connection: Connection, number: int, amount: int, day: int = FIRST) -> None:
    put(
        connection, tables.movements, movement=keccak(b"%d" % number), kind=CREDITED, subject=number, bank=BANK,
        account=COMMITMENT, entry=keccak(b"E%d" % number), amount=amount, value_day=day, block_number=number,
    )  # fmt: skip


def run(engine: Engine, day: int, *files: Supplied, closes: bool = False, bank: str = "") -> book.Kept:
    with engine.begin() as connection:
        found = reconciler.run(connection, Wanted(day, bank, files), NOW).found
        figures = shown.document(found)
        return book.keep(connection, book.Run(found, figures, bank, "Chen Jing", -1, closes, NOW))


def open_rules(engine: Engine) -> list[str]:
    table = kept.differences
    with engine.connect() as connection:
        query = select(table.c.rule).where(table.c.state == "open").order_by(table.c.rule)
        return list(connection.execute(query).scalars())


def test_an_entry_that_the_ledger_records_a_day_later_is_closed_by_the_next_days_run(house: Engine) -> None:
    first = run(house, FIRST, statement(FIRST, OPENING, [entry(1, 500)]), closes=True)
    assert (len(first.opened), open_rules(house)) == (1, ["ENTRY-NOT-ON-LEDGER"])
    second_day = statement(FIRST + 1, OPENING + 500, [])
    waiting = run(house, FIRST + 1, second_day)
    # The next day's statement does not name the entry again; the open one is carried on all the same.
    assert (waiting.opened, waiting.still_open, waiting.closed) == ((), first.opened, ())
    with house.begin() as connection:
        record(connection, 1, 500)
    settled = run(house, FIRST + 1, second_day, closes=True)
    assert (settled.closed, open_rules(house)) == (first.opened, [])
    with house.connect() as connection:
        row = book.one(connection, first.opened[0])
    assert (row["state"], row["closed_by"], row["closed_run"]) == ("closed", "", settled.run)


def test_a_fact_that_the_bank_books_a_day_later_is_closed_and_a_wrong_amount_stays_open(
    house: Engine,
) -> None:
    with house.begin() as connection:
        record(connection, 1, 500)
        record(connection, 2, 700)
    first = run(house, FIRST, statement(FIRST, OPENING, [entry(2, 699)]), closes=True)
    assert open_rules(house) == ["AMOUNT-DIFFERS", "FACT-NOT-ON-STATEMENT"]
    late = {**entry(1, 500), "booking_day": date_of(FIRST + 1).isoformat()}
    second = run(house, FIRST + 1, statement(FIRST + 1, OPENING + 699, [late]), closes=True)
    assert (len(second.closed), open_rules(house)) == (1, ["AMOUNT-DIFFERS"])
    for day in (FIRST + 2, FIRST + 3):
        later = run(house, day, statement(day, OPENING + 1_199, []), closes=True)
        assert set(later.still_open) < set(first.opened)
    assert open_rules(house) == ["AMOUNT-DIFFERS"]


def test_a_missing_days_statement_is_one_gap_until_it_arrives(house: Engine) -> None:
    with house.begin() as connection:
        record(connection, 1, 500, FIRST)
        record(connection, 2, 700, FIRST + 1)
        record(connection, 3, 900, FIRST + 2)
    one, two, three = (
        statement(FIRST, OPENING, [entry(1, 500)]),
        statement(FIRST + 1, OPENING + 500, [entry(2, 700, value_day=FIRST + 1)]),
        statement(FIRST + 2, OPENING + 1_200, [entry(3, 900, value_day=FIRST + 2)]),
    )
    run(house, FIRST, one, closes=True)
    opened = run(house, FIRST + 2, three, closes=True).opened
    # The fact of the missing day is part of the gap, no difference of its own.
    assert open_rules(house) == ["STATEMENT-GAP"]
    assert run(house, FIRST + 3, two, closes=True).closed == opened
    assert open_rules(house) == []


def test_a_person_closes_exactly_what_was_shown_and_the_same_input_gives_the_same_hash(house: Engine) -> None:
    given = statement(FIRST, OPENING, [entry(1, 500)])
    first = run(house, FIRST, given)
    with house.begin() as connection:
        book.assign(connection, first.opened[0], "Wang Lei", NOW)
        book.close(connection, first.opened[0], "Wang Lei", "the owner's rent", NOW)
    again = run(house, FIRST, given)
    assert (again.sha256, again.opened, again.accepted) == (first.sha256, (), first.opened)
    other = run(house, FIRST, statement(FIRST, OPENING, [entry(1, 501)]))
    assert (other.opened, other.accepted) == ((), first.opened)
    with house.begin() as connection:
        record(connection, 1, 400)
    altered = run(house, FIRST, given)
    # Another thing than the person saw: a difference of its own.
    assert (len(altered.opened), open_rules(house)) == (1, ["AMOUNT-DIFFERS"])


def test_what_a_run_closed_and_a_later_one_finds_again_is_a_new_difference(house: Engine) -> None:
    given = statement(FIRST, OPENING, [entry(1, 500)])
    first = run(house, FIRST, given)
    with house.begin() as connection:
        record(connection, 1, 500)
    assert run(house, FIRST, given).closed == first.opened
    with house.begin() as connection:
        connection.execute(delete(tables.movements))
    third = run(house, FIRST, given)
    assert (len(third.opened), third.opened == first.opened) == (1, False)
    with house.connect() as connection:
        row = book.one(connection, third.opened[0])
    assert (row["occurrence"], row["rule"]) == (2, "ENTRY-NOT-ON-LEDGER")


def test_a_day_is_closed_once_and_an_entry_told_again_later_is_named(house: Engine) -> None:
    with house.begin() as connection:
        record(connection, 1, 500)
    run(house, FIRST, statement(FIRST, OPENING, [entry(1, 500)]), closes=True)
    with pytest.raises(Problem, match="DAY-CLOSED"):
        run(house, FIRST, closes=True)
    again = {**entry(1, 500), "booking_day": date_of(FIRST + 1).isoformat()}
    run(house, FIRST + 1, statement(FIRST + 1, OPENING + 500, [again]), closes=True)
    assert open_rules(house) == ["DUPLICATE-ENTRY"]


def test_another_banks_run_leaves_a_difference_as_it_is(house: Engine) -> None:
    first = run(house, FIRST, statement(FIRST, OPENING, [entry(1, 500)]))
    other = run(house, FIRST + 1, bank="HXLDCNBJ")
    assert (other.closed, other.still_open, open_rules(house)) == ((), (), ["ENTRY-NOT-ON-LEDGER"])
    assert len(first.opened) == 1


def test_a_bank_is_told_by_the_account_or_refused(house: Engine) -> None:
    unnamed = statement(FIRST, OPENING, [])
    bare = Supplied("bare.xml", _without_servicer(unnamed.content))
    assert run(house, FIRST, bare).opened == ()
    with house.begin() as connection:
        connection.execute(update(own.accounts).values(account="62000000002"))
    with pytest.raises(Problem, match=r"STATEMENT-BANK: .* give the bank's BIC"):
        run(house, FIRST, bare)
    assert open_rules(house) == []
    with pytest.raises(Problem, match=r"STATEMENT-BANK: .* is of QSCLCNSH, not of HXLDCNBJ"):
        run(house, FIRST, unnamed, bank="HXLDCNBJ")
    run(house, FIRST, bare, bank=BIC)
    assert open_rules(house) == ["UNKNOWN-ACCOUNT"]


def _without_servicer(raw: bytes) -> bytes:
    start, end = raw.index(b"<ns0:Svcr>") if b"<ns0:Svcr>" in raw else raw.index(b"<Svcr>"), 0
    closing = b"</ns0:Svcr>" if b"</ns0:Svcr>" in raw else b"</Svcr>"
    end = raw.index(closing) + len(closing)
    return raw[:start] + raw[end:]


def test_orders_inv_5_an_order_without_entry_or_answer_is_unknown(house: Engine) -> None:
    with house.begin() as connection:
        put(
            connection, own.orders, end_to_end="ROOT-1-0", kind=3, subject=1, payer_bic=BIC, payer_account=ACCOUNT,
            payee_bic=BIC, payee_account="9", amount=700, currency="CNY", day=FIRST, place=1,
        )  # fmt: skip
    before = run(house, FIRST, statement(FIRST - 1, OPENING, []))
    assert before.opened == ()
    first = run(house, FIRST, statement(FIRST, OPENING, []))
    assert open_rules(house) == ["INSTRUCTED-NOT-BOOKED"]
    paid = {**entry(1, 700, side="D", value_day=FIRST + 1), "end_to_end": "ROOT-1-0"}
    second = run(house, FIRST + 1, statement(FIRST + 1, OPENING, [paid]))
    assert (second.closed, open_rules(house)) == (first.opened, [])
