from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine

from chainsvc.backends.process import Node
from gateway.adapters.ledger.acts import Domain
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.settings import Settings
from tests.gateway.conftest import Told
from tests.gateway.serving import serving
from tests.house.machine import CHAIN_ID

_KEYS = count(1)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with an HTTP client, at a gateway that has read the whole story."""

    http: httpx2.Client
    gateway: Gateway
    told: Told

    def get(self, path: str, **params: Any) -> Any:
        """The body of a good answer."""
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, key: str | None = None, **params: Any) -> httpx2.Response:
        """The answer to a write, under a new key unless one is given."""
        headers = {"Idempotency-Key": key or f"call-{next(_KEYS)}"}
        return self.http.post(path, json=body, params=params, headers=headers)

    def refused(self, answer: httpx2.Response, status: int, rule: str) -> dict[str, Any]:
        """The problem of a refusal."""
        assert answer.headers["content-type"] == "application/problem+json"
        found: dict[str, Any] = answer.json()
        assert (answer.status_code, found["status"], found["rule"]) == (status, status, rule), found
        return found

    def rows(self, path: str, name: str, limit: int, **params: Any) -> list[Any]:
        """Every row of a list, page after page, by the Link header."""
        found: list[Any] = []
        url = str(httpx2.URL(path, params={"limit": limit, **params}))
        while url:
            answer = self.http.get(url)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert len(page[name]) <= limit
            found += page[name]
            link = answer.links.get("next", {}).get("url", "")
            assert bool(link) == (page["next"] is not None)
            url = link
        return found


@pytest.fixture(scope="module")
def caller(told: Told, story_node: Node, told_database: Engine) -> Iterator[Caller]:
    domain = Domain(CHAIN_ID, told.book["Ledger"].address)
    gateway = Gateway(Settings(rpc_url=story_node.url), told_database, told.chain, domain, 0)
    with serving(create_app(gateway)) as http:
        yield Caller(http, gateway, told)
