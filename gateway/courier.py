"""The courier: reads what happened since, and brings it to every sink that asked, at least once.

What happened stands in the index and stays there; messages are made of it and kept before they are sent, and each
sink is served by itself: one that is down keeps nobody waiting but its own messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from itertools import islice
from threading import Thread
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from gateway.adapters.ledger.chain import Cursor, Fact, blocks, facts_after
from gateway.adapters.ledger.refusals import latest, refused_after
from gateway.adapters.sinks import Sinks
from gateway.bootstrap import Gateway
from gateway.db import webhooks as book
from gateway.db.engine import reading
from gateway.db.webhooks import Reached
from gateway.domain.reasons import Reason, explain
from gateway.happenings import happenings
from gateway.said_beside import BOOKS, said_after
from gateway.services.webhooks import Messages, body_of, headers_of, sink_is_down

_LOG = structlog.get_logger("gateway.courier")
ROUND_SECONDS = 0.25
ENDING_SECONDS = 3.0
FACTS_A_ROUND = 500
FALL_BACK_BLOCKS = 256
"""How far to look again after a reorganisation; what is still there was told and is not told twice."""


class Running(Protocol):
    """Whether to go on."""

    @property
    def on(self) -> bool:
        """False when the process is asked to end."""
        ...


class Courier:
    """Tells the sinks of one gateway's webhooks."""

    def __init__(self, gateway: Gateway, clock: Callable[[], int]) -> None:
        self._gateway = gateway
        self._clock = clock
        self._sinks = Sinks(gateway.settings.webhook_networks)
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._ending = False

    def start(self, running: Running) -> Thread:
        """Work in a thread of its own until told to end."""
        thread = Thread(target=lambda: asyncio.run(self.run(running)), name="courier")
        thread.start()
        return thread

    async def run(self, running: Running) -> None:
        """Round after round; a database at fault is waited for."""
        while running.on:
            try:
                for webhook in await asyncio.to_thread(self.gather):
                    if webhook not in self._at_work:
                        task = asyncio.create_task(self._serve(webhook))
                        self._at_work[webhook] = task
                        task.add_done_callback(partial(self._at_work.pop, webhook))
            except DBAPIError as error:
                _LOG.warning("database at fault", error=type(error).__name__)
            await asyncio.sleep(ROUND_SECONDS)
        await self._finish()

    async def _finish(self) -> None:
        """Let what is being sent end; what does not end soon is somebody's to send again when its lease is over."""
        self._ending = True
        if self._at_work:
            _, open_ = await asyncio.wait(list(self._at_work.values()), timeout=ENDING_SECONDS)
            for task in open_:
                task.cancel()
            await asyncio.gather(*open_, return_exceptions=True)

    # ── what happened ───────────────────────────────────────────────────────────────────────────────────────────

    def gather(self) -> list[str]:
        """Make messages of what happened since; the webhooks that have some to be sent now."""
        now = self._clock()
        with reading(self._gateway.engine).connect() as connection:
            rows = book.active(connection)
        return [row.webhook for row in rows if self._has_some(row, now)]

    def _has_some(self, row: Any, now: int) -> bool:
        try:
            with reading(self._gateway.engine).connect() as connection:
                messages, reached = self._since(connection, row)
            if messages or reached != _reached(row):
                with self._gateway.engine.begin() as connection:
                    book.keep(connection, row.webhook, messages, reached, now)
            with reading(self._gateway.engine).connect() as connection:
                return bool(book.due(connection, row.webhook, now))
        except DBAPIError:
            raise
        except Exception:
            # What is wrong with one must not keep the others from being told.
            _LOG.exception("webhook passed over", webhook=row.webhook)
            return False

    def _since(self, connection: Connection, row: Any) -> tuple[Messages, Reached]:
        reached = _reached(row)
        if book.backlog(connection, row.webhook) >= book.BACKLOG:
            return [], reached
        kinds = book.kinds_of(row)
        messages: Messages = []
        head = connection.execute(select(func.max(blocks.c.number))).scalar_one()
        # Less than was told: the index is being made anew, or fell back.
        if head is not None and head >= row.block_number:
            for fact in islice(self._facts(connection, row, head), FACTS_A_ROUND):
                reached = replace(
                    reached,
                    block_number=fact.block_number,
                    log_index=fact.log_index,
                    block_hash=bytes.fromhex(fact.block_hash[2:]),
                )
                messages += _messages(connection, fact)
            said, places = said_after(connection, reached.beside)
            messages += said
            reached = replace(reached, beside=places)
        messages += self._refusals(connection, row)
        reached = replace(reached, instruction=max(row.instruction, latest(connection)))
        return [each for each in messages if not kinds or each[1] in kinds], reached

    def _refusals(self, connection: Connection, row: Any) -> Messages:
        """Instructions that were refused, and that it was not told of while older ones were under way."""
        ended = {_message_id(each.key): each for each in refused_after(connection, row.instruction)}
        known = book.known(connection, row.webhook, list(ended))
        return _refusals([each for name, each in ended.items() if name not in known], self._clock())

    def _facts(self, connection: Connection, row: Any, head: int) -> Iterator[Fact]:
        """Facts after the last one told, as far as they are final; `head` is the last block that was read."""
        cursor = Cursor(row.block_number, row.log_index)
        query = select(blocks.c.hash).where(blocks.c.number == row.block_number)
        if row.block_hash and connection.execute(query).scalar_one_or_none() != row.block_hash:
            cursor = Cursor(max(row.since_block, row.block_number - FALL_BACK_BLOCKS), _END_OF_BLOCK)
        last = head - self._gateway.settings.finality_depth
        for fact in facts_after(connection, self._gateway.chain.book, cursor, limit=FACTS_A_ROUND):
            if fact.block_number > last:
                return
            yield fact

    # ── telling ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _serve(self, webhook: str) -> None:
        """Send what is due to one sink, one after another, until it fails."""
        now = self._clock()
        for message in await asyncio.to_thread(self._due, webhook, now):
            if self._ending or not await self._tell(webhook, message):
                return

    def _due(self, webhook: str, now: int) -> list[str]:
        with reading(self._gateway.engine).connect() as connection:
            return book.due(connection, webhook, now)

    async def _tell(self, webhook: str, message: str) -> bool:
        """One attempt; whether the sink may be sent the next message."""
        claimed = await asyncio.to_thread(self._claim, webhook, message)
        if claimed is None:
            return True
        headers = headers_of(message, claimed.body, claimed.secret, self._clock())
        told = await self._sinks.send(claimed.url, claimed.body, headers)
        await asyncio.to_thread(self._record, claimed, told.status, told.error)
        return told.good or not sink_is_down(told.status)

    def _claim(self, webhook: str, message: str) -> book.Message | None:
        with self._gateway.engine.begin() as connection:
            return book.claim(connection, webhook, message, self._clock())

    def _record(self, sent: book.Message, status: int | None, error: str) -> None:
        base = self._gateway.settings.webhook_backoff_seconds
        with self._gateway.engine.begin() as connection:
            book.record(connection, sent, status, error, self._clock(), base)


_END_OF_BLOCK = 1 << 62


def _reached(row: Any) -> Reached:
    beside = {name: getattr(row, name) for name in BOOKS}
    return Reached(row.block_number, row.log_index, bytes(row.block_hash), row.instruction, beside)


def _message_id(key: str) -> str:
    return "instruction_" + sha256(key.encode()).hexdigest()[:40]


def _messages(connection: Connection, fact: Fact) -> Messages:
    place = {"block": fact.block_number, "transaction": fact.transaction_hash}
    return [
        (
            f"{fact.block_hash[2:26]}_{fact.log_index}_{each.row}",
            each.kind,
            body_of(each.kind, fact.block_time, {**each.data, **place}),
        )
        for each in happenings(connection, fact)
    ]


def _refusals(rows: Sequence[Any], now: int) -> Messages:
    found: Messages = []
    for row in rows:
        reason = Reason(row.reason) if row.reason else None
        data = {
            "key": row.key, "function": row.function, "state": row.state,
            "reason": None if reason is None else reason.name,
            "sentence": row.error if reason is None else explain(reason).sentence,
            "rule": None if reason is None else explain(reason).rule_id,
        }  # fmt: skip
        found.append((_message_id(row.key), "instruction.refused", body_of("instruction.refused", now, data)))
    return found
