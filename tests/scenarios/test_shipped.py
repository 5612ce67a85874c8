"""The shipped documents, from files to settled money."""

from __future__ import annotations

from decimal import Decimal

from tests.scenarios.runs import SHIPPED, Run, adds_up, exact

PARTIES = {"core enterprise": 101, "tier 2": 301, "tier 3": 302, "lender": 11}


def test_it_ends_well_and_everything_adds_up(shipped: Run) -> None:
    assert shipped.status == 0
    assert "Everything adds up" in shipped.said
    adds_up(shipped)
    assert all(row["equal"] for row in shipped.report["totals"])
    assert {row["currency"] for row in shipped.report["totals"]} == {"CNY", "EUR"}


def test_every_law_was_asked_of_something(shipped: Run) -> None:
    assert len(shipped.report["invariants"]) >= 11
    assert [row["id"] for row in shipped.report["invariants"] if row["cases"] == 0] == []


def test_every_file_is_read_once_and_used(shipped: Run) -> None:
    files = sorted(path.relative_to(SHIPPED).as_posix() for path in SHIPPED.rglob("*") if path.is_file())
    assert sorted(row["file"] for row in shipped.report["documents"]) == files
    assert {row["status"] for row in shipped.report["documents"]} == {"used"}


def test_no_more_is_promised_than_was_received(shipped: Run) -> None:
    short = next(row for row in shipped.report["matches"] if row["invoice"].endswith("#SP26-000318"))
    assert (exact(short, "invoiced"), exact(short, "received")) == (
        Decimal("559350.00"),
        Decimal("503415.00"),
    )
    assert exact(short, "proposed") == Decimal("503415.00")
    named = [
        row for row in shipped.rows("exceptions", rule="OVER-INVOICED") if row["document"] == "SP26-000318"
    ]
    assert [(row["field"], row["expected"], row["found"]) for row in named] == [("quantity", "90", "100")]
    promised = shipped.rows("receivables", invoice=short["invoice"])
    assert [row["amount"] for row in promised] == ["503415.00"]


def test_a_credit_note_nets_its_invoice_to_nothing(shipped: Run) -> None:
    credited = next(row for row in shipped.report["matches"] if row["credit_notes"])
    assert exact(credited, "invoiced") == exact(credited, "credited") > 0
    assert (credited["net"], credited["proposed"]) == ("0.00", "0.00")
    assert shipped.rows("receivables", invoice=credited["invoice"]) == []


def test_what_was_prepaid_is_not_promised_again(shipped: Run) -> None:
    prepaid = next(row for row in shipped.report["matches"] if exact(row, "prepaid"))
    assert exact(prepaid, "proposed") == exact(prepaid, "received") - exact(prepaid, "prepaid")


def test_every_complete_chain_is_closed_and_every_certificate_settled(shipped: Run) -> None:
    proposed = [row for row in shipped.report["matches"] if exact(row, "proposed")]
    assert len(shipped.report["receivables"]) == len(proposed) == 5
    assert {row["status"] for row in shipped.report["receivables"]} == {"closed"}
    assert {row["status"] for row in shipped.report["titles"]} == {"settled"}
    assert {row["phase"] for row in shipped.report["loans"]} == {"settled"}
    assert {row["still_locked"] for row in shipped.report["pledges"]} == {"0.00"}


def test_the_third_tier_and_the_lender_are_paid(shipped: Run) -> None:
    roles = {row["role"]: row["party"] for row in shipped.report["parties"]}
    assert {role: roles[role] for role in PARTIES} == PARTIES
    third = shipped.rows("settlement", payee=roles["tier 3"])
    assert {row["as"] for row in third} == {"holder"}
    held = {row["id"]: exact(row) for row in shipped.rows("titles", holder=roles["tier 3"])}
    assert {row["title"]: exact(row) for row in third} == held
    lender = shipped.rows("settlement", payee=roles["lender"])
    assert {row["as"] for row in lender} == {"lender"}
    repaid = sum(
        exact(row, "drawn") + exact(row, "interest_paid")
        for row in shipped.report["loans"]
        if row["currency"] == "EUR"
    )
    assert sum(exact(row) for row in lender if row["currency"] == "EUR") == repaid


def test_every_certificate_of_a_receivable_adds_up_to_it(shipped: Run) -> None:
    for receivable in shipped.report["receivables"]:
        pieces = shipped.rows("titles", root=receivable["root"])
        assert sum(exact(row) for row in pieces) == exact(receivable)
        assert [row["parent"] for row in pieces if row["id"] == receivable["root"]] == [None]


def test_every_settlement_is_an_entry_of_a_banks_own_statement(shipped: Run) -> None:
    booked = {row["bank_reference"]: row for row in shipped.report["payments"]}
    for row in shipped.report["settlement"]:
        entry = booked[row["bank_reference"]]
        assert (entry["payee"], entry["currency"]) == (row["payee"], row["currency"])
        assert exact(entry) >= exact(row)


def test_the_story_can_be_read(shipped: Run) -> None:
    for words in ("Confirmation", "Circulation", "Maturity", "Baoding Hengtong Parts Co.", "tier 3", "gas"):
        assert words in shipped.said
    chapters = shipped.report["chain"]["chapters"]
    assert len(chapters) >= 7
    assert sum(chapter["gas"] for chapter in chapters) == shipped.report["chain"]["gas"]
    # Nothing is broken to the width of a screen that is not there.
    assert "EQSCLCNSH" in shipped.said
    assert "…" not in shipped.said
