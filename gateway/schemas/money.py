"""Money about which a person decides, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from gateway.schemas.banking import AccountNumber, Bic
from gateway.schemas.fields import Amount, Body, Day, Id, Name, Shown, Words, with_example

Exception_ = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f]*$")]
Decimal_ = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,3})?$")]
Kind = Literal[
    "PAYOUT", "REPAYMENT", "RECEIVED", "CREDITED", "COLLECTED", "SURPLUS", "RETURNED", "PROTECTED", "REIMBURSED", "BACK"
]  # fmt: skip


class Payee(Body):
    """To whom money goes back."""

    name: Name
    account: AccountNumber
    bic: Bic


class Part(Body):
    """What a part of an entry is about; BACK: it goes back, to the payee or to who paid it."""

    kind: Kind
    subject: Id = "0"
    loan: Id = Field("0", description="of a protector's money: the loan that it is for")
    amount: Decimal_ = Field(description="decimal text in units of the entry's currency")
    payee: Payee | None = None


class _Decided(Body):
    person: Name = Field(description="who decides")
    reason: Words


class Allocate(_Decided):
    """What an entry is about, in parts that add up to it."""

    model_config = with_example(
        person="Chen Yu",
        reason="the debtor wrote both invoice numbers into the remittance",
        parts=[
            {"kind": "RECEIVED", "subject": "433791696897", "amount": "60.00"},
            {"kind": "RECEIVED", "subject": "433791696898", "amount": "40.00"},
        ],
    )

    parts: list[Part] = Field(min_length=1, max_length=100)


class Link(_Decided):
    """Which payment, movement or message an entry is; exactly one of the three."""

    model_config = with_example(
        person="Chen Yu", reason="the bank cut the reference to 16 characters", end_to_end="ROOT-6500000001-0"
    )

    end_to_end: Reference | None = Field(None, description="the payment that was expected")
    entries: list[Reference] = Field(
        [], max_length=100, description="references of the entries that tell of this very movement"
    )
    message: Reference | None = Field(None, description="id of the message that holds, of those that differ")


class SendBack(_Decided):
    """The money goes back."""

    model_config = with_example(
        person="Chen Yu",
        reason="nobody here is owed this",
        payee={"name": "Payer Ltd", "account": "62000000009", "bic": "QSCLCNSH"},
    )

    payee: Payee | None = None


class Second(_Decided):
    """A second person agrees."""

    model_config = with_example(person="Wu Min", reason="seen with the debtor's letter")


class Candidate(Shown):
    """What an entry may be about."""

    why: str = Field(description="whole, respelled, cut, within (its reference); amount, counterparty, entry")
    end_to_end: str
    kind: str
    subject: Id
    amount: Amount
    entry: str


class Decision(Shown):
    """What was decided about an entry."""

    decision: str
    step: str = Field(description="proposed: a second person is missing; decided or seconded: it holds")
    exit: str
    person: str
    reason: str
    at: int = Field(description="seconds since 1970")
    parts: list[dict[str, Any]]
    same_as: list[str]


class Waiting(Shown):
    """An entry, or a part of one, about which a person has to decide."""

    id: str
    rule: str
    problem: str
    state: str = Field(description="exception, or returning: it waits for the debit that ends it")
    bic: str
    account: str
    reference: str
    part: int
    amount: Amount
    currency: str
    value_day: Day
    end_to_end: str
    returned: str
    since: int = Field(description="when a message first told of it, seconds since 1970")
    age_days: int
    transactions: list[dict[str, Any]] = Field(description="what messages tell of its transactions")
    parts: list[dict[str, Any]] = Field(description="the allocation its own transactions name, if they do")
    candidates: list[Candidate]
    proposed: Decision | None


class Queue(Shown):
    """A page of the desk's queue, the oldest first."""

    exceptions: list[Waiting]
    next: str | None


class Held(Shown):
    """Money that is held, and the act that releases it."""

    title: Id
    root: Id
    holder: int
    clearing_bank: int
    amount: Amount
    currency: str
    because: str = Field(description="frozen, returned, or lifted: the order that held it is gone")
    releasable: bool
    act: dict[str, Any] | None = Field(description="`releaseHeld`, for the clearing bank to sign")


class HeldMoney(Shown):
    """A page of held money, by title."""

    held: list[Held]
    next: str | None
