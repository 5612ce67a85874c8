"""What the clients of the idempotency bench send: writes of every kind, each with a body and a key of its own, and by
what the effect of each is found in the database."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from tests.bench.throughput_stock import Stock

JSON, BYTES = "application/json", "application/octet-stream"
SINK = "http://127.0.0.1:9/"
"""Nobody listens there, and no courier runs: a webhook is only a row here."""
MOST_WEBHOOKS = 60
"""The gateway keeps a hundred and no more."""
CONFIRMED_EVERY = 100
MOST_ACTS = 3

SHARES: Mapping[str, int] = {
    "receipts": 30, "decisions": 24, "instructions": 24, "documents": 12, "accounts": 5, "identities": 5
}  # fmt: skip
"""Of a hundred writes, besides a few confirmations and webhooks."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a client.

    Attributes:
        kind: which of the gateway's doors it goes through.
        key: its idempotency key.
        altered: another request, which the same key must not serve.
        status: of the answer to it.
        copies: how many times it is sent at once.
        marks: what its effect is found by; each must be there exactly once.
    """

    kind: str
    key: str
    path: str
    media_type: str
    body: bytes
    altered: bytes
    status: int
    copies: int
    marks: tuple[str, ...]


_Made = tuple[str, str, bytes, bytes, int, tuple[str, ...]]
"""Path, media type, body, altered body, status, marks."""


class Writes:
    """Draws writes by a seed; no two have the same key, body or mark."""

    def __init__(self, name: str, rng: random.Random, stock: Stock, proposals: Sequence[str]) -> None:
        """`name`: what every key begins with; `proposals`: keys of payables that may be confirmed."""
        self._name = name
        self._rng = rng
        self._stock = stock
        self._proposals = proposals
        self._webhooks = 0
        self._makers: dict[str, Callable[[int], _Made]] = {
            "receipts": self._receipt, "decisions": self._decision, "instructions": self._instructions,
            "documents": self._document, "accounts": self._account, "identities": self._identity,
            "confirmations": self._confirmation, "webhooks": self._webhook,
        }  # fmt: skip

    def draw(self, keys: int) -> list[Write]:
        """So many writes, of every kind."""
        return [self._write(number, kind) for number, kind in enumerate(self._kinds(keys))]

    def _kinds(self, keys: int) -> Iterator[str]:
        for number in range(keys):
            if number % CONFIRMED_EVERY == 7:
                yield "confirmations"
            elif number % CONFIRMED_EVERY == 11 and self._webhooks < MOST_WEBHOOKS:
                self._webhooks += 1
                yield "webhooks"
            else:
                yield self._rng.choices(list(SHARES), list(SHARES.values()))[0]

    def _write(self, number: int, kind: str) -> Write:
        path, media_type, body, altered, status, marks = self._makers[kind](number)
        key = f"{self._name} {number}"
        if kind == "instructions":
            marks = tuple(f"{key}/{place}" for place in range(len(marks)))
        return Write(
            kind, key, path, media_type, body, altered, status, self._rng.randint(2, 5), marks
        )  # fmt: skip

    def _receipt(self, number: int) -> _Made:
        order = f"{self._name} order {number}"
        body = {
            "order": order, "line": str(self._rng.randint(1, 99)), "quantity": str(self._rng.randint(1, 10**6)),
            "unit": "EA", "person": "Storekeeper Zhou", "day": "2026-01-05",
        }  # fmt: skip
        return _json("/receipts", body, {"quantity": body["quantity"] + ".5"}, order)

    def _decision(self, number: int) -> _Made:
        document = f"{self._name} invoice {number}"
        body = {
            "rule": "ORDER-LINE",
            "document": document,
            "person": "Purchaser Qian",
            "reason": "by telephone",
        }
        return _json("/decisions", body, {"reason": "by letter"}, document)

    def _document(self, number: int) -> _Made:
        name = f"{self._name}-{number}.xml"
        body = f"<Invoice><ID>{self._name} {number}</ID></Invoice>".encode()
        path = f"/documents?name={quote(name)}"
        return path, BYTES, body, body + b"\n", 201, (name,)

    def _account(self, number: int) -> _Made:
        account = f"62-{self._rng.getrandbits(64)}-{number}"[:34]
        body = {
            "bank": 12, "bic": "QSCLCNSH", "account": account, "commitment": self._word(), "owner": 201,
            "owner_name": "A supplier", "currency": "CNY", "purpose": "bound",
        }  # fmt: skip
        return _json("/accounts", body, {"owner_name": "Another supplier"}, account)

    def _identity(self, number: int) -> _Made:
        name = f"{self._name} firm {number}"
        body = {"party": 100_000 + number, "name": name, "identifiers": [], "salt": self._word()}
        return _json("/identities", body, {"salt": self._word()}, name)

    def _confirmation(self, number: int) -> _Made:
        proposal = self._proposals[number % len(self._proposals)]
        body = {"key": proposal, "nullifier": "0x" + "11" * 32, "debtor": 101}
        return _json("/confirmations", body, {"debtor": 102}, proposal)

    def _webhook(self, number: int) -> _Made:
        url = f"{SINK}{quote(self._name)}/{number}"
        return _json("/webhooks", {"url": url, "events": []}, {"events": ["title.moved"]}, url)

    def _instructions(self, _: int) -> _Made:
        signed = self._stock.take(self._rng.randint(1, MOST_ACTS) + 1)
        acts = [each.body() for each in signed]
        body, altered = ({"instructions": part} for part in (acts[:-1], acts[1:]))
        return "/instructions", JSON, orjson.dumps(body), orjson.dumps(altered), 202, ("",) * (len(acts) - 1)

    def _word(self) -> str:
        return f"0x{self._rng.getrandbits(256):064x}"


def _json(path: str, body: Mapping[str, Any], changes: Mapping[str, Any], mark: str) -> _Made:
    sent, altered = (json.dumps(each).encode() for each in (body, {**body, **changes}))
    return path, JSON, sent, altered, 201, (mark,)
