"""A tenor above the review level is examined, on record, before a lender's money goes out (CN77-11)."""

from __future__ import annotations

from sqlalchemy import update

from gateway.db import tables as ledger
from gateway.domain.calendar import add_months, date_of, day_of_date
from tests.gateway.risk.conftest import BIG, WELL, Desk
from tests.house.cast import LENDER, THIRD_BANK, TIER_1


def due(desk: Desk, months: int, days: int = 0) -> str:
    """Give the receivable behind the facility a tenor, as if it had been promised so; answers its due day."""
    opened = desk.get(f"/receivables/{BIG}")["opened"]
    day = add_months(day_of_date(date_of(0).fromisoformat(opened)), months) + days
    with desk.gateway.engine.begin() as connection:
        connection.execute(update(ledger.roots).where(ledger.roots.c.root == BIG).values(due_day=day))
    return date_of(day).isoformat()


def review(desk: Desk, bank: int) -> int:
    body = {
        "root": str(BIG),
        "bank": bank,
        "person": "Credit Officer Wu",
        "because": "production takes so long",
    }
    answer = desk.post("/tenor-reviews", body)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert (found["outcome"], found["party"], found["sentence"]) == ("reviewed", bank, body["because"])
    return int(found["pack_version"])


def test_cn77_11_a_draw_above_six_months_waits_for_the_lenders_own_review(desk: Desk) -> None:
    due(desk, 6)
    assert desk.draw(WELL, TIER_1, 71, 1_000).status_code == 202
    due(desk, 6, days=1)
    refused = desk.refused(desk.draw(WELL, TIER_1, 72, 1_000), 422, "TENOR-UNREVIEWED")
    assert (refused["keeps"], refused["lender"]) == ("CN77-11", LENDER.number)
    assert refused["receivables"] == [f"{BIG >> 32}-{BIG & 0xFFFFFFFF}"]
    assert review(desk, THIRD_BANK.number) == 1
    desk.refused(desk.draw(WELL, TIER_1, 72, 1_000), 422, "TENOR-UNREVIEWED")
    assert review(desk, LENDER.number) == 1
    assert desk.draw(WELL, TIER_1, 72, 1_000).status_code == 202


def test_cn77_11_no_review_lifts_the_maximum(desk: Desk) -> None:
    due(desk, 12, days=1)
    body = {"root": str(BIG), "bank": LENDER.number, "person": "Wu", "because": "a wish"}
    found = desk.post("/tenor-reviews", body).json()
    assert (found["holds"], found["outcome"]) == (False, "above the maximum")
