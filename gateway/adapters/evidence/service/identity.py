"""Which invoice, and which vehicle, is which: the canonical key, and the keyed name that reveals nothing of it."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass

from vininfo import Vin
from vininfo.exceptions import ValidationError

from gateway.adapters.evidence.service.errors import Refused

# Nothing the canonical form keeps is a control character, so no two keys can run into each other.
_SEPARATOR = "\x1f"


def canonical(text: str) -> str:
    """NFKC, upper case, without spaces and punctuation; letters, digits and every zero stay.

    Symbols go too: a re-typed copy of a number must not become another invoice.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LMN")


@dataclass(frozen=True, slots=True)
class InvoiceKey:
    """An invoice's identity: seller's tax id, document type, number and year of issue, canonical."""

    seller_id: str
    document_type: str
    number: str
    issue_year: int

    def nullifier(self, secret: bytes) -> str:
        """HMAC-SHA256 of the key under the service's secret, as 0x hex of 32 bytes."""
        parts = (self.seller_id, self.document_type, self.number, str(self.issue_year))
        return "0x" + hmac.new(secret, _SEPARATOR.join(parts).encode(), hashlib.sha256).hexdigest()


def invoice_key(seller_id: str, document_type: str, number: str, issue_year: int) -> InvoiceKey:
    """The key of an invoice as written. Raises Refused(INVOICE-KEY-EMPTY) for a part without any."""
    key = InvoiceKey(canonical(seller_id), canonical(document_type), canonical(number), issue_year)
    for name in ("seller_id", "document_type", "number"):
        if not getattr(key, name):
            raise Refused("INVOICE-KEY-EMPTY", f"{name} has no letter or digit", status=422, field=name)
    return key


def vehicle_number(vin: str, secret: bytes) -> str:
    """What a lot bears of a vehicle's number, the same whoever asks: HMAC-SHA256 under the service's secret, as 0x hex.

    Vehicle numbers can be counted through, so only the secret keeps them. An invoice's key has four parts and this one
    two: none of them is the other. Raises Refused(VIN-FORM).
    """
    try:
        number = Vin.validate(canonical(vin))
    except ValidationError as error:
        raise Refused("VIN-FORM", str(error), status=422, field="vins") from error
    return "0x" + hmac.new(secret, _SEPARATOR.join(("VIN", number)).encode(), hashlib.sha256).hexdigest()
