"""What keepers told is kept once; in whatever files and order it came, the stock of the kept is that of the told."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select

from gateway.adapters.warehouses import read_feed
from gateway.db.own_stock import feeds, messages, tellings
from gateway.db.stock import StockBook
from gateway.domain.stock import ErrorDeclaration, Event
from gateway.domain.stock_feeds import FeedTerms
from gateway.domain.stock_fold import fold
from gateway.ports.stock import FeedRead, FeedStatus, Signature
from gateway.problems import Problem
from gateway.services.stock import describe_stock, take_in, word_of
from tests.gateway.domain.test_stock import KEEPER as TELLER
from tests.gateway.domain.test_stock import RECEIVED, histories, receipts
from tests.gateway.warehouses.shown import GOLDEN, KEEPER, feed

NOW = 1_793_664_000
TERMS = FeedTerms(1, 1, 3, 7, 90, 50, 0)
FILES = ["received-to-shipped.json", "counted.json", "packed.json", "taken-back.json", "sensors.json", "moved.json",
         "warehouse-table.csv", "inventory-report.xml", "refused-events.json"]  # fmt: skip


def take(connection: Connection, name: str, now: int = NOW, **more: Any) -> dict[str, Any]:
    return take_in(StockBook(connection), feed(name), (GOLDEN / name).read_bytes(), now, **more)


def counted(connection: Connection) -> tuple[int, int]:
    found = [
        connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (feeds, tellings)
    ]
    return found[0], found[1]


def fed(events: list[Event], name: str) -> FeedRead:
    """A file with these events."""
    return FeedRead(TELLER, name, name.zfill(64), "made", FeedStatus.USED, RECEIVED.at, tuple(events), ())


def test_a_file_is_taken_in_once_and_answered_the_same_again(database: Engine) -> None:
    with database.begin() as connection:
        first = take(connection, "received-to-shipped.json")
        assert (first["status"], first["used"], first["repeated"]) == ("used", 4, 0)
        before = counted(connection)
        assert before == (1, 4)
        assert take(connection, "received-to-shipped.json", NOW + 9) == first
        assert counted(connection) == before


def test_the_same_events_in_another_file_add_nothing(database: Engine) -> None:
    with database.begin() as connection:
        take(connection, "received-to-shipped.json")
        again = take(connection, "received-to-shipped-by-web-address.json")
        assert (again["used"], again["repeated"], again["differences"]) == (0, 4, [])
        assert counted(connection) == (2, 4)


def test_a_file_that_is_refused_is_kept_and_each_exception_named(database: Engine) -> None:
    with database.begin() as connection:
        found = take(connection, "refused-events.json")
        assert (found["status"], found["used"]) == ("exception", 1)
        named = {each["document"]: each for each in found["exceptions"]}
        assert named["amount-negative"]["rule"] == "NEGATIVE-QUANTITY"
        assert named["amount-negative"]["field"] == "quantityList/0/quantity"
        assert named["amount-negative"]["message"]


@pytest.mark.parametrize(
    ("name", "old", "new", "field", "document"),
    [
        ("received-to-shipped.json", b"2026-11-02T16:00", b"2031-05-04T16:00", "eventTime", ""),
        ("warehouse-table.csv", b"2026-11-02T08:00:00", b"2031-05-04T08:00:00", "time", "W-1"),
        ("inventory-report.xml", b"Date>2026-11-02", b"Date>2031-05-04", "cbc:IssueDate",
         "InventoryReport/0a1c6c1e-1111-4c1e-8a44-0000000000f1"),
    ],
)  # fmt: skip
def test_time_ahead_an_event_of_days_to_come_is_refused_and_the_others_are_used(
    database: Engine, name: str, old: bytes, new: bytes, field: str, document: str
) -> None:
    """TIME-AHEAD: else a count of 2099 stands before every one that follows."""
    content = (GOLDEN / name).read_bytes().replace(old, new)
    read = read_feed(content, name, KEEPER)
    last = int(max(event.at for event in read.events).timestamp())
    with database.connect() as connection:
        answer = take_in(StockBook(connection), read, content, last - 86_400)
        assert "TIME-AHEAD" not in {each["rule"] for each in answer["exceptions"]}
        assert answer["used"] + answer["repeated"] == len(read.events)
        connection.rollback()
    with database.begin() as connection:
        answer = take_in(StockBook(connection), read, content, last - 86_401)
        (found,) = (each for each in answer["exceptions"] if each["rule"] == "TIME-AHEAD")
        assert (answer["status"], found["field"], found["document"]) == ("exception", field, document)
        assert (found["found"][:10], found["line"] != "") == ("2031-05-04", True)
        assert answer["used"] + answer["repeated"] == len(read.events) - 1
        assert max((event.at.year for event in StockBook(connection).events()), default=0) < 2031


def test_what_is_taken_back_is_taken_back_whenever_it_was_told_to_be() -> None:
    late = replace(RECEIVED, at=RECEIVED.at.replace(year=2099))
    back = replace(late, error=ErrorDeclaration(RECEIVED.at))
    assert fed([late, back], "1").received(NOW).events == (back,)


@pytest.mark.parametrize("turned", [False, True])
def test_an_event_told_otherwise_is_an_exception_whichever_came_first(database: Engine, turned: bool) -> None:
    content = (GOLDEN / "received-to-shipped.json").read_bytes()
    other = content.replace(b'"quantity": 1000.5', b'"quantity": 900.5', 1)
    pair = [other, content] if turned else [content, other]
    with database.begin() as connection:
        book = StockBook(connection)
        first, second = (take_in(book, read_feed(each, "f", KEEPER), each, NOW) for each in pair)
        assert first["differences"] == []
        (found,) = second["differences"]
        assert (found["rule"], found["lot"]) == ("EVENT-DIFFERS", "01/04012345123456/10/L-1")
        (row,) = describe_stock(word_of(book, 20_759, TERMS, {}))
        assert (row["quantity"], row["contested"]) == ("-400", True)
        assert {each["rule"] for each in row["differences"]} >= {"EVENT-DIFFERS", "STOCK-NEGATIVE"}


def test_what_is_kept_is_what_was_read(database: Engine) -> None:
    read = [feed(name) for name in FILES]
    with database.begin() as connection:
        for name in FILES:
            take(connection, name)
        kept = {(each.name, each.content, each.error): each for each in StockBook(connection).events()}
    # Of an event that is told twice, the first file and place are kept.
    told = {
        (each.name, each.content, each.error): each for one in reversed(read) for each in reversed(one.events)
    }
    assert kept.keys() == told.keys()
    for key, event in told.items():
        assert replace(kept[key], id=event.id, file=event.file) == event


def test_any_order_of_files_any_number_of_times_the_stock_is_the_same(database: Engine) -> None:
    expected = fold([event for name in FILES for event in feed(name).events])
    for seed in range(4):
        with database.connect() as connection:
            names = [*FILES, *random.Random(seed).choices(FILES, k=6)]
            random.Random(seed).shuffle(names)
            for name in names:
                take(connection, name)
            assert fold(StockBook(connection).events()) == expected
            connection.rollback()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories(), st.data())
def test_any_split_over_files_the_stock_is_the_same(
    database: Engine, told: list[Event], data: st.DataObject
) -> None:
    """Each event in one file or several, the files in any order."""
    files = data.draw(st.lists(st.lists(st.sampled_from(told), max_size=4), max_size=6))
    files += [[each] for each in told]
    with database.connect() as connection:
        for number, events in enumerate(data.draw(st.permutations(files))):
            take_in(StockBook(connection), fed(events, str(number)), b"", NOW)
        assert fold(StockBook(connection).events(TELLER)) == fold(told)
        connection.rollback()


@pytest.mark.parametrize("turned", [False, True])
def test_what_was_pushed_without_numbers_and_is_synced_with_them_counts_once(
    database: Engine, turned: bool
) -> None:
    document = json.loads((GOLDEN / "received-to-shipped.json").read_bytes())
    events = document["epcisBody"]["eventList"]
    for number, each in enumerate(events):
        each["eventID"] = f"urn:uuid:0a1c6c1e-1111-4c1e-8a44-00000000001{number}"
    numbered = json.dumps(document).encode()
    for each in events:
        del each["eventID"]
    pushed = json.dumps(document).encode()
    first, second = (numbered, pushed) if turned else (pushed, numbered)
    with database.begin() as connection:
        book = StockBook(connection)
        assert take_in(book, read_feed(first, "first", KEEPER), first, NOW)["used"] == 4
        answer = take_in(book, read_feed(second, "second", KEEPER), second, NOW)
        assert (answer["used"], answer["repeated"], answer["differences"]) == (0, 4, [])
        told = [(each["rule"], each["field"]) for each in answer["notes"]]
        assert told == [("EVENT-REPEATED", "eventID")] * 4
        assert "urn:uuid:0a1c6c1e-1111-4c1e-8a44-000000000010" in str(answer["notes"][0])
        assert fold(book.events()) == fold(read_feed(pushed, "f", KEEPER).events)


def test_events_of_one_content_and_two_numbers_are_two(database: Engine) -> None:
    one, other = (replace(RECEIVED, id=name) for name in ("E-1", "E-2"))
    with database.begin() as connection:
        book = StockBook(connection)
        for name, event, expected in (("1", one, 1), ("2", RECEIVED, 0), ("3", other, 1)):
            assert take_in(book, fed([event], name), b"", NOW)["used"] == expected
        assert [held.quantity for held in fold(book.events()).positions.values()] == [200]


def test_the_same_twice_in_a_file_counts_once_and_is_told(database: Engine) -> None:
    document = json.loads((GOLDEN / "received-to-shipped.json").read_bytes())
    unnumbered = document["epcisBody"]["eventList"][3]
    document["epcisBody"]["eventList"] = [unnumbered, unnumbered]
    content = json.dumps(document).encode()
    with database.begin() as connection:
        answer = take_in(StockBook(connection), read_feed(content, "f", KEEPER), content, NOW)
    assert (answer["status"], answer["used"], answer["repeated"]) == ("used", 1, 1)
    (note,) = answer["notes"]
    assert (note["rule"], note["field"], note["line"]) == (
        "EVENT-REPEATED", "eventID", "epcisBody/eventList/1",
    )  # fmt: skip


def test_a_message_id_serves_one_content(database: Engine) -> None:
    signature = Signature("M-1", "http://gateway/callbacks", "{}", bytes(32))
    with database.begin() as connection:
        first = take(connection, "counted.json", signature=signature)
        assert take(connection, "counted.json", signature=signature) == first
        with pytest.raises(Problem, match="MESSAGE-REUSED"):
            take(connection, "packed.json", signature=signature)
        assert counted(connection)[0] == 1


@pytest.mark.parametrize("before", [None, Signature("M-0", "http://gateway/callbacks", "{}", bytes(32))])
def test_a_message_id_is_used_by_a_content_that_came_before(
    database: Engine, before: Signature | None
) -> None:
    """Unsigned, or in another message: the signature is kept, and the id serves no other content."""
    signature = Signature("M-1", "http://gateway/callbacks", '{"signature": "s"}', b"k" * 32)
    with database.begin() as connection:
        first = take(connection, "counted.json", signature=before)
        for now in (NOW + 5, NOW + 9):
            assert take(connection, "counted.json", now, signature=signature) == first
        (row,) = connection.execute(select(messages)).all()
        assert (row.message, row.name, row.sha256) == ("M-1", "counted.json", first["sha256"])
        assert (row.received_at, row.headers, row.public_key) == (NOW + 5, signature.headers, b"k" * 32)
        with pytest.raises(Problem, match="MESSAGE-REUSED"):
            take(connection, "packed.json", signature=signature)


def test_gi_55_feed_a_word_is_as_old_as_its_file_says_and_never_newer_than_it_came(database: Engine) -> None:
    said = 1_793_613_600  # 2026-11-02 18:00 +08:00
    with database.begin() as connection:
        book = StockBook(connection)
        take(connection, "nothing-happened.json", said + 40 * 86_400)
        assert book.last_words() == {KEEPER: said}
        early = (GOLDEN / "nothing-happened.json").read_bytes().replace(b"2026-11-02T18", b"2036-11-02T18")
        take_in(book, read_feed(early, "f", KEEPER), early, said + 5)
        assert book.last_words() == {KEEPER: said + 5}
        day = 20_759 + 2
        assert word_of(book, day, TERMS, {}).heartbeats[KEEPER].state == "late"
        assert word_of(book, day, TERMS, {KEEPER: 7}).heartbeats[KEEPER].state == "fresh"


HEAD = "event,kind,time,place,lot,quantity,unit\n"
GOOD, CUT = "E-1,received,2026-11-02T08:00:00Z,H,L-1,1000,KGM\n", "E-2,shipped,2026-11-02,H,L-1,900,KGM\n"
MENDED = CUT.replace("2026-11-02", "2026-11-02T10:00:00Z")


@pytest.mark.parametrize(
    ("name", "rows", "stands"),
    [
        ("a.csv", GOOD + MENDED, False),
        ("a.csv", GOOD, False),
        ("b.csv", GOOD, True),
        ("b.csv", MENDED, False),
        ("a.csv", MENDED.replace("E-2", "E-3"), True),
        ("a.csv", GOOD + CUT.replace("900", "90"), True),
    ],
)
def test_a_file_that_was_not_used_whole_is_put_right_by_the_whole_or_by_what_was_refused(
    database: Engine, name: str, rows: str, stands: bool
) -> None:
    with database.begin() as connection:
        book = StockBook(connection)
        for minute, (file, told) in enumerate((("a.csv", GOOD + CUT), (name, rows))):
            content = (HEAD + told).encode()
            take_in(book, read_feed(content, file, KEEPER), content, NOW + 60 * minute)
        found = [(each.name, each.received_at) for each in book.refused(KEEPER)]
        assert (("a.csv", NOW) in found) == stands
        # As it was before the second one came.
        (then,) = book.refused(until=NOW + 60)
        assert [(each.event, each.rule, each.field) for each in then.refused] == [
            ("E-2", "TIME-FORM", "time")
        ]
        told = [
            each for each in word_of(book, 20_759, TERMS, {}).differences if each.rule == "FEED-EXCEPTION"
        ]
        assert (("a.csv E-2", "TIME-FORM time") in [(each.subject, each.found) for each in told]) == stands


def test_gi_55_feed_a_file_that_was_not_used_whole_is_no_fresh_word(database: Engine) -> None:
    with database.begin() as connection:
        book = StockBook(connection)
        take(connection, "refused-events.json")
        assert book.last_words() == {}


def test_gi_55_feed_a_heartbeat_in_a_table_is_a_word_and_a_header_alone_is_none(database: Engine) -> None:
    with database.begin() as connection:
        book = StockBook(connection)
        header = b"kind,time\n"
        take_in(book, read_feed(header, "f", KEEPER), header, NOW)
        assert book.last_words() == {}
        quiet = header + b"heartbeat,2026-11-02T18:00:00+08:00\n"
        take_in(book, read_feed(quiet, "f", KEEPER), quiet, NOW)
        assert book.last_words() == {KEEPER: 1_793_613_600}


def test_a_file_of_which_nothing_could_be_used_is_no_word(database: Engine) -> None:
    broken = json.dumps(
        {**json.loads((GOLDEN / "nothing-happened.json").read_text()), "shipment": 1}
    ).encode()
    with database.begin() as connection:
        book = StockBook(connection)
        take_in(book, read_feed(broken, "f", KEEPER), broken, NOW)
        take_in(book, read_feed(b"goods came", "f", KEEPER), b"goods came", NOW)
        assert book.last_words() == {}


def test_stock_is_compared_with_receipts_where_they_are_given(database: Engine) -> None:
    class Given:
        def keepers(self) -> list[int]:
            return [TELLER, 777]

        def lots(self, keeper: int) -> Any:
            return receipts(120 if keeper == TELLER else 5)

    with database.begin() as connection:
        book = StockBook(connection)
        take_in(book, fed([RECEIVED], "1"), b"", NOW)
        assert word_of(book, 20_759, TERMS, {}).differences == ()
        word = word_of(book, 20_759, TERMS, {}, Given(), TELLER)
        (row,) = describe_stock(word)
        assert [each["rule"] for each in row["differences"]] == ["RECEIVED-DIFFERS", "STOCK-SHORT"]
        others = {(each.keeper, each.rule) for each in word_of(book, 20_759, TERMS, {}, Given()).differences}
        assert (777, "LOT-UNTOLD") in others
