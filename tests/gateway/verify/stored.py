"""A receipt's life, as it is asked about: stored, endorsed, split, short, handed over in part, frozen by an order."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from gateway.schemas.storage import ReceiptDocument
from gateway.services.storage import evidence_of, number_of, read_document
from tests.contracts.goods_table import lot_of, store
from tests.house.cast import CLEARING, FOREVER, INSPECTOR, KEEPER, PLATFORM, TIER_1, TIER_2, TIER_3
from tests.house.house import EVIDENCE_HASH, House

POOL = KEEPER.number << 32 | 1
MORE = KEEPER.number << 32 | 2
LITTLE = KEEPER.number << 32 | 3
PAPER = KEEPER.number << 32 | 4
GONE = KEEPER.number << 32 | 5
PART, REST = TIER_2.number << 32 | 11, TIER_2.number << 32 | 12
ORDER = sha256(b"an order about goods").digest()
WORDS: dict[str, Any] = {
    "lot": "01/04012345123456/10/L-77",
    "salt": "0x" + "5a" * 32,
    "depositor": {"name": "Baoding Hengtong Parts Co.", "address": "Baoding, Hebei"},
    "goods": {
        "description": "copper cathode",
        "quantity": "600.0",
        "unit": "KGM",
        "quality": "GB/T 467-2010 Cu-CATH-1",
        "packing": "bundles",
        "packages": 25,
        "marks": "SP-77/1-25",
    },
    "loss_standard": "none",
    "place": "4012345000016",
    "period": {"first": "2027-01-04", "last": "2027-07-03"},
    "fee": "0.60 CNY a tonne and day, due on delivery",
    "insurance": None,
    "issue": {"issuer": "Tianjin Cloud Warehouse", "place": "Tianjin", "day": "2027-01-04"},
}


def document_of(last_day: str) -> ReceiptDocument:
    """The document of the first receipt, with the last day of storage."""
    return read_document({**WORDS, "period": {**WORDS["period"], "last": last_day}})


def tell(house: House, document: ReceiptDocument, last_day: int) -> None:
    """Quantities with one decimal: 600.0, 400.0 and 50.0 kg come in, 5.0 are found missing, 99.5 leave for 100.0. Of
    another lot, that has no decimals, all 300 leave.
    """
    number = number_of(KEEPER.number, document.place, document.lot, document.salt)
    pool: dict[str, Any] = {
        "lot": POOL, "pooled": True, "decimals": 1, "lastDay": last_day, "number": bytes.fromhex(number[2:]),
    }  # fmt: skip
    evidence = bytes.fromhex(evidence_of(document)[2:])
    for receipt, quantity, bears in (
        (POOL, 6_000, evidence),
        (MORE, 4_000, EVIDENCE_HASH),
        (LITTLE, 500, EVIDENCE_HASH),
    ):
        assert store(house, quantity=quantity, receipt=receipt, evidence=bears, **pool).carry(house) == "None"
    signed: dict[str, Any] = {"expiresAt": house.expiry(), "evidence": EVIDENCE_HASH}
    holder, keeper = TIER_1["maker"], KEEPER["keeper"]
    endorse = {"title": POOL, "sequence": 0, "to": TIER_2.number, **signed}
    house.must("endorse", endorse, holder=holder, acquirer=TIER_2["maker"], keeper=keeper)
    split = {
        "title": POOL, "sequence": 1, "part": PART, "quantity": 2_000, "rest": REST, "to": TIER_3.number, **signed,
    }  # fmt: skip
    house.must("splitReceipt", split, holder=TIER_2["maker"], acquirer=TIER_3["maker"], keeper=keeper)
    merge = {
        "into": MORE, "intoSequence": 0, "from": LITTLE, "fromSequence": 0, "expiresAt": house.expiry(),
    }  # fmt: skip
    house.must("mergeReceipts", merge, holder=holder, keeper=keeper)
    house.must("count", _count(house, 10_450), inspector=INSPECTOR["inspector"])
    leave = {"title": PART, "sequence": 0, "quantity": 1_000, "delivered": 995, **signed}
    house.must("handOver", leave, holder=TIER_3["maker"], keeper=keeper)
    charge = {"title": REST, "currency": 156, "amount": 7_500, "nonce": house.nonce(), **signed}
    house.must("chargeStorage", charge, keeper=keeper)
    house.must(
        "changeMedium", {"title": MORE, "sequence": 1, "paper": True, **signed}, holder=holder, keeper=keeper
    )
    assert store(house, GONE, 300).carry(house) == "None"
    all_of_it = {"title": GONE, "sequence": 0, "quantity": 300, "delivered": 300, **signed}
    house.must("handOver", all_of_it, holder=holder, keeper=keeper)
    again = {"title": MORE, "sequence": 2, "replacement": PAPER, **signed}
    house.must("replace", again, holder=holder, keeper=keeper)
    house.must(
        "changeMedium", {"title": PAPER, "sequence": 3, "paper": True, **signed}, holder=holder, keeper=keeper
    )


def freeze(house: House) -> None:
    """An order holds what is left of the part."""
    order = {
        "title": PART, "child": 0, "quantity": 0, "order": ORDER, "endDay": house.machine.day() + 20,
        "nonce": house.nonce(), "expiresAt": FOREVER,
    }  # fmt: skip
    house.must("freeze", order, offices=house.offices("Freeze", order, CLEARING, PLATFORM))


def _count(house: House, counted: int) -> dict[str, Any]:
    found = lot_of(house, POOL)
    return {
        "lot": POOL, "deliveredBefore": found["delivered"], "countsBefore": found["counts"], "counted": counted,
        "day": house.machine.day(), "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
