"""Steps with leased goods: agreed, withdrawn, called for, taken back. Likely, never sure, to be done; and the aims at
the reasons that only they answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from gateway.domain.credit import overdue_since
from gateway.domain.lease_acts import EndLease, GiveNotice, LeaseGoods, WithdrawLease
from gateway.domain.quotes import owed
from gateway.domain.reasons import Reason
from gateway.domain.records import Form, LoanPhase, Role
from gateway.domain.terms import schedules
from tests.invariants.propose_credit import drawing
from tests.invariants.propose_goods import bound, free
from tests.invariants.verbs import Step
from tests.invariants.world import APPRAISER, DOCUMENT, SUPPLIERS, World


def _two(world: World, loan: int) -> tuple[str | None, str | None]:
    word = world.state.loans[loan]
    lender = world.state.facilities[word.facility].lender
    return world.two(lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, word.principal)


def lease_goods(world: World) -> Step | None:
    state = world.state
    facilities = [n for n, word in state.facilities.items() if word.form is Form.LEASE]
    receipts = [
        n for n, title in state.titles.items()
        if free(world, title) and n not in state.liens and world.today < state.roots[title.root].due_day
    ]  # fmt: skip
    able = [(n, f) for n in receipts for f in facilities]
    others = [*bound(world), *list(state.titles)[-12:]] if world.loose else ()
    every = [(n, f) for n in others for f in list(state.facilities)]
    chosen = world.pick(able, every)
    return None if chosen is None else leasing(world, *chosen)


def leasing(world: World, number: int, facility: int) -> Step:
    """From whoever holds it; what the lessor holds already it had from some trader."""
    state, title = world.state, world.state.titles[number]
    word = state.facilities[facility]
    seller = world.rng.choice(SUPPLIERS) if title.holder == word.lender else title.holder
    price = world.rng.choice((world.amount(10**9), word.limit))
    act = LeaseGoods(
        number, title.sequence, title.quantity, facility, price, seller, APPRAISER, world.rng.choice((1, 3)),
        world.expiry(), DOCUMENT,
    )  # fmt: skip
    holder = world.signer(title.holder, Role.TITLE, title.quantity)
    lessee = world.signer(
        word.borrower, Role.BORROW, price, besides=(holder,) if title.holder == word.borrower else ()
    )
    lender = world.signer(
        word.lender, Role.CREDIT_MAKER, besides=(holder,) if title.holder == word.lender else ()
    )
    keeper = world.signer(state.roots[title.root].debtor, Role.KEEP)
    return Step("lease_goods", act, (holder, lessee, lender, keeper))


def withdraw_lease(world: World) -> Step | None:
    state = world.state
    able = [n for n in state.leases if n not in state.sales and not state.titles[n].frozen]
    number = world.pick(able, state.titles)
    return None if number is None else withdrawing(world, number)


def withdrawing(world: World, number: int) -> Step:
    """Its holder has it free again."""
    title = world.state.titles[number]
    act = WithdrawLease(number, title.sequence, world.expiry())
    holder = world.signer(title.holder, Role.TITLE, title.quantity)
    return Step(
        "withdraw_lease", act, (holder, world.signer(world.state.roots[title.root].debtor, Role.KEEP))
    )


def _running(world: World) -> list[int]:
    """Loans on which a lease stands that was paid out."""
    state, phases = world.state, (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)
    return [
        loan for n, loan in state.sales.items() if n in state.leases and state.loans[loan].phase in phases
    ]


def _overdue(world: World) -> list[int]:
    running = _running(world)
    if running and world.rng.random() < 0.7:
        # Overdue comes with time alone.
        days = [schedules.due_day(world.state.loans[n], 1) for n in running]
        world.go_past(min((day for day in days if day >= world.today), default=world.today), within=40)
    return [n for n in running if overdue_since(world.state, n, world.today)]


def give_notice(world: World) -> Step | None:
    """Where a rental is overdue; or else money is lent on what is to be leased."""
    loan = world.pick(_overdue(world), _running(world))
    if loan is None:
        return _drawn(world)
    return noticing(world, loan)


def noticing(world: World, loan: int) -> Step:
    """As soon as the notice may run out."""
    days = world.state.leases[world.state.bought[loan]].notice_days
    act = GiveNotice(loan, world.today + days, world.serial(), world.expiry(), DOCUMENT)
    return Step("give_notice", act, _two(world, loan))


def _drawn(world: World) -> Step | None:
    state = world.state
    able = [
        n for n, lease in state.leases.items()
        if n not in state.sales and not state.titles[n].frozen
        and world.today < state.roots[state.titles[n].root].due_day
        and world.today <= state.facilities[lease.facility].end_day
    ]  # fmt: skip
    number = world.pick(able)
    if number is None:
        return None
    lease = state.leases[number]
    word = state.facilities[lease.facility]
    most = min(lease.price * word.advance_bps // 10_000, word.limit - word.used)
    return drawing(world, lease.facility, max(1, most), number)


def end_lease(world: World) -> Step | None:
    """Where a notice was given; its day may be waited for."""
    state = world.state
    noticed = [n for n in _running(world) if state.leases[state.bought[n]].notice_day]
    loan = world.pick(noticed, _running(world))
    if loan is None:
        return give_notice(world)
    if world.rng.random() < 0.8:
        world.go_past(state.leases[state.bought[loan]].from_day - 1, within=9)
    return ending(world, loan)


def ending(world: World, loan: int) -> Step:
    """Taken back for less than is owed, for all of it, or for more."""
    state = world.state
    whole = owed(state, loan, world.today).total
    value = min(2**48 - 1, world.rng.choice((0, whole // 2, whole, whole + 1, 2 * whole)))
    act = EndLease(loan, value, world.expiry(), DOCUMENT)
    appraiser = world.signer(state.leases[state.bought[loan]].appraiser, Role.ATTEST)
    return Step("end_lease", act, (*_two(world, loan), appraiser))


PROPOSALS = {
    "lease_goods": lease_goods,
    "withdraw_lease": withdraw_lease,
    "give_notice": give_notice,
    "end_lease": end_lease,
}
"""A likely step of each verb."""


def _not_leased(world: World) -> Step | None:
    """A receipt withdrawn that no lease stands on."""
    state = world.state
    others = [n for n, title in state.titles.items() if n not in state.leases and not title.dead]
    return replace(withdrawing(world, world.rng.choice(others)), note="aimed") if others else None


AIMS: Mapping[Reason, Callable[[World], Step | None]] = {Reason.NOT_LEASED: _not_leased}
"""A step for each reason that is likely to be answered with it."""
