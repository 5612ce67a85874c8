"""Trade documents over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.schemas.fields import (
    ONE_LINE,
    Amount,
    Body,
    Hash,
    Id,
    IsoDate,
    Name,
    Note,
    PartyNumber,
    Shown,
    Words,
    with_example,
)
from gateway.schemas.findings import Finding
from gateway.schemas.rules import Ruling

UnitCode = Annotated[str, StringConstraints(min_length=1, max_length=8, pattern=ONE_LINE)]
RuleId = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=ONE_LINE)]
Quantity = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,9})?$")]


class ReceiptBody(Body):
    """Goods a named person of the buyer saw come in."""

    model_config = with_example(
        order="PO-2026-0123", line="1", quantity="90", unit="EA", person="Storekeeper Zhou", day="2026-03-02"
    )

    order: Name = Field(examples=["PO-2026-0123"])
    line: Name = Field(examples=["1"])
    quantity: Quantity = Field(description="exact decimal", examples=["90"])
    unit: UnitCode = Field(description="UN/ECE recommendation 20", examples=["EA"])
    person: Name = Field(examples=["Storekeeper Zhou"])
    day: IsoDate


class DecisionBody(Body):
    """What a named person decided about an exception."""

    model_config = with_example(
        rule="NOT-RECEIVED", document="SP26-000318", person="Purchaser Qian", reason="counted again"
    )

    rule: RuleId = Field(examples=["NOT-RECEIVED"])
    document: Name = Field(examples=["po-2026-0123/invoice.xml#SP26-000318"])
    person: Name
    reason: Words
    line: Note = ""
    chosen: Note = ""
    due: IsoDate | None = None


class ConfirmationBody(Body):
    """A proposed payable that the buyer wants to confirm, under the nullifier the evidence service gave."""

    model_config = with_example(
        key="91310000MA1K35L86A|380|SP26000301|2026", nullifier="0x" + "11" * 32, debtor=101
    )

    key: Name = Field(description="of the proposal")
    nullifier: Hash
    debtor: PartyNumber


class Identifier(Shown):
    """What a party is known by in documents."""

    scheme: str
    value: str


class DocumentParty(Shown):
    """A party as its documents name it."""

    name: str
    identifiers: list[Identifier]


class Imported(Shown):
    """What became of a file."""

    file: str
    sha256: str
    status: str = Field(description="used, exception or unsupported")
    documents: list[str]
    exceptions: list[Finding]


class DocumentIn(Shown):
    """A document found in a file."""

    kind: str
    number: str


class File(Shown):
    """An imported file."""

    file: str
    sha256: str
    status: str
    documents: list[DocumentIn]
    exceptions: list[Finding]


class Files(Shown):
    """A page of imported files."""

    documents: list[File]
    next: str | None


class Match(Shown):
    """One invoice against orders and receipts."""

    invoice: str
    key: str | None
    seller: DocumentParty | None
    buyer: DocumentParty | None
    currency: str
    issued: str
    due: str | None
    invoiced: Amount
    prepaid: Amount
    credited: Amount
    net: Amount
    received: Amount
    proposed: Amount
    orders: list[str]
    receipts: list[str]
    credit_notes: list[str]
    exceptions: list[Finding]


class Matches(Shown):
    """A page of matches."""

    matches: list[Match]
    next: str | None


class Proposal(Shown):
    """A payable that a core enterprise may confirm; never above what was received."""

    key: str
    invoice: str
    seller: DocumentParty | None
    buyer: DocumentParty | None
    currency: str
    amount: Amount
    amount_minor: int
    due: str
    seller_tax_id: str
    document_type: str
    number: str
    issue_year: int
    evidence: list[str]


class Proposals(Shown):
    """A page of proposals."""

    proposals: list[Proposal]
    next: str | None


class Exceptions(Shown):
    """A page of exceptions."""

    exceptions: list[Finding]
    next: str | None


class Confirmation(Proposal):
    """The terms that maker and checker sign as an Issue, under their number on the ledger."""

    root: Id
    rulings: list[Ruling] = Field(description="what the rules say to it, each with its version")


class Recorded(Shown):
    """The receipt, as it was recorded."""

    recorded: ReceiptBody


class Decided(Shown):
    """The decision, as it was recorded."""

    decided: DecisionBody
