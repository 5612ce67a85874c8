"""Steps of protection: who stands behind a facility, calls, claims. Likely, never sure, to be done."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.domain import protection
from gateway.domain.acts import AddCosts
from gateway.domain.protection_acts import AttestReserve, CallProtection, Consent, EndCall, Protect, Waive
from gateway.domain.protection_records import ProtectionKind
from gateway.domain.reasons import Reason
from gateway.domain.records import LoanPhase, Role
from tests.invariants.propose_credit import loans_in, locked_to
from tests.invariants.verbs import Step
from tests.invariants.world import BANKS, CORES, DOCUMENT, GUARANTORS, World

OWING = (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)
LATEST = 2**24 - 1


def promising(world: World, number: int, amount: int = 0) -> tuple[str | None, str | None]:
    """The protector's two people."""
    return world.two(number >> 32, Role.ISSUE_MAKER, Role.ISSUE_CHECKER, amount)


def protect(world: World) -> Step | None:
    state = world.state
    lent = {state.loans[number].facility for number in loans_in(world, *OWING)}
    behind = [
        number for number in state.facilities if number in lent and state.guard_of(number).protections < 5
    ]
    facility = world.pick(behind, state.facilities)
    if facility is None:
        facility = world.pick(state.facilities)
    if facility is None:
        return None
    held = state.facilities[facility]
    kind = world.rng.choice((1, 1, 2, 3, 4))
    reserve, share = kind == ProtectionKind.RESERVE, kind == ProtectionKind.SHARE
    floor = world.rng.choice((0, 1, 1_000)) if reserve else 0
    banks = [bank for bank in BANKS if bank != held.lender]
    act = Protect(
        protection=world.id_of(world.rng.choice(CORES if reserve else GUARANTORS)),
        facility=facility,
        kind=kind,
        order=world.rng.choice((0, 1)),
        bps=world.rng.choice((1, 3_333, 10_000)) if share else 0,
        cap=world.rng.choice((1, max(1, held.used // 3), max(1, held.used), held.limit)),
        until_day=world.rng.choice((0, 0, 0, world.today, world.today + 60)),
        rate=world.rng.choice((LATEST, LATEST, 0)),
        custodian=world.rng.choice(banks) if reserve else 0,
        floor=floor,
        target=min(floor * 3, 2**48 - 1),
        top_up_days=10 if reserve else 0,
        expires_at=world.expiry(),
        evidence=DOCUMENT,
    )
    lender = world.two(held.lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, act.cap)
    custodian = world.signer(act.custodian, Role.PAYMENTS) if reserve else None
    return Step("protect", act, (*promising(world, act.protection, act.cap), *lender, custodian))


def consent(world: World) -> Step | None:
    state = world.state
    pairs = [
        (number, loan)
        for number, word in state.protections.items()
        for loan, lent in state.loans.items()
        if lent.facility == word.facility
    ]
    missing = [
        (n, loan)
        for n, loan in pairs
        if state.loans[loan].rate > state.protections[n].rate and not state.call_of(n, loan).consented
    ]
    chosen = world.pick(missing or pairs, [(n, loan) for n in state.protections for loan in state.loans])
    if chosen is None:
        return None
    number, loan = chosen
    act = Consent(number, loan, world.expiry(), DOCUMENT)
    return Step("consent", act, promising(world, number, state.loans[loan].drawn))


def attest_reserve(world: World) -> Step | None:
    state = world.state
    reserves = [n for n, word in state.protections.items() if word.kind is ProtectionKind.RESERVE]
    number = world.pick(reserves, state.protections)
    if number is None:
        return None
    word = state.protections[number]
    balance = world.rng.choice((0, word.floor, max(0, word.floor - 1), word.cap, word.cap, word.target))
    day = world.today - world.rng.choice((0, 0, 1))
    act = AttestReserve(number, balance, day, world.serial(), world.expiry(), DOCUMENT)
    return Step("attest_reserve", act, (world.signer(word.custodian, Role.PAYMENTS, balance),))


# ── Calls ───────────────────────────────────────────────────────────────────────────────────────────────────


def _callable(world: World) -> Iterator[tuple[int, int, int]]:
    """Protection, loan, and the most that may be called of it, whoever comes first."""
    state = world.state
    for number, word in state.protections.items():
        for loan in loans_in(world, *OWING):
            lent = state.loans[loan]
            if lent.facility != word.facility or protection.callable_for(state, number, loan, world.today):
                continue
            most = protection.callable_amount(state, number, loan, world.today)
            if most:
                yield number, loan, most


def _first_in_turn(world: World, number: int, loan: int) -> bool:
    state = world.state
    word = state.protections[number]
    return all(
        protection.used_up(state, other, loan, world.today)
        for other, before in state.protections.items()
        if before.facility == word.facility and before.rank < word.rank
    )


def call_protection(world: World) -> Step | None:
    state = world.state
    behind = {word.facility for word in state.protections.values()}
    lent = [n for n in loans_in(world, *OWING) if state.loans[n].facility in behind]
    if lent and world.rng.random() < 0.8:
        # Overdue comes with time alone, for the loan and for what is pledged.
        loan = world.rng.choice(lent)
        locked = locked_to(world, state.loans[loan].facility)
        due = [state.roots[state.titles[n].root].due_day for n in locked if not state.titles[n].dead]
        world.go_past(max([state.loans[loan].due_day, *due]), within=60)
    found = list(_callable(world))
    chosen = world.pick(
        [each for each in found if _first_in_turn(world, each[0], each[1])],
        found or [(n, loan, 1) for n in state.protections for loan in state.loans],
    )
    if chosen is None:
        return None
    number, loan, most = chosen
    word = state.protections[number]
    amount = most if world.rng.random() < 0.6 else world.rng.randint(1, most)
    call = state.call_of(number, loan)
    act = CallProtection(number, loan, amount, call.called, world.expiry(), DOCUMENT)
    lender = state.facilities[word.facility].lender
    custodian = world.signer(word.custodian, Role.PAYMENTS, amount) if word.custodian else None
    keys = (*world.two(lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, amount), custodian)
    return Step("call_protection", act, keys, hints(world, word.facility))


def hints(world: World, facility: int) -> dict[str, tuple[int, ...]]:
    """What a call is carried with: all protections of a facility, and all that is locked to it."""
    state = world.state
    others = tuple(sorted(n for n, word in state.protections.items() if word.facility == facility))
    return {"others": others, "locked": tuple(sorted(locked_to(world, facility)))}


def end_call(world: World) -> Step | None:
    state = world.state
    open_ = [key for key, call in state.calls.items() if call.unpaid]
    able = [
        key
        for key in open_
        if state.protections[key[0]].kind is ProtectionKind.INSURANCE
        or state.loans[key[1]].phase is LoanPhase.SETTLED
    ]
    chosen = world.pick(able, open_ or state.calls)
    if chosen is None:
        return None
    call = state.calls[chosen]
    act = EndCall(*chosen, call.called, world.expiry(), DOCUMENT)
    return Step("end_call", act, promising(world, chosen[0], call.unpaid))


def waive(world: World) -> Step | None:
    state = world.state
    able = [key for key, call in state.calls.items() if call.claim and _beyond_pot(world, key[1])]
    chosen = world.pick(able, state.calls)
    if chosen is None:
        return None
    most = min(state.calls[chosen].claim, _beyond_pot(world, chosen[1]))
    amount = most if most < 2 or world.rng.random() < 0.4 else world.rng.randint(1, most)
    act = Waive(*chosen, amount, world.serial(), world.expiry(), DOCUMENT)
    return Step("waive", act, promising(world, chosen[0], amount))


def _beyond_pot(world: World, loan: int) -> int:
    claims = world.state.claims_of(loan)
    return claims.open - claims.pot


def add_costs(world: World) -> Step | None:
    outstanding = loans_in(world, *OWING)
    if outstanding and world.rng.random() < 0.5:
        world.go_past(min(world.state.loans[n].due_day for n in outstanding), within=30)
    late = [n for n in outstanding if world.today > world.state.loans[n].due_day]
    number = world.pick(late, world.state.loans)
    if number is None:
        return None
    loan, costs = world.state.loans[number], world.state.costs_of(number)
    amount = max(1, loan.drawn // world.rng.choice((10, 20, 100)))
    act = AddCosts(number, amount, costs.added, world.expiry(), DOCUMENT)
    lender = world.state.facilities[loan.facility].lender
    keys = world.two(lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, amount)
    return Step("add_costs", act, keys)


def in_order(world: World, loan: int) -> list[int]:
    """Protections that may be reimbursed on a loan now: insurers after all others."""
    state = world.state
    numbers = [number for (number, lent), call in state.calls.items() if lent == loan and call.claim]
    first = [n for n in numbers if state.protections[n].kind is not ProtectionKind.INSURANCE]
    return first or numbers


def told(world: World, number: int, loan: int) -> Reason:
    """Whether a protection stands for a loan today."""
    return protection.callable_for(world.state, number, loan, world.today)


PROPOSALS = {
    "protect": protect,
    "consent": consent,
    "attest_reserve": attest_reserve,
    "call_protection": call_protection,
    "end_call": end_call,
    "waive": waive,
    "add_costs": add_costs,
}
"""A likely step of each verb of protection, and of the costs of enforcement."""
