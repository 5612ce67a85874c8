"""What every router needs: the gateway, one transaction, the caller's idempotency key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Header, Request

from gateway.bootstrap import Gateway, Unit
from gateway.problems import Problem


def _gateway(request: Request) -> Gateway:
    found: Gateway = request.app.state.gateway
    return found


TheGateway = Annotated[Gateway, Depends(_gateway)]


def _writing(gateway: TheGateway) -> Iterator[Unit]:
    with gateway.unit() as unit:
        yield unit


def _reading(gateway: TheGateway) -> Iterator[Unit]:
    with gateway.view() as unit:
        yield unit


Writing = Annotated[Unit, Depends(_writing, scope="function")]
"""A transaction that is committed before the answer leaves: what was answered is kept."""
Reading = Annotated[Unit, Depends(_reading)]


def _key(idempotency_key: Annotated[str | None, Header()] = None) -> str:
    if not idempotency_key or len(idempotency_key) > 100:
        raise Problem(
            "IDEMPOTENCY-KEY", "a header Idempotency-Key of 1 to 100 characters is needed", status=400
        )
    return idempotency_key


Key = Annotated[str, Depends(_key)]
