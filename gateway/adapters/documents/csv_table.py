"""Trade documents as CSV: one row a line, the columns of docs/csv.md, several documents a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from gateway.adapters.documents import tables
from gateway.adapters.documents.party_ids import identifier
from gateway.adapters.documents.reading import Outcome, Reading, shown
from gateway.adapters.documents.tables import Row
from gateway.domain.trade import (
    AllowanceCharge,
    DocumentKind,
    Identifier,
    Line,
    Origin,
    Party,
    Source,
    Totals,
    TradeDocument,
)
from gateway.domain.trade_rules import Finding

KEY_COLUMNS = ("kind", "number", "seller_name")
"""Stand on every row; rows that agree on all three are one document and stand together."""
_PARTY_FIELDS = ("name", "tax_id", "uscc", "lei", "gln", "country", "address")
_TOTALS = (
    "lines", "allowances", "charges", "tax_exclusive", "tax", "tax_inclusive",
    "prepaid", "rounding", "payable",
)  # fmt: skip
HEADER_COLUMNS = (
    *("kind", "number", "issue_date", "issue_time", "due_date", "currency", "code"),
    *("order", "despatch", "receipt", "original_invoice"),
    *(f"{role}_{name}" for role in ("seller", "buyer") for name in _PARTY_FIELDS),
    *("allowance", "allowance_tax_category", "allowance_tax_rate"),
    *("charge", "charge_tax_category", "charge_tax_rate"),
    *(f"total_{name}" for name in _TOTALS),
)
LINE_COLUMNS = (
    *("line", "line_order", "order_line", "line_despatch", "despatch_line", "line_status"),
    *("seller_item", "buyer_item", "standard_item", "description"),
    *("quantity", "unit", "rejected", "short", "price", "price_quantity"),
    *("line_allowance", "line_charge", "line_amount", "tax_category", "tax_rate"),
)
MANDATORY_COLUMNS = (*KEY_COLUMNS, "issue_date", "buyer_name", "line")
_COLUMNS = frozenset((*HEADER_COLUMNS, *LINE_COLUMNS))
_NAMES = frozenset({"kind", "number"})
"""A first line with these is ours."""
_FIELD_NAMES = {
    "lines": "line", "id": "line", "quantity": "quantity", "rejected": "rejected", "short": "short",
    "price": "price", "base_quantity": "price_quantity", "line_amount": "line_amount",
}  # fmt: skip
_BILLS = (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)
_MONEY = (DocumentKind.ORDER, *_BILLS)


@dataclass(slots=True)
class _Group:
    """The rows of one document, with the file's row number of the first."""

    row: int
    header: Row
    lines: list[Row] = field(default_factory=list)
    contradictions: list[tuple[str, str, str, int]] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(self.header[column] for column in KEY_COLUMNS)


def recognises(text: str) -> bool:
    """Whether the first line names our key columns."""
    return bool(tables.delimiter(text, _NAMES))


def read(text: str, source: Source) -> list[Outcome]:
    """Every document of one CSV text, and what is wrong with the table as an outcome without document."""
    table = tables.Table(source, _COLUMNS, MANDATORY_COLUMNS)
    groups: list[_Group] = []
    for number, row in table.rows(text, tables.delimiter(text, _NAMES)):
        _add(groups, row, number)
    if not groups and not table.findings:
        table.note("LINES-MISSING", "the file has no rows under its header", "line")
    if table.findings:
        return [Outcome(None, None, table.findings)]
    counts = Counter(group.key for group in groups)
    return [_document(group, source, counts[group.key]) for group in groups]


def _add(groups: list[_Group], row: Row, number: int) -> None:
    group = groups[-1] if groups else None
    if group is None or group.key != tuple(row[column] for column in KEY_COLUMNS):
        group = _Group(number, {name: row.get(name, "") for name in HEADER_COLUMNS})
        groups.append(group)
    for column in HEADER_COLUMNS:
        value = row.get(column, "")
        if value and value != group.header[column]:
            group.contradictions.append((column, group.header[column], value, number))
    if row["line"] or any(row.get(name) for name in LINE_COLUMNS):
        group.lines.append(row)


def _document(group: _Group, source: Source, count: int) -> Outcome:
    header = group.header
    if header["kind"] not in set(DocumentKind):
        kinds = ", ".join(DocumentKind)
        message = shown(f"row {group.row}: {header['kind'] or 'nothing'} is not a kind of document")
        named, found = shown(header["number"]), shown(header["kind"])
        finding = Finding(
            source.file, named, f"row {group.row}", "FIELD-MISSING", "kind", message, kinds, found
        )
        return Outcome(None, None, [finding])
    kind = DocumentKind(header["kind"])
    reading = Reading(source, kind, header["number"])
    if count > 1:
        message = f"{kind} {header['number']} stands {count} times in the file"
        reading.note("DUPLICATE-IN-FILE", "number", message, "once", str(count), f"row {group.row}")
    for name, first, other, number in group.contradictions:
        message = f"row {number} says another {name} than the document's first row"
        reading.note("CSV-CONTRADICTION", name, message, first, other, f"row {number}")
    reading.required(header["number"], "number")
    issued = reading.date(reading.required(header["issue_date"], "issue_date"), "issue_date")
    reading.set_currency(header["currency"], "currency", set(), needed=kind in _MONEY)
    sellers, buyers = (_parties(reading, header, role) for role in ("seller", "buyer"))
    if issued is None or (kind in _MONEY and not reading.currency):
        return reading.finish(None, {})
    orders = tuple(
        dict.fromkeys(filter(None, (reading.name(n.strip(), "order") for n in header["order"].split(";"))))
    )
    document = TradeDocument(
        kind=kind,
        number=reading.number,
        issued=issued,
        source=source,
        sellers=sellers,
        buyers=buyers,
        lines=tuple(_line(reading, row) for row in group.lines),
        time=header["issue_time"],
        due=reading.date(header["due_date"], "due_date"),
        code=header["code"],
        order=orders[0] if len(orders) == 1 else "",
        orders=orders if len(orders) > 1 else (),
        despatches=_references(reading, header, "despatch"),
        receipts=_references(reading, header, "receipt"),
        billed=_references(reading, header, "original_invoice"),
        adjustments=tuple(_adjustments(reading, header)),
        totals=_read_totals(reading, header),
    )
    names = _FIELD_NAMES | {f"total_{name}": f"total_{name}" for name in _TOTALS}
    return reading.finish(document, names)


def _references(reading: Reading, header: Row, column: str) -> tuple[str, ...]:
    """References in one cell, separated by a space or a semicolon."""
    found = (reading.name(text, column) for text in header[column].replace(";", " ").split())
    return tuple(dict.fromkeys(found))


def _parties(reading: Reading, header: Row, role: str) -> tuple[Party, ...]:
    country = header[f"{role}_country"].upper()
    tax_scheme = "USCC" if country == "CN" else "VAT"
    sources = (
        ("tax_id", Origin.TAX, tax_scheme),
        ("uscc", Origin.LEGAL, "USCC"),
        ("lei", Origin.IDENTIFICATION, "LEI"),
        ("gln", Origin.ENDPOINT, "GLN"),
    )
    ids: list[Identifier] = []
    for part, origin, scheme in sources:
        column = f"{role}_{part}"
        found = identifier(reading, column, origin, scheme, header[column], country)
        if found is not None:
            ids.append(found)
    name = reading.name(header[f"{role}_name"], f"{role}_name")
    if not name:
        reading.note("PARTY-MISSING", f"{role}_name", f"{role}_name is missing", "a party", "nothing")
        return ()
    return (Party(name, name, tuple(ids), country, header[f"{role}_address"]),)


def _line(reading: Reading, row: Row) -> Line:
    id_ = reading.required(reading.name(row["line"], "line"), "line")

    def name(column: str) -> str:
        return reading.name(row.get(column, ""), column, id_)

    def number(column: str) -> Fraction | None:
        return reading.decimal(row.get(column, ""), column, id_)

    def amount(column: str) -> int | None:
        return reading.amount(row.get(column, ""), column, id_)

    if reading.kind is DocumentKind.ORDER:
        reading.required(row.get("quantity", ""), "quantity", id_)
    if reading.kind in _BILLS:
        reading.required(row.get("line_amount", ""), "line_amount", id_, "AMOUNT-MISSING")
    base = number("price_quantity")
    response = reading.kind is DocumentKind.ORDER_RESPONSE
    return Line(
        id=id_,
        quantity=number("quantity"),
        unit=name("unit"),
        rejected=number("rejected") or Fraction(0),
        short=number("short") or Fraction(0),
        unit_price=reading.scaled(row.get("price", ""), "price", id_),
        base_quantity=Fraction(1) if base is None else base,
        allowance=(amount("line_charge") or 0) - (amount("line_allowance") or 0),
        amount=amount("line_amount"),
        category=row.get("tax_category", ""),
        rate=number("tax_rate"),
        seller_item=name("seller_item"),
        buyer_item=name("buyer_item"),
        standard_item=name("standard_item"),
        description=row.get("description", ""),
        order=name("line_order"),
        order_line=name("order_line") or (id_ if response else ""),
        despatch=name("line_despatch"),
        despatch_line=name("despatch_line"),
        status=row.get("line_status", ""),
    )


def _adjustments(reading: Reading, header: Row) -> Iterator[AllowanceCharge]:
    for name in ("allowance", "charge"):
        amount = reading.amount(header[name], name)
        if amount is not None:
            rate = reading.decimal(header[f"{name}_tax_rate"], f"{name}_tax_rate")
            yield AllowanceCharge(name == "charge", amount, header[f"{name}_tax_category"], rate)


def _read_totals(reading: Reading, header: Row) -> Totals | None:
    if reading.kind not in _MONEY:
        return None
    read = {name: reading.amount(header[f"total_{name}"], f"total_{name}") for name in _TOTALS}
    if not header["total_payable"]:
        if reading.kind in _BILLS:
            reading.required("", "total_payable", rule="AMOUNT-MISSING")
        return None
    return Totals(
        payable=read["payable"] or 0,
        lines=read["lines"],
        allowances=read["allowances"],
        charges=read["charges"],
        tax_exclusive=read["tax_exclusive"],
        tax=read["tax"],
        tax_inclusive=read["tax_inclusive"],
        prepaid=read["prepaid"] or 0,
        rounding=read["rounding"] or 0,
    )
