"""Laws of the match over random trade: nothing above net or receipt; the order of files is nothing."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.matching import MatchReport, match
from gateway.domain.trade import AllowanceCharge, TradeDocument, round_half_up
from tests.gateway.documents.trade_builder import credit_note, invoice, line, order, receipt, response

QUANTITIES = st.one_of(
    st.integers(0, 120), st.fractions(0, 40, max_denominator=8).filter(lambda q: 8 % q.denominator == 0)
)
PRICES = st.one_of(st.integers(1, 5_000), st.fractions(1, 900, max_denominator=4))
RATES = st.sampled_from([0, 6, 13])
LINES = ("1", "2")


@st.composite
def adjustments(draw: st.DrawFn) -> tuple[AllowanceCharge, ...]:
    rate = Fraction(draw(RATES))
    rows = draw(st.lists(st.tuples(st.booleans(), st.integers(1, 900)), max_size=2))
    return tuple(AllowanceCharge(charge, amount, "S" if rate else "Z", rate) for charge, amount in rows)


@st.composite
def trades(draw: st.DrawFn) -> list[TradeDocument]:
    """One order, maybe answered, with receipts, invoices and credit notes that need not fit it."""
    ordered = [line(i, draw(QUANTITIES), draw(PRICES), rate=draw(RATES)) for i in LINES]
    documents = [order("PO", ordered, adjustments=draw(adjustments()))]
    if draw(st.booleans()):
        answer = [line("1", draw(QUANTITIES), draw(PRICES), rate=None, order_line="1", status="3")]
        documents.append(response("OR", "PO", answer, code="CA"))
    for number in range(draw(st.integers(0, 3))):
        got = draw(QUANTITIES)
        rejected = min(Fraction(got), Fraction(draw(st.integers(0, 5))))
        row = line("1", got, order_line=draw(st.sampled_from(LINES)), rejected=rejected)
        documents.append(receipt(f"RA{number}", "PO", [row]))
    for number in range(draw(st.integers(1, 4))):
        rows = [
            line(
                str(n),
                draw(QUANTITIES),
                draw(PRICES),
                rate=draw(RATES),
                order_line=draw(st.sampled_from(LINES)),
            )
            for n in range(draw(st.integers(1, 3)))
        ]
        if draw(st.integers(0, 4)) == 0:
            rows.append(line("r", -draw(st.integers(1, 9)), draw(PRICES), order_line="1"))
        documents.append(
            invoice(
                f"INV{number}",
                "PO",
                rows,
                adjustments=draw(adjustments()),
                prepaid=draw(st.sampled_from([0, 0, 100, 5_000])),
                issued=date(2026, 3, 1) + timedelta(days=draw(st.integers(0, 3))),
            )
        )
        if draw(st.integers(0, 3)) == 0:
            back = [line("1", draw(QUANTITIES), draw(PRICES), order_line="1")]
            documents.append(credit_note(f"CN{number}", f"INV{number}", back))
    return documents


def received_by_line(documents: list[TradeDocument]) -> dict[str, Fraction]:
    """Independent count: what the receipt advices accept of each order line."""
    got: dict[str, Fraction] = defaultdict(Fraction)
    for document in documents:
        if document.kind == "receipt-advice":
            for row in document.lines:
                got[row.order_line] += (row.quantity or 0) - row.rejected
    return got


def check(documents: list[TradeDocument], report: MatchReport) -> None:
    got = received_by_line(documents)
    ordered = {row.id: row for row in documents[0].lines}
    used: dict[str, Fraction] = defaultdict(Fraction)
    paid: dict[str, int] = defaultdict(int)
    for result in report.results:
        assert 0 <= result.proposed <= result.received
        assert result.proposed <= max(0, result.net)
        assert result.proposed + result.prepaid <= max(result.received, result.prepaid)
        assert result.net == result.invoiced - result.prepaid - result.credited
        for row in result.lines:
            used[row.order_line] += row.payable if result.net > 0 else 0
            paid[row.order_line] += max(0, row.amount) if result.net > 0 else 0
    for name in LINES:
        assert used[name] <= min(got[name], ordered[name].quantity or 0)
        price = max(Fraction(ordered[name].amount or 0) / (ordered[name].quantity or 1), Fraction(0))
        stated = ordered[name].unit_price or Fraction(0)
        assert paid[name] <= round_half_up(max(price, stated) * got[name])


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trades())
def test_no_proposal_exceeds_net_or_receipt(documents: list[TradeDocument]) -> None:
    check(documents, match(documents))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trades(), st.randoms(use_true_random=False))
def test_the_order_of_files_changes_nothing(documents: list[TradeDocument], random: object) -> None:
    shuffled = list(documents)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
    assert match(shuffled) == match(documents)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trades())
def test_reading_a_folder_twice_proposes_nothing_twice(documents: list[TradeDocument]) -> None:
    once, twice = match(documents), match([*documents, *documents])
    assert twice.proposals == once.proposals


@given(
    ordered=st.integers(1, 500), price=st.integers(1, 100_000), rate=st.sampled_from([0, 3, 6, 9, 13]),
    parts=st.lists(st.integers(1, 60), min_size=1, max_size=6),
)  # fmt: skip
def test_part_deliveries_invoiced_as_received_are_paid_in_full(
    ordered: int, price: int, rate: int, parts: list[int]
) -> None:
    total = max(ordered, sum(parts))
    documents = [order("PO", [line("1", total, price, rate=rate)])]
    for number, part in enumerate(parts):
        documents.append(receipt(f"RA{number}", "PO", [line("1", part, order_line="1")]))
        documents.append(invoice(f"I{number}", "PO", [line("1", part, price, rate=rate, order_line="1")]))
    report = match(documents)
    assert [r.proposed for r in report.results] == [r.invoiced for r in report.results]
    assert not [finding for finding in report.exceptions if finding.effect in ("cap", "block")]
