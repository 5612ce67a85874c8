"""Instructions: prepare the typed data, take the signed act, say where it is."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.bootstrap import now
from gateway.domain.reasons import Reason, explain
from gateway.ports import Operation
from gateway.routers.common import Key, Reading, TheGateway, TheIntake
from gateway.services import instructions

router = APIRouter(tags=["instructions"])


class PrepareBody(BaseModel):
    """An act to be signed."""

    model_config = ConfigDict(extra="forbid")

    function: str
    message: dict[str, Any]


class InstructionBody(BaseModel):
    """A signed act: `parts` holds signatures and unsigned hints by name."""

    model_config = ConfigDict(extra="forbid")

    function: str
    message: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    order_key: str | None = None


class InstructionsBody(BaseModel):
    """Signed acts, each of which stands or falls by itself once taken; they are taken all or none."""

    model_config = ConfigDict(extra="forbid")

    instructions: list[InstructionBody] = Field(min_length=1, max_length=1000)


class Place(BaseModel):
    """Where to ask what became of an instruction."""

    key: str
    href: str


class Accepted(BaseModel):
    """One place for each instruction, in their order."""

    operations: list[Place]


@router.post("/instructions/prepare")
def prepare(body: PrepareBody, gateway: TheGateway) -> dict[str, Any]:
    """The EIP-712 document that the parties to an act must sign."""
    return instructions.prepare(gateway.acts, body.function, body.message)


@router.post("/instructions", status_code=202, response_model=Accepted)
def take(body: InstructionsBody, key: Key, gateway: TheGateway, intake: TheIntake) -> Response:
    """Take signed acts; each becomes an operation to ask after. What is answered is on the disk."""
    acts = gateway.acts
    offered = [
        instructions.read(acts, f"{key}/{place}", each.model_dump(exclude_none=True))
        for place, each in enumerate(body.instructions)
    ]
    taken = intake.take(offered, now())
    answer = {"operations": [{"key": each.key, "href": f"/operations/{each.key}"} for each in taken]}
    return Response(orjson.dumps(answer), status_code=202, media_type="application/json")


@router.get("/operations/{key:path}")
def operation(key: str, unit: Reading) -> dict[str, Any]:
    """Where an instruction is: pending, batched, mined, final, refused (with the rule) or failed."""
    return describe(instructions.find(unit.ledger, key))


def describe(found: Operation) -> dict[str, Any]:
    """An operation as JSON."""
    reason = None if found.reason is None else Reason(found.reason)
    return {
        "key": found.key,
        "function": found.function,
        "state": found.state,
        "reason": None if reason is None else reason.name,
        "sentence": None if reason is None else explain(reason).sentence,
        "rule": None if reason is None else explain(reason).rule_id,
        "error": found.error,
        "transaction": found.transaction,
        "block": found.block,
    }
