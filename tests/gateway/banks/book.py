"""A gateway's books with something to be paid: roots, titles, a loan and the accounts money comes in on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, LargeBinary, String, Table, insert, update

from gateway.adapters.banks.examination_money import movement_key
from gateway.adapters.banks.facts import Shown, shown
from gateway.adapters.banks.inbox import Received, receive
from gateway.adapters.banks.transport import Delivery
from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.types import Unsigned256
from gateway.services.payments import FactKind
from tests.gateway.banks.wire import DAY, kind_of

BIC, BANK, HOLDER, DEBTOR = "CLRGCNSH", 12, 201, 101
CLEARING, BOUND = "62000000001", "62000000002"
CLEARED, PAID_ON = b"\x0c" * 32, b"\x0b" * 32
CNY = 156
RESERVED, OUTSTANDING, LIVE = 1, 2, 2
ROOTS, TITLES, LOAN = (0x6500000001, 0x6500000002), (0x6500000011, 0x6500000012), 0xC900000001
ROOT_WORTH, LINE_WORTH, DRAWN = 20_000, 10_000, 50_000
NOW = 1_780_000_000


def put(connection: Connection, table: Table, **values: Any) -> None:
    """A row of these values; whatever else the table needs is nothing."""
    connection.execute(insert(table).values(row_of(table, **values)))


def row_of(table: Table, **values: Any) -> dict[str, Any]:
    """The values of a whole row."""
    row = {}
    for column in table.columns:
        if column.nullable and column.name not in values:
            continue
        empty: Any = 0
        if isinstance(column.type, LargeBinary):
            empty = bytes(32)
        elif isinstance(column.type, String) and not isinstance(column.type, Unsigned256):
            empty = ""
        row[column.name] = values.get(column.name, empty)
    return row


def furnish(engine: Engine) -> None:
    """Two roots that fell due, two titles with a line on its way to each, a pay-out that was signed."""
    with engine.begin() as connection:
        for place, (number, commitment, owner, purpose) in enumerate(
            [(CLEARING, CLEARED, BANK, "clearing"), (BOUND, PAID_ON, HOLDER, "bound")], 1
        ):
            put(
                connection, own.accounts, commitment=commitment, bank=BANK, bic=BIC, account=number, owner=owner,
                owner_name="A firm", currency="CNY", purpose=purpose, place=place,
            )  # fmt: skip
        put(connection, ledger.accounts, party=HOLDER, currency=CNY, account=PAID_ON, bank=BANK)
        for root in ROOTS:
            put(
                connection, ledger.roots, root=root, debtor=DEBTOR, due_day=DAY, currency=CNY, clearing_bank=BANK,
                phase=LIVE, quantity=ROOT_WORTH, evidence=bytes(32),
            )  # fmt: skip
        for title in TITLES:
            put(connection, ledger.titles, title=title, root=ROOTS[0], holder=HOLDER, paid=LINE_WORTH)
        put(connection, ledger.facilities, facility=7, borrower=HOLDER, currency=CNY)
        put(connection, ledger.loans, loan=LOAN, facility=7, phase=RESERVED, drawn=DRAWN, due_day=DAY + 30)


def ordered(connection: Connection, end_to_end: str, kind: FactKind, subject: int, amount: int) -> None:
    """An order that a payer was given."""
    put(
        connection, own.orders, end_to_end=end_to_end, kind=int(kind), subject=subject, payer_bic=BIC,
        payer_account=CLEARING, payee_bic=BIC, payee_account=BOUND, amount=amount, currency="CNY", day=DAY,
    )  # fmt: skip


def take(connection: Connection, message_id: str, raw: bytes, bic: str = BIC) -> Received:
    """Take a message as if it had been delivered: what comes before that is tested with the transport."""
    delivery = Delivery(
        bic, kind_of(raw), message_id, f"http://gateway/callbacks/banks/{bic}", "{}", bytes(32), raw
    )
    return receive(connection, delivery, NOW)


def tell(engine: Engine, message_id: str, raw: bytes, bic: str = BIC) -> Received:
    """The same in a transaction of its own."""
    with engine.begin() as connection:
        return take(connection, message_id, raw, bic)


def read(engine: Engine, **more: bool) -> dict[str, Shown]:
    """What is shown, by reference, and part where there is one."""
    with engine.connect() as connection:
        return {
            each.row["reference"] + (f"#{each.part}" if each.part else ""): each
            for each in shown(connection, **more)
        }


def record(engine: Engine, each: Shown) -> None:
    """The ledger takes a fact that the bank signed, and what the fact is about moves with it."""
    fact = each.fact
    moved = {
        "side": "credit",
        "value_day": fact["valueDay"],
        "amount": fact["amount"],
        "entry": fact["entry"],
    }
    key = movement_key(fact["bank"], fact["account"], moved)
    with engine.begin() as connection:
        put(
            connection, ledger.movements, movement=key, kind=fact["kind"],
            subject=fact["subject"], loan=fact["loan"], bank=fact["bank"], account=fact["account"],
            entry=fact["entry"], amount=fact["amount"], value_day=fact["valueDay"],
        )  # fmt: skip
        if fact["kind"] == FactKind.PROTECTED:
            calls = ledger.calls.c
            here = (calls.protection == fact["subject"]) & (calls.loan == fact["loan"])
            connection.execute(update(ledger.calls).where(here).values(paid=calls.paid + fact["amount"]))
            return
        table, key, column = {
            FactKind.RECEIVED: (ledger.roots, "root", "received"),
            FactKind.CREDITED: (ledger.titles, "title", "credited"),
            FactKind.PAYOUT: (ledger.loans, "loan", "principal"),
        }[fact["kind"]]
        moved_on = {column: table.c[column] + fact["amount"]}
        if fact["kind"] == FactKind.PAYOUT:
            moved_on["phase"] = OUTSTANDING
        connection.execute(update(table).where(table.c[key] == fact["subject"]).values(moved_on))


def drafts(engine: Engine) -> list[tuple[str, int, int]]:
    """Kind, subject and amount of every draft."""
    with engine.connect() as connection:
        found = [each.fact for each in shown(connection) if each.state == "prepared"]
    return sorted((FactKind(fact["kind"]).name, fact["subject"], fact["amount"]) for fact in found)
