"""Every exception that a named person can resolve, with the decision that does it, as the guide tells it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.matching import RULES, Decision, Effect, match
from gateway.domain.trade import AllowanceCharge, Party, TradeDocument
from tests.gateway.documents.trade_builder import chain, credit_note, invoice, line, moved, order, receipt

GUIDE = (Path(__file__).resolve().parents[3] / "docs/guides/core-enterprise.md").read_text()
WHOLE = 113_000
Documents = list[TradeDocument]


@dataclass(frozen=True, slots=True)
class Way:
    """Documents with one exception, the decision, and what is proposed before and after it."""

    documents: Callable[[], Documents]
    decision: Mapping[str, Any]
    before: int
    after: int
    refused: Callable[[], Documents] = list


def billed(**fields: Any) -> Documents:
    """The chain with another invoice line."""
    return [
        *chain()[:4],
        invoice("INV-1", "PO-1", [line("1", 100, **({"price": 1_000, "order_line": "1"} | fields))]),
    ]


def bill(**fields: Any) -> Documents:
    """The chain with another invoice head."""
    return [*chain()[:4], replace(chain()[4], **fields)]


def unpriced() -> Documents:
    return [replace(chain()[0], lines=(line("1", 100, None),)), *chain()[1:]]


def charged() -> Documents:
    freight = (AllowanceCharge(True, 500, "S", Fraction(13)),)
    return [
        *chain()[:4],
        invoice("INV-1", "PO-1", [line("1", 100, 1_000, order_line="1")], adjustments=freight),
    ]


def raised() -> Documents:
    """The seller's answer asks for a higher price, and the invoice follows it."""
    documents = billed(price=1_100)
    documents[1] = replace(documents[1], code="CA", lines=(line("1", 100, 1_100, order_line="1"),))
    return documents


def two_versions() -> Documents:
    return [*chain(), moved(invoice("inv 1", "PO-1", [line("1", 100, 990, order_line="1")]), "second.xml")]


def two_receipts() -> Documents:
    return [
        *chain(),
        moved(receipt("RA-1", "PO-1", [line("1", 80, order_line="1")], despatches=("DA-1",)), "r2.xml"),
    ]


def credited() -> Documents:
    return [*chain(), credit_note("CN-1", "", [line("1", 10, 1_000)])]


def refused_note() -> Documents:
    return [credit_note("CN-1", "INV-1", [line("1", 10, 1_000)])]


def unplaced_receipt() -> Documents:
    documents = chain()
    documents[3] = receipt("RA-1", "PO-1", [line("7", 100, seller_item="", description="")])
    return documents


WAYS: dict[str, Way] = {
    "AMENDED-UP": Way(raised, {"document": "OR-1"}, WHOLE, 124_300),
    "CHARGE": Way(charged, {"document": "INV-1"}, WHOLE, 113_565),
    "CREDIT-NOTE-UNLINKED": Way(credited, {"document": "CN-1", "chosen": "INV-1"}, 0, 101_700),
    "DUE-BEFORE-ISSUE": Way(
        lambda: bill(due=date(2026, 1, 1)), {"document": "INV-1", "due": date(2026, 7, 1)}, 0, WHOLE
    ),
    "DUE-MISSING": Way(lambda: bill(due=None), {"document": "INV-1", "due": date(2026, 7, 1)}, 0, WHOLE),
    "DUPLICATE-DOCUMENT": Way(two_receipts, {"document": "RA-1", "chosen": "r2.xml"}, 0, 90_400),
    "DUPLICATE-INVOICE": Way(two_versions, {"document": "INV-1", "chosen": "second.xml"}, 0, 111_870),
    "INVOICE-TYPE": Way(lambda: bill(code="325"), {"document": "INV-1"}, 0, WHOLE),
    "ITEM": Way(lambda: billed(seller_item="S-9"), {"document": "INV-1", "line": "1"}, 0, WHOLE),
    "LINE-UNMATCHED": Way(
        lambda: billed(order_line="7", seller_item="S-1"), {"document": "INV-1", "line": "1", "chosen": "1"}, 0, WHOLE
    ),
    "ORDER-MISSING": Way(lambda: bill(order="PO-7"), {"document": "INV-1", "chosen": "PO-1"}, 0, WHOLE),
    "PARTY-UNPROVEN": Way(lambda: bill(buyers=(Party("京轨"),)), {"document": "INV-1"}, 0, WHOLE),
    "PRICE": Way(lambda: billed(price=1_080), {"document": "INV-1", "line": "1"}, WHOLE, 122_040),
    "PRICE-MISSING": Way(unpriced, {"document": "INV-1"}, 0, WHOLE),
    "RECEIPT-UNMATCHED": Way(unplaced_receipt, {"document": "RA-1", "line": "7", "chosen": "1"}, 0, WHOLE),
    "REFUSED-DOCUMENT": Way(chain, {"document": "CN-1"}, 0, WHOLE, refused_note),
    "TAX": Way(lambda: billed(rate=16), {"document": "INV-1"}, WHOLE, 116_000),
}  # fmt: skip


def test_every_rule_that_a_person_can_lift_has_its_way() -> None:
    assert set(WAYS) == {name for name, rule in RULES.items() if rule.resolvable}


@pytest.mark.parametrize("rule", WAYS)
def test_the_decision_does_what_it_says(rule: str) -> None:
    way = WAYS[rule]
    open_ = match(way.documents(), refused=way.refused())
    assert rule in {found.rule for found in open_.exceptions}
    assert sum(proposal.amount for proposal in open_.proposals) == way.before
    decision = Decision(rule=rule, person="Li Na", reason="seen and agreed", **way.decision)
    settled = match(way.documents(), decisions=[decision], refused=way.refused())
    assert sum(proposal.amount for proposal in settled.proposals) == way.after
    assert not {"DECISION-UNKNOWN", "DECISION-REFUSED"} & {found.rule for found in settled.exceptions}


def table(heading: str) -> dict[str, str]:
    """The rows of the guide's table under a heading, by the rules in their first cell."""
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", GUIDE.partition(heading)[2].partition("\n#")[0], re.MULTILINE)
    return {name: rest for cell, rest in rows for name in re.findall(r"`([A-Z-]+)`", cell)}


def test_the_guide_tells_each_way_with_the_fields_it_needs() -> None:
    told = table("### What a person can decide")
    assert set(told) == set(WAYS)
    for rule, way in WAYS.items():
        needed = set(way.decision) - {"document"}
        assert needed <= set(re.findall(r"`([a-z]+)`", told[rule])), rule


def test_the_guide_tells_what_to_do_about_everything_else_that_keeps_an_invoice_from_being_paid() -> None:
    stops = {
        name
        for name, rule in RULES.items()
        if not rule.resolvable and rule.effect in (Effect.BLOCK, Effect.CAP)
    }
    assert set(table("### What no decision lifts")) == stops


def test_a_credit_note_of_an_unproven_buyer_waits_for_a_person_as_well() -> None:
    note = replace(credit_note("CN-1", "INV-1", [line("1", 10, 1_000)]), buyers=(Party("京轨"),))
    accepted = Decision("PARTY-UNPROVEN", "CN-1", "Li Na", "the same firm")
    assert not match([*chain(), note]).proposals
    assert [p.amount for p in match([*chain(), note], decisions=[accepted]).proposals] == [101_700]


def test_an_order_with_another_number_is_not_taken_for_the_one_that_is_meant() -> None:
    other = order("PO-2", [line("1", 100, 500)])
    report = match([*bill(order="PO-7"), moved(other, "other.xml")])
    assert not report.proposals
