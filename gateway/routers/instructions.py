"""Instructions: prepare the typed data, take the signed act, say where it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from gateway.bootstrap import now
from gateway.db.order_cover import check_promises
from gateway.ports import Answer, Offered, Operation
from gateway.routers.common import JSON, DryRun, Reading, TheGateway, TheIntake, TheWrite, respond
from gateway.routers.trials import try_out, words_of
from gateway.schemas import instructions as schemas
from gateway.services import instructions
from gateway.services.intake import Call
from gateway.services.json_acts import read_message

router = APIRouter(tags=["instructions"])


@router.post("/instructions/prepare", response_model=schemas.Prepared)
def prepare(body: schemas.PrepareBody, unit: Reading, gateway: TheGateway) -> dict[str, Any]:
    """The EIP-712 document that the parties to an act must sign.

    A promise is not prepared on an invoice whose goods an order on the ledger is about: that order is converted.
    """
    prepared = instructions.prepare(gateway.acts, body.function, body.message)
    if body.function == "issue":
        message = prepared["typed_data"]["message"]
        read = read_message(gateway.acts.types_of("Issue"), "Issue", message)
        used = [nullifier for each in read["receivables"] for nullifier in each["nullifiers"]]
        check_promises(unit.connection, used, "message.receivables")
    return prepared


@router.post(
    "/instructions",
    status_code=202,
    response_model=schemas.Accepted,
    responses={200: {"model": schemas.Trial, "description": "of a dry run"}},
)
async def take(
    body: schemas.InstructionsBody,
    write: TheWrite,
    gateway: TheGateway,
    intake: TheIntake,
    dry_run: DryRun = False,
) -> Response:
    """Take signed acts; each becomes an operation to ask after. What is answered is on the disk.

    A dry run stores nothing: it tries the acts on the ledger as it stands and says what would become of each.
    """
    acts = gateway.acts

    def read() -> list[Offered]:
        return [
            instructions.read(acts, f"{write.key}/{place}", each.model_dump(exclude_none=True))
            for place, each in enumerate(body.instructions)
        ]

    def call() -> Call:
        offered = read()
        places = [{"key": each.key, "href": f"/operations/{quote(each.key)}"} for each in offered]
        answer = Answer(202, orjson.dumps({"operations": places}))
        return Call(write.asked(b"".join(each.body_hash for each in offered)), answer, offered)

    if dry_run:
        tried = await run_in_threadpool(lambda: try_out(gateway, read()))
        return Response(orjson.dumps(tried), media_type=JSON)
    return respond(await intake.take(write.key, call, now()))


@router.get("/operations/{key:path}", response_model=schemas.Operation)
def operation(key: str, unit: Reading) -> dict[str, Any]:
    """Where an instruction is: pending, batched, mined, final, refused (with the rule) or failed."""
    return describe(instructions.find(unit.ledger, key))


def describe(found: Operation) -> dict[str, Any]:
    """An operation as JSON."""
    return {
        "key": found.key,
        "function": found.function,
        "state": found.state,
        **words_of(found.reason),
        "error": found.error,
        "transaction": found.transaction,
        "block": found.block,
    }
