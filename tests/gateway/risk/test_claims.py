"""Claims from outside the ledger: signed by a person, kept, ranked by law, and asked of the past (CC-768, GI-66)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from gateway.adapters.banks.examination import examine_banks
from gateway.db import own
from gateway.projections.examination import tables_in
from gateway.risk.book import declaration_discrepancies
from tests.gateway.risk.conftest import ASSIGNED, BIG, DOCUMENT, FREE, WELL, Desk
from tests.house.cast import CLEARING, LENDER, THIRD_BANK, TIER_1, TIER_2

FACTOR = {
    "recorder": str(CLEARING.number), "instrument": "factoring", "claimant": "Huaxia Factoring", "currency": "CNY",
    "amount": "700000.00",
}  # fmt: skip
REGISTERED = {"registration": "0657-1", "registeredAt": "2026-09-01T10:00:00+08:00"}


def claim(desk: Desk, title: int, **fields: str) -> dict[str, Any]:
    told = {"document": DOCUMENT, **FACTOR, **fields}
    signatures = desk.signed("claim", {**told, "title": str(title)}, CLEARING["office"])
    answer = desk.post(f"/titles/{title}/claims", {"fields": told, "signatures": signatures})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def gets(desk: Desk, title: int, **params: str) -> list[tuple[str, int, str]]:
    found = desk.get(f"/titles/{title}/priority", **params)
    return [(each["claimant"], each["rank"], each["gets"]) for each in found["claims"]]


def test_cc_768_a_registered_factor_comes_before_the_ledgers_pledge(desk: Desk) -> None:
    assert gets(desk, BIG) == [(f"facility {WELL}", 1, "1000000.00")]
    claim(desk, BIG, **REGISTERED)
    assert gets(desk, BIG) == [("Huaxia Factoring", 1, "700000.00"), (f"facility {WELL}", 2, "300000.00")]
    (why,) = desk.get(f"/titles/{BIG}/priority")["because"]
    assert (why["rule"], why["sentence"]) == ("GI-66", "It is registered, the other is not.")


def test_cn77_13_the_lender_that_registered_earlier_keeps_its_rank(desk: Desk) -> None:
    claim(desk, BIG, **REGISTERED)
    registration = {
        "title": str(BIG), "recorder": str(LENDER.number), "instrument": "pledge", "claimant": "lending bank",
        "currency": "CNY", "amount": "1000000.00", "registration": "0657-0", "registeredAt": "2026-09-01T01:59:59Z",
        "facility": str(WELL),
    }  # fmt: skip
    desk.declare("claim", registration, LENDER["credit_maker"])
    assert gets(desk, BIG, amount="1200000.00") == [
        (f"facility {WELL}", 1, "1000000.00"), ("Huaxia Factoring", 2, "200000.00"),
    ]  # fmt: skip
    (why,) = desk.get(f"/titles/{BIG}/priority")["because"]
    assert why["sentence"] == "It was registered earlier."


def test_gi_66_an_acquirer_on_the_ledger_holds_by_an_assignment_the_debtor_knows_of(desk: Desk) -> None:
    claim(desk, ASSIGNED, amount="60000.00")
    assert gets(desk, ASSIGNED, amount="100000.00") == [
        (f"party {TIER_2.number}", 1, "100000.00"), ("Huaxia Factoring", 2, "0.00"),
    ]  # fmt: skip


def test_what_no_claim_takes_is_the_holders(desk: Desk) -> None:
    claim(desk, FREE)
    found = desk.get(f"/titles/{FREE}/priority")
    assert (found["rest"], found["holder"]) == ("1300000.00", TIER_2.number)
    assert desk.get(f"/titles/{FREE}/priority", amount="0.01")["claims"][0]["gets"] == "0.01"


def test_the_past_has_only_the_claims_that_were_recorded_then(desk: Desk) -> None:
    before = desk.get("/titles")["as_of"]["block"]
    desk.mine()
    first = claim(desk, BIG, **REGISTERED)
    after = desk.mine()
    assert gets(desk, BIG, as_of=str(before)) == [(f"facility {WELL}", 1, "1000000.00")]
    assert len(gets(desk, BIG, as_of=str(after))) == 2
    desk.declare(
        "withdrawal",
        {"declaration": first["declaration"], "recorder": str(CLEARING.number)},
        CLEARING["payments"],
    )
    last = desk.mine()
    assert len(gets(desk, BIG, as_of=str(after - 1))) == 2
    assert gets(desk, BIG, as_of=str(last)) == [(f"facility {WELL}", 1, "1000000.00")]
    listed = desk.get("/declarations", kind="claim", subject=str(BIG))["declarations"]
    assert [(each["withdrawn"], each["persons"]) for each in listed] == [(True, [6])]


def test_before_the_lock_there_was_no_pledge(desk: Desk) -> None:
    assert gets(desk, BIG, as_of=str(desk.ledger.unlocked_block)) == []
    assert gets(desk, BIG, as_of=str(desk.ledger.early_block)) == [(f"facility {WELL}", 1, "1000000.00")]


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"registration": "0657"}, "registration"),
    ({"registeredAt": "2026-09-01T10:00:00"}, "registeredAt"),
    ({"notifiedAt": "2999-01-01T00:00:00Z"}, "notifiedAt"),
    ({"currency": "EUR"}, "currency"),
    ({"amount": "1.234"}, "amount"),
    ({"amount": "-1"}, "amount"),
    ({"instrument": "keeper's lien"}, "instrument"),
    ({"claimant": "a\nb"}, "claimant"),
    ({"facility": str(WELL)}, "recorder"),
    ({"document": "0x12"}, "document"),
    ({"colour": "red"}, "colour"),
)


def test_what_cannot_be_is_refused_by_its_field(desk: Desk) -> None:
    for fields, field in WRONG:
        body = {"fields": {"document": DOCUMENT, **FACTOR, **fields}, "signatures": ["0x" + "11" * 64]}
        problem = desk.refused(desk.post(f"/titles/{BIG}/claims", body), 422, "DECLARATION-FIELD")
        assert problem["field"] == f"fields.{field}"
    assert desk.get("/declarations")["declarations"] == []


def test_only_a_person_of_the_party_that_declares_signs(desk: Desk) -> None:
    fields = {"title": str(BIG), **FACTOR}
    for person, reason in ((THIRD_BANK["office"], "WRONG_PARTY"), (TIER_1["maker"], "WRONG_PARTY")):
        problem = desk.refused(desk.try_declare("claim", fields, person), 422, "DECLARATION-SIGNERS")
        assert problem["reason"] == reason
    altered_after = {"kind": "claim", "fields": {"document": DOCUMENT, **fields, "amount": "9.00"}}
    signatures = desk.signed("claim", {"document": DOCUMENT, **fields}, CLEARING["office"])
    problem = desk.refused(
        desk.post("/declarations", {**altered_after, "signatures": signatures}), 422, "DECLARATION-SIGNERS"
    )
    assert problem["reason"] == "SIGNATURE_INVALID"
    desk.refused(desk.post("/declarations", {**altered_after, "signatures": []}), 422, "DECLARATION-SIGNERS")
    desk.refused(desk.post("/declarations", {**altered_after, "signatures": ["xx"]}), 422, "SIGNATURE-FORM")


def test_another_party_cannot_take_a_claim_back(desk: Desk) -> None:
    kept = claim(desk, BIG)
    fields = {"declaration": kept["declaration"], "recorder": str(THIRD_BANK.number)}
    problem = desk.refused(
        desk.try_declare("withdrawal", fields, THIRD_BANK["office"]), 422, "DECLARATION-FIELD"
    )
    assert problem["field"] == "fields.recorder"


def test_the_same_claim_again_is_the_same_and_a_dry_run_keeps_nothing(desk: Desk) -> None:
    told = {"document": DOCUMENT, **FACTOR}
    body = {
        "fields": told,
        "signatures": desk.signed("claim", {**told, "title": str(BIG)}, CLEARING["office"]),
    }
    assert desk.post(f"/titles/{BIG}/claims", body, dry_run="true").status_code == 200
    assert desk.get("/declarations")["declarations"] == []
    first, second = (desk.post(f"/titles/{BIG}/claims", body).json() for _ in range(2))
    assert first == second
    assert len(desk.get("/declarations")["declarations"]) == 1


def test_a_row_that_was_altered_shows(desk: Desk) -> None:
    claim(desk, BIG)
    claim(desk, BIG, amount="1.00")
    with desk.gateway.view() as unit:
        assert list(declaration_discrepancies(unit.connection, desk.gateway.domain)) == []
        assert examine_banks(unit.connection, tables_in(unit.connection), {}) == []
    with desk.gateway.unit() as unit:
        table = own.declarations
        row = table.c.place == 1
        fields = unit.connection.execute(table.select().where(row)).one().fields
        unit.connection.execute(
            update(table).where(row).values(fields=fields.replace("700000.00", "900000.00"))
        )
    with desk.gateway.view() as unit:
        found = [str(each) for each in declaration_discrepancies(unit.connection, desk.gateway.domain)]
    assert [each.rpartition(", ")[2] for each in found if "fields" in each] == ["something else was signed"]
    assert any("link" in each for each in found)
