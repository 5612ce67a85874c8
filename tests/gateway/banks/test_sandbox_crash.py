"""Two banks killed at random instants while money flows between them: nothing is lost, nothing doubled."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from gateway.demo.processes import free_ports
from tests.gateway.banks.bank_process import (
    CLEARER_BIC,
    LENDER_BIC,
    BankProcess,
    order,
    running,
    wait_until,
)

KILLS = int(os.environ.get("BANK_KILLS", "5"))
PAYMENTS = int(os.environ.get("BANK_PAYMENTS", "60"))
OPENING_MINOR = 10_000_000


@pytest.fixture
def banks(tmp_path: Path) -> Iterator[tuple[BankProcess, BankProcess]]:
    ports = dict(zip((LENDER_BIC, CLEARER_BIC), free_ports(2), strict=True))
    made = [
        BankProcess(
            tmp_path,
            bic=bic,
            name=f"Bank {bic}",
            party_number=number,
            port=ports[bic],
            peers={other: f"http://127.0.0.1:{ports[other]}"},
        )
        for number, (bic, other) in enumerate([(LENDER_BIC, CLEARER_BIC), (CLEARER_BIC, LENDER_BIC)], 101)
    ]
    with running(*made):
        yield made[0], made[1]


@pytest.mark.parametrize("seed", [20260105, time.time_ns()], ids=["fixed", "fresh"])
def test_random_kills_neither_lose_nor_double_money(
    banks: tuple[BankProcess, BankProcess], seed: int
) -> None:
    chance = random.Random(seed)
    print(f"seed {seed}")
    owners = [(bank, bank.account(f"owner of {bank.bic}", OPENING_MINOR)) for bank in banks]
    orders = []
    for number in range(PAYMENTS):
        (payer, debtor), (payee, creditor) = owners if number % 2 else owners[::-1]
        amount = chance.randrange(1, 10_000)
        # Every tenth goes to an account that is not there, so refusals and refunds are killed through too.
        target = "6200000000000000000" if number % 10 == 9 else creditor
        raw = order((debtor, payer.bic), (target, payee.bic), amount, end_to_end=f"crash-{number}")
        orders.append((payer, number, raw))

    done = threading.Event()
    sender = threading.Thread(target=_send_all, args=(orders, done))
    sender.start()
    for _ in range(KILLS):
        victim = chance.choice(banks)
        done.wait(chance.uniform(0.02, 0.4))
        victim.kill()
        victim.start()
    sender.join(240)
    assert done.is_set(), "every order was answered in the end"

    wait_until(lambda: all(_drained(bank) for bank in banks), 120)
    books = [bank.books() for bank in banks]
    for book in books:
        assert book["debit_minor"] == book["credit_minor"]
    lender, clearer = (bank.balances() for bank in banks)
    assert lender[f"SETTLEMENT-{CLEARER_BIC}-CNY"] == -clearer[f"SETTLEMENT-{LENDER_BIC}-CNY"]
    assert lender[owners[0][1]] + clearer[owners[1][1]] == 2 * OPENING_MINOR
    for payer, number, _ in orders:
        payee = banks[1] if payer is banks[0] else banks[0]
        sides = [entry["side"] for entry in payer.entries(f"crash-{number}")]
        arrived = [entry["side"] for entry in payee.entries(f"crash-{number}")]
        assert (sides, arrived) == ((["D", "C"], []) if number % 10 == 9 else (["D"], ["C"]))


def _send_all(orders: list[tuple[BankProcess, int, bytes]], done: threading.Event) -> None:
    """Send each order until it is answered, as a gateway does that knows nothing of the last try."""
    for payer, _, raw in orders:
        for _ in range(4_000):
            try:
                if payer.pay(raw).status_code == 200:
                    break
            except httpx2.HTTPError:
                threading.Event().wait(0.05)
        else:
            return
    done.set()


def _drained(bank: BankProcess) -> bool:
    return all(value == 0 for name, value in bank.balances().items() if name.startswith("TRANSIT"))
