"""A receipt is prepared: its document is held against the ledger and what was declared, and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from gateway.db.goods_tables import lots
from gateway.db.receipts import keep_document
from gateway.db.vehicles import VehicleBook
from gateway.ids import format_id, parse_id
from gateway.problems import Problem
from gateway.risk.storage_requests import issue
from gateway.schemas.storage import ReceiptDocument, StorageBody, VehicleDocument
from gateway.schemas.vehicles import VehiclesBody
from gateway.services import storage as service
from gateway.services.vehicles import documents_of, vin_of


def prepare(
    connection: Connection, body: StorageBody, document: ReceiptDocument, vehicle: str | None, now: int
) -> dict[str, Any]:
    """Keep a receipt's document, and answer the act that is signed for it. `vehicle` is the evidence service's name of
    a vehicle's number; `now` in seconds since 1970. Raises Problem.
    """
    receipt = parse_id(body.receipt)
    lot = receipt if body.lot is None else parse_id(body.lot)
    message = service.message_of(
        document, keeper=body.keeper, depositor=body.depositor, inspector=body.inspector, lot=lot,
        receipt=receipt, decimals=body.decimals, pooled=body.pooled, vehicle=vehicle,
    )  # fmt: skip
    number = message["number"].removeprefix("0x")
    known = connection.execute(
        select(lots.c.lot).where(lots.c.number_hash == bytes.fromhex(number))
    ).scalar_one_or_none()
    if known is not None and known != lot:
        raise Problem(
            "GI-59", "these goods have a receipt already; more of a pool is stored under its lot",
            lot=format_id(known),
        )  # fmt: skip
    if body.request is not None:
        issue(connection, body, receipt, now)
    if isinstance(document, VehicleDocument):
        VehicleBook(connection).add(message["number"], document.certificate, now, "document.certificate")
    keep_document(connection, {
        "sha256": message["evidence"].removeprefix("0x"), "number_hash": number, "keeper": body.keeper,
        "place": document.place, "lot": document.lot, "content": service.canonical(document).decode(),
        "kept_at": now,
    })  # fmt: skip
    return {"evidence": message["evidence"], "message": message}


def read_all(body: VehiclesBody) -> list[VehicleDocument]:
    """The documents of all vehicles. Raises Problem: of the first that is wrong, `errors` naming every one."""
    found: list[VehicleDocument] = []
    wrong: dict[int, Problem] = {}
    for place, told in enumerate(documents_of(body)):
        try:
            found.append(service.read_vehicle(told))
        except Problem as problem:
            wrong[place] = problem
    refuse_all(wrong, len(body.vehicles))
    return found


def prepare_all(
    connection: Connection,
    body: VehiclesBody,
    documents: Sequence[VehicleDocument],
    numbers: Sequence[str],
    now: int,
) -> Iterator[dict[str, Any]]:
    """The acts for all vehicles, or none: raises Problem as `read_all` does, and nothing of the transaction counts."""
    wrong: dict[int, Problem] = {}
    seen: set[str] = set()
    made: list[dict[str, Any]] = []
    for place, (row, document, number) in enumerate(zip(body.vehicles, documents, numbers, strict=True)):
        one = StorageBody(
            document=document.model_dump(mode="json"), keeper=body.keeper, depositor=body.depositor,
            inspector=body.inspector, receipt=row.receipt, request=row.request,
        )  # fmt: skip
        try:
            if number in seen:
                raise Problem("GI-59", "the vehicle stands in the list twice", field="document.lot")
            seen.add(number)
            made.append(prepare(connection, one, document, number, now) | {"receipt": row.receipt})
        except Problem as problem:
            wrong[place] = problem
    refuse_all(wrong, len(body.vehicles))
    return iter(made)


def refuse_all(wrong: Mapping[int, Problem], of: int) -> None:
    """Raise Problem for the first vehicle that is wrong, with `errors` for every one; nothing where none is."""
    if not wrong:
        return
    errors = [_error(place, problem) for place, problem in wrong.items()]
    first = next(iter(wrong.values()))
    more = f"; {len(wrong)} of {of} vehicles are refused, and none is taken in" if of > 1 else ""
    evidence = {**first.evidence, "field": errors[0]["field"], "errors": errors}
    raise Problem(first.rule, first.sentence + more, status=first.status, **evidence)


def _error(place: int, problem: Problem) -> dict[str, Any]:
    told = problem.evidence
    # What one document has at fault stands in the list under the vehicle itself.
    field = str(told.get("field") or next(iter(told.get("errors") or [{}])).get("field") or "")
    name = f"vehicles.{place}.{field.removeprefix('document.')}".rstrip(".")
    return {
        "field": name.replace(".lot", ".vin"), "message": problem.sentence, "rule": problem.rule,
        "document": told.get("document", ""),
    }  # fmt: skip


def vins_of(documents: Sequence[ReceiptDocument]) -> list[str]:
    """The numbers of vehicles among what documents are of, in their order."""
    return [vin for vin in map(vin_of, documents) if vin is not None]
