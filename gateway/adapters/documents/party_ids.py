"""Party identifiers: one name per scheme, and the check that belongs to it.

Schemes come as ISO 6523 codes (Peppol), as words (UBL 2.0 and 2.1) or not at all. A scheme we do not know is
kept as written and not checked.
"""

from __future__ import annotations

from functools import lru_cache

from stdnum import ean, get_cc_module, lei
from stdnum.cn import uscc

from gateway.adapters.documents.reading import Reading
from gateway.domain.identifiers import uscc_inner_valid
from gateway.domain.trade import Identifier, Origin

_SCHEMES = {
    "0002": "FR:SIREN", "0007": "SE:ORGNR", "0009": "FR:SIRET", "0037": "FI:OVT", "0060": "DUNS",
    "0088": "GLN", "0096": "DK:CVR", "0106": "NL:KVK", "0184": "DK:CVR", "0190": "NL:OIN",
    "0192": "NO:ORGNR", "0195": "SG:UEN", "0196": "IS:KENNITALA", "0199": "LEI", "0204": "DE:LEITWEG",
    "0208": "BE:KBO", "0210": "IT:CF", "0211": "IT:IVA", "0213": "FI:VAT", "0216": "FI:OVT",
    "EAN": "GLN", "GLN": "GLN", "GS1": "GLN", "LEI": "LEI", "USCC": "USCC", "CN:USCC": "USCC",
    "GB32100": "USCC", "GB 32100-2015": "USCC", "DUNS": "DUNS", "CVR": "DK:CVR", "DK:CVR": "DK:CVR",
    "DKVAT": "VAT", "BEVAT": "VAT", "VAT": "VAT", "UK VAT": "VAT",
}  # fmt: skip
_COUNTRY_CHECKS = {
    "FR:SIREN": ("fr", "siren"), "FR:SIRET": ("fr", "siret"), "SE:ORGNR": ("se", "orgnr"),
    "DK:CVR": ("dk", "cvr"), "NO:ORGNR": ("no", "orgnr"), "SG:UEN": ("sg", "uen"),
    "IS:KENNITALA": ("is", "kennitala"), "DE:LEITWEG": ("de", "leitweg"), "BE:KBO": ("be", "vat"),
    "IT:CF": ("it", "codicefiscale"), "IT:IVA": ("it", "iva"),
}  # fmt: skip


def scheme_name(scheme: str) -> str:
    """The one name we use for a scheme; what we do not know stays as written, in upper case."""
    key = " ".join(scheme.upper().split())
    if key.startswith("99") and len(key) == 4 and key.isdigit():
        return "VAT"  # ISO 6523 9900-9999: national VAT registrations of the Peppol participant list
    return _SCHEMES.get(key, key)


def identifier(
    reading: Reading, field: str, origin: Origin, scheme: str, value: str, country: str = ""
) -> Identifier | None:
    """One identifier of a party, checked where its scheme has a check; None for an empty value.

    An 18-character tax or company number of a Chinese party is a USCC whatever the scheme says: it is the
    only number of that form by law.
    """
    if not value:
        return None
    name = reading.name(scheme_name(scheme), f"{field}/@schemeID")
    compact = reading.name("".join(value.split()), field)
    if country == "CN" and origin in (Origin.TAX, Origin.LEGAL) and len(compact) == 18:
        name = "USCC"
    valid = _valid(name, compact, country)
    if valid is False:
        legal = name in ("USCC", "LEI")
        rule = "LEGAL-ID-CHECK" if legal else "IDENTIFIER-CHECK"
        reading.note(rule, field, f"{name} {compact[:40]} fails its check", f"a valid {name}", compact[:40])
    return Identifier(name, compact, origin, valid)


@lru_cache(maxsize=4096)
def _valid(name: str, value: str, country: str) -> bool | None:
    if name == "USCC":
        return bool(uscc.is_valid(value)) and value == uscc.compact(value) and uscc_inner_valid(value)
    if name == "LEI":
        return bool(lei.is_valid(value))
    if name == "GLN":
        return len(value) == 13 and bool(ean.is_valid(value))
    if name == "VAT":
        return _vat_valid(value, country)
    module = get_cc_module(*_COUNTRY_CHECKS[name]) if name in _COUNTRY_CHECKS else None
    return None if module is None else bool(module.is_valid(value))


def _vat_valid(value: str, country: str) -> bool | None:
    """The check of the country in the number's prefix, else of the party's country; None where unknown."""
    prefix = value[:2].lower()
    stated = {"el": "gr"}.get(prefix, prefix) if prefix.isalpha() else country.lower()
    known = len(stated) == 2 and stated.isascii() and stated.isalpha()
    module = get_cc_module(stated, "vat") if known else None
    return None if module is None else bool(module.is_valid(value))
