"""Every instruction ends, once, with what the contract said; whatever is killed or lost on the way."""

from __future__ import annotations

import itertools
import os
import random
import secrets
import signal
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from sqlalchemy import Engine, event, func, select

from chainsvc import submitter
from chainsvc.artifacts import Artifact
from chainsvc.backends.anvil import start_anvil
from chainsvc.backends.process import Node, start_embedded
from chainsvc.backends.rpc import Request, Rpc, Unreachable
from chainsvc.book import Book
from chainsvc.signing import KeySigner
from chainsvc.submitter import InstructionStatus, KeyReused, Settings, State, Worker, ledger
from chainsvc.submitter.batching import Limits
from chainsvc.submitter.states import ENDS, TRANSITIONS
from chainsvc.tables import instructions, transactions
from tests.chainsvc.support import CHAIN_ID, ITEM, NOTE, Wallet

NOTHING, TWICE, UNSIGNED = 1, 2, 3
POISON, TRAP, GUARDED, AFTER_TRAP = 666, 777, 778, 779


class Desk:
    """A database, a contract, a relayer and what one does with them."""

    def __init__(self, engine: Engine, rpc: Rpc, tally: Artifact, **settings: object) -> None:
        self.engine = engine
        self.rpc = rpc
        self.tally = tally
        self.book = Book({"Tally": Wallet(rpc).deploy(tally)}, {"Tally": tally})
        self.signer = KeySigner(secrets.token_bytes(32))
        self.settings = Settings(chain_id=CHAIN_ID, **settings)  # type: ignore[arg-type]
        self.worker = self.hire()
        self._seconds = itertools.count(1_000, 10)

    def hire(self) -> Worker:
        return Worker(self.engine, self.rpc, self.book, self.signer, self.settings)

    def put(self, number: int, amount: int = 5, note: bytes = NOTE, order_key: str | None = None) -> str:
        key = f"{number}/{amount}/{secrets.token_hex(4)}"
        with self.engine.begin() as connection:
            submitter.enqueue(
                connection,
                key=key,
                contract="Tally",
                function="record",
                item=encode([ITEM], [(number, amount, note)]),
                created_at=1_000,
                order_key=order_key,
            )
        return key

    def step(self) -> submitter.StepReport:
        return self.worker.step(next(self._seconds))

    def work(self, steps: int = 40) -> None:
        for _ in range(steps):
            if self.step().idle:
                return
        raise AssertionError(f"not done after {steps} steps: {self.states()}")

    def status(self, key: str) -> InstructionStatus:
        with self.engine.connect() as connection:
            found = submitter.status(connection, key)
        assert found is not None
        return found

    def states(self) -> dict[str, int]:
        query = select(instructions.c.state, func.count()).group_by(instructions.c.state)
        with self.engine.connect() as connection:
            return {row.state: row[1] for row in connection.execute(query)}

    def transaction_states(self) -> list[str]:
        query = select(transactions.c.state).order_by(transactions.c.nonce, transactions.c.id)
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def amount(self, number: int) -> int:
        function = self.book["Tally"].interface.function("amountOf")
        call = {"to": self.book["Tally"].address, "data": "0x" + function.encode(number).hex()}
        return int(self.rpc.call("eth_call", call, "latest"), 16)


@pytest.fixture
def desk(engine: Engine, embedded: Node, tally: Artifact) -> Iterator[Desk]:
    with Rpc(embedded.url) as rpc:
        desk = Desk(engine, rpc, tally)
        yield desk
        desk.worker.close()


@pytest.fixture
def quiet_node() -> Iterator[Rpc]:
    """A node that seals a block only when told to."""
    with start_anvil(chain_id=CHAIN_ID, mining=False) as node, Rpc(node.url) as rpc:
        rpc.call("evm_setAutomine", True)
        yield rpc


@pytest.fixture
def slow_desk(engine: Engine, quiet_node: Rpc, tally: Artifact) -> Iterator[Desk]:
    desk = Desk(engine, quiet_node, tally, finality_depth=2)
    quiet_node.call("evm_setAutomine", False)
    yield desk
    desk.worker.close()


def mine(desk: Desk, blocks: int = 1) -> None:
    for _ in range(blocks):
        desk.rpc.call("evm_mine")


def test_an_instruction_reaches_the_ledger(desk: Desk) -> None:
    key = desk.put(1, 5)
    assert desk.status(key).state == State.PENDING
    desk.work()
    done = desk.status(key)
    assert (done.state, done.reason, done.error) == (State.FINAL, 0, None)
    assert done.block_number is not None
    assert desk.amount(1) == 5


def test_hundreds_ride_in_few_transactions(desk: Desk) -> None:
    for number in range(1, 251):
        desk.put(number)
    desk.work()
    assert desk.states() == {State.FINAL: 250}
    assert desk.transaction_states() == ["final"] * 3
    assert all(desk.amount(number) == 5 for number in (1, 100, 101, 250))


def test_each_item_ends_with_its_own_reason(desk: Desk) -> None:
    good, nothing, unsigned, last = desk.put(1), desk.put(2, 0), desk.put(3, 5, b""), desk.put(4)
    desk.work()
    assert [desk.status(key).state for key in (good, last)] == [State.FINAL] * 2
    assert (desk.status(nothing).state, desk.status(nothing).reason) == (State.REFUSED, NOTHING)
    assert (desk.status(unsigned).state, desk.status(unsigned).reason) == (State.REFUSED, UNSIGNED)
    assert desk.status(unsigned).transaction_hash is None, "what is known to be refused is never sent"


def test_one_bad_instruction_does_not_hold_up_the_others(desk: Desk) -> None:
    keys = [desk.put(number) for number in range(1, 20)]
    bad = desk.put(20, POISON)
    keys += [desk.put(number) for number in range(21, 41)]
    desk.work()
    assert {desk.status(key).state for key in keys} == {State.FINAL}
    assert (desk.status(bad).state, desk.status(bad).error) == (State.FAILED, "Poisoned(id=20)")


def test_an_unknown_function_or_broken_item_fails_by_name(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        common = {"contract": "Tally", "created_at": 1}
        submitter.enqueue(connection, key="f", function="recrod", item=b"", **common)  # type: ignore[arg-type]
        submitter.enqueue(connection, key="i", function="record", item=b"\xff" * 96, **common)  # type: ignore[arg-type]
    good = desk.put(1)
    desk.work()
    assert desk.status("f").error == "Tally has no function recrod"
    assert desk.status("i").state == State.FAILED
    assert desk.status(good).state == State.FINAL


def test_the_same_key_is_one_instruction(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        arguments = {"contract": "Tally", "function": "record", "created_at": 1}
        item = encode([ITEM], [(1, 5, NOTE)])
        first = submitter.enqueue(connection, key="k", item=item, **arguments)  # type: ignore[arg-type]
        assert submitter.enqueue(connection, key="k", item=item, **arguments) == first  # type: ignore[arg-type]
        with pytest.raises(KeyReused):
            submitter.enqueue(connection, key="k", item=item + b"\0", **arguments)  # type: ignore[arg-type]
    desk.work()
    assert desk.states() == {State.FINAL: 1}


def test_a_rolled_back_business_change_leaves_no_instruction(desk: Desk) -> None:
    with desk.engine.connect() as connection:
        submitter.enqueue(connection, key="k", contract="Tally", function="record", item=b"", created_at=1)
        connection.rollback()
    assert desk.states() == {}


def test_what_depends_on_another_waits_until_it_is_mined(slow_desk: Desk) -> None:
    desk = slow_desk
    first, second, free = desk.put(1, order_key="title 1"), desk.put(2, order_key="title 1"), desk.put(3)
    desk.step()
    # Items with one order key may share a batch: the contract takes them in turn.
    assert {desk.status(key).state for key in (first, second, free)} == {State.BATCHED}
    third = desk.put(1, 9, order_key="title 1")
    desk.step()
    assert desk.status(third).state == State.PENDING
    mine(desk)
    desk.step()
    assert desk.status(first).state == State.MINED
    assert (desk.status(third).state, desk.status(third).reason) == (State.REFUSED, TWICE)


def test_what_needs_one_that_is_under_way_waits_for_its_end(slow_desk: Desk) -> None:
    desk = slow_desk
    trap = desk.put(100, TRAP)
    desk.step()
    needing, behind = desk.put(1, AFTER_TRAP, order_key="title 1"), desk.put(2, order_key="title 1")
    nothing, free = desk.put(3, 0), desk.put(4)
    for _ in range(3):
        desk.step()
    assert desk.status(trap).state == State.BATCHED
    assert desk.status(free).state == State.BATCHED
    # Neither of the two is refused for good, and what is to follow the one does not go before it.
    assert {desk.status(key).state for key in (needing, behind, nothing)} == {State.PENDING}
    for _ in range(8):
        mine(desk)
        desk.step()
    assert {desk.status(key).state for key in (trap, needing, behind, free)} == {State.FINAL}
    assert (desk.status(nothing).state, desk.status(nothing).reason) == (State.REFUSED, NOTHING)


def test_an_item_overtaken_on_the_chain_is_refused_with_the_events_reason(slow_desk: Desk) -> None:
    desk = slow_desk
    mine_too = desk.put(1, 5)
    desk.step()
    rival = Wallet(desk.rpc)
    mine(desk)
    other = desk.put(2, 5)
    desk.step()
    rival_call = desk.book["Tally"].interface.function("record").encode([(7, 5, NOTE)])
    raced = desk.put(7, 6)
    # The rival's transaction is in the pool too: ours passes the trial on the last block and fails on the chain.
    desk.rpc.call("eth_sendRawTransaction", rival.sign(desk.book["Tally"].address, rival_call))
    desk.step()
    mine(desk, 3)
    desk.work()
    assert (desk.status(raced).state, desk.status(raced).reason) == (State.REFUSED, TWICE)
    assert desk.status(raced).transaction_hash is not None
    assert {desk.status(key).state for key in (mine_too, other)} == {State.FINAL}


def test_mined_is_not_final_before_its_depth(slow_desk: Desk) -> None:
    desk = slow_desk
    key = desk.put(1)
    desk.step()
    mine(desk)
    for expected in (State.MINED, State.MINED, State.FINAL):
        desk.step()
        assert desk.status(key).state == expected
        mine(desk)


def test_a_reverted_batch_is_halved_until_the_culprit_is_alone(slow_desk: Desk) -> None:
    desk = slow_desk
    trap = desk.put(100, TRAP)
    desk.step()
    keys = [desk.put(number) for number in range(1, 9)]
    guarded = desk.put(50, GUARDED)
    keys += [desk.put(number) for number in range(9, 12)]
    desk.step()
    assert desk.status(guarded).state == State.BATCHED
    for _ in range(30):
        mine(desk)
        if desk.step().idle:
            break
    assert desk.status(trap).state == State.FINAL
    assert (desk.status(guarded).state, desk.status(guarded).error) == (State.FAILED, "Trapped(id=50)")
    assert {desk.status(key).state for key in keys} == {State.FINAL}
    assert "reverted" in desk.transaction_states()


def test_a_reorganisation_sends_the_same_bytes_again(slow_desk: Desk) -> None:
    desk = slow_desk
    key = desk.put(1)
    desk.step()
    mine(desk)
    desk.step()
    before = desk.status(key)
    assert before.state == State.MINED
    desk.rpc.call("anvil_reorg", 1, [])
    # A lenient node may or may not put the transaction back into its pool; ours is sent again either way.
    for _ in range(8):
        desk.step()
        mine(desk)
    desk.step()
    after = desk.status(key)
    assert (after.state, after.transaction_hash) == (State.FINAL, before.transaction_hash)
    assert desk.amount(1) == 5


class Cut(Rpc):
    """A connection that breaks after the node has got the request, or before."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.cut_after = False
        self.cut_before = False

    def batch(self, requests):  # type: ignore[no-untyped-def]
        listed = list(requests)
        sending = any(request.method == "eth_sendRawTransaction" for request in listed)
        if sending and self.cut_before:
            raise Unreachable("cut before")
        answers = super().batch(listed)
        if sending and self.cut_after:
            raise Unreachable("cut after")
        return answers


@pytest.mark.parametrize("place", ["cut_before", "cut_after"])
def test_an_unknown_outcome_is_settled_by_the_same_bytes(
    engine: Engine, embedded: Node, tally: Artifact, place: str
) -> None:
    with Cut(embedded.url) as rpc:
        desk = Desk(engine, rpc, tally)
        key = desk.put(1)
        setattr(rpc, place, True)
        with pytest.raises(Unreachable):
            desk.step()
        assert desk.status(key).state == State.BATCHED
        setattr(rpc, place, False)
        desk.work()
        assert desk.status(key).state == State.FINAL
        assert desk.amount(1) == 5
        assert desk.transaction_states() == ["final"]
        desk.worker.close()


def test_a_node_that_is_down_loses_nothing(engine: Engine, tmp_path: Path, tally: Artifact) -> None:
    node = start_embedded(tmp_path / "chain", chain_id=CHAIN_ID)
    with Rpc(node.url, attempts=1) as rpc:
        desk = Desk(engine, rpc, tally)
        first = desk.put(1)
        desk.work()
        second = desk.put(2)
        port = int(node.url.rsplit(":", 1)[1])
        node.kill()
        with pytest.raises(Unreachable):
            desk.step()
        assert desk.status(second).state == State.PENDING
        with start_embedded(tmp_path / "chain", chain_id=CHAIN_ID, port=port):
            desk.work()
            assert [desk.status(key).state for key in (first, second)] == [State.FINAL] * 2
        desk.worker.close()


def test_a_second_worker_stands_by_and_takes_over(desk: Desk) -> None:
    desk.put(1)
    desk.step()
    second = desk.hire()
    assert second.step(2_000).standby
    desk.worker.close()
    key = desk.put(2)
    assert not second.step(2_000).standby
    assert desk.status(key).state == State.FINAL
    second.close()


def test_what_a_dead_worker_had_claimed_is_taken_up_again(desk: Desk) -> None:
    key = desk.put(1)
    with desk.engine.begin() as connection:
        connection.execute(instructions.update().values(state=State.CLAIMED, claimed_by=desk.signer.address))
    desk.work()
    assert desk.status(key).state == State.FINAL


def work_until_killed(desk: Desk) -> None:
    with Rpc(desk.rpc.url) as rpc:
        worker = Worker(desk.engine, rpc, desk.book, desk.signer, desk.settings)
        for now in itertools.count(1_000):
            worker.step(now)


def test_a_worker_killed_anywhere_neither_loses_nor_repeats(desk: Desk) -> None:
    keys = [desk.put(number) for number in range(1, 121)]
    desk.settings = replace(desk.settings, limits=Limits(max_items=4), max_in_flight=2, resend_after=0)
    dice, pace = random.Random(31), 1.0
    for _ in range(8):
        before = desk.states()
        desk.engine.dispose()
        child = os.fork()
        if child == 0:
            try:
                work_until_killed(desk)
            finally:
                os._exit(1)
        time.sleep(dice.uniform(0.02, 0.25) * pace)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        # On a busy machine a round may not get anywhere: the next ones last longer.
        pace = min(pace * 2, 32.0) if desk.states() == before else pace
    assert desk.states() != {State.PENDING: 120}, "no round got anywhere"
    desk.worker = desk.hire()
    desk.work(steps=60)
    assert {desk.status(key).state for key in keys} == {State.FINAL}
    assert [desk.amount(number) for number in range(1, 121)] == [5] * 120
    # Nothing was sent a second time under another nonce: that would have been refused as done twice.
    used = int(desk.rpc.call("eth_getTransactionCount", desk.signer.address, "latest"), 16)
    assert desk.transaction_states() == ["final"] * used


def test_two_relayers_on_one_database_never_send_the_same(desk: Desk, embedded: Node) -> None:
    keys = [desk.put(number, order_key=f"title {number % 7}") for number in range(1, 201)]
    settings = replace(desk.settings, limits=Limits(max_items=5), max_in_flight=3)

    def work(signer: KeySigner) -> None:
        with Rpc(embedded.url) as rpc:
            worker = Worker(desk.engine, rpc, desk.book, signer, settings)
            for now in range(1_000, 1_400):
                report = worker.step(now)
                if report.idle:
                    break
                if report.standby:
                    time.sleep(0.02)
            worker.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [desk.signer, KeySigner(secrets.token_bytes(32))]))
    assert {desk.status(key).state for key in keys} == {State.FINAL}
    assert [desk.amount(number) for number in range(1, 201)] == [5] * 200


def test_a_nonce_used_elsewhere_is_noticed_and_the_instruction_sent_anew(desk: Desk) -> None:
    desk.put(1)
    desk.work()
    # The same key is used from another place, behind the database's back.
    stray = Wallet(desk.rpc, signer=desk.signer, nonce=1)
    stray.send(desk.signer.address, b"", gas=21_000)
    key = desk.put(2)
    desk.work()
    assert desk.status(key).state == State.FINAL
    assert desk.transaction_states() == ["final", "lost", "final"]


def test_a_transaction_no_node_takes_frees_its_nonce(engine: Engine, embedded: Node, tally: Artifact) -> None:
    # A gas limit above the block's can be tried but never mined.
    with Rpc(embedded.url) as rpc:
        limits = Limits(max_gas=500_000_000, base_gas=400_000_000)
        desk = Desk(engine, rpc, tally, limits=limits, max_refusals=2)
        key = desk.put(1)
        desk.work()
        assert desk.status(key).state == State.FAILED
        assert "exceeds block gas limit" in (desk.status(key).error or "")
        assert int(rpc.call("eth_getTransactionCount", desk.signer.address, "latest"), 16) == 1
        desk.worker.close()


def test_the_wrong_chain_is_refused(desk: Desk) -> None:
    settings = Settings(chain_id=CHAIN_ID + 1)
    worker = Worker(desk.engine, desk.rpc, desk.book, desk.signer, settings)
    with pytest.raises(Exception, match=f"chain {CHAIN_ID}, this worker is for {CHAIN_ID + 1}"):
        worker.step(1)
    worker.close()


def test_every_state_leads_to_an_end() -> None:
    def reaches_an_end(state: State, seen: frozenset[State]) -> bool:
        return state in ENDS or any(
            reaches_an_end(following, seen | {following}) for following in TRANSITIONS[state] - seen
        )

    assert {State.FINAL, State.REFUSED, State.FAILED} == ENDS
    assert all(reaches_an_end(state, frozenset({state})) for state in State)


def test_what_is_under_way_is_found_without_going_through_all_that_is_done(desk: Desk) -> None:
    if desk.engine.dialect.name != "sqlite":
        return  # PostgreSQL decides by its statistics
    asked: list[tuple[str, Any]] = []
    with desk.engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
        ledger.in_flight(connection, desk.signer.address)
        statement, parameters = asked[0]
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert "chain_transactions_by_state (sender=? AND state=?)" in str(plan)


class Hasty(Rpc):
    """A node that counts a nonce before it shows the receipts of the same block."""

    hiding = False

    def batch(self, requests: Iterable[Request]) -> list[Any]:
        asked = list(requests)
        answers = super().batch(asked)
        receipts = [each.method == "eth_getTransactionReceipt" for each in asked]
        return [
            None if hidden and self.hiding else answer
            for hidden, answer in zip(receipts, answers, strict=True)
        ]


def test_a_node_that_shows_receipts_late_does_not_make_a_transaction_lost(
    engine: Engine, embedded: Node, tally: Artifact
) -> None:
    rpc = Hasty(embedded.url)
    with rpc:
        desk = Desk(engine, rpc, tally)
        desk.put(1)
        desk.work()
        key = desk.put(2)
        rpc.hiding = True
        for _ in range(3):
            desk.worker.step(2_000)
        assert desk.status(key).state == State.BATCHED
        rpc.hiding = False
        desk.worker.step(2_001)
        assert desk.status(key).state == State.FINAL
        assert desk.transaction_states() == ["final", "final"]
        desk.worker.close()
