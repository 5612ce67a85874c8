"""Webhooks out, by the rules of Standard Webhooks (standardwebhooks.com): what is sent, signed, and tried again."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args

import orjson

Kind = Literal[
    "party.admitted",
    "root.offered",
    "root.accepted",
    "root.cancelled",
    "root.received",
    "title.moved",
    "title.split",
    "title.merged",
    "title.locked",
    "title.released",
    "title.delivered",
    "title.frozen",
    "title.lifted",
    "title.paid",
    "title.settled",
    "title.written_off",
    "order.confirmed",
    "order.locked",
    "order.released",
    "order.split",
    "order.frozen",
    "order.lifted",
    "order.reduced",
    "order.converted",
    "order.stored",
    "lot.counted",
    "receipt.stored",
    "receipt.moved",
    "receipt.split",
    "receipt.merged",
    "receipt.frozen",
    "receipt.lifted",
    "receipt.pledged",
    "receipt.released",
    "receipt.sale_changed",
    "receipt.converted",
    "receipt.delivered",
    "receipt.handed_over",
    "receipt.medium_changed",
    "receipt.replaced",
    "facility.opened",
    "collateral.marked",
    "lease.changed",
    "lease.ended",
    "stages.agreed",
    "stages.changed",
    "loan.drawn",
    "loan.paid_out",
    "loan.repayment_reversed",
    "loan.voided",
    "loan.repaid",
    "loan.written_off",
    "protection.called",
    "protection.paid",
    "protection.reimbursed",
    "fact.recorded",
    "fact.reversed",
    "declaration.made",
    "endorsement.signed",
    "valuation.taken",
    "instruction.refused",
]
"""What a webhook may be told of."""

Messages = list[tuple[str, Kind, str]]
"""Messages to be kept: the id under which each goes at every attempt, its kind, its body."""

KINDS: Final = get_args(Kind)
MOST_ATTEMPTS = 20
LONGEST_WAIT_SECONDS = 6 * 3_600
SECRET_BYTES = 32
GONE = 410
_OF_THE_SINK = (408, 429, GONE)


def secret_text(secret: bytes) -> str:
    """A secret as its owner is shown it, once."""
    return "whsec_" + b64encode(secret).decode()


def body_of(kind: str, at: int, data: Mapping[str, Any]) -> str:
    """The message; `at` is when it happened, in seconds since 1970."""
    stamp = datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
    return orjson.dumps({"type": kind, "timestamp": stamp, "data": data}).decode()


def headers_of(message: str, body: str, secret: bytes, now: int) -> dict[str, str]:
    """What goes with a message: its id, the time of this attempt, and the signature over both and the body."""
    digest = hmac.digest(secret, f"{message}.{now}.{body}".encode(), "sha256")
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(now),
        "webhook-signature": "v1," + b64encode(digest).decode(),
    }


def wait_after(failures: int, base: int) -> int:
    """Seconds to wait after so many failures: `base`, then twice as long each time."""
    return min(base << min(failures - 1, 30), LONGEST_WAIT_SECONDS)


def sink_is_down(status: int | None) -> bool:
    """Whether a failure is the sink's, so that it is left alone for a while, and not this message's."""
    return status is None or status >= 500 or status in _OF_THE_SINK or 300 <= status < 400
