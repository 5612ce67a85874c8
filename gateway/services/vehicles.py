"""Vehicles in store: the receipt's document of one, and the certificate of conformity that goes with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NoReturn

import rfc8785

from gateway.problems import Problem
from gateway.schemas.storage import ConformityCertificate, ReceiptDocument, VehicleDocument
from gateway.schemas.vehicles import VehiclesBody
from gateway.services.vehicle_numbers import LOT_PREFIX, is_vin, read_vin

PIECE = "C62"


def is_vehicle(told: Mapping[str, Any]) -> bool:
    """Whether a document is to be one of a vehicle."""
    return "certificate" in told or str(told.get("lot", "")).lower().startswith(LOT_PREFIX)


def refuse_unnamed(document: ReceiptDocument) -> ReceiptDocument:
    """Any other document; one of a single thing whose lot is a vehicle's number would hide a vehicle.

    Raises Problem(VEHICLE-LOT).
    """
    if document.goods.unit == PIECE and is_vin(document.lot):
        raise Problem(
            "VEHICLE-LOT", "a vehicle's lot is vin/ and its number, and its certificate stands in the document",
            field="document.lot",
        )  # fmt: skip
    return document


def one_form(document: VehicleDocument) -> VehicleDocument:
    """A vehicle's document with its number in one form in lot and certificate.

    Raises Problem: VEHICLE-NUMBER, VEHICLE-LOT, CERTIFICATE-DIFFERS, each with the field at fault.
    """
    if not document.lot.lower().startswith(LOT_PREFIX):
        _refuse("VEHICLE-LOT", "document.lot", "a vehicle's lot is vin/ and its number", document)
    vin = number_in("document.lot", document.lot[len(LOT_PREFIX) :], document.certificate)
    certificate = certified(vin, document.certificate, "document.certificate")
    if document.goods.unit != PIECE or document.goods.quantity != "1":
        _refuse("VEHICLE-LOT", "document.goods.quantity", "a vehicle is one piece: 1 C62", document)
    return document.model_copy(update={"lot": LOT_PREFIX + vin, "certificate": certificate})


def certified(vin: str, certificate: ConformityCertificate, field: str) -> ConformityCertificate:
    """A vehicle's certificate with its number in one form. Raises Problem(VEHICLE-NUMBER, CERTIFICATE-DIFFERS)."""
    named = number_in(f"{field}.vin", certificate.vin, certificate)
    if named != vin:
        raise Problem(
            "CERTIFICATE-DIFFERS", "the certificate is another vehicle's", field=f"{field}.vin",
            document=certificate.number, expected=vin, found=named,
        )  # fmt: skip
    return certificate.model_copy(update={"vin": named})


def number_in(field: str, text: str, certificate: ConformityCertificate) -> str:
    """A vehicle's number in its one form. Raises Problem(VEHICLE-NUMBER)."""
    try:
        return read_vin(text)
    except ValueError as error:
        raise Problem(
            "VEHICLE-NUMBER", str(error), field=field, document=certificate.number, found=text
        ) from None


def vin_of(document: ReceiptDocument) -> str | None:
    """The number of the vehicle that a document in its one form is of; None where it is of other goods."""
    return document.certificate.vin if isinstance(document, VehicleDocument) else None


def certificate_content(certificate: ConformityCertificate) -> bytes:
    """The bytes that are hashed, whoever writes them (RFC 8785)."""
    return rfc8785.dumps(certificate.model_dump(mode="json"))


def certificate_hash(certificate: ConformityCertificate) -> str:
    """What declarations about a certificate name it by."""
    return "0x" + sha256(certificate_content(certificate)).hexdigest()


def _refuse(rule: str, field: str, sentence: str, document: VehicleDocument) -> NoReturn:
    raise Problem(rule, sentence, field=field, document=document.certificate.number)


def documents_of(body: VehiclesBody) -> Iterator[dict[str, Any]]:
    """The receipts' documents of a dealer's vehicles, as they are told: read each before it is relied on."""
    common = body.document.model_dump(mode="json")
    quality, packing = common.pop("quality"), common.pop("packing")
    for row in body.vehicles:
        certificate = row.certificate.model_dump(mode="json")
        goods = {
            "description": f"{certificate['manufacturer']} {certificate['model']}"[:300],
            "quantity": "1", "unit": PIECE, "quality": quality, "packing": packing, "packages": 0,
            "marks": certificate["number"],
        }  # fmt: skip
        yield {
            **common, "lot": LOT_PREFIX + row.vin, "salt": row.salt, "goods": goods, "certificate": certificate,
            "price": None if row.price is None else row.price.model_dump(mode="json"),
        }  # fmt: skip
