"""The one place that parses XML of strangers: no document types, no entities, no network, bounded.

Everything else sees `Node`, never the library.
"""

from __future__ import annotations

import functools
import re

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no type hints

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_PREFIXES = {"cac": CAC, "cbc": CBC}
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# Atomic and possessive: a prolog of many blanks or comments is scanned once.
_PROLOG = re.compile(r"\ufeff?(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_ENCODING_ERRORS = frozenset(
    {
        etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
        etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
        etree.ErrorTypes.ERR_INVALID_ENCODING,
        etree.ErrorTypes.ERR_ENCODING_NAME,
    }
)
_LIMIT_WORDS = ("too deep", "depth", "too long", "huge", "limit", "amplification", "too big")


class XmlRefused(Exception):
    """The bytes are not an XML document that may be read; `rule` names why, `line` is the file's line."""

    def __init__(self, rule: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.line = line


def _one_line(text: str) -> str:
    return " ".join(text.split())


@functools.cache
def _clark(path: str) -> str:
    """A path of prefixed names (`cac:Party/cbc:ID`) with namespaces in full, as the library finds fastest."""
    steps = []
    for step in path.split("/"):
        prefix, _, name = step.rpartition(":")
        steps.append(f"{{{_PREFIXES[prefix]}}}{name}")
    return "/".join(steps)


class Node:
    """One XML element, read by namespace-qualified paths with the prefixes `cac` and `cbc`."""

    __slots__ = ("_element",)

    def __init__(self, element: etree._Element) -> None:
        self._element = element

    @property
    def namespace(self) -> str:
        """Namespace of the element, empty when it has none."""
        return str(etree.QName(self._element).namespace or "")

    @property
    def name(self) -> str:
        """Local name of the element."""
        return str(etree.QName(self._element).localname)

    def text(self, path: str = "") -> str:
        """Text of the first element at `path` (or of this one), runs of white space as one; empty if none."""
        element = self._element.find(_clark(path)) if path else self._element
        if element is None:
            return ""
        return _one_line("".join(element.itertext()) if len(element) else element.text or "")

    def attribute(self, path: str, name: str) -> str:
        """Attribute `name` of the first element at `path` (or of this one for an empty path)."""
        element = self._element.find(_clark(path)) if path else self._element
        return "" if element is None else _one_line(str(element.get(name, "")))

    def first(self, path: str) -> Node | None:
        """The first element at `path`."""
        element = self._element.find(_clark(path))
        return None if element is None else Node(element)

    def all(self, path: str) -> list[Node]:
        """Every element at `path`, in document order."""
        return [Node(element) for element in self._element.findall(_clark(path))]

    def currencies(self) -> set[str]:
        """Every currency an amount anywhere below carries."""
        return {str(value).strip() for value in self._element.xpath("//@currencyID")} - {""}

    def children(self) -> list[Node]:
        """The element's children."""
        return [Node(element) for element in self._element.iterchildren(tag=etree.Element)]


def parse(data: bytes) -> Node:
    """Root of an XML document.

    Raises:
        XmlRefused: XML-DTD, TEXT-ENCODING, XML-LIMIT or XML-MALFORMED.
    """
    if _declares_type(data):
        raise XmlRefused("XML-DTD", "the document declares a document type; entities are never expanded")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _refusal(error) from error
    except (LookupError, ValueError) as error:
        raise XmlRefused("TEXT-ENCODING", f"the encoding cannot be read: {_one_line(str(error))}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlRefused("XML-DTD", "the document declares a document type; entities are never expanded")
    return Node(root)


def looks_like_xml(data: bytes) -> bool:
    """Whether the first visible character is `<`, in UTF-8, UTF-16 or any ASCII-compatible encoding."""
    return _opening(data).lstrip("\ufeff \t\r\n").startswith("<")


def _opening(data: bytes, size: int = 65_536) -> str:
    head = data[:size]
    if head.startswith(BYTE_ORDER_MARKS[1:]) or head[:4] in (b"<\x00?\x00", b"\x00<\x00?"):
        little = head.startswith(BYTE_ORDER_MARKS[1]) or head[:1] == b"<"
        return head[: len(head) // 2 * 2].decode("utf-16-le" if little else "utf-16-be", "replace")
    return head.removeprefix(BYTE_ORDER_MARKS[0]).decode("latin-1")


def _declares_type(data: bytes) -> bool:
    return _PROLOG.match(_opening(data)) is not None


def _refusal(error: etree.XMLSyntaxError) -> XmlRefused:
    text = _one_line(str(error.msg or error))[:300]
    line = int(error.lineno or 0)
    if error.code in _ENCODING_ERRORS or "encoding" in text.lower():
        return XmlRefused("TEXT-ENCODING", f"the bytes are not in the declared encoding: {text}", line)
    if any(word in text.lower() for word in _LIMIT_WORDS):
        return XmlRefused("XML-LIMIT", f"the document exceeds a parser limit: {text}", line)
    return XmlRefused("XML-MALFORMED", f"the XML is not well formed: {text}", line)
