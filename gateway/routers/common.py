"""What every router needs: the gateway, a transaction to read in, and writes that happen once.

What writes opens its own transaction inside the endpoint, in one thread from beginning to end: a write lock held
between two turns of the thread pool could wait for threads that wait for the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel

from gateway.bootstrap import Gateway, Unit, now
from gateway.ports import Answer, Asked
from gateway.services.intake import Intake
from gateway.services.once import InFlight, asked_of

JSON = "application/json"
FILE_BODY = {
    "requestBody": {
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    }
}
"""Of a route that takes a file as it is, for the interface's document."""
KEY_HEADER = "Idempotency-Key"

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


async def _content(request: Request) -> bytes:
    return await request.body()


Content = Annotated[bytes, Depends(_content)]
"""The body as it came."""

DryRun = Annotated[bool, Query(description="say what would happen, and store nothing")]


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a caller, which happens once however often it is sent."""

    key: str
    method: str
    address: str
    gateway: Gateway
    in_flight: InFlight

    def asked(self, body: bytes) -> Asked:
        """The request, with what of its body matters."""
        return asked_of(self.key, self.method, self.address, body)

    def answered(self, body: BaseModel) -> bool:
        """Whether this very request was answered before; raises Problem when its key serves another."""
        asked = self.asked(body.model_dump_json().encode())
        with self.gateway.view() as unit:
            return bool(unit.requests.find([asked]))

    def once(
        self,
        body: BaseModel | bytes,
        work: Callable[[Unit], Any],
        status: int = 201,
        media_type: str = JSON,
        *,
        dry_run: bool = False,
    ) -> Response:
        """Do the work and keep its answer in one transaction; answer the same again what it was answered then.

        What the work gives is answered as JSON, unless it is bytes. A refusal keeps nothing: the same key may come
        again, with the request put right. A dry run is answered 200 and undone.
        """
        if dry_run:
            with self.gateway.trial() as unit:
                return Response(orjson.dumps(work(unit)), media_type=media_type)
        asked = self.asked(body if isinstance(body, bytes) else body.model_dump_json().encode())
        with self.in_flight.of(self.key), self.gateway.unit() as unit:
            answer = unit.requests.find([asked]).get(asked.key)
            if answer is None:
                found = work(unit)
                answer = Answer(status, found if isinstance(found, bytes) else orjson.dumps(found))
                unit.requests.keep([(asked, answer)], now())
        return respond(answer, media_type)


def respond(answer: Answer, media_type: str = JSON) -> Response:
    """An answer as it goes out, byte for byte as it is kept."""
    return Response(answer.content, answer.status, media_type=media_type)


_KEY = Header(
    alias=KEY_HEADER,
    min_length=1,
    max_length=100,
    pattern=r"^[ -~]+$",
    description="Yours to choose, a new one for every write; send a write again under the same key and it still "
    "happens once, and is answered the same, byte for byte.",
)


async def _key(idempotency_key: Annotated[str, _KEY]) -> str:
    return idempotency_key


Key = Annotated[str, Depends(_key)]


async def _write(request: Request, gateway: TheGateway, key: Key) -> Write:
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Write(key, request.method, address, gateway, request.app.state.in_flight)


TheWrite = Annotated[Write, Depends(_write)]
