"""What a bank sends is kept once, with its signature; what it tells twice is one movement, or an exception."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from gateway.adapters.banks.inbox import Received, receive
from gateway.adapters.banks.transport import Delivery, check_callback
from gateway.adapters.kit.iso20022 import read_camt053
from gateway.adapters.kit.signed_messages import check_kept
from gateway.db import own
from gateway.demo.processes import free_port
from gateway.problems import Problem
from tests.gateway.banks.bank_process import LENDER_BIC, START, BankProcess, order, wait_until
from tests.gateway.banks.test_sandbox_callbacks import Inbox

AMOUNT = 2_500
NOW = 1_767_600_000


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BankProcess, list[Any]]]:
    """A bank that booked one payment and closed the day, and what it sent of that."""
    port = free_port()
    process = BankProcess(
        tmp_path_factory.mktemp("bank"),
        bic=LENDER_BIC,
        name="First Lending Bank",
        party_number=101,
        callback=f"http://127.0.0.1:{port}/callbacks/banks/{LENDER_BIC}",
    )
    inbox = Inbox(port)
    process.start()
    try:
        payer, payee = process.account("payer", 1_000_000), process.account("payee")
        raw = order((payer, LENDER_BIC), (payee, LENDER_BIC), AMOUNT, end_to_end="LINE-1-0")
        assert process.pay(raw).status_code == 200
        process.post("/clock", {"day": (START + timedelta(days=1)).isoformat()})
        wait_until(lambda: len(inbox.taken) == 5)
        yield process, list(inbox.seen)
    finally:
        process.kill()
        inbox.close()


@pytest.fixture(scope="module")
def deliveries(bank: tuple[BankProcess, list[Any]]) -> list[Delivery]:
    process, seen = bank
    return [taken(process, each) for each in seen]


def taken(process: BankProcess, message: Any) -> Delivery:
    banks = {LENDER_BIC: f"{process.url}/keys"}
    return check_callback(banks, LENDER_BIC, message.url, message.headers, message.body)


def keep(engine: Engine, delivery: Delivery) -> Received:
    with engine.begin() as connection:
        return receive(connection, delivery, NOW)


def counted(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        found = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (own.messages, own.entries)
        ]
    return found[0], found[1]


def test_each_message_is_kept_and_each_entry_once(database: Engine, deliveries: list[Delivery]) -> None:
    first = [keep(database, each) for each in deliveries]
    assert {each.state for each in first} == {"read"}
    kinds = sorted(each.kind[:8] for each in deliveries)
    assert kinds == ["camt.053", "camt.053", "camt.054", "camt.054", "pain.002"]
    assert counted(database) == (5, 2)
    assert [keep(database, each) for each in deliveries] == first
    assert counted(database) == (5, 2)


def test_a_kept_signature_can_be_checked_years_later(deliveries: list[Delivery]) -> None:
    for each in deliveries:
        headers = json.loads(each.headers)
        assert check_kept(each.public_key, each.address, headers, each.raw) == ""
        assert check_kept(each.public_key, each.address, headers, each.raw + b" ") != ""
        assert check_kept(each.public_key, each.address + "x", headers, each.raw) != ""
        assert check_kept(bytes(32), each.address, headers, each.raw) != ""
        assert check_kept(b"", each.address, headers, each.raw) != ""


def test_what_the_bank_did_not_sign_is_refused(bank: tuple[BankProcess, list[Any]]) -> None:
    process, seen = bank
    message = seen[0]
    banks = {LENDER_BIC: f"{process.url}/keys"}
    changed = {**message.headers, "idempotency-key": "ANOTHER"}
    for headers, body in ((message.headers, message.body + b" "), (changed, message.body)):
        with pytest.raises(Problem, match="SIGNATURE-INVALID"):
            check_callback(banks, LENDER_BIC, message.url, headers, body)
    with pytest.raises(Problem, match="BANK-UNKNOWN"):
        check_callback({}, LENDER_BIC, message.url, message.headers, message.body)


def test_an_id_that_came_before_with_another_content_is_refused(
    database: Engine, deliveries: list[Delivery]
) -> None:
    first = deliveries[0]
    keep(database, first)
    with pytest.raises(Problem, match="MESSAGE-REUSED"):
        keep(database, replace(first, raw=first.raw + b" "))
    assert counted(database)[0] == 1


@pytest.mark.parametrize("turned", [False, True], ids=["first 25.00", "first 24.00"])
def test_an_amount_corrected_later_is_contested_whatever_came_first(
    database: Engine, deliveries: list[Delivery], turned: bool
) -> None:
    notice = next(each for each in deliveries if each.kind.startswith("camt.054"))
    other = replace(notice, message_id="SECOND", raw=notice.raw.replace(b">25.00<", b">24.00<"))
    first, second = (other, notice) if turned else (notice, other)
    keep(database, first)
    found = keep(database, second)
    assert found.state == "differs"
    amounts = (2400, 2500) if second is other else (2500, 2400)
    assert f"amount is {amounts[0]} here and {amounts[1]} in {first.message_id}" in found.problem
    columns = (own.entries.c.amount, own.entries.c.contested)
    with database.connect() as connection:
        assert connection.execute(select(*columns)).all() == [(2400, "amount")]


def test_a_statement_that_does_not_break_entries_down_leaves_that_to_the_notification(
    database: Engine, deliveries: list[Delivery]
) -> None:
    statement = next(each for each in deliveries if each.kind.startswith("camt.053"))
    bare = replace(
        statement, raw=re.sub(rb"<(\w+:)?NtryDtls>.*?</(\w+:)?NtryDtls>", b"", statement.raw, flags=re.S)
    )
    assert bare.raw != statement.raw
    assert keep(database, bare).state == "read"
    columns = (own.entries.c.end_to_end, own.entries.c.transactions)
    with database.connect() as connection:
        assert connection.execute(select(*columns)).all() == [("", 0)]
    for notice in deliveries:
        if notice.kind.startswith("camt.054"):
            assert keep(database, notice).state == "read"
    with database.connect() as connection:
        assert connection.execute(select(*columns)).all() == [("LINE-1-0", 1)] * 2


def test_a_message_that_cannot_be_read_is_kept_with_the_reason(
    database: Engine, deliveries: list[Delivery]
) -> None:
    status = next(each for each in deliveries if each.kind.startswith("pain.002"))
    found = keep(database, replace(status, raw=b"<Document/>"))
    assert (found.state, found.entries) == ("refused", 0)
    assert "MESSAGE-KIND" in found.problem


def test_texts_longer_than_the_standard_has_them_are_refused(
    database: Engine, deliveries: list[Delivery]
) -> None:
    notice = next(each for each in deliveries if each.kind.startswith("camt.054"))
    found = keep(database, replace(notice, raw=notice.raw.replace(b"LINE-1-0", b"LINE-1-" + b"0" * 40)))
    assert (found.state, found.entries) == ("refused", 0)
    assert "TEXT-LENGTH" in found.problem
    for changes in ({"message_id": "X" * 65}, {"kind": "camt.054.001.08.00"}):
        with pytest.raises(Problem, match="MESSAGE-NAME"):
            keep(database, replace(notice, **changes))


def test_what_an_account_is_opened_with_is_no_entry(bank: tuple[BankProcess, list[Any]]) -> None:
    process, seen = bank
    statements = [each for message in seen if message.headers["message-name"].startswith("camt.053")
                  for each in read_camt053(message.body)]  # fmt: skip
    by_opening = {each.opening_minor: each for each in statements}
    assert set(by_opening) == {0, 1_000_000}
    payer = by_opening[1_000_000]
    assert payer.closing_minor == 1_000_000 - AMOUNT
    assert [(each.side, each.details[0].end_to_end) for each in payer.entries] == [("DBIT", "LINE-1-0")]
    assert process.books()["debit_minor"] == process.books()["credit_minor"]
