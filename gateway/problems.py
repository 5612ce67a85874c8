"""Refusals as people read them: problem+json (RFC 9457) with the rule that was broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A refusal by the gateway. `rule` is an id of the rule pack, the import rules or the ledger's reasons."""

    def __init__(self, rule: str, sentence: str, *, status: int = 422, **evidence: Any) -> None:
        super().__init__(f"{rule}: {sentence}")
        self.rule = rule
        self.sentence = sentence
        self.status = status
        self.evidence = evidence

    def document(self) -> dict[str, Any]:
        """The JSON body; `evidence` holds what the rule was applied to."""
        return {
            "type": f"urn:tallystick:rule:{self.rule}",
            "title": self.sentence,
            "status": self.status,
            "rule": self.rule,
            **self.evidence,
        }

    @property
    def headers(self) -> Mapping[str, str]:
        """Who is told to come again is told when, in seconds."""
        return {"Retry-After": "1"} if self.status == 503 or self.rule == "IDEMPOTENCY-IN-FLIGHT" else {}
