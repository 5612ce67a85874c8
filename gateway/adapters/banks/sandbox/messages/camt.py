"""camt.054.001.08 notifications and camt.053.001.08 statements, from rows of the books.

Both carry entries of one shape; the two class modules name them alike, so one function builds either.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from pyiso20022.camt import camt_053_001_08 as statement_m  # type: ignore[import-untyped]  # no type marker
from pyiso20022.camt import camt_054_001_08 as notice_m

from gateway.adapters.banks.sandbox.messages.xml import write, xml_day, xml_moment
from gateway.adapters.banks.sandbox.money import to_decimal

CAMT053 = "camt.053.001.08"
CAMT054 = "camt.054.001.08"
_URN = "urn:iso:std:iso:20022:tech:xsd:"
SHANGHAI = timezone(timedelta(hours=8))


def write_camt054(
    *, message_id: str, created: datetime, bic: str, account: sqlite3.Row, entry: sqlite3.Row
) -> bytes:
    """The debit or credit notification of one entry."""
    m = notice_m
    notice = m.AccountNotification17(
        id=message_id,
        cre_dt_tm=xml_moment(created),
        acct=_account(m, account, bic),
        ntry=[_entry(m, entry, bic)],
    )
    header = m.GroupHeader81(msg_id=message_id, cre_dt_tm=xml_moment(created))
    message = m.BankToCustomerDebitCreditNotificationV08(grp_hdr=header, ntfctn=[notice])
    return write(m.Document(bk_to_cstmr_dbt_cdt_ntfctn=message), _URN + CAMT054)


def write_camt053(
    *,
    message_id: str,
    created: datetime,
    bic: str,
    account: sqlite3.Row,
    day: date,
    opening: int,
    entries: Sequence[sqlite3.Row],
) -> bytes:
    """The statement of one account over one closed day; `opening` in minor units, negative if overdrawn."""
    m = statement_m
    credits = [row["amount"] for row in entries if row["side"] == "C"]
    debits = [row["amount"] for row in entries if row["side"] == "D"]
    currency = account["currency"]
    closing = opening + sum(credits) - sum(debits)
    statement = m.AccountStatement9(
        id=message_id,
        elctrnc_seq_nb=Decimal(day.toordinal()),
        cre_dt_tm=xml_moment(created),
        fr_to_dt=m.DateTimePeriod1(
            fr_dt_tm=xml_moment(datetime.combine(day, time.min, SHANGHAI)),
            to_dt_tm=xml_moment(datetime.combine(day, time.max, SHANGHAI)),
        ),
        acct=_account(m, account, bic),
        bal=[_balance("OPBD", opening, currency, day), _balance("CLBD", closing, currency, day)],
        txs_summry=m.TotalTransactions6(
            ttl_ntries=m.NumberAndSumOfTransactions4(
                nb_of_ntries=str(len(entries)), sum=to_decimal(sum(credits) + sum(debits), currency)
            ),
            ttl_cdt_ntries=m.NumberAndSumOfTransactions1(
                nb_of_ntries=str(len(credits)), sum=to_decimal(sum(credits), currency)
            ),
            ttl_dbt_ntries=m.NumberAndSumOfTransactions1(
                nb_of_ntries=str(len(debits)), sum=to_decimal(sum(debits), currency)
            ),
        ),
        ntry=[_entry(m, row, bic) for row in entries],
    )
    header = m.GroupHeader81(msg_id=message_id, cre_dt_tm=xml_moment(created))
    message = m.BankToCustomerStatementV08(grp_hdr=header, stmt=[statement])
    return write(m.Document(bk_to_cstmr_stmt=message), _URN + CAMT053)


def _balance(code: str, minor: int, currency: str, day: date) -> Any:
    m = statement_m
    return m.CashBalance8(
        tp=m.BalanceType13(cd_or_prtry=m.BalanceType10Choice(cd=code)),
        amt=m.ActiveOrHistoricCurrencyAndAmount(value=to_decimal(abs(minor), currency), ccy=currency),
        cdt_dbt_ind=m.CreditDebitCode.DBIT if minor < 0 else m.CreditDebitCode.CRDT,
        dt=m.DateAndDateTime2Choice(dt=xml_day(day)),
    )


def _account(m: Any, account: sqlite3.Row, bic: str) -> Any:
    return m.CashAccount39(
        id=_account_id(m, account["id"]),
        ccy=account["currency"],
        ownr=m.PartyIdentification135(nm=account["owner_name"]),
        svcr=_agent(m, bic),
    )


def _account_id(m: Any, account: str) -> Any:
    return m.AccountIdentification4Choice(othr=m.GenericAccountIdentification1(id=account))


def _agent(m: Any, bic: str) -> Any:
    return m.BranchAndFinancialInstitutionIdentification6(
        fin_instn_id=m.FinancialInstitutionIdentification18(bicfi=bic)
    )


def _entry(m: Any, row: sqlite3.Row, bic: str) -> Any:
    amount = _amount(m, row["amount"], row["currency"])
    side = m.CreditDebitCode.CRDT if row["side"] == "C" else m.CreditDebitCode.DBIT
    return m.ReportEntry10(
        ntry_ref=str(row["id"]),
        amt=amount,
        cdt_dbt_ind=side,
        rvsl_ind=True if row["kind"] == "reversal" else None,
        sts=m.EntryStatus1Choice(cd="BOOK"),
        bookg_dt=m.DateAndDateTime2Choice(dt=xml_day(date.fromisoformat(row["booking_day"]))),
        val_dt=m.DateAndDateTime2Choice(dt=xml_day(date.fromisoformat(row["value_day"]))),
        acct_svcr_ref=row["entry_reference"],
        bk_tx_cd=_code(m, row),
        ntry_dtls=[m.EntryDetails9(tx_dtls=[_details(m, row, amount, side, bic)])],
    )


def _details(m: Any, row: sqlite3.Row, amount: Any, side: Any, bic: str) -> Any:
    instructed = m.AmountAndCurrencyExchangeDetails3(amt=_amount(m, row["instructed_minor"], row["currency"]))
    return m.EntryTransaction10(
        refs=m.TransactionReferences6(
            msg_id=row["message_id"] or None,
            acct_svcr_ref=row["entry_reference"],
            instr_id=row["instruction_id"] or None,
            end_to_end_id=row["end_to_end"] or None,
            tx_id=row["transfer_id"],
        ),
        amt=amount,
        cdt_dbt_ind=side,
        amt_dtls=m.AmountAndCurrencyExchange3(
            instd_amt=instructed, tx_amt=m.AmountAndCurrencyExchangeDetails3(amt=amount)
        ),
        rltd_pties=_parties(m, row) if row["other_account"] else None,
        rltd_agts=_agents(m, row, bic) if row["other_bic"] else None,
        rmt_inf=m.RemittanceInformation16(ustrd=[row["remittance"][:140]]) if row["remittance"] else None,
        rtr_inf=_return(m, row) if row["kind"] in ("return", "reversal") else None,
    )


def _other_pays(row: sqlite3.Row) -> bool:
    # In a return or reversal the parties keep the places they had in the transfer that is taken back.
    credited = bool(row["side"] == "C")
    return credited != (row["kind"] in ("return", "reversal"))


def _parties(m: Any, row: sqlite3.Row) -> Any:
    party = m.Party40Choice(pty=m.PartyIdentification135(nm=row["other_name"] or None))
    account = m.CashAccount38(id=_account_id(m, row["other_account"]))
    if _other_pays(row):
        return m.TransactionParties6(dbtr=party, dbtr_acct=account)
    return m.TransactionParties6(cdtr=party, cdtr_acct=account)


def _agents(m: Any, row: sqlite3.Row, bic: str) -> Any:
    payer, payee = (row["other_bic"], bic) if _other_pays(row) else (bic, row["other_bic"])
    return m.TransactionAgents5(dbtr_agt=_agent(m, payer), cdtr_agt=_agent(m, payee))


def _return(m: Any, row: sqlite3.Row) -> Any:
    return m.PaymentReturnReason5(
        rsn=m.ReturnReason5Choice(cd=row["reason"]),
        addtl_inf=[f"takes back {row['undoes']}"] if row["undoes"] else [],
    )


def _code(m: Any, row: sqlite3.Row) -> Any:
    # ISO bank transaction codes: received or issued credit transfers, domestic or a return of one.
    family = "RCDT" if _other_pays(row) else "ICDT"
    sub_family = "RRTN" if row["kind"] in ("return", "reversal") else "DMCT"
    return m.BankTransactionCodeStructure4(
        domn=m.BankTransactionCodeStructure5(
            cd="PMNT", fmly=m.BankTransactionCodeStructure6(cd=family, sub_fmly_cd=sub_family)
        )
    )


def _amount(m: Any, minor: int, currency: str) -> Any:
    return m.ActiveOrHistoricCurrencyAndAmount(value=to_decimal(minor, currency), ccy=currency)
