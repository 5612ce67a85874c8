"""Who is told of what, what is on its way to them, and every attempt: the durable part of webhooks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.db.own import attempts, deliveries, webhooks
from gateway.services.webhooks import GONE, MOST_ATTEMPTS, Messages, sink_is_down, wait_after

PENDING, DELIVERED, GIVEN_UP = "pending", "delivered", "given up"
LEASE_SECONDS = 60
"""A claimed message is nobody else's for so long; whoever claimed it and died loses nothing."""
BACKLOG = 1_000
"""Messages on their way to one sink; what comes after waits where it happened, on the chain."""
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Message:
    """One message to be sent now."""

    webhook: str
    message: str
    body: str
    url: str
    secret: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a webhook has been told: a fact's place and block, an instruction's number, and the place in each of the
    books that are kept beside the ledger.
    """

    block_number: int
    log_index: int
    block_hash: bytes
    instruction: int
    beside: Mapping[str, int]


def active(connection: Connection) -> Sequence[Row[Any]]:
    """Webhooks that are told of something; the whole row of each."""
    return connection.execute(select(webhooks).where(webhooks.c.stopped_at.is_(None))).all()


def backlog(connection: Connection, webhook: str) -> int:
    """Messages that its sink does not have yet."""
    mine = (deliveries.c.webhook == webhook) & (deliveries.c.state == PENDING)
    return int(connection.execute(select(func.count()).select_from(deliveries).where(mine)).scalar_one())


def known(connection: Connection, webhook: str, messages: Sequence[str]) -> set[str]:
    """Those of the messages that are kept already."""
    table = deliveries.c
    query = select(table.message).where(table.webhook == webhook, table.message.in_(messages))
    return set(connection.execute(query).scalars())


def keep(connection: Connection, webhook: str, messages: Messages, reached: Reached, now: int) -> None:
    """Keep new messages and how far the webhook has been told, as one.

    A message that is known already changes nothing: what a reorganisation left in place is not told twice.
    """
    place = select(func.coalesce(func.max(deliveries.c.place), 0)).where(deliveries.c.webhook == webhook)
    last = int(connection.execute(place).scalar_one())
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = dialect(deliveries).on_conflict_do_nothing(index_elements=["webhook", "message"])
    rows = [
        {
            "webhook": webhook, "message": message, "place": number, "kind": kind, "body": body,
            "state": PENDING, "attempts": 0, "next_at": now,
        }
        for number, (message, kind, body) in enumerate(messages, start=last + 1)
    ]  # fmt: skip
    if rows:
        connection.execute(statement, rows)
    connection.execute(
        update(webhooks)
        .where(webhooks.c.webhook == webhook)
        .values(
            block_number=reached.block_number,
            log_index=reached.log_index,
            block_hash=reached.block_hash,
            instruction=reached.instruction,
            **reached.beside,
        )
    )


def due(connection: Connection, webhook: str, now: int) -> list[str]:
    """Ids of the messages that may be sent now, oldest first; a few at a time."""
    query = (
        select(deliveries.c.message)
        .join(webhooks, webhooks.c.webhook == deliveries.c.webhook)
        .where(
            deliveries.c.state == PENDING,
            deliveries.c.webhook == webhook,
            deliveries.c.next_at <= now,
            webhooks.c.quiet_until <= now,
            webhooks.c.stopped_at.is_(None),
        )
        .order_by(deliveries.c.place)
        .limit(AT_ONCE)
    )
    return list(connection.execute(query).scalars())


def claim(connection: Connection, webhook: str, message: str, now: int) -> Message | None:
    """Take a message for one attempt; None when another has it, or nobody wants it any more."""
    mine = (deliveries.c.webhook == webhook) & (deliveries.c.message == message)
    taken = connection.execute(
        update(deliveries)
        .where(mine, deliveries.c.state == PENDING, deliveries.c.next_at <= now)
        .values(next_at=now + LEASE_SECONDS, attempts=deliveries.c.attempts + 1)
    )
    if taken.rowcount != 1:
        return None
    row = connection.execute(
        select(deliveries.c.body, deliveries.c.attempts, webhooks.c.url, webhooks.c.secret)
        .join(webhooks, webhooks.c.webhook == deliveries.c.webhook)
        .where(mine)
    ).one_or_none()
    if row is None:
        return None
    return Message(webhook, message, row.body, row.url, bytes(row.secret), row.attempts)


def record(
    connection: Connection, sent: Message, status: int | None, error: str, now: int, base: int
) -> bool:
    """Write down how an attempt ended, and when the next one comes; whether the sink has the message."""
    good = status is not None and 200 <= status < 300
    connection.execute(
        insert(attempts).values(
            webhook=sent.webhook, message=sent.message, attempt=sent.attempt, at=now, status=status,
            error=error,
        )
    )  # fmt: skip
    state = DELIVERED if good else GIVEN_UP if sent.attempt >= MOST_ATTEMPTS else PENDING
    connection.execute(
        update(deliveries)
        .where(deliveries.c.webhook == sent.webhook, deliveries.c.message == sent.message)
        .values(state=state, next_at=now if good else now + wait_after(sent.attempt, base))
    )
    mine = webhooks.c.webhook == sent.webhook
    if status == GONE:
        connection.execute(update(webhooks).where(mine).values(stopped_at=now))
    failures = 0
    if not good and sink_is_down(status):
        failures = 1 + int(
            connection.execute(select(webhooks.c.failures).where(mine)).scalar_one_or_none() or 0
        )
    quiet = now + wait_after(failures, base) if failures else 0
    connection.execute(update(webhooks).where(mine).values(failures=failures, quiet_until=quiet))
    return good


def forget(connection: Connection, webhook: str) -> bool:
    """Tell a sink no more; whether there was one."""
    for table in (attempts, deliveries):
        connection.execute(delete(table).where(table.c.webhook == webhook))
    return connection.execute(delete(webhooks).where(webhooks.c.webhook == webhook)).rowcount == 1


def log_of(connection: Connection, webhook: str, messages: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Every attempt at these messages, in order."""
    mine = (attempts.c.webhook == webhook) & attempts.c.message.in_(messages)
    found: dict[str, list[dict[str, Any]]] = {message: [] for message in messages}
    for row in connection.execute(select(attempts).where(mine).order_by(attempts.c.attempt)):
        found[row.message].append({"at": row.at, "status": row.status, "error": row.error})
    return found


def kinds_of(row: Any) -> list[str]:
    """The kinds a webhook asked for; empty: all."""
    found: list[str] = json.loads(row.events)
    return found
