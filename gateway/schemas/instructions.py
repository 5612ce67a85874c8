"""Acts and operations over HTTP."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gateway.schemas.fields import Body, Shown, with_example
from gateway.schemas.loans import Quote

Verb = Field(pattern=r"^[A-Za-z]{1,32}$", examples=["assign"], description="a verb of the ledger's contracts")


class PrepareBody(Body):
    """An act to be signed."""

    model_config = with_example(
        function="assign",
        message={
            "title": "866000896001",
            "sequence": 0,
            "to": 301,
            "expiresAt": 1790000000,
            "evidence": "0x" + "33" * 32,
        },
    )

    function: str = Verb
    message: dict[str, Any] = Field(
        description="the act's fields by name; an id may be written PARTY-SERIAL, a day YYYY-MM-DD"
    )


class Prepared(Shown):
    """What a wallet, an HSM or a bank's desk is shown, and what it signs."""

    function: str
    typed_data: dict[str, Any] = Field(description="the EIP-712 document")
    digest: str = Field(description="what all co-signers sign")
    parts: dict[str, str] = Field(description="what goes with the act: name and ABI type")


class InstructionBody(Body):
    """A signed act: `parts` holds signatures and unsigned hints by name.

    The fields of a verb that nobody signs stand in `message`, or in `parts`.
    """

    function: str = Verb
    message: dict[str, Any] = Field(default={}, description="the act's fields by name")
    parts: dict[str, Any] = Field(default={}, description="64-byte signatures (EIP-2098) and hints by name")
    order_key: str | None = Field(
        default=None,
        pattern=r"^[ -~]{1,100}$",
        description="acts with the same one take effect in their order",
    )


class InstructionsBody(Body):
    """Signed acts, each of which stands or falls by itself once taken; they are taken all or none."""

    model_config = with_example(
        instructions=[
            {
                "function": "assign",
                "message": {
                    "title": "866000896001",
                    "sequence": 0,
                    "to": 301,
                    "expiresAt": 1790000000,
                    "evidence": "0x" + "33" * 32,
                },
                "parts": {"holder": "0x" + "44" * 64, "acquirer": "0x" + "55" * 64},
            }
        ]
    )

    instructions: list[InstructionBody] = Field(min_length=1, max_length=1000)


class Place(Shown):
    """Where to ask what became of an instruction."""

    key: str
    href: str


class Accepted(Shown):
    """One place for each instruction, in their order."""

    operations: list[Place]


class Operation(Shown):
    """Where an instruction is on its way to the chain."""

    key: str
    function: str
    state: str = Field(description="pending, claimed, batched, mined, final, refused or failed")
    reason: str | None = Field(description="the contracts' reason code by name, when it was refused")
    sentence: str | None
    rule: str | None
    error: str | None
    transaction: str | None
    block: int | None


class TermsFault(Shown):
    """A field of a draw whose terms the ledger cannot hold to (DEC-16)."""

    field: str
    sentence: str


class Tried(Shown):
    """What would become of one act at the block."""

    place: int = Field(description="in the request, from 0")
    function: str
    would: str = Field(description="be done, be refused or fail")
    reason: str | None
    sentence: str | None
    rule: str | None
    error: str | None
    quote: Quote | None = Field(
        description="of a draw under a facility that is known, whose terms can be kept"
    )
    terms_unfit: list[TermsFault] = Field(
        description="of a draw: the fields for which its terms cannot be kept"
    )


class Trial(Shown):
    """A dry run: nothing was stored and nothing was sent."""

    block: int
    relayer: str = Field(description="in whose name the calls were tried")
    items: list[Tried]
    gas: int = Field(description="of the transactions that would carry what would be done")
