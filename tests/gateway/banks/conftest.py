"""Two banks for a whole module: the lender's and the clearing one, each with two customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from gateway.demo.processes import free_ports
from tests.gateway.banks.bank_process import CLEARER_BIC, LENDER_BIC, BankProcess, order, running

OPENING_MINOR = 100_000_000

Customer = tuple[str, str]  # account number, BIC


@dataclass
class Pair:
    """A lender's bank and a clearing bank that settle with each other."""

    lender: BankProcess
    clearer: BankProcess
    borrower: Customer
    supplier: Customer
    core: Customer
    dealer: Customer

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers)}"

    def order(
        self, debtor: tuple[str, str], creditor: tuple[str, str], amount: int, end_to_end: str
    ) -> bytes:
        return order(debtor, creditor, amount, end_to_end=end_to_end)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("banks")
    ports = dict(zip((LENDER_BIC, CLEARER_BIC), free_ports(2), strict=True))
    urls = {bic: f"http://127.0.0.1:{port}" for bic, port in ports.items()}
    lender = BankProcess(
        folder,
        bic=LENDER_BIC,
        name="First Lending Bank",
        party_number=101,
        port=ports[LENDER_BIC],
        peers={CLEARER_BIC: urls[CLEARER_BIC]},
    )
    clearer = BankProcess(
        folder,
        bic=CLEARER_BIC,
        name="Harbour Clearing Bank",
        party_number=102,
        port=ports[CLEARER_BIC],
        peers={LENDER_BIC: urls[LENDER_BIC]},
    )
    with running(lender, clearer):
        yield Pair(
            lender,
            clearer,
            borrower=(lender.account("borrower", OPENING_MINOR), LENDER_BIC),
            supplier=(lender.account("supplier", OPENING_MINOR), LENDER_BIC),
            core=(clearer.account("core", OPENING_MINOR), CLEARER_BIC),
            dealer=(clearer.account("dealer", OPENING_MINOR), CLEARER_BIC),
        )
