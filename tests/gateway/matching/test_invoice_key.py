"""Invoice identity (decision 12): one invoice, however it is spelled; different invoices stay different."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.invoices import content_digest, invoice_key, normalise_number, seller_tax_id
from gateway.domain.trade import Identifier, Origin, Party
from tests.gateway.documents.trade_builder import SELLER, chain, credit_note, invoice, line, moved


@pytest.mark.parametrize(
    ("spelled", "normal"),
    [
        ("INV-001", "INV001"),
        (" inv 001 ", "INV001"),
        ("ＩＮＶ－００１", "INV001"),
        ("inv\u200b/\u00ad001", "INV001"),
        ("I\ufe0fNV_001", "INV001"),
        ("№ 7", "NO7"),
        ("发票 第12号", "发票第12号"),
        ("00012", "00012"),
        ("straße-1", "STRASSE1"),
        ("--/ ", ""),
    ],
)
def test_numbers_lose_spelling_but_keep_zeros(spelled: str, normal: str) -> None:
    assert normalise_number(spelled) == normal


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise_number(normalise_number(text)) == normalise_number(text)


def test_the_key_is_seller_kind_number_and_year() -> None:
    bill = chain()[4]
    key = invoice_key(bill)
    assert key is not None
    assert key.text() == "91310115MA1T1ER19W|invoice|INV1|2026"
    assert len(key.digest()) == 32
    assert invoice_key(replace(bill, number="inv 1")) == key
    assert invoice_key(replace(bill, issued=date(2026, 12, 31))) == key
    assert invoice_key(replace(bill, issued=date(2025, 12, 31))) != key
    assert invoice_key(credit_note("INV-1", "", [line("1", 1, 1)])) != key
    assert invoice_key(replace(bill, number="--")) is None
    assert invoice_key(replace(bill, sellers=())) is None


def test_only_invoices_and_credit_notes_have_a_key() -> None:
    with pytest.raises(ValueError, match="no invoice identity"):
        invoice_key(chain()[0])


def test_the_tax_number_stands_for_the_seller_whatever_the_order_of_identifiers() -> None:
    ids = (
        Identifier("GLN", "6901234500011", Origin.ENDPOINT),
        Identifier("DK:CVR", "13585628", Origin.LEGAL),
        Identifier("VAT", "DK 13585628", Origin.TAX),
    )
    assert seller_tax_id(Party("A", identifiers=ids)) == "DK13585628"
    assert seller_tax_id(Party("A", identifiers=ids[::-1])) == "DK13585628"
    assert seller_tax_id(Party("A", identifiers=ids[:2])) == "13585628"
    assert seller_tax_id(Party("A")) == ""


def test_layout_is_no_content_and_amounts_dates_and_lines_are() -> None:
    bill = chain()[4]
    same = moved(replace(bill, number="inv_1", sellers=(replace(SELLER, address="x"),)), "other.xml")
    assert content_digest(same) == content_digest(bill)
    for other in (
        replace(bill, due=date(2026, 7, 1)),
        replace(bill, currency="EUR"),
        invoice("INV-1", "PO-1", [line("1", 100, 1_001, order_line="1")]),
        invoice("INV-1", "PO-1", [line("1", 101, 1_000, order_line="1")]),
    ):
        assert content_digest(other) != content_digest(bill)
