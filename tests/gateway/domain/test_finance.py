"""What each lender's offer costs, before anybody signs, and the order they are shown in (S1, S2)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.closed_loop import Attested, Flow, Need, examine
from gateway.domain.finance import Asked, Bearer, Form, StandingOffer, compared, cost

DAY = 20_000
OFFER = StandingOffer(
    number=1, lender=11, currency=156, form=Form.PLEDGE, rate=72_000, basis=0, minimum_days=0, penalty_bps=5_000,
    advance_bps=10_000, fee=0, fee_bps=0, bearer=Bearer.BORROWER, least=1, most=10**12, first_day=DAY - 10,
    last_day=DAY + 10,
)  # fmt: skip
ASKED = Asked(156, 100_000_000, DAY + 30, DAY)

offers = st.builds(
    StandingOffer, st.integers(1, 10**6), st.integers(11, 13), st.just(156), st.sampled_from(Form),
    st.integers(0, 240_000), st.integers(0, 1), st.integers(0, 90), st.just(5_000), st.integers(1, 10_000),
    st.integers(0, 10**5), st.integers(0, 500), st.sampled_from(Bearer), st.just(1), st.just(10**14), st.just(DAY),
    st.just(DAY),
)  # fmt: skip


def test_a_million_at_7_2_percent_for_30_days_is_6000() -> None:
    found = cost(OFFER, ASKED)
    assert (found.lent, found.interest, found.net, found.repaid) == (
        100_000_000, 600_000, 100_000_000, 100_600_000,
    )  # fmt: skip
    assert found.rate_ppm == 72_000
    assert found.unfit == ()


def test_a_sale_is_paid_less_its_interest_and_costs_more_than_its_rate() -> None:
    found = cost(replace(OFFER, form=Form.WITHOUT_RECOURSE, fee=10_000), ASKED)
    assert (found.net, found.borne, found.repaid) == (99_390_000, 610_000, 0)
    assert found.rate == Fraction(610_000 * 360, 99_390_000 * 30)
    assert found.rate_ppm == 73_649


def test_interest_borne_by_the_core_is_shown_and_costs_the_holder_nothing() -> None:
    found = cost(replace(OFFER, bearer=Bearer.CORE, fee_bps=5), ASKED)
    assert (found.interest, found.borne, found.fee, found.repaid) == (600_000, 50_000, 50_000, 100_000_000)


def test_minimum_days_are_charged_and_raise_the_yearly_rate() -> None:
    found = cost(replace(OFFER, minimum_days=60), ASKED)
    assert (found.interest, found.rate_ppm) == (1_200_000, 144_000)


def test_what_an_offer_does_not_fit_is_said_with_its_rule() -> None:
    rules = {
        each.partition(":")[0]
        for offer, asked in (
            (replace(OFFER, currency=978), ASKED),
            (replace(OFFER, last_day=DAY - 1), ASKED),
            (replace(OFFER, advance_bps=8_000), replace(ASKED, amount=80_000_001)),
            (OFFER, replace(ASKED, due_day=DAY)),
        )
        for each in cost(offer, asked).unfit
    }
    assert rules == {"DEC-7", "DEC-9", "S2"}
    assert cost(replace(OFFER, advance_bps=8_000), replace(ASKED, amount=80_000_000)).unfit == ()


@given(
    st.lists(offers, unique_by=lambda each: each.number),
    st.integers(1, 10**12),
    st.integers(1, 365),
    st.randoms(),
)
def test_the_order_is_the_holders_cost_and_nothing_else(
    some: list[StandingOffer], open_: int, days: int, chance: object
) -> None:
    asked = Asked(156, open_, DAY + days, DAY)
    found = compared(cost(each, asked) for each in some)
    mixed = list(some)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert compared(cost(each, asked) for each in mixed) == found
    fit = [each for each in found if not each.unfit]
    assert found[: len(fit)] == fit
    assert [each.rate for each in fit] == sorted(each.rate for each in fit if each.rate is not None)
    # A lender's name changes nothing: renumbered the same, they stand in the same order.
    renamed = compared(cost(replace(each, lender=24 - each.lender), asked) for each in some)
    assert [each.offer.number for each in renamed] == [each.offer.number for each in found]


@given(offers, st.integers(1, 10**12), st.integers(1, 365))
def test_every_unit_of_a_quote_is_accounted_for(offer: StandingOffer, open_: int, days: int) -> None:
    found = cost(offer, Asked(156, open_, DAY + days, DAY))
    own = found.interest if offer.bearer is Bearer.BORROWER else 0
    assert found.borne == own + found.fee
    if offer.form is Form.WITHOUT_RECOURSE:
        assert found.net + found.borne == found.lent
        assert found.repaid == 0
    else:
        assert found.net + found.fee == found.lent
        assert found.repaid == found.lent + own


# ── S26 ─────────────────────────────────────────────────────────────────────────────────────────────────────

FLOWS = [Attested(flow, 21, f"record {flow}") for flow in Flow]
GROUPS = {21: 21, 31: 31, 201: 201, 202: 201}


def test_s26_four_flows_of_one_entity_are_not_enough_and_of_two_they_are() -> None:
    one = examine("S2", 1, 201, FLOWS, GROUPS)
    assert (one.allows, one.missing) == (False, ("1 independent legal entities attest, 2 are needed",))
    two = examine("S2", 1, 201, [*FLOWS[:3], Attested(Flow.INFORMATION, 31, "x")], GROUPS)
    assert two.allows
    assert two.missing == ()


def test_s26_the_beneficiary_and_its_group_do_not_count() -> None:
    own = [*FLOWS[:3], Attested(Flow.INFORMATION, 202, "own group")]
    found = examine("S2", 1, 201, own, GROUPS)
    assert not found.allows
    assert [each.reference for each in found.left_out] == ["own group"]
    assert "the information flow is not attested by an independent party" in found.missing


def test_s26_the_future_payment_has_to_be_named() -> None:
    found = examine("S2", None, 201, [*FLOWS, Attested(Flow.TRADE, 31, "x")], GROUPS)
    assert found.missing == ("the future payment that repays the drawdown is not named",)


def test_s26_is_only_declared_for_unsecured_products() -> None:
    found = examine("S14.7", None, 201, [], GROUPS)
    assert (found.need, found.allows) == (Need.DECLARED, True)
    assert found.missing
