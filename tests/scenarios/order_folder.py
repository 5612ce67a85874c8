"""Orders side by side in one folder, each with another ending: what was invoiced is not what was ordered or came."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from gateway.domain.trade import TradeDocument
from tests.gateway.documents.trade_builder import (
    credit_note,
    despatch,
    invoice,
    line,
    moved,
    receipt,
    response,
)
from tests.gateway.documents.ubl_writer import to_ubl
from tests.scenarios.odd_folder import deal

PRICE = 100_000
"""Minor units a piece; of each order 100 pieces are ordered, with 13 % tax."""


def _sent(name: str) -> TradeDocument:
    return despatch(f"DA-{name}", f"PO-{name}", [line("1", 100, order_line="1")])


def _billed(name: str, number: str, pieces: int, price: int = PRICE) -> TradeDocument:
    return invoice(f"INV-{number}", f"PO-{name}", [line("1", pieces, price, order_line="1")])


def _nothing_came() -> list[TradeDocument]:
    ordered, billed = deal("empty", received=0)
    none = receipt(
        "RA-empty", "PO-empty", [line("1", 0, order_line="1", short=100)], despatches=("DA-empty",)
    )
    return [ordered, _sent("empty"), none, billed]


def _next_season() -> list[TradeDocument]:
    ordered, came, billed = deal("late", issued=date(2026, 9, 1), due=date(2026, 12, 31))
    return [ordered, came, billed]


def _credited(name: str, pieces: int) -> list[TradeDocument]:
    lines = [line("1", pieces, PRICE, order_line="1")]
    note = credit_note(f"CN-{name}", f"INV-{name}", lines, order=f"PO-{name}", issued=date(2026, 3, 5))
    return [*deal(name, received=90), note]


def orders() -> dict[str, list[TradeDocument]]:
    """The documents of each order, by its name."""
    honest = deal("honest", received=90, invoiced=90)
    twice = deal("twice", received=90, invoiced=60)
    cheap = deal("cheap", received=90)[:-1]
    return {
        "honest": [*honest, _sent("honest")],
        "part": deal("part", received=90, invoiced=80),
        "twice": [*twice, _billed("twice", "twice-b", 40)],
        "cheap": [*cheap, _billed("cheap", "cheap", 90, 80_000)],
        "credited": _credited("credited", 20),
        "returned": _credited("returned", 100),
        "empty": _nothing_came(),
        "unseen": [*deal("unseen", received=0), _sent("unseen")],
        "rejected": [*deal("rejected", received=0), response("QR-rejected", "PO-rejected", code="RE")],
        "late": _next_season(),
    }


def build(folder: Path, *names: str) -> None:
    """Write the orders of these names, or all."""
    for name, documents in orders().items():
        if names and name not in names:
            continue
        for place, document in enumerate(documents):
            file = f"{name}/{place}-{document.kind}.xml"
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(to_ubl(moved(document, file)))
