"""A gateway of the idempotency bench: the product's own, or one with a bug planted in it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.app import serve
from gateway.bootstrap import open_gateway
from gateway.settings import Settings


def _no_claim() -> None:
    """Nobody claims a key, and the book of answers takes it twice: two gateways do the work of one request."""
    from gateway.db import requests
    from gateway.db.engine import insert_new
    from gateway.ports import Answer, Asked

    def find(book: Any, asked: Sequence[Asked]) -> Mapping[str, Answer]:
        found = {}
        keys = {"keys": [each.key for each in asked]}
        for row in book._connection.execute(requests._ANSWERED, keys):
            found[row.key] = Answer(row.status, bytes(row.content))
        time.sleep(0.01)  # as long as work that is worth claiming takes
        return found

    def keep(book: Any, answers: Sequence[tuple[Asked, Answer]], created_at: int) -> None:
        for asked, answer in answers:
            row = {
                "key": asked.key, "fingerprint": asked.fingerprint, "status": answer.status,
                "content": answer.content, "created_at": created_at,
            }  # fmt: skip
            insert_new(book._connection, requests.requests, row)

    spoilt: Any = requests.RequestBook
    spoilt.find, spoilt.keep = find, keep


def _any_body() -> None:
    """A key brings its answer whatever is asked under it."""
    from gateway.db import requests

    spoilt: Any = requests
    spoilt.check_same = lambda *_: None


def _written_anew() -> None:
    """What was answered before is spelled in another way."""
    from gateway.db import requests
    from gateway.ports import Answer

    spoilt: Any = requests.RequestBook
    find = spoilt.find

    def found(book: Any, asked: Any) -> Mapping[str, Answer]:
        kept: Mapping[str, Answer] = find(book, asked)
        return {key: Answer(each.status, _spelled(each.content)) for key, each in kept.items()}

    spoilt.find = found


def _spelled(content: bytes) -> bytes:
    return json.dumps(json.loads(content)).encode()


def _answers_apart() -> None:
    """The answer is kept after the work was committed: who dies in between does the work again."""
    from gateway.db import requests

    spoilt: Any = requests.RequestBook
    keep = spoilt.keep

    def kept(book: Any, answers: Any, created_at: int) -> None:
        book._connection.exec_driver_sql("COMMIT")
        time.sleep(0.05)
        book._connection.exec_driver_sql("BEGIN")
        keep(book, answers, created_at)

    spoilt.keep = kept


FAULTS: dict[str, Callable[[], None]] = {
    "a key is claimed by nobody": _no_claim,
    "a key serves any body": _any_body,
    "an answer is written anew": _written_anew,
    "the answer is kept after the commit": _answers_apart,
}


def main() -> int:
    """`python -m tests.bench.idempotency_app PORT [FAULT]`, configured like the gateway."""
    if len(sys.argv) > 2:
        FAULTS[sys.argv[2]]()
    serve(open_gateway(Settings()), int(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
