"""Questions to the read model that more than one room asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, ScalarSelect, func, select

from gateway.db import goods_sales
from gateway.db import tables as ledger
from gateway.db.leases import with_payee
from gateway.db.own import accounts
from gateway.db.stage_tables import stage_terms
from gateway.db.standing import STAGED
from gateway.domain.protection_records import ProtectionKind
from gateway.domain.terms import agreement
from gateway.services.loan_rows import loan_of
from gateway.services.payments import AccountRef, FactKind, PaymentOrder, end_to_end_id

_LIVE = 2
_SERIAL = (1 << 32) - 1
_RESERVED = 1
_REVERSED = 11
"""The ledger's kind of a movement by which a bank took back a booking of its own."""


class Accounts:
    """The accounts that parties and banks told the gateway of."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_commitment(self, commitment: bytes) -> AccountRef | None:
        """The account behind a commitment on the chain."""
        return self._one(accounts.c.commitment == commitment)

    def by_number(self, bic: str, number: str) -> AccountRef | None:
        """The account of a bank statement."""
        return self._one((accounts.c.bic == bic) & (accounts.c.account == number))

    def of(self, owner: int, purpose: str, currency: str) -> AccountRef | None:
        """A party's account for one purpose."""
        return self._one(
            (accounts.c.owner == owner) & (accounts.c.purpose == purpose) & (accounts.c.currency == currency)
        )

    def bound(self, party: int, currency_number: int) -> AccountRef | None:
        """The account a party is paid on, as the chain says."""
        row = self._connection.execute(
            select(ledger.accounts.c.account).where(
                ledger.accounts.c.party == party, ledger.accounts.c.currency == currency_number
            )
        ).scalar_one_or_none()
        return None if row is None else self.by_commitment(row)

    def paying_out(self, facility: Mapping[str, Any], payee: int) -> AccountRef | None:
        """The account that loans of this row of `ledger_facilities` are paid out on: of a facility in stages its
        special one, else its payee's own.
        """
        if not facility["flags"] & STAGED:
            return self.bound(payee, facility["currency"])
        special = select(stage_terms.c.special_account).where(stage_terms.c.facility == facility["facility"])
        return self.by_commitment(self._connection.execute(special).scalar_one())

    def _one(self, condition: Any) -> AccountRef | None:
        row = self._connection.execute(select(accounts).where(condition)).first()
        if row is None:
            return None
        return AccountRef(
            row.bic, row.bank, row.account, row.owner, row.owner_name, row.currency, bytes(row.commitment)
        )


def payment_orders(
    connection: Connection, today: int, currency_codes: dict[int, str]
) -> Iterator[PaymentOrder]:
    """Every payment the ledger expects and no bank has confirmed yet; accounts that are not known are passed over."""
    book = Accounts(connection)
    yield from _payouts(connection, book, currency_codes)
    yield from _dues(connection, book, today, currency_codes)
    yield from _lines(connection, book, currency_codes)
    yield from _prices(connection, book)
    yield from _surpluses(connection, book)
    yield from _protectors(connection, book, currency_codes)
    yield from _reimbursements(connection, book)


def loan_behind(connection: Connection, protection: int, serial: int) -> int:
    """The whole number of a loan that a protection may stand behind, by the loan's own half; 0: no such protection."""
    borrower = connection.execute(
        select(ledger.facilities.c.borrower)
        .join(ledger.protections, ledger.protections.c.facility == ledger.facilities.c.facility)
        .where(ledger.protections.c.protection == protection)
    ).scalar_one_or_none()
    return 0 if borrower is None else borrower << 32 | serial


def _order(
    kind: FactKind,
    subject: int,
    part: int,
    payer: AccountRef | None,
    payee: AccountRef | None,
    amount: int,
    loan: int = 0,
) -> Iterator[PaymentOrder]:
    if payer is not None and payee is not None and amount > 0:
        named = end_to_end_id(kind, subject, part, loan)
        yield PaymentOrder(named, kind, subject, payer, payee, amount, loan)


def _payouts(connection: Connection, book: Accounts, codes: dict[int, str]) -> Iterator[PaymentOrder]:
    reserved = (
        select(ledger.loans, ledger.facilities)
        .join(ledger.facilities, ledger.loans.c.facility == ledger.facilities.c.facility)
        .where(ledger.loans.c.phase == _RESERVED)
        .order_by(ledger.loans.c.loan)
    )
    rows = connection.execute(with_payee(reserved, ledger.facilities.c.borrower)).mappings()
    for row in rows:
        currency = row[ledger.facilities.c.currency]
        yield from _order(
            FactKind.PAYOUT,
            row[ledger.loans.c.loan],
            0,
            book.of(row[ledger.facilities.c.lender], "funding", codes[currency]),
            book.paying_out({column.name: row[column] for column in ledger.facilities.c}, row["payee"]),
            agreement.pay_out(loan_of({column.name: row[column] for column in ledger.loans.c})),
        )


def _dues(
    connection: Connection, book: Accounts, today: int, codes: dict[int, str]
) -> Iterator[PaymentOrder]:
    roots = ledger.roots.c
    rows = connection.execute(
        select(ledger.roots).where(roots.phase == _LIVE, roots.due_day <= today).order_by(roots.root)
    )
    for row in rows:
        yield from _order(
            FactKind.RECEIVED,
            row.root,
            row.received,
            book.bound(row.debtor, row.currency),
            book.of(row.clearing_bank, "clearing", codes[row.currency]),
            row.quantity - row.removed - row.written_off - row.received,
        )


def _lines(connection: Connection, book: Accounts, codes: dict[int, str]) -> Iterator[PaymentOrder]:
    titles, roots = ledger.titles.c, ledger.roots.c
    pending = titles.paid + titles.late - titles.credited - titles.collected - titles.held
    movements = ledger.movements.c
    # Money that came back, or was taken back, is paid anew under another id: the bank knows the old one as used.
    came_back = (
        select(func.coalesce(func.sum(movements.amount), 0))
        .where(movements.kind.in_((FactKind.RETURNED, _REVERSED)), movements.subject == titles.title)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            ledger.titles,
            roots.currency,
            roots.clearing_bank,
            pending.label("pending"),
            came_back.label("came_back"),
        )
        .join(ledger.roots, titles.root == roots.root)
        .where(pending > 0)
        .order_by(titles.title)
    )
    for row in rows:
        if row.lock:
            commitment = connection.execute(
                select(ledger.facilities.c.collection_account).where(ledger.facilities.c.facility == row.lock)
            ).scalar_one()
            payee = book.by_commitment(commitment)
        else:
            payee = book.bound(row.holder, row.currency)
        yield from _order(
            FactKind.CREDITED,
            row.title,
            row.credited + row.collected + row.held + int(row.came_back),
            book.of(row.clearing_bank, "clearing", codes[row.currency]),
            payee,
            row.pending,
        )


def _prices(connection: Connection, book: Accounts) -> Iterator[PaymentOrder]:
    """What buyers of goods that were sold in enforcement still owe, to the collection account (CC-438)."""
    for row in connection.execute(goods_sales.sales()):
        payee = book.by_commitment(row.collection_account)
        payer = book.bound(row.buyer, row.currency)
        left = row.total - row.collected
        yield from _order(FactKind.CREDITED, row.title, row.collected, payer, payee, left)


def _surpluses(connection: Connection, book: Accounts) -> Iterator[PaymentOrder]:
    """What lenders did not need: the holder's; of goods that were sold, whoever's that had pledged them."""
    titles, roots = ledger.titles.c, ledger.roots.c
    certificates = connection.execute(
        select(titles.title, titles.holder, titles.surplus, roots.currency)
        .join(ledger.roots, titles.root == roots.root)
        .where(titles.surplus > 0)
    )
    found = [(row.title, row.holder, row.currency, row.surplus) for row in certificates]
    sold = connection.execute(goods_sales.sales().where(titles.surplus > 0))
    found += [(row.title, row.borrower, row.currency, row.surplus) for row in sold]
    for title, payee, currency, surplus in sorted(found):
        paid = connection.execute(
            select(func.count()).where(
                ledger.movements.c.kind == FactKind.SURPLUS, ledger.movements.c.subject == title
            )
        ).scalar_one()
        collected = connection.execute(
            select(ledger.movements.c.account)
            .where(ledger.movements.c.kind == FactKind.COLLECTED, ledger.movements.c.subject == title)
            .order_by(ledger.movements.c.block_number.desc())
        ).scalars()
        payer = next((book.by_commitment(account) for account in collected), None)
        yield from _order(FactKind.SURPLUS, title, paid, payer, book.bound(payee, currency), surplus)


def _protectors(connection: Connection, book: Accounts, codes: dict[int, str]) -> Iterator[PaymentOrder]:
    """What was called and not paid: out of the reserve's own account where that is known, else the bound one."""
    calls, protections, facilities = ledger.calls.c, ledger.protections.c, ledger.facilities.c
    rows = connection.execute(
        select(
            calls.protection, calls.loan, (calls.called - calls.paid).label("unpaid"), protections.protector,
            protections.kind, facilities.currency, facilities.collection_account,
            _moved(FactKind.PROTECTED).label("parts"),
        )
        .join(ledger.protections, protections.protection == calls.protection)
        .join(ledger.facilities, facilities.facility == protections.facility)
        .where(calls.called > calls.paid)
        .order_by(calls.protection, calls.loan)
    )  # fmt: skip
    for row in rows:
        payer = book.bound(row.protector, row.currency)
        if row.kind == ProtectionKind.RESERVE:
            purpose = f"reserve-{row.protection & _SERIAL}"
            payer = book.of(row.protector, purpose, codes[row.currency]) or payer
        payee = book.by_commitment(row.collection_account)
        yield from _order(
            FactKind.PROTECTED, row.protection, row.parts, payer, payee, row.unpaid, row.loan
        )  # fmt: skip


def _reimbursements(connection: Connection, book: Accounts) -> Iterator[PaymentOrder]:
    """What lies ready for those who paid in the debtor's place, once their facility owes its lender nothing (CC-700).

    The contracts keep no order among guarantors, partners and reserves; here who was called first is reimbursed first.
    """
    calls, claims, facilities = ledger.calls.c, ledger.claims.c, ledger.facilities.c
    protections = ledger.protections.c
    rows = connection.execute(
        select(
            calls.protection, calls.loan, (calls.paid - calls.reimbursed).label("claim"), claims.pot,
            claims.first_open, protections.kind, facilities.currency, facilities.collection_account,
            _moved(FactKind.REIMBURSED).label("parts"),
        )
        .join(ledger.claims, claims.loan == calls.loan)
        .join(ledger.protections, protections.protection == calls.protection)
        .join(ledger.facilities, facilities.facility == protections.facility)
        .where(claims.pot > 0, calls.paid > calls.reimbursed, facilities.used == 0, facilities.written_off == 0)
        .order_by(calls.loan, protections.kind, protections.order_number, calls.protection)
    )  # fmt: skip
    left: dict[int, int] = {}
    for row in rows:
        ready = min(row.claim, left.setdefault(row.loan, row.pot))
        if row.kind == ProtectionKind.INSURANCE and row.first_open:
            continue
        left[row.loan] -= ready
        payer = book.by_commitment(row.collection_account)
        payee = book.bound(row.protection >> 32, row.currency)
        yield from _order(FactKind.REIMBURSED, row.protection, row.parts, payer, payee, ready, row.loan)


def _moved(kind: FactKind) -> ScalarSelect[int]:
    """How many movements of this kind a call has had: each payment about it is another."""
    movements, calls = ledger.movements.c, ledger.calls.c
    return (
        select(func.count())
        .where(movements.kind == kind, movements.subject == calls.protection, movements.loan == calls.loan)
        .scalar_subquery()
    )
