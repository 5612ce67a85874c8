"""Acts as parties do them: prepared by the gateway, signed where the keys are, posted, and waited for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.demo.people import DeskRefused, Firm, Signer
from gateway.demo.stage import AnswerRefused, Stage, expect

WAIT_SECONDS = 300.0
BULK = 200


class ActRefused(RuntimeError):
    """The ledger refused an act; the message quotes its rule."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act to be signed: `parts` names the signers, or lists of them, or unsigned values."""

    function: str
    message: Mapping[str, Any]
    parts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Office:
    """An office's signature: the party and the person who signs for it."""

    firm: Firm
    person: str = "office"


class Desk:
    """Carries acts through the gateway; counts them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._next = 0
        self.done: dict[str, int] = {}

    def number(self) -> int:
        """A one-time number: never the same twice in this story."""
        self._next += 1
        return self._next

    def expiry(self) -> int:
        """Far enough for the slowest signer, near enough that a lost act dies."""
        return self._stage.day * 86_400 + 30 * 86_400

    def do(self, *acts: Act) -> list[dict[str, Any]]:
        """Carry acts, all at once, and wait until the chain has them for good. Raises ActRefused."""
        operations = self.try_all(acts)
        for act, operation in zip(acts, operations, strict=True):
            if operation["state"] != "final":
                why = operation["sentence"] or operation["error"] or operation["state"]
                raise ActRefused(f"{act.function}: {why} ({operation['reason']}, {operation['rule']})")
        return operations

    def try_all(self, acts: Sequence[Act]) -> list[dict[str, Any]]:
        """Carry acts and answer what became of each; one that cannot be signed or is not taken is refused alone."""
        operations: list[dict[str, Any]] = [{} for _ in acts]
        signed: list[tuple[int, dict[str, Any]]] = []
        for place, act in enumerate(acts):
            try:
                signed.append((place, self._instruction(act)))
            except (AnswerRefused, DeskRefused) as error:
                operations[place] = _refusal(act, error)
        for start in range(0, len(signed), BULK):
            part = signed[start : start + BULK]
            key = f"story-{self._stage.day}-{self.number()}"
            answer = expect(
                self._stage.gateway.post(
                    "/instructions",
                    json={"instructions": [body for _, body in part]},
                    headers={"Idempotency-Key": key},
                )
            )
            for (place, _), each in zip(part, answer["operations"], strict=True):
                operations[place] = {"key": each["key"]}
        for place, operation in enumerate(operations):
            if "state" not in operation:
                operations[place] = self._wait(operation["key"])
        for act, operation in zip(acts, operations, strict=True):
            if operation["state"] == "final":
                self.done[act.function] = self.done.get(act.function, 0) + 1
        return operations

    def _instruction(self, act: Act) -> dict[str, Any]:
        if not act.message:  # nobody signs it
            return {"function": act.function, "message": {}, "parts": dict(act.parts)}
        prepared = expect(
            self._stage.gateway.post(
                "/instructions/prepare", json={"function": act.function, "message": dict(act.message)}
            )
        )
        typed = prepared["typed_data"]
        parts = {name: _part(typed, value) for name, value in act.parts.items()}
        return {"function": act.function, "message": typed["message"], "parts": parts}

    def _wait(self, key: str) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            operation: dict[str, Any] = expect(self._stage.gateway.get(f"/operations/{key}"))
            if operation["state"] in ("final", "refused", "failed"):
                return operation
            self._stage.processes.check()
            time.sleep(0.03)
        raise TimeoutError(f"{key} is still {operation['state']} after {WAIT_SECONDS:.0f} s")

    def settle_index(self) -> None:
        """Wait until the gateway's tables have caught up with the chain."""
        head = expect(self._stage.gateway.get("/health"))["block"]
        deadline = time.monotonic() + WAIT_SECONDS
        while expect(self._stage.gateway.get("/health"))["indexed"] < head:
            if time.monotonic() > deadline:
                raise TimeoutError("the index does not catch up")
            self._stage.processes.check()
            time.sleep(0.03)


def _refusal(act: Act, error: AnswerRefused | DeskRefused) -> dict[str, Any]:
    rule = error.rule if isinstance(error, AnswerRefused) else "NOT-SIGNED"
    sentence = error.sentence if isinstance(error, AnswerRefused) else str(error)
    return {
        "function": act.function, "state": "refused", "reason": rule, "rule": rule, "sentence": sentence, "error": None
    }  # fmt: skip


def _part(typed: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, Office):
        return {"party": value.firm.number, "signature": value.firm[value.person].sign(typed)}
    if isinstance(value, list):
        return [_part(typed, each) for each in value]
    if hasattr(value, "sign"):
        signer: Signer = value
        return signer.sign(typed)
    return value
