"""What the service refuses, as one error type that the HTTP edge turns into problem+json (RFC 9457)."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A request the service does not carry out.

    Attributes:
        rule: id of the rule that refused, upper case with dashes, such as `INVOICE-AMENDED`.
        status: HTTP status to answer with.
        extra: further members of the problem document, such as the fields that differ.
    """

    def __init__(self, rule: str, message: str, *, status: int = 403, **extra: Any) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.status = status
        self.extra = extra

    def problem(self) -> dict[str, Any]:
        """The problem+json members."""
        return {
            "title": self.rule,
            "status": self.status,
            "detail": self.message,
            "rule": self.rule,
        } | self.extra
