"""Webhooks out: who is told of what happens, and how that went."""

from __future__ import annotations

import json
import secrets
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import func, insert, select

from gateway import said_beside
from gateway.adapters.ledger import refusals
from gateway.adapters.ledger.chain import blocks
from gateway.adapters.sinks import Forbidden, Sinks
from gateway.bootstrap import Gateway, Unit, now
from gateway.db import own
from gateway.db.webhooks import backlog, forget, kinds_of, log_of
from gateway.problems import Problem
from gateway.routers.common import Reading, TheGateway, TheWrite
from gateway.routers.pages import ThePage, last
from gateway.schemas import webhooks as schemas
from gateway.services.webhooks import SECRET_BYTES, secret_text

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

MOST = 100
_END_OF_BLOCK = 1 << 62


@router.post("", status_code=201, response_model=schemas.NewWebhook)
def subscribe(body: schemas.WebhookBody, write: TheWrite, gateway: TheGateway) -> Response:
    """Be told of what happens after the last block that was read. The secret is told here and never again."""
    if not write.answered(body):
        _check(gateway, body.url)

    def work(unit: Unit) -> dict[str, Any]:
        table, connection = own.webhooks, unit.connection
        if connection.execute(select(func.count()).select_from(table)).scalar_one() >= MOST:
            raise Problem("WEBHOOKS-FULL", f"there are {MOST} webhooks already", status=409)
        head = connection.execute(select(func.coalesce(func.max(blocks.c.number), -1))).scalar_one()
        secret = secrets.token_bytes(SECRET_BYTES)
        shown = {
            "webhook": "whk_" + secrets.token_hex(12), "url": body.url, "events": sorted(set(body.events)),
            "created_at": now(),
        }  # fmt: skip
        connection.execute(
            insert(table).values(
                **{**shown, "events": json.dumps(shown["events"])},
                secret=secret, since_block=head, block_number=head, log_index=_END_OF_BLOCK, block_hash=b"",
                instruction=refusals.latest(connection), **said_beside.latest(connection), failures=0, quiet_until=0,
            )
        )  # fmt: skip
        return {**shown, "secret": secret_text(secret)}

    return write.once(body, work)


def _check(gateway: Gateway, url: str) -> None:
    try:
        Sinks(gateway.settings.webhook_networks).check(url)
    except Forbidden as error:
        raise Problem("WEBHOOK-ADDRESS", str(error), status=403, field="url") from None


@router.get("", response_model=schemas.Webhooks)
def webhooks(unit: Reading, page: ThePage) -> dict[str, Any]:
    """Every webhook, and how its sink does."""
    rows = page.rows(unit.connection, select(own.webhooks), own.webhooks.c.webhook)
    return page.answer("webhooks", rows, lambda row: _show(unit, row), last("webhook"))


@router.get("/{webhook}", response_model=schemas.Webhook)
def webhook(webhook: str, unit: Reading) -> dict[str, Any]:
    """One webhook."""
    return _show(unit, _row(unit, webhook))


@router.delete("/{webhook}", response_model=schemas.Forgotten)
def unsubscribe(webhook: str, write: TheWrite) -> Response:
    """Be told no more; what was not delivered is forgotten."""

    def work(unit: Unit) -> dict[str, Any]:
        if not forget(unit.connection, webhook):
            raise _unknown(webhook)
        return {"webhook": webhook}

    return write.once(b"", work, 200)


@router.get("/{webhook}/deliveries", response_model=schemas.Deliveries)
def deliveries(webhook: str, unit: Reading, page: ThePage) -> dict[str, Any]:
    """What was sent, or is to be sent, with every attempt; oldest first."""
    table = own.deliveries
    _row(unit, webhook)
    rows = page.rows(unit.connection, select(table).where(table.c.webhook == webhook), table.c.place)
    log = log_of(unit.connection, webhook, [row.message for row in rows])

    def show(row: Any) -> dict[str, Any]:
        names = ("message", "kind", "body", "state", "next_at")
        return {**{name: getattr(row, name) for name in names}, "attempts": log[row.message]}

    return page.answer("deliveries", rows, show, last("place"))


def _row(unit: Unit, webhook: str) -> Any:
    query = select(own.webhooks).where(own.webhooks.c.webhook == webhook)
    row = unit.connection.execute(query).one_or_none() if "\x00" not in webhook else None
    if row is None:
        raise _unknown(webhook)
    return row


def _unknown(webhook: str) -> Problem:
    return Problem("WEBHOOK-UNKNOWN", "there is no such webhook", status=404, webhook=webhook)


def _show(unit: Unit, row: Any) -> dict[str, Any]:
    return {
        "webhook": row.webhook, "url": row.url, "events": kinds_of(row), "created_at": row.created_at,
        "stopped_at": row.stopped_at, "pending": backlog(unit.connection, row.webhook),
        "failures": row.failures,
    }  # fmt: skip
