"""A file as it was read, in the form in which the golden folder keeps it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway.adapters.warehouses import read_feed
from gateway.domain.stock import Event, Telling
from gateway.domain.stock_fold import fold
from gateway.domain.trade import plain
from gateway.ports.stock import FeedRead

GOLDEN = Path(__file__).parent / "golden"
KEEPER = 501


def feed(name: str) -> FeedRead:
    """A file of the golden folder, read."""
    return read_feed((GOLDEN / name).read_bytes(), name, KEEPER)


def document(read: FeedRead) -> dict[str, Any]:
    """All that was read of a file, and what its events by themselves come to."""
    stock = fold(read.events)
    return {
        "status": str(read.status),
        "form": read.form,
        "said": None if read.said is None else read.said.isoformat(),
        "events": [_event(each) for each in read.events],
        "findings": [
            " | ".join((each.rule, each.document, each.line, each.field, each.message))
            for each in read.findings
        ],
        "stock": [
            f"{plain(held.quantity)} {place.unit} {place.lot} at {place.place}, sound {plain(held.sound)}"
            for place, held in stock.positions.items()
        ],
        "differences": [f"{each.rule}: {each.message}" for each in stock.differences],
    }


def _event(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {
        "event": event.id, "at": event.at.isoformat(), "position": event.position, "step": event.step,
        "disposition": event.disposition, "documents": [" ".join(each) for each in event.documents],
        "recorded": None if event.recorded is None else event.recorded.isoformat(),
        "told": [_telling(each) for each in event.tellings],
    }  # fmt: skip
    if event.error is not None:
        error = event.error
        found["taken_back"] = [error.declared.isoformat(), error.reason, *error.corrected_by]
    return {name: value for name, value in found.items() if value}


def _telling(telling: Telling) -> str:
    names = ("item", "thing", "lot", "place", "origin", "container")
    parts = [str(telling.kind), f"{plain(telling.quantity)} {telling.unit}".strip()]
    parts += [f"{name} {value}" for name in names if (value := getattr(telling, name))]
    sensor = telling.sensor
    if sensor is not None:
        numbers = (sensor.value, sensor.least, sensor.most)
        parts += [sensor.type, *map(plain, numbers), sensor.unit, sensor.exception, sensor.text]
    return ", ".join(filter(None, parts))
