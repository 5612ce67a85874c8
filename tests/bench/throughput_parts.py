"""What each part of the way costs by itself: CPU microseconds an act, in this process, with nothing beside it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, select

from chainsvc.backends.rpc import Request
from chainsvc.codec import encode, type_of
from chainsvc.indexer import facts_after
from chainsvc.signing import KeySigner
from chainsvc.submitter.batching import Limits, calldata, item_type
from gateway.adapters.ledger import acts as acting
from gateway.bootstrap import Gateway
from gateway.db.engine import open_engine
from gateway.db.schema import upgrade
from gateway.db.tables import titles
from gateway.ports import Offered
from gateway.projections.rebuild import reindex
from gateway.services import instructions
from gateway.settings import Settings
from tests.bench.throughput_stage import Stage, database_url
from tests.bench.throughput_stock import SignedAct
from tests.house.machine import CHAIN_ID
from tests.house.node_machine import RELAYER_KEY

CALL = 200
"""Acts in one bulk call, and so in one transaction of the database."""
BATCH = 100
FED_AT_ONCE = 64
_TAKEN_AT = 1_790_000_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one act took: CPU of this process and the wall clock, in microseconds."""

    processor: float
    wall: float

    @property
    def each_second(self) -> float:
        """How many a second, one after the other."""
        return 1e6 / self.wall


@dataclass(frozen=True, slots=True)
class Fed:
    """A node that was given batches signed beforehand: acts a second by the wall clock, CPU of the node an act."""

    each_second: float
    processor: float


@dataclass(frozen=True, slots=True)
class Indexed:
    """A whole chain read and folded into empty tables: `events` are typed rows, many to a log."""

    logs: int
    events: int
    cost: Cost
    titles: int


def gateway_of(stage: Stage, url: str) -> Gateway:
    """A gateway within this process, on a database of its own that holds what the stage's holds of the chain."""
    engine = open_engine(url)
    upgrade(engine)
    reindex(engine, stage.chain())
    return Gateway(Settings(), engine, stage.chain(), stage.house.domain, 0)


def verify(gateway: Gateway, signed: Sequence[SignedAct]) -> Cost:
    """Signatures only: two recovered for each act, on a digest computed anew."""
    domain = gateway.domain

    def one(act: SignedAct) -> None:
        digest = acting.digest(domain, acting.verbs()[act.function].act, act.message)
        for signature in act.signatures.values():
            assert acting.recover(digest, signature) is not None

    return _each(signed, one)


def pack(signed: Sequence[SignedAct]) -> Cost:
    """From named values to the bytes that a batch carries."""
    kinds = {
        name: type_of({**acting.verbs()[name].item, "type": "tuple"})
        for name in {act.function for act in signed}
    }
    return _each(signed, lambda act: encode([kinds[act.function]], [act.item()]))


def read(gateway: Gateway, signed: Sequence[SignedAct], key: str) -> tuple[list[Offered], Cost]:
    """All that a call does before its transaction: form, digest, signatures, packing, canonical body."""
    reader, given = gateway.acts, [(f"{key}/{place}", act.body()) for place, act in enumerate(signed)]
    offered: list[Offered] = []
    cost = _each(given, lambda each: offered.append(instructions.read(reader, *each)))
    return offered, cost


def store(gateway: Gateway, offered: Sequence[Offered]) -> Cost:
    """Rows only: idempotency row and outbox row of each act, committed by the call."""

    def one(place: int) -> None:
        with gateway.unit() as unit:
            instructions.take(unit.ledger, unit.instructions, offered[place : place + CALL], _TAKEN_AT)

    cost = _each(range(0, len(offered), CALL), one)
    return Cost(cost.processor / CALL, cost.wall / CALL)


def feed(stage: Stage, signed: Sequence[SignedAct]) -> Fed:
    """Give the node the batches the worker would make, signed beforehand, as many at a time as it takes."""
    raws = _signed(stage, _batches(stage, signed))
    before, began = stage.processor_seconds()["node"], time.perf_counter()
    hashes: list[str] = []
    for start in range(0, len(raws), FED_AT_ONCE):
        part = raws[start : start + FED_AT_ONCE]
        hashes += stage.rpc.results([Request("eth_sendRawTransaction", (raw,)) for raw in part])
    receipts = _receipts(stage, hashes)
    seconds = time.perf_counter() - began
    spent = stage.processor_seconds()["node"] - before
    if stage.name == "anvil":
        rate = _full_blocks(stage, receipts)
    else:
        rate = len(signed) / seconds
    return Fed(rate, spent / len(signed) * 1e6)


def trial(stage: Stage, signed: Sequence[SignedAct]) -> float:
    """CPU of the node an act, in microseconds, for what the worker asks before it signs: the batch, tried out."""
    sender = KeySigner(RELAYER_KEY).address
    before = stage.processor_seconds()["node"]
    for batch in _batches(stage, signed):
        data, gas = "0x" + batch["data"].hex(), hex(batch["gas"])
        stage.rpc.call("eth_call", {"from": sender, "to": batch["to"], "gas": gas, "data": data}, "pending")
    return (stage.processor_seconds()["node"] - before) / len(signed) * 1e6


def _signed(stage: Stage, batches: Sequence[dict[str, Any]]) -> list[str]:
    signer = KeySigner(RELAYER_KEY)
    nonce = int(stage.rpc.call("eth_getTransactionCount", signer.address, "latest"), 16)
    common = {"gasPrice": 0, "value": 0, "chainId": CHAIN_ID}
    transactions = [{"nonce": nonce + place, **common, **batch} for place, batch in enumerate(batches)]
    return ["0x" + signer.sign_transaction(each).hex() for each in transactions]


def _batches(stage: Stage, signed: Sequence[SignedAct]) -> list[dict[str, Any]]:
    book, limits = stage.chain().book, Limits()
    found: list[dict[str, Any]] = []
    for function in sorted({act.function for act in signed}):
        contract = book[acting.verbs()[function].contract]
        entry = contract.interface.function(function)
        kind = item_type(entry)
        items = [encode([kind], [act.item()]) for act in signed if act.function == function]
        for start in range(0, len(items), BATCH):
            part = items[start : start + BATCH]
            data = calldata(entry, part)
            found.append({"to": contract.address, "gas": limits.gas(len(part)), "data": data})
    return found


def _receipts(stage: Stage, hashes: Sequence[str]) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 120
    while True:
        # The last one tells: nonces are mined in their order.
        if stage.rpc.call("eth_getTransactionReceipt", hashes[-1]) is not None:
            found = stage.rpc.results([Request("eth_getTransactionReceipt", (each,)) for each in hashes])
            if all(each is not None for each in found):
                assert {each["status"] for each in found} == {"0x1"}
                return found
        assert time.monotonic() < deadline, "the node does not keep up"
        time.sleep(0.02)


def _full_blocks(stage: Stage, receipts: Sequence[dict[str, Any]]) -> float:
    """Acts a second between the first block and the last but one: those two may have been half full."""
    in_block = Counter(int(each["blockNumber"], 16) for each in receipts)
    numbers = sorted(in_block)
    assert len(numbers) > 3, f"{len(receipts)} transactions fill only {len(numbers)} blocks"
    first, last = (
        int(stage.rpc.call("eth_getBlockByNumber", hex(number), False)["timestamp"], 16)
        for number in (numbers[0], numbers[-2])
    )
    return BATCH * sum(in_block[number] for number in numbers[1:-1]) / (last - first)


def index(stage: Stage, name: str, server: str | None, folder: Path) -> Indexed:
    """Read and fold the whole chain into an empty database."""
    engine = open_engine(database_url(server, folder, name))
    upgrade(engine)
    chain = stage.chain()
    processor, wall = time.process_time(), time.perf_counter()
    logs = reindex(engine, chain)
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    with engine.connect() as connection:
        held = connection.execute(select(func.count()).select_from(titles)).scalar_one()
        events = sum(len(fact.args.get("rows", (1,))) for fact in facts_after(connection, chain.book))
    engine.dispose()
    return Indexed(logs, events, Cost(processor / events * 1e6, wall / events * 1e6), held)


def _each(values: Sequence[T], one: Callable[[T], object]) -> Cost:
    processor, wall = time.process_time(), time.perf_counter()
    for value in values:
        one(value)
    many = len(values)
    return Cost((time.process_time() - processor) / many * 1e6, (time.perf_counter() - wall) / many * 1e6)
