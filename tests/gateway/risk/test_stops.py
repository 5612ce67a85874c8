"""CN77-15 on the ledger: the public list, the order two offices sign, and its cure."""

from __future__ import annotations

import json
from hashlib import sha256

from tests.gateway.risk.conftest import OVERDUE, Desk
from tests.house.cast import CLEARING, CORE, LENDER, PLATFORM, THIRD_BANK


def test_cn77_15_a_missed_certificate_stands_on_the_public_list_and_calls_for_a_stop(
    sqlite_desk: Desk,
) -> None:
    found = sqlite_desk.get("/overdue")
    (debtor,) = found["overdue"]
    assert debtor["debtor"] == CORE.number
    (due,) = debtor["dues"]
    assert (due["kind"], due["unpaid_minor"]) == ("certificate", 50_000_000)
    assert due["reference"] == f"{OVERDUE >> 32}-{OVERDUE & 0xFFFFFFFF}"
    stops = sqlite_desk.get("/stops")
    assert stops["stops"] == []
    (proposed,) = stops["proposed"]
    assert (proposed["function"], proposed["debtor"], proposed["rule"]) == ("stop", CORE.number, "CN77-15")
    assert proposed["offices"] == [PLATFORM.number, LENDER.number, CLEARING.number, THIRD_BANK.number]
    reason = "0x" + sha256(proposed["evidence"].encode()).hexdigest()
    assert proposed["message"]["reason"] == proposed["typed_data"]["message"]["reason"] == reason
    assert json.loads(proposed["evidence"])["due"][0]["unpaid_minor"] == 50_000_000


def test_both_offices_are_given_the_same_act_and_the_ledger_takes_it(sqlite_desk: Desk) -> None:
    first, second = (sqlite_desk.get("/stops")["proposed"][0] for _ in range(2))
    assert first["digest"] == second["digest"]
    house = sqlite_desk.ledger.house
    typed = first["typed_data"]["message"]
    message = {**typed, "reason": bytes.fromhex(typed["reason"][2:]), "nonce": int(typed["nonce"])}
    offices = house.offices("Stop", message, CLEARING, PLATFORM)
    body = {
        "function": "stop", "message": typed,
        "parts": {
            "offices": [
                {"party": each["party"], "signature": "0x" + b"".join(each["signature"]).hex()} for each in offices
            ]
        },
    }  # fmt: skip
    answer = sqlite_desk.post("/instructions", {"instructions": [body]}, dry_run="true")
    assert [item["would"] for item in answer.json()["items"]] == ["be done"], answer.text


def test_cn77_15_before_its_day_nothing_is_overdue(sqlite_desk: Desk) -> None:
    early = str(sqlite_desk.ledger.early_block)
    assert sqlite_desk.get("/overdue", as_of=early)["overdue"] == []
    assert sqlite_desk.get("/stops", as_of=early)["proposed"] == []


def test_cn77_15_three_bills_declared_overdue_and_one_still(sqlite_desk: Desk) -> None:
    for number, due, paid in (("B-1", "2026-09-01", "2026-09-10"), ("B-2", "2026-09-15", "2026-09-16")):
        bill(sqlite_desk, number, due, paid)
    assert len(sqlite_desk.get("/stops")["proposed"]) == 1
    bill(sqlite_desk, "B-3", "2026-10-20", "")
    proposed = {each["debtor"]: each for each in sqlite_desk.get("/stops")["proposed"]}
    assert "3 bills were overdue within 6 months" in proposed[CORE.number + 1]["causes"][0]
    bond = {
        "debtor": "103", "recorder": str(CLEARING.number), "instrument": "bond", "reference": "MTN-1",
        "currency": "CNY", "amount": "5.00", "due": "2026-10-01",
    }  # fmt: skip
    sqlite_desk.declare("outside default", bond, CLEARING["office"])
    assert {each["debtor"] for each in sqlite_desk.get("/stops")["proposed"]} == {101, 102, 103}


def bill(desk: Desk, reference: str, due: str, paid: str) -> None:
    fields = {
        "debtor": str(CORE.number + 1), "recorder": str(CLEARING.number), "instrument": "bill", "reference": reference,
        "currency": "CNY", "amount": "1000.00", "due": due, "paid": paid,
    }  # fmt: skip
    desk.declare("outside default", fields, CLEARING["office"])
