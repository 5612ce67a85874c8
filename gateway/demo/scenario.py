"""What a scenario file says; a default one serves any folder of documents."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.schemas.documents import DecisionBody, ReceiptBody


class Shown(BaseModel):
    """An invoice that is shown to the funding bank under another number than it has."""

    model_config = ConfigDict(extra="forbid")

    invoice: str = Field(min_length=1)
    number: str = Field(min_length=1)


Person = Literal["maker", "checker"]
Payment = Literal["any", "payout", "repayment", "due", "line", "surplus", "protection", "reimbursement"]

PREFIXES: dict[Payment, str] = {
    "any": "", "payout": "LOAN-", "repayment": "REPAY-", "due": "ROOT-", "line": "LINE-", "surplus": "SURP-",
    "protection": "PROT-", "reimbursement": "REIM-",
}  # fmt: skip


class BankOrder(BaseModel):
    """How a bank treats coming payments; the first order that fits a payment decides.

    `payment` says which: a lender's pay-out, a borrower's repayment, a debtor's payment at maturity, a line of a
    distribution, the surplus a lender hands on, what a guarantor or a reserve pays in a debtor's place, what a lender
    hands on to it later. `direction` is `out` at the payer's bank and `in` at the payee's, which can only reject,
    return or reverse. `next` counts payments down; without it all are meant. A delay, return or reversal happens
    `after_days` or on the day `until`. `amount_minor` is what a short payment pays.
    """

    model_config = ConfigDict(extra="forbid")

    bank: Literal["lender", "clearing"]
    action: Literal["reject", "delay", "short", "twice", "return", "reverse", "unknown"]
    payment: Payment = "any"
    direction: Literal["out", "in"] = "out"
    next: int | None = Field(None, gt=0)
    reason: str = Field("", pattern=r"^[A-Z0-9]{0,4}$")
    until: date | None = None
    after_days: int | None = Field(None, ge=0, le=3660)
    amount_minor: int | None = Field(None, gt=0)
    outcome: Literal["booked", "lost"] = "booked"

    @model_validator(mode="after")
    def _makes_sense(self) -> BankOrder:
        if self.action == "short" and self.amount_minor is None:
            raise ValueError("a short payment needs the amount_minor it pays")
        if self.direction == "in" and self.action not in ("reject", "return", "reverse"):
            raise ValueError(f"the payee's bank can reject, return or reverse a payment, not {self.action}")
        return self

    def behaviour(self) -> dict[str, Any]:
        """The order as the sandbox bank takes it."""
        body = self.model_dump(mode="json", exclude={"bank", "payment"}, exclude_none=True)
        return body | {"end_to_end": f"{PREFIXES[self.payment]}*"}


class Scenario(BaseModel):
    """As-of date, who is who, who decides what, how receivables are passed on and financed, what the banks answer.

    `files` are patterns of the files that take part (`po-2026-0117/*`); without it, every file of the folder does.
    `cores` names the buyers that take part, by an identifier or a name in their documents; without it every buyer
    does. `tier2` and `tier3` are names of new firms, or an identifier or name of a firm in the documents.
    Shares are parts of a receivable: tier 2 gets `tier2_share` of it, tier 3 `tier3_share` of what tier 2 got; tier 1
    pledges the rest and draws `draw_share` of its face value.
    """

    model_config = ConfigDict(extra="forbid")

    as_of: date | None = None
    files: list[str] = []
    cores: list[str] = []
    tier2: str = "Baoding Hengtong Parts Co."
    tier3: str = "Wenzhou Yada Fasteners Co."
    approvers: tuple[Person, Person] = ("maker", "checker")
    receipts: list[ReceiptBody] = []
    decisions: list[DecisionBody] = []
    tier2_share: Decimal = Field(default=Decimal("0.40"), ge=0, lt=1)
    tier3_share: Decimal = Field(default=Decimal("0.375"), ge=0, lt=1)
    draw_share: Decimal = Field(default=Decimal("0.70"), gt=0, le=Decimal("0.8"))
    rate_ppm: int = Field(default=54_000, ge=0, lt=1 << 24)
    finance: bool = True
    early_repayment: bool = True
    banks: list[BankOrder] = []
    shown: list[Shown] = []

    def takes(self, file: str) -> bool:
        """Whether a file of the folder takes part."""
        return not self.files or any(fnmatch(file, pattern) for pattern in self.files)

    @classmethod
    def read(cls, path: Path | None) -> Scenario:
        """A scenario file (JSON), or the default; raises pydantic's ValidationError naming the field."""
        return cls() if path is None else cls.model_validate(json.loads(path.read_text()))
