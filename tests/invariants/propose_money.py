"""Steps of settlement: accounts, movements, lists, early and held money. Likely, never sure, to be done."""

from __future__ import annotations

from gateway.domain import quotes
from gateway.domain.acts import (
    BindAccount,
    Distribution,
    EarlySettlement,
    Fact,
    HeldRelease,
    LateInterest,
    Reversal,
    WriteOffTitle,
)
from gateway.domain.lists import proposed_distribution, proposed_late_interest
from gateway.domain.records import LoanPhase, Phase, Role
from gateway.domain.sales import payout_account
from gateway.domain.settlement import FactKind
from gateway.domain.terms import agreement, schedules
from tests.invariants.propose_credit import LENDERS, loans_in, locked_to
from tests.invariants.propose_protection import in_order
from tests.invariants.verbs import Step
from tests.invariants.world import BANKS, CNY, CORES, CURRENCIES, DOCUMENT, SISTER_BANK, TRADERS, USD, World


def bind_account(world: World) -> Step | None:
    state = world.state
    party, bank = world.rng.choice((*TRADERS, *LENDERS, *CORES)), world.rng.choice(BANKS)
    waiting = [
        (_payee(world, number), state.facilities[loan.facility].currency)
        for number, loan in state.loans.items()
        if loan.phase is LoanPhase.RESERVED
    ]
    waiting += [
        (number >> 32, state.facilities[state.protections[number].facility].currency)
        for (number, _), call in state.calls.items()
        if call.claim
    ]
    unbound = [key for key in waiting if key not in state.accounts] or [
        (p, c) for p in (*TRADERS, *LENDERS) for c in (CNY, USD) if (p, c) not in world.state.accounts
    ]
    currency = world.rng.choice(CURRENCIES)
    if unbound:
        party, currency = world.rng.choice(unbound)
    act = BindAccount(party, currency, bank, world.hash("account"), world.serial(), world.expiry())
    return Step("bind_account", act, (*world.administrators(party), world.signer(bank, Role.PAYMENTS)))


# ── Facts ───────────────────────────────────────────────────────────────────────────────────────────────────


def fact_of(
    world: World, kind: FactKind, subject: int, amount: int, account: tuple[int, bytes], loan: int = 0
) -> Step:
    """A movement on an account, as its bank attests it."""
    bank, number = account
    amount = max(0, min(amount, 2**48 - 1))
    value_day = world.today - (world.rng.choice((0, 0, 0, 1, 2)) if world.loose else 0)
    act = Fact(
        kind=kind,
        subject=subject,
        loan=loan,
        bank=bank,
        account=number,
        value_day=value_day,
        amount=amount,
        credit=kind is not FactKind.REJECTED,
        entry=world.hash("entry"),
        expires_at=world.expiry(),
    )
    borrower = None
    state = world.state
    if kind is FactKind.PAYOUT and subject in state.loans:
        borrower = world.signer(state.facilities[state.loans[subject].facility].borrower, Role.BORROW, amount)
    return Step("record", act, (world.signer(bank, Role.PAYMENTS, amount), borrower))


def _some(world: World, most: int) -> int:
    """Most of it, usually; a part of it, sometimes; a little more, in a loose mood."""
    if world.loose and world.rng.random() < 0.2:
        return most + 1
    return most if most < 2 or world.rng.random() < 0.6 else world.rng.randint(1, most)


def _account(world: World, party: int, currency: int) -> tuple[int, bytes]:
    return world.state.accounts.get((party, currency), (world.rng.choice(BANKS), DOCUMENT))


def _payee(world: World, loan: int) -> int:
    """Who a pay-out goes to: whoever sells what is leased, or else the borrower."""
    lease = world.state.leases.get(world.state.bought.get(loan, 0))
    facility = world.state.facilities[world.state.loans[loan].facility]
    return facility.borrower if lease is None else lease.seller


def _payable(world: World, number: int) -> bool:
    """Whether a reserved loan can still be paid out, on an account that is known."""
    due = schedules.due_day(world.state.loans[number], 1)
    return world.today < due and payout_account(world.state, number) is not None


def _paid_on(world: World, number: int) -> tuple[int, bytes]:
    """Where a loan is paid out: now and then to the borrower's own account, whatever was agreed."""
    facility = world.state.facilities[world.state.loans[number].facility]
    own = _account(world, facility.borrower, facility.currency)
    return own if world.loose and world.rng.random() < 0.3 else payout_account(world.state, number) or own


def pay_out(world: World) -> Step | None:
    state = world.state
    bound = [n for n in loans_in(world, LoanPhase.RESERVED) if _payable(world, n)]
    number = world.pick(bound, state.loans)
    if number is None:
        return None
    return fact_of(
        world, FactKind.PAYOUT, number, agreement.pay_out(state.loans[number]), _paid_on(world, number)
    )


def repaid(world: World) -> Step | None:
    open_ = loans_in(world, LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)
    recoverable = [number for number in loans_in(world, LoanPhase.SETTLED) if _recoverable(world, number)]
    number = world.pick(recoverable if world.rng.random() < 0.5 else open_ + recoverable, world.state.loans)
    if number is None:
        return None
    loan = world.state.loans[number]
    amount = _some(world, quotes.owed(world.state, number, world.today).total or _recoverable(world, number))
    if loan.due_days > 1 and world.rng.random() < 0.5:
        # The instalment that is next, or was last.
        rows = schedules.schedule(loan, loan.start_day)
        near = min(rows, key=lambda row: abs(row.day - world.today), default=None)
        amount = amount if near is None else min(amount, max(1, near.total))
    titles = tuple(sorted(locked_to(world, loan.facility)))
    step = fact_of(world, FactKind.REPAYMENT, number, amount, world.state.collections[loan.facility])
    return Step(step.verb, step.act, step.keys, {"unlock": titles})


def _recoverable(world: World, loan: int) -> int:
    """What protectors that paid may still get out of what is collected on a loan."""
    claims = world.state.claims_of(loan)
    return claims.open - claims.pot


def received(world: World) -> Step | None:
    state = world.state
    able = [
        n
        for n, root in world.receivables().items()
        if root.phase is Phase.LIVE
        and world.today >= root.due_day
        and quotes.still_owed(root, state.money_of(n)) > 0
    ]
    number = world.pick(able, state.roots)
    if number is None:
        return None
    root = state.roots[number]
    amount = _some(world, max(1, quotes.still_owed(root, state.money_of(number))))
    return fact_of(world, FactKind.RECEIVED, number, amount, (root.clearing_bank, DOCUMENT))


def _pending(world: World, *, locked: bool | None = None) -> list[int]:
    """Titles with money on its way."""
    return [
        number
        for number, title in world.state.titles.items()
        if (locked is None or bool(title.lock) is locked)
        and world.state.cash_of(number).pending(title.paid) > 0
    ]


def credited(world: World) -> Step | None:
    state = world.state
    number = world.pick(_pending(world, locked=False), state.titles)
    if number is None:
        return None
    title = state.titles[number]
    amount = _some(world, state.cash_of(number).pending(title.paid))
    account = _account(world, title.holder, state.roots[title.root].currency)
    return fact_of(world, FactKind.CREDITED, number, amount, account)


def collected(world: World) -> Step | None:
    state = world.state
    number = world.pick(_pending(world, locked=True), state.titles)
    if number is None:
        return None
    title = state.titles[number]
    phases = (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)
    loans = [n for n in loans_in(world, *phases) if state.loans[n].facility == title.lock]
    loans = loans or [
        n for n in state.loans if state.loans[n].facility == title.lock and _recoverable(world, n)
    ]
    loan = world.rng.choice(loans) if loans and world.rng.random() < 0.95 else 0
    amount = _some(world, state.cash_of(number).pending(title.paid))
    account = state.collections.get(title.lock, (BANKS[0], DOCUMENT))
    step = fact_of(world, FactKind.COLLECTED, number, amount, account, loan)
    return Step(step.verb, step.act, step.keys, {"unlock": tuple(sorted(locked_to(world, title.lock)))})


def surplus(world: World) -> Step | None:
    state = world.state
    number = world.pick((n for n, cash in state.cash.items() if cash.surplus), state.cash)
    if number is None:
        return None
    title = state.titles[number]
    account = _account(world, title.holder, state.roots[title.root].currency)
    return fact_of(world, FactKind.SURPLUS, number, _some(world, state.cash[number].surplus), account)


def rejected(world: World) -> Step | None:
    number = world.pick(loans_in(world, LoanPhase.RESERVED), world.state.loans)
    if number is None:
        return None
    loan = world.state.loans[number]
    facility = world.state.facilities[loan.facility]
    account = _paid_on(world, number)
    if facility.lender in (*BANKS, SISTER_BANK) and world.rng.random() < 0.5:
        account = (facility.lender, DOCUMENT)
    return fact_of(world, FactKind.REJECTED, number, agreement.pay_out(loan), account)


def returned(world: World) -> Step | None:
    number = world.pick(_pending(world), world.state.titles)
    if number is None:
        return None
    title = world.state.titles[number]
    amount = _some(world, world.state.cash_of(number).pending(title.paid))
    bank = world.state.roots[title.root].clearing_bank
    return fact_of(world, FactKind.RETURNED, number, amount, (bank, DOCUMENT))


def protected(world: World) -> Step | None:
    """What was called of a protection arrives on the facility's collection account."""
    state = world.state
    able = [key for key, call in state.calls.items() if call.unpaid and _owing(world, key[1])]
    chosen = world.pick(able, state.calls)
    if chosen is None:
        return None
    number, loan = chosen
    most = min(state.calls[chosen].unpaid, quotes.owed(state, loan, world.today).total)
    account = state.collections[state.loans[loan].facility]
    return fact_of(world, FactKind.PROTECTED, number, _some(world, most), account, loan)


def _owing(world: World, loan: int) -> bool:
    return world.state.loans[loan].phase in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)


def reimbursed(world: World) -> Step | None:
    """What was kept for a protector arrives on its own account."""
    state = world.state
    able = [
        (number, loan)
        for loan, claims in state.claims.items()
        for number in in_order(world, loan)
        if claims.pot and state.facilities[state.loans[loan].facility].owes_nothing
    ]
    bound = [key for key in able if _account_of(world, *key) in state.accounts]
    chosen = world.pick(bound or able, state.calls)
    if chosen is None:
        return None
    number, loan = chosen
    most = min(state.call_of(number, loan).claim, state.claims_of(loan).pot)
    account = _account(world, *_account_of(world, number, loan))
    return fact_of(world, FactKind.REIMBURSED, number, _some(world, most), account, loan)


def _account_of(world: World, number: int, loan: int) -> tuple[int, int]:
    facility = world.state.facilities[world.state.loans[loan].facility]
    return number >> 32, facility.currency


# ── Lists, early, held, given up ────────────────────────────────────────────────────────────────────────────


def distribute(world: World) -> Step | None:
    state = world.state
    able = [n for n, money in state.money.items() if money.received > money.distributed]
    number = world.pick(able, state.roots)
    if number is None:
        return None
    lines = proposed_distribution(state, number)
    if len(lines) > 1 and world.rng.random() < 0.3:
        lines = dict(list(lines.items())[: world.rng.randint(1, len(lines))])
    if world.loose and lines and world.rng.random() < 0.4:
        title = world.rng.choice(list(lines))
        lines[title] = max(0, lines[title] + world.rng.choice((-2, -1, 1, 2, 50)))
    root, money = state.roots[number], state.money_of(number)
    act = Distribution(number, money.distributed, tuple(lines), tuple(lines.values()), world.expiry())
    return Step("distribute", act, (world.signer(root.clearing_bank, Role.CLEARING),))


def distribute_late(world: World) -> Step | None:
    state = world.state
    able = [
        n
        for n, root in world.receivables().items()
        if root.phase in (Phase.LIVE, Phase.CLOSED)
        and quotes.late_interest_most(root, state.money_of(n), world.today)
        and any(
            title.root == n and not title.flags & 32 and title.quantity for title in state.titles.values()
        )
    ]
    number = world.pick(able, state.money)
    if number is None:
        return None
    root, money = state.roots[number], state.money_of(number)
    total = _some(world, max(1, quotes.late_interest_most(root, money, world.today)))
    base = root.quantity - money.removed
    lines = proposed_late_interest(state, number, min(total, 2**48 - 1)) if base else {}
    act = LateInterest(
        root=number,
        late_before=money.late_interest,
        titles=tuple(lines),
        amounts=tuple(lines.values()),
        account=DOCUMENT,
        value_day=world.today,
        entry=world.hash("late"),
        expires_at=world.expiry(),
    )
    key = world.signer(root.clearing_bank, Role.CLEARING, min(sum(lines.values()), 2**48 - 1))
    return Step("distribute_late", act, (key,))


def settle_early(world: World) -> Step | None:
    state, receivables = world.state, world.receivables()
    able = [
        n
        for n, title in state.titles.items()
        if title.root in receivables
        and not title.dead
        and not title.frozen
        and world.today < receivables[title.root].due_day
    ]
    number = world.pick(able, state.titles)
    if number is None:
        return None
    title = state.titles[number]
    root = state.roots[title.root]
    amount = title.quantity if world.rng.random() < 0.5 else world.rng.randint(1, max(1, title.quantity))
    act = EarlySettlement(
        number, title.sequence, amount, DOCUMENT, world.today, world.hash("early"), world.expiry()
    )
    lender = state.facilities[title.lock].lender if title.lock else 0
    keys = (
        world.signer(root.debtor, Role.ISSUE_CHECKER, title.quantity),
        world.signer(title.holder, Role.TITLE, title.quantity),
        world.signer(lender, Role.CREDIT_MAKER, title.quantity) if lender else None,
        world.signer(root.clearing_bank, Role.CLEARING, title.quantity),
    )
    return Step("settle_early", act, keys)


def release_held(world: World) -> Step | None:
    state = world.state
    able = [n for n, cash in state.cash.items() if cash.held and not state.titles[n].frozen]
    number = world.pick(able, state.cash)
    if number is None:
        return None
    held = state.cash_of(number).held
    amount = _some(world, held)
    act = HeldRelease(number, held, amount, world.expiry())
    bank = state.roots[state.titles[number].root].clearing_bank
    return Step("release_held", act, (world.signer(bank, Role.CLEARING, amount),))


def reverse(world: World) -> Step | None:
    """Likely of a movement whose doing can still be undone."""
    state, able = world.state, (FactKind.PAYOUT, FactKind.REPAYMENT, FactKind.RECEIVED, FactKind.CREDITED)
    fresh = [
        movement
        for movement, use in list(state.movements.items())[-40:]
        if use.kind in able and not use.reversed and _still_open(world, use.kind, use.subject)
    ]
    movement = world.pick(fresh, state.movements)
    if movement is None:
        return None
    bank, account, value_day, amount, entry = movement
    reference = world.hash("reversal")
    act = Reversal(bank, account, value_day, amount, entry, world.today, reference, world.expiry())
    use, borrower = state.movements[movement], None
    if use.kind == FactKind.REPAYMENT:
        facility = state.facilities[state.loans[use.subject].facility]
        borrower = world.signer(facility.borrower, Role.BORROW, amount)
    return Step("reverse", act, (world.signer(bank, Role.PAYMENTS, amount), borrower))


def _still_open(world: World, kind: int, subject: int) -> bool:
    state = world.state
    if kind == FactKind.RECEIVED:
        money = state.money_of(subject)
        return state.roots[subject].phase is Phase.LIVE and money.received > money.distributed
    if kind == FactKind.CREDITED:
        return state.cash_of(subject).credited > 0
    return state.loans[subject].phase is LoanPhase.OUTSTANDING


def write_off_title(world: World) -> Step | None:
    state, receivables = world.state, world.receivables()
    able = [
        n
        for n, title in state.titles.items()
        if not title.dead
        and not title.lock
        and not title.frozen
        and title.root in receivables
        and world.today > receivables[title.root].due_day
    ]
    number = world.pick(able, state.titles)
    if number is None:
        return None
    title = state.titles[number]
    act = WriteOffTitle(number, title.sequence, world.expiry(), DOCUMENT)
    return Step("write_off_title", act, world.two(title.holder, Role.TITLE, Role.TITLE))


FACTS = {
    "payout": pay_out,
    "repayment": repaid,
    "received": received,
    "credited": credited,
    "collected": collected,
    "surplus": surplus,
    "rejected": rejected,
    "returned": returned,
    "protected": protected,
    "reimbursed": reimbursed,
}
"""A likely movement of each kind; each is a row of its own in the coverage."""

PROPOSALS = {
    "bind_account": bind_account,
    "distribute": distribute,
    "distribute_late": distribute_late,
    "settle_early": settle_early,
    "release_held": release_held,
    "reverse": reverse,
    "write_off_title": write_off_title,
    **{f"record {name}": propose for name, propose in FACTS.items()},
}
"""A likely step of each verb of settlement."""
