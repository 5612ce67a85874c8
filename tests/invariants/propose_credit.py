"""Steps of credit: facilities, locks, loans. Likely, never sure, to be done."""

from __future__ import annotations

from gateway.domain import credit, quotes
from gateway.domain.acts import (
    Carve,
    Draw,
    Lock,
    Open,
    Release,
    Shares,
    Unlock,
    Void,
    WriteOff,
)
from gateway.domain.calendar import add_months
from gateway.domain.records import Form, LoanPhase, Role, Terms
from gateway.domain.terms import schedules
from tests.invariants.propose_orders import pledgeable
from tests.invariants.verbs import Step
from tests.invariants.world import (
    BANKS,
    CURRENCIES,
    DOCUMENT,
    FACTOR,
    SISTER_BANK,
    TRADERS,
    World,
)

LENDERS = (BANKS[0], BANKS[1], SISTER_BANK, FACTOR)


def _lender(world: World, facility: int, amount: int = 0) -> tuple[str | None, str | None]:
    lender = world.state.facilities[facility].lender
    return world.two(lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, amount)


def open_(world: World) -> Step | None:
    lender, limit = world.rng.choice(LENDERS), world.amount(10**11)
    holders = [
        (title.holder, world.state.roots[title.root].currency)
        for title in world.state.titles.values()
        if title.holder in TRADERS and pledgeable(world, title)
    ]
    borrower, currency = world.pick(holders) or (world.rng.choice(TRADERS), world.rng.choice(CURRENCIES))
    bank = world.rng.choice(BANKS) if lender == FACTOR else lender
    form, entrustor = world.rng.choice((*Form, Form.PURCHASE, Form.RECOURSE)), 0
    if form is Form.PLEDGE and world.rng.random() < 0.4:
        entrustor = world.rng.choice((*TRADERS, *LENDERS) if world.loose else TRADERS)
    act = Open(
        facility=world.serial(),
        lender=lender,
        borrower=borrower,
        currency=currency,
        advance_bps=world.rng.choice((8_000, 9_999, 10_000, 3_333)),
        limit=max(limit, 10**9) if world.rng.random() < 0.8 else limit,
        end_day=world.today + world.rng.choice((20, 90, 300)),
        closes_with_debt=world.rng.random() < 0.5,
        form=form,
        entrustor=entrustor,
        agent_fee_bps=world.rng.choice((0, 25, 10_000)) if entrustor else 0,
        collection_bank=bank,
        collection_account=world.hash("collection"),
        expires_at=world.expiry(),
        evidence=DOCUMENT,
    )
    maker, checker = world.two(lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, act.limit)
    agreed: tuple[str | None, ...] = (None, None)
    if entrustor:
        agreed = world.two(entrustor, Role.TITLE, Role.TITLE, act.limit)
    return Step("open", act, (maker, checker, world.signer(borrower, Role.BORROW, act.limit), *agreed))


def share(world: World) -> Step | None:
    able = [number for number, word in world.state.facilities.items() if word.clear]
    number = world.pick(able, world.state.facilities)
    if number is None:
        return None
    word = world.state.facilities[number]
    parties = sorted(world.rng.sample(LENDERS, world.rng.randint(2, len(LENDERS))))
    cuts = sorted(world.rng.sample(range(1, 10_000), len(parties) - 1))
    bps = tuple(end - start for start, end in zip((0, *cuts), (*cuts, 10_000), strict=True))
    act = Shares(number, tuple(parties), bps, world.serial(), world.expiry(), DOCUMENT)
    others = [
        world.signer(party, Role.CREDIT_CHECKER, word.limit * part // 10_000)
        for party, part in zip(parties, bps, strict=True)
        if party != word.lender
    ]
    return Step("share", act, (*_lender(world, number, word.limit), *others))


def lock(world: World) -> Step | None:
    state = world.state
    pairs = [
        (number, facility)
        for number, title in state.titles.items()
        for facility, word in state.facilities.items()
        if (word.borrower, word.currency) == (title.holder, state.roots[title.root].currency)
        and world.today <= word.end_day
        and word.form is not Form.LEASE
        and pledgeable(world, title)
    ]
    every = (
        [(n, f) for n in list(state.titles)[-12:] for f in list(state.facilities)[-6:]] if world.loose else ()
    )
    chosen = world.pick(pairs, every)
    if chosen is None:
        return None
    number, facility = chosen
    title = state.titles[number]
    part = title.quantity > 1 and world.rng.random() < 0.4
    quantity = world.rng.randint(1, title.quantity - 1) if part else title.quantity
    child = world.part_of(title.holder) if part else 0
    act = Lock(number, title.sequence, facility, child, quantity, world.expiry(), DOCUMENT)
    lender = state.facilities[facility].lender
    keys = (
        world.signer(title.holder, Role.TITLE, quantity),
        world.signer(lender, Role.CREDIT_MAKER, quantity),
    )
    return Step("lock", act, keys)


def _terms(world: World) -> tuple[Terms, int, int, int]:
    """Terms of a loan, their count, its due day and minimum days: half of them bullets."""
    rng = world.rng
    days, minimum_days = rng.choice((2, 5, 10, 30)), rng.choice((0, 0, 7))
    terms = rng.choice((Terms.BULLET,) * 4 + tuple(Terms)[1:])
    if terms == Terms.STATEMENT:
        return terms, rng.choice((1, 3, 21)), world.today + days, 0
    if terms in (Terms.BULLET, Terms.DISCOUNT):
        return terms, 0, world.today + days, minimum_days if terms == Terms.BULLET else 0
    count = rng.choice((1, 2, 3, 12, 60))
    # The first instalment lies close ahead, so that some are paid and some are missed.
    return terms, count, add_months(world.today + days, count - 1), minimum_days


def draw(world: World) -> Step | None:
    state = world.state
    able = [
        number
        for number, word in state.facilities.items()
        if quotes.room(state, number, world.today).drawable
        and (word.form is Form.PLEDGE or _for_sale(world, number))
    ]
    number = world.pick(able, state.facilities)
    if number is None:
        return None
    word, most = state.facilities[number], quotes.room(state, number, world.today).drawable
    amount = max(1, most if world.rng.random() < 0.2 else world.rng.randint(1, max(1, most)))
    if world.loose and world.rng.random() < 0.3:
        amount = min(2**48 - 1, most + world.rng.choice((1, word.limit)))
    title = 0
    if word.form is not Form.PLEDGE or (world.loose and world.rng.random() < 0.1):
        title = world.pick(_for_sale(world, number), state.titles) or 0
    if title and not world.loose:
        price = state.leases[title].price if title in state.leases else state.titles[title].quantity
        amount = min(amount, price * word.advance_bps // 10_000) or 1
    return drawing(world, number, amount, title)


def drawing(world: World, number: int, amount: int, title: int = 0) -> Step:
    """A loan of so much under a facility, on any terms; it buys the title that is named."""
    word = world.state.facilities[number]
    terms, count, due_day, minimum_days = _terms(world)
    bullet = title and word.form is not Form.LEASE
    if bullet and not world.loose:
        # What buys a title is a bullet by a year of fixed length, but for a lease, which is paid in rentals.
        terms, count, due_day = Terms.BULLET, 0, world.today + world.rng.choice((2, 5, 10, 30))
    act = Draw(
        loan=world.id_of(word.borrower),
        facility=number,
        title=title,
        amount=amount,
        rate=0 if word.form is Form.PURCHASE else world.rng.choice((72_000, 43_500, 180_000, 1, 0)),
        due_day=due_day,
        basis=world.rng.choice((0, 0, 1) if bullet else (0, 0, 1, 2)),
        minimum_days=minimum_days,
        penalty_bps=world.rng.choice((5_000, 0, 10_000)),
        terms=terms,
        count=count,
        grace_days=world.rng.choice((0, 0, 3)),
        registration=DOCUMENT,
        expires_at=world.expiry(),
        evidence=DOCUMENT,
    )
    keys = (world.signer(word.borrower, Role.BORROW, amount), *_lender(world, number, amount))
    return Step("draw", act, keys)


def _for_sale(world: World, facility: int) -> list[int]:
    """Titles that a draw under a facility may buy."""
    state = world.state
    return [
        number
        for number in locked_to(world, facility)
        if number not in state.sales
        and not state.titles[number].dead
        and not state.titles[number].frozen
        and world.today < state.roots[state.titles[number].root].due_day
    ]


def loans_in(world: World, *phases: LoanPhase) -> list[int]:
    """Loans in one of these phases."""
    return [number for number, word in world.state.loans.items() if word.phase in phases]


def void(world: World) -> Step | None:
    number = world.pick(loans_in(world, LoanPhase.RESERVED), world.state.loans)
    if number is None:
        return None
    loan = world.state.loans[number]
    return Step("void", Void(number, DOCUMENT, world.expiry()), _lender(world, loan.facility, loan.drawn))


def locked_to(world: World, facility: int) -> list[int]:
    """Titles locked to a facility."""
    return [number for number, title in world.state.titles.items() if title.lock == facility]


def _open_loans(world: World, facility: int) -> tuple[int, ...]:
    phases = (LoanPhase.RESERVED, LoanPhase.OUTSTANDING)
    return tuple(n for n in sorted(loans_in(world, *phases)) if world.state.loans[n].facility == facility)


def release(world: World) -> Step | None:
    state = world.state
    able = [f for f, word in state.facilities.items() if word.form is not Form.LEASE and locked_to(world, f)]
    number = world.pick(able, state.facilities)
    if number is None:
        return None
    locked = sorted(locked_to(world, number))
    covered = [title for title in locked if quotes.covered_after(state, number, [title])]
    if not world.loose:
        locked = [title for title in locked if title not in state.sales]
        covered = [title for title in covered if title not in state.sales]
    chosen = locked if world.rng.random() < 0.2 else covered[: world.rng.randint(1, 3)]
    opened = sum(state.titles[title].open for title in chosen)
    act = Release(number, tuple(chosen), world.serial(), world.expiry(), DOCUMENT)
    loans = _open_loans(world, number)
    if world.loose and world.rng.random() < 0.2:
        loans = loans[1:]
    return Step("release", act, _lender(world, number, opened), {"loans": loans})


def unlock(world: World) -> Step | None:
    state = world.state
    able = [f for f, word in state.facilities.items() if not word.used and locked_to(world, f)]
    number = world.pick(able, state.facilities)
    if number is None:
        return None
    titles = tuple(sorted(locked_to(world, number)))[: world.rng.randint(1, 4)]
    act = Unlock(number, titles, world.serial(), world.expiry())
    return Step("unlock", act, (world.signer(state.facilities[number].borrower, Role.TITLE),))


def carve(world: World) -> Step | None:
    titles = world.state.titles
    able = [n for n, title in titles.items() if title.lock and title.open > 1]
    number = world.pick(able, titles)
    if number is None or not world.state.facilities:
        return None
    title = titles[number]
    facility = title.lock or world.rng.choice(list(world.state.facilities))
    lender = world.state.facilities[facility].lender
    quantity = world.rng.randint(1, max(1, title.quantity - 1))
    act = Carve(number, world.part_of(lender), quantity, facility, world.expiry())
    return Step("carve", act, (world.signer(lender, Role.CREDIT_MAKER, quantity),))


def write_off(world: World) -> Step | None:
    outstanding = loans_in(world, LoanPhase.OUTSTANDING)
    if outstanding and world.rng.random() < 0.7:
        # Overdue comes with time alone.
        days = [schedules.due_day(world.state.loans[n], 1) for n in outstanding]
        world.go_past(min((day for day in days if day >= world.today), default=world.today), within=30)
    late = [n for n in outstanding if credit.overdue_since(world.state, n, world.today)]
    number = world.pick(late, world.state.loans)
    if number is None:
        return None
    loan = world.state.loans[number]
    keys = _lender(world, loan.facility, loan.principal)
    return Step("write_off", WriteOff(number, world.expiry(), DOCUMENT), keys)


PROPOSALS = {
    "open": open_,
    "share": share,
    "lock": lock,
    "draw": draw,
    "void": void,
    "release": release,
    "unlock": unlock,
    "carve": carve,
    "write_off": write_off,
}
"""A likely step of each verb of credit."""
