"""What a transaction carried: the signed acts in its calldata, by name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chainsvc.codec import Decoder, Function, is_dynamic
from gateway.adapters.ledger import acts
from gateway.adapters.ledger.chain import Book

_WORD = 32


@dataclass(frozen=True, slots=True)
class Item:
    """One element of a batch: the act's fields, and signatures and hints beside it, all by name.

    `act` is empty where nobody signs: of a list of bare numbers, `message` has each as `number`.
    """

    function: str
    act: str
    message: Mapping[str, Any]
    parts: Mapping[str, Any]


class NotOurs(LookupError):
    """The transaction went to none of the contracts, so its calldata shows no act of theirs."""


def items_of(
    book: Book, transaction: Mapping[str, Any], holding: Collection[bytes] | None = None
) -> list[Item]:
    """The acts a transaction carried, in order. Raises NotOurs, and CodecError for calldata of another form.

    `holding` spares decoding a batch of hundred for the sake of one: acts that hold none of these byte strings may be
    left out.
    """
    contract = book.at((transaction["to"] or "").lower())
    if contract is None:
        raise NotOurs(f"the transaction went to {transaction['to'] or 'nobody'}, none of the contracts")
    return list(_items(book, contract.name, bytes.fromhex(transaction["input"][2:]), holding))


def _items(book: Book, contract: str, calldata: bytes, holding: Collection[bytes] | None) -> Iterator[Item]:
    function = book[contract].interface.function_of(calldata)
    verb = acts.verbs().get(function.name)
    if verb is None or verb.contract != contract:
        return
    for packed in _batch(function, calldata[4:], holding):
        if "components" not in verb.item:
            yield Item(verb.function, verb.act, {"number": packed}, {})
            continue
        parts = _named(verb.item["components"], packed)
        message = parts.pop("act", {})
        yield Item(verb.function, verb.act, message, parts)


def _batch(function: Function, data: bytes, holding: Collection[bytes] | None) -> Iterator[tuple[Any, ...]]:
    """The elements of the one list that a verb takes."""
    size, decoder = _element(function.inputs[0].removesuffix("[]"))
    count, rest = divmod(len(data) - 2 * _WORD, size or 1)
    plain = _WORD.to_bytes(_WORD, "big") + count.to_bytes(_WORD, "big") if count >= 0 else b""
    if holding is None or not size or rest or data[: 2 * _WORD] != plain:
        (batch,) = function.decode_input(function.selector + data).values()
        yield from batch
        return
    for begin in range(2 * _WORD, len(data), size):
        element = data[begin : begin + size]
        if any(part in element for part in holding):
            yield decoder(element)[0]


@lru_cache
def _element(kind: str) -> tuple[int, Decoder]:
    """Bytes of one element of this type, 0 where that is not always the same, and how it is read."""
    leaves = re.findall(r"[a-z]+[0-9]*", kind)
    return (0 if is_dynamic(kind) else _WORD * len(leaves)), Decoder([kind])


def _named(components: list[Mapping[str, Any]], values: tuple[Any, ...]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for part, value in zip(components, values, strict=True):
        named |= acts.columns(value) if part["name"] == acts.LINES else {part["name"]: _value(part, value)}
    return named


def _value(part: Mapping[str, Any], value: Any) -> Any:
    # A signature stays the pair (r, vs) that it is.
    if part.get("internalType", "").removesuffix("[]") == "struct Signature":
        return value
    if part["type"] == "tuple":
        return _named(part["components"], value)
    if part["type"] == "tuple[]":
        return [_named(part["components"], each) for each in value]
    return list(value) if part["type"].endswith("[]") else value
