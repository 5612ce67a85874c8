"""What is kept of keepers' words, for the doctor: files by hash, link and signature, tellings by the files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from gateway.adapters.kit.signed_messages import check_kept
from gateway.adapters.warehouses import read_feed
from gateway.db import links
from gateway.db.own_stock import feeds, messages, tellings
from gateway.db.stock import rows_of
from gateway.services.doctor import WHOLE_ROW, Discrepancy

_KEY = ("keeper", "event", "content", "taken_back", "part")
_FIRST_TOLD = ("feed", "position")
"""Say where a telling was read first; the same may stand elsewhere too."""
Row = Mapping[str, Any]


def stock_discrepancies(connection: Connection) -> Iterator[Discrepancy]:
    """Where a kept file or message is not what came, or a kept telling not what the kept files say."""
    kept: list[Any] = list(connection.execute(select(feeds).order_by(feeds.c.place)).mappings())
    yield from _broken(connection, links.STOCK, kept, "by the files before it")
    told: dict[tuple[Any, ...], Row] = {}
    contents: dict[tuple[int, str], bytes] = {}
    for row in kept:
        contents[row["keeper"], row["sha256"]] = content = bytes(row["content"])
        yield from _file(row, content)
        read = read_feed(content, row["name"], row["keeper"]).received(row["received_at"])
        for event in read.events:
            for telling in rows_of(event):
                told.setdefault(tuple(telling[name] for name in _KEY), telling)
    sent: list[Any] = list(connection.execute(select(messages).order_by(messages.c.place)).mappings())
    yield from _broken(connection, links.STOCK_MESSAGES, sent, "by the messages before it")
    for row in sent:
        yield from _signature(row, contents.get((row["keeper"], row["sha256"]), b""))
    yield from _tellings(connection, told)


def _broken(connection: Connection, book: str, rows: Sequence[Row], why: str) -> Iterator[Discrepancy]:
    for each in links.broken(connection, book, rows):
        document = f"book {book}" if each.row is None else _name(each.row)
        yield Discrepancy(document, each.column, each.found, each.right, why)


def _name(row: Row) -> str:
    return f"file {row['name']} of keeper {row['keeper']}"


def _file(row: Row, content: bytes) -> Iterator[Discrepancy]:
    digest = sha256(content).hexdigest()
    if digest != row["sha256"]:
        yield Discrepancy(_name(row), "sha256", row["sha256"], digest, "is the hash of its content")
    if row["message"]:
        yield from _signature(row, content)


def _signature(row: Row, content: bytes) -> Iterator[Discrepancy]:
    try:
        headers = json.loads(row["headers"])
    except ValueError:
        headers = {}
    fault = check_kept(bytes(row["public_key"]), row["address"], headers, content)
    if not fault and (headers.get("message-name"), headers.get("idempotency-key")) != (
        row["name"],
        row["message"],
    ):
        fault = "other names"
    if fault:
        right = f"a signature of keeper {row['keeper']} over all of it"
        yield Discrepancy(_name(row), "signature", fault, right, "was checked when it came")


def _tellings(connection: Connection, told: Mapping[tuple[Any, ...], Row]) -> Iterator[Discrepancy]:
    found: dict[tuple[Any, ...], Any] = {
        tuple(row[name] for name in _KEY): row for row in connection.execute(select(tellings)).mappings()
    }
    for key in sorted(found.keys() | told.keys()):
        document = f"event {key[1]} of keeper {key[0]}, part {key[4]}"
        kept, right = found.get(key), told.get(key)
        if kept is None or right is None:
            here, there = ("nothing", "a row") if kept is None else ("a row", "nothing")
            yield Discrepancy(document, WHOLE_ROW, here, there, "by the files that came")
            continue
        for name, value in right.items():
            if name not in _FIRST_TOLD and kept[name] != value:
                yield Discrepancy(document, name, str(kept[name]), str(value), "by the files that came")
