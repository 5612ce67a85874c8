"""Clients that do not give up.

They do as a careful client does: a request that was not answered, or with 5xx, is sent again exactly as it was, under
the same Idempotency-Key, until there is an answer.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson

from chainsvc.backends.rpc import Request, Rpc, Unreachable
from gateway.demo import people
from gateway.demo.stage import CLEARING_BIC, LENDER_BIC, Stage
from gateway.demo.story import CLEARING, LENDER

PATIENCE_SECONDS = 180.0
PAUSE_SECONDS = 0.05


@dataclass(slots=True)
class Logbook:
    """What the clients went through: keys the gateway took, requests sent again and why."""

    taken: set[str] = field(default_factory=set)
    again: Counter[str] = field(default_factory=Counter)


class Patient(httpx2.BaseTransport):
    """Sends the same bytes again until somebody answers, at most for three minutes."""

    def __init__(self, name: str, logbook: Logbook) -> None:
        self._name = name
        self._logbook = logbook
        self._inner = httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, read to its end; raises TransportError when patience is over."""
        request.read()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self._inner.handle_request(request)
                content = answer.read()
            except httpx2.TransportError:
                if time.monotonic() > deadline:
                    raise
                self._logbook.again[f"{self._name}: no answer"] += 1
            else:
                if answer.status_code < 500 or time.monotonic() > deadline:
                    break
                self._logbook.again[f"{self._name}: {answer.status_code}"] += 1
            time.sleep(PAUSE_SECONDS)
        if answer.status_code == 202 and request.url.path == "/instructions":
            self._logbook.taken.update(each["key"] for each in orjson.loads(content)["operations"])
        return httpx2.Response(answer.status_code, headers=answer.headers, content=content, request=request)


class PatientRpc(Rpc):
    """A node connection for questions and for the clock, all of which may be repeated."""

    def call(self, method: str, *params: Any) -> Any:
        """As Rpc.call, without ever being Unreachable before patience is over."""
        return self._patiently(lambda: super(PatientRpc, self).call(method, *params))

    def batch(self, requests: Any) -> list[Any]:
        """As Rpc.batch, likewise."""
        listed: list[Request] = list(requests)
        found: list[Any] = self._patiently(lambda: super(PatientRpc, self).batch(listed))
        return found

    def _patiently(self, ask: Any) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return ask()
            except Unreachable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE_SECONDS)


def make_patient(stage: Stage, logbook: Logbook) -> None:
    """Replace every client of the stage, and the officers' at the banks' desks, by patient ones."""

    def client(name: str, old: httpx2.Client) -> httpx2.Client:
        return httpx2.Client(
            base_url=old.base_url, headers=old.headers, timeout=30, transport=Patient(name, logbook)
        )

    stage.rpc = PatientRpc(stage.rpc.url, timeout=30)
    stage.gateway = client("gateway", stage.gateway)
    stage.evidence = client("evidence", stage.evidence)
    stage.banks = {bic: client(bic, old) for bic, old in stage.banks.items()}
    for number, bic in ((LENDER, LENDER_BIC), (CLEARING, CLEARING_BIC)):
        stage.firms[number] = people.bank(number, stage.firms[number].name, stage.banks[bic])
