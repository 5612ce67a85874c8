"""The holder's free choice of lender: cost before signing, no steering, and the chosen offer's acts (S1, S2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.adapters.ledger import acts, declared
from gateway.services.declaration_kinds import KINDS
from gateway.services.json_acts import read_message
from tests.gateway.risk.conftest import BIG, DOCUMENT, EMPTY, FREE, WELL, Desk
from tests.house.cast import CLEARING, CORE, LENDER, THIRD_BANK, TIER_1, TIER_2, Party
from tests.house.house import PAYOUT, House, account_of, collection_account

ADVANCE = "8000"
"""Of the facilities that stand already."""
PROGRAMME = str(CORE.number << 32 | 9)
TERMS = {
    "product": "S2", "form": "pledge", "currency": "CNY", "ratePpm": "72000", "basis": "360", "minimumDays": "0",
    "penaltyBps": "5000", "advanceBps": "10000", "fee": "0.00", "feeBps": "0", "interestBorneBy": "borrower",
    "least": "1.00", "most": "5000000.00", "first": "2026-09-21", "last": "2027-09-21",
}  # fmt: skip


def offer(desk: Desk, bank: Party, **terms: str) -> str:
    fields = {"lender": str(bank.number), **TERMS, **terms}
    kept = desk.declare("offer of finance", fields, bank["credit_maker"], bank["credit_checker"])
    return str(kept["declaration"])


def offers(desk: Desk, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.get("/offers-of-finance", title=str(FREE), **params)["offers"]
    return found


def choose(desk: Desk, row: dict[str, Any], comparison: str, **more: Any) -> Any:
    fields = row["choice"]["fields"]
    body = {
        "title": fields["title"], "comparison": comparison, "document": fields["document"],
        "signatures": desk.signed("choice of lender", fields, TIER_2["maker"]), **more,
    }  # fmt: skip
    return desk.post(f"/offers-of-finance/{row['offer']}/choose", body)


def test_every_offer_is_worked_out_to_the_fen_and_the_cheapest_for_the_holder_comes_first(
    sqlite_desk: Desk,
) -> None:
    dear = offer(sqlite_desk, LENDER)
    sale = offer(sqlite_desk, CLEARING, form="without recourse", ratePpm="60000", fee="1000.00")
    borne = offer(sqlite_desk, THIRD_BANK, ratePpm="90000", interestBorneBy="core enterprise", feeBps="10")
    rows = offers(sqlite_desk, amount="1000000.00")
    assert [row["offer"] for row in rows] == [borne, sale, dear]
    figures = [(row["days"], row["interest"], row["fee"], row["net_paid_out"], row["cost"]) for row in rows]
    assert figures == [
        (80, "20000.00", "1000.00", "999000.00", "1000.00"),
        (80, "13333.33", "1000.00", "985666.67", "14333.33"),
        (80, "16000.00", "0.00", "1000000.00", "16000.00"),
    ]
    assert [row["all_in_rate_ppm"] for row in rows] == [4505, 65438, 72000]
    assert [row["repaid"] for row in rows] == ["1000000.00", "0.00", "1016000.00"]
    assert "the lender bears the debtor's default" in rows[1]["recourse"]


def test_what_cannot_be_had_comes_last_with_its_rule(sqlite_desk: Desk) -> None:
    fits = offer(sqlite_desk, LENDER)
    late = offer(sqlite_desk, CLEARING, ratePpm="1", last="2026-10-01")
    small = offer(sqlite_desk, THIRD_BANK, ratePpm="2", most="10.00")
    rows = offers(sqlite_desk)
    assert [row["offer"] for row in rows] == [fits, late, small]
    assert [[each.partition(":")[0] for each in row["unfit"]] for row in rows] == [[], ["S2"], ["S2"]]
    assert rows[1]["choice"] is None
    pledged = sqlite_desk.get("/offers-of-finance", title=str(BIG))["offers"]
    assert all("CC-440/441/445" in row["unfit"][0] for row in pledged if row["lender"] == LENDER.number)


def test_s1_a_programmes_limits_are_the_core_enterprises_and_each_banks(sqlite_desk: Desk) -> None:
    whole = {
        "programme": PROGRAMME, "core": str(CORE.number), "name": "parts 2026", "currency": "CNY",
        "limit": "1500000.00", "first": "2026-09-21", "last": "2027-09-21",
    }  # fmt: skip
    foreign = sqlite_desk.try_declare(
        "programme", {**whole, "programme": "7"}, CORE["maker"], CORE["checker"]
    )
    assert sqlite_desk.refused(foreign, 422, "DECLARATION-FIELD")["keeps"] == "DEC-3"
    sqlite_desk.declare("programme", whole, CORE["maker"], CORE["checker"])
    part = {"programme": PROGRAMME, "currency": "CNY", "first": "2026-09-21", "last": "2027-09-21"}
    for bank, limit in ((LENDER, "600000.00"), (CLEARING, "1200000.00")):
        sqlite_desk.declare(
            "programme limit", {**part, "lender": str(bank.number), "limit": limit}, bank["credit_maker"],
            bank["credit_checker"],
        )  # fmt: skip
    (found,) = sqlite_desk.get("/programmes")["programmes"]
    assert (found["used"], found["left"]) == ("500000.00", "1000000.00")
    assert [(bank["bank"], bank["used"], bank["left"]) for bank in found["banks"]] == [
        (LENDER.number, "500000.00", "100000.00"), (CLEARING.number, "0.00", "1200000.00"),
    ]  # fmt: skip
    for bank in (LENDER, CLEARING):
        offer(sqlite_desk, bank, programme=PROGRAMME)
    rows = {row["lender"]: row for row in offers(sqlite_desk, amount="1000000.00")}
    assert rows[LENDER.number]["unfit"] == ["S1: 10000000 minor units are left of the bank's limit"]
    assert (rows[CLEARING.number]["unfit"], rows[CLEARING.number]["left_of_programme"]) == ([], "1000000.00")
    rows = {row["lender"]: row for row in offers(sqlite_desk, amount="1000000.01")}
    assert "S1: 100000000 minor units are left of the programme's limit" in rows[CLEARING.number]["unfit"]
    problem = sqlite_desk.refused(sqlite_desk.draw(WELL, TIER_1, 90, 10_000_001), 422, "LIMIT-EXCEEDED")
    assert (problem["keeps"], problem["limit"]) == ("S1", "600000.00")
    assert sqlite_desk.draw(WELL, TIER_1, 90, 10_000_000).status_code == 202


def test_the_choice_is_kept_with_what_it_was_made_from_and_its_acts_are_the_ledgers(
    sqlite_desk: Desk,
) -> None:
    offer(with_account(sqlite_desk), LENDER)
    listed = sqlite_desk.get("/offers-of-finance", title=str(FREE), amount="1000000.00")
    (row,) = listed["offers"]
    fields = row["choice"]["fields"]
    kind = KINDS["choice of lender"]
    assert (
        row["choice"]["declaration"] == "0x" + declared.digest(sqlite_desk.gateway.domain, kind, fields).hex()
    )
    answer = choose(sqlite_desk, row, listed["comparison"], amount="1000000.00")
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert found["choice"] == row["choice"]["declaration"]
    assert [act["function"] for act in found["acts"]] == ["open", "lock", "draw"]
    opened, locked, drawn = found["acts"]
    assert drawn["missing"] == ["registration"]
    assert (drawn["message"]["amount"], drawn["message"]["rate"]) == (100_000_000, 72_000)
    assert {act["message"]["evidence"] for act in found["acts"]} == {found["choice"]}
    house = sqlite_desk.ledger.house
    message = {
        **opened["message"], "collectionAccount": bytes.fromhex(opened["message"]["collectionAccount"][2:]),
        "evidence": bytes.fromhex(found["choice"][2:]),
    }  # fmt: skip
    assert opened["digest"] == "0x" + acts.digest(house.domain, "Open", message).hex()
    signers = {
        "maker": LENDER["credit_maker"], "checker": LENDER["credit_checker"], "borrower": TIER_2["maker"],
    }  # fmt: skip
    tried = sqlite_desk.act("open", "Open", message, signers, dry_run="true").json()["items"]
    assert [item["would"] for item in tried] == ["be done"]
    assert locked["message"]["facility"] == opened["message"]["facility"]
    kept = sqlite_desk.get("/declarations", kind="choice of lender")["declarations"]
    assert [(each["party"], each["fields"]["comparison"]) for each in kept] == [
        (TIER_2.number, listed["comparison"])
    ]


def test_a_choice_made_from_other_figures_is_not_taken(sqlite_desk: Desk) -> None:
    offer(sqlite_desk, LENDER)
    listed = sqlite_desk.get("/offers-of-finance", title=str(FREE))
    (row,) = listed["offers"]
    offer(sqlite_desk, CLEARING, ratePpm="71000")
    sqlite_desk.refused(choose(sqlite_desk, row, listed["comparison"]), 409, "COMPARISON-MOVED")
    again = sqlite_desk.get("/offers-of-finance", title=str(FREE))
    mine = next(each for each in again["offers"] if each["offer"] == row["offer"])
    body = {"title": str(FREE), "comparison": again["comparison"], "document": DOCUMENT}
    wrong = sqlite_desk.signed(
        "choice of lender", {**mine["choice"]["fields"], "document": DOCUMENT}, LENDER["credit_maker"]
    )
    refused = sqlite_desk.post(f"/offers-of-finance/{mine['offer']}/choose", {**body, "signatures": wrong})
    assert sqlite_desk.refused(refused, 422, "DECLARATION-SIGNERS")["reason"] == "WRONG_PARTY"
    assert choose(sqlite_desk, mine, again["comparison"]).status_code == 201


def with_account(desk: Desk) -> Desk:
    """The lender's collection account is known, so that a facility can be prepared whole."""
    account = {
        "bank": LENDER.number, "bic": "LENDCNBJXXX", "account": "6222-9", "owner": LENDER.number,
        "owner_name": "lending bank", "currency": "CNY", "purpose": "collection",
        "commitment": "0x" + collection_account(9).hex(),
    }  # fmt: skip
    assert desk.post("/accounts", account).status_code == 201
    return desk


def chosen(desk: Desk, **params: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The only offer, chosen for the free certificate: its figures and the acts that were prepared."""
    listed = desk.get("/offers-of-finance", title=str(FREE), **params)
    (row,) = listed["offers"]
    answer = choose(desk, row, listed["comparison"], **params)
    assert answer.status_code == 201, answer.text
    return row, answer.json()["acts"]


def carried(desk: Desk, acts_: list[dict[str, Any]]) -> House:
    """The acts, signed and carried on a ledger of its own where the same certificate is free, and the pay-out after."""
    house = House()
    first = house.machine.day()
    assert house.live_root(3, 200_000_000, TIER_2, dueDay=first + 120) == FREE
    house.machine.go_to_day(first + 40)
    borrower, maker, checker = TIER_2["maker"], LENDER["credit_maker"], LENDER["credit_checker"]
    signers = {
        "open": {"maker": maker, "checker": checker, "borrower": borrower},
        "lock": {"holder": borrower, "lender": maker},
        "draw": {"borrower": borrower, "maker": maker, "checker": checker},
    }  # fmt: skip
    for act in acts_:
        told = {**act["message"], "registration": "0x" + "77" * 32} if act["missing"] else act["message"]
        name = act["function"].capitalize()
        message = read_message(desk.gateway.acts.types_of(name), name, told)
        house.must(act["function"], message, **signers[act["function"]])
    drawn = acts_[-1]["message"]
    assert house.fact(PAYOUT, int(drawn["loan"]), drawn["amount"], CLEARING, account_of(TIER_2)) == "None"
    return house


@pytest.mark.parametrize(
    ("form", "code", "holder"),
    [("pledge", 0, TIER_2), ("with recourse", 2, LENDER), ("without recourse", 1, LENDER)],
)
def test_dec_8_an_offer_prepares_the_acts_of_its_own_form_and_the_contracts_take_them(
    sqlite_desk: Desk, form: str, code: int, holder: Party
) -> None:
    offer(with_account(sqlite_desk), LENDER, form=form, fee="100.00")
    row, prepared = chosen(sqlite_desk)
    assert [act["function"] for act in prepared] == ["open", "lock", "draw"]
    opened, _, drawn = (act["message"] for act in prepared)
    assert (opened["form"], prepared[-1]["missing"]) == (code, ["registration"])
    assert int(drawn["title"]) == (FREE if code else 0)
    # 2,000,000.00 at 7.2 % over 80 days; the fee is taken beside the pay-out.
    price = 196_800_000 if code == 1 else 200_000_000
    assert drawn["amount"] == price == int(Decimal(row["net_paid_out"]) * 100) + 10_000
    assert drawn["rate"] == (0 if code == 1 else 72_000)
    house = carried(sqlite_desk, prepared)
    assert house.title(FREE)["holder"] == holder.number
    assert house.loan(int(drawn["loan"]))["phase"] == (6 if code == 1 else 2)


def test_dec_8_without_recourse_only_the_part_that_is_paid_for_is_sold(sqlite_desk: Desk) -> None:
    offer(with_account(sqlite_desk), LENDER, form="without recourse")
    _, prepared = chosen(sqlite_desk, amount="500000.00")
    _, locked, drawn = (act["message"] for act in prepared)
    assert (locked["quantity"], drawn["title"]) == (50_000_000, locked["child"])
    house = carried(sqlite_desk, prepared)
    part, rest = house.title(int(locked["child"])), house.title(FREE)
    assert (part["holder"], part["quantity"]) == (LENDER.number, 50_000_000)
    assert (rest["holder"], rest["quantity"], rest["lock"]) == (TIER_2.number, 150_000_000, 0)


def test_dec_8_a_facility_is_used_again_only_for_its_own_form(desk: Desk) -> None:
    """The borrower has a facility for pledges with room: a pledge goes there, a sale does not."""
    for form in ("pledge", "with recourse", "without recourse"):
        offer(with_account(desk), LENDER, form=form, advanceBps=ADVANCE)
    listed = desk.get("/offers-of-finance", title=str(FREE), amount="1000000.00")
    assert len(listed["offers"]) == 3
    for row in listed["offers"]:
        found = choose(desk, row, listed["comparison"], amount="1000000.00").json()["acts"]
        again = row["form"] == "pledge"
        assert [act["function"] for act in found] == ["open", "lock", "draw"][again:]
        facilities = {act["message"]["facility"] for act in found}
        assert len(facilities) == 1
        assert (facilities == {EMPTY}) == again


def test_s2_the_draw_that_a_choice_prepared_is_quoted_with_the_offers_fee(sqlite_desk: Desk) -> None:
    """What was compared, and what is shown to those who sign the draw, are the same figures."""
    named = offer(sqlite_desk, LENDER, fee="250.00", feeBps="5", advanceBps=ADVANCE)
    row, prepared = chosen(sqlite_desk, amount="1000000.00")
    told = {**prepared[-1]["message"], "registration": "0x" + "77" * 32}
    message = read_message(sqlite_desk.gateway.acts.types_of("Draw"), "Draw", told)
    signers = {
        "borrower": TIER_2["maker"], "maker": LENDER["credit_maker"], "checker": LENDER["credit_checker"],
    }  # fmt: skip
    (item,) = sqlite_desk.act("draw", "Draw", message, signers, dry_run="true").json()["items"]
    quote = item["quote"]
    assert (quote["offer"], quote["fee"], row["fee"]) == (named, "750.00", "750.00")
    same = ("cost", "interest", "net_paid_out", "repaid", "all_in_rate_ppm", "interest_borne_by")
    assert {name: quote[name] for name in same} == {name: row[name] for name in same}
    asked = {
        "amount": "1000000.00", "rate_ppm": 72_000, "due": quote["instalments"][0]["due"], "offer": named,
    }  # fmt: skip
    alone = sqlite_desk.get(f"/facilities/{EMPTY}/quote", **asked)
    assert {name: alone[name] for name in same} == {name: row[name] for name in same}


def test_what_an_offer_leaves_out_is_refused_by_its_field(sqlite_desk: Desk) -> None:
    for fields, field in (
        ({"ratePpm": "16777216"}, "ratePpm"), ({"least": "5.00", "most": "4.00"}, "least"), ({"form": "gift"}, "form"),
        ({"first": "2027-01-01", "last": "2026-01-01"}, "last"), ({"programme": "5"}, "programme"),
        ({"fee": ""}, "fee"),
    ):  # fmt: skip
        told = {"lender": str(LENDER.number), "document": DOCUMENT, **TERMS, **fields}
        answer = sqlite_desk.post("/declarations/prepare", {"kind": "offer of finance", "fields": told})
        assert sqlite_desk.refused(answer, 422, "DECLARATION-FIELD")["field"] == f"fields.{field}"
