"""Steps with goods that secure a facility: agreed, valued, pledged, called for, released, sold. Likely, never sure, to
be done.
"""

from __future__ import annotations

from gateway.domain.acts import Fact
from gateway.domain.credit import overdue_since
from gateway.domain.margin_acts import (
    AgreeGoods,
    Appraise,
    CallMargin,
    CarveGoods,
    Enforce,
    PledgeGoods,
    ReleaseGoods,
    SellGoods,
    UnlockGoods,
    WaiveCall,
)
from gateway.domain.margin_records import MarginState, SaleState
from gateway.domain.margin_values import short
from gateway.domain.records import Flag, Form, LoanPhase, Phase, Role, Title
from gateway.domain.settlement import FactKind
from tests.invariants.propose_credit import drawing
from tests.invariants.propose_goods import bound, free
from tests.invariants.verbs import Step
from tests.invariants.world import (
    APPRAISER,
    CONTROL_AGENT,
    DOCUMENT,
    INSPECTOR,
    TRADERS,
    World,
)

Pledges = dict[int, Title]


def _two(world: World, facility: int, amount: int = 0) -> tuple[str | None, str | None]:
    lender = world.state.facilities[facility].lender
    return world.two(lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, amount)


def _keeper(world: World, lot: int) -> str | None:
    return world.signer(world.state.roots[lot].debtor, Role.KEEP)


def _agent(world: World, facility: int) -> str | None:
    return world.signer(world.state.goods_terms[facility].control_agent, Role.KEEP)


def receipts_of(world: World, facility: int) -> Pledges:
    """Receipts that secure a facility and are not being sold."""
    return {
        number: title
        for number, title in world.state.titles.items()
        if title.lock == facility and title.flags & Flag.GOODS and not title.flags & Flag.HELD
    }


def agree_goods(world: World) -> Step | None:
    facilities = world.state.facilities
    wanted = [
        n for n, word in facilities.items()
        if word.form is Form.PLEDGE and world.today <= word.end_day
        and (n not in world.state.goods_terms or world.rng.random() < 0.1)
    ]  # fmt: skip
    number = world.pick(wanted, facilities)
    if number is None:
        return None
    word, before = facilities[number], world.state.goods_terms.get(number)
    appraisers = world.rng.sample((APPRAISER, INSPECTOR), 2)
    act = AgreeGoods(
        number, CONTROL_AGENT, *appraisers, world.rng.choice((word.advance_bps, 10_000)),
        world.rng.choice((0, 500, 5_000)), world.rng.choice((1, 30)), world.rng.choice((1, 2)),
        world.rng.choice((0, 0, world.amount(10**8))), 1 if before is None else before.version + 1,
        world.expiry(), DOCUMENT,
    )  # fmt: skip
    borrower = world.signer(word.borrower, Role.BORROW, word.limit)
    agent = world.signer(CONTROL_AGENT, Role.KEEP)
    return Step("agree_goods", act, (*_two(world, number, word.limit), borrower, agent))


def appraise(world: World) -> Step | None:
    """A first value of what a borrower could pledge; or another one, a little more or a lot less."""
    state, rng = world.state, world.rng
    able = [
        (facility, lot)
        for facility in state.goods_terms
        for lot in {
            t.root for n, t in state.titles.items()
            if t.holder == state.facilities[facility].borrower and t.flags & Flag.GOODS and not t.dead
        }
        if state.roots[lot].phase is Phase.LIVE
    ]  # fmt: skip
    pledged = [key for key, lot in state.pledged_lots.items() if lot.quantity]
    chosen = world.pick(pledged if pledged and rng.random() < 0.4 else able)
    if chosen is None:
        return None
    before = state.pledged_lot_of(*chosen)
    rate = rng.choice((10**6, 10**9, rng.randint(1, 10**10)))
    if before.rate:
        parts = rng.choice((50, 70, 95, 100, 101, 104))
        rate = min(2**64 - 1, max(1, before.rate * parts // 100))
    terms = state.goods_terms[chosen[0]]
    until = world.today + rng.choice((0, terms.valid_days, terms.valid_days))
    act = Appraise(*chosen, before.rate, rate, world.today, until, 1, world.expiry(), DOCUMENT)
    by = rng.choice((terms.appraiser, terms.second_appraiser))
    return Step("appraise", act, (world.signer(by, Role.ATTEST),))


def pledge_goods(world: World) -> Step | None:
    state = world.state
    able = [
        (number, facility)
        for number, title in state.titles.items()
        for facility in state.goods_terms
        if title.holder == state.facilities[facility].borrower
        and free(world, title)
        and number not in state.liens
        and world.today < state.roots[title.root].due_day
        and state.pledged_lot_of(facility, title.root).valid_until >= world.today
    ]
    others = [*bound(world), *list(state.titles)[-12:]] if world.loose else ()
    every = [(n, f) for n in others for f in list(state.goods_terms)]
    chosen = world.pick(able, every)
    return None if chosen is None else pledging(world, *chosen)


def _ordered(world: World, facility: int) -> tuple[int, int, int]:
    """Which order's title, at which sequence, and how much of it: mostly none."""
    state = world.state
    if world.rng.random() < 0.5:
        return 0, 0, 0
    titles = [
        number for number, title in state.titles.items()
        if title.flags & Flag.ORDER and title.lock == facility and not title.dead
    ]  # fmt: skip
    number = world.pick(titles, list(state.titles)[-6:] if world.loose else ())
    if number is None:
        return 0, 0, 0
    title = state.titles[number]
    part = world.rng.randint(1, title.quantity) if title.quantity else 0
    return number, title.sequence, world.rng.choice((title.quantity, part))


def pledging(world: World, number: int, facility: int) -> Step:
    """A receipt at the rate that its lot has; sometimes in the place of what was ordered."""
    state, title = world.state, world.state.titles[number]
    word = state.facilities[facility]
    rate = state.pledged_lot_of(facility, title.root).rate
    act = PledgeGoods(
        number, title.root, title.sequence, title.quantity, facility, rate, *_ordered(world, facility),
        world.expiry(), DOCUMENT,
    )  # fmt: skip
    keys = (
        world.signer(word.borrower, Role.TITLE, title.quantity),
        world.signer(word.lender, Role.CREDIT_MAKER),
        _keeper(world, title.root),
        _agent(world, facility),
    )
    return Step("pledge_goods", act, keys)


def _pledged(world: World) -> tuple[int, int, Pledges] | None:
    """A facility, a lot of it, and the receipts of that."""
    keys = [key for key, lot in world.state.pledged_lots.items() if lot.quantity]
    chosen = world.pick(keys)
    if chosen is None:
        return None
    facility, lot = chosen
    receipts = {n: t for n, t in receipts_of(world, facility).items() if t.root == lot}
    return facility, lot, receipts


def release_goods(world: World) -> Step | None:
    found = _pledged(world)
    if found is None:
        return None
    facility, lot, receipts = found
    return releasing(world, facility, lot, _some(world, facility, receipts))


def _some(world: World, facility: int, receipts: Pledges) -> Pledges:
    """Some of them; now and then one that is sold already stands in the place of one that is not."""
    chosen = world.rng.sample(sorted(receipts), world.rng.randint(1, len(receipts)))
    found = {number: receipts[number] for number in chosen}
    lot = receipts[chosen[0]].root
    sold = [
        n for n, t in world.state.titles.items()
        if (t.lock, t.root) == (facility, lot) and t.flags & Flag.HELD
    ]  # fmt: skip
    if sold and world.rng.random() < 0.2:
        del found[chosen[0]]
        number = world.rng.choice(sold)
        found[number] = world.state.titles[number]
    return found


def releasing(world: World, facility: int, lot: int, receipts: Pledges) -> Step:
    """These receipts go free."""
    state = world.state
    quantity = sum(title.quantity for title in receipts.values())
    act = ReleaseGoods(
        facility, lot, quantity, tuple(receipts), world.serial(), world.expiry(), DOCUMENT
    )  # fmt: skip
    standing = (LoanPhase.RESERVED, LoanPhase.OUTSTANDING)
    loans = sorted(
        n for n, loan in state.loans.items() if loan.facility == facility and loan.phase in standing
    )
    value = state.pledged_lot_of(facility, lot).value
    return Step(
        "release_goods", act, (*_two(world, facility, value), _keeper(world, lot)), {"loans": tuple(loans)}
    )


def unlock_goods(world: World) -> Step | None:
    found = _pledged(world)
    if found is None:
        return None
    facility, lot, receipts = found
    word = world.state.facilities[facility]
    if word.zero_debt_day and not word.used and world.rng.random() < 0.5:
        world.go_past(word.zero_debt_day + word.release_days, within=5)
    some = _some(world, facility, receipts)
    quantity = sum(title.quantity for title in some.values())
    act = UnlockGoods(facility, lot, quantity, tuple(some), world.serial(), world.expiry())
    holder = world.signer(word.borrower, Role.TITLE, quantity)
    return Step("unlock_goods", act, (holder, _keeper(world, lot)))


def carve_goods(world: World) -> Step | None:
    found = _pledged(world)
    if found is None:
        return None
    _facility, _lot, receipts = found
    able = [n for n, t in receipts.items() if t.quantity > 1 and not t.frozen and n not in world.state.liens]
    number = world.pick(able, receipts)
    return None if number is None or receipts[number].quantity < 2 else carving(world, number)


def carving(world: World, number: int) -> Step:
    """A pledged receipt becomes two."""
    title = world.state.titles[number]
    lender = world.state.facilities[title.lock].lender
    quantity = world.rng.randint(1, title.quantity - 1)
    part, rest = world.part_of(lender), world.part_of(lender)
    act = CarveGoods(title.lock, number, part, quantity, rest, world.expiry(), DOCUMENT)
    return Step("carve_goods", act, (world.signer(lender, Role.CREDIT_MAKER), _keeper(world, title.root)))


def mark_goods(world: World) -> Step | None:
    number = world.pick(world.state.goods_terms)
    return None if number is None else marking(world, number)


def marking(world: World, facility: int) -> Step:
    """A look at all that is pledged; in a loose mood, at some of it."""
    lots = sorted(
        lot for (f, lot), word in world.state.pledged_lots.items() if f == facility and word.quantity
    )
    if world.loose and lots and world.rng.random() < 0.3:
        lots = lots[1:]
    return Step("mark_goods", more={"facility": facility, "lots": tuple(lots)})


def call_margin(world: World) -> Step | None:
    """Where too little stands; else what stands is made too little."""
    state = world.state
    able = [n for n in state.goods_terms if short(state, n) and not state.mark_of(n).state]
    number = world.pick(able, state.goods_terms)
    if number is None:
        return _worthless(world)
    act = CallMargin(
        number, world.today + state.goods_terms[number].call_days, world.serial(), world.expiry(), DOCUMENT
    )
    return Step("call_margin", act, _two(world, number, state.facilities[number].used))


def _worthless(world: World) -> Step | None:
    """A fall in value of what secures money that is owed; or, where goods secure none, money lent on them."""
    state = world.state
    owing = [key for key, lot in state.pledged_lots.items() if lot.quantity and state.facilities[key[0]].used]
    if not owing:
        return lending(world)
    facility, lot = world.rng.choice(owing)
    before, terms = state.pledged_lot_of(facility, lot), state.goods_terms[facility]
    if before.rate == 1:
        return None
    act = Appraise(
        facility, lot, before.rate, max(1, before.rate // 3), world.today, world.today + terms.valid_days, 1,
        world.expiry(), DOCUMENT,
    )  # fmt: skip
    return Step("appraise", act, (world.signer(terms.appraiser, Role.ATTEST),))


def lending(world: World) -> Step | None:
    """As much as can be is lent on goods."""
    state = world.state
    able = [
        n for n in state.goods_terms
        if state.mark_of(n).lots and state.facilities[n].allows(state.facilities[n].face) > state.facilities[n].used
        and world.today <= state.facilities[n].end_day
    ]  # fmt: skip
    if not able:
        return None
    number = world.rng.choice(able)
    word = state.facilities[number]
    return drawing(world, number, word.allows(word.face) - word.used)


def waive_call(world: World) -> Step | None:
    state = world.state
    number = world.pick((n for n, mark in state.marks.items() if mark.state), state.facilities)
    if number is None:
        return None
    act = WaiveCall(number, world.serial(), world.expiry(), DOCUMENT)
    return Step("waive_call", act, _two(world, number, state.facilities[number].used))


def enforce(world: World) -> Step | None:
    """A call that ran out; or an overdue loan of a facility with goods."""
    state = world.state
    out = [n for n, mark in state.marks.items() if mark.state is MarginState.CALLED and short(state, n)]
    if out and world.rng.random() < 0.7:
        number = world.rng.choice(out)
        world.go_past(state.marks[number].day, within=9)
        return enforcing(world, number, 0)
    overdue = [
        n for n, loan in state.loans.items()
        if loan.phase is LoanPhase.OUTSTANDING and state.mark_of(loan.facility).lots
        and overdue_since(state, n, world.today)
    ]  # fmt: skip
    loan = world.pick(overdue, state.loans)
    return None if loan is None else enforcing(world, state.loans[loan].facility, loan)


def enforcing(world: World, facility: int, loan: int) -> Step:
    """Default notice, for tomorrow."""
    act = Enforce(facility, loan, world.today + 1, world.serial(), world.expiry(), DOCUMENT)
    return Step("enforce", act, _two(world, facility, world.state.facilities[facility].used))


def sell_goods(world: World) -> Step | None:
    state = world.state
    able = [n for n, mark in state.marks.items() if mark.state is MarginState.ENFORCED and mark.lots]
    late = [n for n in _open_sales(world) if state.goods_sales[n].pay_by < world.today]
    if late and world.rng.random() < 0.5:
        number = world.rng.choice(late)
        return selling(world, state.goods_sales[number].facility, number)
    facility = world.pick(able)
    if facility is None:
        return None
    world.go_past(state.marks[facility].day - 1, within=5)
    receipts = receipts_of(world, facility)
    number = world.pick(
        n for n, title in receipts.items() if not title.frozen and n not in state.liens
    )  # fmt: skip
    return None if number is None else selling(world, facility, number)


def selling(world: World, facility: int, number: int) -> Step:
    """To some trader, for some price."""
    state = world.state
    terms, word = state.goods_terms[facility], state.facilities[facility]
    buyer = world.rng.choice([party for party in TRADERS if party != word.borrower])
    price = world.amount(10**9)
    act = SellGoods(facility, number, buyer, price, world.today + 3, world.expiry(), DOCUMENT)
    keys = (
        *_two(world, facility, price),
        _keeper(world, state.titles[number].root),
        world.signer(terms.appraiser, Role.ATTEST),
        world.signer(terms.second_appraiser, Role.ATTEST),
        world.signer(buyer, Role.TITLE, price),
    )
    return Step("sell_goods", act, keys)


def _open_sales(world: World) -> list[int]:
    return [n for n, sale in world.state.goods_sales.items() if sale.state is SaleState.AGREED]


def complete_sales(world: World) -> Step | None:
    """A sale that was paid for; or else its price comes."""
    state = world.state
    sales = _open_sales(world)
    if not sales:
        return None
    paid = [n for n in sales if state.cash_of(n).collected == state.goods_sales[n].total]
    if not paid and world.rng.random() < 0.8:
        return price_coming(world, world.rng.choice(sales))
    number = world.pick(paid, sales)
    return None if number is None else Step("complete_sales", more={"title": number})


def price_coming(world: World, number: int) -> Step | None:
    """What is missing of a sale's price, or a part of it, comes to the facility's collection account."""
    state = world.state
    sale = state.goods_sales[number]
    left = sale.total - state.cash_of(number).collected
    if not left:
        return None
    loans = [
        n for n, loan in state.loans.items()
        if loan.facility == sale.facility and loan.phase in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)
    ]  # fmt: skip
    bank, account = state.collections[sale.facility]
    amount = left if world.rng.random() < 0.7 else world.rng.randint(1, left)
    act = Fact(
        FactKind.COLLECTED, number, world.rng.choice(loans) if loans else 0, bank, account, world.today, amount,
        True, world.hash("entry"), world.expiry(),
    )  # fmt: skip
    return Step("record", act, (world.signer(bank, Role.PAYMENTS, amount), None))


def end_sales(world: World) -> Step | None:
    state = world.state
    unpaid = [n for n in _open_sales(world) if state.cash_of(n).collected < state.goods_sales[n].total]
    number = world.pick(unpaid, state.goods_sales)
    if number is None:
        return None
    if world.rng.random() < 0.8:
        world.go_past(state.goods_sales[number].pay_by, within=5)
    return Step("end_sales", more={"title": number})


PROPOSALS = {
    "agree_goods": agree_goods,
    "appraise": appraise,
    "pledge_goods": pledge_goods,
    "release_goods": release_goods,
    "unlock_goods": unlock_goods,
    "carve_goods": carve_goods,
    "mark_goods": mark_goods,
    "call_margin": call_margin,
    "waive_call": waive_call,
    "enforce": enforce,
    "sell_goods": sell_goods,
    "complete_sales": complete_sales,
    "end_sales": end_sales,
}
"""A likely step of each verb."""
