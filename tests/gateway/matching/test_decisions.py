"""A named person resolves what may be resolved; everything else stays, and no decision is silently lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from gateway.domain.matching import RULES, Decision, RecordedReceipt, match
from gateway.domain.trade import AllowanceCharge, Party, TradeDocument
from tests.gateway.documents.trade_builder import chain, credit_note, invoice, line, moved, order

CLERK = {"person": "周雅琴", "reason": "与采购部核对"}
INVOICE = "invoice-INV-1.xml"


def proposed(
    documents: list[TradeDocument], *decisions: Decision, recorded: tuple[RecordedReceipt, ...] = ()
) -> int:
    return sum(p.amount for p in match(documents, recorded, decisions).proposals)


def recorded(quantity: int, **more: object) -> RecordedReceipt:
    fields: dict[str, object] = {"order": "PO-1", "line": "1", "quantity": Fraction(quantity), "unit": "EA"}
    return RecordedReceipt(**(fields | {"person": "赵立", "day": date(2026, 2, 21)} | more))  # type: ignore[arg-type]


def test_without_a_receipt_a_named_person_of_the_buyer_records_one() -> None:
    documents = [d for d in chain() if d.kind != "receipt-advice"]
    assert proposed(documents) == 0
    report = match(documents, [recorded(60), recorded(30, day=date(2026, 2, 22))])
    assert report.results[0].proposed == 101_700
    assert {r.person for r in report.results[0].chain.recorded} == {"赵立"}


@pytest.mark.parametrize(
    ("receipt", "rule"),
    [
        (recorded(10, line="9"), "RECEIPT-UNMATCHED"),
        (recorded(10, order="PO-9"), "RECEIPT-UNMATCHED"),
        (recorded(10, unit="KGM"), "UNIT"),
    ],
)
def test_a_recorded_receipt_that_fits_no_order_line_counts_for_nothing(
    receipt: RecordedReceipt, rule: str
) -> None:
    documents = [d for d in chain() if d.kind != "receipt-advice"]
    report = match(documents, [receipt])
    assert not report.proposals
    assert rule in {f.rule for f in report.exceptions}


def test_a_recorded_receipt_adds_nothing_to_a_receipt_advice() -> None:
    report = match(chain(received=90), [recorded(10)])
    assert report.results[0].proposed == 101_700
    assert "RECEIPT-TWICE" in {f.rule for f in report.exceptions}


def test_receipts_and_decisions_need_a_name_and_a_reason() -> None:
    with pytest.raises(ValueError, match="named person"):
        recorded(1, person=" ")
    with pytest.raises(ValueError, match="not negative"):
        recorded(-1)
    with pytest.raises(ValueError, match="person and its reason"):
        Decision("PRICE", INVOICE, "周雅琴", "")


def changed(**fields: object) -> list[TradeDocument]:
    documents = chain()
    documents[4] = replace(documents[4], **fields)  # type: ignore[arg-type]  # any field
    return documents


def billed(price: int = 1_000, rate: int = 13, **more: object) -> list[TradeDocument]:
    documents = chain()
    rows = [line("1", 100, price, rate=rate, order_line="1", **more)]
    documents[4] = invoice("INV-1", "PO-1", rows)
    return documents


def charged() -> list[TradeDocument]:
    documents = chain()
    rows = [line("1", 100, 1_000, order_line="1")]
    documents[4] = invoice(
        "INV-1", "PO-1", rows, adjustments=(AllowanceCharge(True, 500, "S", Fraction(13)),)
    )
    return documents


def unpriced() -> list[TradeDocument]:
    documents = chain()
    documents[0] = replace(documents[0], lines=(line("1", 100, None, seller_item="S-1"),))
    return documents


@pytest.mark.parametrize(
    ("documents", "decision", "before", "after"),
    [
        (billed(1_080), Decision("PRICE", INVOICE, **CLERK), 113_000, 122_040),
        (billed(1_080), Decision("PRICE", f"{INVOICE}#INV-1", line="1", **CLERK), 113_000, 122_040),
        (billed(1_080), Decision("PRICE", INVOICE, line="2", **CLERK), 113_000, 113_000),
        (billed(rate=16), Decision("TAX", INVOICE, **CLERK), 113_000, 116_000),
        (billed(seller_item="S-9"), Decision("ITEM", INVOICE, **CLERK), 0, 113_000),
        (charged(), Decision("CHARGE", INVOICE, **CLERK), 113_000, 113_565),
        (unpriced(), Decision("PRICE-MISSING", INVOICE, **CLERK), 0, 113_000),
        (changed(due=None), Decision("DUE-MISSING", INVOICE, due=date(2026, 9, 1), **CLERK), 0, 113_000),
        (changed(due=None), Decision("DUE-MISSING", INVOICE, **CLERK), 0, 0),
        (changed(code="325"), Decision("INVOICE-TYPE", INVOICE, **CLERK), 0, 113_000),
        (changed(buyers=(Party("京轨"),)), Decision("PARTY-UNPROVEN", INVOICE, **CLERK), 0, 113_000),
    ],
)
def test_a_person_lifts_a_resolvable_exception(
    documents: list[TradeDocument], decision: Decision, before: int, after: int
) -> None:
    assert (proposed(documents), proposed(documents, decision)) == (before, after)


def test_a_person_chooses_between_two_versions_of_an_invoice() -> None:
    rival = moved(invoice("inv 1", "PO-1", [line("1", 100, 990, order_line="1")]), "rival.xml")
    documents = [*chain(), rival]
    choice = Decision("DUPLICATE-INVOICE", "rival.xml", chosen="rival.xml", **CLERK)
    report = match(documents, decisions=[choice])
    assert [(p.invoice.file, p.amount) for p in report.proposals] == [("rival.xml", 111_870)]
    nowhere = replace(choice, chosen="third.xml")
    assert not match(documents, decisions=[nowhere]).proposals


def test_a_person_links_a_credit_note_or_says_it_is_about_nothing_here() -> None:
    note = credit_note("CN-1", "", [line("1", 10, 1_000)])
    documents = [*chain(), note]
    about = Decision("CREDIT-NOTE-UNLINKED", note.source.file, chosen=INVOICE, **CLERK)
    assert proposed(documents) == 0
    assert proposed(documents, about) == 101_700
    assert proposed(documents, replace(about, chosen="")) == 113_000


def test_a_person_accepts_the_sellers_higher_offer() -> None:
    documents = billed(1_100)
    offer = replace(documents[1], code="CA", lines=(line("1", 100, 1_100, order_line="1"),))
    documents[1] = offer
    assert proposed(documents) == 113_000
    assert proposed(documents, Decision("AMENDED-UP", offer.source.file, **CLERK)) == 124_300


def test_an_invoice_without_its_order_still_needs_a_receipt() -> None:
    documents = [d for d in chain() if d.kind == "invoice"]
    accept = Decision("ORDER-MISSING", INVOICE, **CLERK)
    assert proposed(documents, accept) == 0
    assert proposed(documents, accept, recorded=(recorded(40),)) == 45_200


def test_what_a_person_may_not_lift_stays() -> None:
    documents = [d for d in chain() if d.kind != "receipt-advice"]
    report = match(documents, decisions=[Decision("NOT-RECEIVED", INVOICE, **CLERK)])
    assert not report.proposals
    assert "DECISION-REFUSED" in {f.rule for f in report.exceptions}


def test_a_decision_about_nothing_is_named() -> None:
    report = match(chain(), decisions=[Decision("PRICE", "elsewhere.xml", **CLERK)])
    assert [f.rule for f in report.exceptions] == ["DECISION-UNKNOWN"]


def test_quantity_price_currency_and_receipt_are_never_a_matter_of_decision() -> None:
    fixed = {
        "NOT-RECEIVED",
        "OVER-INVOICED",
        "OVER-ORDERED",
        "UNIT",
        "CURRENCY",
        "PARTY",
        "SELLER-ID-MISSING",
    }
    assert not [rule for rule in fixed if RULES[rule].resolvable]


def test_an_order_for_nothing_agrees_on_nothing() -> None:
    documents = chain()
    documents[0] = order("PO-1", [line("1", 0, 1_000)])
    assert proposed(documents) == 0
