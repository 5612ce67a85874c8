"""Kinds of fields that requests and answers share; their ranges are those of ledger and database."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from gateway.money import currency_codes

PARTY_MOST, SIGNED_MOST = (1 << 32) - 1, (1 << 63) - 1

PartyNumber = Annotated[int, Field(ge=1, le=PARTY_MOST, description="a party's number on the ledger")]
Hash = Annotated[
    str, StringConstraints(pattern=r"^(0x)?[0-9a-fA-F]{64}$"), Field(description="32 bytes in hexadecimal")
]
Amount = Annotated[
    str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="decimal text in units of the currency")
]
Id = Annotated[str, Field(pattern=r"^[0-9]{1,20}$", description="an id as one decimal number")]
SplitId = Annotated[str, Field(pattern=r"^[0-9]+-[0-9]+$", description="an id as party-serial")]
Day = Annotated[
    str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="a calendar day of Asia/Shanghai")
]
Currency = Annotated[
    str, StringConstraints(pattern=f"^({'|'.join(sorted(currency_codes().values()))})$"),
    WithJsonSchema({"type": "string", "enum": sorted(currency_codes().values()), "description": "ISO 4217"}),
]  # fmt: skip


ONE_LINE = r"^[^\x00-\x1f]*$"  # no number, name or reason has control characters

Name = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=ONE_LINE)]
Note = Annotated[str, StringConstraints(max_length=300, pattern=ONE_LINE)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=ONE_LINE)]


def _iso_text(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return value
    raise ValueError("a calendar day is written YYYY-MM-DD")


IsoDate = Annotated[date, BeforeValidator(_iso_text)]
"""Not the numbers of seconds that dates are read from elsewhere."""


class Body(BaseModel):
    """What a caller sends: no field that is not named."""

    model_config = ConfigDict(extra="forbid")


def with_example(**example: Any) -> ConfigDict:
    """A body's configuration with one example of it, for the interface's document."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class Shown(BaseModel):
    """What the gateway answers."""

    model_config = ConfigDict(extra="forbid")


class Refused(BaseModel):
    """A refusal as RFC 9457 writes it; more members say what the rule was applied to."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="urn:tallystick:rule: and the rule")
    title: str = Field(description="why, as a sentence")
    status: int
    rule: str = Field(description="id of the rule that was broken")


class Because(Shown):
    """Why something is not to be done."""

    rule: str
    sentence: str


class Seen(Shown):
    """The block at which an answer is true."""

    block: int = Field(ge=-1, description="-1: nothing has been read yet")
    hash: str | None
    time: str | None = Field(description="when it was sealed, RFC 3339")


class Health(Shown):
    """Whether the gateway answers, and where its ledger stands."""

    chain_id: int
    ledger: str = Field(description="address of the contract that parties sign for")
    block: int | None = Field(description="the chain's last")
    time: int | None = Field(description="of that block, in seconds since 1970")
    indexed: int = Field(description="the last block that was read; -1: none")
