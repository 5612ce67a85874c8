"""Goods come in: the receipt's document is read, kept under its hash, and becomes the act that three parties sign."""

from __future__ import annotations

import copy
import json
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from sqlalchemy import select

from gateway.db.goods_tables import lots
from gateway.db.own_storage import receipt_documents
from gateway.db.receipts import LedgerReceipts, keep_document
from gateway.domain.calendar import day_of_iso
from gateway.domain.goods_units import unit_number
from gateway.domain.stock_comparison import LotOnLedger
from gateway.ids import format_id
from gateway.services.storage import number_of
from tests.gateway.http.conftest import Caller
from tests.house.cast import INSPECTOR, KEEPER, TIER_1

DOCUMENT: dict[str, Any] = {
    "lot": "01/04012345123456/10/L-77",
    "salt": "0x" + "5a" * 32,
    "depositor": {"name": "申浦精密部件有限公司", "address": "上海市浦东新区"},
    "goods": {
        "description": "copper cathode", "quantity": "1250.500", "unit": "KGM", "quality": "GB/T 467-2010 Cu-CATH-1",
        "packing": "bundles", "packages": 25, "marks": "SP-77/1…25",
    },
    "loss_standard": "none",
    "place": "4012345000016",
    "period": {"first": "2027-01-04", "last": "2027-07-03"},
    "fee": "0.60 CNY a tonne and day, due on delivery",
    "insurance": {
        "insurer": "Harbour Insurance", "amount": "90000000.00", "currency": "CNY", "first": "2027-01-04",
        "last": "2027-07-03",
    },
    "issue": {"issuer": "Tianjin Cloud Warehouse", "place": "天津", "day": "2027-01-04"},
}  # fmt: skip
ITEMS = ("depositor", "goods", "loss_standard", "place", "period", "fee", "insurance", "issue")
RECEIPT = format_id(KEEPER.number << 32 | 4_001)


def body(document: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "document": DOCUMENT if document is None else document, "keeper": KEEPER.number, "depositor": TIER_1.number,
        "inspector": INSPECTOR.number, "receipt": RECEIPT, "decimals": 3, **changes,
    }  # fmt: skip


def kept(caller: Caller) -> dict[str, str]:
    """Every document that is kept, by its hash; not those that a test put there itself."""
    with caller.gateway.engine.connect() as connection:
        rows = connection.execute(select(receipt_documents).where(receipt_documents.c.content != "{}")).all()
    return {row.sha256: row.content for row in rows}


def test_what_three_parties_sign_follows_from_the_document(caller: Caller) -> None:
    answer = caller.post("/storage", body())
    assert answer.status_code == 201, answer.text
    message = answer.json()["message"]
    assert message["quantity"] == 1_250_500
    assert message["unit"] == unit_number("KGM")
    assert message["lastDay"] == day_of_iso("2027-07-03")
    assert message["lot"] == message["receipt"] == str(KEEPER.number << 32 | 4_001)
    # Whoever has the document finds the hash again, by the standard alone.
    assert (
        message["evidence"] == "0x" + sha256(rfc8785.dumps(DOCUMENT)).hexdigest() == answer.json()["evidence"]
    )
    prepared = caller.post(
        "/instructions/prepare", {"function": "store", "message": {**message, "expiresAt": 1_900_000_000}}
    )
    assert prepared.status_code == 200, prepared.text
    assert prepared.json()["typed_data"]["primaryType"] == "Store"


def test_the_document_is_kept_under_its_hash_and_once(caller: Caller) -> None:
    assert caller.post("/storage", body()).status_code == 201
    before = kept(caller)
    assert caller.post("/storage", body()).status_code == 201
    assert kept(caller) == before
    for digest, content in before.items():
        assert sha256(content.encode()).hexdigest() == digest
    assert DOCUMENT in [json.loads(content) for content in before.values()]


@pytest.mark.parametrize("item", ITEMS)
def test_a_receipt_that_lacks_one_of_the_eight_items_is_refused(caller: Caller, item: str) -> None:
    """CC-909: each item of the receipt by its name; nothing is kept."""
    document = {name: value for name, value in DOCUMENT.items() if name != item}
    before = kept(caller)
    found = caller.refused(caller.post("/storage", body(document)), 422, "CC-909")
    assert [each["field"] for each in found["errors"]] == [item]
    assert kept(caller) == before


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"salt": "5a5a"}, "salt", "salt: 32 bytes in hexadecimal are expected"),
        ({"salt": None}, "salt", "salt: 32 bytes in hexadecimal are expected"),
        ({"goods": {**DOCUMENT["goods"], "colour": "red"}}, "goods.colour", "a receipt says eight things, and "
         "goods.colour is not among these"),
        ({"goods": {k: v for k, v in DOCUMENT["goods"].items() if k != "quality"}}, "goods.quality",
         "goods.quality is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_receipts_document_is_said_of_its_field(
    caller: Caller, changes: dict[str, Any], field: str, said: str
) -> None:
    found = caller.refused(caller.post("/storage", body({**DOCUMENT, **changes})), 422, "CC-909")
    assert (found["field"], found["title"]) == (field, said)
    assert found["errors"] == [{"field": field, "message": said}]


def test_goods_that_are_not_insured_say_so(caller: Caller) -> None:
    assert caller.post("/storage", body({**DOCUMENT, "insurance": None})).status_code == 201


TARIFF = {"rate": "0.60", "currency": "CNY", "per": "1000", "days": 1, "free_days": 2}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rate": "0.00"}, "rate"), ({"rate": "-1"}, "rate"), ({"rate": 0.6}, "rate"),
        ({"currency": "RMB"}, "currency"), ({"per": "0"}, "per"),
        ({"per": "a tonne"}, "per"), ({"days": 0}, "days"), ({"days": 1.5}, "days"),
        ({"free_days": -1}, "free_days"), ({"minimum": "5.00"}, "minimum"),
    ],
)  # fmt: skip
def test_a_tariff_that_cannot_be_reckoned_with_is_refused_by_its_field(
    caller: Caller, changes: dict[str, Any], field: str
) -> None:
    before = kept(caller)
    document = {**DOCUMENT, "tariff": {**TARIFF, **changes}}
    found = caller.refused(caller.post("/storage", body(document)), 422, "CC-909")
    assert [each["field"] for each in found["errors"]] == [f"tariff.{field}"]
    assert f"tariff.{field}" in found["title"]
    assert kept(caller) == before


def test_a_tariff_belongs_to_what_three_parties_sign(caller: Caller) -> None:
    """Written out it is hashed as it stands; without its defaults it is the same tariff."""
    evidence = caller.post("/storage", body({**DOCUMENT, "tariff": TARIFF})).json()["evidence"]
    assert evidence == "0x" + sha256(rfc8785.dumps({**DOCUMENT, "tariff": TARIFF})).hexdigest()
    short = {name: value for name, value in TARIFF.items() if name != "days"}
    assert caller.post("/storage", body({**DOCUMENT, "tariff": short})).json()["evidence"] == evidence
    without = caller.post("/storage", body({**DOCUMENT, "tariff": None})).json()["evidence"]
    assert without == caller.post("/storage", body()).json()["evidence"] != evidence


@pytest.mark.parametrize(
    ("goods", "decimals", "rule"),
    [
        ({"quantity": "1250.5005"}, 3, "LOT-QUANTITY"),
        ({"quantity": "0"}, 0, "LOT-QUANTITY"),
        ({"quantity": "999999999999999"}, 3, "LOT-QUANTITY"),
        ({"quantity": "1,250"}, 0, "CC-909"),
        ({"unit": "kilo"}, 0, "CC-909"),
        ({"packages": -1}, 0, "CC-909"),
    ],
)
def test_quantities_that_the_lot_cannot_count(
    caller: Caller, goods: dict[str, Any], decimals: int, rule: str
) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["goods"] |= goods
    caller.refused(caller.post("/storage", body(document, decimals=decimals)), 422, rule)


def test_a_period_that_ends_before_it_begins(caller: Caller) -> None:
    document = {**DOCUMENT, "period": {"first": "2027-01-04", "last": "2027-01-03"}}
    found = caller.refused(caller.post("/storage", body(document)), 422, "CC-909")
    assert found["field"] == "period.last"


@pytest.mark.parametrize(("name", "day"), [("first", "1969-12-31"), ("last", "2149-06-07")])
def test_a_period_of_days_that_the_ledger_does_not_know(caller: Caller, name: str, day: str) -> None:
    document = {**DOCUMENT, "period": {**DOCUMENT["period"], name: day}}
    found = caller.refused(caller.post("/storage", body(document)), 422, "CC-909")
    assert (found["field"], found["found"]) == (f"period.{name}", day)


def test_goods_that_have_a_receipt_get_no_second_one(caller: Caller) -> None:
    """GI-59: the same number of the same keeper and place stands for one lot."""
    number = number_of(KEEPER.number, DOCUMENT["place"], DOCUMENT["lot"], DOCUMENT["salt"])
    pool = caller.told.story.ids["pool"]
    with caller.gateway.engine.begin() as connection:
        connection.execute(
            lots.update().where(lots.c.lot == pool).values(number_hash=bytes.fromhex(number[2:]))
        )
    found = caller.refused(caller.post("/storage", body()), 422, "GI-59")
    assert found["lot"] == format_id(pool)
    into = body(lot=format_id(pool), pooled=True, decimals=0)
    into["document"] = {**DOCUMENT, "goods": {**DOCUMENT["goods"], "quantity": "40"}}
    assert caller.post("/storage", into).status_code == 201
    assert caller.get(f"/lots/{format_id(pool)}")["name"] == DOCUMENT["lot"]


def test_stock_is_compared_with_receipts_by_the_lots_name(caller: Caller) -> None:
    pool = caller.told.story.ids["pool"]
    with caller.gateway.engine.begin() as connection:
        row = connection.execute(select(lots).where(lots.c.lot == pool)).one()
        keep_document(connection, {
            "sha256": "ab" * 32, "number_hash": row.number_hash.hex(), "keeper": KEEPER.number, "place": "shed 1",
            "lot": "POOL-1", "content": "{}", "kept_at": 1,
        })  # fmt: skip
        found = LedgerReceipts(connection)
        assert list(found.keepers()) == [KEEPER.number]
        named = found.lots(KEEPER.number)
    counted = row.counted_day
    assert counted
    assert named["POOL-1"] == LotOnLedger(
        live=800, delivered=199, lost=5, unit="KGM", shortfall=4, counted_day=counted, seen_day=counted
    )
    assert len(named) == 6
    differences = caller.rows("/stock/differences", "differences", 50, keeper=KEEPER.number)
    assert "POOL-1" in {each["lot"] for each in differences}
