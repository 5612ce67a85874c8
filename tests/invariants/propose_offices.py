"""Steps of parties and offices: who comes in, who signs, what orders do. Likely, never sure, to be done."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.office_acts import (
    Cure,
    Freeze,
    Lift,
    PublishPolicy,
    Recover,
    Reinstate,
    SetLimit,
    SetSigners,
    SignerGrant,
    Stop,
    Suspend,
    Veto,
)
from gateway.domain.parties import alive
from gateway.domain.records import Kind, Signer, Standing
from tests.invariants.propose_credit import PROPOSALS as CREDIT
from tests.invariants.propose_money import PROPOSALS as MONEY
from tests.invariants.propose_trade import PROPOSALS as TRADE
from tests.invariants.verbs import Step
from tests.invariants.world import (
    CORES,
    CURRENCIES,
    DOCUMENT,
    EVIDENCE,
    FACTOR,
    GUARANTORS,
    KEEPER,
    SISTER_BANK,
    SMALL_CAP,
    TRADERS,
    World,
)

CHANGING = (*TRADERS, *CORES, *GUARANTORS, FACTOR, KEEPER, EVIDENCE, SISTER_BANK)
"""Parties whose signers come and go; the first banks stay as they are, so that there is always a majority."""
FULL_BOARD = 12
NEWCOMERS = (Kind.ENTERPRISE, Kind.LENDER, Kind.ENTERPRISE | Kind.GUARANTOR, Kind.KEEPER, Kind.EVIDENCE)


def admit(world: World) -> Step | None:
    kinds = world.rng.choice(NEWCOMERS)
    if world.state.banks < 5 and world.rng.random() < 0.05:
        kinds = Kind.BANK
    number = 1_000 + world.serial()
    act = world.admission(number, kinds, number, expires_at=world.expiry())
    by_banks = kinds & (Kind.BANK | Kind.KEEPER | Kind.EVIDENCE)
    return Step("admit", act, world.majority() if by_banks else world.offices(number))


def _replacement(world: World, signer: Signer) -> SignerGrant:
    return world.grant(signer.person, signer.roles, solo_cap=signer.solo_cap)


def set_signers(world: World) -> Step | None:
    party = world.rng.choice(CHANGING)
    word, live = world.state.parties[party], world.live_keys(party)
    granted: list[SignerGrant] = []
    revoked: tuple[str, ...] = ()
    if len(live) >= FULL_BOARD or world.rng.random() < 0.5:
        # Prefer to retire keys that no longer work, or that were second ones from the start.
        old = world.pick([key for key in live if world.state.signers[key].valid_until <= world.now], live)
        old = old if old is not None else world.rng.choice(live)
        revoked = (old,)
        granted.append(_replacement(world, world.state.signers[old]))
    else:
        model = world.state.signers[world.rng.choice(live)]
        until = world.now + world.rng.choice((2, 10)) * 86_400
        granted.append(
            world.grant(model.person, model.roles, valid_until=until, managed=world.rng.random() < 0.2)
        )
    act = SetSigners(party, word.quorum, revoked, tuple(granted), world.serial(), world.expiry())
    return Step("set_signers", act, world.administrators(party))


def recover(world: World) -> Step | None:
    quiet = [party for party in CHANGING if party not in world.state.recoveries]
    party = world.pick(quiet, CHANGING)
    if party is None:
        return None
    word = world.state.parties[party]
    act = Recover(
        party=party,
        succession=world.rng.random() < 0.3,
        quorum=2,
        revoked=world.live_keys(party),
        granted=world.board(word.kinds),
        order=DOCUMENT,
        expires_at=world.expiry(),
    )
    return Step("recover", act, world.offices(party))


def veto(world: World) -> Step | None:
    able = [p for p, found in world.state.recoveries.items() if not found.act.succession]
    party = world.pick(able, world.state.recoveries)
    if party is None:
        return None
    act = Veto(party, world.state.recoveries[party].act, world.expiry())
    return Step("veto", act, (world.signer(party, 2**32 - 1),))


def complete(world: World) -> Step | None:
    ready = [p for p, found in world.state.recoveries.items() if found.ready_at <= world.now]
    party = world.pick(ready, world.state.recoveries)
    return None if party is None else Step("complete", world.state.recoveries[party].act)


def suspend(world: World) -> Step | None:
    parties = world.state.parties
    able = [p for p in (*TRADERS[2:], CORES[1], FACTOR, KEEPER) if parties[p].standing is Standing.ADMITTED]
    party = world.pick(able, parties)
    if party is None:
        return None
    end = world.today + world.rng.randint(1, 20)
    act = Suspend(party, world.live_keys(party), DOCUMENT, end, world.serial(), world.expiry())
    return Step("suspend", act, world.offices(party))


def reinstate(world: World) -> Step | None:
    parties = world.state.parties
    party = world.pick((p for p, word in parties.items() if word.standing is Standing.SUSPENDED), parties)
    if party is None:
        return None
    act = Reinstate(party, world.live_keys(party), DOCUMENT, world.serial(), world.expiry())
    return Step("reinstate", act, world.offices(party))


def concerned(world: World, number: int) -> tuple[int, ...]:
    """Those who gain or lose by what happens to a title."""
    title = world.state.titles[number]
    debtor = world.state.roots[title.root].debtor
    if not title.lock:
        return title.holder, debtor
    facility = world.state.facilities[title.lock]
    return facility.borrower, debtor, facility.lender


def freeze(world: World) -> Step | None:
    titles = world.state.titles
    number = world.pick((n for n, title in titles.items() if not title.dead and not title.frozen), titles)
    if number is None:
        return None
    offices = world.offices(*concerned(world, number))
    if not offices:
        return None
    title = titles[number]
    part = title.quantity > 1 and world.rng.random() < 0.4
    child = world.part_of(offices[0].party) if part else 0
    quantity = world.rng.randint(1, title.quantity - 1) if part else 0
    end = world.today + world.rng.randint(1, 30)
    act = Freeze(number, child, quantity, DOCUMENT, end, world.serial(), world.expiry())
    return Step("freeze", act, offices)


def lift(world: World) -> Step | None:
    number = world.pick(world.state.frozen_until, world.state.titles)
    if number is None:
        return None
    act = Lift(number, DOCUMENT, world.serial(), world.expiry())
    return Step("lift", act, world.offices(*concerned(world, number)))


def stop(world: World) -> Step | None:
    party = world.rng.choice((*CORES, *CORES, TRADERS[0]))
    end = world.today + world.rng.randint(1, 10)
    act = Stop(party, DOCUMENT, end, world.serial(), world.expiry())
    return Step("stop", act, world.offices(party))


def cure(world: World) -> Step | None:
    parties = world.state.parties
    party = world.pick((p for p, word in parties.items() if word.stopped(world.today)), CORES)
    if party is None:
        return None
    return Step("cure", Cure(party, DOCUMENT, world.serial(), world.expiry()), world.offices(party))


def set_limit(world: World) -> Step | None:
    debtor, currency = world.rng.choice(CORES), world.rng.choice(CURRENCIES)
    before = world.state.limit_of(debtor, currency)
    limit = world.rng.choice((10**13, 10**12, before.used + world.amount(10**9)))
    act = SetLimit(debtor, currency, limit, before.limit, DOCUMENT, world.serial(), world.expiry())
    return Step("set_limit", act, world.majority())


def publish_policy(world: World) -> Step | None:
    newest = world.state.next_policy
    if newest is not None and newest.version == 2**16 - 1:
        return None
    act = PublishPolicy(
        version=(newest.version if newest else 0) + 1,
        effective_day=world.today + world.rng.randint(7, 12),
        maximum_tenor_months=world.rng.choice((2, 3, 6, 12)),
        minimum_piece=world.rng.choice((100, 0, 1)),
        maximum_depth=world.rng.choice((4, 2, 8)),
        accept_days=world.rng.choice((10, 3, 5)),
        release_days=world.rng.choice((2, 0, 5)),
        minimum_late_interest=world.rng.choice((0, 100)),
        document=DOCUMENT,
        expires_at=world.expiry(),
    )
    return Step("publish_policy", act, world.majority())


_LARGE = ("accept", "assign", "split", "issue", "lock", "draw", "publish_offers", "settle_early")


def capped(world: World, step: Step) -> tuple[Step, str] | None:
    """The same step signed by one whose mandate is small, and the key of the one it stands in for."""
    for place, key in enumerate(step.keys):
        signer = world.state.signers.get(key) if isinstance(key, str) else None
        if signer is None or signer.solo_cap <= SMALL_CAP:
            continue
        other = next(
            (
                k
                for k, s in world.state.signers.items()
                if s.party == signer.party
                and s.solo_cap <= SMALL_CAP
                and not s.flags
                and s.valid_until > world.now
                and s.person != signer.person
            ),
            None,
        )
        if other is not None and other not in step.keys:
            keys = tuple(other if at == place else each for at, each in enumerate(step.keys))
            return replace(step, keys=keys, note="small mandate"), key
    return None


def co_sign(world: World) -> Step | None:
    base = {**TRADE, **CREDIT, **MONEY}[world.rng.choice(_LARGE)](world)
    found = capped(world, base) if base is not None else None
    if found is None:
        return None
    step, second = found
    world.queue.append(step)
    return Step("co_sign", step.act, (second,))


def by_wallet(world: World, step: Step) -> tuple[Step, str] | None:
    """The same step signed by a live wallet of one of the parties, and that wallet."""
    for place, key in enumerate(step.keys):
        signer = world.state.signers.get(key) if isinstance(key, str) else None
        if signer is None:
            continue
        for wallet in world.wallets:
            other = world.state.signers.get(wallet)
            if other is None or other.party != signer.party or alive(other, world.now):
                continue
            keys = tuple(wallet if at == place else each for at, each in enumerate(step.keys))
            return replace(step, keys=keys, note="by wallet"), wallet
    return None


def approve(world: World) -> Step | None:
    base = {**TRADE, **CREDIT, **MONEY}[world.rng.choice(_LARGE)](world)
    found = by_wallet(world, base) if base is not None else None
    if found is None:
        return None
    step, wallet = found
    world.queue.append(step)
    owner = world.wallets[wallet]
    if world.rng.random() < 0.1:
        other = world.rng.choice(list(world.wallets.values()))
        return Step("approve", step.act, (other,), {"wallet": wallet, "owner": owner})
    return Step("approve", step.act, (owner,), {"wallet": wallet, "owner": owner})


PROPOSALS = {
    "admit": admit,
    "set_signers": set_signers,
    "recover": recover,
    "veto": veto,
    "complete": complete,
    "suspend": suspend,
    "reinstate": reinstate,
    "freeze": freeze,
    "lift": lift,
    "stop": stop,
    "cure": cure,
    "set_limit": set_limit,
    "publish_policy": publish_policy,
    "co_sign": co_sign,
    "approve": approve,
}
"""A likely step of each verb of offices and of a party's own quorum."""
