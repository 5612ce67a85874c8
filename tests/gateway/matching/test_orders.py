"""What an order comes to by its documents: agreed, sent, received and invoiced, tax included."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256

from gateway.domain.matching import match
from gateway.domain.matching_model import OrderMatch
from gateway.domain.trade import TradeDocument
from tests.gateway.documents.trade_builder import (
    chain,
    credit_note,
    despatch,
    invoice,
    line,
    order,
    receipt,
    response,
)


def only(documents: list[TradeDocument]) -> OrderMatch:
    (found,) = match(documents).orders
    return found


def test_despatch_is_no_receipt() -> None:
    found = only(chain()[:3])
    assert (found.ordered, found.agreed, found.despatched) == (113_000,) * 3
    assert (found.received, found.missing, found.parts) == (0, 0, ())


def test_what_was_sent_and_did_not_come_is_missing() -> None:
    found = only(chain(received=90))
    assert (found.despatched, found.received, found.missing) == (113_000, 101_700, 11_300)
    (part,) = found.parts
    assert (part.invoiced, part.received, part.proposed) == (113_000, 101_700, 101_700)


def test_what_is_still_to_come_is_not_missing() -> None:
    ordered, answered, *_ = chain()
    found = only(
        [
            ordered, answered, despatch("DA-1", "PO-1", [line("1", 40, order_line="1")]),
            receipt("RA-1", "PO-1", [line("1", 40, order_line="1")]),
        ]
    )  # fmt: skip
    assert (found.agreed, found.received, found.missing) == (113_000, 45_200, 0)


def test_what_was_rejected_is_missing_though_it_was_counted() -> None:
    ordered, *_ = chain()
    found = only([ordered, receipt("RA-1", "PO-1", [line("1", 100, order_line="1", rejected=Fraction(5))])])
    assert (found.received, found.missing) == (107_350, 5_650)


def test_a_response_that_lowers_price_lowers_what_is_agreed_not_what_was_ordered() -> None:
    found = only(
        [
            order("PO-1", [line("1", 100, 1_000)]),
            response("OR-1", "PO-1", [line("1", 100, 900, order_line="1")]),
        ]
    )
    assert (found.ordered, found.agreed) == (113_000, 101_700)


def test_more_than_was_agreed_counts_for_no_more() -> None:
    assert only(chain(received=130)).received == 113_000


def test_an_invoice_below_the_orders_price_is_received_at_the_orders_price() -> None:
    ordered, answered, sent, came, _ = chain()
    found = only(
        [ordered, answered, sent, came, invoice("INV-1", "PO-1", [line("1", 100, 950, order_line="1")])]
    )
    (part,) = found.parts
    assert (part.received, part.proposed) == (113_000, 107_350)


def test_a_credit_note_lowers_what_is_proposed_and_not_what_came() -> None:
    found = only([*chain(), credit_note("CN-1", "INV-1", [line("1", 10, 1_000, order_line="1")])])
    (part,) = found.parts
    assert (part.credited, part.received, part.proposed) == (11_300, 113_000, 101_700)


def test_the_evidence_can_be_worked_out_from_the_files_and_outlives_a_later_response() -> None:
    documents = chain()[:2]
    found = only(documents)
    hashes = sorted(each.source.sha256 for each in documents)
    assert found.evidence()[0] == sha256(("PO-1" + "".join(hashes)).encode()).digest()
    later = response("OR-2", "PO-1", [line("1", 90, order_line="1")], time="12:00:00")
    assert found.evidence()[0] in only([*documents, later]).evidence()
