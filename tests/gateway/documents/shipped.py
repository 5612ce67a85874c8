"""The document chains the product ships, as facts; `python -m tests.gateway.documents.shipped` writes them.

Every firm is invented. Its USCC, LEI, VAT and GLN pass their checks and belong to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

from gateway.domain.trade import AllowanceCharge, DocumentKind, Identifier, Line, Origin, Party, TradeDocument
from tests.gateway.documents.trade_builder import document, line, source
from tests.gateway.documents.ubl_writer import Particulars, to_csv, to_ubl

FOLDER = Path(__file__).parents[3] / "gateway" / "demo" / "documents"
_PEPPOL = "urn:fdc:peppol.eu:poacc:trns:{}:3"
_PEPPOL_BILL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"

CORE = Party(
    "京畿轨道装备集团有限公司",
    "京畿轨道装备集团有限公司",
    (
        Identifier("USCC", "91110115MA0C0RE19E", Origin.TAX, True),
        Identifier("USCC", "91110115MA0C0RE19E", Origin.LEGAL, True),
        Identifier("LEI", "300300TESTCORE000188", Origin.IDENTIFICATION, True),
        Identifier("GLN", "6901234500011", Origin.ENDPOINT, True),
    ),
    "CN",
    "大兴区永安路88号, 102600, 北京市",
)
TIER_1 = Party(
    "申浦精密部件有限公司",
    "申浦精密部件有限公司",
    (
        Identifier("USCC", "91310115MA1T1ER19W", Origin.TAX, True),
        Identifier("USCC", "91310115MA1T1ER19W", Origin.LEGAL, True),
        Identifier("GLN", "6901234501018", Origin.ENDPOINT, True),
    ),
    "CN",
    "浦东新区川桥路1200号, 201206, 上海市",
)
NORDHAFEN = Party(
    "Nordhafen Messtechnik",
    "Nordhafen Messtechnik GmbH",
    (
        Identifier("VAT", "DE814592030", Origin.TAX, True),
        Identifier("LEI", "529900NORDHAFEN00169", Origin.IDENTIFICATION, True),
        Identifier("GLN", "4260123450014", Origin.ENDPOINT, True),
    ),
    "DE",
    "Kaistraße 14, 24114, Kiel",
)
_BUYING = Particulars(contact="周雅琴", mail="caigou@jingji-guidao.example")
_SELLING = Particulars(
    contact="陆建明", mail="xiaoshou@shenpu-jingmi.example", account="310066661018000123456"
)
_KIEL = Particulars(
    contact="Inken Petersen", mail="rechnung@nordhafen.example", account="DE87999999990000004571"
)


def _item(
    position: int, quantity: int, price: int, item: str, name: str, unit: str = "EA", rate: int = 13
) -> Line:
    """An order line; `price` in minor units."""
    return line(
        str(position), quantity, price, unit=unit, rate=rate, seller_item=item, buyer_item=f"JG-{item}",
        description=name,
    )  # fmt: skip


def _follow(lines: list[Line], **changes: object) -> list[Line]:
    """The same lines in a later document: they refer to the order's lines and carry no money."""
    return [
        replace(one, order_line=one.id, unit_price=None, amount=None, category="", rate=None, **changes)  # type: ignore[arg-type]
        for one in lines
    ]


def _billed(lines: list[Line]) -> list[Line]:
    return [replace(one, order_line=one.id) for one in lines]


class _Chain:
    """One order with what follows it, between CORE and a seller."""

    def __init__(self, folder: str, seller: Party, currency: str, lines: list[Line]) -> None:
        self.folder = folder
        self.lines = lines
        self.adjustments: tuple[AllowanceCharge, ...] = ()
        self.common: dict[str, object] = {"sellers": (seller,), "buyers": (CORE,)}
        self.money = {"currency": currency, "exponent": 2}
        self.documents: list[tuple[TradeDocument, Particulars]] = []
        self.peppol = seller is NORDHAFEN
        self.selling = _KIEL if self.peppol else _SELLING

    def add(
        self, kind: DocumentKind, number: str, issued: date, lines: list[Line], **more: object
    ) -> TradeDocument:
        buyers = kind in (DocumentKind.ORDER, DocumentKind.RECEIPT_ADVICE)
        particulars = _BUYING if buyers else self.selling
        texts = {
            name: str(more.pop(name)) for name in ("note", "terms", "delivered", "place") if name in more
        }
        if self.peppol:
            name = kind.value.replace("-", "_")
            bill = kind in (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)
            texts["customization"] = _PEPPOL_BILL if bill else _PEPPOL.format(name)
        file = source(f"{self.folder}/{kind.value}-{number}.xml")
        money = self.money if kind not in (DocumentKind.DESPATCH_ADVICE, DocumentKind.RECEIPT_ADVICE) else {}
        made = document(
            kind, number, lines, **(self.common | money | {"issued": issued, "source": file} | more)
        )
        self.documents.append((made, replace(particulars, **texts)))
        return made

    def delivered(
        self, order: str, response: str, despatch: str, receipt: str, days: list[date], received: list[Line]
    ) -> None:
        """Order, response, despatch and receipt, on four days."""
        self.add(
            DocumentKind.ORDER, order, days[0], self.lines, place="大兴区永安路88号 2号收货区",
            terms="收货并开票后120天内付款", adjustments=self.adjustments,
        )  # fmt: skip
        accepted = [replace(one, status="5") for one in _follow(self.lines)]
        self.add(DocumentKind.ORDER_RESPONSE, response, days[1], accepted, order=order, code="AP")
        shipped = _follow(self.lines)
        self.add(DocumentKind.DESPATCH_ADVICE, despatch, days[2], shipped, order=order)
        self.add(DocumentKind.RECEIPT_ADVICE, receipt, days[3], received, order=order, despatches=(despatch,))

    def invoice(self, number: str, order: str, issued: date, due: date, **more: object) -> TradeDocument:
        terms = f"Zahlbar bis {due:%d.%m.%Y}" if self.peppol else f"{due:%Y年%m月%d日}前电汇付款"
        return self.add(
            DocumentKind.INVOICE, number, issued, _billed(self.lines), order=order, due=due, terms=terms,
            delivered=more.pop("delivered", ""), **more,
        )  # fmt: skip


def _plain() -> _Chain:
    chain = _Chain(
        "po-2026-0117",
        TIER_1,
        "CNY",
        [
            _item(1, 240, 1_862_50, "SP-3301", "转向架轴箱体 ZX-3301"),
            _item(2, 480, 215_80, "SP-0412", "轴承端盖 DG-0412"),
            _item(3, 1500, 12_36, "SP-9007", "定位销 DX-9007"),
        ],
    )
    days = [date(2026, 1, 12), date(2026, 1, 13), date(2026, 2, 5), date(2026, 2, 9)]
    received = [replace(one, despatch_line=one.id) for one in _follow(chain.lines)]
    chain.delivered("PO-2026-0117", "QR-0117", "FH-260205", "SH-260209", days, received)
    chain.invoice(
        "SP26-000301", "PO-2026-0117", date(2026, 2, 12), date(2026, 6, 12), receipts=("SH-260209",),
        delivered="2026-02-09",
    )  # fmt: skip
    return chain


def _short() -> _Chain:
    chain = _Chain("po-2026-0123", TIER_1, "CNY", [_item(1, 100, 4_950_00, "SP-7720", "齿轮箱壳体 CL-7720")])
    days = [date(2026, 1, 20), date(2026, 1, 21), date(2026, 2, 24), date(2026, 2, 26)]
    received = _follow(chain.lines, quantity=Fraction(90), short=Fraction(10))
    chain.delivered("PO-2026-0123", "QR-0123", "FH-260224", "SH-260226", days, received)
    chain.invoice("SP26-000318", "PO-2026-0123", date(2026, 3, 2), date(2026, 7, 30), note="按订单数量开票")
    return chain


def _prepaid() -> _Chain:
    chain = _Chain(
        "po-2026-0131",
        TIER_1,
        "CNY",
        [
            _item(1, 12, 86_400_00, "SP-T100", "牵引电机定子总成 DZ-100", unit="SET"),
            _item(2, 12, 18_250_00, "SP-T120", "冷却风道组件 FD-120", unit="SET"),
        ],
    )
    days = [date(2026, 1, 26), date(2026, 1, 27), date(2026, 3, 10), date(2026, 3, 12)]
    chain.delivered("PO-2026-0131", "QR-0131", "FH-260310", "SH-260312", days, _follow(chain.lines))
    chain.invoice(
        "SP26-000342", "PO-2026-0131", date(2026, 3, 16), date(2026, 7, 14), prepaid=425_716_20,
        note="预付款30%已于2026年1月30日收讫",
    )  # fmt: skip
    return chain


def _credited() -> _Chain:
    chain = _Chain("po-2026-0138", TIER_1, "CNY", [_item(1, 60, 1_375_00, "SP-5510", "制动盘 ZD-5510")])
    days = [date(2026, 2, 2), date(2026, 2, 3), date(2026, 3, 3), date(2026, 3, 5)]
    chain.delivered("PO-2026-0138", "QR-0138", "FH-260303", "SH-260305", days, _follow(chain.lines))
    chain.invoice("SP26-000329", "PO-2026-0138", date(2026, 3, 6), date(2026, 7, 6))
    chain.add(
        DocumentKind.CREDIT_NOTE, "SP26-H00012", date(2026, 3, 20), _billed(chain.lines),
        order="PO-2026-0138", billed=("SP26-000329",), code="381", note="整批退货, 全额红冲",
    )  # fmt: skip
    return chain


def _foreign() -> _Chain:
    chain = _Chain(
        "po-2026-0140",
        NORDHAFEN,
        "EUR",
        [
            _item(1, 8, 11_480_00, "NH-LX20", "Laser profile gauge LX20", rate=0),
            _item(2, 16, 365_50, "NH-LX20-K", "Calibration kit LX20-K", rate=0),
        ],
    )
    days = [date(2026, 1, 15), date(2026, 1, 16), date(2026, 2, 16), date(2026, 3, 9)]
    freight = AllowanceCharge(True, 780_00, "Z", Fraction(0))
    chain.adjustments = (freight,)
    chain.delivered("PO-2026-0140", "AB-55120", "LS-55120", "SH-260309", days, _follow(chain.lines))
    chain.invoice(
        "RE-2026-0457", "PO-2026-0140", date(2026, 3, 11), date(2026, 7, 9), adjustments=(freight,),
        note="Tax-free export delivery, § 4 Nr. 1a UStG",
    )  # fmt: skip
    return chain


def _table() -> _Chain:
    chain = _Chain(
        "po-2026-0152",
        TIER_1,
        "CNY",
        [
            _item(1, 3200, 46_80, "SP-1208", "弹性垫板 TB-1208"),
            _item(2, 800, 158_00, "SP-1215", "减振支座 JZ-1215"),
        ],
    )
    days = [date(2026, 2, 10), date(2026, 2, 11), date(2026, 3, 17), date(2026, 3, 19)]
    chain.delivered("PO-2026-0152", "QR-0152", "FH-260317", "SH-260319", days, _follow(chain.lines))
    chain.invoice("SP26-000377", "PO-2026-0152", date(2026, 3, 23), date(2026, 8, 20))
    return chain


def files() -> Iterator[tuple[str, bytes]]:
    """Every shipped file: its name inside the folder and its bytes."""
    for chain in (_plain(), _short(), _prepaid(), _credited(), _foreign()):
        for made, particulars in chain.documents:
            yield made.source.file, to_ubl(made, particulars)
    table = _table()
    trade = [made for made, _ in table.documents if made.kind is not DocumentKind.INVOICE]
    bills = [made for made, _ in table.documents if made.kind is DocumentKind.INVOICE]
    yield f"{table.folder}/purchasing.csv", to_csv(trade)
    yield f"{table.folder}/invoices.csv", to_csv(bills)


def main() -> None:
    """Write the files where the product ships them."""
    for name, data in files():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
