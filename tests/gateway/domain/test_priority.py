"""Rival claims: the order of the law, its reasons, and every minor unit (CC-768, GI-66, CC-447/456, GI-59)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.priority import (
    INSTRUMENTS,
    Claim,
    Instrument,
    Standing,
    Thing,
    compare,
    distribute,
    place,
    rank,
    standing,
)

TIMES = st.none() | st.integers(1, 5)


@st.composite
def rivals(draw: st.DrawFn, thing: Thing = Thing.RECEIVABLE) -> list[Claim]:
    count = draw(st.integers(0, 7))
    return [
        Claim(
            f"claim {number}",
            draw(st.sampled_from(INSTRUMENTS[thing])),
            draw(st.integers(0, 10**9)),
            draw(TIMES),
            draw(TIMES),
        )
        for number in range(count)
    ]


def factor(name: str, registered: int | None = None, notified: int | None = None, amount: int = 100) -> Claim:
    return Claim(name, Instrument.FACTORING, amount, registered, notified)


# ── The law ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_cc_768_registered_before_unregistered_whoever_gave_notice() -> None:
    told = compare(factor("late", registered=900), factor("told first", notified=1), Thing.RECEIVABLE)
    assert (told.first, told.rule, told.equal) == ("late", "CC-768", False)
    assert told.sentence == "It is registered, the other is not."


def test_cc_768_of_two_registered_the_earlier_of_two_unregistered_the_first_notice() -> None:
    by_register = compare(factor("b", registered=7), factor("a", registered=8, notified=1), Thing.RECEIVABLE)
    assert (by_register.first, by_register.sentence) == ("b", "It was registered earlier.")
    by_notice = compare(factor("z", notified=3), factor("a", notified=4), Thing.RECEIVABLE)
    assert by_notice.first == "z"
    assert compare(factor("z", notified=3), factor("a"), Thing.RECEIVABLE).first == "z"


def test_cc_768_neither_registered_nor_notified_in_proportion() -> None:
    found = distribute(100, [factor("a", amount=200), factor("b", amount=100)])
    assert [(share.claim.name, share.rank, share.amount) for share in found.shares] == [
        ("a", 1, 67),
        ("b", 1, 33),
    ]
    assert [(reason.equal, reason.rule) for reason in found.reasons] == [(True, "CC-768")]


def test_gi_66_the_same_order_across_factoring_pledge_and_assignment() -> None:
    claims = [
        Claim("assignee", Instrument.ASSIGNMENT, 50, None, 4),
        Claim("pledgee", Instrument.PLEDGE, 60, 9, None),
        Claim("factor", Instrument.FACTORING, 70, 8, None),
    ]
    found = distribute(120, claims)
    assert [(share.claim.name, share.amount, share.short) for share in found.shares] == [
        ("factor", 70, 0), ("pledgee", 50, 10), ("assignee", 0, 50),
    ]  # fmt: skip
    assert {reason.rule for reason in found.reasons} == {"GI-66"}


def test_one_second_decides_and_the_same_second_shares() -> None:
    assert rank([factor("a", registered=10), factor("b", registered=11)]) != rank(
        [factor("a", registered=10), factor("b", registered=10)]
    )
    assert len(rank([factor("a", registered=10), factor("b", registered=10)])) == 1


def test_cc_447_the_keepers_lien_comes_before_a_pledge_however_early() -> None:
    lien = Claim("keeper", Instrument.LIEN, 30)
    pledge = Claim("bank", Instrument.PLEDGE, 100, 1)
    found = distribute(100, [pledge, lien], Thing.GOODS)
    assert [(share.claim.name, share.amount) for share in found.shares] == [("keeper", 30), ("bank", 70)]
    assert [reason.rule for reason in found.reasons] == ["CC-447/456"]


def test_gi_59_receipts_for_the_same_goods_by_publicity_then_in_proportion() -> None:
    first = Claim("receipt 1", Instrument.RECEIPT, 60, 5)
    second, third = Claim("receipt 2", Instrument.RECEIPT, 60), Claim("receipt 3", Instrument.RECEIPT, 30)
    found = distribute(90, [third, second, first], Thing.GOODS)
    assert [(share.claim.name, share.rank, share.amount) for share in found.shares] == [
        ("receipt 1", 1, 60), ("receipt 2", 2, 20), ("receipt 3", 2, 10),
    ]  # fmt: skip
    assert {reason.rule for reason in found.reasons} == {"GI-59"}


def test_goods_have_no_debtor_whose_notice_would_count() -> None:
    assert standing(Claim("r", Instrument.RECEIPT, 1, None, 3), Thing.GOODS) is Standing.NEITHER


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="keeper's lien"):
        rank([Claim("k", Instrument.LIEN, 1)])
    with pytest.raises(ValueError, match="one name"):
        rank([factor("a"), factor("a")])
    with pytest.raises(ValueError, match="negative"):
        rank([factor("a", amount=-1)])
    with pytest.raises(ValueError, match="negative"):
        distribute(-1, [])


# ── Properties ──────────────────────────────────────────────────────────────────────────────────────────────


@given(rivals(), st.integers(0, 3 * 10**9), st.randoms())
def test_the_order_they_come_in_does_not_matter(claims: list[Claim], amount: int, chance: object) -> None:
    mixed = list(claims)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert distribute(amount, mixed) == distribute(amount, claims)


@given(rivals(), st.integers(0, 3 * 10**9))
def test_nothing_is_lost_and_nobody_gets_more_than_it_claims(claims: list[Claim], amount: int) -> None:
    found = distribute(amount, claims)
    assert sum(share.amount for share in found.shares) + found.rest == amount
    assert all(0 <= share.amount <= share.claim.amount for share in found.shares)
    for better, worse in zip(found.shares, found.shares[1:], strict=False):
        if better.rank < worse.rank and worse.amount:
            assert better.short == 0
    assert found.rest == 0 or all(share.short == 0 for share in found.shares)


@given(rivals(), st.integers(0, 3 * 10**9))
def test_claims_of_one_rank_share_to_the_minor_unit(claims: list[Claim], amount: int) -> None:
    found = distribute(amount, claims)
    for number in {share.rank for share in found.shares}:
        tier = [share for share in found.shares if share.rank == number]
        paid, claimed = sum(each.amount for each in tier), sum(each.claim.amount for each in tier)
        for each in tier:
            assert abs(each.amount * claimed - each.claim.amount * paid) < max(claimed, 1)


@settings(max_examples=40)
@given(rivals())
def test_the_order_is_total_and_transitive(claims: list[Claim]) -> None:
    for one in claims:
        for other in claims:
            forth, back = compare(one, other, Thing.RECEIVABLE), compare(other, one, Thing.RECEIVABLE)
            assert forth == back
            for third in claims:
                if (
                    place(one, Thing.RECEIVABLE)
                    <= place(other, Thing.RECEIVABLE)
                    <= place(third, Thing.RECEIVABLE)
                ):
                    assert place(one, Thing.RECEIVABLE) <= place(third, Thing.RECEIVABLE)
                    if one.name != third.name and not compare(one, third, Thing.RECEIVABLE).equal:
                        assert compare(one, third, Thing.RECEIVABLE).first == one.name


@given(rivals(), st.sampled_from(INSTRUMENTS[Thing.RECEIVABLE]), TIMES, st.integers(0, 10**9))
def test_a_claim_that_is_not_registered_moves_no_registered_one(
    claims: list[Claim], instrument: Instrument, notified: int | None, amount: int
) -> None:
    def registered(some: list[Claim]) -> list[tuple[str, int, int]]:
        return [
            (share.claim.name, share.rank, share.amount)
            for share in distribute(10**9, some).shares
            if share.claim.registered_at is not None
        ]

    assert registered([*claims, Claim("new", instrument, amount, None, notified)]) == registered(claims)


@given(rivals(), st.data())
def test_to_register_never_makes_a_claim_worse(claims: list[Claim], data: st.DataObject) -> None:
    if not claims:
        return
    chosen = data.draw(st.sampled_from(list(claims)))
    if chosen.registered_at is not None:
        return
    better = [replace(claim, registered_at=6) if claim is chosen else claim for claim in claims]

    def amount_of(some: list[Claim]) -> int:
        return next(
            share.amount for share in distribute(10**8, some).shares if share.claim.name == chosen.name
        )

    assert amount_of(better) >= amount_of(claims)
