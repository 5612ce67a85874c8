"""Who holds a vehicle's certificate of conformity while it secures a facility: a fold over the book of declarations.

The paper is the control document: without it no car is registered, so it lies with the lender's control agent from
before the pledge until after the release. Its custodian says both, each once and in this order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.adapters.ledger.words import SETTLED, SPENT
from gateway.db import tables as ledger
from gateway.db.goods_tables import lots
from gateway.db.margin_tables import goods_terms
from gateway.db.receipts import kept_document
from gateway.db.vehicles import Vehicle, VehicleBook
from gateway.ids import format_id
from gateway.problems import Problem
from gateway.risk.book import Declarations, Declared

TAKEN, RETURNED = "certificate custody", "certificate return"
RULE = "CERTIFICATE-CUSTODY"

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Custody:
    """A certificate in custody: with whom, for which facility, by which declaration."""

    custodian: int
    facility: int
    declaration: str


def custody_of(connection: Connection, certificate: str, until: int | None = None) -> Custody | None:
    """Where a certificate is, by its hash; None where nobody holds it for a lender. `until`: as of that block."""
    book = Declarations(connection)
    taken = book.of(TAKEN, certificate, until=until)
    returned = book.of(RETURNED, certificate, until=until)
    if not taken or (returned and returned[-1].place > taken[-1].place):
        return None
    return _custody(taken[-1])


def _custody(taken: Declared) -> Custody:
    return Custody(taken.party, int(taken.fields["facility"]), taken.declaration)


def check_taken(connection: Connection, fields: Fields) -> None:
    """Raise Problem unless the facility's control agent may take this certificate into custody for it."""
    vehicle = _vehicle(connection, fields)
    facility, custodian = int(fields["facility"]), int(fields["custodian"])
    agent = connection.execute(
        select(goods_terms.c.control_agent).where(goods_terms.c.facility == facility)
    ).scalar_one_or_none()
    if agent is None:
        raise _wrong("facility", "nothing has been agreed of goods under this facility")
    if agent != custodian:
        raise _wrong("custodian", "another party is the facility's control agent", expected=str(agent))
    if fields["receivedFrom"] == fields["custodian"]:
        raise _wrong("receivedFrom", "nobody receives a paper from itself")
    held = custody_of(connection, vehicle.hash)
    if held is not None:
        raise _step(vehicle, "certificate", "the certificate is in custody already", held.facility)
    receipt = _receipt(connection, vehicle)
    if receipt is not None and receipt.lock not in (0, facility):
        raise _step(vehicle, "facility", "the vehicle secures another facility", receipt.lock)


def check_returned(connection: Connection, fields: Fields) -> None:
    """Raise Problem unless its custodian may hand this certificate back: to the holder of what is free again."""
    vehicle = _vehicle(connection, fields)
    held = custody_of(connection, vehicle.hash)
    if held is None:
        raise _step(vehicle, "certificate", "nobody holds the certificate in custody", None)
    if held.custodian != int(fields["custodian"]):
        raise _wrong("custodian", "another party holds the certificate", expected=str(held.custodian))
    receipt = _receipt(connection, vehicle)
    if receipt is None:
        return
    if receipt.lock == held.facility:
        raise _step(
            vehicle, "certificate", "the vehicle still secures the facility: release it first", receipt.lock
        )
    if receipt.holder != int(fields["receivedBy"]):
        raise _wrong(
            "receivedBy", "the certificate goes to who holds the receipt", expected=str(receipt.holder)
        )


def check_pledged(connection: Connection, title: int, facility: int, field: str) -> None:
    """Raise Problem unless what is to be pledged is no vehicle, or one whose certificate is held for this facility.

    A receipt whose document is a vehicle's and whose lot bears another number than the vehicle's is refused as well.
    """
    table = ledger.titles.c
    query = select(lots.c.number_hash, lots.c.evidence).join(ledger.titles, table.root == lots.c.lot)
    lot = connection.execute(query.where(table.title == title)).one_or_none()
    if lot is None:
        return  # no receipt, or none that was read yet: the ledger says so
    number = lot.number_hash.hex()
    vehicle = VehicleBook(connection).of_numbers([number]).get(number)
    if vehicle is None:
        if "certificate" in (kept_document(connection, lot.evidence.hex()) or {}):
            raise Problem(
                "VEHICLE-LOT", "its document is a vehicle's, and its lot bears another number than the vehicle's",
                field=field, receipt=format_id(title),
            )  # fmt: skip
        return
    held = custody_of(connection, vehicle.hash)
    if held is None or held.facility != facility:
        raise Problem(
            RULE, "the facility's control agent does not hold the vehicle's certificate", field=field,
            receipt=format_id(title), document=vehicle.hash, facility=facility,
            held_for=None if held is None else held.facility,
        )  # fmt: skip


def _receipt(connection: Connection, vehicle: Vehicle) -> Row[Any, Any] | None:
    """Holder and lock of the living receipt of a vehicle; None where it has none."""
    title = ledger.titles.c
    query = (
        select(title.holder, title.lock)
        .join(lots, title.root == lots.c.lot)
        .where(
            lots.c.number_hash == bytes.fromhex(vehicle.number[2:]), title.flags.op("&")(SPENT | SETTLED) == 0
        )
    )
    return connection.execute(query).first()


def _vehicle(connection: Connection, fields: Fields) -> Vehicle:
    found = VehicleBook(connection).of_certificate(fields["certificate"])
    if found is None:
        raise _wrong(
            "certificate", "no vehicle with this certificate was taken in", document=fields["certificate"]
        )
    return found


def _wrong(name: str, sentence: str, **evidence: object) -> Problem:
    return Problem("DECLARATION-FIELD", sentence, status=422, field=f"fields.{name}", **evidence)


def _step(vehicle: Vehicle, name: str, sentence: str, facility: int | None) -> Problem:
    return Problem(
        RULE, sentence, status=409, field=f"fields.{name}", document=vehicle.hash, facility=facility
    )
