"""What a tester orders the bank to do: rules matched against payments by end-to-end id or by count.

The first rule that fits a payment decides; a counted rule is used up in the payment's own transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import Literal

from gateway.adapters.banks.sandbox.errors import Refused
from gateway.adapters.banks.sandbox.store import Work

Action = Literal["reject", "delay", "short", "twice", "return", "reverse", "unknown"]
Direction = Literal["out", "in"]

DEFAULT_REASONS = {"reject": "AG01", "return": "AC04", "reverse": "TECH"}

# An incoming payment is already booked by its sender; the payee's bank can only refuse it or undo it.
INCOMING_ACTIONS = frozenset({"reject", "return", "reverse"})


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One order about coming payments.

    Attributes:
        direction: 'out' for payments ordered here, 'in' for credits that another bank sends.
        end_to_end: shell-style pattern of end-to-end ids.
        next: how many fitting payments it is for; None for all of them.
        reason: ISO 20022 reason code for reject, return and reverse.
        until: the day a delay ends or an undo happens; None waits for `POST /releases`.
        after_days: the same, counted from the day of booking.
        amount_minor: what a short payment pays.
        outcome: of an unknown payment: booked, or lost on the way into the bank.
    """

    action: Action
    direction: Direction = "out"
    end_to_end: str = "*"
    next: int | None = None
    reason: str = ""
    until: date | None = None
    after_days: int | None = None
    amount_minor: int | None = None
    outcome: Literal["booked", "lost"] = "booked"

    def due(self, today: date) -> date | None:
        """The day of the delayed or undoing act, or None when it waits for a release."""
        if self.after_days is not None:
            return today + timedelta(days=self.after_days)
        return self.until

    @property
    def undo_kind(self) -> str | None:
        """The kind of the booking that takes the payment back, if it is to be taken back."""
        return {"return": "return", "reverse": "reversal"}.get(self.action)


def keep_behaviour(work: Work, behaviour: Behaviour) -> int:
    """Store a rule and return its number. Raises Refused(BEHAVIOUR-…) when it makes no sense."""
    if behaviour.action == "short" and not behaviour.amount_minor:
        raise Refused("BEHAVIOUR-AMOUNT", "a short payment needs the amount_minor it pays", status=422)
    if behaviour.direction == "in" and behaviour.action not in INCOMING_ACTIONS:
        message = f"an incoming payment can be one of {sorted(INCOMING_ACTIONS)}, not {behaviour.action}"
        raise Refused("BEHAVIOUR-DIRECTION", message, status=422)
    row = work.insert(
        "behaviours",
        action=behaviour.action,
        direction=behaviour.direction,
        pattern=behaviour.end_to_end,
        remaining=behaviour.next,
        reason=behaviour.reason or DEFAULT_REASONS.get(behaviour.action, ""),
        until_day=None if behaviour.until is None else behaviour.until.isoformat(),
        after_days=behaviour.after_days,
        amount=behaviour.amount_minor,
        outcome=behaviour.outcome,
    )
    return int(row["id"])


def take_behaviour(work: Work, direction: Direction, end_to_end: str) -> Behaviour | None:
    """The rule for this payment, counted down, or None for a bank that simply works."""
    rows = work.conn.execute(
        "SELECT * FROM behaviours WHERE direction = ? AND (remaining IS NULL OR remaining > 0) ORDER BY id",
        (direction,),
    ).fetchall()
    for row in rows:
        if fnmatchcase(end_to_end, row["pattern"]):
            work.conn.execute("UPDATE behaviours SET remaining = remaining - 1 WHERE id = ?", (row["id"],))
            return Behaviour(
                action=row["action"],
                direction=direction,
                end_to_end=row["pattern"],
                reason=row["reason"],
                until=None if row["until_day"] is None else date.fromisoformat(row["until_day"]),
                after_days=row["after_days"],
                amount_minor=row["amount"],
                outcome=row["outcome"],
            )
    return None
