"""What a loan would cost is told before anything is carried, to the fen."""

from __future__ import annotations

from fractions import Fraction

from gateway.adapters.ledger import acts
from gateway.domain.calendar import day_of
from gateway.services.json_acts import write_message
from tests.gateway.http.conftest import Caller
from tests.house.cast import LENDER, TIER_1
from tests.house.house import EVIDENCE_HASH

DAYS, AMOUNT, RATE = 45, 1_234_567, 43_500


def test_a_draw_is_quoted_even_where_it_would_be_refused(caller: Caller) -> None:
    facility = caller.get("/facilities")["facilities"][0]
    head = caller.told.chain.block()
    assert head is not None
    message = {
        "loan": TIER_1.number << 32 | 900, "facility": facility["facility"], "title": 0, "amount": AMOUNT, "rate": RATE,
        "dueDay": day_of(head.time) + DAYS, "basis": 0, "minimumDays": 0, "penaltyBps": 5_000,
        "terms": 0, "count": 0, "graceDays": 0, "registration": EVIDENCE_HASH,
        "expiresAt": head.time + 86_400, "evidence": EVIDENCE_HASH,
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
    assert item["would"] in ("be done", "be refused")
    assert (item["would"] == "be refused") == (item["rule"] is not None)
    exact = Fraction(AMOUNT * RATE * DAYS, 360 * 1_000_000)
    cents = int(exact + Fraction(1, 2))
    assert item["quote"] == {"interest": f"{cents // 100}.{cents % 100:02}", "currency": "CNY"}
