"""XML in and out: documents with a DTD or an entity are refused before anything is expanded."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from xsdata.exceptions import ConverterError, ParserError, XmlHandlerError
from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.parsers.handlers import XmlEventHandler
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.models.datatype import XmlDate, XmlDateTime

from gateway.adapters.banks.sandbox.errors import Refused

MAX_BYTES = 8 * 1024 * 1024

Document = TypeVar("Document")

_CONTEXT = XmlContext()
_STRICT = ParserConfig(fail_on_unknown_properties=True, fail_on_converter_warnings=True)


def parse(raw: bytes, document: type[Document]) -> Document:
    """Read `raw` as the given message class. Raises Refused(XML-…) with what is wrong."""
    try:
        root: Element = fromstring(raw, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise Refused(
            "XML-FORBIDDEN", f"document types and entities are not taken: {error!r}", status=400
        ) from error
    except (ParseError, ValueError) as error:
        raise Refused("XML-MALFORMED", f"not well-formed: {error}", status=400) from error
    try:
        return XmlParser(config=_STRICT, context=_CONTEXT, handler=XmlEventHandler).parse(root, document)
    except (ParserError, ConverterError, XmlHandlerError, TypeError, ValueError) as error:
        raise Refused("XML-NOT-THE-MESSAGE", f"not a valid message: {error}", status=400) from error


def write(document: Any, namespace: str) -> bytes:
    """The message as UTF-8 XML with the message's namespace as the default one."""
    text = XmlSerializer(context=_CONTEXT).render(document, ns_map={None: namespace})
    return text.encode("utf-8")


def xml_day(day: date) -> XmlDate:
    """A calendar day as the message writes it."""
    return XmlDate.from_date(day)


def xml_moment(moment: datetime) -> XmlDateTime:
    """A point in time as the message writes it, to the second."""
    return XmlDateTime.from_datetime(moment.replace(microsecond=0))
