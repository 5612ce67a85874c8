"""Banks over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from gateway.schemas.fields import (
    Amount,
    Body,
    Currency,
    Day,
    Hash,
    Id,
    Name,
    PartyNumber,
    Shown,
    with_example,
)

Bic = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{8}([A-Z0-9]{3})?$")]
AccountNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 /_.-]{1,34}$")]


class AccountBody(Body):
    """An account its owner tells the gateway of; the bank gave the commitment when it was opened."""

    model_config = with_example(
        bank=12,
        bic="QSCLCNSH",
        account="6222-0001",
        commitment="0x" + "22" * 32,
        owner=201,
        owner_name="Baoding Hengtong Parts Co.",
        currency="CNY",
        purpose="bound",
    )

    bank: PartyNumber
    bic: Bic = Field(examples=["QSCLCNSH"])
    account: AccountNumber
    commitment: Hash
    owner: PartyNumber
    owner_name: Name
    currency: Currency = Field(examples=["CNY"])
    purpose: str = Field(
        pattern=r"^[a-z0-9-]{1,16}$",
        examples=["bound"],
        description="bound, collection-N, special-N, clearing, funding or reserve-N",
    )


class Account(Shown):
    """An account that is known."""

    account: str
    commitment: str


class Side(Shown):
    """Payer or payee."""

    party: int
    bic: str
    account: str


class PaymentOrder(Shown):
    """A payment that the ledger expects."""

    end_to_end: str
    kind: str
    subject: Id
    loan: Id | None = Field(description="of a protector's money: the loan that it is for")
    payer: Side
    payee: Side
    amount: Amount
    amount_minor: int
    currency: str


class PaymentOrders(Shown):
    """A page of payments."""

    payments: list[PaymentOrder]
    next: str | None


class Instruction(Shown):
    """A payment that a payer was given to order, and where it stands."""

    end_to_end: str
    kind: str
    subject: Id
    state: str = Field(description="instructed, accepted, settled, rejected, unknown, returned or reversed")
    amount: Amount
    settled: Amount
    returned: Amount
    reversed: Amount
    currency: str
    day: Day
    problem: str = Field(description="id of the rule that is broken; empty: none")


class Instructions(Shown):
    """A page of instructions, by end-to-end id."""

    instructions: list[Instruction]
    next: str | None


class Received(Shown):
    """What became of a bank's message."""

    message: str
    state: str = Field(description="read, refused or differs")
    entries: int = Field(
        description="booked entries that it tells of; a repeated message has the first answer"
    )
    problem: str


class Message(Shown):
    """A message as a bank sent it."""

    bic: str
    message_id: str
    kind: str
    sha256: str
    received_at: int = Field(description="seconds since 1970")
    state: str
    problem: str


class Messages(Shown):
    """A page of messages."""

    messages: list[Message]
    next: str | None


class Entry(Shown):
    """A booked entry, and what it is about as the ledger stands now."""

    bic: str
    account: str
    reference: str
    part: int = Field(description="of an entry that a person allocated, from 1 on; 0: the whole entry")
    side: str
    amount: Amount
    currency: str
    value_day: int
    end_to_end: str
    state: str
    verb: str = Field(description="record, or reverse where the bank takes back a booking of its own")
    fact: dict[str, Any] | None = Field(description="the act of this verb, which the bank's people may sign")
    problem: str


class Entries(Shown):
    """A page of entries, by value day and reference."""

    entries: list[Entry]
    next: str | None
