"""Calls that come at the same time are taken in one transaction: what makes them durable is paid for once.

A commit waits for the disk. While one waits, others come; they would wait for each other one by one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from gateway.ports import Answer, Asked, Instructions, Ledger, Offered, Requests
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


@dataclass(slots=True)
class _Call:
    asked: Asked
    answer: Answer
    offered: Sequence[Offered]
    now: int
    error: Exception | None = None
    over: bool = field(default=False)


class Intake:
    """Takes the calls of many threads; each call all or none, whatever the others bring."""

    def __init__(self, unit: Callable[[], AbstractContextManager[Unit]], in_flight: InFlight) -> None:
        """`unit` opens a transaction that commits when it is left well."""
        self._unit = unit
        self._in_flight = in_flight
        self._waiting: deque[_Call] = deque()
        self._turn = Lock()

    def take(self, asked: Asked, answer: Answer, offered: Sequence[Offered], now: int) -> Answer:
        """As `instructions.take`, in a transaction of its own or with others'; returns when it is committed.

        `answer` is what a call that is new is answered; one that came before gets what it got then.
        """
        call = _Call(asked, answer, offered, now)
        with self._in_flight.of(asked.key):
            self._waiting.append(call)
            # Whoever has the turn works for all who wait; whoever gets it next may find his own call done.
            with self._turn:
                while not call.over:
                    self._work(self._next())
        if call.error is not None:
            raise call.error
        return call.answer

    def _next(self) -> list[_Call]:
        calls = [self._waiting.popleft()]
        acts = len(calls[0].offered)
        while self._waiting and acts + len(self._waiting[0].offered) <= MOST_ACTS:
            calls.append(self._waiting.popleft())
            acts += len(calls[-1].offered)
        return calls

    def _work(self, calls: Sequence[_Call]) -> None:
        if len(calls) > 1:
            try:
                self._take(calls)
            except Exception:
                # One of them is refused: nothing was committed, each by itself now.
                for call in calls:
                    self._work([call])
            return
        try:
            self._take(calls)
        except Exception as error:
            calls[0].error = error
            calls[0].over = True

    def _take(self, calls: Sequence[_Call]) -> None:
        now = calls[0].now
        with self._unit() as unit:
            before = unit.requests.find([call.asked for call in calls])
            fresh = [call for call in calls if call.asked.key not in before]
            offered = [each for call in fresh for each in call.offered]
            instructions.take(unit.ledger, unit.instructions, offered, now)
            unit.requests.keep([(call.asked, call.answer) for call in fresh], now)
        for call in calls:
            call.answer = before.get(call.asked.key, call.answer)
            call.over = True
