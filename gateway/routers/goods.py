"""Goods, as the chain has them: which lot lies where, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Select, select

from gateway.adapters.ledger.words import FROZEN, PAPER, SETTLED, SPENT
from gateway.db import tables as ledger
from gateway.db.goods_tables import liens, lots
from gateway.db.receipts import documents_of, kept_document
from gateway.domain.calendar import day_of_date, day_of_iso, iso
from gateway.domain.goods_records import Lot, RootKind
from gateway.domain.goods_units import quantity_text, unit_code
from gateway.ids import format_id, parse_id
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.risk.storage_charges import Charges, charges_of
from gateway.routers.as_of import TheView, View
from gateway.routers.pages import ThePage, last
from gateway.routers.risk import head_of
from gateway.schemas import goods as schemas
from gateway.schemas.fields import PARTY_MOST
from gateway.services.receipt_paper import read_kept
from gateway.services.storage_fees import Storage
from gateway.services.vehicle_numbers import masked_lot

router = APIRouter(tags=["goods"])

_FLAGS = {FROZEN: "frozen", SPENT: "spent", SETTLED: "settled", PAPER: "paper"}
_LIVE = 2
_SUMS = ("deposited", "redeemed", "delivered", "lost", "counted_day", "counts")
_LOT_COLUMNS = ("keeper", "unit", "decimals", "last_day", "first_quantity", *_SUMS)

PartyQuery = Annotated[int | None, Query(ge=0, le=PARTY_MOST)]
_DayQuery = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        description="the last day that counts, YYYY-MM-DD; by default the ledger's today",
    ),
]


@router.get("/lots", response_model=schemas.Lots)
def all_lots(view: TheView, page: ThePage, keeper: PartyQuery = None) -> dict[str, Any]:
    """Lots of goods: what came in, what receipts stand for, what is in store."""
    query = select(lots) if keeper is None else select(lots).where(lots.c.keeper == keeper)
    rows = page.rows(view.ledger, query, lots.c.lot)
    known = documents_of(view.own, [row.number_hash.hex() for row in rows])
    return page.answer("lots", rows, lambda row: _lot(row, known), last("lot"), as_of=view.seen)


@router.get("/lots/{lot}", response_model=schemas.OneLot)
def one_lot(lot: str, view: TheView) -> dict[str, Any]:
    """One lot; `lot` is party-serial or one number."""
    row = view.ledger.execute(select(lots).where(lots.c.lot == parse_id(lot))).one_or_none()
    if row is None:
        raise Problem("UNKNOWN_ROOT", "no such lot", status=404, lot=lot)
    return {**_lot(row, documents_of(view.own, [row.number_hash.hex()])), "as_of": view.seen}


@router.get("/warehouse-receipts", response_model=schemas.WarehouseReceipts)
def all_receipts(
    view: TheView, page: ThePage, holder: PartyQuery = None, lot: str | None = None
) -> dict[str, Any]:
    """Warehouse receipts: who holds how much of which lot, and what is handed over for it."""
    query = _receipts()
    if holder is not None:
        query = query.where(ledger.titles.c.holder == holder)
    if lot is not None:
        query = query.where(ledger.titles.c.root == parse_id(lot))
    rows = page.rows(view.ledger, query, ledger.titles.c.title)
    return page.answer("warehouse_receipts", rows, _receipt, last("title"), as_of=view.seen)


@router.get("/warehouse-receipts/{receipt}", response_model=schemas.OneWarehouseReceipt)
def one_receipt(receipt: str, view: TheView) -> dict[str, Any]:
    """One receipt; `receipt` is party-serial or one number."""
    query = _receipts().where(ledger.titles.c.title == parse_id(receipt))
    row = view.ledger.execute(query).one_or_none()
    if row is None:
        raise Problem("UNKNOWN_TITLE", "no such warehouse receipt", status=404, receipt=receipt)
    return {**_receipt(row), "as_of": view.seen}


@router.get("/warehouse-receipts/{receipt}/storage-fee", response_model=schemas.StorageFee)
def storage_fee(receipt: str, view: TheView, day: _DayQuery = None) -> dict[str, Any]:
    """What storage comes to by the tariff in the receipt's document, from the first day that is not paid for to a day,
    both counted; beside it the lien that stands, which may have other costs in it.

    A part is reckoned by the document of the receipt that it came from, for what the part stands for now.
    """
    number = parse_id(receipt)
    row = view.ledger.execute(_receipts().where(ledger.titles.c.title == number)).one_or_none()
    if row is None:
        raise Problem("UNKNOWN_TITLE", "no such warehouse receipt", status=404, receipt=receipt)
    last_day = _day(view, day)
    charges = charges_of(view.ledger, view.own, number)
    document = read_kept("0x" + charges.evidence.hex(), lambda digest: kept_document(view.own, digest))
    if document is None:
        raise Problem(
            "DOCUMENT-UNKNOWN", "the receipt's document is not kept here: its tariff is not known", status=404,
            receipt=receipt, evidence="0x" + charges.evidence.hex(),
        )  # fmt: skip
    if document.tariff is None:
        raise Problem(
            "TARIFF-MISSING", f"the receipt's document has no tariff, only words: {document.fee}", status=404,
            receipt=receipt, field="tariff",
        )  # fmt: skip
    stored = day_of_date(document.period.first)
    storage = Storage(
        tariff=document.tariff, quantity=quantity_text(row.quantity, row.lot_decimals), unit=unit_code(row.lot_unit),
        stored=stored, since=stored if charges.paid_day is None else max(stored, charges.paid_day + 1), day=last_day,
    )  # fmt: skip
    return {**_fee(row, storage, charges), "as_of": view.seen}


def _day(view: View, asked: str | None) -> int:
    if asked is None:
        return head_of(view).day
    try:
        return day_of_iso(asked)
    except ValueError:
        raise Problem("DAY-FORM", "it is no day of the ledger", field="day", found=asked) from None


def _fee(row: Any, storage: Storage, charges: Charges) -> dict[str, Any]:
    charged = None
    if row.lien_amount and charges.charged_day is not None:
        charged = {
            "amount": text(row.lien_amount, row.lien_currency), "currency": currency_codes()[row.lien_currency],
            "day": iso(charges.charged_day),
        }  # fmt: skip
    return {
        "receipt": format_id(row.title), "keeper": row.lot_keeper, "holder": row.holder,
        "evidence": "0x" + charges.evidence.hex(), "tariff": storage.tariff, "quantity": storage.quantity,
        "unit": storage.unit, "stored": iso(storage.stored),
        "paid": None if charges.paid_day is None else iso(charges.paid_day), "since": iso(storage.since),
        "day": iso(storage.day), "days": storage.days, "periods": storage.periods, "amount": storage.amount,
        "currency": storage.tariff.currency, "sum": storage.in_words(), "charged": charged,
        "merged": [format_id(each) for each in charges.merged],
    }  # fmt: skip


def _receipts() -> Select[Any]:
    table = ledger.titles
    of_lot = (lots.c[name].label(f"lot_{name}") for name in _LOT_COLUMNS)
    lien = liens.c.amount.label("lien_amount"), liens.c.currency.label("lien_currency")
    found = select(table, *of_lot, *lien).join(lots, table.c.root == lots.c.lot)
    return found.outerjoin(liens, liens.c.title == table.c.title)


def _lot(row: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    document = known.get(row.number_hash.hex())
    sums = Lot(*(getattr(row, name) for name in _SUMS))
    nominal, stored = sums.nominal(row.first_quantity), sums.stored(row.first_quantity)

    def said(quantity: int) -> str:
        return quantity_text(quantity, row.decimals)

    return {
        "lot": format_id(row.lot), "id": str(row.lot), "name": None if document is None else masked_lot(document.lot),
        "place": None if document is None else document.place, "keeper": row.keeper, "inspector": row.inspector,
        "kind": "pool" if row.kind == RootKind.POOL else "lot", "phase": "live" if row.phase == _LIVE else "closed",
        "unit": unit_code(row.unit), "received": said(row.first_quantity + row.deposited), "receipts": said(nominal),
        "in_store": said(stored), "shortfall": said(nominal - stored), "delivered": said(row.delivered),
        "lost": said(row.lost), "opened": iso(row.opened_day), "last_day": iso(row.last_day),
        "counted": iso(row.counted_day) if row.counted_day else None, "counts": row.counts,
        "number_hash": "0x" + row.number_hash.hex(), "evidence": "0x" + row.evidence.hex(),
    }  # fmt: skip


def _receipt(row: Any) -> dict[str, Any]:
    sums = Lot(*(getattr(row, f"lot_{name}") for name in _SUMS))
    flags = [name for bit, name in _FLAGS.items() if row.flags & bit]
    status = "delivered" if "settled" in flags else "cancelled" if "spent" in flags else "live"
    share = sums.share(row.lot_first_quantity, row.quantity) if row.quantity else 0
    barred = row.lien_amount or row.lock or row.flags & (PAPER | FROZEN)
    return {
        "id": str(row.title), "receipt": format_id(row.title), "lot": format_id(row.root),
        "parent": None if row.parent is None else format_id(row.parent), "keeper": row.lot_keeper,
        "holder": row.holder, "quantity": quantity_text(row.quantity, row.lot_decimals),
        "deliverable": quantity_text(0 if barred else share, row.lot_decimals),
        "share": quantity_text(share, row.lot_decimals), "unit": unit_code(row.lot_unit),
        "last_day": iso(row.lot_last_day), "counted": iso(row.lot_counted_day) if row.lot_counted_day else None,
        "lock": row.lock, "lien": text(row.lien_amount, row.lien_currency) if row.lien_amount else None,
        "lien_currency": currency_codes()[row.lien_currency] if row.lien_amount else None,
        "sequence": row.sequence, "flags": flags, "status": status,
    }  # fmt: skip
