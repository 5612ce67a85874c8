"""Goods come in: a keeper's document becomes the receipt that three parties sign."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from gateway.bootstrap import Unit, now
from gateway.db.goods_tables import lots
from gateway.db.receipts import keep_document
from gateway.ids import format_id, parse_id
from gateway.problems import Problem
from gateway.routers.common import DryRun, TheWrite
from gateway.schemas import storage as schemas
from gateway.services import storage as service

router = APIRouter(tags=["goods"])


@router.post(
    "/storage",
    status_code=201,
    response_model=schemas.Storage,
    responses={200: {"model": schemas.Storage, "description": "of a dry run"}},
)
def store(body: schemas.StorageBody, write: TheWrite, dry_run: DryRun = False) -> Response:
    """Keep a receipt's document, and prepare the act that depositor, keeper and inspector sign for it.

    A document that lacks one of the eight items is refused with CC-909, which names it.
    """
    document = service.read_document(body.document)

    def work(unit: Unit) -> dict[str, Any]:
        receipt = parse_id(body.receipt)
        lot = receipt if body.lot is None else parse_id(body.lot)
        message = service.message_of(
            document, keeper=body.keeper, depositor=body.depositor, inspector=body.inspector, lot=lot,
            receipt=receipt, decimals=body.decimals, pooled=body.pooled,
        )  # fmt: skip
        number = message["number"].removeprefix("0x")
        known = unit.connection.execute(
            select(lots.c.lot).where(lots.c.number_hash == bytes.fromhex(number))
        ).scalar_one_or_none()
        if known is not None and known != lot:
            raise Problem(
                "GI-59", "these goods have a receipt already; more of a pool is stored under its lot",
                lot=format_id(known),
            )  # fmt: skip
        keep_document(unit.connection, {
            "sha256": message["evidence"].removeprefix("0x"), "number_hash": number, "keeper": body.keeper,
            "place": document.place, "lot": document.lot, "content": service.canonical(document).decode(),
            "kept_at": now(),
        })  # fmt: skip
        return {"evidence": message["evidence"], "message": message}

    return write.once(body, work, dry_run=dry_run)
