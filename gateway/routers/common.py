"""What every router needs: the gateway, a transaction to read in, the caller's idempotency key.

What writes opens its own transaction inside the endpoint, in one thread from beginning to end: a write lock held
between two turns of the thread pool could wait for threads that wait for the lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Header, Request

from gateway.bootstrap import Gateway, Unit
from gateway.problems import Problem
from gateway.services.intake import Intake

# Asynchronous because nothing waits in them: FastAPI gives each synchronous dependency a turn in the thread pool.


async def _gateway(request: Request) -> Gateway:
    found: Gateway = request.app.state.gateway
    return found


TheGateway = Annotated[Gateway, Depends(_gateway)]


async def _intake(request: Request) -> Intake:
    found: Intake = request.app.state.intake
    return found


TheIntake = Annotated[Intake, Depends(_intake)]


def _reading(gateway: TheGateway) -> Iterator[Unit]:
    with gateway.view() as unit:
        yield unit


Reading = Annotated[Unit, Depends(_reading)]


GivenKey = Annotated[str | None, Header(min_length=1, max_length=100, alias="Idempotency-Key")]
"""The caller's idempotency key where it may be left out; who leaves it out must not send a request twice."""


async def _key(idempotency_key: Annotated[str | None, Header()] = None) -> str:
    if not idempotency_key or len(idempotency_key) > 100:
        raise Problem(
            "IDEMPOTENCY-KEY", "a header Idempotency-Key of 1 to 100 characters is needed", status=400
        )
    return idempotency_key


Key = Annotated[str, Depends(_key)]
