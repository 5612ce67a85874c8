"""An order comes onto the ledger, loses what does not come and becomes a receivable, out of its documents."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from gateway.domain.calendar import iso
from gateway.ids import format_id
from tests.gateway.documents.trade_builder import credit_note, line, receipt, source
from tests.gateway.orders.conftest import ORDERED, RECEIVED, Trade, nullifier_of
from tests.house.cast import CLEARING, CORE, LENDER, TIER_1


def test_an_imported_order_is_confirmed_for_what_was_agreed(trade: Trade) -> None:
    trade.bring(trade.ordered(), trade.answered(lines=[line("1", 90, 1_000, order_line="1")]))
    trade.attest(trade.number, ORDERED)
    trade.desk.mine()
    prepared = trade.prepare(trade.confirming())
    assert prepared["signers"] == {"maker": CORE.number, "checker": CORE.number, "seller": TIER_1.number}
    assert (prepared["function"], prepared["amount"]) == ("confirmOrders", "1017.00")
    trade.carry(prepared)
    found = trade.shown()
    assert (found["confirmed"], found["left"], found["status"]) == ("1017.00", "1017.00", "open")
    assert (found["documents"]["ordered"], found["documents"]["agreed"]) == ("1130.00", "1017.00")
    again = trade.refused(trade.confirming(order=format_id(CORE.number << 32 | 9)), 409, "ORDER-CONFIRMED")
    assert (again["order"], again["field"]) == (trade.order, "document")


def test_an_order_that_cannot_be_confirmed_is_refused_with_field_rule_and_document(trade: Trade) -> None:
    missing = trade.refused(trade.confirming(), 404, "ORDER-UNMATCHED")
    assert missing["document"] == trade.number
    trade.bring(trade.ordered())
    label = f"order-{trade.number}.xml#{trade.number}"
    unknown = trade.refused(trade.confirming(), 409, "ORDER-ACT")
    assert (unknown["reason"], unknown["field"], unknown["document"]) == (
        "INVOICE_UNKNOWN",
        "nullifier",
        label,
    )
    trade.attest(trade.number, ORDERED - 1)
    trade.desk.mine()
    above = trade.refused(trade.confirming(), 409, "ORDER-ACT")
    assert (above["reason"], above["keeps"], above["field"]) == ("INVOICE_EXHAUSTED", "DEC-12", "nullifier")
    more = trade.refused(trade.confirming(amount="1130.01"), 409, "ORDER-AMOUNT")
    assert (more["expected"], more["found"], more["document"]) == ("1130.00", "1130.01", label)
    past = trade.refused(
        trade.confirming(amount="1", last_day=iso(trade.house.machine.day())), 409, "ORDER-ACT"
    )
    assert (past["reason"], past["field"]) == ("DUE_DAY_PAST", "last_day")
    foreign = trade.refused(trade.confirming(amount="1", order="201-7"), 409, "ORDER-ACT")
    assert (foreign["reason"], foreign["field"]) == ("FOREIGN_ID", "order")
    trade.bring(trade.answered(code="RE"))
    rejected = trade.refused(trade.confirming(), 409, "ORDER-BLOCKED")
    assert [each["rule"] for each in rejected["exceptions"]] == ["ORDER-REJECTED"]


def test_a_list_is_published_once_and_each_seller_takes_its_own(trade: Trade) -> None:
    others = [Trade(trade.desk, trade.serial + step) for step in (100, 200)]
    for each in (trade, *others):
        each.bring(each.ordered())
        each.attest(each.number, ORDERED)
    trade.desk.mine()
    number = format_id(CORE.number << 32 | trade.serial + 300)
    wanted = [
        {name: value for name, value in each.confirming().items() if name != "act"}
        for each in (trade, *others)
    ]
    twice = trade.refused(
        {"act": "publish", "list": number, "orders": [*wanted, wanted[0]]}, 409, "ORDER-DIFFERS"
    )
    assert twice["field"] == "orders.3"
    prepared = trade.prepare({"act": "publish", "list": number, "orders": wanted})
    assert (prepared["amount"], len(prepared["taking"])) == ("3390.00", 3)
    taking = [{name: each[name] for name in ("list", "order", "proof")} for each in prepared["taking"]]
    early = trade.refused({"act": "take", **taking[0]}, 409, "ORDER-ACT")
    assert (early["reason"], early["field"]) == ("NOT_OFFERED", "list")
    trade.carry(prepared)
    altered = {**taking[0], "order": {**taking[0]["order"], "quantity": 1}}
    assert trade.refused({"act": "take", **altered}, 409, "ORDER-ACT")["reason"] == "PROOF_INVALID"
    for each in taking:
        taken = trade.prepare({"act": "take", **each})
        assert taken["signers"] == {"seller": TIER_1.number}
        trade.carry(taken)
    for each in (trade, *others):
        assert (each.shown()["taken_from"], each.shown()["left"]) == (number, "1130.00")
    again = trade.refused({"act": "take", **taking[0]}, 409, "ORDER-ACT")
    assert again["reason"] == "DEBTOR_LIMIT_EXCEEDED", "the list holds no more than its total"


def test_despatch_is_no_receipt_and_whatever_was_invoiced_no_more_than_came_is_to_be_paid(
    trade: Trade,
) -> None:
    trade.confirmed(trade.answered(), trade.sent(100), trade.invoiced(100))
    trade.attest(trade.invoice, ORDERED)
    trade.desk.mine()
    nothing = trade.refused(trade.converting(), 409, "ORDER-BLOCKED", trade.order)
    assert "NOT-RECEIVED" in [each["rule"] for each in nothing["exceptions"]]
    assert (nothing["field"], nothing["document"]) == (
        "invoice",
        f"invoice-{trade.invoice}.xml#{trade.invoice}",
    )
    assert "despatch advice does not count" in nothing["title"]
    trade.bring(trade.came(90))
    above = trade.refused(trade.converting(amount="1130.00"), 409, "ORDER-AMOUNT", trade.order)
    assert (above["expected"], above["found"], above["field"]) == ("1017.00", "1130.00", "amount")
    assert "1017.00 CNY was received of what is invoiced" in above["title"]
    prepared = trade.prepare(trade.converting(), trade.order)
    assert (prepared["taken"], prepared["amount"]) == ("1017.00", "1017.00")
    over = next(each for each in prepared["exceptions"] if each["rule"] == "OVER-INVOICED")
    assert (over["expected"], over["found"]) == ("90", "100")
    trade.carry(prepared)
    found = trade.shown()
    assert (found["converted"], found["promised"], found["left"]) == ("1017.00", "1017.00", "113.00")
    again = trade.refused(trade.converting(), 409, "ORDER-BLOCKED", trade.order)
    assert "received and not converted yet" in again["title"]


def test_what_did_not_come_is_reduced_with_why_and_what_is_to_be_prepaid(trade: Trade) -> None:
    trade.confirmed(trade.sent(100))
    trade.financed(facility=trade.serial, drawn=85_000)
    trade.refused({"act": "reduce"}, 409, "ORDER-COMPLETE", trade.order)
    trade.bring(trade.came(90))
    prepared = trade.prepare({"act": "reduce"}, trade.order)
    assert prepared["signers"] == {"debtor": CORE.number, "seller": TIER_1.number}
    (why,) = prepared["why"]
    assert (prepared["amount"], why["rule"], why["amount"]) == ("113.00", "SHORT-DELIVERY", "113.00")
    assert why["documents"] == [f"receipt-advice-RA-{trade.serial}-1.xml#RA-{trade.serial}-1"]
    (short,) = prepared["prepay"]
    assert short == {
        "facility": trade.serial, "lender": LENDER.number, "borrower": TIER_1.number,
        "amount": f"{(85_000 - RECEIVED * 8 // 10) / 100:.2f}",
    }  # fmt: skip
    trade.carry(prepared)
    found = trade.shown()
    assert (found["reduced"], found["left"], found["lock"]) == ("113.00", "1017.00", trade.serial)
    assert found["facilities"][0]["prepay"] == short["amount"]
    trade.refused({"act": "reduce"}, 409, "ORDER-COMPLETE", trade.order)
    most = trade.refused({"act": "reduce", "amount": "1017.01"}, 409, "ORDER-ACT", trade.order)
    assert (most["reason"], most["field"]) == ("QUANTITY_ABOVE_TITLE", "amount")


def test_a_locked_order_is_converted_by_its_lender_too_and_a_lower_price_is_to_be_prepaid(
    trade: Trade,
) -> None:
    trade.confirmed(trade.came(100), trade.invoiced(100, price=900))
    trade.financed(facility=trade.serial, drawn=90_000)
    trade.attest(trade.invoice, 101_700)
    trade.desk.mine()
    prepared = trade.prepare(trade.converting(), trade.order)
    assert prepared["signers"]["lender"] == LENDER.number
    assert (prepared["taken"], prepared["amount"]) == ("1130.00", "1017.00")
    assert [each["amount"] for each in prepared["prepay"]] == ["86.40"]
    trade.carry(prepared)
    found = trade.shown()
    assert (found["status"], found["converted"], found["promised"]) == ("closed", "1130.00", "1017.00")


def test_returned_goods_and_a_lower_response_are_reasons_to_reduce_and_count_once(trade: Trade) -> None:
    trade.confirmed(trade.came(100), trade.invoiced(100))
    note = credit_note(f"CN-{trade.serial}", trade.invoice, [line("1", 10, 1_000, order_line="1")])
    trade.bring(note)
    prepared = trade.prepare({"act": "reduce"}, trade.order)
    assert [(each["rule"], each["amount"]) for each in prepared["why"]] == [("CREDITED", "113.00")]
    trade.carry(prepared)
    trade.refused({"act": "reduce"}, 409, "ORDER-COMPLETE", trade.order)
    trade.attest(trade.invoice, RECEIVED)
    trade.desk.mine()
    last = trade.prepare(trade.converting(), trade.order)
    assert (last["taken"], last["amount"]) == ("1017.00", "1017.00")
    trade.carry(last)
    assert trade.shown()["status"] == "closed"


def test_a_response_after_the_confirmation_lowers_the_order_and_the_order_is_still_known(
    trade: Trade,
) -> None:
    trade.confirmed()
    trade.bring(trade.answered(lines=[line("1", 100, 800, order_line="1")]))
    prepared = trade.prepare({"act": "reduce"}, trade.order)
    assert [(each["rule"], each["amount"]) for each in prepared["why"]] == [("AMENDED-DOWN", "226.00")]


def test_rejected_goods_are_missing(trade: Trade) -> None:
    advice = receipt(
        f"RA-{trade.serial}-1", trade.number, [line("1", 100, order_line="1", rejected=Fraction(5))]
    )
    trade.confirmed(advice)
    prepared = trade.prepare({"act": "reduce"}, trade.order)
    assert [(each["rule"], each["amount"]) for each in prepared["why"]] == [("SHORT-DELIVERY", "56.50")]


def test_two_invoices_of_one_order_take_what_came_once(trade: Trade) -> None:
    trade.confirmed(trade.came(60))
    first = Trade(trade.desk, trade.serial + 400)
    for part in (trade, first):
        billed = trade.invoiced(60) if part is trade else trade.invoiced(40)
        number = part.invoice
        trade.bring(replace(billed, number=number, source=source(f"invoice-{number}.xml")))
        trade.attest(number, ORDERED)
    trade.desk.mine()
    trade.carry(trade.prepare(trade.converting(), trade.order))
    assert trade.shown()["converted"] == "678.00"
    second = trade.converting(
        invoice=first.invoice, nullifier="0x" + nullifier_of(first.invoice).hex(),
        receivable=format_id(CORE.number << 32 | first.serial + 10_000),
    )  # fmt: skip
    trade.refused(second, 409, "ORDER-BLOCKED", trade.order)
    trade.bring(trade.came(25, number=2))
    prepared = trade.prepare(second, trade.order)
    assert (prepared["taken"], prepared["amount"]) == ("282.50", "282.50")
    trade.carry(prepared)
    assert (trade.shown()["converted"], trade.shown()["left"]) == ("960.50", "169.50")


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"clearing_bank": CORE.number}, "NOT_A_BANK", "clearing_bank"),
        ({"receivable": "201-5"}, "FOREIGN_ID", "receivable"),
        ({"nullifier": "0x" + "77" * 32}, "INVOICE_UNKNOWN", "nullifier"),
    ],
)
def test_a_conversion_the_ledger_would_refuse_names_the_field(
    trade: Trade, changes: dict[str, object], reason: str, field: str
) -> None:
    trade.confirmed(trade.came(100), trade.invoiced(100))
    trade.attest(trade.invoice, ORDERED)
    trade.desk.mine()
    found = trade.refused(trade.converting(**changes), 409, "ORDER-ACT", trade.order)
    assert (found["reason"], found["field"]) == (reason, field)


def test_what_is_not_there_is_named(trade: Trade) -> None:
    trade.confirmed()
    found = trade.refused(trade.converting(), 404, "ORDER-INVOICE", trade.order)
    assert (found["field"], found["document"]) == ("invoice", trade.invoice)
    other = trade.refused({"act": "reduce", "title": "101-1", "amount": "1"}, 409, "ORDER-TITLE", trade.order)
    assert other["titles"] == [trade.order]
    trade.refused({"act": "reduce"}, 404, "UNKNOWN_ROOT", "101-1")
    trade.refused(trade.converting(clearing_bank=CLEARING.number), 404, "UNKNOWN_ROOT", "101-1")
