"""An act of the domain as it is written in JSON, by the contract's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gateway.services.json_acts import write_message


def message_of(act: Any) -> dict[str, Any]:
    """The act, and what stands inside it, as its signers are shown it."""
    found: dict[str, Any] = write_message(_named(asdict(act)))
    return found


def _named(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_camel(name): _named(part) for name, part in value.items()}
    return value


def _camel(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(part.capitalize() for part in rest)
