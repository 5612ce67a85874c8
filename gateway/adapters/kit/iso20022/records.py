"""What bank messages say, as plain facts. Amounts are integers of the currency's minor unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Side = Literal["CRDT", "DBIT"]

NO_REASON = "NOT-TOLD"
"""Stands for the reason of a return whose bank gives none."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its bank names it: an IBAN, or another numbering."""

    scheme: Literal["IBAN", "OTHER"]
    number: str


@dataclass(frozen=True, slots=True)
class PartyAccount:
    """Who is paid or pays, on which account, at which bank (BIC)."""

    name: str
    account: Account
    bic: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """One credit transfer to order; `end_to_end` (1 … 35 characters) travels to the payee's statement."""

    end_to_end: str
    amount_minor: int
    currency: str
    creditor: PartyAccount
    instruction_id: str = ""
    remittance: str = ""


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """One pain.001: transfers from one account on one day. Ids are the caller's and are kept for repeats."""

    message_id: str
    created_at: datetime
    initiating_party: str
    debtor: PartyAccount
    execution_day: date
    transfers: tuple[Transfer, ...]


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """Where one ordered transfer stands, in the bank's code (ACCP, ACSC, PDNG, RJCT …) with its reasons."""

    end_to_end: str
    instruction_id: str
    status: str
    reasons: tuple[str, ...]
    information: tuple[str, ...]
    servicer_reference: str


@dataclass(frozen=True, slots=True)
class InstructionStatus:
    """What the bank says of one payment information block as a whole; `status` is empty where it says nothing."""

    payment_information_id: str
    status: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One pain.002. `group_status` is empty when the bank reports on single transfers only.

    `blocks` are the statuses of whole payment information blocks: a bank that takes or rejects a block as one need
    not name its transfers.
    """

    message_id: str
    original_message_id: str
    group_status: str
    group_reasons: tuple[str, ...]
    payments: tuple[PaymentStatus, ...]
    blocks: tuple[InstructionStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """What a bank took for itself on the way. `included`: the amount beside it is already less (or more) by it."""

    amount_minor: int
    currency: str
    side: Side
    included: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """One transaction inside an entry. Empty text where the bank is silent.

    Attributes:
        end_to_end: as the bank tells it, which may have cut or re-spelled it; empty for the standard's words for
            "the payer gave none".
        amount_minor: in the account's currency.
        instructed: what the payer ordered, in minor units and currency, where the bank says so.
        foreign: the transaction in a currency that is not the account's, in minor units of that currency.
        exchange_rate: decimal text as the bank gives it; nothing is computed with it.
        return_reason: not empty exactly when this is money that came back: the bank's reason code, or `NO_REASON`.
        references: creditor references and numbers of documents of a structured remittance.
        code: the bank transaction code, such as `PMNT/RCDT/DMCT`, or the bank's own word.
        additional: the bank's own words about the transaction.
    """

    end_to_end: str
    instruction_id: str
    message_id: str
    transaction_id: str
    servicer_reference: str
    amount_minor: int
    instructed: tuple[int, str] | None
    side: Side
    return_reason: str
    debtor_name: str
    debtor_account: Account | None
    debtor_bic: str
    creditor_name: str
    creditor_account: Account | None
    creditor_bic: str
    remittance: str
    uetr: str = ""
    clearing_reference: str = ""
    references: tuple[str, ...] = ()
    additional: str = ""
    code: str = ""
    charges: tuple[Charge, ...] = ()
    foreign: tuple[int, str] | None = None
    exchange_rate: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of money on one account.

    Attributes:
        side: CRDT adds to the account, DBIT takes from it; in a reversal it is the reversal's own side.
        status: BOOK, PDNG, INFO …; only BOOK has moved money.
        value_day: None when the bank gives none; such an entry can be no payment fact.
        servicer_reference: the bank's own reference of the entry (AcctSvcrRef), empty when it gives none.
        reversal: the bank takes back a booking of its own.
        batch: several payments booked as one sum, whether or not the bank breaks it down here.
        details: the transactions booked together; empty when the bank does not break the entry down.
        code: the bank transaction code of the entry as a whole; `additional` the bank's own words about it.
        path: of the element in its message.
    """

    account: Account
    amount_minor: int
    currency: str
    side: Side
    status: str
    reversal: bool
    booking_day: date | None
    value_day: date | None
    servicer_reference: str
    entry_reference: str
    batch: bool
    details: tuple[Detail, ...]
    code: str = ""
    charges: tuple[Charge, ...] = ()
    additional: str = ""
    path: str = ""

    @property
    def signed_minor(self) -> int:
        """The change of the account's balance."""
        return self.amount_minor if self.side == "CRDT" else -self.amount_minor


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification of a camt.054: entries of one account. `copy` marks a copy or duplicate."""

    message_id: str
    notification_id: str
    account: Account
    copy: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a camt.052: what was booked, or is expected, on one account so far. It closes nothing."""

    message_id: str
    report_id: str
    account: Account
    copy: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a camt.053; balances in minor units, negative when overdrawn.

    `closing_minor - opening_minor` equals the sum of the booked entries: the reader has checked it.

    Attributes:
        opening_day: of the opening balance; banks that give the last closing balance instead give its day.
        servicer_bic: of the bank, where it names itself.
        sequence: the bank's own number of the statement, the electronic one before the legal one; None without.
        first_day: the first day it covers; the last is `closing_day`.
    """

    message_id: str
    statement_id: str
    account: Account
    currency: str
    opening_day: date
    opening_minor: int
    closing_day: date
    closing_minor: int
    copy: bool
    entries: tuple[Entry, ...]
    servicer_bic: str = ""
    sequence: int | None = None
    first_day: date = date.min
