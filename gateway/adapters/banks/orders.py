"""Payment orders as payers are given them: written once, kept, and given again as they were."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from gateway.adapters.banks import elements
from gateway.adapters.kit.iso20022 import Account, PartyAccount, PaymentOrder, Transfer, build_pain001
from gateway.db import links, own
from gateway.domain.calendar import day_of_date
from gateway.problems import Problem
from gateway.services import payments

_TRANSFER = "Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf"
_INSTRUCTION = "Document/CstmrCdtTrfInitn/PmtInf"
_AGENT = "FinInstnId/BICFI"

ELEMENTS: Mapping[str, str] = {
    "end_to_end": f"{_TRANSFER}/PmtId/EndToEndId",
    "payer_bic": f"{_INSTRUCTION}/DbtrAgt/{_AGENT}",
    "payer_account": f"{_INSTRUCTION}/DbtrAcct/Id/Othr/Id",
    "payee_bic": f"{_TRANSFER}/CdtrAgt/{_AGENT}",
    "payee_account": f"{_TRANSFER}/CdtrAcct/Id/Othr/Id",
    "amount": f"{_TRANSFER}/Amt/InstdAmt",
    "currency": f"{_TRANSFER}/Amt/InstdAmt@Ccy",
    "day": f"{_INSTRUCTION}/ReqdExctnDt/Dt",
}
"""Where the document says what a column of `own_bank_orders` says."""


def kept_document(connection: Connection, end_to_end: str) -> bytes | None:
    """The order of this end-to-end id as its payer was given it, or None."""
    orders = own.orders.c
    found = connection.execute(select(orders.content).where(orders.end_to_end == end_to_end)).scalar()
    return None if found is None else bytes(found)


def give(connection: Connection, order: payments.PaymentOrder, day: date, now: int) -> bytes:
    """The credit transfer of an expected payment, kept before it is given; asked again, the same bytes.

    Raises Problem(ORDER-GIVEN) when it was given before for another amount or between other accounts.
    """
    links.wait_for_turn(connection, links.ORDERS)
    orders = own.orders.c
    known = connection.execute(
        select(own.orders).where(orders.end_to_end == order.end_to_end)
    ).mappings().one_or_none()  # fmt: skip
    wanted = _columns(order)
    if known is not None:
        for name, value in wanted.items():
            if known[name] != value:
                told = (
                    f"this payment was ordered before with {name} {known[name]}, and {value} is expected now"
                )
                raise Problem("ORDER-GIVEN", told, status=409, field=name)
        return bytes(known["content"])
    content = document(order, day)
    row = wanted | {
        "day": day_of_date(day), "sha256": sha256(content).hexdigest(), "content": content,
        "reading": elements.dump(elements.read(content)), "ordered_at": now,
    }  # fmt: skip
    links.append(connection, links.ORDERS, own.orders, row)
    return content


def _columns(order: payments.PaymentOrder) -> dict[str, int | str]:
    return {
        "end_to_end": order.end_to_end,
        "kind": int(order.kind),
        "subject": order.subject,
        "payer_bic": order.payer.bic,
        "payer_account": order.payer.number,
        "payee_bic": order.payee.bic,
        "payee_account": order.payee.number,
        "amount": order.amount,
        "currency": order.payer.currency,
    }


def document(order: payments.PaymentOrder, day: date) -> bytes:
    """The order as a pain.001 to be executed on `day`; the same order gives the same bytes."""
    payer, payee = order.payer, order.payee
    transfer = Transfer(
        end_to_end=order.end_to_end,
        amount_minor=order.amount,
        currency=payer.currency,
        creditor=PartyAccount(payee.owner_name, Account("OTHER", payee.number), payee.bic),
        instruction_id=order.end_to_end,
        remittance=f"{order.kind.name} {order.subject}",
    )
    return _pain001(order.end_to_end, payer, transfer, day)


def returned_payment(
    payer: payments.AccountRef, part: Mapping[str, Any], end_to_end: str, reference: str, day: date
) -> bytes:
    """The pain.001 that sends money back whose entry bore `reference`; the same day gives the same bytes."""
    payee = part["payee"]
    transfer = Transfer(
        end_to_end=end_to_end,
        amount_minor=int(part["amount"]),
        currency=payer.currency,
        creditor=PartyAccount(payee["name"], Account("OTHER", payee["account"]), payee["bic"]),
        instruction_id=end_to_end,
        remittance=f"RETURN OF {reference}",
    )
    return _pain001(end_to_end, payer, transfer, day)


def _pain001(message_id: str, payer: payments.AccountRef, transfer: Transfer, day: date) -> bytes:
    return build_pain001(
        PaymentOrder(
            message_id=message_id,
            created_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
            initiating_party=payer.owner_name,
            debtor=PartyAccount(payer.owner_name, Account("OTHER", payer.number), payer.bic),
            execution_day=day,
            transfers=(transfer,),
        )
    )
