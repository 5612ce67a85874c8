"""Notifications reach the gateway signed, whatever happens to either side; altered ones are recognised."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from http_message_signatures import (
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)

from gateway.adapters.banks.sandbox.httpsig import public_key
from gateway.demo.processes import free_port
from tests.gateway.banks.bank_process import LENDER_BIC, BankProcess, order, wait_until


@dataclass
class Inbox:
    """A receiver of callbacks; answers with `status` and keeps every request it saw."""

    port: int
    status: int = 200
    seen: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                url = f"http://{self.headers['Host']}{self.path}"
                headers = {name.lower(): value for name, value in self.headers.items()}
                message = SimpleNamespace(
                    method="POST", url=url, headers=headers, body=body, answered=inbox.status
                )
                inbox.seen.append(message)
                self.send_response(message.answered)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def taken(self) -> set[str]:
        return {item.headers["idempotency-key"] for item in self.seen if item.answered == 200}


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[tuple[BankProcess, int]]:
    port = free_port()
    process = BankProcess(
        tmp_path,
        bic=LENDER_BIC,
        name="First Lending Bank",
        party_number=101,
        callback=f"http://127.0.0.1:{port}/bank-messages",
    )
    process.start()
    yield process, port
    process.kill()


def pay_once(bank: BankProcess, name: str) -> None:
    payer, payee = bank.account("payer", 1_000_000), bank.account("payee")
    answer = bank.pay(order((payer, LENDER_BIC), (payee, LENDER_BIC), 2_500, end_to_end=name))
    assert answer.status_code == 200


def verify(message: Any, jwk: dict[str, str]) -> None:
    """Check a callback as a receiver does that knows the bank's published key."""

    class Keys(HTTPSignatureKeyResolver):
        def resolve_public_key(self, key_id: str) -> Any:
            return public_key(jwk) if key_id == jwk["kid"] else None

        def resolve_private_key(self, key_id: str) -> Any:
            raise LookupError(key_id)

    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys())
    required = ("@method", "@target-uri", "content-digest", "content-type", "message-name", "idempotency-key")
    verifier.verify(message, require_components=required, body=message.body)


def test_callbacks_survive_both_sides_being_away_and_keep_their_order(bank: tuple[BankProcess, int]) -> None:
    process, port = bank
    pay_once(process, "away-1")
    sent = {item["message_id"] for item in process.messages("")}
    assert len(sent) == 3  # the status, the debit and the credit
    process.kill()
    inbox = Inbox(port, status=503)
    process.start()
    wait_until(lambda: inbox.seen)
    inbox.status = 200
    wait_until(lambda: inbox.taken == sent)
    process.kill()
    process.start()
    pay_once(process, "away-2")
    everything = {item["message_id"]: item["sequence"] for item in process.messages("")}
    wait_until(lambda: inbox.taken == set(everything))
    later = [
        item.headers["idempotency-key"] for item in inbox.seen if item.headers["idempotency-key"] not in sent
    ]
    assert later == sorted(later, key=everything.__getitem__)
    inbox.close()


def test_an_altered_or_foreign_callback_fails_under_the_banks_key(bank: tuple[BankProcess, int]) -> None:
    process, port = bank
    inbox = Inbox(port)
    pay_once(process, "signed-1")
    wait_until(lambda: len(inbox.seen) == 3)
    inbox.close()
    (jwk,) = process.http.get("/keys").json()["keys"]
    genuine = next(item for item in inbox.seen if item.headers["message-name"] == "camt.054.001.08")
    verify(genuine, jwk)

    def altered(**changes: Any) -> Any:
        return SimpleNamespace(**(vars(genuine) | changes))

    forgeries = {
        "amount": altered(body=genuine.body.replace(b"25.00", b"95.00")),
        "address": altered(url=genuine.url + "?other=1"),
        "method": altered(method="PUT"),
        "name": altered(headers=genuine.headers | {"message-name": "camt.053.001.08"}),
        "id": altered(headers=genuine.headers | {"idempotency-key": "another"}),
        "unsigned": altered(
            headers={k: v for k, v in genuine.headers.items() if "signature" not in k.lower()}
        ),
    }
    for what, forged in forgeries.items():
        with pytest.raises(InvalidSignature):
            verify(forged, jwk)
        assert what
    foreign = {**jwk, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}  # the key of RFC 8032, test 1
    with pytest.raises(InvalidSignature):
        verify(genuine, foreign)


def test_another_process_cannot_open_the_same_books(bank: tuple[BankProcess, int], tmp_path: Path) -> None:
    process, _ = bank
    second = BankProcess(tmp_path, bic=LENDER_BIC, name="First Lending Bank", party_number=101)
    with pytest.raises(ValueError, match="Expecting value"):  # it says nothing on standard output and ends
        second.start()
    assert second.exit_code() == 2
    assert process.http.get("/health").json()["bic"] == LENDER_BIC
