"""A payer is given the order of a payment once: the same again is the same bytes, anything else is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest
from sqlalchemy import Engine, select

from gateway.adapters.banks import elements, orders
from gateway.db import own
from gateway.problems import Problem
from gateway.services.payments import AccountRef, FactKind, PaymentOrder, end_to_end_id

DAY, NOW = date(2026, 6, 12), 1_767_600_000
PAYER = AccountRef("CLRGCNSH", 12, "62000000000001", 101, "Core Rail Co.", "CNY", b"\x01" * 32)
PAYEE = AccountRef("LNDRCNBJ", 11, "62000000000002", 201, "Parts Co.", "CNY", b"\x02" * 32)
TITLE = 101 << 32 | 1
LINE = PaymentOrder(
    end_to_end_id(FactKind.CREDITED, TITLE, 0), FactKind.CREDITED, TITLE, PAYER, PAYEE, 1_234_567
)


def test_what_was_given_is_given_again_whatever_day_is_asked_for(database: Engine) -> None:
    with database.begin() as connection:
        first = orders.give(connection, LINE, DAY, NOW)
    with database.begin() as connection:
        assert orders.give(connection, LINE, date(2026, 6, 20), NOW + 9) == first
        assert orders.kept_document(connection, LINE.end_to_end) == first
        assert orders.kept_document(connection, "LINE-2-0") is None
        (row,) = connection.execute(select(own.orders)).mappings().all()
    said = elements.read(first)
    assert said[orders.ELEMENTS["amount"]] == "12345.67"
    assert said[orders.ELEMENTS["day"]] == "2026-06-12"
    assert (row["sha256"], row["ordered_at"], row["place"]) == (sha256(first).hexdigest(), NOW, 1)


@pytest.mark.parametrize(
    ("field", "order"),
    [
        ("amount", replace(LINE, amount=1_234_568)),
        ("payee_account", replace(LINE, payee=replace(PAYEE, number="62000000000003"))),
        ("payer_bic", replace(LINE, payer=replace(PAYER, bic="OTHRCNSH"))),
    ],
)
def test_another_amount_or_account_under_the_same_id_is_refused(
    database: Engine, field: str, order: PaymentOrder
) -> None:
    with database.begin() as connection:
        first = orders.give(connection, LINE, DAY, NOW)
        with pytest.raises(Problem, match="ORDER-GIVEN") as refused:
            orders.give(connection, order, DAY, NOW)
        assert refused.value.evidence["field"] == field
        assert orders.kept_document(connection, LINE.end_to_end) == first
