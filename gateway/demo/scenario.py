"""What a scenario file says; a default one serves any folder of documents."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Receipt(BaseModel):
    """Goods a named person of the buyer saw come in, for orders without a receipt advice."""

    model_config = ConfigDict(extra="forbid")

    order: str
    line: str
    quantity: str
    unit: str
    person: str
    day: date


class Resolution(BaseModel):
    """What a named person decides about an exception."""

    model_config = ConfigDict(extra="forbid")

    rule: str
    document: str
    person: str
    reason: str
    line: str = ""
    chosen: str = ""
    due: date | None = None


class BankOrder(BaseModel):
    """How a bank misbehaves: see the sandbox bank's behaviours."""

    model_config = ConfigDict(extra="allow")

    bank: Literal["lender", "clearing"]
    action: str


class Scenario(BaseModel):
    """As-of date, who decides what, how receivables are passed on and financed, and what the banks answer.

    Shares are parts of a receivable: tier 2 gets `tier2_share` of it, tier 3 `tier3_share` of what tier 2 got; tier 1
    pledges the rest and draws `draw_share` of its face value.
    """

    model_config = ConfigDict(extra="forbid")

    as_of: date | None = None
    approvers: tuple[str, str] = ("maker", "checker")
    receipts: list[Receipt] = []
    decisions: list[Resolution] = []
    tier2_share: Decimal = Field(Decimal("0.40"), ge=0, lt=1)
    tier3_share: Decimal = Field(Decimal("0.375"), ge=0, lt=1)
    draw_share: Decimal = Field(Decimal("0.70"), gt=0, le=Decimal("0.8"))
    rate_ppm: int = Field(54_000, ge=0, lt=1 << 24)
    finance: bool = True
    early_repayment: bool = True
    banks: list[BankOrder] = []

    @classmethod
    def read(cls, path: Path | None) -> Scenario:
        """A scenario file (JSON), or the default; raises pydantic's ValidationError naming the field."""
        return cls() if path is None else cls.model_validate(json.loads(path.read_text()))
