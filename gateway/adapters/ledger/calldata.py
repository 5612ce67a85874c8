"""What a transaction carried: the signed acts in its calldata, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.adapters.ledger import acts
from gateway.adapters.ledger.chain import Book

_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Item:
    """One element of a batch: the act's fields, and signatures and hints beside it, all by name."""

    function: str
    act: str
    message: Mapping[str, Any]
    parts: Mapping[str, Any]


class NotOurs(LookupError):
    """The transaction went to none of the contracts, so its calldata shows no act of theirs."""


def items_of(book: Book, transaction: Mapping[str, Any]) -> list[Item]:
    """Every act a transaction carried, in order. Raises NotOurs, and CodecError for calldata of another form."""
    contract = book.at((transaction["to"] or "").lower())
    if contract is None:
        raise NotOurs(f"the transaction went to {transaction['to'] or 'nobody'}, none of the contracts")
    return list(_items(book, contract.name, bytes.fromhex(transaction["input"][2:]), _DEPTH))


def _items(book: Book, contract: str, calldata: bytes, depth: int) -> Iterator[Item]:
    function = book[contract].interface.function_of(calldata)
    args = function.decode_input(calldata)
    if function.name == "multicall":
        for inner in args["data"] if depth else ():
            yield from _items(book, contract, inner, depth - 1)
        return
    verb = acts.verbs().get(function.name)
    if verb is None or verb.contract != contract or "components" not in verb.item:
        return
    (batch,) = args.values()
    for packed in batch:
        parts = _named(verb.item["components"], packed)
        message = parts.pop("act", {})
        yield Item(verb.function, verb.act, message, parts)


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
