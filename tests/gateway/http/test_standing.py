"""A party in trouble: orders, successions, and what they leave untouched (2.3 E)."""

from __future__ import annotations

from sqlalchemy import select

from gateway.db import tables as ledger
from tests.gateway.http.conftest import Caller
from tests.house.cast import CORE, LENDER, TIER_1, TIER_3


def rules(found: dict[str, object]) -> list[str]:
    effects = found["effects"]
    assert isinstance(effects, list)
    return [each["rule"] for each in effects]


def block_of(caller: Caller, act: str, party: int) -> int:
    orders = ledger.orders.c
    with caller.gateway.view() as unit:
        query = select(orders.block_number).where(orders.act == act, orders.subject == party)
        return int(unit.connection.execute(query).scalar_one())


def test_a_suspended_party_signs_nothing_and_keeps_what_it_holds(caller: Caller) -> None:
    suspended = block_of(caller, "suspend", TIER_3.number)
    before = caller.get(f"/parties/{TIER_3.number}/standing", as_of=str(suspended - 1))
    during = caller.get(f"/parties/{TIER_3.number}/standing", as_of=str(suspended))
    assert (before["status"], rules(before)) == ("admitted", [])
    assert during["status"] == "suspended"
    assert rules(during) == ["DEC-5", "DEC-14", "CC-440/441/445"]
    assert during["titles"] == before["titles"] != []
    assert [each["act"] for each in during["orders"]] == ["suspend"]
    after = caller.get(f"/parties/{TIER_3.number}/standing")
    assert (after["status"], [each["act"] for each in after["orders"]]) == (
        "admitted",
        ["suspend", "reinstate"],
    )
    assert [(each["state"], each["succession"]) for each in after["recoveries"]] == [("vetoed", False)]


def test_dec_5_after_a_succession_the_signatures_are_anothers_and_the_number_is_the_same(
    caller: Caller,
) -> None:
    found = caller.get("/parties/21/standing")
    assert [(each["state"], each["succession"]) for each in found["recoveries"]] == [("completed", True)]
    assert found["signers"] == 2
    assert any(
        "its titles, loans and ranks are what they were" in each["sentence"] for each in found["effects"]
    )


def test_cn77_15_a_stopped_core_promises_nothing_new_and_what_it_owes_goes_on(caller: Caller) -> None:
    stopped = block_of(caller, "stop", CORE.number)
    found = caller.get(f"/parties/{CORE.number}/standing", as_of=str(stopped))
    assert rules(found) == ["CN77-15"]
    assert {each["side"] for each in found["debts"]} == {"debtor"}
    assert float(found["debts"][0]["principal"]) > 0
    assert rules(caller.get(f"/parties/{CORE.number}/standing")) == []


def test_what_is_owed_is_the_same_from_either_side(caller: Caller) -> None:
    borrowed = caller.get(f"/parties/{TIER_1.number}/standing")["debts"]
    lent = caller.get(f"/parties/{LENDER.number}/standing")["debts"]
    mine = [each for each in borrowed if each["side"] == "borrower" and each["other"] == LENDER.number]
    theirs = [each for each in lent if each["side"] == "lender" and each["other"] == TIER_1.number]
    assert [each["principal"] for each in mine] == [each["principal"] for each in theirs]
    assert mine
    for debt in (*mine, *theirs):
        rows = [
            row for row in caller.rows("/loans", "loans", 100)
            if row["phase"] in ("outstanding", "written off") and row["currency"] == debt["currency"]
            and (row["borrower"], row["lender"]) == (TIER_1.number, LENDER.number)
        ]  # fmt: skip
        assert debt["count"] == len(rows)
        late = [row["overdue_since"] for row in rows if row["overdue_since"]]
        ahead = [row["next_instalment"]["due"] for row in rows if row["next_instalment"]]
        assert (debt["overdue_since"], debt["next_due"]) == (
            min(late, default=None),
            min(ahead, default=None),
        )
        assert late


def test_a_party_nobody_admitted_has_no_standing(caller: Caller) -> None:
    caller.refused(caller.http.get("/parties/9999/standing"), 404, "PARTY-UNKNOWN")
    caller.refused(caller.http.get("/parties/0/standing"), 422, "BODY-INVALID")
