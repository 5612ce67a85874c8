"""Declarations: what persons of the parties say beside the ledger, signed and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, select

from gateway.adapters.ledger import declared
from gateway.bootstrap import Gateway, Unit, now
from gateway.db import own
from gateway.problems import Problem
from gateway.risk.book import Declarations, Declared, declared_of, role_names, signed_by
from gateway.risk.checks import check
from gateway.routers.common import DryRun, Reading, TheGateway, TheWrite
from gateway.routers.pages import ThePage, last
from gateway.schemas import risk as schemas
from gateway.schemas.fields import Note
from gateway.services.declaration_kinds import kind_of, read

router = APIRouter(tags=["declarations"])


@router.post("/declarations/prepare", response_model=schemas.ToSign)
def prepare(body: schemas.DeclareBody, unit: Reading, gateway: TheGateway) -> dict[str, Any]:
    """The EIP-712 document that the persons of a declaration must sign; what could not be kept is refused here."""
    return to_sign(gateway, unit.connection, body.kind, body.fields)


def to_sign(gateway: Gateway, connection: Connection, name: str, given: Mapping[str, str]) -> dict[str, Any]:
    """A declaration as it is signed. Raises Problem."""
    kind = kind_of(name)
    fields = read(kind, given)
    check(connection, kind, fields)
    return {
        "kind": kind.name,
        "fields": fields,
        "declaration": "0x" + declared.digest(gateway.domain, kind, fields).hex(),
        "typed_data": declared.typed_data(gateway.domain, kind, fields),
        "signers": [role_names(role) for role in kind.roles],
    }


@router.post(
    "/declarations",
    status_code=201,
    response_model=schemas.Declaration,
    responses={200: {"model": schemas.Declaration, "description": "of a dry run"}},
)
def declare(
    body: schemas.DeclarationBody, write: TheWrite, gateway: TheGateway, dry_run: DryRun = False
) -> Response:
    """Keep a declaration; the same again changes nothing."""

    def work(unit: Unit) -> dict[str, Any]:
        if body.kind == "choice of lender":
            raise Problem(
                "DECLARATION-KIND", "a lender is chosen among the offers for a certificate", field="kind",
                found=body.kind,
            )  # fmt: skip
        return describe(keep(gateway, unit, body.kind, body.fields, body.signatures))

    return write.once(body, work, dry_run=dry_run)


def keep(
    gateway: Gateway, unit: Unit, name: str, given: Mapping[str, str], signatures: Sequence[str]
) -> Declared:
    """Read, look at, and keep a declaration. Raises Problem."""
    kind = kind_of(name)
    fields = read(kind, given)
    digest = declared.digest(gateway.domain, kind, fields)
    book = Declarations(unit.connection)
    book.wait_for_turn()
    known = book.find("0x" + digest.hex())
    if known is not None:
        return known
    check(unit.connection, kind, fields)
    signed = signed_by(unit.connection, gateway.domain, kind, fields, signatures)
    return book.keep(kind, fields, digest, signed, now())


@router.get("/declarations", response_model=schemas.Declarations)
def declarations(
    unit: Reading,
    page: ThePage,
    kind: Annotated[Note | None, Query()] = None,
    subject: Annotated[Note | None, Query(description="what it is about, as its kind says")] = None,
) -> dict[str, Any]:
    """Declarations in the order in which they came, those taken back among them."""
    table = own.declarations
    query = select(table)
    if kind is not None:
        query = query.where(table.c.kind == kind)
    if subject is not None:
        query = query.where(table.c.subject == subject)
    rows = page.rows(unit.connection, query, table.c.place)
    names = ["0x" + bytes(row.declaration).hex() for row in rows]
    gone = Declarations(unit.connection).withdrawn(names)

    def show(row: Any) -> dict[str, Any]:
        found = declared_of(row)
        return describe(found, withdrawn=found.declaration in gone)

    return page.answer("declarations", rows, show, last("place"))


@router.get("/declarations/{declaration}", response_model=schemas.Declaration)
def declaration(declaration: str, unit: Reading) -> dict[str, Any]:
    """One declaration by its name."""
    book = Declarations(unit.connection)
    try:
        found = book.find(declaration)
    except ValueError:
        found = None
    if found is None:
        raise Problem(
            "DECLARATION-UNKNOWN", "no such declaration is kept", status=404, declaration=declaration
        )
    return describe(found, withdrawn=found.declaration in book.withdrawn([found.declaration]))


def describe(found: Declared, *, withdrawn: bool = False) -> dict[str, Any]:
    """A declaration as JSON."""
    return {
        "declaration": found.declaration, "kind": found.kind, "party": found.party, "subject": found.subject,
        "fields": dict(found.fields), "persons": list(found.persons), "block": found.block, "withdrawn": withdrawn,
    }  # fmt: skip
