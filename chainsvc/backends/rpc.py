"""One JSON-RPC client for every node: one kept-alive connection, batches, typed errors."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx2
import orjson
import stamina

TIMEOUT_SECONDS = 30.0
IDLE_SECONDS = 2.0
"""An idle connection is not used again after this: the node may be closing it, and whether it heard what was sent on it
nobody could say. Shorter than nodes, and what stands before them, keep theirs."""
_REVERTED = 3


class NodeError(Exception):
    """Something about a node; the three ways it can go are the subclasses."""


class Unreachable(NodeError):
    """No answer: whether the node acted on the request is unknown."""


class Refused(NodeError):
    """The node answered with an error and did nothing."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message
        self.data = data


class Reverted(Refused):
    """The contract refused; `revert_data` is what it said, ABI-encoded, empty when it said nothing."""

    def __init__(self, code: int, message: str, revert_data: bytes) -> None:
        super().__init__(code, message, "0x" + revert_data.hex())
        self.revert_data = revert_data


@dataclass(frozen=True, slots=True)
class Request:
    """One entry of a batch."""

    method: str
    params: tuple[Any, ...] = ()


class Rpc:
    """A connection to one node. Not shared between threads."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS, attempts: int = 5) -> None:
        """`timeout` in seconds for one answer; `attempts` to open the connection before giving up."""
        self.url = url
        self._attempts = attempts
        self._numbers = itertools.count(1)
        self._client = httpx2.Client(
            timeout=timeout, headers={"content-type": "application/json"}, trust_env=False,
            limits=httpx2.Limits(keepalive_expiry=IDLE_SECONDS),
        )  # fmt: skip

    def __enter__(self) -> Rpc:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        # The address of a hosted node may carry a key in its path or user part.
        return f"Rpc({httpx2.URL(self.url).host})"

    def close(self) -> None:
        """Drop the connection."""
        self._client.close()

    def call(self, method: str, *params: Any) -> Any:
        """The result of one request; raises Unreachable, Refused or Reverted."""
        answer = self._post(self._document(method, params))
        if not isinstance(answer, dict):
            raise Unreachable(f"{method}: the answer is no JSON-RPC")
        return _result(answer)

    def batch(self, requests: Iterable[Request]) -> list[Any]:
        """Results in the order of `requests`; an entry the node refused is a Refused, not raised.

        Raises Unreachable when any entry has no answer: for a writer that means "unknown".
        """
        documents = [self._document(request.method, request.params) for request in requests]
        if not documents:
            return []
        answer = self._post(documents)
        if isinstance(answer, dict):
            return [_outcome(answer)] * len(documents)
        by_number = {entry.get("id"): entry for entry in answer}
        missing = [document["method"] for document in documents if document["id"] not in by_number]
        if missing:
            raise Unreachable(f"no answer to {len(missing)} of {len(documents)} requests")
        return [_outcome(by_number[document["id"]]) for document in documents]

    def results(self, requests: Sequence[Request]) -> list[Any]:
        """Like `batch`, raising the first refusal."""
        answers = self.batch(requests)
        for answer in answers:
            if isinstance(answer, Refused):
                raise answer
        return answers

    def _document(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": list(params)}

    def _post(self, document: Any) -> Any:
        content = orjson.dumps(document)
        try:
            # Repeated here is only what certainly never reached the node; the rest the caller judges.
            for attempt in stamina.retry_context(
                on=(httpx2.ConnectError, httpx2.ConnectTimeout),
                attempts=self._attempts,
                timeout=TIMEOUT_SECONDS,
                wait_initial=0.05,
                wait_max=1.0,
            ):
                with attempt:
                    response = self._client.post(self.url, content=content)
        except httpx2.TransportError as error:
            raise Unreachable(f"{self!r}: {type(error).__name__}") from error
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise Unreachable(f"{self!r}: HTTP {response.status_code} without JSON") from error


def _result(answer: dict[str, Any]) -> Any:
    outcome = _outcome(answer)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


def _outcome(answer: dict[str, Any]) -> Any:
    error = answer.get("error")
    if error is None:
        return answer.get("result")
    code, message, payload = error.get("code", 0), str(error.get("message", "")), error.get("data")
    if code == _REVERTED or "revert" in message.lower():
        return Reverted(code, message, _revert_data(payload))
    return Refused(code, message, payload)


def _revert_data(payload: Any) -> bytes:
    # Besu and geth put the bytes into data itself, others into data.data.
    text = payload.get("data") if isinstance(payload, dict) else payload
    if not isinstance(text, str) or not text.startswith("0x"):
        return b""
    return bytes.fromhex(text[2:])
