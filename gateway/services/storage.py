"""From goods that came in to the receipt that is signed for them: the document, its hash, and the act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypeVar

import rfc8785
from pydantic import ValidationError

from gateway.domain.calendar import day_of_date
from gateway.domain.goods_units import unit_number
from gateway.domain.records import MAX_AMOUNT
from gateway.problems import Problem
from gateway.schemas.storage import ReceiptDocument, VehicleDocument
from gateway.services.vehicles import is_vehicle, one_form, refuse_unnamed

_Document = TypeVar("_Document", bound=ReceiptDocument)


def read_document(told: Mapping[str, Any]) -> ReceiptDocument:
    """A receipt's document; of a vehicle in its one form, however its number was spelled.

    Raises Problem CC-909, with every item that is missing or cannot be read, and what `one_form` raises.
    """
    if is_vehicle(told):
        return read_vehicle(told)
    return refuse_unnamed(_read(ReceiptDocument, told))


def read_vehicle(told: Mapping[str, Any]) -> VehicleDocument:
    """A vehicle's document. Raises Problem as `read_document` does."""
    return one_form(_read(VehicleDocument, told))


def _read(form: type[_Document], told: Mapping[str, Any]) -> _Document:
    try:
        return form.model_validate(told)
    except ValidationError as error:
        faults = [_fault(each["loc"], each["type"], each["msg"]) for each in error.errors()]
        raise Problem("CC-909", faults[0]["message"], field=faults[0]["field"], errors=faults) from error


def _fault(where: Sequence[int | str], kind: str, said: str) -> dict[str, str]:
    field = ".".join(map(str, where))
    if kind == "missing":
        message = f"{field} is missing"
    elif kind == "extra_forbidden":
        message = f"a receipt says eight things, and {field} is not among these"
    elif field == "salt":
        message = "salt: 32 bytes in hexadecimal are expected"
    else:
        message = f"{field}: {said[:1].lower()}{said[1:]}"
    return {"field": field, "message": message}


def canonical(document: ReceiptDocument) -> bytes:
    """The bytes that are hashed, whoever writes them (RFC 8785)."""
    return rfc8785.dumps(document.model_dump(mode="json"))


def evidence_of(document: ReceiptDocument) -> str:
    """What the receipt bears of its document."""
    return "0x" + sha256(canonical(document)).hexdigest()


def number_of(keeper: int, place: str, lot: str, salt: str) -> str:
    """The commitment to the keeper's number of a lot: one set of goods, one number on the ledger."""
    stated: dict[str, str | int] = {
        "keeper": keeper,
        "place": place,
        "lot": lot,
        "salt": salt.removeprefix("0x").lower(),
    }
    return "0x" + sha256(rfc8785.dumps(stated)).hexdigest()


def in_units(quantity: str, decimals: int, field: str = "goods.quantity") -> int:
    """A quantity in the whole units that the lot counts. Raises Problem LOT-QUANTITY."""
    scaled = Decimal(quantity).scaleb(decimals)
    if scaled != scaled.to_integral_value():
        raise Problem(
            "LOT-QUANTITY", f"the lot counts {decimals} decimals of its unit", field=field,
            found=quantity,
        )  # fmt: skip
    if not 0 < scaled <= MAX_AMOUNT:
        raise Problem(
            "LOT-QUANTITY", f"a receipt is for 1 to {MAX_AMOUNT} units of its lot", field=field,
            found=quantity,
        )  # fmt: skip
    return int(scaled)


def message_of(
    document: ReceiptDocument,
    *,
    keeper: int,
    depositor: int,
    inspector: int,
    lot: int,
    receipt: int,
    decimals: int,
    pooled: bool,
    vehicle: str | None = None,
) -> dict[str, Any]:
    """The act `Store` as it is signed, without the time at which it dies; `vehicle` is what the evidence service gave
    for a vehicle's number. Raises Problem.
    """
    if document.period.last < document.period.first:
        raise Problem("CC-909", "the period of storage ends before it begins", field="period.last")
    # Fees are counted from the first day, and the ledger has the last: both are days that it knows.
    _ledger_day(document.period.first, "first")
    last_day = _ledger_day(document.period.last, "last")
    if isinstance(document, VehicleDocument) and (pooled or decimals):
        raise Problem(
            "VEHICLE-LOT",
            "a vehicle is a lot of its own, counted by one",
            field="pooled" if pooled else "decimals",
        )
    number = vehicle or number_of(keeper, document.place, document.lot, document.salt)
    return {
        "lot": str(lot),
        "receipt": str(receipt),
        "keeper": keeper,
        "depositor": depositor,
        "inspector": inspector,
        "unit": unit_number(document.goods.unit),
        "decimals": decimals,
        "pooled": pooled,
        "lastDay": last_day,
        "quantity": in_units(document.goods.quantity, decimals),
        "number": number,
        "evidence": evidence_of(document),
    }


def _ledger_day(when: date, name: str) -> int:
    try:
        return day_of_date(when)
    except ValueError as error:
        raise Problem("CC-909", str(error), field=f"period.{name}", found=when.isoformat()) from None
