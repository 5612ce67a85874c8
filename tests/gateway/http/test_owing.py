"""Who owes what to whom on a receivable after its due day: debtor, seller with recourse, pledgor."""

from __future__ import annotations

from decimal import Decimal

from gateway.ids import format_id
from tests.gateway.conftest import Told
from tests.gateway.http.conftest import Caller
from tests.house.cast import LENDER, TIER_1


def test_a_seller_with_recourse_owes_the_price_of_what_the_debtor_did_not_pay(
    caller: Caller, told: Told
) -> None:
    title = caller.get(f"/titles/{told.story.ids['bought_with']}")
    found = caller.get(f"/receivables/{title['root']}/owed")
    (line,) = found["titles"]
    assert found["overdue_days"] > 0
    assert (line["holder"], line["paid_to"]) == (LENDER.number, LENDER.number)
    assert Decimal(line["unpaid"]) == Decimal(title["amount"]) - Decimal(title["paid"])
    (behind,) = line["behind"]
    assert (behind["party"], behind["why"]) == (TIER_1.number, "recourse")
    schedule = caller.get(f"/loans/{format_id(told.story.ids['bought_with_loan'])}/schedule")
    assert behind["owes"] == schedule["settles"]["total"]


def test_sme_17_late_interest_runs_from_the_due_day_on_what_is_unpaid(caller: Caller, told: Told) -> None:
    """500 parts per million a day, as the story's debtor promised; half up to the fen."""
    root = caller.get(f"/titles/{told.story.ids['bought_with']}")["root"]
    found = caller.get(f"/receivables/{root}/owed")
    expected = Decimal(found["unpaid"]) * 500 * found["overdue_days"] / 1_000_000
    assert abs(Decimal(found["late_interest"]) - expected) <= Decimal("0.005")
    assert Decimal(found["late_interest"]) > 0


def test_before_the_due_day_nothing_is_late(caller: Caller, told: Told) -> None:
    then = told.story.ids["lent_block"]
    root = caller.get(f"/titles/{told.story.ids['pledged']}", as_of=then)["root"]
    found = caller.get(f"/receivables/{root}/owed", as_of=then)
    assert (found["overdue_days"], found["late_interest"]) == (0, "0.00")
    assert Decimal(found["unpaid"]) > 0


def test_money_of_a_pledged_certificate_goes_to_the_lender_and_the_pledgor_owes_its_loan(
    caller: Caller, told: Told
) -> None:
    root = caller.get(f"/titles/{told.story.ids['locked']}")["root"]
    (line,) = caller.get(f"/receivables/{root}/owed")["titles"]
    assert (line["holder"], line["paid_to"]) == (TIER_1.number, LENDER.number)
    loans = {behind["loan"]: (behind["party"], behind["why"]) for behind in line["behind"]}
    # A loan that was written off is claimed as before.
    assert loans[format_id(told.story.ids["written_off_loan"])] == (TIER_1.number, "pledge")


def test_a_settled_certificate_is_owed_nothing(caller: Caller, told: Told) -> None:
    root = caller.get(f"/titles/{told.story.ids['early']}")["root"]
    found = caller.get(f"/receivables/{root}/owed")
    assert told.story.ids["early"] not in {each["title"] for each in found["titles"]}
    assert sum(Decimal(each["unpaid"]) for each in found["titles"]) == Decimal(found["unpaid"])


def test_a_receivable_that_is_not_there_is_refused(caller: Caller) -> None:
    caller.refused(caller.http.get("/receivables/4000-1/owed"), 404, "UNKNOWN_ROOT")
