"""Answers to writes, by the caller's idempotency key, on one database connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, insert, select, text

from gateway.db.own import requests
from gateway.ports import Answer, Asked
from gateway.services.once import check_same, in_flight

# Held until the transaction ends. The seed keeps these keys apart from other advisory locks.
_CLAIM = text(
    "SELECT key, pg_try_advisory_xact_lock(hashtextextended(key, 20220)) AS mine "
    "FROM unnest(CAST(:keys AS text[])) AS key"
)

# Made once: to make a statement takes longer than to run it.
_ANSWERED = select(requests).where(requests.c.key.in_(bindparam("keys", expanding=True)))
_KEEP = insert(requests)


class RequestBook:
    """Implements the port `Requests`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, asked: Sequence[Asked]) -> Mapping[str, Answer]:
        """What was answered to these requests before.

        Raises Problem(IDEMPOTENCY-KEY) when a key came with another request, Problem(IDEMPOTENCY-IN-FLIGHT) when
        another gateway on this database is at work on one of them.
        """
        by_key = {each.key: each for each in asked}
        if self._connection.dialect.name == "postgresql":
            for row in self._connection.execute(_CLAIM, {"keys": list(by_key)}):
                if not row.mine:
                    raise in_flight(row.key)
        found = {}
        for row in self._connection.execute(_ANSWERED, {"keys": list(by_key)}):
            check_same(by_key[row.key], bytes(row.fingerprint))
            found[row.key] = Answer(row.status, bytes(row.content))
        return found

    def keep(self, answers: Sequence[tuple[Asked, Answer]], created_at: int) -> None:
        """Keep the answers to requests that `find` did not find, in the transaction of what they did."""
        rows = [
            {
                "key": asked.key, "fingerprint": asked.fingerprint, "status": answer.status,
                "content": answer.content, "created_at": created_at,
            }
            for asked, answer in answers
        ]  # fmt: skip
        if rows:
            self._connection.execute(_KEEP, rows)
