"""Steps that aim at one reason each, for reasons that chance alone seldom finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gateway.domain import quotes
from gateway.domain.acts import Assign, Carve, Distribution, Lock, Reversal, Split
from gateway.domain.ledger_state import PARTS
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, Kind, LoanPhase, Phase, Role, Title
from gateway.domain.settlement import FactKind
from tests.invariants import propose_credit as credit
from tests.invariants import propose_money as money
from tests.invariants import propose_offices as offices
from tests.invariants import propose_trade as trade
from tests.invariants.aims_goods import AIMS as GOODS_AIMS
from tests.invariants.aims_margin import AIMS as MARGIN_AIMS
from tests.invariants.aims_protection import AIMS as PROTECTION_AIMS
from tests.invariants.aims_stages import AIMS as STAGE_AIMS
from tests.invariants.propose_leases import AIMS as LEASE_AIMS
from tests.invariants.verbs import Step
from tests.invariants.world import CORES, DOCUMENT, EVIDENCE, PLATFORM, SISTER_BANK, TRADERS, World

Aim = Callable[[World], Step | None]
Fields = Callable[[World, Step], dict[str, Any] | None]


_AMOUNTS = ("amount", "quantity", "total", "distributed_before", "cap_before", "limit_before")


def _but(proposal: Aim, fields: Fields) -> Aim:
    """A likely step in which these fields say something else; who signs stays."""

    def aim(world: World) -> Step | None:
        world.loose = 0.0
        step = proposal(world)
        changes = fields(world, step) if step is not None else None
        if step is None or changes is None or any(changes.get(name, 0) > MAX_AMOUNT for name in _AMOUNTS):
            return None
        return replace(step, act=replace(step.act, **changes), note="aimed")

    return aim


def _receivable(**changes: Callable[[World, Any], Any]) -> Aim:
    """A promise whose first receivable says something else."""

    def fields(world: World, step: Step) -> dict[str, Any] | None:
        first, *rest = step.act.receivables
        try:
            other = replace(first, **{name: value(world, first) for name, value in changes.items()})
        except LookupError:
            return None
        return {"receivables": (other, *rest)}

    return _but(trade.issue, fields)


def _signed_by(proposal: Aim, wanted: Callable[[World, Any], bool]) -> Aim:
    """A likely step in which one signer is replaced by another of the same party that is wanted."""

    def aim(world: World) -> Step | None:
        world.loose = 0.0
        step = proposal(world)
        for place, key in enumerate(step.keys if step is not None else ()):
            party = world.state.signers[key].party if key in world.state.signers else 0
            found = [
                k
                for k, s in world.state.signers.items()
                if s.party == party and k not in world.wallets and wanted(world, s)
            ]
            if found and step is not None:
                chosen = world.rng.choice(found)
                keys = tuple(chosen if at == place else each for at, each in enumerate(step.keys))
                return replace(step, keys=keys, note="aimed")
        return None

    return aim


def _on_title(
    wanted: Callable[[World, int, Title], bool], propose: Callable[[World, int, Title], Step]
) -> Aim:
    """A step on a title in a state it does not go with."""

    def aim(world: World) -> Step | None:
        found = [n for n, title in world.state.titles.items() if wanted(world, n, title)]
        if not found:
            return None
        number = world.rng.choice(found)
        return propose(world, number, world.state.titles[number])

    return aim


def _assign(world: World, number: int, title: Title) -> Step:
    to = next(party for party in TRADERS if party != title.holder)
    act = Assign(number, title.sequence, to, world.expiry(), DOCUMENT)
    keys = tuple(world.signer(party, Role.TITLE, title.quantity) for party in (title.holder, to))
    return Step("assign", act, keys, note="aimed")


def _split(world: World, number: int, title: Title, quantity: int) -> Step:
    child = world.part_of(title.holder)
    act = Split(number, title.sequence, child, quantity, title.holder, world.expiry(), DOCUMENT)
    return Step("split", act, (world.signer(title.holder, Role.TITLE, quantity), None), note="aimed")


def _past_due(world: World, _number: int, title: Title) -> bool:
    root = world.state.roots[title.root]
    free = not title.dead and not title.lock and not title.frozen
    return free and root.phase is Phase.LIVE and world.today >= root.due_day


def _piece(world: World, _number: int, title: Title) -> bool:
    least = world.state.roots[title.root].minimum_piece_minor
    return trade.movable(world, title) and least > 1 and title.quantity > 1


def _used_nonce(proposal: Aim) -> Aim:
    def fields(world: World, step: Step) -> dict[str, Any] | None:
        party = getattr(step.act, "party", 0) if step.verb in ("set_signers", "bind_account") else 0
        spent = sorted(nonce for owner, nonce in world.state.nonces if owner == party)
        return {"nonce": world.rng.choice(spent)} if spent else None

    return _but(proposal, fields)


def _unknown_loans(world: World) -> Step | None:
    world.loose = 0.0
    step = credit.release(world)
    if step is None or not world.state.facilities[step.act.facility].used:
        return None
    return replace(step, more={"loans": ()}, note="aimed")


def _beneficiary(world: World) -> Step | None:
    step = offices.freeze(world)
    if step is None:
        return None
    title = world.state.titles[step.act.title]
    group = {world.state.group_of(party) for party in offices.concerned(world, step.act.title)}
    able = [p for p in (11, 12, 13, SISTER_BANK) if world.state.group_of(p) in group]
    if not able or not title:
        return None
    office = step.keys[0]._replace(party=able[0], key=world.signer(able[0], Role.OFFICE))
    return replace(step, keys=(office, step.keys[1]), note="aimed")


def _lent_to_another(world: World) -> Step | None:
    """A lock for a facility of another borrower, or in another currency."""
    state = world.state
    titles = [n for n, title in state.titles.items() if trade.movable(world, title)]
    if not titles or not state.facilities:
        return None
    number = world.rng.choice(titles)
    title = state.titles[number]
    same = [
        f
        for f, word in state.facilities.items()
        if word.borrower == title.holder and world.today <= word.end_day
    ]
    facility = world.rng.choice(same or list(state.facilities))
    act = Lock(number, title.sequence, facility, 0, title.quantity, world.expiry(), DOCUMENT)
    lender = state.facilities[facility].lender
    keys = (
        world.signer(title.holder, Role.TITLE, title.quantity),
        world.signer(lender, Role.CREDIT_MAKER, title.quantity),
    )
    return Step("lock", act, keys, note="aimed")


def _early_unlock(world: World) -> Step | None:
    world.loose = 0.0
    step = credit.unlock(world)
    return None if step is None else replace(step, act=replace(step.act, titles=()), note="aimed")


def _above_received(world: World) -> Step | None:
    """A list of one title whose share is rounded up, when nothing is left to distribute of it."""
    state = world.state
    for number, word in state.money.items():
        root = state.roots[number]
        if root.phase is not Phase.LIVE or not word.received or word.received != word.distributed:
            continue
        for title_number, title in state.titles.items():
            if title.root == number and not title.dead and title.paid < title.quantity:
                key = world.signer(root.clearing_bank, Role.CLEARING)
                act = Distribution(number, word.distributed, (title_number,), (1,), world.expiry())
                return Step("distribute", act, (key,), note="aimed")
    return None


def _too_soon(world: World, _step: Step) -> dict[str, Any]:
    return {"effective_day": world.today + world.rng.randint(0, 6)}


def _invoice_of(world: World, item: Any, wanted: Callable[[Any], bool]) -> tuple[bytes, ...]:
    found = [nullifier for nullifier, word in world.state.invoices.items() if wanted(word)]
    return (world.rng.choice(found), *item.nullifiers[1:]) if len(item.nullifiers) == 1 else (found[0],)


AIMS: Mapping[Reason, Aim] = {
    Reason.SAME_PERSON: lambda world: _same_person(world),
    Reason.SIGNER_EXPIRED: _signed_by(
        trade.assign, lambda world, s: s.valid_until < world.now and not s.flags
    ),
    Reason.SIGNER_REVOKED: _signed_by(trade.assign, lambda _world, s: bool(s.flags & 1)),
    Reason.SIGNER_SUSPENDED: _signed_by(trade.withdraw, lambda _world, s: s.flags == 2),
    Reason.WRONG_SEQUENCE: _but(trade.assign, lambda _w, s: {"sequence": (s.act.sequence + 1) & 0xFFFF}),
    Reason.NONCE_USED: _used_nonce(offices.set_signers),
    Reason.ID_TAKEN: _but(trade.split, lambda w, s: _taken(w, s.act.child >> 32)),
    Reason.FOREIGN_ID: _but(trade.split, lambda world, _step: {"child": world.id_of(PLATFORM)}),
    Reason.NUMBER_FOR_PARTS: _receivable(root=lambda _world, item: item.root | PARTS),
    Reason.UNKNOWN_ROOT: _but(money.distribute, lambda world, _step: {"root": world.id_of(7)}),
    Reason.UNKNOWN_TITLE: _but(trade.assign, lambda world, _step: {"title": world.id_of(7)}),
    Reason.NOT_OFFERED: _but(trade.accept, lambda world, _step: {"root": world.id_of(7)}),
    Reason.OFFER_MISMATCH: _but(trade.accept, lambda _world, _step: {"payee": CORES[0]}),
    Reason.ZERO_QUANTITY: _but(trade.split, lambda _world, _step: {"quantity": 0}),
    Reason.QUANTITY_ABOVE_TITLE: _but(
        trade.split, lambda world, step: {"quantity": world.state.titles[step.act.title].quantity}
    ),
    Reason.PIECE_TOO_SMALL: _on_title(_piece, lambda world, n, title: _split(world, n, title, 1)),
    Reason.SELF_ASSIGNMENT: _but(
        trade.assign, lambda world, step: {"to": world.state.titles[step.act.title].holder}
    ),
    Reason.TITLE_LOCKED: _on_title(lambda _world, _n, title: bool(title.lock) and not title.dead, _assign),
    Reason.TITLE_FROZEN: _on_title(lambda _world, _n, title: title.frozen and not title.dead, _assign),
    Reason.TITLE_SPENT: _on_title(lambda _world, _n, title: title.dead, _assign),
    Reason.PAST_DUE: _on_title(_past_due, _assign),
    Reason.DIFFERENT_HOLDER: _lent_to_another,
    Reason.CURRENCY_MISMATCH: _lent_to_another,
    Reason.TENOR_ABOVE_CAP: _receivable(due_day=lambda world, _item: world.today + 400),
    Reason.DUE_DAY_PAST: _receivable(due_day=lambda world, _item: world.today),
    Reason.EVIDENCE_MISSING: _receivable(evidence=lambda _world, _item: bytes(32)),
    Reason.NOT_A_BANK: _receivable(clearing_bank=lambda _world, _item: EVIDENCE),
    Reason.DEBTOR_IS_PAYEE: _receivable(payee=lambda _world, item: item.root >> 32),
    Reason.LATE_INTEREST_TOO_LOW: _receivable(terms=lambda _world, _item: 0),
    Reason.INVOICE_UNKNOWN: _receivable(
        nullifiers=lambda world, item: (*item.nullifiers[:-1], b"\xff" + world.hash()[1:])
    ),
    Reason.INVOICE_OTHER_PARTY: _receivable(
        nullifiers=lambda world, item: _invoice_of(world, item, lambda word: word.seller != item.payee),
        amounts=lambda _world, item: item.amounts[:1],
    ),
    Reason.INVOICE_OTHER_CURRENCY: _receivable(currency=lambda _world, _item: 978),
    Reason.INVOICES_UNORDERED: _receivable(
        nullifiers=lambda _world, item: (item.nullifiers[0], item.nullifiers[0]),
        amounts=lambda _world, _item: (1, 1),
    ),
    Reason.INVOICE_SUM_WRONG: _receivable(quantity=lambda _world, item: item.quantity + 1),
    Reason.INVOICE_EXHAUSTED: _receivable(
        amounts=lambda _world, item: (item.amounts[0] + 10**12, *item.amounts[1:])
    ),
    Reason.INVOICE_KNOWN: _but(
        trade.attest_invoice,
        lambda world, _step: (
            {"nullifier": next(iter(world.state.invoices))} if world.state.invoices else None
        ),
    ),
    Reason.INVOICE_CHANGED: _but(
        trade.credit_invoice, lambda _world, s: {"cap_before": s.act.cap_before + 1}
    ),
    Reason.DEBTOR_LIMIT_EXCEEDED: _but(trade.publish_offers, lambda _world, _step: {"total": MAX_AMOUNT}),
    Reason.POLICY_TOO_SOON: _but(offices.publish_policy, _too_soon),
    Reason.POLICY_OUT_OF_RANGE: _but(offices.publish_policy, lambda _world, _step: {"maximum_depth": 9}),
    Reason.FACILITY_UNKNOWN: _but(credit.draw, lambda world, _step: {"facility": world.serial()}),
    Reason.FACILITY_TAKEN: _but(
        credit.open_, lambda world, step: {"facility": next(iter(world.state.facilities), step.act.facility)}
    ),
    Reason.FACILITY_LIMIT_EXCEEDED: _but(
        credit.draw, lambda world, s: {"amount": world.state.facilities[s.act.facility].limit + 1}
    ),
    Reason.COLLATERAL_SHORT: _but(
        credit.draw,
        lambda world, s: {"amount": quotes.room(world.state, s.act.facility, world.today).drawable + 1},
    ),
    Reason.LOAN_UNKNOWN: _unknown_loans,
    Reason.LOAN_TAKEN: _but(
        credit.draw, lambda world, s: {"loan": _own(world.state.loans, s.act.loan >> 32, s.act.loan)}
    ),
    Reason.TERMS_OUT_OF_RANGE: _but(credit.draw, lambda _world, _step: {"basis": 3}),
    Reason.REGISTRATION_MISSING: _but(credit.draw, lambda _world, _step: {"registration": bytes(32)}),
    Reason.RELEASE_CLOCK_RUNNING: _early_unlock,
    Reason.MOVEMENT_USED: lambda world: _again(world, "record"),
    Reason.LIST_STALE: _but(
        money.distribute, lambda _w, s: {"distributed_before": s.act.distributed_before + 1}
    ),
    Reason.SHARE_WRONG: _but(
        money.distribute, lambda _world, s: {"amounts": tuple(max(0, a - 5) for a in s.act.amounts)}
    ),
    Reason.ABOVE_RECEIVED: _above_received,
    Reason.NOT_HELD: _but(money.release_held, lambda _world, s: {"amount": s.act.held_before + 1}),
    Reason.MOVEMENT_UNKNOWN: _but(money.reverse, lambda world, _step: {"entry": world.hash("nothing")}),
    Reason.REVERSAL_TOO_LATE: lambda world: _reversed_late(world),
    Reason.WRONG_BANK: _but(money.received, lambda world, _step: {"subject": world.id_of(7)}),
    Reason.NOT_YET_DUE: _but(
        money.received,
        lambda world, s: {"value_day": world.state.roots[s.act.subject].due_day - 1},
    ),
    Reason.AMOUNT_DIFFERS: _but(
        offices.set_limit, lambda _world, s: {"limit_before": s.act.limit_before + 1}
    ),
    Reason.VALUE_DAY_OUT_OF_RANGE: _but(money.pay_out, lambda world, _step: {"value_day": world.today + 1}),
    Reason.OFFICE_IS_BENEFICIARY: _beneficiary,
    Reason.PARTY_TAKEN: _but(offices.admit, lambda _world, _step: {"party": CORES[0]}),
    Reason.PARTY_KIND_CONFLICT: lambda world: _platform_and_more(world),
    Reason.PARTY_UNKNOWN: _but(offices.set_limit, lambda _world, _step: {"debtor": 7}),
    Reason.SIGNER_TAKEN: _but(
        offices.admit,
        lambda world, s: {"signers": _with_taken_key(world, s.act.signers)},
    ),
    Reason.QUORUM_UNREACHABLE: _but(offices.admit, lambda _world, _step: {"quorum": 9}),
    Reason.RECOVERY_TOO_SOON: lambda world: _announced(world),
    Reason.TITLE_SOLD: lambda world: _sold_again(world),
    Reason.NO_RECOURSE: lambda world: _recourse_on_a_purchase(world),
    Reason.ENTRUSTOR_CONFLICT: _but(
        credit.open_, lambda _world, s: {"form": 0, "entrustor": s.act.borrower, "agent_fee_bps": 1}
    ),
    **PROTECTION_AIMS,
    **GOODS_AIMS,
    **MARGIN_AIMS,
    **LEASE_AIMS,
    **STAGE_AIMS,
}
"""A step for each reason that is likely to be answered with it."""


def _reversed_late(world: World) -> Step | None:
    """A repayment of a loan that is settled by now is taken back."""
    state = world.state
    for movement, use in state.movements.items():
        loan = state.loans.get(use.subject)
        if (
            use.kind != FactKind.REPAYMENT
            or use.reversed
            or loan is None
            or loan.phase is not LoanPhase.SETTLED
        ):
            continue
        bank, account, value_day, amount, entry = movement
        act = Reversal(
            bank, account, value_day, amount, entry, world.today, world.hash("late"), world.expiry()
        )
        borrower = state.facilities[loan.facility].borrower
        keys = (world.signer(bank, Role.PAYMENTS, amount), world.signer(borrower, Role.BORROW, amount))
        return Step("reverse", act, keys, note="aimed")
    return None


def _sold_again(world: World) -> Step | None:
    """A draw that buys what another draw bought, or a division of it."""
    world.loose = 0.0
    sold = [title for title, loan in world.state.sales.items() if world.state.titles[title].open > 1]
    if not sold:
        return None
    title = world.rng.choice(sold)
    facility = world.state.titles[title].lock
    lender = world.state.facilities[facility].lender
    act = Carve(title, world.part_of(lender), 1, facility, world.expiry())
    return Step("carve", act, (world.signer(lender, Role.CREDIT_MAKER, 1),), note="aimed")


def _recourse_on_a_purchase(world: World) -> Step | None:
    """Money that the seller of a title bought without recourse is said to owe."""
    loans = credit.loans_in(world, LoanPhase.SOLD)
    if not loans:
        return None
    loan = world.rng.choice(loans)
    account = world.state.collections[world.state.loans[loan].facility]
    return money.fact_of(world, FactKind.REPAYMENT, loan, 1, account)


def _own(numbers: Mapping[int, Any], party: int, otherwise: int) -> int:
    return next((number for number in numbers if number >> 32 == party), otherwise)


def _taken(world: World, party: int) -> dict[str, Any] | None:
    found = [n for n in (*world.state.titles, *world.state.roots) if n >> 32 == party]
    return {"child": world.rng.choice(found)} if found else None


def _again(world: World, verb: str) -> Step | None:
    found = [step for step in world.done if step.verb == verb and step.act.expires_at >= world.now]
    return world.rng.choice(found) if found else None


def _announced(world: World) -> Step | None:
    waiting = [found.act for found in world.state.recoveries.values() if found.ready_at > world.now]
    return Step("complete", world.rng.choice(waiting), note="aimed") if waiting else None


def _same_person(world: World) -> Step | None:
    """The lender's checker signs as its maker too."""
    world.loose = 0.0
    step = credit.void(world) or credit.draw(world)
    return (
        None
        if step is None
        else replace(step, keys=(*step.keys[:-2], step.keys[-1], step.keys[-1]), note="aimed")
    )


def _with_taken_key(world: World, signers: tuple[Any, ...]) -> tuple[Any, ...]:
    return (replace(signers[0], key=next(iter(world.state.signers))), *signers[1:])


def _platform_and_more(world: World) -> Step:
    """A second platform that wants to be a lender too."""
    number = 1_000 + world.serial()
    act = world.admission(number, Kind.PLATFORM, number, expires_at=world.expiry())
    act = replace(act, kinds=Kind.PLATFORM | Kind.LENDER)
    return Step("admit", act, world.majority(), note="aimed")
