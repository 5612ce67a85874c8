"""The book of imported documents: what was decided changes the match, what did not change is not matched again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from sqlalchemy import Connection, Engine

from gateway.adapters.documents import FileStatus
from gateway.db.trade import TradeBook
from gateway.domain.matching import Decision, RecordedReceipt
from tests.gateway.documents.trade_builder import chain
from tests.gateway.documents.ubl_writer import to_ubl

NOW = 1_770_000_000


@pytest.fixture
def connection(database: Engine) -> Iterator[Connection]:
    with database.begin() as open_:
        yield open_


@pytest.fixture
def book(connection: Connection) -> TradeBook:
    """Order and invoice, without a due date and without a receipt."""
    found = TradeBook(connection)
    order, *_, invoice = chain()
    for document in (order, replace(invoice, due=None)):
        found.add(document.source.file, to_ubl(document), NOW)
    return found


def proposed(book: TradeBook) -> list[int]:
    return [proposal.amount for proposal in book.match().proposals]


def test_what_persons_record_and_decide_changes_the_next_match(book: TradeBook) -> None:
    assert proposed(book) == []
    book.record_receipt(RecordedReceipt("PO-1", "1", Fraction(60), "EA", "Li Na", date(2026, 2, 20)))
    assert {found.rule for found in book.match().exceptions} >= {"DUE-MISSING", "OVER-INVOICED"}
    book.decide(Decision("DUE-MISSING", "INV-1", "Li Na", "by phone", due=date(2026, 7, 1)))
    assert proposed(book) == [67_800]


def test_a_document_that_comes_later_changes_the_next_match(book: TradeBook) -> None:
    before = book.match()
    assert book.match() is before
    receipt = chain()[3]
    book.add(receipt.source.file, to_ubl(receipt), NOW)
    assert book.match() is not before
    assert {found.rule for found in book.match().exceptions} == {"DUE-MISSING"}


def test_an_empty_file_is_told_and_kept_once(book: TradeBook) -> None:
    for name in ("empty.xml", "again.xml"):
        read = book.add(name, b"", NOW)
        assert (read.file, read.status) == (name, FileStatus.EXCEPTION)
        assert [found.rule for found in read.exceptions] == ["FILE-EMPTY"]
    assert len(book.files()) == 3
