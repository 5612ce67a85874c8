"""Calls that come at the same time are taken in one transaction: what makes them durable is paid for once.

A commit waits for the disk. While one waits, others come; they would wait for each other one by one.
"""

from __future__ import annotations

from asyncio import wrap_future
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from gateway.ports import Answer, Asked, Guard, Instructions, Ledger, Offered, Requests
from gateway.services import instructions
from gateway.services.once import InFlight

MOST_ACTS = 2_000
"""In one transaction, unless a single call brings more."""


class Unit(Protocol):
    """One database transaction."""

    @property
    def ledger(self) -> Ledger:
        """The outbox and the signers."""
        ...

    @property
    def instructions(self) -> Instructions:
        """The book of instructions."""
        ...

    @property
    def requests(self) -> Requests:
        """The idempotency book."""
        ...

    @property
    def guard(self) -> Guard:
        """What the parties' own limits forbid."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was read; `answer` is what it is answered if it is new."""

    asked: Asked
    answer: Answer
    offered: Sequence[Offered]


@dataclass(frozen=True, slots=True)
class _Waiting:
    call: Call
    now: int
    answered: Future[Answer]


class Intake:
    """Takes calls, each all or none, whatever the others bring."""

    def __init__(self, unit: Callable[[], AbstractContextManager[Unit]], in_flight: InFlight) -> None:
        """`unit` opens a transaction that commits when it is left well."""
        self._unit = unit
        self._in_flight = in_flight
        self._waiting: deque[_Waiting] = deque()
        # One thread reads and one writes: more of them would pass the interpreter's lock round and round.
        self._reader = ThreadPoolExecutor(1, "intake-reader")
        self._writer = ThreadPoolExecutor(1, "intake-writer")

    def close(self) -> None:
        """Finish what has come in."""
        self._reader.shutdown()
        self._writer.shutdown()

    async def take(self, key: str, read: Callable[[], Call], now: int) -> Answer:
        """As `instructions.take`, in a transaction of its own or with others'; returns when it is committed.

        `read` reads the call of this key. One that came before gets the answer it got then.
        """
        answered: Future[Answer] = Future()
        answered.set_running_or_notify_cancel()  # a caller that goes away changes nothing
        with self._in_flight.of(key):
            self._reader.submit(self._read, read, now, answered)
            return await wrap_future(answered)

    def _read(self, read: Callable[[], Call], now: int, answered: Future[Answer]) -> None:
        try:
            call = read()
        except Exception as error:
            answered.set_exception(error)
            return
        self._waiting.append(_Waiting(call, now, answered))
        self._writer.submit(self._write)

    def _write(self) -> None:
        # An earlier turn may have taken the call for which this one was asked.
        if self._waiting:
            self._work(self._next())

    def _next(self) -> list[_Waiting]:
        calls = [self._waiting.popleft()]
        acts = len(calls[0].call.offered)
        while self._waiting and acts + len(self._waiting[0].call.offered) <= MOST_ACTS:
            calls.append(self._waiting.popleft())
            acts += len(calls[-1].call.offered)
        return calls

    def _work(self, calls: Sequence[_Waiting]) -> None:
        try:
            answers = self._take([each.call for each in calls], calls[0].now)
        except Exception as error:
            if len(calls) == 1:
                calls[0].answered.set_exception(error)
                return
            # One of them is refused: nothing was committed, each by itself now.
            for each in calls:
                self._work([each])
            return
        for each, answer in zip(calls, answers, strict=True):
            each.answered.set_result(answer)

    def _take(self, calls: Sequence[Call], now: int) -> list[Answer]:
        with self._unit() as unit:
            before = unit.requests.find([call.asked for call in calls])
            fresh = [call for call in calls if call.asked.key not in before]
            offered = [each for call in fresh for each in call.offered]
            unit.guard.check(offered)
            instructions.take(unit.ledger, unit.instructions, offered, now)
            unit.requests.keep([(call.asked, call.answer) for call in fresh], now)
        return [before.get(call.asked.key, call.answer) for call in calls]
