"""Values that every format of a warehouse's files shares: times with a zone, GS1 keys, amounts and units."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from typing import TypeVar

from gateway.adapters.documents.reading import Checks
from gateway.adapters.warehouses.gs1 import KeyRefused
from gateway.domain.calendar import SHANGHAI_SECONDS
from gateway.domain.matching_units import unit_of
from gateway.domain.trade import FIRST_DATE, LAST_DATE

LEDGER_ZONE = timezone(timedelta(seconds=SHANGHAI_SECONDS))
_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?(?P<zone>Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_ZONE = re.compile(r"(?P<sign>[+-])(?P<hours>\d{2}):(?P<minutes>[0-5]\d)", re.ASCII)
_UUID = re.compile(r"(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_MOST_ZONE = timedelta(hours=14)
_Named = TypeVar("_Named")


def moment(
    checks: Checks, text: str, field: str, line: str = "", *, zone_needed: bool = True
) -> datetime | None:
    """A time with its zone; None when empty or refused. Where none is needed, the ledger's is taken, and told."""
    if not text:
        return None
    form = _TIME.fullmatch(text)
    try:
        found = datetime.fromisoformat(text) if form else None
    except ValueError:
        found = None
    if found is None or form is None or (zone_needed and not form["zone"]):
        message = f"{field} is no time with a zone" if zone_needed else f"{field} is no time"
        checks.note("TIME-FORM", field, message, "2026-11-02T08:00:00+08:00", text[:60], line)
        return None
    if not FIRST_DATE <= found.date() <= LAST_DATE:
        expected = f"{FIRST_DATE.isoformat()} to {LAST_DATE.isoformat()}"
        checks.note("DATE-RANGE", field, f"{field} is no day of today's trade", expected, text[:60], line)
        return None
    if found.tzinfo is None:
        checks.note(
            "TIME-ZONE", field, f"{field} has no zone: it is read as +08:00", "a zone", text[:60], line
        )
        return found.replace(tzinfo=LEDGER_ZONE)
    return found


def in_zone(checks: Checks, at: datetime | None, text: str, field: str, line: str = "") -> datetime | None:
    """A time in the zone of its event; None when either is refused."""
    form = _ZONE.fullmatch("+00:00" if text == "Z" else text)
    offset = None
    if form is not None:
        offset = timedelta(hours=int(form["hours"]), minutes=int(form["minutes"]))
    if form is None or offset is None or offset > _MOST_ZONE:
        checks.note("TIME-FORM", field, f"{field} is no zone", "+08:00", text[:60], line)
        return None
    return None if at is None else at.astimezone(timezone(offset if form["sign"] == "+" else -offset))


def named(
    checks: Checks, read: Callable[[str], _Named], text: str, field: str, line: str = ""
) -> _Named | None:
    """What a GS1 key names, None when it is refused."""
    try:
        return read(text)
    except KeyRefused as refused:
        checks.note("GS1-KEY", field, f"{field}: {refused}", "a GS1 key", text[:100], line)
        return None


def event_number(text: str) -> str:
    """An event's number; a UUID, with `urn:uuid:` or without, is the same in capitals (RFC 9562)."""
    return text.lower() if _UUID.fullmatch(text) else text


def not_negative(checks: Checks, value: Fraction | None, field: str, line: str = "") -> Fraction | None:
    """An amount of goods; None when there is none, or it is refused."""
    if value is not None and value < 0:
        checks.note("NEGATIVE-QUANTITY", field, f"{field} is negative", "0 or more", str(value), line)
        return None
    return value


def unit(checks: Checks, text: str, field: str, line: str = "") -> str:
    """A unit by its Recommendation 20 code, whatever its spelling; noted when there is none."""
    return unit_of(checks.required(checks.name(text, field, line), field, line))
