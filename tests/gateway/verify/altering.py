"""A node that does not say the truth: every answer may be altered on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gateway.adapters.ledger.chain import Request, Rpc

Alter = Callable[[Request, Any], Any]


class AlteringRpc(Rpc):
    """A connection whose answers pass through `alter`; it counts the exchanges."""

    def __init__(self, url: str, alter: Alter = lambda _, answer: answer) -> None:
        super().__init__(url)
        self.alter = alter
        self.exchanges = 0

    def batch(self, requests: Iterable[Request]) -> list[Any]:
        asked = list(requests)
        self.exchanges += bool(asked)
        answers = super().batch(asked)
        return [self.alter(request, answer) for request, answer in zip(asked, answers, strict=True)]
