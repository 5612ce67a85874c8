"""Requests to store goods and what followed each: a fold over the book of declarations and the ledger's titles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, select

from gateway.db import links
from gateway.db.own_storage import requested_receipts
from gateway.db.tables import titles
from gateway.domain.calendar import day_of_iso
from gateway.domain.storage_requests import Course, Step, forbids
from gateway.ids import format_id
from gateway.problems import Problem
from gateway.risk.book import Declarations, Declared, head_of
from gateway.schemas.storage import StorageBody, VehicleDocument
from gateway.services.doctor import Discrepancy
from gateway.services.storage import read_document
from gateway.services.vehicles import certificate_hash

REQUEST, WEIGHING, INSPECTION, REFUSAL = "storage request", "weighing", "inspection", "storage refusal"


@dataclass(frozen=True, slots=True)
class Requested:
    """A request, the declarations that followed it, and the id of the receipt that was prepared for it."""

    request: Declared
    weighing: Declared | None
    inspection: Declared | None
    refusal: Declared | None
    receipt: int | None
    course: Course

    @property
    def depositor(self) -> int:
        """Whose goods they are."""
        return self.request.party

    @property
    def keeper(self) -> int:
        """Who is asked to store them."""
        return int(self.request.fields["keeper"])


def requested(connection: Connection, declaration: str) -> Requested | None:
    """A request by its name; None where no declaration of this name is one."""
    book = Declarations(connection)
    request = book.find(declaration)
    if request is None or request.kind != REQUEST:
        return None
    weighing, inspection, refusal = (
        _last(book.of(kind, request.declaration)) for kind in (WEIGHING, INSPECTION, REFUSAL)
    )
    receipt = _receipt_of(connection, request.declaration)
    course = Course(
        requested=Decimal(request.fields["quantity"]),
        last_day=day_of_iso(request.fields["last"]),
        weighed=_quantity(weighing),
        inspected=_quantity(inspection),
        refused=refusal is not None,
        withdrawn=request.declaration in book.withdrawn([request.declaration]),
        stored=receipt is not None and _is_title(connection, receipt),
    )
    return Requested(request, weighing, inspection, refusal, receipt, course)


def _last(found: list[Declared]) -> Declared | None:
    return found[-1] if found else None


def _quantity(step: Declared | None) -> Decimal | None:
    return None if step is None else Decimal(step.fields["quantity"])


def _receipt_of(connection: Connection, declaration: str) -> int | None:
    table = requested_receipts.c
    query = select(table.receipt).where(table.request == bytes.fromhex(declaration[2:]))
    return connection.execute(query).scalar_one_or_none()


def _is_title(connection: Connection, receipt: int) -> bool:
    return connection.execute(select(titles.c.title).where(titles.c.title == receipt)).first() is not None


def check_step(connection: Connection, found: Requested, step: Step) -> None:
    """Raise Problem(STORAGE-STEP) when the step does not follow."""
    why = forbids(found.course, step, head_of(connection).day)
    if why is not None:
        raise Problem(
            "STORAGE-STEP", why, status=409, field="fields.request", keeps="CC-908",
            document=found.request.declaration,
        )  # fmt: skip


def issue(connection: Connection, body: StorageBody, receipt: int, now: int) -> None:
    """A receipt is prepared for a request: for what was found, between the parties who found it, under one id.

    Raises Problem(DECLARATION-UNKNOWN, STORAGE-STEP, STORAGE-DIFFERS), naming the field and the request.
    """
    assert body.request is not None
    Declarations(connection).wait_for_turn()
    name = "0x" + body.request.removeprefix("0x").lower()
    found = requested(connection, name)
    if found is None:
        raise Problem(
            "DECLARATION-UNKNOWN", "no such storage request is kept", status=404, field="request",
            document=name,
        )  # fmt: skip
    why = forbids(found.course, Step.RECEIPT, head_of(connection).day)
    if why is not None:
        raise Problem("STORAGE-STEP", why, status=409, field="request", keeps="CC-908", document=name)
    _check_same(found, body)
    if found.receipt is None:
        _bind(connection, name, receipt, now)
    elif found.receipt != receipt:
        raise Problem(
            "STORAGE-STEP", "one request, one receipt: another was prepared for it", status=409, field="receipt",
            keeps="GI-59", document=name, expected=format_id(found.receipt),
        )  # fmt: skip


def _check_same(found: Requested, body: StorageBody) -> None:
    assert found.inspection is not None
    document, fields = read_document(body.document), found.request.fields
    expected: dict[str, tuple[object, object, str]] = {
        "keeper": (body.keeper, found.keeper, "CC-908"),
        "depositor": (body.depositor, found.depositor, "CC-908"),
        "inspector": (body.inspector, found.inspection.party, "CC-909"),
        "document.place": (document.place, fields["place"], "CC-909"),
        "document.goods.unit": (document.goods.unit, fields["unit"], "CC-909"),
        "document.goods.quality": (document.goods.quality, found.inspection.fields["quality"], "CC-909"),
        "document.goods.quantity": (Decimal(document.goods.quantity), found.course.entitled, "CC-909"),
    }
    if isinstance(document, VehicleDocument):
        told = certificate_hash(document.certificate)
        expected["document.certificate"] = (told, fields["document"], "CC-908")
    for field, (said, right, keeps) in expected.items():
        if said != right:
            raise Problem(
                "STORAGE-DIFFERS", "a receipt is for the goods that were weighed and inspected, of the two the less",
                field=field, keeps=keeps, document=found.request.declaration, expected=str(right), found=str(said),
            )  # fmt: skip


def _bind(connection: Connection, name: str, receipt: int, now: int) -> None:
    table = requested_receipts.c
    taken = connection.execute(select(table.request).where(table.receipt == receipt)).scalar_one_or_none()
    if taken is not None:
        raise Problem(
            "STORAGE-STEP", "this receipt was prepared for another request", status=409, field="receipt",
            keeps="GI-59", document="0x" + bytes(taken).hex(),
        )  # fmt: skip
    row = {"request": bytes.fromhex(name[2:]), "receipt": receipt, "prepared_at": now}
    links.append(connection, links.STORAGE, requested_receipts, row)


def storage_discrepancies(connection: Connection) -> Iterator[Discrepancy]:
    """Where it was altered which receipt was prepared for which request, for the doctor to name."""
    query = select(requested_receipts).order_by(requested_receipts.c.place)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    for each in links.broken(connection, links.STORAGE, rows):
        name = "book storage" if each.row is None else f"receipt {format_id(each.row['receipt'])}"
        yield Discrepancy(name, each.column, each.found, each.right, "by the receipts prepared before it")
