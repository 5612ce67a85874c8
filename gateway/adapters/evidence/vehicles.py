"""The evidence service's names for vehicles: one for each number, keyed, the same whoever asks."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.adapters.evidence.asked import asked, away


class VehicleNumbers:
    """The service, asked over HTTP."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def of(self, vins: Sequence[str]) -> list[str]:
        """What the lots of these vehicles bear, in their order. Raises Problem(EVIDENCE-UNREACHABLE)."""
        if not vins:
            return []
        nowhere = "vehicles are not taken in here"
        answer = asked(self._url, "/vehicles", {"vins": list(vins)}, token=self._token, nowhere=nowhere)
        if answer.status_code != 200:
            raise away("the evidence service does not name the vehicles")
        return [str(each) for each in answer.json()["numbers"]]
