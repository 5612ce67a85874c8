"""What the ledger expects of a payment: whether it would take a fact, said before anybody signs it.

The contracts decide; here their refusals are foreseen and explained. Several entries that wait for the same money share
what is expected of it in the order in which they are shown: none of it is promised twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, literal, select

from gateway.db import tables as ledger
from gateway.db.goods_sales import sale_of
from gateway.db.leases import with_payee
from gateway.db.queries import Accounts, loan_behind
from gateway.domain.protection_records import ProtectionKind
from gateway.domain.trade import decimal_text
from gateway.money import currency_codes, exponent
from gateway.problems import Problem
from gateway.services.payments import OF_PROTECTORS, About, AccountRef, FactKind

_RESERVED, _OUTSTANDING, _SETTLED, _WRITTEN_OFF = 1, 2, 3, 5
_LIVE = 2


@dataclass(frozen=True, slots=True)
class Payment:
    """Money on an account that may be about something: amount in minor units of `currency`."""

    account: AccountRef
    amount: int
    currency: str
    value_day: int


@dataclass(frozen=True, slots=True)
class _Expected:
    """What is expected about one subject; `most` is None where only the contracts can tell."""

    currency: int
    accounts: frozenset[bytes] | None
    bank: int | None
    most: int | None
    exact: bool = False
    first_day: int = 0


class Expectations:
    """Asked once for each subject; what was granted is remembered."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._book = Accounts(connection)
        self._known: dict[tuple[FactKind, int, int], _Expected] = {}
        self._granted: dict[tuple[FactKind, int, int], int] = {}

    def loan_of(self, about: About) -> int:
        """The loan that a protector's money is for; 0 for any other money, or where there is no such protection."""
        if about.kind not in OF_PROTECTORS:
            return 0
        return loan_behind(self._connection, about.subject, about.serial)

    def grant(self, kind: FactKind, subject: int, payment: Payment, loan: int = 0) -> None:
        """Take a payment as one about this subject; `loan` is what a protector's money is for.

        Raises Problem: SUBJECT-UNKNOWN, CURRENCY-DIFFERS, ACCOUNT-DIFFERS, PAYMENT-EARLY, PAYMENT-DIFFERS (a pay-out
        of another amount than was signed), PAYMENT-EXCESS (more than is expected).
        """
        group = FactKind.CREDITED if kind is FactKind.COLLECTED else kind
        expected = self._of(group, subject, loan)
        self._check_place(expected, payment)
        granted = self._granted.get((group, subject, loan), 0)
        if expected.exact and payment.amount != expected.most:
            told = f"{self._text(payment)} arrived, {self._sum(expected.most or 0, payment)} was signed"
            raise Problem("PAYMENT-DIFFERS", told, rule_source="DEC-10")
        if expected.most is not None and granted + payment.amount > expected.most:
            left = self._sum(max(expected.most - granted, 0), payment)
            raise Problem(
                "PAYMENT-EXCESS", f"{self._text(payment)} arrived, {left} is expected", rule_source="DEC-10"
            )
        self._granted[group, subject, loan] = granted + payment.amount

    def _check_place(self, expected: _Expected, payment: Payment) -> None:
        currency = currency_codes().get(expected.currency)
        if payment.currency != currency:
            raise Problem("CURRENCY-DIFFERS", f"{payment.currency} arrived, {currency} is expected")
        account = payment.account
        if expected.bank not in (None, account.bank):
            told = f"it arrived at bank {account.bank}, and bank {expected.bank} clears it"
            raise Problem("ACCOUNT-DIFFERS", told)
        if expected.accounts is not None and account.commitment not in expected.accounts:
            raise Problem("ACCOUNT-DIFFERS", f"it is not paid on the account {account.number}")
        if payment.value_day < expected.first_day:
            raise Problem("PAYMENT-EARLY", "it came before the day on which it is due: see early settlement")

    def _of(self, kind: FactKind, subject: int, loan: int) -> _Expected:
        if (kind, subject, loan) not in self._known:
            self._known[kind, subject, loan] = (
                self._protector(kind, subject, loan) if kind in OF_PROTECTORS else self._about(kind, subject)
            )
        return self._known[kind, subject, loan]

    def _about(self, kind: FactKind, subject: int) -> _Expected:
        table, key, find = self._SUBJECTS[kind]
        row = self._row(table, key, subject)
        if row is None:
            raise Problem("SUBJECT-UNKNOWN", f"the ledger has no {key} {subject}: nobody instructed this")
        return find(self, row)

    def _row(self, table: Table, key: str, value: int) -> Mapping[str, Any] | None:
        found = self._connection.execute(select(table).where(table.c[key] == value)).mappings().one_or_none()
        return None if found is None else dict(found)

    def _bound(self, party: int, currency: int) -> frozenset[bytes]:
        return self._only(self._book.bound(party, currency))

    @staticmethod
    def _only(account: AccountRef | None) -> frozenset[bytes]:
        return frozenset() if account is None else frozenset((account.commitment,))

    def _facility(self, number: int) -> Mapping[str, Any]:
        row = self._row(ledger.facilities, "facility", number)
        if row is None:
            raise Problem("SUBJECT-UNKNOWN", f"the ledger has no facility {number}")
        return row

    # ── by kind ─────────────────────────────────────────────────────────────────────────────────────────────

    def _payout(self, loan: Mapping[str, Any]) -> _Expected:
        facility = self._facility(loan["facility"])
        paid = with_payee(select(ledger.loans.c.loan), literal(facility["borrower"]))
        row = self._connection.execute(paid.where(ledger.loans.c.loan == loan["loan"])).mappings().one()
        accounts = self._only(self._book.paying_out(facility, row["payee"]))
        drawn = loan["drawn"] if loan["phase"] == _RESERVED else 0
        return _Expected(facility["currency"], accounts, None, drawn, exact=True)

    def _repayment(self, loan: Mapping[str, Any]) -> _Expected:
        facility = self._facility(loan["facility"])
        open_ = loan["phase"] in (_OUTSTANDING, _WRITTEN_OFF)
        collection = frozenset((bytes(facility["collection_account"]),))
        # What is owed with interest on the value day, the contract computes; of a settled loan, it keeps what those
        # who paid in the debtor's place may still recover (CC-700).
        most = None if open_ else self._recoverable(loan)
        return _Expected(facility["currency"], collection, None, most)

    def _recoverable(self, loan: Mapping[str, Any]) -> int:
        claims = self._row(ledger.claims, "loan", loan["loan"])
        if claims is None or loan["phase"] != _SETTLED:
            return 0
        return int(claims["first_open"] + claims["later_open"] - claims["pot"])

    def _protector(self, kind: FactKind, number: int, loan: int) -> _Expected:
        """What was called and not paid; or what lies ready for who paid, once the lender is whole (CC-700)."""
        calls = ledger.calls.c
        call = self._connection.execute(
            select(ledger.calls).where(calls.protection == number, calls.loan == loan)
        ).one_or_none()
        protection = self._row(ledger.protections, "protection", number)
        if call is None or protection is None:
            told = f"the ledger has no call of protection {number} for that loan: nobody instructed this"
            raise Problem("SUBJECT-UNKNOWN", told)
        facility = self._facility(protection["facility"])
        if kind is FactKind.PROTECTED:
            accounts = frozenset((bytes(facility["collection_account"]),))
            return _Expected(facility["currency"], accounts, None, call.called - call.paid)
        bound = self._bound(number >> 32, facility["currency"])
        ready = 0
        if not (facility["used"] or facility["written_off"]):
            ready = min(self._ready(protection["kind"], loan), call.paid - call.reimbursed)
        return _Expected(facility["currency"], bound, None, ready)

    def _ready(self, kind: int, loan: int) -> int:
        """What was collected for those who paid for a loan; insurers come after all others."""
        claims = self._row(ledger.claims, "loan", loan)
        if claims is None or (kind == ProtectionKind.INSURANCE and claims["first_open"]):
            return 0
        return int(claims["pot"])

    def _received(self, root: Mapping[str, Any]) -> _Expected:
        gone = root["removed"] + root["written_off"] + root["received"]
        most = root["quantity"] - gone if root["phase"] == _LIVE else 0
        return _Expected(root["currency"], None, root["clearing_bank"], most, first_day=root["due_day"])

    def _credited(self, title: Mapping[str, Any]) -> _Expected:
        sale = sale_of(self._connection, title["title"])
        if sale is not None:
            collection = frozenset((bytes(sale.collection_account),))
            return _Expected(sale.currency, collection, None, sale.total - sale.collected)
        root = self._root(title)
        if title["lock"]:
            accounts = frozenset((bytes(self._facility(title["lock"])["collection_account"]),))
        else:
            accounts = self._bound(title["holder"], root["currency"])
        return _Expected(root["currency"], accounts, None, _pending(title))

    def _surplus(self, title: Mapping[str, Any]) -> _Expected:
        sale = sale_of(self._connection, title["title"])
        if sale is not None:
            accounts = self._bound(sale.borrower, sale.currency)
            return _Expected(sale.currency, accounts, None, sale.surplus)
        root = self._root(title)
        accounts = self._bound(title["holder"], root["currency"])
        return _Expected(root["currency"], accounts, None, title["surplus"])

    def _returned(self, title: Mapping[str, Any]) -> _Expected:
        root = self._root(title)
        # A line that came back is one line: what is on its way, or what had arrived.
        most = max(_pending(title), title["credited"])
        return _Expected(root["currency"], None, root["clearing_bank"], most)

    def _root(self, title: Mapping[str, Any]) -> Mapping[str, Any]:
        row = self._row(ledger.roots, "root", title["root"])
        if row is None:
            raise Problem("SUBJECT-UNKNOWN", f"the ledger has no root {title['root']}")
        return row

    _SUBJECTS: Mapping[
        FactKind, tuple[Table, str, Callable[[Expectations, Mapping[str, Any]], _Expected]]
    ] = {
        FactKind.PAYOUT: (ledger.loans, "loan", _payout),
        FactKind.REPAYMENT: (ledger.loans, "loan", _repayment),
        FactKind.RECEIVED: (ledger.roots, "root", _received),
        FactKind.CREDITED: (ledger.titles, "title", _credited),
        FactKind.SURPLUS: (ledger.titles, "title", _surplus),
        FactKind.RETURNED: (ledger.titles, "title", _returned),
    }

    @staticmethod
    def _sum(minor: int, payment: Payment) -> str:
        return f"{decimal_text(minor, exponent(payment.currency))} {payment.currency}"

    def _text(self, payment: Payment) -> str:
        return self._sum(payment.amount, payment)


def _pending(title: Mapping[str, Any]) -> int:
    """Of a title's lines, what has neither arrived nor is held."""
    gone: int = title["credited"] + title["collected"] + title["held"]
    return int(title["paid"]) + int(title["late"]) - gone
