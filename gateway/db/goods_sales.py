"""Goods sold in enforcement, as money is concerned: what comes in for a receipt, where, and whose the rest is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, select

from gateway.db import tables as ledger
from gateway.db.margin_tables import goods_sales

AGREED, DONE, ENDED = 1, 2, 3


def sales() -> Select[Any]:
    """Every sale that somebody pays or paid for, its facility, what may come in on the receipt, and what did so far."""
    facilities, titles = ledger.facilities.c, ledger.titles.c
    total = (goods_sales.c.came_before + goods_sales.c.price).label("total")
    return (
        select(
            goods_sales.c.title, total, goods_sales.c.buyer, goods_sales.c.pay_by, goods_sales.c.state,
            facilities.facility, facilities.borrower, facilities.currency, facilities.collection_account,
            titles.collected, titles.surplus,
        )
        .join(ledger.facilities, facilities.facility == goods_sales.c.facility)
        .join(ledger.titles, titles.title == goods_sales.c.title)
        .where(goods_sales.c.state.in_((AGREED, DONE, ENDED)))
        .order_by(goods_sales.c.title)
    )  # fmt: skip


def sale_of(connection: Connection, title: int) -> Row[Any] | None:
    """The sale of one receipt's goods; None where they were not sold."""
    return connection.execute(sales().where(goods_sales.c.title == title)).one_or_none()
