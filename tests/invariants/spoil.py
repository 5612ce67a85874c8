"""How a likely step is spoilt: by who signs it, by what it says, or by saying it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from gateway.adapters.ledger import acts as signing
from gateway.domain.acts import Invoices, Receivable
from gateway.domain.office_acts import SignerGrant
from gateway.domain.parties import OfficeSignature
from gateway.domain.records import Role
from tests.invariants.laws_goods import KEEPER_AT
from tests.invariants.messages import Messages
from tests.invariants.propose_offices import capped
from tests.invariants.verbs import Step
from tests.invariants.world import KEEPERS, World

Spoiler = Callable[[World, Step], Step | None]

FORGERIES = ("stranger", "empty", "other chain")


def spoil(world: World, step: Step) -> Step:
    """The step, spoilt in one way; unchanged when no way applies."""
    ways: Sequence[Spoiler] = (
        signature,
        signature,
        keeper,
        said,
        said,
        said,
        other_parts,
        again,
        small_mandate,
        late,
    )
    for _ in range(4):
        found = world.rng.choice(ways)(world, step)
        if found is not None:
            return found
    return step


# ── Who signs ───────────────────────────────────────────────────────────────────────────────────────────────


def signature(world: World, step: Step) -> Step | None:
    """Another signature in one place."""
    if not step.keys:
        return None
    if isinstance(step.keys[0], OfficeSignature):
        return _offices(world, step)
    place = world.rng.randrange(len(step.keys))
    old = step.keys[place]
    party = world.state.signers[old].party if old in world.state.signers else 0
    new, forgery = _other_key(world, step.keys, old, party)
    keys = tuple(new if at == place else key for at, key in enumerate(step.keys))
    return replace(step, keys=keys, forgery=forgery, note="another signer")


def keeper(world: World, step: Step) -> Step | None:
    """Goods without their keeper: its place is empty, forged, or another's who keeps goods too."""
    if step.verb not in KEEPER_AT:
        return None
    old = step.keys[KEEPER_AT[step.verb]]
    party = world.state.signers[old].party if old in world.state.signers else 0
    other = world.signer(next(each for each in KEEPERS if each != party), Role.KEEP)
    chosen = world.rng.choice((None, None, other, step.keys[0]))
    keys = tuple(chosen if at == KEEPER_AT[step.verb] else key for at, key in enumerate(step.keys))
    return replace(step, keys=keys, forgery=world.rng.choice(FORGERIES), note="without its keeper")


def _other_key(
    world: World, keys: Sequence[str | None], old: str | None, party: int
) -> tuple[str | None, str]:
    signers = world.state.signers
    own = [key for key, signer in signers.items() if signer.party == party]
    groups: list[list[str]] = [
        list(signers),
        own,
        [key for key in own if signers[key].flags],
        [key for key in own if signers[key].flags == 2],
        [key for key in own if signers[key].valid_until < world.now],
        [key for key in keys if key is not None and key != old],
        [key for key in own if old in signers and signers[key].person == signers[old].person and key != old],
        [],
    ]
    chosen = world.rng.choice(groups)
    return (world.rng.choice(chosen) if chosen else None), world.rng.choice(FORGERIES)


def _offices(world: World, step: Step) -> Step:
    keys = list(step.keys)
    way, place = world.rng.randrange(6), world.rng.randrange(len(keys))
    office = keys[place]
    if way == 0:
        keys.pop(place)
    elif way == 1:
        keys.append(office)
    elif way == 2:
        keys.reverse()
    elif way == 3:
        other = world.rng.choice(list(world.state.parties))
        keys[place] = OfficeSignature(other, world.signer(other, 2**32 - 1))
    elif way == 4:
        keys[place] = OfficeSignature(office.party, world.rng.choice(list(world.state.signers)))
    else:
        keys[place] = OfficeSignature(office.party, None)
    return replace(step, keys=tuple(keys), note="other offices")


def small_mandate(world: World, step: Step) -> Step | None:
    """One signs whose mandate may be too small."""
    found = capped(world, step) if step.verb not in ("co_sign", "approve", "record") else None
    return None if found is None else found[0]


def late(world: World, step: Step) -> Step | None:
    """Carried after it expired."""
    if not hasattr(step.act, "expires_at"):
        return None
    return replace(step, act=replace(step.act, expires_at=world.now - 1), note="expired")


def again(world: World, _step: Step) -> Step | None:
    """Something done before, carried once more."""
    return replace(world.rng.choice(world.done[-300:]), note="again") if world.done else None


# ── What it says ────────────────────────────────────────────────────────────────────────────────────────────


def said(world: World, step: Step) -> Step | None:
    """One field says something else, and the signers sign that."""
    if step.act is None:
        return None
    types = {
        part["name"]: part["type"]
        for part in signing.act_types()[type(step.act).__name__][type(step.act).__name__]
    }
    part = world.rng.choice([part.name for part in fields(step.act)])
    kind = types[Messages.camel(part)]
    value = _changed(world, part, kind, getattr(step.act, part))
    return (
        None if value is None else replace(step, act=replace(step.act, **{part: value}), note=f"other {part}")
    )


def _changed(world: World, name: str, kind: str, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return _integer(world, name, int(kind.removeprefix("uint")), value)
    if isinstance(value, bytes):
        return world.rng.choice((bytes(32), world.hash(), *list(world.state.invoices)[:20]))
    if isinstance(value, tuple):
        return _list(world, name, kind, value)
    if isinstance(value, (Receivable, SignerGrant)):
        return _inner(world, value)
    if isinstance(value, Invoices):
        return Invoices(value.nullifiers, tuple(amount + 1 for amount in value.amounts))
    return None


def _inner(world: World, value: Receivable | SignerGrant) -> Any:
    name = type(value).__name__
    within = "Issue" if isinstance(value, Receivable) else "Admit"
    types = {part["name"]: part["type"] for part in signing.act_types()[within][name]}
    part = world.rng.choice([part.name for part in fields(value)])
    new = _changed(world, part, types[Messages.camel(part)], getattr(value, part))
    return None if new is None else replace(value, **{part: new})


_NUMBERS = {
    ("title", "into", "from_", "child", "subject"): ("titles", "roots", "loans"),
    ("root",): ("roots",),
    ("loan",): ("loans",),
    ("facility",): ("facilities",),
    ("protection",): ("protections",),
    ("list",): ("lists",),
    ("party", "to", "debtor", "payee", "seller", "service"): ("parties",),
    ("lender", "borrower", "bank", "clearing_bank", "entrustor", "parties", "custodian"): ("parties",),
}
"""In which tables a field's number is looked up."""
_VALUES = {
    "currency": (156, 840, 978),
    "kinds": tuple(range(66)),
    "roles": (1, 128, 32, 160, 512, 1024, 2048),
    "kind": tuple(range(15)),
    "form": (0, 1, 2, 3),
    "minimum_piece": (0, 65_535, 65_536),
}


def _pool(world: World, name: str) -> Sequence[int]:
    """Values of a field that mean something elsewhere."""
    if name in _VALUES:
        return _VALUES[name]
    if name == "nonce":
        return [nonce for _, nonce in world.state.nonces]
    if name == "expires_at":
        return (world.now - 1, world.now)
    if name.endswith("_day"):
        return range(world.today - 3, world.today + 4)
    tables = next((tables for names, tables in _NUMBERS.items() if name in names), ())
    return [number for table in tables for number in getattr(world.state, table)]


def _integer(world: World, name: str, bits: int, value: int) -> int:
    pool, rng = _pool(world, name), world.rng
    if pool and rng.random() < 0.7:
        new = rng.choice(pool)
    else:
        new = rng.choice((0, 1, value - 1, value + 1, value * 2, 2**bits - 1, rng.getrandbits(bits)))
    return int(max(0, min(new, 2**bits - 1)))


def _list(world: World, name: str, kind: str, value: tuple[Any, ...]) -> tuple[Any, ...] | None:
    if not value:
        return None
    way = world.rng.randrange(5)
    if way == 0:
        return value[:-1]
    if way == 1:
        return (*value, value[0])
    if way == 2 and len(value) > 1:
        return tuple(reversed(value))
    place = world.rng.randrange(len(value))
    if isinstance(value[0], str):
        new: Any = world.rng.choice(list(world.state.signers))
    elif name == "titles":
        new = world.rng.choice([*world.state.titles, 7])
    else:
        new = _changed(world, name, kind.removesuffix("[]"), value[place])
    if new is None:
        return None
    return tuple(new if at == place else each for at, each in enumerate(value))


_HINTS = {"loans": "loans", "unlock": "titles", "others": "protections", "locked": "titles"}
"""Unsigned lists, and the table whose numbers they hold."""


def other_parts(world: World, step: Step) -> Step | None:
    """What the item holds unsigned says something else."""
    if not step.more:
        return None
    more = dict(step.more)
    name = world.rng.choice(list(more))
    value = more[name]
    if isinstance(value, Invoices):
        more[name] = Invoices(value.nullifiers, tuple(amount + 1 for amount in value.amounts))
    elif isinstance(value, Receivable):
        new = _inner(world, value)
        if new is None:
            return None
        more[name] = new
    elif name in _HINTS:
        more[name] = (*value[1:], *list(getattr(world.state, _HINTS[name]))[:2])
    elif isinstance(value, int):
        more[name] = value + 1
    else:
        return None
    return replace(step, more=more, note=f"other {name}")
