"""The audit at the end of the story sees what it says it looks for."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, LargeBinary, Table, insert

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import FILLED, LOAN, ORDER, POSITION
from gateway.db import tables as ledger
from gateway.db.engine import open_engine
from gateway.db.order_tables import conversions, orders
from gateway.db.schema import upgrade
from gateway.demo.audit import cover, legible, ordered
from gateway.demo.covered import walk

FACILITY, LOAN_ID, FACE, USED = 4_001, 201 << 32 | 7, 55_935_000, 41_951_250
RECEIVED, WITHIN = 50_341_500, 40_273_200
"""An order, the advance on it, what of it was received, and what may be financed on that: minor units, 80 %."""


def test_a_name_in_calldata_is_read_and_a_hash_is_not() -> None:
    noise = secrets.token_bytes(100_000)
    said = noise + "京畿轨道装备集团有限公司".encode() + noise + b"SP26-000301" + noise
    texts = ["SP26-000301", "SP26-000302", "京畿轨道装备集团有限公司", "申浦精密部件有限公司"]
    assert legible(texts, said) == ("SP26-000301", "京畿轨道装备集团有限公司")
    assert legible(texts, noise) == ()


# ── what is financed against what secures it ────────────────────────────────────────────────────────────────


def fact(block: int, index: int, contract: str, event: str, **args: Any) -> Fact:
    """One event of one of the contracts."""
    return Fact(block, "", 0, "", 0, index, contract, event, args)


def _word(face: int, used: int) -> int:
    return POSITION.pack(
        dict.fromkeys(POSITION.names, 0) | {"face": face, "used": used, "advance_bps": 8_000}
    )


def changed(block: int, face: int, used: int, why: str = "Locked", **args: Any) -> list[Fact]:
    """What secures the facility is another, for a reason of the ledger's."""
    return [
        fact(block, 0, "Ledger", why, **args),
        fact(block, 1, "Credit", "PositionChanged", facility=FACILITY, word=_word(face, used)),
    ]


def of_loan(block: int, face: int, used: int, event: str, **args: Any) -> Fact:
    """Something of the loan, which says what it makes of its facility's position."""
    loan = LOAN.pack(dict.fromkeys(LOAN.names, 0) | {"facility": FACILITY})
    return fact(block, 0, "Credit", event, loan=LOAN_ID, word=loan, position=_word(face, used), **args)


def repaid(block: int, face: int, used: int, **filled: int) -> Fact:
    """The lender's bank booked a repayment."""
    word = FILLED.pack(dict.fromkeys(FILLED.names, 0) | filled)
    return of_loan(block, face, used, "Repaid", filled=word)


ADVANCE = [*changed(1, FACE, 0), of_loan(2, FACE, USED, "Drawn")]
REDUCED = changed(3, RECEIVED, USED, "OrderReduced")


def test_an_order_that_shrinks_before_its_advance_is_prepaid_is_seen() -> None:
    facts = [*ADVANCE, *REDUCED, repaid(4, RECEIVED, WITHIN, principal=USED - WITHIN)]
    law = cover(facts, True)
    assert [(each.block, each.used, each.face) for each in law.broken] == [(3, USED, RECEIVED)]


def test_an_advance_that_is_prepaid_first_is_covered_at_every_block() -> None:
    facts = [
        *ADVANCE, repaid(3, FACE, WITHIN, principal=USED - WITHIN), *changed(4, RECEIVED, WITHIN, "OrderReduced"),
    ]  # fmt: skip
    assert (cover(facts, True).cases, cover(facts, True).broken) == (4, ())


def test_what_a_debtor_paid_covers_until_its_bank_has_booked_it_as_repaid() -> None:
    paid = changed(3, FACE - 30_000_000, USED, "PaidOut")
    booked = repaid(4, FACE - 30_000_000, 12_000_000, principal=USED - 12_000_000, interest=48_750)
    assert cover([*ADVANCE, *paid, booked], True).broken == ()
    less = repaid(4, FACE - 30_000_000, 40_000_000, principal=1_951_250, surplus=28_048_750)
    assert len(cover([*ADVANCE, *paid, less], True).broken) == 1


def test_a_price_may_fall_but_nothing_is_drawn_or_released_after_it() -> None:
    fallen = changed(3, RECEIVED, USED, "Counted")
    assert cover([*ADVANCE, *fallen], False).broken == ()
    draw = of_loan(4, RECEIVED, USED + 100, "Drawn")
    release = changed(4, RECEIVED - 100, USED, "Unlocked", facility=FACILITY)
    for more in ([draw], release):
        (broken,) = cover([*ADVANCE, *fallen, *more], False).broken
        assert broken.block == 4


def test_a_release_that_leaves_enough_is_lawful() -> None:
    release = changed(3, 52_500_000, USED, "Unlocked", facility=FACILITY)
    assert [each.raised for each in walk([*ADVANCE, *release])] == [False, True, True]
    assert cover([*ADVANCE, *release], False).broken == ()


# ── what became of an order ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def tables() -> Iterator[Connection]:
    engine = open_engine("sqlite://")
    upgrade(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def row(connection: Connection, table: Table, **values: Any) -> None:
    """A row of which only these values matter."""
    nothing = {
        column.name: bytes(32) if isinstance(column.type.dialect_impl(connection.dialect), LargeBinary) else 0
        for column in table.columns
        if not column.nullable
    }
    connection.execute(insert(table).values(**{**nothing, **values}))


@pytest.mark.parametrize(
    ("sums", "left", "promised", "holds"),
    [
        ({"taken": 90, "promised": 90, "reduced": 10}, 0, 90, True),
        ({"taken": 60, "promised": 50, "reduced": 10}, 30, 50, True),
        ({"taken": 60, "promised": 60, "reduced": 10}, 0, 60, False),
        ({"taken": 60, "promised": 70, "reduced": 10}, 30, 70, False),
        ({"taken": 60, "promised": 60, "reduced": 10}, 30, 50, False),
    ],
    ids=[
        "to the end",
        "on its way",
        "a part is nowhere",
        "more promised than came",
        "a receivable is missing",
    ],
)
def test_of_an_order_nothing_is_lost_and_no_more_promised_than_came(
    sums: dict[str, int], left: int, promised: int, holds: bool, tables: Connection
) -> None:
    number = 101 << 32 | 1_001
    row(tables, orders, order=number, quantity=100, **sums)
    row(tables, ledger.titles, title=number, root=number, quantity=left, flags=ORDER)
    row(tables, conversions, receivable=number + 1, order=number, taken=sums["taken"], promised=promised)
    law = ordered(tables)
    assert (law.cases, not law.broken) == (1, holds)
