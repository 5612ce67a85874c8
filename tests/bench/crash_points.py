"""Every durable step of every program, and a trap before and after each: the process that steps on it is gone.

The programs know nothing of this. After the fork and before `main()`, their step functions are wrapped; a trap is armed
by a file of its name that says at which visit it goes off, and it disarms itself.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

Arguments = Sequence[Any]

API, WORKER, CHAIN = "gateway.app", "gateway.worker", "chainsvc.backends.embedded"
BANK, EVIDENCE = "gateway.adapters.banks.sandbox", "gateway.adapters.evidence.service"


def _always(_: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a program: which function (`module:name.name`) it is, and which calls of it count.

    `busy` looks at the arguments, `worked` at the result: a loop that finds nothing to do is no step. Of a transaction
    (`commits`) "before" is when everything is written and nothing committed, "after" when it is committed.
    """

    program: str
    name: str
    target: str
    busy: Callable[[Arguments], bool] = _always
    worked: Callable[[Any], bool] = _always
    commits: bool = False


def _sends(arguments: Arguments) -> bool:
    requests = arguments[1]
    return bool(requests) and requests[0].method == "eth_sendRawTransaction"


def _folds(arguments: Arguments) -> bool:
    fold = arguments[0]
    return bool(fold._fresh or fold._appended or fold._changed)


def _settles(settled: Any) -> bool:
    return bool(settled.mined or settled.final or settled.refused or settled.failed or settled.returned)


STEPS = (
    Step(API, "intake", "gateway.services.intake:Intake._take"),
    Step(API, "check", "gateway.services.instructions:take"),
    Step(API, "idempotency row", "gateway.db.books:InstructionBook.add"),
    Step(API, "outbox row", "gateway.adapters.ledger.desk:Desk.enqueue"),
    Step(API, "bank message row", "gateway.routers.banking:receive"),
    Step(API, "commit", "gateway.bootstrap:Gateway.unit", commits=True),
    Step(WORKER, "claim", "chainsvc.submitter.ledger:claim", worked=bool),
    Step(WORKER, "trial", "chainsvc.submitter.preflight:Preflight.judge"),
    Step(WORKER, "nonce", "chainsvc.submitter.ledger:take_nonces"),
    Step(WORKER, "sign", "chainsvc.submitter.worker:Worker._signed"),
    Step(WORKER, "store", "chainsvc.submitter.worker:Worker._store"),
    Step(WORKER, "send", "chainsvc.backends.rpc:Rpc.batch", busy=_sends),
    Step(WORKER, "sent row", "chainsvc.submitter.worker:Worker._send", busy=lambda given: bool(given[1])),
    Step(WORKER, "receipt", "chainsvc.submitter.settlement:Settlement._found"),
    Step(WORKER, "confirm", "chainsvc.submitter.settlement:Settlement.settle", worked=_settles),
    Step(WORKER, "index row", "chainsvc.indexer.indexer:Indexer._store"),
    Step(WORKER, "project", "gateway.projections.fold:Fold.flush", busy=_folds),
    Step(WORKER, "follow", "gateway.worker:follow", worked=lambda progress: progress.facts > 0),
    Step(WORKER, "messages made", "gateway.courier:Courier._since", worked=lambda found: bool(found[0])),
    Step(WORKER, "messages written", "gateway.db.webhooks:keep", busy=lambda given: bool(given[2])),
    Step(WORKER, "messages kept", "gateway.courier:Courier.gather", worked=bool),
    Step(WORKER, "message claim", "gateway.courier:Courier._claim", worked=bool),
    Step(WORKER, "message sent", "gateway.adapters.sinks:Sinks.send"),
    Step(WORKER, "message answer", "gateway.courier:Courier._record"),
    Step(CHAIN, "take", "chainsvc.backends.embedded.chain:EmbeddedChain.take"),
    Step(CHAIN, "block row", "chainsvc.backends.embedded.store:_insert_block"),
    Step(CHAIN, "seal", "chainsvc.backends.embedded.chain:EmbeddedChain._commit"),
    Step(CHAIN, "answer", "chainsvc.backends.embedded.methods:Methods._seal_sent"),
    Step(BANK, "payment order", "gateway.adapters.banks.sandbox.payments:take_initiation"),
    Step(BANK, "posting", "gateway.adapters.banks.sandbox.books:_insert_posting"),
    Step(BANK, "commit", "gateway.adapters.banks.sandbox.store:Store.work", commits=True),
    Step(BANK, "transfer taken", "gateway.adapters.banks.sandbox.interbank:receive"),
    Step(BANK, "transfer answered", "gateway.adapters.banks.sandbox.interbank:record_answer"),
    Step(BANK, "notify", "gateway.adapters.banks.sandbox.notifications:record_push"),
    Step(BANK, "sign", "gateway.adapters.banks.sandbox.signing:sign"),
    Step(BANK, "day", "gateway.adapters.banks.sandbox.days:move_to"),
    Step(EVIDENCE, "register", "gateway.adapters.evidence.service.register:register"),
    Step(EVIDENCE, "sign", "gateway.adapters.evidence.service.signing:sign"),
    Step(EVIDENCE, "commit", "gateway.adapters.evidence.service.store:Store.transaction", commits=True),
)

_NEEDLESS = {
    (WORKER, f"before {name}") for name in ("confirm", "claim", "follow", "messages made", "messages kept")
}
"""Idle rounds come by there as well, so a kill there would be one at a random instant."""


def points_of(program: str) -> list[str]:
    """The places at which a program can be told to die."""
    names = [f"{moment} {step.name}" for step in STEPS if step.program == program for moment in _MOMENTS]
    return [name for name in names if (program, name) not in _NEEDLESS]


_MOMENTS = ("before", "after")


def arm(traps: Path, point: str, visit: int) -> None:
    """Kill the process whose traps these are at a point, at this visit of it since its start."""
    draft = traps / ".draft"
    draft.write_text(str(visit))
    draft.rename(traps / _file(point))


def is_armed(traps: Path, point: str) -> bool:
    """Whether the trap still waits."""
    return (traps / _file(point)).exists()


def disarm(traps: Path, point: str) -> None:
    """Take the trap away."""
    (traps / _file(point)).unlink(missing_ok=True)


def _file(point: str) -> str:
    return point.replace(" ", "-")


def _forgetful_inbox() -> None:
    from gateway.adapters.banks.sandbox import interbank

    def receive(work: Any, sender: str, body: Any) -> dict[str, str]:
        return interbank._credit(work, sender, body)

    interbank.receive = receive


def _hasty_sender() -> None:
    from chainsvc.backends.rpc import Request
    from chainsvc.submitter import worker

    spoilt: Any = worker.Worker
    sign = spoilt._signed

    def signed(worker: Any, *arguments: Any) -> dict[str, Any]:
        values: dict[str, Any] = sign(worker, *arguments)
        worker._rpc.batch([Request("eth_sendRawTransaction", ("0x" + values["raw"].hex(),))])
        return values

    spoilt._signed = signed


def _hasty_cursor() -> None:
    from gateway.db import webhooks

    keep = webhooks.keep

    def kept(connection: Any, webhook: str, messages: Any, reached: Any, now: int) -> None:
        keep(connection, webhook, [], reached, now)
        # Past SQLAlchemy, whose transaction is still to end where it began.
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.dialect.name == "sqlite" else "BEGIN")
        keep(connection, webhook, messages, reached, now)

    webhooks.keep = kept


FAULTS: dict[str, tuple[str, Callable[[], None]]] = {
    "a bank does not remember which transfers it took": (BANK, _forgetful_inbox),
    "the worker sends before it stores": (WORKER, _hasty_sender),
    "the courier moves its cursor before it keeps the messages": (WORKER, _hasty_cursor),
}
"""Planted bugs, each in a program: what kills must bring to light."""


LEASE_SECONDS = 3
"""How long a claimed message is its claimer's: after hundreds of kills, nobody waits the product's minute each time."""


def _shorten_lease() -> None:
    from gateway.db import webhooks

    webhooks.LEASE_SECONDS = LEASE_SECONDS


def plant(program: str, traps: Path, fault: str | None) -> None:
    """Wrap the steps of the program that this process is about to run, and spoil it if told to."""
    if fault is not None and FAULTS[fault][0] == program:
        FAULTS[fault][1]()
    if program == WORKER:
        _shorten_lease()
    visits: Counter[str] = Counter()

    def reach(point: str) -> None:
        path = traps / _file(point)
        try:
            wanted = int(path.read_text())
        except FileNotFoundError:
            return
        visits[point] += 1
        if visits[point] >= wanted:
            path.unlink(missing_ok=True)
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)  # the signal may reach another thread first

    for step in STEPS:
        if step.program == program:
            _wrap(step, reach)


def _wrap(step: Step, reach: Callable[[str], None]) -> None:
    module, _, path = step.target.partition(":")
    owner: Any = import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    found = getattr(owner, name)
    kind = _transaction if step.commits else _coroutine if iscoroutinefunction(found) else _function
    setattr(owner, name, kind(step, found, reach))


def _function(step: Step, call: Callable[..., Any], reach: Callable[[str], None]) -> Callable[..., Any]:
    @wraps(call)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        busy = step.busy(arguments)
        if busy:
            reach(f"before {step.name}")
        result = call(*arguments, **named)
        if busy and step.worked(result):
            reach(f"after {step.name}")
        return result

    return wrapped


def _coroutine(step: Step, call: Callable[..., Any], reach: Callable[[str], None]) -> Callable[..., Any]:
    @wraps(call)
    async def wrapped(*arguments: Any, **named: Any) -> Any:
        reach(f"before {step.name}")
        result = await call(*arguments, **named)
        reach(f"after {step.name}")
        return result

    return wrapped


def _transaction(step: Step, begin: Callable[..., Any], reach: Callable[[str], None]) -> Callable[..., Any]:
    @contextmanager
    def wrapped(*arguments: Any, **named: Any) -> Iterator[Any]:
        with begin(*arguments, **named) as entered:
            before = _changes(entered)
            yield entered
            changed = before is None or _changes(entered) != before
            if changed:
                reach(f"before {step.name}")
        if changed:
            reach(f"after {step.name}")

    return wrapped


def _changes(entered: Any) -> int | None:
    """Rows changed so far on a bank's or the evidence service's connection; None for one that always writes."""
    connection = getattr(entered, "conn", entered)
    changes: int | None = getattr(connection, "total_changes", None)
    return changes
