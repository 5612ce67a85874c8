"""Hardened XML: no document types, no entities, bounded size; every element is reached by its path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, timedelta, timezone
from decimal import Decimal
from enum import Enum
from importlib import import_module
from typing import Any, get_args, get_type_hints
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from iso4217 import Currency
from xsdata.exceptions import ConverterError, ParserError, XmlHandlerError
from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.parsers.handlers import XmlEventHandler
from xsdata.models.datatype import XmlDate, XmlDateTime

from gateway.adapters.kit.iso20022.errors import MessageRefused

MAX_BYTES = 64 * 1024 * 1024

# The ledger's calendar day is the Shanghai day; a moment with an offset is brought there.
SHANGHAI = timezone(timedelta(hours=8))

_NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:((pain|camt)\.\d{3})\.001\.(\d{2})\}Document")
_AMOUNT = re.compile(r"\+?\d{1,18}(\.\d{1,17})?")
_CONTEXT = XmlContext()
_STRICT = ParserConfig(fail_on_unknown_properties=True, fail_on_converter_warnings=True)


@dataclass(frozen=True, slots=True)
class Node:
    """One element with the name of its document and its path."""

    document: str
    path: str
    element: Element

    def refuse(self, rule: str, message: str) -> MessageRefused:
        """The refusal of this element."""
        return MessageRefused(self.document, self.path, rule, message)

    def children(self, name: str) -> Iterator[Node]:
        """The direct children of this local name."""
        found = [child for child in self.element if _local(child) == name]
        for number, child in enumerate(found, 1):
            position = f"[{number}]" if len(found) > 1 else ""
            yield Node(self.document, f"{self.path}/{name}{position}", child)

    def child(self, *names: str) -> Node | None:
        """The only element down this path, or None. Raises MessageRefused(ELEMENT-REPEATED)."""
        node: Node | None = self
        for name in names:
            assert node is not None
            found = list(node.children(name))
            if len(found) > 1:
                raise node.refuse("ELEMENT-REPEATED", f"{len(found)} elements {name} where one is meant")
            node = found[0] if found else None
            if node is None:
                return None
        return node

    def need(self, *names: str) -> Node:
        """The only element down this path. Raises MessageRefused(ELEMENT-MISSING)."""
        node = self.child(*names)
        if node is None:
            raise self.refuse("ELEMENT-MISSING", f"{'/'.join(names)} is missing")
        return node

    @property
    def text(self) -> str:
        """The element's own text, without blanks around it."""
        return (self.element.text or "").strip()

    def text_of(self, *names: str) -> str:
        """The text down this path, empty when there is none."""
        node = self.child(*names)
        return "" if node is None else node.text

    def money(self) -> tuple[int, str]:
        """An amount element as (minor units, currency). Raises MessageRefused(AMOUNT-…)."""
        currency = self.element.get("Ccy", "")
        return self.minor(currency), currency

    def minor(self, currency: str) -> int:
        """The element's decimal text in minor units of `currency`. Raises MessageRefused(AMOUNT-…)."""
        try:
            digits = Currency(currency).exponent
        except ValueError:
            digits = None
        if digits is None:
            raise self.refuse(
                "AMOUNT-CURRENCY", f"{currency!r} is not a currency with a minor unit (ISO 4217)"
            )
        if not _AMOUNT.fullmatch(self.text):
            raise self.refuse("AMOUNT-FORM", f"{self.text!r} is not an amount")
        scaled = Decimal(self.text).scaleb(digits)
        if scaled != scaled.to_integral_value():
            raise self.refuse("AMOUNT-PRECISION", f"{self.text} has more digits than {currency} has")
        return int(scaled)

    def day(self) -> date:
        """The day of a choice between Dt and DtTm. Raises MessageRefused(DATE-FORM)."""
        plain, moment = self.child("Dt"), self.child("DtTm")
        try:
            if plain is not None:
                return XmlDate.from_string(plain.text).to_date()
        except ValueError as error:
            raise self.refuse("DATE-FORM", f"not a date: {error}") from error
        if moment is None:
            raise self.refuse("ELEMENT-MISSING", "neither Dt nor DtTm is given")
        return moment.moment_day()

    def moment_day(self) -> date:
        """The day of an element that is a moment itself. Raises MessageRefused(DATE-FORM)."""
        try:
            found = XmlDateTime.from_string(self.text).to_datetime()
        except ValueError as error:
            raise self.refuse("DATE-FORM", f"not a moment: {error}") from error
        return found.date() if found.tzinfo is None else found.astimezone(SHANGHAI).date()

    def flag(self, name: str) -> bool:
        """A yes/no child, no when missing."""
        node = self.child(name)
        if node is None:
            return False
        if node.text not in ("true", "1", "false", "0"):
            raise node.refuse("FLAG-FORM", f"{node.text!r} is neither true nor false")
        return node.text in ("true", "1")


def read_message(raw: bytes, *, document: str, kind: str, versions: range) -> Node:
    """Parse a message of one kind, such as `camt.053`, and check it against the standard's own structure.

    Returns the element below `Document`.
    Raises MessageRefused: XML-TOO-LARGE, XML-FORBIDDEN (DTD or entity), XML-MALFORMED, MESSAGE-KIND,
    MESSAGE-VERSION, MESSAGE-STRUCTURE.
    """
    if len(raw) > MAX_BYTES:
        raise MessageRefused(document, "Document", "XML-TOO-LARGE", f"{len(raw)} bytes, at most {MAX_BYTES}")
    try:
        root: Element = fromstring(raw, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise MessageRefused(
            document, "Document", "XML-FORBIDDEN", f"document type or entity: {error!r}"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise MessageRefused(document, "Document", "XML-MALFORMED", str(error)) from error
    found = _NAMESPACE.fullmatch(root.tag)
    if found is None or found[1] != kind:
        raise MessageRefused(document, root.tag, "MESSAGE-KIND", _other_kind(root, kind))
    version = int(found[3])
    if version not in versions:
        known = f"{versions.start:02d} … {versions.stop - 1:02d}"
        raise MessageRefused(
            document, root.tag, "MESSAGE-VERSION", f"version {version:02d}; read are {known}"
        )
    top = Node(document, "Document", root)
    _check_structure(top, f"{found[1]}.001.{version:02d}")
    bodies = list(root)
    if len(bodies) != 1:
        raise top.refuse("MESSAGE-STRUCTURE", f"{len(bodies)} messages in one document")
    return Node(document, f"Document/{_local(bodies[0])}", bodies[0])


def _other_kind(root: Element, kind: str) -> str:
    """What came in place of a message of this kind."""
    namespace, _, name = root.tag.rpartition("}")
    inside = next((child.tag for child in root.iter() if _NAMESPACE.fullmatch(child.tag)), None)
    if inside is not None and inside != root.tag:
        return f"not a {kind} but an envelope {name} around one: the Document itself is read"
    return f"not a {kind} but {name} of namespace {namespace[1:] or 'none'}"


def _check_structure(top: Node, name: str) -> None:
    module = import_module(f"pyiso20022.{name[:4]}.{name.replace('.', '_')}")
    parser = XmlParser(config=_STRICT, context=_CONTEXT, handler=XmlEventHandler)
    try:
        # The parser empties the tree it walks.
        parser.parse(deepcopy(top.element), module.Document)
    except (ParserError, ConverterError, XmlHandlerError, TypeError, ValueError) as error:
        at, why = _misplaced(top, module.Document) or (top, str(error))
        raise at.refuse("MESSAGE-STRUCTURE", f"not a {name}: {why}") from error


def _misplaced(node: Node, model: Any) -> tuple[Node, str] | None:
    """The first element below a node that its model has no place for, or whose value or children do not fit it."""
    hints = get_type_hints(model)
    known = {field.metadata.get("name", field.name): field for field in fields(model)}
    anything = any(field.metadata.get("type") == "Wildcard" for field in known.values())
    for child in node.element:
        if _local(child) not in known and not anything:
            position = next(each for each in node.children(_local(child)) if each.element is child)
            return position, f"{_local(child)} has no place here"
    for name, field in known.items():
        if field.metadata.get("type") != "Element":
            continue
        found = list(node.children(name))
        if field.metadata.get("required") and not found:
            return node, f"{name} is missing"
        if len(found) > 1 and not str(hints[field.name]).startswith(("list", "typing.List")):
            return found[1], f"{len(found)} elements {name} where one is meant"
        for each in found:
            fault = _unfit(each, hints[field.name])
            if fault is not None:
                return fault
    return None


def _unfit(node: Node, hint: Any) -> tuple[Node, str] | None:
    for kind in (hint, *get_args(hint)):
        if isinstance(kind, type) and issubclass(kind, Enum):
            values = [str(each.value) for each in kind]
            return None if node.text in values else (node, f"{node.text!r} is none of {', '.join(values)}")
        if is_dataclass(kind):
            return _misplaced(node, kind)
    return None


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
