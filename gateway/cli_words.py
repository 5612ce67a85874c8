"""What people type on the command line, read: amounts, days, rates, accounts, files."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any

from gateway.adapters.kit.iso20022 import Account, PartyAccount
from gateway.cli_client import Desk, Exit, Failed
from gateway.domain.calendar import SHANGHAI_SECONDS, day_of_date
from gateway.domain.ledger_state import PARTS
from gateway.money import exponent

NO_DOCUMENT = sha256(b"").hexdigest()
DAY_SECONDS = 86_400


def new_id(party: int) -> int:
    """An id nobody has: the party's own half, and a serial drawn from those that the gateway never gives.

    A receivable, an order or a lot may begin with it; a part's is cheaper (`new_part`, decision 0036).
    """
    return party << 32 | PARTS >> 1 | secrets.randbelow(PARTS >> 1)


def new_part(party: int) -> int:
    """The same for what begins nothing: a part of a title, or a loan."""
    return party << 32 | PARTS | secrets.randbelow(PARTS)


def expiry(desk: Desk, days: int) -> int:
    """Unix time at which an act is dead, from the chain's own clock. Raises Failed."""
    time = desk.gateway.get("/health")["time"]
    if time is None:
        raise Failed(Exit.UNREACHABLE, "the gateway's chain has no block yet")
    return int(time) + days * DAY_SECONDS


def today(desk: Desk) -> date:
    """The chain's day, by its own clock. Raises Failed."""
    time = desk.gateway.get("/health")["time"]
    if time is None:
        raise Failed(Exit.UNREACHABLE, "the gateway's chain has no block yet")
    return datetime.fromtimestamp(time + SHANGHAI_SECONDS, UTC).date()


def hash_of(path: Path | None) -> str:
    """SHA-256 of the document; of no bytes at all where there is none."""
    if path is None:
        return "0x" + NO_DOCUMENT
    try:
        return "0x" + sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Failed(Exit.UNUSABLE, f"{path} cannot be read: {error.strerror}") from error


def read_json(path: Path) -> dict[str, Any]:
    """An object from a JSON file. Raises Failed."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Failed(Exit.UNUSABLE, f"{path} is no JSON: {error}") from error
    if not isinstance(found, Mapping):
        raise Failed(Exit.UNUSABLE, f"{path} holds no object")
    return dict(found)


def to_minor(text: str, currency: str) -> int:
    """Minor units of decimal text. Raises Failed for what is no amount of this currency."""
    try:
        exact = Decimal(text).scaleb(exponent(currency))
        minor = int(exact)
    except (InvalidOperation, ValueError, OverflowError):
        raise Failed(Exit.UNUSABLE, f"{text} is no amount") from None
    if minor != exact or minor <= 0:
        raise Failed(
            Exit.UNUSABLE, f"{text} is no amount of {currency}, which has {exponent(currency)} digits"
        )
    return minor


def to_ppm(text: str) -> int:
    """Parts per million of a percentage."""
    try:
        exact = Decimal(text).scaleb(4)
        if exact == int(exact) and 0 <= exact < 1 << 24:
            return int(exact)
    except (InvalidOperation, ValueError, OverflowError):
        pass
    raise Failed(Exit.UNUSABLE, f"{text} is no yearly rate of at most four decimals")


def per_cent(ppm: int) -> str:
    """Parts per million as a percentage, exact: 72,000 is 7.2."""
    return f"{(Decimal(ppm) / 10_000).normalize():f}"


def to_date(text: str) -> date:
    """A calendar date. Raises Failed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Failed(Exit.UNUSABLE, f"{text} is no day: write YYYY-MM-DD") from None


def to_day(text: str) -> int:
    """A day of the ledger. Raises Failed."""
    try:
        return day_of_date(to_date(text))
    except ValueError as error:
        raise Failed(Exit.UNUSABLE, str(error)) from error


def to_account(text: str) -> PartyAccount:
    """An account from BIC/ACCOUNT/NAME. Raises Failed."""
    bic, _, rest = text.partition("/")
    number, _, name = rest.partition("/")
    if not (bic and number and name):
        raise Failed(Exit.UNUSABLE, f"{text}: an account is written BIC/ACCOUNT/NAME")
    return PartyAccount(name, Account("OTHER", number), bic)


def to_invoices(texts: list[str]) -> list[tuple[bytes, int]]:
    """Nullifiers with their minor units. Raises Failed."""
    found = []
    for text in texts:
        nullifier, _, amount = text.partition("=")
        try:
            found.append((bytes.fromhex(nullifier.removeprefix("0x")), int(amount)))
        except ValueError:
            raise Failed(Exit.UNUSABLE, f"{text}: an invoice is written NULLIFIER=MINOR-UNITS") from None
    return found
