"""The gateway's HTTP door."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.adapters.ledger.chain import Unreachable, blocks
from gateway.bootstrap import Gateway, open_gateway
from gateway.db.lock import SecondGateway, only_gateway
from gateway.openapi import describe
from gateway.problems import MEDIA_TYPE, Problem
from gateway.routers import (
    banking,
    clocks,
    collateral,
    day_ends,
    day_lists,
    declarations,
    documents,
    endorsements,
    fleet,
    funders,
    goods,
    instructions,
    leases,
    lending,
    loans,
    money,
    order_acts,
    orders,
    owing,
    protection,
    receipt_acts,
    risk,
    rules,
    stages,
    stock,
    storage,
    valuations,
    vehicles,
    verify,
    views,
    webhooks,
)
from gateway.routers.common import KEY_HEADER
from gateway.schemas.fields import Health
from gateway.services.intake import Intake
from gateway.services.once import InFlight
from gateway.settings import Settings
from gateway.snapshots import Snapshots

_LOG = structlog.get_logger("gateway.app")
# Longer than clients keep an idle connection (httpx: 5 seconds): a request sent on one that closes is lost.
KEEP_ALIVE_SECONDS = 30

_ROUTERS = (
    documents,
    instructions,
    views,
    owing,
    protection,
    banking,
    money,
    day_ends,
    day_lists,
    declarations,
    risk,
    lending,
    loans,
    funders,
    goods,
    receipt_acts,
    endorsements,
    order_acts,
    orders,
    collateral,
    fleet,
    leases,
    webhooks,
    rules,
    clocks,
    stages,
    stock,
    storage,
    vehicles,
    valuations,
    verify,
)


def create_app(gateway: Gateway) -> FastAPI:
    """The application over a wired gateway."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        intake.close()
        gateway.engine.dispose()

    app = FastAPI(
        title="Tallystick",
        version="0.1.0",
        summary="A permissioned ledger for receivables, orders and warehouse receipts",
        lifespan=lifespan,
    )
    app.state.gateway = gateway
    app.state.in_flight = InFlight()
    app.state.intake = intake = Intake(gateway.unit, app.state.in_flight)
    app.state.snapshots = Snapshots(gateway.engine, gateway.chain.book, gateway.settings.as_of_facts)
    for module in _ROUTERS:
        app.include_router(module.router)
    _answer_problems(app)
    app.add_middleware(_NoZeroByte)
    app.openapi = describe(app)  # type: ignore[method-assign]  # as FastAPI's manual extends it

    @app.get("/health", tags=["operation"], response_model=Health)
    def health() -> dict[str, object]:
        """Whether the gateway answers, and where its ledger stands."""
        block = gateway.chain.block()
        with gateway.view() as unit:
            indexed = unit.connection.execute(select(func.max(blocks.c.number))).scalar_one()
        return {
            "chain_id": gateway.domain.chain_id,
            "ledger": gateway.domain.ledger,
            "block": None if block is None else block.number,
            "time": None if block is None else block.time,
            "indexed": -1 if indexed is None else indexed,
        }

    return app


def _answer(problem: Problem) -> JSONResponse:
    return JSONResponse(
        problem.document(), problem.status, media_type=MEDIA_TYPE, headers=dict(problem.headers)
    )


class _NoZeroByte:
    """Nothing has a zero byte in its address. SQLite would look for it and PostgreSQL fail: nobody asks either."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "\x00" in scope["path"]:
            nothing = Problem("NOT-FOUND", "no address has a zero byte in it", status=404)
            await _answer(nothing)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _answer_problems(app: FastAPI) -> None:
    """Every refusal goes out as problem+json, whoever refuses."""

    @app.exception_handler(Problem)
    async def _refused(_: Request, error: Problem) -> JSONResponse:
        return _answer(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        fields = [
            {"field": ".".join(str(part) for part in each["loc"]), "message": each["msg"]}
            for each in error.errors()
        ]
        if any(each["loc"] == ("header", KEY_HEADER) for each in error.errors()):
            sentence = f"a header {KEY_HEADER} of 1 to 100 printable ASCII characters is needed"
            return _answer(Problem("IDEMPOTENCY-KEY", sentence, status=400))
        return _answer(Problem("BODY-INVALID", "the request does not have the form asked for", errors=fields))

    @app.exception_handler(HTTPException)
    async def _elsewhere(request: Request, error: HTTPException) -> JSONResponse:
        rules = {404: "NOT-FOUND", 405: "METHOD-NOT-ALLOWED"}
        problem = Problem(
            rules.get(error.status_code, "REQUEST-INVALID"), error.detail, status=error.status_code
        )
        answered = _answer(problem)
        answered.headers.update(error.headers or {})
        if error.status_code == 405:  # the router names the methods of one of the address's routes only
            answered.headers["allow"] = ", ".join(sorted(_methods(app, request.url.path) or {"GET"}))
        return answered

    @app.exception_handler(Unreachable)
    async def _away(_: Request, error: Unreachable) -> JSONResponse:
        return _answer(
            Problem("NODE-UNREACHABLE", f"the chain does not answer; ask again: {error}", status=503)
        )

    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    async def _closed(_: Request, error: Exception) -> JSONResponse:
        # Whether a write was done before the connection broke, its key tells: sent again, it is done once.
        _LOG.warning("database at fault", error=type(error).__name__)
        sentence = "the database does not answer; send the same again, under the same key"
        return _answer(Problem("DATABASE-UNREACHABLE", sentence, status=503))


def _methods(app: FastAPI, path: str) -> set[str]:
    paths = app.openapi()["paths"]
    found = (name for name in paths if re.fullmatch(re.sub(r"{[^}]+}", "[^/]+", name), path))
    return {method.upper() for name in found for method in paths[name]}


def serve(gateway: Gateway, port: int) -> None:
    """Serve on loopback until told to end. Raises SecondGateway when another one serves the same SQLite database."""
    with only_gateway(gateway.engine):
        uvicorn.run(
            create_app(gateway), host="127.0.0.1", port=port, log_level="warning", access_log=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )  # fmt: skip


def main() -> int:
    """`python -m gateway.app PORT`, configured by the environment."""
    try:
        serve(open_gateway(Settings()), int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
    except SecondGateway as error:
        sys.exit(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
