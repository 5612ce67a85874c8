"""Trade documents: import, match, decide, confirm."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from gateway.adapters.documents import FileRead
from gateway.bootstrap import Unit, now
from gateway.db import own
from gateway.db.engine import insert_new
from gateway.db.order_cover import check_beside_orders
from gateway.db.trade import TradeBook, next_serial
from gateway.domain.matching import Decision, ProposedPayable, RecordedReceipt
from gateway.domain.trade_rules import Finding
from gateway.problems import Problem
from gateway.routers.common import FILE_BODY, Content, DryRun, Reading, TheWrite
from gateway.routers.confirming import rule_on_confirmation
from gateway.routers.pages import ThePage
from gateway.schemas import documents as schemas
from gateway.schemas.fields import Name
from gateway.services.trade import describe_finding, describe_match, describe_proposal

router = APIRouter(tags=["documents"])


@router.post("/documents", status_code=201, response_model=schemas.Imported, openapi_extra=FILE_BODY)
def add(
    write: TheWrite,
    name: Annotated[Name, Query(description="file name, as findings name it")],
    content: Content,
) -> Response:
    """Import one file as it is; it ends as used, exception or unsupported, and says why."""

    def work(unit: Unit) -> dict[str, Any]:
        read = TradeBook(unit.connection).add(name, content, now())
        return {
            "file": read.file,
            "sha256": read.sha256,
            "status": str(read.status),
            "documents": [document.ref.label for document in read.documents],
            "exceptions": [describe_finding(each) for each in read.exceptions],
        }

    return write.once(content, work)


@router.get("/documents", response_model=schemas.Files)
def documents(unit: Reading, page: ThePage) -> dict[str, Any]:
    """Every imported file and what became of it, by name."""
    found = page.of(TradeBook(unit.connection).files(), lambda file: file.file)

    def show(file: FileRead) -> dict[str, Any]:
        return {
            "file": file.file,
            "sha256": file.sha256,
            "status": str(file.status),
            "documents": [{"kind": str(each.kind), "number": each.number} for each in file.documents],
            "exceptions": [describe_finding(each) for each in file.exceptions],
        }

    return page.answer_of("documents", found, show)


@router.get("/matches", response_model=schemas.Matches)
def matches(unit: Reading, page: ThePage) -> dict[str, Any]:
    """The three-way match: every invoice, ordered, received, credited and proposed."""
    report = TradeBook(unit.connection).match()
    found = page.of(report.results, lambda result: result.invoice.label)
    return page.answer_of("matches", found, describe_match)


@router.get("/proposals", response_model=schemas.Proposals)
def proposals(unit: Reading, page: ThePage) -> dict[str, Any]:
    """Payables that a core enterprise may confirm."""
    report = TradeBook(unit.connection).match()
    found = page.of(report.proposals, lambda proposal: proposal.key.text())
    return page.answer_of("proposals", found, describe_proposal)


@router.get("/exceptions", response_model=schemas.Exceptions)
def exceptions(unit: Reading, page: ThePage) -> dict[str, Any]:
    """What of the match a person must look at. What is wrong with a file stands with the file."""
    report = TradeBook(unit.connection).match()
    found = page.of(report.exceptions, _place)
    return page.answer_of("exceptions", found, describe_finding)


def _place(finding: Finding) -> str:
    return "|".join((finding.file, finding.document, finding.line, finding.rule, finding.field))[:400]


@router.post("/receipts", status_code=201, response_model=schemas.Recorded)
def record_receipt(body: schemas.ReceiptBody, write: TheWrite) -> Response:
    """Record goods that came in without a receipt advice."""

    def work(unit: Unit) -> dict[str, Any]:
        receipt = RecordedReceipt(
            body.order, body.line, Fraction(body.quantity), body.unit, body.person, body.day
        )
        TradeBook(unit.connection).record_receipt(receipt)
        return {"recorded": body.model_dump(mode="json")}

    return write.once(body, work)


@router.post("/decisions", status_code=201, response_model=schemas.Decided)
def decide(body: schemas.DecisionBody, write: TheWrite) -> Response:
    """Record a person's decision about an exception."""

    def work(unit: Unit) -> dict[str, Any]:
        TradeBook(unit.connection).decide(Decision(**body.model_dump()))
        return {"decided": body.model_dump(mode="json")}

    return write.once(body, work)


@router.post(
    "/confirmations",
    status_code=201,
    response_model=schemas.Confirmation,
    responses={200: {"model": schemas.Confirmation, "description": "of a dry run"}},
)
def confirm(body: schemas.ConfirmationBody, write: TheWrite, dry_run: DryRun = False) -> Response:
    """Give a proposal its number on the ledger; the same proposal keeps its number.

    What comes back are the terms that the buyer's maker and checker then sign as an Issue. A dry run gives no number
    away: the one that it tells may go to another proposal.
    """

    def work(unit: Unit) -> dict[str, Any]:
        report = TradeBook(unit.connection).match()
        proposals = {each.key.text(): each for each in report.proposals}
        proposal = proposals.get(body.key)
        if proposal is None:
            raise Problem("NOT-PROPOSED", "nothing is proposed for this invoice", status=404, key=body.key)
        for result in report.results:
            if result.invoice == proposal.invoice:
                check_beside_orders(unit.connection, result, "key")
        root = _root_of(unit, body, proposal)
        return {
            "root": str(root), "invoice": proposal.invoice.label, **describe_proposal(proposal),
            "rulings": rule_on_confirmation(unit.connection, root, proposal),
        }  # fmt: skip

    return write.once(body, work, dry_run=dry_run)


def _root_of(unit: Unit, body: schemas.ConfirmationBody, proposal: ProposedPayable) -> int:
    """The number that was given to a proposal, or a new one."""
    table = own.confirmations
    known = select(table.c.root).where(table.c.invoice == body.key)
    root = unit.connection.execute(known).scalar_one_or_none()
    if root is None:
        row = {
            "invoice": body.key, "root": body.debtor << 32 | next_serial(unit.connection, body.debtor),
            "nullifier": bytes.fromhex(body.nullifier.removeprefix("0x")), "amount": proposal.amount,
            "document": proposal.invoice.label,
        }  # fmt: skip
        insert_new(unit.connection, table, row)
        root = unit.connection.execute(known).scalar_one()  # another gateway may have been first
    return int(root)
