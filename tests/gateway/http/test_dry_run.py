"""What a loan would cost is told before anything is carried, to the fen."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gateway.adapters.ledger import acts
from gateway.domain.calendar import day_of
from gateway.services.json_acts import write_message
from tests.gateway.http.conftest import Caller
from tests.house.cast import LENDER, TIER_1
from tests.house.house import EVIDENCE_HASH

DAYS, AMOUNT, RATE = 45, 1_234_567, 43_500


def tried(caller: Caller, **changed: int) -> Any:
    """What a dry run says of a draw."""
    facility = caller.get("/facilities")["facilities"][0]
    head = caller.told.chain.block()
    assert head is not None
    message = {
        "loan": TIER_1.number << 32 | 900, "facility": facility["facility"], "title": 0, "amount": AMOUNT, "rate": RATE,
        "dueDay": day_of(head.time) + DAYS, "basis": 0, "minimumDays": 0, "penaltyBps": 5_000,
        "terms": 0, "count": 0, "graceDays": 0, "registration": EVIDENCE_HASH,
        "expiresAt": head.time + 86_400, "evidence": EVIDENCE_HASH, **changed,
    }  # fmt: skip
    digest = acts.digest(caller.gateway.domain, "Draw", message)
    signers = {
        "borrower": TIER_1["maker"], "maker": LENDER["credit_maker"], "checker": LENDER["credit_checker"],
    }  # fmt: skip
    parts = {name: "0x" + b"".join(acts.sign(who.key, digest)).hex() for name, who in signers.items()}
    body = {"instructions": [{"function": "draw", "message": write_message(message), "parts": parts}]}
    answer = caller.post("/instructions", body, dry_run="true")
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    return item


def test_a_draw_is_quoted_even_where_it_would_be_refused(caller: Caller) -> None:
    item = tried(caller)
    assert item["would"] in ("be done", "be refused")
    assert (item["would"] == "be refused") == (item["rule"] is not None)
    exact = Fraction(AMOUNT * RATE * DAYS, 360 * 1_000_000)
    cents = int(exact + Fraction(1, 2))
    quote = item["quote"]
    assert (quote["interest"], quote["currency"], quote["fee"]) == (
        f"{cents // 100}.{cents % 100:02}",
        "CNY",
        "0.00",
    )
    assert [line["interest"] for line in quote["instalments"]] == [quote["interest"]]
    assert abs(quote["all_in_rate_ppm"] - RATE) <= 50


def test_dec_16_a_draw_in_instalments_is_quoted_with_all_of_them(caller: Caller) -> None:
    quote = tried(caller, terms=1, count=2, graceDays=3)["quote"]
    first, second = quote["instalments"]
    assert abs(Fraction(first["total"]) - Fraction(second["total"])) <= Fraction(1, 100)
    assert Fraction(first["total"]) + Fraction(second["total"]) == Fraction(quote["repaid"])


def test_dec_16_a_draw_whose_terms_cannot_be_kept_is_told_by_its_fields(caller: Caller) -> None:
    for changed, field in (
        ({"terms": 2}, "count"), ({"terms": 3, "minimumDays": 1}, "minimumDays"), ({"terms": 6}, "terms"),
        ({"basis": 3}, "basis"), ({"dueDay": 1}, "dueDay"), ({"amount": 0}, "amount"),
    ):  # fmt: skip
        item = tried(caller, **changed)
        assert (item["reason"], item["rule"], item["quote"]) == ("TERMS_OUT_OF_RANGE", "DEC-16", None)
        assert [each["field"] for each in item["terms_unfit"]] == [field]
