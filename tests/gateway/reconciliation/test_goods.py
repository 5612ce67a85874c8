"""Evening after evening with goods: receipts, the ledger's store and the keeper's word stand side by side; what differs
is queued once, ages from its day, and is closed by the run that sees it put right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, update

from gateway import reconciler
from gateway.adapters.banks import day_end_book as book
from gateway.adapters.banks.reconciling import Wanted
from gateway.db import own_day_ends as kept
from gateway.db import tables
from gateway.db.goods_tables import lots
from gateway.db.receipts import keep_document
from gateway.db.stock import StockBook
from gateway.domain.calendar import first_second, iso
from gateway.domain.goods_units import unit_number
from gateway.domain.stock import Event, Kind, Telling
from gateway.domain.trade_rules import Finding
from gateway.ports.stock import FeedRead, FeedStatus
from gateway.services.reconciliation import RULES, Found, shown
from gateway.services.stock import take_in
from tests.gateway.banks.test_facts import put

KEEPER, LOT, RECEIPT = 31, 31 << 32 | 1, 31 << 32 | 2
NAME, PLACE = "01/04012345123456/10/L-77", "414/4012345000016"
FIRST = 20_600
NOW = (FIRST + 60) * 86_400
NOON = 12 * 3_600
_FILES = count(1)


@pytest.fixture
def house(database: Engine) -> Engine:
    """A lot of 1,250.500 kg, of which one receipt stands for all."""
    with database.begin() as connection:
        put(
            connection, lots, lot=LOT, keeper=KEEPER, unit=unit_number("KGM"), decimals=3, phase=2,
            first_quantity=1_250_500, number_hash=b"\x05" * 32, opened_day=FIRST,
        )  # fmt: skip
        put(connection, tables.titles, title=RECEIPT, root=LOT, quantity=1_250_500)
        document = {
            "sha256": "ab" * 32,
            "number_hash": "05" * 32,
            "keeper": KEEPER,
            "place": PLACE,
            "lot": NAME,
        }
        keep_document(connection, document | {"content": "{}", "kept_at": 1})
    return database


def tell(engine: Engine, day: int, *tellings: tuple[Kind, str]) -> None:
    """The keeper's file of a day, which says what happened at noon."""
    at = datetime.fromtimestamp(first_second(day) + NOON, UTC)
    told = tuple(
        Telling(kind, PLACE, "01/04012345123456", lot="L-77", quantity=Fraction(quantity), unit="KGM")
        for kind, quantity in tellings
    )
    events = (Event(KEEPER, f"E-{day}", at, told),) if told else ()
    name = str(next(_FILES))
    said = at + timedelta(hours=6)
    read = FeedRead(KEEPER, name, name.zfill(64), "made", FeedStatus.USED, said, events, ())
    with engine.begin() as connection:
        take_in(StockBook(connection), read, b"", NOW)


def found_on(connection: Connection, day: int, bank: str = "") -> Found:
    return reconciler.run(connection, Wanted(day, bank), NOW).found


def run(engine: Engine, day: int, bank: str = "") -> book.Kept:
    with engine.begin() as connection:
        found = found_on(connection, day, bank)
        return book.keep(
            connection, book.Run(found, shown.document(found), bank, "Chen Jing", -1, False, NOW)
        )


def queue(engine: Engine, state: str = "open") -> list[tuple[str, str]]:
    """Rule and day of each difference that is open (or closed)."""
    table = kept.differences
    query = select(table.c.rule, table.c.day).where(table.c.state == state).order_by(table.c.rule)
    with engine.connect() as connection:
        return [(rule, iso(day)) for rule, day in connection.execute(query)]


def figure(engine: Engine, day: int) -> dict[str, Any]:
    with engine.connect() as connection:
        (row,) = shown.document(found_on(connection, day))["goods"]
    return row


def test_a_lot_that_is_told_as_its_receipts_stand_for_agrees_to_the_gram(house: Engine) -> None:
    tell(house, FIRST, (Kind.RECEIVED, "1250.5"))
    assert (run(house, FIRST).opened, queue(house)) == ((), [])
    row = figure(house, FIRST)
    assert {name: row[name] for name in ("lot", "unit", "receipts", "in_store", "told", "sound", "lendable")} == {
        "lot": NAME, "unit": "KGM", "receipts": "1250.5", "in_store": "1250.5", "told": "1250.5", "sound": "1250.5",
        "lendable": "1250.5",
    }  # fmt: skip
    assert (row["cuts"], row["rules"]) == ([], [])


def test_gi_55_a_gram_that_is_missing_is_queued_ages_and_is_closed_when_it_is_found_again(
    house: Engine,
) -> None:
    tell(house, FIRST, (Kind.RECEIVED, "1250.5"), (Kind.COUNTED, "1250.499"))
    first = run(house, FIRST)
    told = [("COUNT-DIFFERS", iso(FIRST)), ("STOCK-SHORT", iso(FIRST))]
    assert queue(house) == told
    assert figure(house, FIRST)["cuts"] == [
        {"rule": "STOCK-SHORT", "quantity": "0.001", "reason": "the keeper tells of 1250.499 KGM"}
    ]
    tell(house, FIRST + 1)
    again = run(house, FIRST + 1)
    # It stays the one it is, and ages from the day on which it was found.
    assert (again.opened, again.still_open, queue(house)) == ((), first.opened, told)
    tell(house, FIRST + 2, (Kind.COUNTED, "1250.5"))
    assert (sorted(run(house, FIRST + 2).closed), queue(house)) == (sorted(first.opened), [])


def test_a_shipment_told_in_two_ways_is_queued_and_leaves_nothing_to_lend_against(house: Engine) -> None:
    tell(house, FIRST, (Kind.RECEIVED, "1250.5"))
    tell(house, FIRST + 1, (Kind.SHIPPED, "400"))
    tell(house, FIRST + 1, (Kind.SHIPPED, "401"))
    run(house, FIRST + 1)
    assert queue(house) == [("EVENT-DIFFERS", iso(FIRST + 1))]
    row = figure(house, FIRST + 1)
    assert (row["told"], row["lendable"]) == ("1250.5", "0")
    assert [(each["rule"], each["quantity"]) for each in row["cuts"]] == [("EVENT-DIFFERS", "1250.5")]


def test_what_is_refused_of_a_file_is_queued_by_file_and_event_until_it_is_sent_again(house: Engine) -> None:
    tell(house, FIRST, (Kind.RECEIVED, "1250.5"))
    at = datetime.fromtimestamp(first_second(FIRST) + NOON, UTC)
    why = Finding("a.csv", "E-2", "row 3", "TIME-FORM", "time", "time is no time with a zone")
    for status, findings in ((FeedStatus.EXCEPTION, (why,)), (FeedStatus.USED, ())):
        read = FeedRead(KEEPER, "a.csv", status.value.zfill(64), "made", status, at, (), findings)
        with house.begin() as connection:
            take_in(StockBook(connection), read, b"", int(at.timestamp()))
        run(house, FIRST)
        assert queue(house) == ([("FEED-EXCEPTION", iso(FIRST))] if findings else [])
        row = figure(house, FIRST)
        assert [each["rule"] for each in row["cuts"]] == (["FEED-EXCEPTION"] if findings else [])


def test_gi_55_count_a_count_that_stays_away_ages_from_the_day_it_was_due_and_cuts_its_lot(
    house: Engine,
) -> None:
    tell(house, FIRST, (Kind.RECEIVED, "1250.5"))
    tell(house, FIRST + 31)
    assert (run(house, FIRST + 31).opened, figure(house, FIRST + 31)["count_due"]) == ((), iso(FIRST + 31))
    tell(house, FIRST + 39)
    late = run(house, FIRST + 39)
    assert queue(house) == [("COUNT-LATE", iso(FIRST + 31))]
    row = figure(house, FIRST + 39)
    assert (row["lendable"], [each["rule"] for each in row["cuts"]], row["rules"]) == (
        "625.25", ["GI-55-count"], ["COUNT-LATE"],
    )  # fmt: skip
    tell(house, FIRST + 40, (Kind.COUNTED, "1250.5"))
    assert (run(house, FIRST + 40).closed, queue(house)) == (late.opened, [])
    assert figure(house, FIRST + 40)["count_due"] == iso(FIRST + 71)


def test_what_is_told_later_belongs_to_later_days(house: Engine) -> None:
    tell(house, FIRST, (Kind.RECEIVED, "1250.5"))
    tell(house, FIRST + 1, (Kind.SHIPPED, "250.5"))
    assert figure(house, FIRST)["told"] == "1250.5"
    assert figure(house, FIRST + 1)["told"] == "1000"
    run(house, FIRST)
    assert queue(house) == []
    run(house, FIRST + 1)
    assert [rule for rule, _ in queue(house)] == ["SHIPPED-DIFFERS", "STOCK-SHORT"]


def test_gi_55_feed_a_word_that_stays_away_ages_from_the_day_it_was_due_and_cuts_what_may_be_lent(
    house: Engine,
) -> None:
    tell(house, FIRST, (Kind.RECEIVED, "1250.5"))
    run(house, FIRST + 1)
    assert queue(house) == []
    late = run(house, FIRST + 4)
    assert queue(house) == [("WORD-LATE", iso(FIRST + 1))]
    row = figure(house, FIRST + 4)
    assert (row["lendable"], [each["rule"] for each in row["cuts"]]) == ("625.25", ["GI-55-feed"])
    with house.connect() as connection:
        (word,) = shown.document(found_on(connection, FIRST + 4))["words"]
    assert word == {
        "keeper": KEEPER, "state": "stale", "last_day": iso(FIRST), "due_day": iso(FIRST + 1), "late_days": 3,
        "drawable_percent": 50, "lots": 1,
    }  # fmt: skip
    tell(house, FIRST + 5)
    assert (run(house, FIRST + 5).closed, queue(house)) == (late.opened, [])
    assert figure(house, FIRST + 5)["lendable"] == "1250.5"


def test_a_keeper_who_never_spoke_is_named_with_every_lot_that_it_does_not_tell_of(house: Engine) -> None:
    run(house, FIRST)
    assert [rule for rule, _ in queue(house)] == ["LOT-UNTOLD", "WORD-LATE"]
    assert figure(house, FIRST)["lendable"] == "0"


def test_a_shortage_on_the_ledger_is_named_until_no_receipt_stands_for_it(house: Engine) -> None:
    tell(house, FIRST, (Kind.RECEIVED, "1250.5"))
    tell(house, FIRST + 1, (Kind.ADJUSTED, "-0.5"))
    with house.begin() as connection:
        connection.execute(update(lots).values(lost=500, counted_day=FIRST + 1, counts=1))
    run(house, FIRST + 1)
    assert queue(house) == [("RECEIPTS-SHORT", iso(FIRST + 1))]
    row = figure(house, FIRST + 1)
    assert (row["receipts"], row["in_store"], row["told"], row["counted_day"]) == (
        "1250.5", "1250", "1250", iso(FIRST + 1),
    )  # fmt: skip
    assert [(each["rule"], each["quantity"]) for each in row["cuts"]] == [("RECEIPTS-SHORT", "0.5")]


def test_receipts_that_stand_for_more_than_their_lot_are_a_sum_that_does_not_come_out(house: Engine) -> None:
    tell(house, FIRST, (Kind.RECEIVED, "1250.5"))
    with house.begin() as connection:
        put(connection, tables.titles, title=RECEIPT + 1, root=LOT, quantity=1)
    run(house, FIRST)
    assert queue(house) == [("SUM-LOT", iso(FIRST))]


def test_a_person_closes_a_difference_of_goods_and_the_reason_holds_for_what_was_shown(house: Engine) -> None:
    tell(house, FIRST, (Kind.COUNTED, "1250"))
    (opened,) = run(house, FIRST).opened
    with house.begin() as connection:
        book.close(connection, opened, "Wang Lei", "in the weighing hall, the keeper says", NOW)
    tell(house, FIRST + 1)
    assert run(house, FIRST + 1).accepted == (opened,)
    tell(house, FIRST + 2, (Kind.COUNTED, "1249"))
    assert (len(run(house, FIRST + 2).opened), [rule for rule, _ in queue(house)]) == (1, ["STOCK-SHORT"])


def test_a_run_of_one_bank_looks_at_no_goods_and_leaves_their_differences_alone(house: Engine) -> None:
    opened = run(house, FIRST).opened
    other = run(house, FIRST + 1, bank="HXLDCNBJ")
    assert (other.opened, other.closed, len(queue(house))) == ((), (), len(opened))


def test_every_difference_of_goods_has_a_name_that_the_day_end_explains(house: Engine) -> None:
    tell(house, FIRST, (Kind.SHIPPED, "1"))
    run(house, FIRST + 9)
    assert queue(house)
    assert {rule for rule, _ in queue(house)} <= RULES.keys()
