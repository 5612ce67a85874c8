"""Whatever the bytes hold, a file ends as used, exception or unsupported, and what is used can be kept."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from gateway.adapters.warehouses import read_feed
from gateway.db.stock import StockBook
from gateway.domain.stock_fold import differences_of, fold
from gateway.domain.trade_rules import RULES
from gateway.ports.stock import FeedRead, FeedStatus
from gateway.services.stock import take_in
from tests.gateway.warehouses.shown import GOLDEN, KEEPER

DOCUMENTS = [
    json.loads(each.read_text()) for each in sorted(GOLDEN.glob("*.json")) if ".told." not in each.name
]
OTHERS = [each.read_bytes() for each in sorted(GOLDEN.iterdir()) if each.suffix in (".xml", ".csv")]
ODD = ["", " ", "\u0000", "a\u0000b", "0" * 300, "urn:epc:id:sgtin:", "urn:epc:id:sgtin:..", "https://id.gs1.org/01/",
       "https://[/01/04012345123456", "2026-11-02T24:00:00Z", "+14:01", "receiving", "é中🧾", "\ufffe"]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(ODD) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def sound(read: FeedRead) -> None:
    """It ends as it should, by rules that are known, and its events fold."""
    assert read.status in FeedStatus
    assert all(each.rule in RULES and each.message for each in read.findings)
    if read.status is FeedStatus.EXCEPTION:
        assert read.refused
    list(differences_of(fold(read.events)))


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a document."""
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(each for name, value in inside for each in places(value, (*path, name)))]


@st.composite
def altered(draw: st.DrawFn) -> bytes:
    """A document of which one to three things are something else."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([each for each in places(document) if each]))
        node = document
        for name in path[:-1]:
            node = node[name]
        node[path[-1]] = draw(VALUES)
    return json.dumps(document, ensure_ascii=draw(st.booleans())).encode("utf-8", "replace")


@settings(max_examples=300, deadline=None)
@given(altered())
def test_an_epcis_document_with_anything_anywhere(data: bytes) -> None:
    sound(read_feed(data, "f", KEEPER))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(OTHERS), st.data())
def test_a_table_or_report_with_any_bytes_anywhere(whole: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    sound(read_feed(whole[:start] + data.draw(st.binary(max_size=12)) + whole[end:], "f", KEEPER))


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    sound(read_feed(data, "f", KEEPER))


def test_what_is_used_of_odd_files_can_be_kept(database: Engine) -> None:
    """Names of goods as long and odd as the form allows; PostgreSQL keeps no zero byte."""
    document = next(each for each in DOCUMENTS if len(each["epcisBody"].get("eventList", ())) == 4)
    events = document["epcisBody"]["eventList"]
    odd = []
    for number, name in enumerate([*ODD, "🧾" * 500, "'; DROP TABLE own_stock_feeds; --", "%25_\\"]):
        element = {"epcClass": name, "quantity": 1, "uom": "KGM"}
        odd.append(
            {**events[0], "eventID": f"e-{number}", "quantityList": [element], "bizLocation": {"id": name}}
        )
    data = json.dumps({**document, "epcisBody": {"eventList": odd}}).encode()
    read = read_feed(data, "🧾'%_.json", KEEPER)
    assert len(read.events) >= 4
    with database.begin() as connection:
        book = StockBook(connection)
        answer = take_in(book, read, data, 1_793_664_000)
        assert answer["used"] == len(read.events)
        assert {each.content for each in book.events()} == {each.content for each in read.events}
