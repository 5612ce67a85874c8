"""The evidence service, asked over HTTP by a gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from gateway.problems import Problem

_TIMEOUT_SECONDS = 20.0


def asked(url: str, path: str, body: Mapping[str, Any], *, token: str, nowhere: str) -> httpx2.Response:
    """The service's answer, whatever it is. Raises Problem(EVIDENCE-UNREACHABLE); `nowhere` says what cannot be done
    where a gateway has no evidence service.
    """
    if not url:
        raise away(f"this gateway has no evidence service: {nowhere}")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        with httpx2.Client(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False) as http:
            return http.post(path, json=dict(body), headers=headers)
    except httpx2.TransportError as error:
        raise away("the evidence service does not answer: ask again") from error


def away(sentence: str) -> Problem:
    """The refusal of what only the service could say."""
    return Problem("EVIDENCE-UNREACHABLE", sentence, status=503)
