"""What an accounts-payable clerk sees: each deviation by its rule, both values, and the amount proposed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from gateway.domain.matching import Finding, MatchReport, MatchResult, match
from gateway.domain.trade import AllowanceCharge, Identifier, Origin, Party, TradeDocument
from tests.gateway.documents.trade_builder import (
    BUYER,
    SELLER,
    STRANGER,
    chain,
    credit_note,
    despatch,
    firm,
    invoice,
    line,
    moved,
    order,
    receipt,
    response,
)


def only(report: MatchReport) -> MatchResult:
    (result,) = report.results
    return result


def finding(result: MatchResult | MatchReport, rule: str) -> Finding:
    (found,) = [f for f in result.exceptions if f.rule == rule]
    return found


def rules(result: MatchResult | MatchReport) -> set[str]:
    return {f.rule for f in result.exceptions}


def test_a_complete_chain_is_proposed_in_full_with_all_its_evidence() -> None:
    documents = chain()
    report = match(documents)
    result = only(report)
    assert (result.invoiced, result.received, result.net, result.proposed) == (113_000,) * 4
    assert not report.exceptions
    (payable,) = report.proposals
    assert (payable.amount, payable.currency, payable.due) == (113_000, "CNY", date(2026, 6, 30))
    assert (payable.seller, payable.buyer) == (SELLER, BUYER)
    assert set(payable.evidence) == {d.source.sha256 for d in documents}
    assert [ref.number for ref in (*result.chain.orders, *result.chain.receipts)] == ["PO-1", "RA-1"]


def test_ordered_100_received_90_invoiced_100_proposes_90_and_names_both_values() -> None:
    result = only(match(chain(received=90)))
    found = finding(result, "OVER-INVOICED")
    assert (found.expected, found.found, found.line, found.document) == ("90", "100", "1", "INV-1")
    assert result.received == result.proposed == 101_700  # 90 × 10.00 and 13 %
    assert result.lines[0].payable == 90


def test_despatch_is_not_receipt() -> None:
    documents = [d for d in chain() if d.kind != "receipt-advice"]
    result = only(match(documents))
    assert (result.received, result.proposed) == (0, 0)
    assert "NOT-RECEIVED" in rules(result)
    assert [ref.number for ref in result.chain.despatches] == ["DA-1"]


def test_rejected_goods_and_shortages_do_not_count() -> None:
    documents = chain()
    row = line("1", 95, order_line="1", rejected=Fraction(7), short=Fraction(5))
    documents[3] = receipt("RA-1", "PO-1", [row])
    result = only(match(documents))
    assert result.lines[0].payable == 88
    assert finding(result, "SHORT-DELIVERY").found == "88 EA"


def test_several_invoices_share_what_was_received_oldest_first() -> None:
    base = chain(received=90)[:4]
    bills = [
        invoice(number, "PO-1", [line("1", 60, 1_000, order_line="1")], issued=day)
        for number, day in (("B", date(2026, 3, 5)), ("A", date(2026, 3, 9)))
    ]
    report = match([*bills, *base])
    assert [(r.invoice.number, r.proposed) for r in report.results] == [("B", 67_800), ("A", 33_900)]
    assert finding(report, "OVER-INVOICED").found == "60"


def test_more_than_ordered_is_not_payable_even_if_received() -> None:
    result = only(match(chain(ordered=100, received=110, invoiced=110)))
    assert result.proposed == 113_000
    assert finding(result, "OVER-ORDERED").expected == "100"
    assert "RECEIVED-OVER-DESPATCHED" in rules(result)


def test_a_price_above_the_order_is_flagged_and_paid_at_the_agreed_price() -> None:
    documents = chain()
    documents[4] = invoice("INV-1", "PO-1", [line("1", 100, 1_080, order_line="1")])
    result = only(match(documents))
    found = finding(result, "PRICE")
    assert (found.expected, found.found) == ("10", "10.8")
    assert (result.invoiced, result.proposed) == (122_040, 113_000)


def test_a_price_below_the_order_is_paid_as_invoiced() -> None:
    documents = chain()
    documents[4] = invoice("INV-1", "PO-1", [line("1", 100, 900, order_line="1")])
    result = only(match(documents))
    assert result.proposed == result.invoiced == 101_700
    assert result.received == 113_000
    assert rules(result) == {"PRICE-BELOW"}


@pytest.mark.parametrize(
    ("change", "rule", "expected", "found"),
    [
        ({"unit": "KGM"}, "UNIT", "EA", "KGM"),
        ({"seller_item": "S-9"}, "ITEM", "S-1", "S-9"),
        ({"quantity": None}, "QUANTITY-MISSING", "", ""),
        ({"order_line": "7"}, "LINE-UNMATCHED", "one order line", "7"),
    ],
)
def test_a_line_that_cannot_be_placed_is_worth_nothing(
    change: dict[str, object], rule: str, expected: str, found: str
) -> None:
    rows = [line("1", 100, 1_000), line("2", 10, 500)]
    billed = [replace(row, order_line=row.id) for row in rows]
    billed[0] = replace(billed[0], **change)  # type: ignore[arg-type]  # parametrised fields
    got = [line(row.id, int(row.quantity or 0), order_line=row.id) for row in rows]
    documents = [order("PO", rows), receipt("RA", "PO", got), invoice("I", "PO", billed)]
    result = only(match(documents))
    told = finding(result, rule)
    assert (told.line, told.expected, told.found) == ("1", expected, found)
    assert result.proposed == 5_650  # the other line only


def test_an_order_in_another_currency_blocks_the_invoice() -> None:
    documents = chain()
    documents[0] = replace(documents[0], currency="USD")
    result = only(match(documents))
    assert (finding(result, "CURRENCY").expected, finding(result, "CURRENCY").found) == ("USD", "CNY")
    assert result.proposed == 0


def test_foreign_currency_is_no_deviation() -> None:
    documents = [replace(d, currency="JPY", exponent=0) if d.currency else d for d in chain()]
    (payable,) = match(documents).proposals
    assert (payable.amount, payable.currency, payable.exponent) == (113_000, "JPY", 0)


def test_more_tax_than_ordered_is_paid_at_the_ordered_rate() -> None:
    documents = chain()
    documents[0] = order("PO-1", [line("1", 100, 1_000, rate=6)])
    result = only(match(documents))
    assert (finding(result, "TAX").expected, finding(result, "TAX").found) == ("6 %", "13 %")
    assert result.proposed == 106_000


def test_another_seller_cannot_invoice_the_order_nor_use_up_its_receipts() -> None:
    forged = invoice("X-1", "PO-1", [line("1", 100, 1_000, order_line="1")], sellers=(STRANGER,))
    forged = replace(forged, issued=date(2026, 2, 21))
    report = match([*chain(), forged])
    assert {r.invoice.number: r.proposed for r in report.results} == {"INV-1": 113_000, "X-1": 0}
    assert "申浦" in finding(report, "PARTY").expected
    assert "岭南" in finding(report, "PARTY").found


def test_a_receipt_of_another_party_does_not_count_and_blocks_nobody() -> None:
    foreign = receipt("RA-9", "PO-1", [line("1", 100, order_line="1")], buyers=(STRANGER,))
    report = match([*chain(received=90), foreign])
    assert only(report).proposed == 101_700
    assert "PARTY" in rules(report)


def test_a_changed_company_number_does_not_make_another_party_of_the_same_gln() -> None:
    forged = replace(
        SELLER, identifiers=(*firm("x", "91440300MA5T1ER24W").identifiers, SELLER.identifiers[-1])
    )
    documents = chain()
    documents[4] = replace(documents[4], sellers=(forged,))
    result = only(match(documents))
    assert "PARTY" in rules(result)
    assert result.proposed == 0


def test_parties_known_only_by_name_match_with_a_note() -> None:
    bare = [Party(p.name, p.legal_name) for p in (SELLER, BUYER)]
    documents = chain()
    documents[3] = replace(documents[3], sellers=(bare[0],), buyers=(bare[1],))
    result = only(match(documents))
    assert result.proposed == 113_000
    assert rules(result) == {"PARTY-BY-NAME"}


def test_a_seller_without_any_identifier_has_no_invoice_identity() -> None:
    documents = [replace(d, sellers=(Party("小作坊"),)) for d in chain()]
    result = only(match(documents))
    assert result.key is None
    assert (result.proposed, "SELLER-ID-MISSING" in rules(result)) == (0, True)


def test_prepaid_money_counts_first_against_what_was_received() -> None:
    documents = chain(received=50)
    documents[4] = invoice("INV-1", "PO-1", [line("1", 100, 1_000, order_line="1")], prepaid=30_000)
    result = only(match(documents))
    assert (result.invoiced, result.prepaid, result.net) == (113_000, 30_000, 83_000)
    assert (result.received, result.proposed) == (56_500, 26_500)
    assert "PREPAID-OVER-RECEIVED" in rules(result)


def test_a_credit_note_nets_its_invoice_to_nothing() -> None:
    note = credit_note("CN-1", "inv 1", [line("1", 100, 1_000, order_line="1")])
    result = only(match([*chain(), note]))
    assert (result.invoiced, result.credited, result.net, result.proposed) == (113_000, 113_000, 0, 0)
    assert [ref.number for ref in result.chain.credit_notes] == ["CN-1"]
    assert rules(result) == {"NOT-PAYABLE"}


def test_an_invoice_voided_by_a_credit_note_leaves_its_goods_to_the_corrected_one() -> None:
    note = credit_note("CN-1", "INV-1", [line("1", 100, 1_000)])
    again = invoice("INV-2", "PO-1", [line("1", 100, 1_000, order_line="1")], issued=date(2026, 3, 20))
    report = match([*chain(), note, again])
    assert {r.invoice.number: r.proposed for r in report.results} == {"INV-1": 0, "INV-2": 113_000}


def test_a_credit_note_in_part_lowers_the_net_amount() -> None:
    note = credit_note("CN-1", "INV-1", [line("1", 10, 1_000)])
    assert only(match([*chain(), note])).proposed == 101_700


def test_a_negative_invoice_is_a_credit() -> None:
    back = invoice("INV-2", "PO-1", [line("1", -100, 1_000, order_line="1")], billed=("INV-1",))
    result = only(match([*chain(), back]))
    assert (result.credited, result.proposed) == (113_000, 0)


def test_a_credit_note_that_names_no_invoice_blocks_those_it_may_be_about() -> None:
    note = credit_note("CN-1", "", [line("1", 10, 1_000)], order="PO-1")
    other = [
        replace(d, number=d.number.replace("1", "2"), order=d.order and "PO-2", despatches=())
        for d in (moved(d, "other-" + d.source.file) for d in chain())
    ]
    report = match([*chain(), note, *other])
    assert {r.invoice.number: r.proposed for r in report.results} == {"INV-1": 0, "INV-2": 113_000}
    assert finding(report, "CREDIT-NOTE-UNLINKED").document == "CN-1"


def test_a_refused_credit_note_blocks_the_invoice_it_names() -> None:
    note = credit_note("CN-1", "INV-1", [line("1", 10, 1_000)])
    result = only(match(chain(), refused=[note]))
    assert (result.proposed, "REFUSED-DOCUMENT" in rules(result)) == (0, True)


@pytest.mark.parametrize("number", ["INV-1", "inv 1", "ＩＮＶ－１", "I.N.V/1", "INV\u200b1"])
def test_a_respelled_and_amended_copy_blocks_both_until_a_person_decides(number: str) -> None:
    amended = moved(invoice(number, "PO-1", [line("1", 100, 1_001, order_line="1")]), "again.xml")
    report = match([*chain(), amended])
    assert [r.proposed for r in report.results] == [0, 0]
    told = [f for f in report.exceptions if f.rule == "DUPLICATE-INVOICE"]
    assert {f.file for f in told} == {"invoice-INV-1.xml", "again.xml"}
    assert {f.expected for f in told} == {"invoice-INV-1.xml#INV-1", f"again.xml#{number}"}


def test_a_respelled_copy_with_the_same_content_counts_once() -> None:
    documents = chain()
    report = match([*documents, moved(replace(documents[4], number="inv_1"), "zz-copy.xml")])
    assert [p.amount for p in report.proposals] == [113_000]
    assert finding(report, "DUPLICATE-COPY").expected == "invoice-INV-1.xml#INV-1"


def test_the_same_invoice_under_another_of_the_sellers_numbers_is_recognised() -> None:
    documents = chain()
    endpoint_only = replace(SELLER, identifiers=SELLER.identifiers[-1:])
    amended = replace(documents[4], sellers=(endpoint_only,), due=date(2026, 7, 1))
    assert not match([*documents, moved(amended, "again.xml")]).proposals


@pytest.mark.parametrize("position", [0, 1, 3])
def test_rival_versions_of_order_response_or_receipt_block_until_a_person_chooses(position: int) -> None:
    documents = chain()
    rival = replace(
        documents[position], issued=date(2026, 2, 1), lines=(line("1", 80, 1_000, order_line="1"),)
    )
    result = only(match([*documents, moved(rival, "rival.xml")]))
    assert (result.proposed, "DUPLICATE-DOCUMENT" in rules(result)) == (0, True)


def test_a_second_copy_of_a_receipt_adds_nothing() -> None:
    documents = chain(received=50)
    report = match([*documents, moved(documents[3], "copy.xml")])
    assert only(report).lines[0].received == 50


@pytest.mark.parametrize(
    ("answer", "payable", "rule"),
    [
        ({"code": "RE"}, 0, "ORDER-REJECTED"),
        ({"code": "AB", "lines": (line("1", 10, None, order_line="1"),)}, 113_000, None),
        ({"code": "CA", "lines": (line("1", None, None, order_line="1", status="7"),)}, 0, "ORDER-REJECTED"),
        ({"code": "CA", "lines": (line("1", 80, None, order_line="1", status="3"),)}, 90_400, "OVER-ORDERED"),
        ({"code": "CA", "lines": (line("1", 100, 900, order_line="1", status="3"),)}, 101_700, "PRICE"),
        (
            {"code": "CA", "lines": (line("1", 100, 1_100, order_line="1", status="3"),)},
            113_000,
            "AMENDED-UP",
        ),
        ({"code": "CA", "lines": (line("9", 5, 100, order_line="9", status="1"),)}, 113_000, "AMENDED-UP"),
    ],
)
def test_the_order_response_governs_what_is_agreed(
    answer: dict[str, object], payable: int, rule: str | None
) -> None:
    documents = chain()
    documents[1] = replace(documents[1], **answer)  # type: ignore[arg-type]  # parametrised fields
    result = only(match(documents))
    assert result.proposed == payable
    assert rule is None or rule in rules(result)


def test_the_latest_response_governs() -> None:
    lower = response("OR-2", "PO-1", [line("1", 80, order_line="1")], code="CA", issued=date(2026, 1, 10))
    assert only(match([*chain(), lower])).proposed == 113_000
    assert only(match([*chain(), replace(lower, issued=date(2026, 1, 20))])).proposed == 90_400


def test_charges_need_the_order_and_allowances_of_the_order_are_owed() -> None:
    freight = AllowanceCharge(True, 500, "S", Fraction(13))
    rebate = AllowanceCharge(False, 1_000, "S", Fraction(13))
    rows, billed = [line("1", 100, 1_000)], [line("1", 100, 1_000, order_line="1")]

    def result(agreed: tuple[AllowanceCharge, ...], charged: tuple[AllowanceCharge, ...]) -> MatchResult:
        documents = chain()
        documents[0] = order("PO-1", rows, adjustments=agreed)
        documents[4] = invoice("INV-1", "PO-1", billed, adjustments=charged)
        return only(match(documents))

    assert result((freight,), (freight,)).proposed == 113_565
    unagreed = result((), (freight,))
    assert (unagreed.proposed, finding(unagreed, "CHARGE").found) == (113_000, "5.00")
    forgotten = result((rebate,), ())
    assert (forgotten.proposed, finding(forgotten, "ALLOWANCE").expected) == (111_870, "10.00")
    assert result((rebate,), (rebate,)).proposed == 111_870


def test_an_allowance_of_the_invoice_follows_the_part_received() -> None:
    rebate = AllowanceCharge(False, 1_000, "S", Fraction(13))
    documents = chain(received=90)
    documents[4] = invoice("INV-1", "PO-1", [line("1", 100, 1_000, order_line="1")], adjustments=(rebate,))
    assert only(match(documents)).proposed == 100_683  # (900.00 − 9.00) × 1.13


def test_receipts_are_placed_through_the_despatch_line_or_a_single_item() -> None:
    rows = [line("1", 100, 1_000), line("2", 10, 500)]
    billed = [replace(row, order_line=row.id) for row in rows]
    shipped = [line("a", 100, order_line="1"), line("b", 10, order_line="2")]
    got = [
        line("x", 100, despatch_line="a", seller_item=""),
        line("y", 10, seller_item="S-2"),
        line("z", 5, seller_item="S-3"),
    ]
    documents = [
        order("PO", rows),
        despatch("DA", "PO", shipped),
        receipt("RA", "", got, despatches=("DA",)),
        invoice("I", "PO", billed),
    ]
    report = match(documents)
    assert only(report).proposed == only(report).invoiced
    assert finding(report, "RECEIPT-UNMATCHED").line == "z"


def test_an_item_on_two_order_lines_places_nothing() -> None:
    rows = [line("1", 100, 1_000, seller_item="S"), line("2", 10, 500, seller_item="S")]
    got = [line("x", 100, seller_item="S")]
    billed = [line("1", 100, 1_000, order_line="1", seller_item="S")]
    report = match([order("PO", rows), receipt("RA", "PO", got), invoice("I", "PO", billed)])
    assert only(report).proposed == 0
    assert {"RECEIPT-UNMATCHED", "NOT-RECEIVED"} <= rules(report)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"due": None}, "DUE-MISSING"),
        ({"due": date(2026, 3, 1)}, "DUE-BEFORE-ISSUE"),
        ({"code": "393"}, "INVOICE-TYPE"),
        ({"order": "PO-77"}, "ORDER-MISSING"),
        ({"buyers": (SELLER,)}, "SAME-PARTY"),
    ],
)
def test_an_invoice_that_lacks_what_a_payable_needs_is_blocked(change: dict[str, object], rule: str) -> None:
    documents = chain()
    documents[4] = replace(documents[4], **change)  # type: ignore[arg-type]  # parametrised fields
    report = match(documents)
    assert rule in rules(only(report))
    assert not report.proposals


def test_return_lines_lower_the_invoice_by_their_full_amount() -> None:
    rows = [line("1", 100, 1_000, order_line="1"), line("2", -20, 1_000, order_line="1")]
    documents = chain(received=70)
    documents[4] = invoice("INV-1", "PO-1", rows)
    result = only(match(documents))
    assert (result.invoiced, result.proposed) == (90_400, 79_100)


def test_orders_of_two_buyers_may_share_a_number() -> None:
    other = [moved(replace(d, buyers=(STRANGER,)), "b-" + d.source.file) for d in chain(received=40)]
    other = [replace(d, number="INV-2") if d.kind == "invoice" else d for d in other]
    report = match([*chain(), *other])
    assert {r.invoice.number: r.proposed for r in report.results} == {"INV-1": 113_000, "INV-2": 45_200}


def test_an_unchecked_identifier_in_another_scheme_is_no_proof() -> None:
    other = Party("别的名字", "", (Identifier("DUNS", "123456789", Origin.ENDPOINT),))
    documents = chain()
    documents[4] = replace(documents[4], buyers=(other,))
    result = only(match(documents))
    assert (result.proposed, "PARTY-UNPROVEN" in rules(result)) == (0, True)


def test_every_finding_of_the_match_names_a_rule_of_the_table() -> None:
    documents: list[TradeDocument] = [*chain(received=90), credit_note("CN", "none", [line("1", 1, 1)])]
    for found in match(documents).exceptions:
        assert found.effect
        assert found.message


def test_a_charge_agreed_once_is_paid_once() -> None:
    freight = AllowanceCharge(True, 500, "S", Fraction(13))
    documents = chain()[:4]
    documents[0] = order("PO-1", [line("1", 100, 1_000)], adjustments=(freight,))
    for number in ("A", "B"):
        rows = [line("1", 50, 1_000, order_line="1")]
        documents.append(invoice(number, "PO-1", rows, adjustments=(freight,)))
    assert [r.proposed for r in match(documents).results] == [57_065, 56_500]


def test_rivals_for_one_invoice_reserve_its_goods_once() -> None:
    rows = [line("1", 50, 1_000, order_line="1")]
    rivals = [
        invoice("A", "PO-1", rows),
        moved(invoice("A", "PO-1", rows, due=date(2026, 8, 1)), "rival.xml"),
    ]
    rest = invoice("B", "PO-1", rows, issued=date(2026, 3, 9))
    report = match([*chain()[:4], *rivals, rest])
    assert {r.invoice.file: r.proposed for r in report.results} == {
        "invoice-A.xml": 0,
        "rival.xml": 0,
        "invoice-B.xml": 56_500,
    }


def test_an_altered_company_number_does_not_hide_a_second_copy() -> None:
    documents = chain()
    forged = replace(SELLER, name="申浦", legal_name="申浦", identifiers=(
        *firm("x", "91440300MA5T1ER24W").identifiers, SELLER.identifiers[-1],
    ))  # fmt: skip
    copy = moved(replace(documents[4], sellers=(forged,)), "forged.xml")
    told = {f.file for f in match([*documents, copy]).exceptions if f.rule == "DUPLICATE-INVOICE"}
    assert told == {"invoice-INV-1.xml", "forged.xml"}


def test_another_endpoint_of_a_firm_of_the_same_name_is_a_note_and_another_tax_number_is_not() -> None:
    desk = Party(BUYER.name, "", (Identifier("GLN", "6901234500011", Origin.ENDPOINT),))
    documents = chain()
    documents[0] = replace(documents[0], buyers=(replace(BUYER, identifiers=BUYER.identifiers[-1:]),))
    result = only(match([*documents[:4], replace(documents[4], buyers=(desk,))]))
    assert (result.proposed, "PARTY-BY-NAME" in rules(result)) == (113_000, True)
    namesake = firm(BUYER.name, "91330100MA2T1ER37F")
    result = only(match([*chain()[:4], replace(documents[4], buyers=(namesake,))]))
    assert (result.proposed, "PARTY" in rules(result)) == (0, True)


def test_lines_without_a_rate_bear_that_of_the_only_tax_subtotal_to_the_last_fen() -> None:
    documents = chain(received=7)
    bare = [line("1", 100, 1_111, rate=None, order_line="1")]
    documents[0] = order("PO-1", [line("1", 100, 1_111, rate=None)])
    billed = invoice("INV-1", "PO-1", [line("1", 100, 1_111, order_line="1")])
    documents[4] = replace(billed, lines=tuple(bare))
    assert only(match(documents)).proposed == 7_777 + 1_011  # 13 % of 77.77 is 10.1101
    documents[3] = receipt("RA-1", "PO-1", [line("1", 9, order_line="1")], despatches=("DA-1",))
    assert only(match(documents)).proposed == 9_999 + 1_300  # 13 % of 99.99 is 12.9987
