"""pain.001.001.09, the order of credit transfers, from plain records."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from iso4217 import Currency
from pyiso20022.pain import pain_001_001_09 as m  # type: ignore[import-untyped]  # ships no type marker
from stdnum import iban
from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.models.datatype import XmlDate, XmlDateTime

from gateway.adapters.kit.iso20022.errors import MessageRefused
from gateway.adapters.kit.iso20022.records import Account, PartyAccount, PaymentOrder, Transfer

NAME = "pain.001.001.09"
_NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
_CONTEXT = XmlContext()
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_MAX_MINOR = 10**18 - 1


def build_pain001(order: PaymentOrder) -> bytes:
    """The order as UTF-8 XML; the same order gives the same bytes, so a repeat can be sent unchanged.

    Raises MessageRefused naming the element that would not fit the standard: IDENTIFIER, TEXT, AMOUNT,
    ACCOUNT-IBAN, BIC, END-TO-END-REPEATED, NO-TRANSFERS.
    """
    check = _Check(order.message_id)
    check.identifier("GrpHdr/MsgId", order.message_id)
    check.text("GrpHdr/InitgPty/Nm", order.initiating_party, 140)
    check.party("PmtInf/Dbtr", order.debtor)
    if not order.transfers:
        raise check.refuse("PmtInf/CdtTrfTxInf", "NO-TRANSFERS", "an order holds at least one transfer")
    seen: set[str] = set()
    for transfer in order.transfers:
        check.transfer(transfer)
        if transfer.end_to_end in seen:
            raise check.refuse(
                "PmtId/EndToEndId", "END-TO-END-REPEATED", f"{transfer.end_to_end} is used twice"
            )
        seen.add(transfer.end_to_end)
    count, total = str(len(order.transfers)), sum((_decimal(item) for item in order.transfers), Decimal(0))
    instruction = m.PaymentInstruction30(
        pmt_inf_id=order.message_id,
        pmt_mtd=m.PaymentMethod3Code.TRF,
        nb_of_txs=count,
        ctrl_sum=total,
        reqd_exctn_dt=m.DateAndDateTime2Choice(dt=XmlDate.from_date(order.execution_day)),
        dbtr=m.PartyIdentification135(nm=order.debtor.name),
        dbtr_acct=_account(order.debtor.account),
        dbtr_agt=_agent(order.debtor.bic),
        cdt_trf_tx_inf=[_transfer(item) for item in order.transfers],
    )
    header = m.GroupHeader85(
        msg_id=order.message_id,
        cre_dt_tm=XmlDateTime.from_datetime(order.created_at.replace(microsecond=0)),
        nb_of_txs=count,
        ctrl_sum=total,
        initg_pty=m.PartyIdentification135(nm=order.initiating_party),
    )
    message = m.CustomerCreditTransferInitiationV09(grp_hdr=header, pmt_inf=[instruction])
    document = m.Document(cstmr_cdt_trf_initn=message)
    return XmlSerializer(context=_CONTEXT).render(document, ns_map={None: _NAMESPACE}).encode("utf-8")


class _Check:
    """Refuses what the standard has no room for, before anything is written."""

    def __init__(self, document: str) -> None:
        self._document = document

    def refuse(self, element: str, rule: str, message: str) -> MessageRefused:
        return MessageRefused(self._document, element, rule, message)

    def text(self, element: str, value: str, longest: int) -> None:
        if not 1 <= len(value) <= longest or not value.isprintable() or value != value.strip():
            raise self.refuse(element, "TEXT", f"{value!r} is not 1 … {longest} printable characters")

    def identifier(self, element: str, value: str) -> None:
        if not 1 <= len(value) <= 35 or not value.isascii() or not value.isprintable() or " " in value:
            raise self.refuse(element, "IDENTIFIER", f"{value!r} is not 1 … 35 visible ASCII characters")

    def party(self, element: str, party: PartyAccount) -> None:
        self.text(f"{element}/Nm", party.name, 140)
        if party.account.scheme == "IBAN" and not iban.is_valid(party.account.number):
            raise self.refuse(
                f"{element}Acct/Id/IBAN", "ACCOUNT-IBAN", f"{party.account.number!r} is no IBAN"
            )
        self.text(f"{element}Acct/Id", party.account.number, 34)
        if not _BIC.fullmatch(party.bic):
            raise self.refuse(f"{element}Agt/FinInstnId/BICFI", "BIC", f"{party.bic!r} is no BIC (ISO 9362)")

    def transfer(self, transfer: Transfer) -> None:
        self.identifier("CdtTrfTxInf/PmtId/EndToEndId", transfer.end_to_end)
        if transfer.instruction_id:
            self.identifier("CdtTrfTxInf/PmtId/InstrId", transfer.instruction_id)
        if transfer.remittance:
            self.text("CdtTrfTxInf/RmtInf/Ustrd", transfer.remittance, 140)
        if not 0 < transfer.amount_minor <= _MAX_MINOR:
            raise self.refuse("CdtTrfTxInf/Amt", "AMOUNT", f"{transfer.amount_minor} is not a payable amount")
        try:
            _exponent(transfer.currency)
        except ValueError as error:
            raise self.refuse("CdtTrfTxInf/Amt", "AMOUNT", f"{transfer.currency!r}: {error}") from error
        self.party("CdtTrfTxInf/Cdtr", transfer.creditor)


def _exponent(currency: str) -> int:
    digits = Currency(currency).exponent
    if digits is None:
        raise ValueError("no minor unit")
    return digits


def _decimal(transfer: Transfer) -> Decimal:
    return Decimal(transfer.amount_minor).scaleb(-_exponent(transfer.currency))


def _transfer(transfer: Transfer) -> Any:
    amount = m.ActiveOrHistoricCurrencyAndAmount(value=_decimal(transfer), ccy=transfer.currency)
    return m.CreditTransferTransaction34(
        pmt_id=m.PaymentIdentification6(
            instr_id=transfer.instruction_id or None, end_to_end_id=transfer.end_to_end
        ),
        amt=m.AmountType4Choice(instd_amt=amount),
        cdtr_agt=_agent(transfer.creditor.bic),
        cdtr=m.PartyIdentification135(nm=transfer.creditor.name),
        cdtr_acct=_account(transfer.creditor.account),
        rmt_inf=m.RemittanceInformation16(ustrd=[transfer.remittance]) if transfer.remittance else None,
    )


def _account(account: Account) -> Any:
    if account.scheme == "IBAN":
        identity = m.AccountIdentification4Choice(iban=iban.compact(account.number))
    else:
        identity = m.AccountIdentification4Choice(othr=m.GenericAccountIdentification1(id=account.number))
    return m.CashAccount38(id=identity)


def _agent(bic: str) -> Any:
    return m.BranchAndFinancialInstitutionIdentification6(
        fin_instn_id=m.FinancialInstitutionIdentification18(bicfi=bic)
    )
