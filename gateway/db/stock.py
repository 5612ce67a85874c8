"""What keepers told, on one connection: files are kept as they came, tellings of events are only ever added."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

from sqlalchemy import Column, Connection, Row, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.db import links
from gateway.db.own_stock import feeds, messages, tellings
from gateway.domain.stock import ErrorDeclaration, Event, Kind, SensorValue, Telling, zone_of
from gateway.domain.stock_feeds import Refused, RefusedFeed
from gateway.ports.stock import Feed, FeedStatus, Signature

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_AT_ONCE = 500
"""Names or moments asked for in one question."""
_NOTHING = ""
"""Stands for the kind in the only row of an event that tells nothing."""


class StockBook:
    """Files and tellings of all keepers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def wait_for_turn(self) -> None:
        """Keep others from adding to what keepers told until the transaction ends."""
        links.wait_for_turn(self._connection, links.STOCK)

    def feed(self, keeper: int, sha256: str) -> Feed | None:
        """A file of this content, if it came before."""
        return self._feed(feeds.c.keeper == keeper, feeds.c.sha256 == sha256)

    def feed_of_message(self, keeper: int, message: str) -> Feed | None:
        """The file that came in this message, for the first time or again, if it did."""
        again = select(messages.c.sha256).where(messages.c.keeper == keeper, messages.c.message == message)
        told = or_(feeds.c.message == message, feeds.c.sha256 == again.scalar_subquery())
        return self._feed(feeds.c.keeper == keeper, told)

    def _feed(self, *where: Any) -> Feed | None:
        row = self._connection.execute(select(feeds).where(*where)).one_or_none()
        if row is None:
            return None
        return Feed(
            row.keeper, row.sha256, row.name, row.form, FeedStatus(row.status), row.said_at, row.received_at,
            row.answer, row.message,
        )  # fmt: skip

    def add(self, feed: Feed, content: bytes, events: Sequence[Event], signature: Signature | None) -> None:
        """Keep a file and what of it is not known yet."""
        row: dict[str, Any] = {
            "keeper": feed.keeper, "sha256": feed.sha256, "name": feed.file, "form": feed.form,
            "status": str(feed.status), "events": len(events), "said_at": feed.said_at,
            "received_at": feed.received_at, "content": content, "answer": feed.answer, "message": feed.message,
            "address": signature.address if signature else "", "headers": signature.headers if signature else "",
            "public_key": signature.public_key if signature else b"",
        }  # fmt: skip
        links.append(self._connection, links.STOCK, feeds, row)
        rows = [row for event in events for row in rows_of(event)]
        if rows:
            dialect = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
            self._connection.execute(dialect(tellings).on_conflict_do_nothing(), rows)

    def add_message(self, feed: Feed, name: str, now: int, signature: Signature) -> None:
        """Keep a message that brings a known file once more, under a name of its own, and how it was signed."""
        row: dict[str, Any] = {
            "keeper": feed.keeper, "message": signature.message, "sha256": feed.sha256, "name": name,
            "received_at": now, "address": signature.address, "headers": signature.headers,
            "public_key": signature.public_key,
        }  # fmt: skip
        links.append(self._connection, links.STOCK_MESSAGES, messages, row)

    def named(self, keeper: int, names: Sequence[str]) -> Sequence[Event]:
        """Every event that is known by one of these names, in each of the ways it was told."""
        return self._of(keeper, tellings.c.event, names)

    def of_moments(self, keeper: int, moments: Sequence[datetime]) -> Sequence[Event]:
        """Every event of one of these moments, in each of the ways it was told."""
        return self._of(keeper, tellings.c.at, [_since(at) for at in moments])

    def _of(self, keeper: int, column: Column[Any], values: Sequence[object]) -> Sequence[Event]:
        return [
            event
            for start in range(0, len(values), _AT_ONCE)
            for event in self._events(
                tellings.c.keeper == keeper, column.in_(values[start : start + _AT_ONCE])
            )
        ]

    def events(self, keeper: int | None = None) -> Sequence[Event]:
        """Every event, in each of the ways it was told; of one keeper or of all."""
        return list(self._events(*([] if keeper is None else [tellings.c.keeper == keeper])))

    def _events(self, *where: Any) -> Iterator[Event]:
        key = (tellings.c.keeper, tellings.c.event, tellings.c.content, tellings.c.taken_back)
        query = select(tellings).where(*where).order_by(*key, tellings.c.part)
        rows: list[Row[Any]] = []
        for row in self._connection.execute(query):
            if rows and _identity(rows[0]) != _identity(row):
                yield event_of(rows)
                rows = []
            rows.append(row)
        if rows:
            yield event_of(rows)

    def last_words(self, until: int | None = None) -> Mapping[int, int]:
        """When each keeper spoke last (before a moment, where one is given), by its own files that were used whole and
        not after they came: seconds since 1970."""
        found: dict[int, int] = {}
        spoken = select(feeds.c.keeper, feeds.c.said_at, feeds.c.received_at).where(
            feeds.c.said_at.is_not(None), feeds.c.status == FeedStatus.USED
        )
        for row in self._connection.execute(spoken):
            spoke = min(row.said_at, row.received_at)
            if until is None or spoke < until:
                found[row.keeper] = max(found.get(row.keeper, 0), spoke)
        return found

    def refused(self, keeper: int | None = None, until: int | None = None) -> Sequence[RefusedFeed]:
        """Files that were not used whole and are not put right by others that came after them (before a moment, where
        one is given), of one keeper or of all, in the order in which they came.

        A file is put right by one of its name that is used whole and tells again all that was used of the first, or by
        events with the numbers of all that was refused of it, in whatever files they come.
        """
        columns = ("keeper", "name", "sha256", "events", "received_at", "answer", "place")
        query = select(*(feeds.c[name] for name in columns)).where(feeds.c.status != FeedStatus.USED)
        if keeper is not None:
            query = query.where(feeds.c.keeper == keeper)
        if until is not None:
            query = query.where(feeds.c.received_at < until)
        return [
            _refused(row)
            for row in self._connection.execute(query.order_by(feeds.c.place)).all()
            if not self._is_put_right(row, until)
        ]

    def _is_put_right(self, bad: Row[Any], until: int | None) -> bool:
        after = [feeds.c.keeper == bad.keeper, feeds.c.place > bad.place]
        if until is not None:
            after.append(feeds.c.received_at < until)
        same = select(feeds.c.answer).where(
            *after, feeds.c.name == bad.name, feeds.c.status == FeedStatus.USED
        )
        for answer in self._connection.execute(same).scalars():
            if json.loads(answer)["repeated"] >= bad.events:
                return True
        names = {each["document"] for each in json.loads(bad.answer)["exceptions"]}
        if "" in names or len(names) > _AT_ONCE:
            return False
        told = (
            select(tellings.c.event)
            .join(feeds, (feeds.c.keeper == tellings.c.keeper) & (feeds.c.sha256 == tellings.c.feed))
            .where(*after, tellings.c.event.in_(names))
        )
        return names <= set(self._connection.execute(told).scalars())

    def last_received(self) -> int:
        """When the last file of any keeper came, seconds since 1970; 0 where none did."""
        return int(self._connection.execute(select(func.max(feeds.c.received_at))).scalar_one() or 0)

    def keepers(self) -> Sequence[int]:
        """Every keeper of whom a file came."""
        return list(
            self._connection.execute(select(feeds.c.keeper).distinct().order_by(feeds.c.keeper)).scalars()
        )


def _refused(row: Row[Any]) -> RefusedFeed:
    found = (
        Refused(each["document"], each["line"], each["rule"], each["field"], each["message"])
        for each in json.loads(row.answer)["exceptions"]
    )
    return RefusedFeed(row.keeper, row.name, row.sha256, row.received_at, tuple(found))


def _identity(row: Row[Any]) -> tuple[Any, ...]:
    return row.keeper, row.event, row.content, row.taken_back


# ── an event as rows, and back ──────────────────────────────────────────────────────────────────────────────


def rows_of(event: Event) -> Iterator[dict[str, Any]]:
    """An event's rows in `own_stock_tellings`."""
    shared = {
        "keeper": event.keeper, "event": event.name, "content": event.content,
        "taken_back": int(event.error is not None), "at": _since(event.at),
        "zone": zone_of(event.at), "feed": event.sha256, "position": event.position,
    }  # fmt: skip
    about = _about(event)
    if not event.tellings:
        empty = dict.fromkeys(("place", "lot", "quantity", "unit"), "")
        yield {**shared, **empty, "part": 0, "kind": _NOTHING, "detail": _json(about)}
    for part, telling in enumerate(event.tellings, 1):
        yield {
            **shared, "part": part, "kind": telling.kind.value, "place": telling.place, "lot": telling.goods,
            "quantity": "" if telling.quantity is None else str(telling.quantity), "unit": telling.unit,
            "detail": _json(about | _told(telling)),
        }  # fmt: skip


def _since(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def event_of(rows: Sequence[Row[Any]]) -> Event:
    """The event of its rows, in the order of their parts."""
    first = rows[0]
    about = json.loads(first.detail)
    hours, minutes = int(first.zone[1:3]), int(first.zone[4:])
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if first.zone[0] == "-" else 1)
    at = (_EPOCH + first.at * _MICROSECOND).astimezone(timezone(offset))
    recorded = about.get("recorded")
    error = about.get("error")
    return Event(
        first.keeper, first.event, at, tuple(_telling(row) for row in rows if row.part), about.get("step", ""),
        about.get("disposition", ""), tuple((kind, number) for kind, number in about.get("documents", ())),
        datetime.fromisoformat(recorded) if recorded else None,
        ErrorDeclaration(datetime.fromisoformat(error[0]), error[1], tuple(error[2])) if error else None,
        sha256=first.feed, position=first.position,
    )  # fmt: skip


def _about(event: Event) -> dict[str, Any]:
    """What is told of the event as a whole; what is empty is left out."""
    error = event.error
    found: dict[str, Any] = {
        "step": event.step, "disposition": event.disposition, "documents": list(event.documents),
        "recorded": event.recorded.isoformat() if event.recorded else "",
        "error": [error.declared.isoformat(), error.reason, list(error.corrected_by)] if error else None,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _told(telling: Telling) -> dict[str, Any]:
    sensor = telling.sensor
    found: dict[str, Any] = {
        "item": telling.item, "thing": telling.thing, "batch": telling.lot, "origin": telling.origin,
        "container": telling.container,
        "sensor": None if sensor is None else [
            sensor.type, *map(_text, (sensor.value, sensor.least, sensor.most)), sensor.unit, sensor.exception,
            sensor.text,
        ],
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _telling(row: Row[Any]) -> Telling:
    told = json.loads(row.detail)
    sensor = told.get("sensor")
    return Telling(
        Kind(row.kind), row.place, told.get("item", ""), told.get("thing", ""), told.get("batch", ""),
        _number(row.quantity), row.unit, told.get("origin", ""), told.get("container", ""),
        None if sensor is None else SensorValue(
            sensor[0], _number(sensor[1]), sensor[4], _number(sensor[2]), _number(sensor[3]), sensor[5], sensor[6]
        ),
    )  # fmt: skip


def _text(value: Fraction | None) -> str:
    return "" if value is None else str(value)


def _number(text: str) -> Fraction | None:
    return Fraction(text) if text else None


def _json(told: Mapping[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
