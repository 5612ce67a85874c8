"""The JSON bodies the bank takes, checked before anything is done."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# ISO 20022 limits: names 140, identifiers 35 characters; amounts fit the 18 digits of a message.
Name = Annotated[str, StringConstraints(min_length=1, max_length=140)]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=35)]
Amount = Annotated[int, Field(strict=True, ge=0, lt=10**15)]
PositiveAmount = Annotated[int, Field(strict=True, gt=0, lt=10**15)]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
ReasonCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,4}$")]


class Body(BaseModel):
    """A body without room for misspelt fields."""

    model_config = ConfigDict(extra="forbid")


class AccountBody(Body):
    """An account to open; amounts in minor units."""

    owner_name: Name
    owner_reference: Identifier
    currency: CurrencyCode
    opening_balance_minor: Amount = 0


class LedgerBody(Body):
    """The EIP-712 domain of the ledger the bank signs for."""

    chain_id: Annotated[int, Field(gt=0)]
    verifying_contract: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$")]
    name: str | None = None
    version: str | None = None


class ClockBody(Body):
    """The business day to move to."""

    day: date


class ReleaseBody(Body):
    """The end-to-end id whose delayed or planned acts happen now."""

    end_to_end: Identifier


class BehaviourBody(Body):
    """One order about coming payments; see `behaviour.Behaviour`."""

    action: Literal["reject", "delay", "short", "twice", "return", "reverse", "unknown"]
    direction: Literal["out", "in"] = "out"
    end_to_end: Annotated[str, StringConstraints(min_length=1, max_length=70)] = "*"
    next: Annotated[int, Field(gt=0)] | None = None
    reason: ReasonCode | Literal[""] = ""
    until: date | None = None
    after_days: Annotated[int, Field(ge=0, le=3660)] | None = None
    amount_minor: PositiveAmount | None = None
    outcome: Literal["booked", "lost"] = "booked"


class TypedData(Body):
    """EIP-712 JSON."""

    types: dict[str, list[dict[str, str]]]
    primaryType: str
    domain: dict[str, Any]
    message: dict[str, Any]


class SignBody(Body):
    """A typed instruction and who is to sign it; `entries` are what a distribution pays out of."""

    person: str
    role: str | None = None
    typed_data: TypedData
    entries: list[Identifier] | None = None


class CreditMessage(Body):
    """Money another bank sends to an account here."""

    id: Identifier
    sender: str
    kind: Literal["credit"]
    creditor_account: str
    debtor_account: str
    debtor_name: str
    amount_minor: PositiveAmount
    instructed_minor: PositiveAmount
    currency: CurrencyCode
    end_to_end: Identifier
    instruction_id: str
    remittance: str


class GivenBackMessage(Body):
    """Money another bank gives back: a return, or the reversal of its own booking."""

    id: Identifier
    sender: str
    kind: Literal["return", "reversal"]
    original: Identifier
    amount_minor: PositiveAmount
    currency: CurrencyCode
    reason: ReasonCode


class RecallMessage(Body):
    """Another bank asks for its transfer back."""

    id: Identifier
    sender: str
    kind: Literal["recall"]
    original: Identifier
    undo: Literal["return", "reversal"]
    reason: ReasonCode


InterbankMessage = Annotated[CreditMessage | GivenBackMessage | RecallMessage, Field(discriminator="kind")]
