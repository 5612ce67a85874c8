"""Vehicles as tests tell of them, and the evidence service that names them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from gateway.adapters.evidence.service.app import create_app, open_service
from gateway.ids import format_id
from tests.gateway.http.test_storage import DOCUMENT
from tests.gateway.risk.conftest import Desk
from tests.gateway.serving import serving
from tests.house.cast import INSPECTOR, KEEPER, TIER_1, Party

SERIALS = count(8_001)
TOKEN = "for naming vehicles"
VIN, SECOND_VIN, IMPORTED = "LSVAA49J132047371", "1M8GDM9AXKP042788", "WVWZZZ1JZ3W386752"
COMMON: dict[str, Any] = {
    "depositor": DOCUMENT["depositor"], "quality": "new, as certified", "packing": "none",
    "loss_standard": "none", "place": DOCUMENT["place"], "period": DOCUMENT["period"],
    "fee": "8.00 CNY a vehicle and day", "insurance": None, "issue": DOCUMENT["issue"],
}  # fmt: skip


@contextmanager
def naming(desk: Desk, folder: Path) -> Iterator[Desk]:
    """The desk's gateway, with an evidence service of its own that asks for a token."""
    service = open_service(
        folder,
        name="evidence",
        person="evidence",
        ledger=None,
        desk_token=None,
        naming_token=TOKEN,
        now=lambda: datetime.now(UTC),
    )
    with serving(create_app(service)) as http:
        desk.gateway.settings.evidence_url = str(http.base_url)
        desk.gateway.settings.evidence_token = TOKEN
        yield desk


def certificate(vin: str = VIN, **changes: Any) -> dict[str, Any]:
    return {
        "number": f"WDA{vin[-6:]}", "vin": vin, "manufacturer": "SAIC Volkswagen", "model": "SVW71810EJ",
        "issued": "2026-12-01", **changes,
    }  # fmt: skip


def row(vin: str = VIN, keeper: Party = KEEPER, **changes: Any) -> dict[str, Any]:
    return {
        "vin": vin, "certificate": certificate(vin), "receipt": format_id(keeper.number << 32 | next(SERIALS)),
        "salt": "0x" + "5a" * 32, **changes,
    }  # fmt: skip


def listed(*rows: dict[str, Any], keeper: Party = KEEPER, **changes: Any) -> dict[str, Any]:
    return {
        "keeper": keeper.number, "depositor": TIER_1.number, "inspector": INSPECTOR.number, "document": COMMON,
        "vehicles": list(rows), **changes,
    }  # fmt: skip


def single(vin: str = VIN, keeper: Party = KEEPER, **changes: Any) -> dict[str, Any]:
    """One vehicle as `POST /storage` takes it; `changes` are of its document."""
    document = {
        **DOCUMENT, "lot": f"vin/{vin}", "certificate": certificate(vin),
        "goods": {**DOCUMENT["goods"], "quantity": "1", "unit": "C62", "description": "car"}, **changes,
    }  # fmt: skip
    return {
        "document": document, "keeper": keeper.number, "depositor": TIER_1.number, "inspector": INSPECTOR.number,
        "receipt": format_id(keeper.number << 32 | next(SERIALS)), "decimals": 0,
    }  # fmt: skip
