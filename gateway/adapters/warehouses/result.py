"""What a reader of one format gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.stock import Event
from gateway.domain.trade_rules import Finding


@dataclass(frozen=True, slots=True)
class Read:
    """The events of a file that may be used, what was found, and when the file says that it was made."""

    events: tuple[Event, ...]
    findings: tuple[Finding, ...]
    said: datetime | None = None
