"""The exception desk as its people reach it: a bank's signed messages in, HTTP and the command line out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx2
from sqlalchemy import Engine
from typer.testing import CliRunner

from gateway.adapters.ledger.chain import Book, Chain, Rpc
from gateway.cli import app
from tests.bench.callbacks import Door, door
from tests.gateway.banks.book import furnish

ABOVE = "100.00"
"""Decisions about more than this need a second person: the books' lines are of 100.00."""

CHEN = {"person": "Chen Yu", "reason": "seen with the debtor's letter"}
WU = {"person": "Wu Min", "reason": "agreed"}
_KEYS = count(1)


@dataclass(frozen=True, slots=True)
class Desk:
    """A gateway's desk for money, and the bank whose messages reach it."""

    door: Door

    @property
    def http(self) -> httpx2.Client:
        """Whoever sits at the desk."""
        return self.door.http

    @property
    def engine(self) -> Engine:
        """What the gateway keeps."""
        return self.door.engine

    def told(self, message_id: str, raw: bytes) -> None:
        """The bank sends a message that is taken."""
        assert self.door.send(message_id, raw) == 200

    def get(self, path: str, **params: Any) -> Any:
        """The body of a good answer."""
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def waiting(self) -> list[dict[str, Any]]:
        """The queue."""
        found: list[dict[str, Any]] = self.get("/exceptions/money")["exceptions"]
        return found

    def only(self) -> dict[str, Any]:
        """The one exception there is."""
        (found,) = self.waiting()
        return found

    def facts(self, state: str = "prepared") -> list[tuple[str, str, str]]:
        """Reference, amount and what the facts of entries in a state are about."""
        rows = self.get("/bank-entries", state=state)["entries"]
        return [
            (row["reference"], row["amount"], str((row["fact"] or {}).get("subject", ""))) for row in rows
        ]

    def post(
        self,
        way: str,
        body: Mapping[str, Any],
        key: str = "",
        person: Mapping[str, str] = CHEN,
        **params: Any,
    ) -> httpx2.Response:
        """A decision, under a key of its own unless one is given."""
        headers = {"Idempotency-Key": key or f"desk-{next(_KEYS)}"}
        return self.http.post(
            f"/exceptions/money/{way}", json={**person, **body}, headers=headers, params=params
        )

    def decide(self, way: str, body: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """A decision that is taken."""
        answer = self.post(way, body, **more)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(
        self, status: int, rule: str, way: str, body: Mapping[str, Any], **more: Any
    ) -> dict[str, Any]:
        """A decision that is refused and changes nothing that anybody sees."""
        before = self.waiting(), self.facts()
        answer = self.post(way, body, **more)
        found: dict[str, Any] = answer.json()
        assert (answer.status_code, found.get("rule")) == (status, rule), found
        assert answer.headers["content-type"] == "application/problem+json"
        assert (self.waiting(), self.facts()) == before
        return found

    def typed(self, *words: str, status: int = 0) -> Any:
        """`tallystick money …` at this gateway; what it said, read from its JSON."""
        ended = CliRunner().invoke(app, ["--url", str(self.http.base_url), "money", *words, "--json"])
        assert ended.exit_code == status, ended.output
        return json.loads(ended.output)

    def read(self, *words: str, status: int = 0) -> str:
        """The same in words for people."""
        ended = CliRunner().invoke(app, ["--url", str(self.http.base_url), "money", *words])
        assert ended.exit_code == status, ended.output
        return ended.output


@contextmanager
def desk_on(engine: Engine, rpc: Rpc) -> Iterator[Desk]:
    """A desk over books with something to be paid, on whichever database the engine is."""
    furnish(engine)
    with door(engine, Chain(rpc, Book({}, {})), second_person_above=ABOVE) as found:
        yield Desk(found)
