"""Real bank processes for the tests: started, killed, started again on the same books and port."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx2

from gateway.adapters.kit.iso20022 import Account, PartyAccount, PaymentOrder, Transfer, build_pain001
from gateway.demo.processes import free_port

START = date(2026, 1, 5)
LENDER_BIC, CLEARER_BIC = "LNDRCNBJ", "CLRGCNSH"


def wait_until(true: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Ask until the answer is truthy; fails loudly when it never is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {true}")


class BankProcess:
    """One bank program as a process of its own."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.bic: str = settings["bic"]
        self.port: int = settings.setdefault("port", free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        self._config = folder / f"{self.bic}.json"
        folder.mkdir(parents=True, exist_ok=True)
        values = {"data": str(folder / self.bic), "business_day": START.isoformat()} | settings
        self._config.write_text(json.dumps(values))
        self._process: subprocess.Popen[str] | None = None
        self.http = httpx2.Client(base_url=self.url, timeout=10, trust_env=False)

    def start(self) -> BankProcess:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gateway.adapters.banks.sandbox", "--config", str(self._config)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert json.loads(line)["ready"] == self.url, line
        return self

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(5)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def exit_code(self) -> int:
        """What the program ended with by itself."""
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.wait(10)

    def post(self, path: str, body: dict[str, Any], expect: int = 200) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def account(self, reference: str, opening_minor: int = 0, currency: str = "CNY") -> str:
        body = {
            "owner_name": f"{reference} Trading Co",
            "owner_reference": reference,
            "currency": currency,
            "opening_balance_minor": opening_minor,
        }
        return str(self.post("/accounts", body)["account_id"])

    def books(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get("/books").json()
        return found

    def balances(self) -> dict[str, int]:
        return {item["id"]: item["balance_minor"] for item in self.books()["accounts"]}

    def entries(self, end_to_end: str) -> list[dict[str, Any]]:
        """The customers' entries of one payment, oldest first."""
        found = [item for item in self.books()["entries"] if item["end_to_end"] == end_to_end]
        return [item for item in found if item["kind"] != "settlement"]

    def messages(self, kind: str) -> list[dict[str, Any]]:
        found = self.http.get("/notifications", params={"limit": 500}).json()["notifications"]
        return [item for item in found if item["kind"].startswith(kind)]

    def pay(self, raw: bytes) -> httpx2.Response:
        return self.http.post("/payments", content=raw, headers={"Content-Type": "application/xml"})


@contextmanager
def running(*banks: BankProcess) -> Iterator[None]:
    try:
        for bank in banks:
            bank.start()
        yield
    finally:
        for bank in banks:
            bank.kill()


def order(
    debtor: tuple[str, str],
    creditor: tuple[str, str],
    amount_minor: int,
    *,
    end_to_end: str,
    message_id: str | None = None,
    currency: str = "CNY",
    day: date = START,
) -> bytes:
    """A pain.001 with one transfer; each party is (account, BIC)."""
    return build_pain001(
        PaymentOrder(
            message_id=message_id or f"M-{end_to_end}",
            created_at=datetime(2026, 1, 5, 1, 2, 3, tzinfo=UTC),
            initiating_party="Trade platform",
            debtor=PartyAccount("Payer Trading Co", Account("OTHER", debtor[0]), debtor[1]),
            execution_day=day,
            transfers=(
                Transfer(
                    end_to_end=end_to_end,
                    amount_minor=amount_minor,
                    currency=currency,
                    creditor=PartyAccount("Payee Trading Co", Account("OTHER", creditor[0]), creditor[1]),
                    remittance=f"certificate {end_to_end}",
                ),
            ),
        )
    )
