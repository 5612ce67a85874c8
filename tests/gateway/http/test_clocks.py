"""What is watched and shown under the rules: requests to confirm, splits, classes, the versions things stand under."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from gateway.adapters.ledger.acts import Domain
from gateway.adapters.ledger.chain import blocks
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.db.own import confirmation_requests
from gateway.domain.calendar import date_of, day_of_iso, iso
from gateway.projections.rebuild import reindex
from gateway.settings import Settings
from tests.gateway.conftest import Told
from tests.gateway.documents.trade_builder import invoice, line, order, receipt
from tests.gateway.documents.ubl_writer import to_ubl
from tests.gateway.http.conftest import Caller
from tests.gateway.serving import serving
from tests.house.machine import CHAIN_ID

DEBTOR = 101


@pytest.fixture
def own(told: Told, database: Engine) -> Iterator[Caller]:
    """A caller at a gateway that nobody else writes to, and that has read no block yet: its today is the clock's."""
    gateway = Gateway(Settings(), database, told.chain, Domain(CHAIN_ID, told.book["Ledger"].address), 0)
    with serving(create_app(gateway)) as http:
        yield Caller(http, gateway, told)


def today(caller: Caller) -> int:
    return day_of_iso(caller.get("/rules")["as_of"])


def deal(caller: Caller, due_days: int, received: int = 10) -> str:
    """A deal delivered 5 days ago; answers its invoice's key."""
    delivered = date_of(today(caller) - 5)
    made = [
        order("PO-1", [line("1", 10, 100_00)], issued=delivered - timedelta(days=9)),
        receipt("RA-1", "PO-1", [line("1", received, order_line="1")], issued=delivered),
        invoice(
            "INV-1", "PO-1", [line("1", 10, 100_00, order_line="1")], issued=delivered,
            due=delivered + timedelta(days=due_days),
        ),
    ]  # fmt: skip
    for place, each in enumerate(made):
        headers = {"Idempotency-Key": f"file-{place}"}
        answer = caller.http.post(f"/documents?name={place}.xml", content=to_ubl(each), headers=headers)
        assert answer.json()["status"] == "used", answer.text
    (found,) = caller.get("/matches")["matches"]
    return str(found["key"])


def confirm(caller: Caller, key: str, **params: Any) -> dict[str, dict[str, Any]]:
    body = {"key": key, "nullifier": "0x" + "11" * 32, "debtor": DEBTOR}
    answer = caller.post("/confirmations", body, **params)
    assert answer.status_code in (200, 201), answer.text
    return {each["rule"]: each for each in answer.json()["rulings"]}


@pytest.mark.parametrize(
    ("days", "sme_9", "cn77_11"),
    [
        (60, "kept", "kept"),
        (61, "too late", "kept"),
        (300, "too late", "review"),
        (400, "too late", "above the maximum"),
    ],
)
def test_a_confirmation_is_ruled_on_and_keeps_its_rulings(
    own: Caller, days: int, sme_9: str, cn77_11: str
) -> None:
    """SME-9 counts from delivery, CN77-11 from the promise; SME-15 names what is held back: here nothing."""
    key = deal(own, days)
    assert confirm(own, key, dry_run="true")["SME-9"]["outcome"] == sme_9
    assert own.get("/rulings")["rulings"] == []
    found = confirm(own, key)
    assert {rule: each["outcome"] for rule, each in found.items()} == {
        "CN77-11": cn77_11, "SME-9": sme_9, "SME-15": "kept",
    }  # fmt: skip
    assert {each["pack_version"] for each in found.values()} == {1}
    assert confirm(own, key) == found
    kept = own.get("/rulings", subject=found["SME-9"]["subject"])["rulings"]
    assert {each["rule"]: each for each in kept} == found


def test_sme_15_what_was_not_received_is_held_back_and_nothing_else(own: Caller) -> None:
    found = confirm(own, deal(own, 60, received=7))["SME-15"]
    inputs = found["inputs"]
    assert inputs["confirmed_minor"] == found["figures"]["undisputed_minor"]
    assert inputs["held_back_minor"] * 10 == inputs["invoiced_minor"] * 3
    assert found["holds"] is True


def test_sme_16_a_request_runs_until_it_is_confirmed(own: Caller) -> None:
    key = deal(own, 60)
    body = {"invoice": key, "debtor": DEBTOR, "person": "Accountant Shen"}
    asked = own.post("/confirmation-requests", body).json()
    assert (asked["state"], asked["days"]) == ("open", 0)
    assert day_of_iso(asked["last_day"]) - day_of_iso(asked["requested"]) == 30
    states = {}
    for waited in (19, 20, 30, 31):
        with own.gateway.engine.begin() as connection:
            moved = update(confirmation_requests).values(requested_day=today(own) - waited)
            connection.execute(moved)
        (row,) = own.get("/confirmation-requests", debtor=DEBTOR)["confirmation_requests"]
        states[waited] = row["state"]
    assert states == {19: "open", 20: "remind", 30: "remind", 31: "overdue"}
    assert own.get("/confirmation-clocks")["confirmation_clocks"] == [
        {"debtor": DEBTOR, "requests": 1, "confirmed_in_time": 0, "confirmed_late": 0, "open": 0, "overdue": 1,
         "longest_days": 31}
    ]  # fmt: skip
    # Asking again does not begin the days anew.
    assert own.post("/confirmation-requests", body).json()["days"] == 31
    ruling = confirm(own, key)["SME-16"]
    assert (ruling["holds"], ruling["outcome"], ruling["figures"]["days"]) == (False, "confirmed late", 31)
    (row,) = own.get("/confirmation-requests")["confirmation_requests"]
    assert (row["state"], row["confirmed"]) == ("confirmed late", iso(today(own)))
    assert own.get("/confirmation-clocks")["confirmation_clocks"][0]["confirmed_late"] == 1


def test_sme_16_only_an_imported_open_invoice_can_be_asked_for(own: Caller) -> None:
    key = deal(own, 60)
    body = {"invoice": key, "debtor": DEBTOR, "person": "Accountant Shen"}
    unknown = own.post("/confirmation-requests", {**body, "invoice": "made up"})
    assert own.refused(unknown, 404, "REQUEST-UNMATCHED")["field"] == "invoice"
    confirm(own, key)
    own.refused(own.post("/confirmation-requests", body), 409, "REQUEST-ANSWERED")


def test_receivables_and_loans_say_under_which_versions_they_stand(caller: Caller) -> None:
    for root in caller.rows("/receivables", "receivables", 500):
        assert (root["rule_pack_version"], root["policy_version"] > 0) == (1, True)
        assert root["payment_day"] >= root["due"]
    loans = caller.rows("/loans", "loans", 500)
    assert loans
    policies = {root["policy_version"] for root in caller.rows("/receivables", "receivables", 500)}
    for loan in loans:
        assert loan["rule_pack_version"] == 1
        assert loan["policy_version"] in policies
        owed = {"outstanding", "written off"}
        assert (loan["class"] is not None) == (loan["phase"] in owed)
        assert loan["phase"] != "written off" or loan["class"] == "loss"


def test_cn77_split_counts_the_pieces_of_a_receivable(own: Caller) -> None:
    reindex(own.gateway.engine, own.told.chain)
    # As if the whole story had happened today.
    with own.gateway.engine.begin() as connection:
        connection.execute(update(blocks).values(time=select(func.max(blocks.c.time)).scalar_subquery()))
    pieces: dict[str, list[int]] = {}
    for title in own.rows("/titles", "titles", 500):
        if title["parent"] is not None:
            pieces.setdefault(title["root"], []).append(title["depth"])
    watched = {each["root"]: each for each in own.rows("/split-watch", "split_watch", 2)}
    assert len(watched) >= 2
    counted = {root: (each["splits_times"], each["depth"]) for root, each in watched.items()}
    assert counted == {root: (len(depths), max(depths)) for root, depths in pieces.items()}
    assert not any(each["alert"] for each in watched.values())
