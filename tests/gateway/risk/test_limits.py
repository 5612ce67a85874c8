"""A lender's limits, the ladder, and the closed loop, at the gateway's door (S25, F205, S26, DEC-14)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.gateway.risk.conftest import ASSIGNED, BAD, BIG, EMPTY, FREE, WELL, Desk
from tests.house.cast import CLEARING, CORE, EVIDENCE, LENDER, THIRD_BANK, TIER_1, TIER_2, TIER_3


def findings(desk: Desk, **params: str) -> dict[tuple[str, int, str], dict[str, Any]]:
    found = desk.get("/exposures", lender=LENDER.number, **params)["limits"]
    return {(each["dimension"], each["subject"], each["rule"]): each for each in found}


def step(desk: Desk, facility: int) -> dict[str, Any]:
    rows = desk.get("/ladder", lender=LENDER.number)["facilities"]
    return next(each for each in rows if each["facility"] == facility)


def record(desk: Desk, facility: int) -> dict[str, Any]:
    found = step(desk, facility)
    return desk.by_lender(
        "ladder step",
        {
            "facility": str(facility), "step": found["called_for"], "rules": found["rules"], "effective": desk.today,
        },
    )  # fmt: skip


def test_exposures_are_by_debtor_group_and_lender(desk: Desk) -> None:
    found = desk.get("/exposures", lender=LENDER.number)
    assert {(each["dimension"], each["subject"]): each["used"] for each in found["exposures"]} == {
        ("debtor", CORE.number): "500000.00", ("group", CORE.group): "500000.00",
        ("lender", LENDER.number): "500000.00",
    }  # fmt: skip
    assert (found["outstanding"], found["non_performing"], found["reserve_short"]) == (
        "500000.00",
        "0.00",
        None,
    )


def test_s25_the_alert_comes_before_the_breach_and_the_draw_that_would_breach_is_not_taken(
    desk: Desk,
) -> None:
    desk.limit("debtor", CORE.number, "625000.00")
    finding = findings(desk)["debtor", CORE.number, "S25"]
    assert (finding["level"], finding["headroom"]) == ("warn", "125000.00")
    problem = desk.refused(desk.draw(WELL, TIER_1, 70, 12_500_001), 422, "LIMIT-EXCEEDED")
    assert (problem["keeps"], problem["limit"], problem["would_be"]) == ("S25", "625000.00", "625000.01")
    assert desk.draw(WELL, TIER_1, 70, 12_500_000).status_code == 202


def test_a_dry_run_shows_the_refusal_and_its_rule(desk: Desk) -> None:
    desk.limit("group", CORE.group, "500000.00")
    (item,) = desk.draw(WELL, TIER_1, 71, 1, dry_run="true").json()["items"]
    assert (item["would"], item["rule"], item["reason"]) == ("be refused", "LIMIT-EXCEEDED", None)
    assert "group" in item["sentence"]


def test_what_is_on_the_way_counts_whoever_sends_it(desk: Desk) -> None:
    desk.limit("lender", LENDER.number, "700000.00")
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(lambda n: desk.draw(WELL, TIER_1, 80 + n, 9_000_000).status_code, range(4))
        )
    assert sorted(answers) == [202, 202, 422, 422]


def test_dec_14_a_lock_that_adds_security_goes_through_and_one_that_makes_room_does_not(desk: Desk) -> None:
    desk.limit("debtor", CORE.number, "500000.00")
    assert desk.lock(ASSIGNED, WELL, TIER_2).status_code == 202  # something is owed there: the ledger decides
    problem = desk.refused(desk.lock(FREE, EMPTY, TIER_2), 422, "LIMIT-EXCEEDED")
    assert problem["subject"] == CORE.number


def test_a_limit_is_set_by_two_persons_ahead_and_never_for_the_past(desk: Desk) -> None:
    fields = {
        "lender": str(LENDER.number), "dimension": "debtor", "subject": str(CORE.number), "currency": "CNY",
        "amount": "1.00", "warnBps": "8000", "effective": desk.today,
    }  # fmt: skip
    one = desk.try_declare("exposure limit", fields, LENDER["credit_checker"], LENDER["credit_checker"])
    assert desk.refused(one, 422, "DECLARATION-SIGNERS")["reason"] == "SAME_PERSON"
    only = desk.try_declare("exposure limit", fields, LENDER["credit_maker"])
    assert desk.refused(only, 422, "DECLARATION-SIGNERS")["reason"] == "OFFICES_TOO_FEW"
    early = desk.try_declare(
        "exposure limit",
        {**fields, "effective": "2026-10-01"},
        LENDER["credit_maker"],
        LENDER["credit_checker"],
    )
    assert desk.refused(early, 422, "DECLARATION-FIELD")["field"] == "fields.effective"
    desk.limit("debtor", CORE.number, "1.00", effective="2027-06-01")
    assert findings(desk) == {}
    kept = desk.get("/declarations", kind="exposure limit")["declarations"]
    assert [(each["party"], each["persons"]) for each in kept] == [(LENDER.number, [1, 2])]


def test_f205_limits_follow_from_the_lenders_own_figures(desk: Desk) -> None:
    figures = {
        "currency": "CNY", "riskAssetsElsewhere": "500000.00", "netAssets": "200000.00", "reserve": "4999.99",
        "effective": desk.today,
    }  # fmt: skip
    desk.by_lender("lender figures", figures)
    found = findings(desk)
    one = found["debtor", CORE.number, "F205"]
    assert (one["limit"], one["level"]) == ("500000.00", "full")
    assert found["group", LENDER.group, "F205"]["limit"] == "400000.00"
    assert found["lender", LENDER.number, "F205"]["limit"] == "1500000.00"
    assert desk.get("/exposures", lender=LENDER.number)["reserve_short"] == "0.01"
    # Half of what is added may be the one debtor's: all of it is, so the share is broken.
    problem = desk.refused(desk.draw(WELL, TIER_1, 72, 100), 422, "LIMIT-EXCEEDED")
    assert (problem["keeps"], problem["declaration"]) == ("F205", "one debtor of risk assets")


def test_s25_the_ladder_blocks_new_money_step_by_step_and_never_a_repayment(desk: Desk) -> None:
    found = step(desk, BAD)
    assert (found["stands"], found["called_for"], found["overdue_days"]) == ("clear", "block new", 10)
    wrong = desk.try_declare(
        "ladder step",
        {
            "lender": str(LENDER.number), "facility": str(BAD), "step": "dispose", "rules": found["rules"],
            "effective": desk.today,
        },
        LENDER["credit_maker"], LENDER["credit_checker"],
    )  # fmt: skip
    assert desk.refused(wrong, 422, "DECLARATION-FIELD")["called_for"] == "block new"
    assert desk.draw(BAD, TIER_3, 73, 100).status_code == 202
    kept = record(desk, BAD)
    problem = desk.refused(desk.draw(BAD, TIER_3, 74, 100), 422, "S25")
    assert (problem["declaration"], problem["keeps"]) == (kept["declaration"], "S25-overdue")
    assert desk.lock(FREE, BAD, TIER_2).status_code == 202  # more security, which the ledger judges
    assert step(desk, BAD)["called_for"] == "block new"
    assert step(desk, WELL)["called_for"] == "clear"


def test_the_ladder_of_the_past_is_of_the_past(desk: Desk) -> None:
    early = str(desk.ledger.early_block)
    rows = desk.get("/ladder", lender=LENDER.number, as_of=early)["facilities"]
    assert {each["facility"]: each["called_for"] for each in rows} == {
        WELL: "clear",
        EMPTY: "clear",
        BAD: "clear",
    }


def test_s26_a_drawdown_needs_its_repayment_named_and_four_flows_from_two_entities(desk: Desk) -> None:
    assert desk.draw(WELL, TIER_1, 75, 100).status_code == 202  # no product declared: nothing is asked
    loan = TIER_1.number << 32 | 76
    desk.by_lender("product of facility", {"facility": str(WELL), "product": "S2", "effective": desk.today})
    problem = desk.refused(desk.draw(WELL, TIER_1, 76, 100), 422, "S26")
    assert problem["missing"][0] == "the future payment that repays the drawdown is not named"
    named = {"loan": str(loan), "borrower": str(TIER_1.number), "facility": str(WELL), "repaidBy": str(BIG)}
    foreign = desk.try_declare("drawdown", {**named, "repaidBy": str(FREE)}, TIER_1["maker"])
    assert desk.refused(foreign, 422, "DECLARATION-FIELD")["keeps"] == "S26"
    desk.declare("drawdown", named, TIER_1["maker"])
    found = desk.get(f"/facilities/{WELL}/drawdowns/{loan}/loop")
    assert [(each["flow"], each["attestor"], each["counts"]) for each in found["flows"]] == [
        ("trade", EVIDENCE.number, True)
    ]
    for flow, party, person in (
        ("logistics", EVIDENCE, "attestor"), ("money", EVIDENCE, "attestor"), ("information", TIER_1, "maker"),
    ):  # fmt: skip
        attest(desk, flow, party, person)
    found = desk.get(f"/facilities/{WELL}/drawdowns/{loan}/loop")
    assert (found["closed"], found["missing"]) == (
        False,
        [
            "the information flow is not attested by an independent party",
            "1 independent legal entities attest, 2 are needed",
        ],
    )
    assert [each["attestor"] for each in found["flows"] if not each["counts"]] == [TIER_1.number]
    desk.refused(desk.draw(WELL, TIER_1, 76, 100), 422, "S26")
    attest(desk, "information", CLEARING, "payments")
    assert desk.get(f"/facilities/{WELL}/drawdowns/{loan}/loop")["allows"] is True
    assert desk.draw(WELL, TIER_1, 76, 100).status_code == 202


def attest(desk: Desk, flow: str, party: Any, person: str) -> None:
    fields = {"receivable": str(BIG), "attestor": str(party.number), "flow": flow, "reference": f"{flow} 1"}
    desk.declare("flow", fields, party[person])


def test_s26_is_only_declared_for_an_unsecured_product(desk: Desk) -> None:
    desk.by_lender(
        "product of facility", {"facility": str(WELL), "product": "S14.7", "effective": desk.today}
    )
    assert desk.draw(WELL, TIER_1, 77, 100).status_code == 202
    found = desk.get(f"/facilities/{WELL}/drawdowns/{TIER_1.number << 32 | 77}/loop")
    assert (found["need"], found["allows"], found["closed"]) == ("declared", True, False)


def test_a_lender_speaks_only_for_its_own_facilities(desk: Desk) -> None:
    fields = {
        "lender": str(THIRD_BANK.number),
        "facility": str(WELL),
        "product": "S2",
        "effective": desk.today,
    }
    answer = desk.try_declare(
        "product of facility", fields, THIRD_BANK["credit_maker"], THIRD_BANK["credit_checker"]
    )
    assert desk.refused(answer, 422, "DECLARATION-FIELD")["field"] == "fields.lender"
