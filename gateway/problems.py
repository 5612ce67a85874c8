"""Refusals as people read them: problem+json (RFC 9457) with the rule that was broken."""

from __future__ import annotations

from typing import Any


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
