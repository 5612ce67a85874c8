"""Steps on the stages of a facility. Likely, never sure, to be done."""

from __future__ import annotations

from gateway.domain import quotes
from gateway.domain.records import Form, LoanPhase, Role
from gateway.domain.sales import payout_account
from gateway.domain.settlement import FactKind
from gateway.domain.stage_acts import AgreeStages, OpenStage
from gateway.domain.terms import agreement, schedules
from tests.invariants.propose_credit import drawing, loans_in
from tests.invariants.propose_money import fact_of
from tests.invariants.verbs import Step
from tests.invariants.world import BANKS, DOCUMENT, EVIDENCE, World

_MOST = 2**48 - 1


def agree_stages(world: World) -> Step | None:
    """A first agreement for some facilities, so that others stay as they are; now and then another one."""
    state, rng = world.state, world.rng
    able = [
        n for n, word in state.facilities.items()
        if word.form is Form.PLEDGE and word.owes_nothing and not word.staged and world.today <= word.end_day
    ]  # fmt: skip
    few = 3 * len(state.stage_terms) < len(state.facilities)
    number = world.pick(able if few else [], state.stage_terms or state.facilities)
    if number is None:
        return None
    word, before = state.facilities[number], state.stage_terms.get(number)
    act = AgreeStages(
        facility=number,
        approver=rng.choice((EVIDENCE, EVIDENCE, 0)),
        special_bank=rng.choice(BANKS),
        special_account=world.hash("special"),
        first=max(1, word.limit // rng.choice((2, 10, 1_000, 10**6))),
        step_bps=rng.choice((0, 3_333, 10_000, 65_535)),
        release_bps=rng.choice((0, 5_000, 10_000, 65_535)),
        version=1 if before is None else before.version + 1,
        expires_at=world.expiry(),
        evidence=DOCUMENT,
    )
    lender = world.two(word.lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, word.limit)
    approver = world.signer(act.approver, Role.ATTEST) if act.approver else None
    return Step(
        "agree_stages", act, (*lender, world.signer(word.borrower, Role.BORROW, word.limit), approver)
    )


def next_stage(world: World, number: int) -> int:
    """The most that may be opened of a facility's next stage."""
    terms, stages = world.state.stage_terms[number], world.state.stages_of(number)
    return min(world.state.facilities[number].limit, terms.carried(stages.sales))


def open_stage(world: World) -> Step | None:
    """As far as sales carry, or less; where they carry nothing more, something is sold."""
    state = world.state
    able = [n for n in state.stage_terms if next_stage(world, n) > state.stages_of(n).opened]
    if not able and world.rng.random() < 0.8:
        return selling(world)
    number = world.pick(able, state.stage_terms)
    if number is None:
        return None
    before, most = state.stages_of(number).opened, next_stage(world, number)
    opened = most if world.rng.random() < 0.5 else world.rng.randint(min(before + 1, most), most)
    return opening(world, number, opened + (world.loose > 0 and world.rng.random() < 0.2))


def opening(world: World, number: int, opened: int) -> Step:
    """So much of a facility may be used, as its two keys say."""
    state = world.state
    act = OpenStage(number, state.stages_of(number).opened, min(opened, _MOST), world.expiry(), DOCUMENT)
    lender, approver = state.facilities[number].lender, state.stage_terms[number].approver
    if approver:
        maker = world.signer(lender, Role.CREDIT_MAKER, act.opened)
        return Step("open_stage", act, (maker, None, world.signer(approver, Role.ATTEST)))
    return Step(
        "open_stage", act, (*world.two(lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, act.opened), None)
    )


def selling(world: World) -> Step | None:
    """Sales cash for a facility in stages, or what comes before it: a loan, and its pay-out."""
    state = world.state
    lent = [n for n in loans_in(world, LoanPhase.OUTSTANDING) if state.loans[n].staged]
    if lent:
        loan = world.rng.choice(lent)
        owed = quotes.owed(state, loan, world.today).total
        if owed:
            account = state.collections[state.loans[loan].facility]
            return fact_of(world, FactKind.REPAYMENT, loan, world.rng.randint(1, owed), account)
    reserved = [
        n for n in loans_in(world, LoanPhase.RESERVED)
        if state.loans[n].staged and world.today < schedules.due_day(state.loans[n], 1)
    ]  # fmt: skip
    if reserved:
        loan = world.rng.choice(reserved)
        account_ = payout_account(state, loan)
        return account_ and fact_of(
            world, FactKind.PAYOUT, loan, agreement.pay_out(state.loans[loan]), account_
        )
    able = [n for n in state.stage_terms if quotes.room(state, n, world.today).drawable]
    if not able:
        return None
    number = world.rng.choice(able)
    return drawing(world, number, world.rng.randint(1, quotes.room(state, number, world.today).drawable))


PROPOSALS = {"agree_stages": agree_stages, "open_stage": open_stage}
"""A likely step of each verb."""
