"""What the banks said about the payments ordered with them, and what nobody but a person can put right."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx2

from gateway.adapters.kit.iso20022 import read_pain002
from gateway.demo.stage import expect

ACCEPTED = 202
NOT_FOUND = 404
BOOKED_SECONDS = 30.0
"""How long the entry of a payment that its bank calls done may take to arrive."""
SILENT_SECONDS = 3.0
"""How long a payment is waited for of which the bank says nothing; after that only a statement tells."""


class Standing(StrEnum):
    """Where a payment stands at the payer's bank."""

    DONE = "done"
    WAITING = "waiting"
    REJECTED = "rejected"
    SILENT = "silent"


_STANDINGS = {"PDNG": Standing.WAITING, "RJCT": Standing.REJECTED}


@dataclass(slots=True)
class Sent:
    """A payment ordered at a bank under `reference`; `order` is what the ledger expects, empty for a free payment."""

    bank: httpx2.Client
    reference: str
    order: Mapping[str, Any]
    attempt: int = 1
    standing: Standing = Standing.DONE
    reason: str = ""
    since: float = field(default_factory=time.monotonic)
    closed: bool = False
    """Answered for: its entry was taken or refused by the ledger, or its rejection was dealt with."""

    def send(self, document: bytes) -> None:
        """Hand the pain.001 in and read what the bank says at once."""
        answer = self.bank.post("/payments", content=document, headers={"content-type": "application/xml"})
        self._read(answer)

    def ask(self) -> None:
        """Ask the bank where the payment stands now."""
        self._read(self.bank.get(f"/payments/{self.reference}/status"))

    def _read(self, answer: httpx2.Response) -> None:
        if answer.status_code in (ACCEPTED, NOT_FOUND):
            self.standing = Standing.SILENT
            return
        for payment in read_pain002(expect(answer)).payments:
            standing = _STANDINGS.get(payment.status, Standing.DONE)
            if standing is not self.standing:
                self.since = time.monotonic()
            self.standing, self.reason = standing, ", ".join(payment.reasons)

    @property
    def under_way(self) -> bool:
        """Whether an entry of it can still arrive by itself."""
        if self.closed or self.standing in (Standing.REJECTED, Standing.WAITING):
            return False
        patience = SILENT_SECONDS if self.standing is Standing.SILENT else BOOKED_SECONDS
        return time.monotonic() - self.since < patience


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a lender takes or pays nothing."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class MoneyException:
    """Money that did not go as the ledger expects. While it is `open`, a person still has to put something right."""

    document: str
    rule: str
    field: str
    message: str
    expected: str = ""
    found: str = ""
    open: bool = True

    def row(self) -> dict[str, Any]:
        """As the report has it."""
        return {
            "file": "", "document": self.document, "line": "", "rule": self.rule, "field": self.field,
            "message": self.message, "expected": self.expected, "found": self.found, "open": self.open,
        }  # fmt: skip
