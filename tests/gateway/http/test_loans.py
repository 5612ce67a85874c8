"""A loan's terms where its parties meet them: its schedule, what is owed on a day, and what a draw would cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.db import tables as ledger
from gateway.db.lease_tables import lease_ends
from gateway.db.repayments import repayments_of
from gateway.domain.calendar import date_of, day_of_iso, iso
from tests.gateway.http.conftest import Caller

INSTALMENTS = "protected_loan"
"""Of 30,000.00 by two equal instalments; nothing paid of it when the first was overdue, all paid by others later."""


def schedule(caller: Caller, loan: str, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = caller.get(f"/loans/{loan}/schedule", **params)
    return found


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


def total(found: Mapping[str, Any], column: str) -> int:
    return sum(minor(line[column]) for line in found["instalments"])


def instalment_loan(caller: Caller) -> str:
    number = caller.told.story.ids[INSTALMENTS]
    return f"{number >> 32}-{number & 0xFFFFFFFF}"


def test_two_equal_instalments_are_shown_with_what_is_overdue_of_them(caller: Caller) -> None:
    block = caller.told.story.ids["overdue_block"]
    found = schedule(caller, instalment_loan(caller), as_of=str(block))
    assert (found["terms"], found["count"], found["basis"]) == ("equal instalments", 2, "360")
    first, second = found["instalments"]
    assert (first["number"], second["number"]) == (1, 2)
    assert (
        abs(minor(first["total"]) - minor(second["total"]))
        <= 1 + 3_000_000 * 40 * 72_000 // 360_000_000 // 100 * 100
    )
    assert (
        total(found, "principal")
        == 3_000_000
        == total(found, "open") - total(found, "interest") + total(found, "paid")
    )
    day = found["day"]
    assert first["due"] < second["due"] < day
    assert [line["overdue_since"] for line in (first, second)] == [first["due"], second["due"]]
    assert found["overdue_since"] == first["due"]
    assert found["due"] == found["settles"]
    assert minor(found["due"]["costs"]) == 10_000
    row = caller.get(f"/loans/{instalment_loan(caller)}", as_of=str(block))
    assert (row["overdue_since"], row["next_instalment"], row["terms"]) == (
        first["due"],
        None,
        "equal instalments",
    )
    assert row["class"] == "special mention"


def test_dec_16_interest_of_instalments_is_what_the_days_come_to(caller: Caller) -> None:
    """The rows recomputed: interest on what is left after each, from due day to due day, each sum rounded once."""
    found = schedule(caller, instalment_loan(caller), as_of=str(caller.told.story.ids["overdue_block"]))
    principal, before, exact, charged = 3_000_000, day_of_iso(found["paid_out"]), Fraction(0), 0
    for line in found["instalments"]:
        # Nothing was paid: the whole principal bears interest up to the last due day.
        exact += Fraction(principal * (day_of_iso(line["due"]) - before) * found["rate_ppm"], 360_000_000)
        before = day_of_iso(line["due"])
        assert minor(line["interest"]) == int(exact + Fraction(1, 2)) - charged
        charged += minor(line["interest"])


def test_what_settles_a_loan_is_what_the_contract_says_on_every_day(caller: Caller) -> None:
    machine, seen = caller.told.story.house.machine, set()
    today = day_of_iso(schedule(caller, instalment_loan(caller))["day"])
    for row in caller.rows("/loans", "loans", 100):
        seen.add(row["phase"])
        for day in (today, today + 1, today + 400):
            found = schedule(caller, row["loan"], day=iso(day))
            interest, principal = machine.view("Credit", "owedOn", int(row["id"]), day)
            settles = found["settles"]
            assert (minor(settles["interest"]), minor(settles["principal"])) == (interest, principal), row
            assert minor(settles["total"]) == interest + principal + minor(settles["costs"])
            assert minor(found["due"]["total"]) <= minor(settles["total"])
            if found["instalments"] and found["paid_out"]:
                assert total(found, "principal") == minor(row["drawn"])
                assert total(found, "principal") + total(found, "interest") == total(found, "paid") + total(
                    found, "open"
                )
                assert row["phase"] != "settled" or total(found, "open") == 0
        assert (row["next_instalment"] is None) or row["phase"] in ("outstanding", "written off")
    assert {"outstanding", "settled", "void", "written off", "sold"} <= seen


def test_what_was_repaid_and_stands_adds_up_to_what_the_ledger_says(caller: Caller) -> None:
    table, taken_back = ledger.repayments.c, 0
    with caller.gateway.view() as unit:
        connection = unit.connection
        for row in connection.execute(select(ledger.loans)).all():
            sums = connection.execute(
                select(
                    func.coalesce(func.sum(table.interest), 0), func.coalesce(func.sum(table.principal), 0)
                ).where(table.loan == row.loan)
            ).one()
            # What goods met that were taken back stands among them, and no bank told of it.
            met = {each.loan: each for each in connection.execute(select(lease_ends))}.get(row.loan)
            if met is not None:
                sums = (sums[0] + met.interest, sums[1] + met.principal)
            found = repayments_of(connection, row.loan)
            assert (sum(each.interest for each in found), sum(each.principal for each in found)) == tuple(
                sums
            )
            assert [each.day for each in found] == sorted(each.day for each in found)
            rows = connection.execute(select(func.count()).where(table.loan == row.loan)).scalar_one()
            taken_back += rows - len(found) + (met is not None)
    assert taken_back >= 4


def test_a_schedule_is_of_its_block_and_asked_for_days_to_come(caller: Caller) -> None:
    loan = instalment_loan(caller)
    today = schedule(caller, loan)["day"]
    later = schedule(caller, loan, day=iso(day_of_iso(today) + 10))
    assert later["day"] == iso(day_of_iso(today) + 10)
    past = iso(day_of_iso(today) - 1)
    found = caller.refused(caller.http.get(f"/loans/{loan}/schedule", params={"day": past}), 422, "DAY-PAST")
    assert (found["field"], found["today"]) == ("day", today)
    for wrong, rule in (("2026-02-30", "DAY-FORM"), ("soon", "BODY-INVALID")):
        caller.refused(caller.http.get(f"/loans/{loan}/schedule", params={"day": wrong}), 422, rule)
    caller.refused(caller.http.get("/loans/9-9/schedule"), 404, "LOAN_UNKNOWN")


# ── Quotes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def asked(caller: Caller, **changed: Any) -> dict[str, Any]:
    today = day_of_iso(schedule(caller, instalment_loan(caller))["day"])
    return {
        "amount": "90000.00", "rate_ppm": 72_000, "due": iso(today + 90), "terms": "equal principal", "count": 3,
        **changed,
    }  # fmt: skip


def test_s2_a_draw_is_quoted_with_its_schedule_its_cost_and_the_rate_of_all_of_it(caller: Caller) -> None:
    found = caller.get("/facilities/7/quote", **asked(caller))
    assert [line["principal"] for line in found["instalments"]] == ["30000.00"] * 3
    assert found["instalments"][-1]["due"] == found["due"]
    interest = sum(minor(line["interest"]) for line in found["instalments"])
    assert minor(found["interest"]) == minor(found["cost"]) == interest
    assert minor(found["repaid"]) == 9_000_000 + interest
    assert abs(found["all_in_rate_ppm"] - 72_000) <= 10
    days, left = day_of_iso(found["day"]), 9_000_000
    used = 0
    for line in found["instalments"]:
        used += left * (day_of_iso(line["due"]) - days)
        days, left = day_of_iso(line["due"]), left - minor(line["principal"])
    assert found["all_in_rate_ppm"] == int(Fraction(interest * 360 * 1_000_000, used) + Fraction(1, 2))
    kept = caller.get("/facilities/7/quote", **asked(caller, terms="discount", count=0))
    assert (kept["interest"], kept["paid_out"], kept["repaid"]) == ("1620.00", "88380.00", "90000.00")
    assert kept["all_in_rate_ppm"] > 72_000
    free = caller.get("/facilities/7/quote", **asked(caller, terms="statement", count=90))
    assert (free["interest"], free["all_in_rate_ppm"]) == ("0.00", 0)


def test_a_due_day_on_which_no_bank_works_stays_and_money_moves_on_the_next_business_day(
    caller: Caller,
) -> None:
    """DEC-16: the due day is the one agreed, the payment day is the calendar's."""
    first = day_of_iso(asked(caller)["due"])
    saturday = next(day for day in range(first, first + 7) if date_of(day).weekday() == 5)
    found = caller.get("/facilities/7/quote", **asked(caller, due=iso(saturday), terms="bullet", count=0))
    (line,) = found["instalments"]
    calendar = caller.get(f"/payment-days/{iso(saturday)}")
    assert (line["due"], line["payment_day"]) == (iso(saturday), calendar["payment_day"])
    assert line["payment_day"] >= iso(saturday + 2)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"count": 0}, "count"), ({"count": 61}, "count"), ({"count": 4}, "count"), ({"terms": "bullet"}, "count"),
        ({"terms": "statement", "count": 0}, "count"),
        ({"terms": "discount", "count": 0, "minimum_days": 1}, "minimum_days"),
        ({"terms": "discount", "count": 0, "rate_ppm": 4_000_000}, "rate_ppm"), ({"amount": "0"}, "amount"),
        ({"due": "2026-01-01"}, "due"), ({"title": "101-1"}, "title"),
    ],
)  # fmt: skip
def test_dec_16_terms_that_cannot_be_kept_are_refused_by_their_field(
    caller: Caller, changed: dict[str, Any], field: str
) -> None:
    answer = caller.http.get("/facilities/7/quote", params=asked(caller, **changed))
    found = caller.refused(answer, 422, "TERMS-UNFIT")
    assert (found["field"], found["keeps"]) == (field, "DEC-16")


def test_what_no_terms_have_is_refused_by_its_name(caller: Caller) -> None:
    for changed in (
        {"terms": "balloon"},
        {"basis": "364"},
        {"grace_days": 256},
        {"penalty_bps": 10_001},
        {"rate_ppm": -1},
    ):
        answer = caller.http.get("/facilities/7/quote", params=asked(caller, **changed))
        found = caller.refused(answer, 422, "BODY-INVALID")
        assert next(iter(changed)) in str(found["errors"])
    caller.refused(caller.http.get("/facilities/9999/quote", params=asked(caller)), 404, "FACILITY_UNKNOWN")
    unknown = asked(caller, offer="0x" + "00" * 32)
    caller.refused(caller.http.get("/facilities/7/quote", params=unknown), 404, "OFFER-UNKNOWN")
    bought = caller.http.get("/facilities/20/quote", params=asked(caller, terms="bullet", count=0))
    assert caller.refused(bought, 422, "TERMS-UNFIT")["field"] == "title"
