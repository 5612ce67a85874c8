"""Documents of one deal rarely write units, numbers and items alike: what is the same counts, nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.domain.matching import Decision, match
from gateway.domain.matching_units import unit_of, units_differ
from gateway.domain.trade import Line, Party, TradeDocument
from tests.gateway.documents.trade_builder import (
    SELLER,
    chain,
    credit_note,
    despatch,
    invoice,
    line,
    moved,
    order,
    receipt,
)

CLERK = {"person": "周雅琴", "reason": "与采购部核对"}


def proposals(documents: list[TradeDocument], *decisions: Decision) -> dict[str, int]:
    report = match(documents, decisions=decisions)
    return {result.invoice.number: result.proposed for result in report.results}


def rules(documents: list[TradeDocument], *decisions: Decision) -> set[str]:
    return {found.rule for found in match(documents, decisions=decisions).exceptions}


def counted(ordered: str, received: str, invoiced: str) -> list[TradeDocument]:
    return [
        order("PO", [line("1", 100, 1_000, unit=ordered)]),
        receipt("RA", "PO", [line("1", 100, unit=received, order_line="1")]),
        invoice("INV", "PO", [line("1", 100, 1_000, unit=invoiced, order_line="1")]),
    ]


@pytest.mark.parametrize(
    "units", [("KGM", "kg", "Kgs"), ("EA", "C62", "H87"), ("PCE", "each", "EA"), ("MTR", "m", "米"), ("BX", "bx", "")]
)  # fmt: skip
def test_one_unit_in_several_spellings_is_one_unit(units: tuple[str, str, str]) -> None:
    assert proposals(counted(*units)) == {"INV": 113_000}


@pytest.mark.parametrize("unit", ["TNE", "GRM", "BX", "KGX"])
def test_nothing_is_converted(unit: str) -> None:
    documents = counted("KGM", "KGM", unit)
    assert (proposals(documents), "UNIT" in rules(documents)) == ({"INV": 0}, True)


def test_no_spelling_stands_for_two_units() -> None:
    assert [unit_of(text) for text in ("ＫＧ", " kgm ", "Tonne", "xyz")] == ["KGM", "KGM", "TNE", "XYZ"]
    assert not units_differ("", "KGM")


@pytest.mark.parametrize("spelling", ["po-1", "PO 1", "ＰＯ－１", "PO/1"])
def test_an_order_is_found_however_its_number_is_spelled(spelling: str) -> None:
    documents = [replace(d, order=spelling) if d.order else d for d in chain()]
    assert proposals(documents) == {"INV-1": 113_000}


def test_of_two_orders_the_one_that_has_the_number_as_written_is_meant() -> None:
    documents = chain()
    other = replace(order("PO1", [line("1", 100, 500)]), buyers=(SELLER,))
    assert proposals([*documents, other]) == {"INV-1": 113_000}


@pytest.mark.parametrize("reference", ["1", "01", "0001"])
def test_leading_zeros_of_a_line_number_are_no_other_line(reference: str) -> None:
    documents = chain()
    documents[4] = invoice("INV-1", "PO-1", [line("7", 100, 1_000, order_line=reference, seller_item="S-1")])
    assert proposals(documents) == {"INV-1": 113_000}


def named(name: str, **more: object) -> Line:
    return line("7", 10, 500, seller_item="", description=name, **more)


def nameless(*billed: Line) -> list[TradeDocument]:
    rows = [line("1", 100, 1_000, seller_item="", description="Bolt M8"),
            line("2", 10, 500, seller_item="", description="Nut M8")]  # fmt: skip
    got = [replace(row, order_line=row.id) for row in rows]
    return [order("PO", rows), receipt("RA", "PO", got), invoice("INV", "PO", billed)]


def test_an_item_without_number_is_placed_by_its_name_on_the_only_line_that_has_it() -> None:
    assert proposals(nameless(named("nut  M-8"))) == {"INV": 5_650}
    documents = nameless(named("Washer"))
    assert (proposals(documents), "LINE-UNMATCHED" in rules(documents)) == ({"INV": 0}, True)


def test_a_name_places_nothing_where_the_numbers_say_another_item() -> None:
    documents = [
        order("PO", [line("1", 10, 500, seller_item="A", description="Nut")]),
        receipt("RA", "PO", [line("1", 10, order_line="1", seller_item="A")]),
        invoice("INV", "PO", [line("7", 10, 500, seller_item="B", description="Nut")]),
    ]
    assert (proposals(documents), "LINE-UNMATCHED" in rules(documents)) == ({"INV": 0}, True)


@pytest.mark.parametrize("chosen", ["2", "PO#2", "order-PO.xml#PO#2"])
def test_a_person_places_a_line(chosen: str) -> None:
    documents = nameless(named("Washer"))
    placed = Decision("LINE-UNMATCHED", "INV", line="7", chosen=chosen, **CLERK)
    assert proposals(documents, placed) == {"INV": 5_650}


@pytest.mark.parametrize("chosen", ["", "9", "PO-77#2"])
def test_a_line_is_not_placed_on_what_is_not_here_and_that_is_told(chosen: str) -> None:
    documents = nameless(named("Washer"))
    placed = Decision("LINE-UNMATCHED", "INV", line="7", chosen=chosen, **CLERK)
    assert proposals(documents, placed) == {"INV": 0}
    assert {"LINE-UNMATCHED", "DECISION-REFUSED"} <= rules(documents, placed)


def two_orders(*got: Line, orders: tuple[str, ...] = ("PO-A", "PO-B"), **head: object) -> list[TradeDocument]:
    first = [order("PO-A", [line("1", 100, 1_000, seller_item="A")]),
             invoice("INV-A", "PO-A", [line("1", 100, 1_000, order_line="1", seller_item="A")])]  # fmt: skip
    second = [order("PO-B", [line("1", 10, 500, seller_item="B")]),
              invoice("INV-B", "PO-B", [line("1", 10, 500, order_line="1", seller_item="B")])]  # fmt: skip
    return [*first, *second, receipt("RA", "", got, **({"orders": orders} | head))]


def test_a_receipt_for_several_orders_is_placed_by_items_or_by_lines_that_say_their_order() -> None:
    by_item = two_orders(line("1", 100, seller_item="A"), line("2", 10, seller_item="B"))
    by_line = two_orders(
        line("1", 100, order_line="1", order="PO-A", seller_item=""),
        line("2", 10, order_line="1", order="PO-B", seller_item=""),
    )
    whole = {"INV-A": 113_000, "INV-B": 5_650}
    assert proposals(by_item) == proposals(by_line) == whole


def test_a_receipt_line_that_fits_several_orders_counts_for_none_until_a_person_places_it() -> None:
    documents = two_orders(line("1", 100, order_line="1", seller_item=""))
    (told,) = [f for f in match(documents).exceptions if f.rule == "RECEIPT-UNMATCHED"]
    assert (told.line, told.expected, told.found) == ("1", "one order", "PO-A, PO-B")
    placed = Decision("RECEIPT-UNMATCHED", "RA", line="1", chosen="PO-A#1", **CLERK)
    assert proposals(documents) == {"INV-A": 0, "INV-B": 0}
    assert proposals(documents, placed) == {"INV-A": 113_000, "INV-B": 0}


def test_an_invoice_that_names_only_its_receipt_belongs_to_that_receipts_order() -> None:
    documents = chain()
    documents[4] = replace(documents[4], order="", receipts=("ra 1",))
    assert proposals(documents) == {"INV-1": 113_000}


def test_one_despatch_for_two_orders_leads_each_receipt_line_to_its_own() -> None:
    shipped = [
        line("1", 100, order="PO-A", order_line="1", seller_item=""),
        line("2", 10, order="PO-B", order_line="1", seller_item=""),
    ]
    got = [
        line("1", 100, despatch_line="1", seller_item=""),
        line("2", 10, despatch_line="2", seller_item=""),
    ]
    documents = two_orders(*got, orders=(), despatches=("DA",))
    assert proposals([*documents, despatch("DA", "", shipped)]) == {"INV-A": 113_000, "INV-B": 5_650}


def test_a_person_says_which_order_an_invoice_means() -> None:
    documents = chain()
    documents[4] = replace(documents[4], order="")
    meant = Decision("ORDER-MISSING", "INV-1", chosen="PO-1", **CLERK)
    assert proposals(documents, meant) == {"INV-1": 113_000}
    nowhere = replace(meant, chosen="PO-9")
    assert proposals(documents, nowhere) == {"INV-1": 0}
    assert {"ORDER-MISSING", "DECISION-REFUSED"} <= rules(documents, nowhere)


def test_a_missing_order_is_told_with_what_was_looked_for() -> None:
    documents = chain()
    (told,) = [f for f in match(documents[3:]).exceptions if f.rule == "ORDER-MISSING"]
    assert (told.expected, told.found) == ("order PO-1", "nothing")
    report = match(documents[1:], refused=documents[:1])
    (told,) = [f for f in report.exceptions if f.rule == "ORDER-MISSING" and f.document == "INV-1"]
    assert told.found == "order-PO-1.xml#PO-1"
    assert "was refused" in told.message


def test_a_credit_note_without_reference_blocks_only_what_it_can_be_about() -> None:
    small = [
        replace(moved(d, f"small-{d.source.file}"), number=f"S-{d.number}", order=d.order and "S-PO-1", despatches=())
        for d in chain(1, 1, 1, 100)
    ]  # fmt: skip
    note = credit_note("CN", "", [line("1", 10, 1_000)])
    assert proposals([*chain(), *small, note]) == {"INV-1": 0, "S-INV-1": 113}
    other_item = credit_note("CN", "", [line("1", 10, 1_000, seller_item="S-77")])
    assert proposals([*chain(), other_item]) == {"INV-1": 113_000}
    assert "CREDIT-NOTE-UNLINKED" in rules([*chain(), other_item])


def test_a_credit_note_chosen_for_a_file_of_several_invoices_is_taken_off_none() -> None:
    table = [moved(d, "table.csv") for d in (chain()[4], replace(chain()[4], number="INV-2"))]
    note = credit_note("CN", "", [line("1", 10, 1_000)])
    vague = Decision("CREDIT-NOTE-UNLINKED", "CN", chosen="table.csv", **CLERK)
    told = match([*chain()[:4], *table, note], decisions=[vague])
    assert [result.credited for result in told.results] == [0, 0]
    assert "DECISION-REFUSED" in {f.rule for f in told.exceptions}
    exact = replace(vague, chosen="INV-2")
    told = match([*chain()[:4], *table, note], decisions=[exact])
    assert {r.invoice.number: r.credited for r in told.results} == {"INV-1": 0, "INV-2": 11_300}


def test_an_invoice_payable_to_somebody_else_is_shown_to_those_who_confirm_it() -> None:
    documents = chain()
    documents[4] = replace(documents[4], payee=Party("Quick Factoring Ltd"))
    (told,) = [f for f in match(documents).exceptions if f.rule == "PAYEE"]
    assert (told.expected, told.found) == (SELLER.name, "Quick Factoring Ltd")
    own = replace(documents[4], payee=Party("申浦 财务部", "", SELLER.identifiers[:1]))
    assert rules([*documents[:4], own]) == set()


def test_a_document_may_be_named_by_its_number_where_no_other_of_its_kind_has_it() -> None:
    documents = chain()
    documents[4] = invoice("INV-1", "PO-1", [line("1", 100, 1_080, order_line="1")])
    accepted = Decision("PRICE", "INV-1", **CLERK)
    assert proposals(documents, accepted) == {"INV-1": 122_040}
    namesake = replace(documents[4], sellers=(Party("Other Ltd"),))
    told = match([*documents, moved(namesake, "other.xml")], decisions=[accepted])
    assert [result.proposed for result in told.results] == [113_000, 0]
    (unknown,) = [f for f in told.exceptions if f.rule == "DECISION-UNKNOWN"]
    assert "invoice-INV-1.xml#INV-1, other.xml#INV-1" in unknown.message


def test_a_date_that_no_ledger_has_settles_no_missing_due_date() -> None:
    documents = chain()
    documents[4] = replace(documents[4], due=None)
    late = Decision("DUE-MISSING", "INV-1", due=date(9999, 12, 31), **CLERK)
    assert proposals(documents, late) == {"INV-1": 0}
    assert {"DUE-MISSING", "DECISION-REFUSED"} <= rules(documents, late)


def test_parties_that_differ_are_named_by_side() -> None:
    documents = chain()
    documents[4] = replace(documents[4], buyers=(Party("别的公司"),))
    (told,) = [f for f in match(documents).exceptions if f.rule == "PARTY-UNPROVEN"]
    assert told.message.startswith("buyer has neither")
    assert "申浦" not in told.expected + told.found


def test_a_copy_with_everything_spelled_otherwise_is_a_copy() -> None:
    documents = chain()
    (row,) = documents[4].lines
    respelled = replace(
        documents[4],
        number="ｉｎｖ．1",
        order="po 1",
        lines=(replace(row, unit="c62", seller_item="s1", description="部件-1"),),
    )
    assert rules([*documents, moved(respelled, "copy.xml")]) == {"DUPLICATE-COPY"}
    assert proposals([*documents, moved(respelled, "zz.xml")]) == {"INV-1": 113_000}


def test_an_invoice_that_is_only_dated_into_another_year_waits_for_a_person() -> None:
    documents = chain(100, 100, 50)
    again = replace(documents[4], issued=date(2027, 1, 2), due=date(2027, 6, 30))
    assert proposals([*documents, moved(again, "again.xml")]) == {"INV-1": 0}
    assert "DUPLICATE-INVOICE" in rules([*documents, moved(again, "again.xml")])
    other = replace(again, lines=(replace(again.lines[0], description="部件 1, January"),))
    next_year = match([*documents, moved(other, "next.xml")])
    assert sorted(result.proposed for result in next_year.results) == [56_500, 56_500]
