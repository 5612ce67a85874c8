"""What one bank process is told at start, parsed once from a JSON file and command-line flags."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from gateway.adapters.banks.sandbox.rules import ROLES

BIC_PATTERN = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")

# Two payments officers and two risk officers, because facts above a cap and office acts need two persons.
DEFAULT_STAFF = ("credit-maker", "credit-checker", "clearing", "payments", "payments", "office", "office")


@dataclass(frozen=True, slots=True)
class Person:
    """One member of staff: the name as signed for, and the single role the key carries."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class BankConfig:
    """The settings of one bank.

    Attributes:
        party_number: this bank's party number on the ledger, 1 … 2**32 - 1.
        business_day: the day the books open on at first start; later starts keep the stored day.
        peers: BIC of each other bank to the base URL of its program.
        callback: URL the bank pushes notifications to; None leaves them to be polled.
        credit_limit_minor: the largest amount or limit a credit act may name, in minor units.
        domain: name and version that the ledger's EIP-712 domain must carry, beside what `POST /ledger` sets.
        desk_token: when set, staff requests (signing, behaviour, clock, accounts) need it as a bearer token.
    """

    data: Path
    bic: str
    name: str
    party_number: int
    host: str = "127.0.0.1"
    port: int = 0
    business_day: date = date(2026, 1, 5)
    peers: Mapping[str, str] = field(default_factory=dict)
    callback: str | None = None
    staff: tuple[Person, ...] = ()
    credit_limit_minor: int = 100_000_000_000
    ledger: Mapping[str, Any] | None = None
    desk_token: str | None = None

    def __post_init__(self) -> None:
        if not BIC_PATTERN.fullmatch(self.bic):
            raise ValueError(f"bic {self.bic!r} is not a BIC (ISO 9362)")
        if not 0 < self.party_number < 2**32:
            raise ValueError(f"party_number {self.party_number} is outside 1 … 2**32 - 1")
        unknown = {person.role for person in self.staff} - set(ROLES)
        if unknown:
            raise ValueError(f"unknown staff roles {sorted(unknown)}; known are {sorted(ROLES)}")

    @property
    def persons(self) -> tuple[Person, ...]:
        """The staff, or seven persons named after role and bank when the configuration names none."""
        if self.staff:
            return self.staff
        seen: dict[str, int] = {}
        named = []
        for role in DEFAULT_STAFF:
            seen[role] = seen.get(role, 0) + 1
            number = f"-{seen[role]}" if DEFAULT_STAFF.count(role) > 1 else ""
            named.append(Person(f"{role}{number}@{self.bic}", role))
        return tuple(named)


def load_config(values: Mapping[str, Any]) -> BankConfig:
    """Build the settings from JSON values. Raises ValueError naming an unknown or missing key."""
    known = {item.name for item in fields(BankConfig)}
    unknown = set(values) - known
    if unknown:
        raise ValueError(f"unknown settings {sorted(unknown)}; known are {sorted(known)}")
    missing = {"data", "bic", "name", "party_number"} - set(values)
    if missing:
        raise ValueError(f"missing settings {sorted(missing)}")
    given = dict(values)
    given["data"] = Path(given["data"])
    if "business_day" in given:
        given["business_day"] = date.fromisoformat(given["business_day"])
    given["staff"] = tuple(Person(item["name"], item["role"]) for item in given.get("staff", ()))
    return BankConfig(**given)


def read_config_file(path: Path) -> dict[str, Any]:
    """The JSON object in `path`. Raises ValueError when it is something else."""
    values = json.loads(path.read_text("utf-8"))
    if not isinstance(values, dict):
        raise ValueError(f"{path} does not hold a JSON object")
    return values
