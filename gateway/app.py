"""The gateway's HTTP door."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import func, select

from gateway.adapters.ledger.chain import Unreachable, blocks
from gateway.bootstrap import Gateway, open_gateway
from gateway.problems import Problem
from gateway.routers import banking, documents, instructions, verify, views
from gateway.services.intake import Intake
from gateway.settings import Settings

PROBLEM = "application/problem+json"


def create_app(gateway: Gateway) -> FastAPI:
    """The application over a wired gateway."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        gateway.engine.dispose()

    app = FastAPI(
        title="Tallystick",
        version="0.1.0",
        summary="A permissioned ledger for receivables and warehouse receipts",
        lifespan=lifespan,
    )
    app.state.gateway = gateway
    app.state.intake = Intake(gateway.unit)
    for module in (documents, instructions, views, banking, verify):
        app.include_router(module.router)

    @app.exception_handler(Problem)
    async def _refused(_: Request, error: Problem) -> JSONResponse:
        return JSONResponse(error.document(), error.status, media_type=PROBLEM)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        fields = [
            {"field": ".".join(str(part) for part in each["loc"]), "message": each["msg"]}
            for each in error.errors()
        ]
        problem = Problem("BODY-INVALID", "the request does not have the form asked for", errors=fields)
        return JSONResponse(problem.document(), problem.status, media_type=PROBLEM)

    @app.exception_handler(Unreachable)
    async def _away(_: Request, error: Unreachable) -> JSONResponse:
        problem = Problem("NODE-UNREACHABLE", f"the chain does not answer; ask again: {error}", status=503)
        return JSONResponse(
            problem.document(), problem.status, media_type=PROBLEM, headers={"Retry-After": "1"}
        )

    @app.get("/health", tags=["operation"])
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


def serve(gateway: Gateway, port: int) -> None:
    """Serve on loopback until told to end."""
    uvicorn.run(create_app(gateway), host="127.0.0.1", port=port, log_level="warning", access_log=False)


def main() -> int:
    """`python -m gateway.app PORT`, configured by the environment."""
    serve(open_gateway(Settings()), int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
    return 0


if __name__ == "__main__":
    sys.exit(main())
