"""What banks say of payments, in every order and up to five times each, through the real door and into real databases.

720 orders of {accept, reject, credit notice, statement line, return, duplicate} × 4 outcomes. One final state for each
outcome, whatever the order and number of messages, and no money counted twice; and everything that the bank did not
say so, there and now, is refused.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import Engine, func, select

from chainsvc.backends.process import start_embedded
from gateway.adapters.banks.facts import shown
from gateway.adapters.banks.instructions import instructions
from gateway.adapters.ledger.acts import Domain
from gateway.adapters.ledger.chain import Book, Chain, Rpc
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.db import own
from gateway.services.payments import FactKind
from gateway.settings import Settings
from tests.bench.callbacks_world import AMOUNT, ORDERS, OUTCOMES, Case, cases, furnish
from tests.databases import POSTGRESQL, SQLITE, Databases, migrated, opened
from tests.gateway.banks.book import BIC
from tests.gateway.banks.wire import DAY, Line, Signer, kind_of, notice, published
from tests.gateway.serving import serving
from tests.house.machine import CHAIN_ID
from tests.postgresql import VARIABLE

QUICK_ORDERS, SLICE_ORDERS = 12, 30
"""Orders of a quick run, and on PostgreSQL."""
BAD_OF_EACH = 50

STATES = {"settled": "settled", "rejected": "rejected", "returned": "returned", "contradicted": "unknown"}
DRAFTS = {
    "settled": ((FactKind.CREDITED, AMOUNT),),
    "rejected": (),
    "returned": ((FactKind.CREDITED, AMOUNT), (FactKind.RETURNED, AMOUNT)),
    "contradicted": (),
}
"""What each outcome has to come to."""

Row = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Door:
    """A gateway's callback endpoint, and a bank that signs for it."""

    http: httpx2.Client
    engine: Engine
    bank: Signer

    @property
    def url(self) -> str:
        return f"{str(self.http.base_url).rstrip('/')}/callbacks/banks/{BIC}"

    def send(self, message_id: str, raw: bytes) -> int:
        """Sign and send; answers the status."""
        headers = self.bank.headers(self.url, kind_of(raw), message_id, raw)
        return self.http.post(self.url, content=raw, headers=headers).status_code


@contextmanager
def door(engine: Engine, chain: Chain, **settings: Any) -> Iterator[Door]:
    """A gateway served on a port of its own over a database."""
    bank = Signer(BIC)
    with published(bank) as keys:
        gateway = Gateway(
            Settings(bank_keys=dict(keys), **settings), engine, chain, Domain(CHAIN_ID, "0x" + "00" * 20), 0
        )
        with serving(create_app(gateway)) as http:
            yield Door(http, engine, bank)


def run(*, seed: int, quick: bool, say: Say = lambda _: None) -> Row:
    """SQLite in full, by two processes at once; and a slice on the PostgreSQL server that TALLYSTICK_POSTGRESQL names.

    Every process has a gateway and a database of its own.
    """
    whole = ORDERS if not quick else sample(QUICK_ORDERS, seed)
    some = sample(QUICK_ORDERS if quick else SLICE_ORDERS, seed)
    shares = [(SQLITE, whole[half::2], seed + half, half == 0) for half in (0, 1)]
    if os.environ.get(VARIABLE):
        shares.append((POSTGRESQL, some, seed, True))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(share, *zip(*shares, strict=True)))
    rows: list[Row] = []
    for kind in dict.fromkeys(each[0] for each in shares):
        mine = [each for each, of in zip(found, shares, strict=True) if of[0] == kind]
        rows += [{"database": kind, **row} for row in summary(mine)]
    say(f"{sum(row['messages'] for row in rows)} messages sent")
    return {
        "rows": rows,
        "valid": sum(row["cases"] for row in rows),
        "violations": sum(row["violations"] for row in rows),
        "reached": all(row["violations"] == 0 for row in rows) and len(whole) == len(ORDERS),
    }


def sample(count: int, seed: int) -> Sequence[tuple[int, ...]]:
    """Some of the orders."""
    return random.Random(seed).sample(ORDERS, count)


@dataclass(slots=True)
class Came:
    """What the cases of one outcome came to; `finals` counts them by their final state."""

    cases: int = 0
    messages: int = 0
    unanswered: int = 0
    double: int = 0
    wrong: int = 0
    finals: Counter[str] = field(default_factory=Counter)

    def add(self, other: Came) -> None:
        """Another process's share."""
        for name in ("cases", "messages", "unanswered", "double", "wrong"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.finals.update(other.finals)


Share = tuple[dict[str, Came], list[Row]]


def share(kind: str, orders: Sequence[tuple[int, ...]], seed: int, refuse: bool) -> Share:
    """One process's part: every outcome in these orders, and what has to be refused where it is asked for."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        node = stack.enter_context(start_embedded(folder / "chain", chain_id=CHAIN_ID))
        databases = Databases(folder, os.environ.get(VARIABLE), f"callbacks_{os.getpid()}")
        stack.callback(databases.close)
        url = stack.enter_context(databases.copy(kind, "migrated", migrated))
        engine = stack.enter_context(opened(url))
        rpc = stack.enter_context(Rpc(node.url))
        found = stack.enter_context(door(engine, Chain(rpc, Book({}, {}))))
        dice = random.Random(seed)
        return send_all(found, cases(orders), dice), refusals(found, dice) if refuse else []


def summary(shares: Sequence[Share]) -> Iterator[Row]:
    """The rows of one database."""
    for outcome in OUTCOMES:
        came = Came()
        for outcomes, _ in shares:
            came.add(outcomes[outcome])
        yield {
            "case": f"outcome {outcome}", "cases": came.cases, "messages": came.messages,
            "final_states": len(came.finals), "state": STATES[outcome], "double_settlements": came.double,
            "violations": came.wrong + came.double + came.unanswered + len(came.finals) - 1,
        }  # fmt: skip
    for _, refused in shares:
        yield from refused


def send_all(found: Door, listed: Sequence[Case], dice: random.Random) -> dict[str, Came]:
    """Send every case's messages, then look at what each came to."""
    with found.engine.begin() as connection:
        furnish(connection, listed)
    came = {outcome: Came() for outcome in OUTCOMES}
    for case in dice.sample(listed, len(listed)):
        for message_id, raw in case.sent(dice):
            came[case.outcome].unanswered += found.send(message_id, raw) != 200
            came[case.outcome].messages += 1
    look(found.engine, listed, came)
    return came


def look(engine: Engine, listed: Sequence[Case], came: Mapping[str, Came]) -> None:
    """The final state of each payment and of its neighbour, and payments counted for more than was instructed."""
    drafts: dict[int, list[tuple[int, int]]] = {}
    with engine.connect() as connection:
        states = {each.order["end_to_end"]: each.standing for each in instructions(connection, DAY)}
        for each in shown(connection):
            if each.state in ("prepared", "recorded"):
                fact = each.fact
                drafts.setdefault(fact["subject"], []).append((fact["kind"], fact["amount"]))
    for case in listed:
        mine, money = came[case.outcome], tuple(sorted(drafts.get(case.title, ())))
        standing = states[case.line(case.title)]
        beside = (states[case.line(case.neighbour)], sorted(drafts.get(case.neighbour, ())))
        mine.cases += 1
        mine.finals[repr((standing, money, beside))] += 1
        mine.double += sum(amount for kind, amount in money if kind == FactKind.CREDITED) > AMOUNT
        mine.wrong += (standing.state.value, money) != (STATES[case.outcome], DRAFTS[case.outcome])


# ── what has to be refused ──────────────────────────────────────────────────────────────────────────────────


def refusals(found: Door, dice: random.Random) -> list[Row]:
    """Messages that the bank did not say so, there and now: each kind, how many were sent, how many were taken."""
    rows = []
    for name, bad in BAD.items():
        before = _kept(found.engine)
        statuses: Counter[int] = Counter()
        for number in range(BAD_OF_EACH):
            raw = notice(f"{name}-{number}", "62B0", Line(f"X-{name}-{number}", dice.randint(1, 10**6), "x"))
            statuses[bad(found, f"{name}-{number}", raw)] += 1
        kept = _kept(found.engine) - before - (BAD_OF_EACH if name in GENUINE_FIRST else 0)
        taken = sum(times for status, times in statuses.items() if status < 400)
        rows.append(
            {"case": f"refused: {name}", "cases": BAD_OF_EACH, "messages": BAD_OF_EACH,
             "violations": taken + kept + statuses[500]}
        )  # fmt: skip
    return [*rows, _repeated_bytes(found)]


def _repeated_bytes(found: Door) -> Row:
    """The very same request once more, within its time: answered as before, and nothing is counted again."""
    taken = kept = 0
    for number in range(BAD_OF_EACH):
        raw = notice(f"same-{number}", "62B0", Line(f"S-{number}", 5, "x"))
        headers = found.bank.headers(found.url, kind_of(raw), f"same-{number}", raw)
        first = found.http.post(found.url, content=raw, headers=headers)
        before = _kept(found.engine)
        again = found.http.post(found.url, content=raw, headers=headers)
        taken += (first.status_code, again.status_code) != (200, 200) or again.content != first.content
        kept += _kept(found.engine) - before
    return {
        "case": "same bytes again: no effect", "cases": BAD_OF_EACH, "messages": 2 * BAD_OF_EACH,
        "violations": taken + kept,
    }  # fmt: skip


def _kept(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(own.messages)).scalar_one())


def _post(found: Door, headers: dict[str, str], raw: bytes, url: str = "") -> int:
    return found.http.post(url or found.url, content=raw, headers=headers).status_code


def _unsigned(found: Door, message_id: str, raw: bytes) -> int:
    headers = found.bank.headers(found.url, kind_of(raw), message_id, raw)
    return _post(found, {name: headers[name] for name in headers if "signature" not in name}, raw)


def _wrong_key(found: Door, message_id: str, raw: bytes) -> int:
    return _post(found, Signer(BIC).headers(found.url, kind_of(raw), message_id, raw), raw)


def _unknown_bank(found: Door, message_id: str, raw: bytes) -> int:
    url = found.url.replace(BIC, "NOBODYXX")
    return _post(found, Signer("NOBODYXX").headers(url, kind_of(raw), message_id, raw), raw, url)


def _at(hours: float) -> Callable[[Door, str, bytes], int]:
    def send(found: Door, message_id: str, raw: bytes) -> int:
        created = datetime.now(UTC) + timedelta(hours=hours)
        return _post(
            found, found.bank.headers(found.url, kind_of(raw), message_id, raw, created=created), raw
        )

    return send


def _other_body(found: Door, message_id: str, raw: bytes) -> int:
    return _post(
        found, found.bank.headers(found.url, kind_of(raw), message_id, raw), raw.replace(b">x<", b">y<")
    )


def _other_header(name: str, value: str) -> Callable[[Door, str, bytes], int]:
    def send(found: Door, message_id: str, raw: bytes) -> int:
        headers = found.bank.headers(found.url, kind_of(raw), message_id, raw)
        return _post(found, {**headers, name: value if value else headers[name] + "1"}, raw)

    return send


def _less_covered(found: Door, message_id: str, raw: bytes) -> int:
    headers = found.bank.headers(found.url, kind_of(raw), message_id, raw)
    cut = headers["signature-input"].replace(' "idempotency-key"', "")
    return _post(found, {**headers, "signature-input": cut}, raw)


def _elsewhere(found: Door, message_id: str, raw: bytes) -> int:
    headers = found.bank.headers(found.url + "?copy=1", kind_of(raw), message_id, raw)
    return _post(found, headers, raw)


def _too_late(found: Door, message_id: str, raw: bytes) -> int:
    """A message that was taken comes again under a signature that was good once."""
    if found.send(message_id, raw) != 200:
        return 200
    return _at(-0.26)(found, message_id, raw)


def _replayed(found: Door, message_id: str, raw: bytes) -> int:
    """A genuine request was seen on the wire; it comes again as another message."""
    headers = found.bank.headers(found.url, kind_of(raw), message_id, raw)
    if _post(found, headers, raw) != 200:
        return 200
    return _post(found, {**headers, "idempotency-key": message_id + "-2"}, raw)


def _reused(found: Door, message_id: str, raw: bytes) -> int:
    """The bank itself gives two contents one id."""
    if found.send(message_id, raw) != 200:
        return 200
    return found.send(message_id, raw.replace(b">x<", b">y<"))


BAD: dict[str, Callable[[Door, str, bytes], int]] = {
    "forged: unsigned": _unsigned,
    "forged: unknown bank": _unknown_bank,
    "wrong key": _wrong_key,
    "stale: created too long ago": _at(-1),
    "stale: created in the future": _at(1),
    "altered body": _other_body,
    "altered header: message id": _other_header("idempotency-key", ""),
    "altered header: message name": _other_header("message-name", "camt.053.001.08"),
    "altered header: content type": _other_header("content-type", "text/xml"),
    "altered header: covers less": _less_covered,
    "signed for another address": _elsewhere,
    "replayed as another message": _replayed,
    "replayed after its time": _too_late,
    "one id, two contents": _reused,
}
GENUINE_FIRST = ("replayed as another message", "replayed after its time", "one id, two contents")
"""Kinds in which the first of two requests is genuine, and is kept."""
