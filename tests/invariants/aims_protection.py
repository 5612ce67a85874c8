"""Steps that aim at the reasons of protection, which chance alone seldom finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from gateway.domain.acts import Release
from gateway.domain.protection_acts import CallProtection
from gateway.domain.reasons import Reason
from gateway.domain.records import Role
from gateway.domain.settlement import FactKind
from tests.invariants import propose_credit as credit
from tests.invariants import propose_money as money
from tests.invariants import propose_protection as protection
from tests.invariants.verbs import Step
from tests.invariants.world import DOCUMENT, PLATFORM, World

Aim = Callable[[World], Step | None]


def _call(world: World, number: int, loan: int) -> Step:
    """A call of one minor unit, whoever may be called."""
    word = world.state.protections[number]
    lender = world.state.facilities[word.facility].lender
    custodian = world.signer(word.custodian, Role.PAYMENTS) if word.custodian else None
    called = world.state.call_of(number, loan).called
    act = CallProtection(number, loan, 1, called, world.expiry(), DOCUMENT)
    keys = (*world.two(lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, 1), custodian)
    more = protection.hints(world, word.facility)
    return Step("call_protection", act, keys, more, note="aimed")


def _told(wanted: Reason) -> Aim:
    """A call of one that does not stand for the loan, for this reason; time may have to pass for it."""

    def aim(world: World) -> Step | None:
        lent = credit.loans_in(world, *protection.OWING)
        if lent:
            world.go_past(min(world.state.loans[number].due_day for number in lent), within=30)
        pairs = [
            (number, loan)
            for number in world.state.protections
            for loan in lent
            if protection.told(world, number, loan) is wanted
        ]
        return _call(world, *world.rng.choice(pairs)) if pairs else None

    return aim


def _without_hints(name: str) -> Aim:
    def aim(world: World) -> Step | None:
        world.loose = 0.0
        step = protection.call_protection(world)
        if step is None or (name == "locked" and not step.more["locked"]):
            return None
        return replace(step, more={**step.more, name: ()}, note="aimed")

    return aim


def _unknown(world: World) -> Step | None:
    step = protection.consent(world)
    return (
        None
        if step is None
        else replace(step, act=replace(step.act, protection=world.id_of(7)), note="aimed")
    )


def _platform(world: World) -> Step | None:
    step = protection.protect(world)
    return (
        None
        if step is None
        else replace(step, act=replace(step.act, protection=world.id_of(PLATFORM)), note="aimed")
    )


def _more_than_called(world: World) -> Step | None:
    world.loose = 0.0
    step = money.protected(world)
    if step is None:
        return None
    unpaid = world.state.call_of(step.act.subject, step.act.loan).unpaid
    return replace(step, act=replace(step.act, amount=unpaid + 1), note="aimed")


def _draw_short(world: World) -> Step | None:
    """A draw under a facility whose reserve is below its floor."""
    short = [number for number, word in world.state.facilities.items() if word.reserve_short]
    world.loose = 0.0
    step = credit.draw(world)
    if step is None or not short:
        return None
    able = [n for n in short if world.today <= world.state.facilities[n].end_day]
    return replace(step, act=replace(step.act, facility=able[0]), note="aimed") if able else None


def _release_subrogated(world: World) -> Step | None:
    open_ = [number for number, word in world.state.facilities.items() if word.subrogated]
    if not open_:
        return None
    lender = world.state.facilities[open_[0]].lender
    act = Release(open_[0], (), world.serial(), world.expiry(), DOCUMENT)
    keys = world.two(lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER)
    return Step("release", act, keys, {"loans": ()}, note="aimed")


def _not_whole(world: World) -> Step | None:
    """Money for a protector before anything was recovered for it."""
    state = world.state
    for (number, loan), call in state.calls.items():
        facility = state.facilities[state.loans[loan].facility]
        account = state.accounts.get((number >> 32, facility.currency))
        if call.claim and account is not None and state.claims_of(loan).pot < call.claim:
            return money.fact_of(world, FactKind.REIMBURSED, number, call.claim, account, loan)
    return None


AIMS: Mapping[Reason, Aim] = {
    Reason.PROTECTION_UNKNOWN: _unknown,
    Reason.PROTECTOR_NOT_ALLOWED: _platform,
    Reason.PROTECTION_ENDED: _told(Reason.PROTECTION_ENDED),
    Reason.CONSENT_MISSING: _told(Reason.CONSENT_MISSING),
    Reason.COLLATERAL_FIRST: _without_hints("locked"),
    Reason.ORDER_OF_CALL: _without_hints("others"),
    Reason.NOT_CALLED: _more_than_called,
    Reason.RESERVE_SHORT: _draw_short,
    Reason.SUBROGATION_OPEN: _release_subrogated,
    Reason.LENDER_NOT_WHOLE: _not_whole,
}
"""A step for each reason of protection that is likely to be answered with it."""
