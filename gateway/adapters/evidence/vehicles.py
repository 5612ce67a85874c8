"""The evidence service's names for vehicles: one for each number, keyed, the same whoever asks."""

from __future__ import annotations

from collections.abc import Sequence

import httpx2

from gateway.problems import Problem

_TIMEOUT_SECONDS = 20.0


class VehicleNumbers:
    """The service, asked over HTTP."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def of(self, vins: Sequence[str]) -> list[str]:
        """What the lots of these vehicles bear, in their order. Raises Problem(EVIDENCE-UNREACHABLE)."""
        if not vins:
            return []
        if not self._url:
            raise _away("this gateway has no evidence service: vehicles are not taken in here")
        headers = {"authorization": f"Bearer {self._token}"}
        try:
            with httpx2.Client(base_url=self._url, timeout=_TIMEOUT_SECONDS, trust_env=False) as http:
                answer = http.post("/vehicles", json={"vins": list(vins)}, headers=headers)
        except httpx2.TransportError as error:
            raise _away("the evidence service does not answer: ask again") from error
        if answer.status_code != 200:
            raise _away("the evidence service does not name the vehicles")
        return [str(each) for each in answer.json()["numbers"]]


def _away(sentence: str) -> Problem:
    return Problem("EVIDENCE-UNREACHABLE", sentence, status=503)
