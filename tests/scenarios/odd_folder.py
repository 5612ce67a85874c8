"""A folder as it really arrives: good deals beside short, foreign, repeated, amended, hostile and meaningless files."""

from __future__ import annotations

import csv
import io
import os
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from gateway.domain.trade import Identifier, Origin, Party, TradeDocument
from tests.gateway.documents.test_hostile import HOSTILE, UNSUPPORTED
from tests.gateway.documents.trade_builder import (
    BUYER,
    SELLER,
    STRANGER,
    credit_note,
    invoice,
    line,
    moved,
    order,
    receipt,
)
from tests.gateway.documents.ubl_writer import to_csv, to_ubl

LINES = 2_000
COPIES = {"respelled/copy.xml", "respelled/same-bytes.xml"}
NO_BUYER = "no-buyer/invoice.xml"
BARE = Party("Konepaja Oy", "Konepaja Oy", (Identifier("", "12345678", Origin.LEGAL),), "FI")
"""A company number without a scheme, as Peppol allows."""
NAMELESS = Party("Köpare AB", "Köpare AB", (), "SE")
"""A buyer without any number."""
NO_TEXT = b"name-\xff\xfe.xml"
NEEDED = (
    *(
        "kind",
        "number",
        "seller_name",
        "seller_tax_id",
        "seller_country",
        "buyer_name",
        "issue_date",
        "due_date",
    ),
    *("currency", "order", "line", "order_line", "quantity", "unit", "price", "line_amount", "tax_rate"),
    "total_payable",
)
"""The columns of a table that says no more than it must."""


def deal(
    name: str,
    *,
    ordered: int = 100,
    received: int | None = None,
    invoiced: int | None = None,
    price: int = 100_000,
    seller: Party = SELLER,
    buyer: Party = BUYER,
    currency: str = "CNY",
    exponent: int = 2,
    lines: int = 1,
    **bill: object,
) -> list[TradeDocument]:
    """Order, receipt and invoice of one deal, each in a file of the deal's folder; without a receipt when 0 came."""
    received = ordered if received is None else received
    invoiced = ordered if invoiced is None else invoiced
    rate = 13 if currency == "CNY" else 0
    money: dict[str, object] = {"currency": currency, "exponent": exponent}
    common: dict[str, object] = {"sellers": (seller,), "buyers": (buyer,)}
    number = f"PO-{name}"
    wanted = [line(str(n), ordered, price, rate=rate) for n in range(1, lines + 1)]
    came = [line(str(n), received, order_line=str(n)) for n in range(1, lines + 1)]
    billed = [line(str(n), invoiced, price, rate=rate, order_line=str(n)) for n in range(1, lines + 1)]
    made = [order(number, wanted, **money, **common)]
    if received:
        made.append(receipt(f"RA-{name}", number, came, **common))
    made.append(invoice(f"INV-{name}", number, billed, **{**money, **common, **bill}))
    return [moved(each, f"{name}/{each.kind}.xml") for each in made]


def _documents() -> list[TradeDocument]:
    documents = [
        *deal("good"),
        *deal("short", received=90),
        *deal("over", invoiced=120),
        *deal("yen", price=1_250, seller=STRANGER, currency="JPY", exponent=0),
        *deal("dinar", price=12_345, currency="KWD", exponent=3),
        *deal("prepaid", prepaid=1_000_000),
        *deal("unseen", received=0),
        *deal("undated", due=None),
        *deal("long", ordered=2, lines=LINES),
        *deal("tiny", ordered=1, price=50),
        *deal("bare", seller=BARE, buyer=NAMELESS),
    ]
    documents += deal("credited")
    note = credit_note(
        "CN-credited", "INV-credited", [line("1", 40, 100_000, order_line="1")], order="PO-credited"
    )
    documents.append(moved(note, "credited/credit-note.xml"))
    amended = deal("amended")
    again = deal("amended", price=110_000)[-1]
    documents += [*amended, moved(again, "amended/second.xml")]
    respelled = deal("respelled")
    copy = replace(respelled[-1], number="ｉｎｖ  respelled")
    documents += [*respelled, moved(copy, "respelled/copy.xml")]
    return documents


def build(folder: Path) -> set[str]:
    """Write the folder; answers the names of its files."""
    names = set()

    def put(name: str, data: bytes) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        names.add(name)

    for document in _documents():
        put(document.source.file, to_ubl(document))
    put("respelled/same-bytes.xml", (folder / "respelled/invoice.xml").read_bytes())
    put(
        NO_BUYER,
        re.sub(rb"<(cac:AccountingCustomerParty)>.*?</\1>", b"", to_ubl(deal("no-buyer")[-1]), flags=re.S),
    )
    table = list(csv.DictReader(to_csv(deal("table")).decode().splitlines()))
    rows = io.StringIO()
    writer = csv.DictWriter(rows, NEEDED, delimiter=";", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(table)
    put("table/deal.txt", b"sep=;\r\n" + rows.getvalue().encode())
    (folder / os.fsdecode(NO_TEXT)).write_bytes(to_ubl(deal("no-text")[0]))
    names.add(NO_TEXT.decode(errors="backslashreplace"))
    for name, (data, _) in HOSTILE.items():
        put(f"hostile/{name}", data)
    for name, data in UNSUPPORTED.items():
        put(f"unsupported/{name}", data)
    return names


def gross(quantity: int, price: int, rate: int = 13) -> Fraction:
    """What a deal is worth, in minor units."""
    return Fraction(quantity * price * (100 + rate), 100)
