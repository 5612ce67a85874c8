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

from gateway.ports import Instructions, Ledger, Offered
from gateway.services import instructions
from gateway.services.instructions import Taken

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
        """The idempotency book."""
        ...


@dataclass(slots=True)
class _Call:
    offered: Sequence[Offered]
    now: int
    taken: Sequence[Taken] | None = None
    error: Exception | None = None
    over: bool = field(default=False)


class Intake:
    """Takes the calls of many threads; each call all or none, whatever the others bring."""

    def __init__(self, unit: Callable[[], AbstractContextManager[Unit]]) -> None:
        """`unit` opens a transaction that commits when it is left well."""
        self._unit = unit
        self._waiting: deque[_Call] = deque()
        self._turn = Lock()

    def take(self, offered: Sequence[Offered], now: int) -> Sequence[Taken]:
        """As `instructions.take`, in a transaction of its own or with others'; returns when it is committed."""
        call = _Call(offered, now)
        self._waiting.append(call)
        # Whoever has the turn works for all who wait; whoever gets it next may find his own call done.
        with self._turn:
            while not call.over:
                self._work(self._next())
        if call.error is not None:
            raise call.error
        assert call.taken is not None
        return call.taken

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
                # One of them is refused, or they bring the same key: nothing was committed, each by itself now.
                for call in calls:
                    self._work([call])
            return
        try:
            self._take(calls)
        except Exception as error:
            calls[0].error = error
            calls[0].over = True

    def _take(self, calls: Sequence[_Call]) -> None:
        offered = [each for call in calls for each in call.offered]
        with self._unit() as unit:
            taken = iter(instructions.take(unit.ledger, unit.instructions, offered, calls[0].now))
        for call in calls:
            call.taken = [next(taken) for _ in call.offered]
            call.over = True
