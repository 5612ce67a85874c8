"""Pure arithmetic of batches: which instructions ride together, and the bytes they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from eth_abi.exceptions import EncodingError
from eth_abi.grammar import TupleType
from eth_abi.grammar import parse as parse_type
from eth_abi.registry import registry

from chainsvc.codec import CodecError, Decoder, Function, encode, is_dynamic

_WORD = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """An instruction as far as batching cares."""

    id: int
    contract: str
    function: str
    order_key: str | None
    item: bytes
    reverts: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one transaction; calldata in bytes, gas as the network counts it."""

    max_items: int = 100
    max_calldata: int = 100_000
    base_gas: int = 250_000
    gas_per_item: int = 160_000
    max_gas: int = 16_700_000

    def gas(self, items: int) -> int:
        """Gas to allow a batch of this many."""
        return min(self.max_gas, self.base_gas + items * self.gas_per_item)


@dataclass(frozen=True, slots=True)
class Group:
    """Instructions for one transaction, in order, and the gas it is allowed."""

    contract: str
    function: str
    entries: tuple[Entry, ...]
    gas: int


@dataclass(slots=True)
class _Open:
    """A group that still takes entries; `most` of them, `size` bytes so far."""

    most: int
    entries: list[Entry] = field(default_factory=list)
    size: int = 0

    def fits(self, entry: Entry, limits: Limits) -> bool:
        # After every revert an instruction rides in half the company, until it rides alone.
        most = min(self.most, limits.max_items >> entry.reverts)
        return len(self.entries) < max(1, most) and self.size + _size(entry) <= limits.max_calldata

    def add(self, entry: Entry, limits: Limits) -> None:
        self.most = min(self.most, limits.max_items >> entry.reverts)
        self.entries.append(entry)
        self.size += _size(entry)


def _size(entry: Entry) -> int:
    return _WORD + len(entry.item)


def group(entries: Iterable[Entry], limits: Limits, room: int) -> list[Group]:
    """At most `room` groups from entries in order of their number.

    An entry joins the open group of its contract and function. One whose order key already stands in another
    group is left for a later step, so that the contract sees the earlier one done before this one is tried.
    """
    open_groups: dict[tuple[str, str], _Open] = {}
    closed: list[_Open] = []
    place_of: dict[str, _Open] = {}
    held: set[str] = set()
    for entry in entries:
        kind = (entry.contract, entry.function)
        current = open_groups.get(kind)
        if entry.order_key is not None:
            earlier = place_of.get(entry.order_key)
            if entry.order_key in held or (earlier is not None and earlier is not current):
                held.add(entry.order_key)
                continue
        if current is not None and not current.fits(entry, limits):
            closed.append(open_groups.pop(kind))
            if entry.order_key is not None and place_of.get(entry.order_key) is current:
                held.add(entry.order_key)
                continue
            current = None
        if current is None:
            if len(closed) + len(open_groups) >= room:
                if entry.order_key is not None:
                    held.add(entry.order_key)
                continue
            current = open_groups[kind] = _Open(limits.max_items)
        current.add(entry, limits)
        if entry.order_key is not None:
            place_of[entry.order_key] = current
    batches = sorted(
        (each.entries for each in (*closed, *open_groups.values())), key=lambda batch: batch[0].id
    )
    return [make_group(batch, limits.gas(len(batch))) for batch in batches]


def make_group(entries: Sequence[Entry], gas: int) -> Group:
    """A group of entries that share contract and function."""
    return Group(entries[0].contract, entries[0].function, tuple(entries), gas)


def item_type(function: Function) -> str:
    """Type of one element of a batched entry `verb(Item[] items) returns (uint8[] reasons)`."""
    if (
        len(function.inputs) != 1
        or not function.inputs[0].endswith("[]")
        or function.output_decoder.types != ("uint8[]",)
    ):
        raise CodecError(f"{function.name} does not take a list of items and return reasons")
    return function.inputs[0].removesuffix("[]")


@cache
def item_encoder(kind: str) -> Callable[[Any], bytes]:
    """Encodes one item of this type on its own; raises CodecError when a value does not fit.

    A type without lists or bytes of any length is the row of its words, however it is nested: its words are
    encoded straight away, without a check of the whole before the check of each.
    """
    words = _words(parse_type(kind))
    if words is None:
        return lambda item: encode([kind], [item])

    def in_a_row(item: Any) -> bytes:
        try:
            return words(item)
        except (EncodingError, TypeError, ValueError) as error:
            raise CodecError(f"{kind}: {error}") from error

    return in_a_row


def _words(kind: Any) -> Callable[[Any], bytes] | None:
    if kind.arrlist or kind.is_dynamic:
        return None
    if not isinstance(kind, TupleType):
        return cast(Callable[[Any], bytes], registry.get_encoder(kind.to_type_str()))
    parts = [part for part in map(_words, kind.components) if part is not None]
    if len(parts) < len(kind.components):
        return None
    return lambda values: b"".join([part(value) for part, value in zip(parts, values, strict=True)])


def calldata(function: Function, items: Sequence[bytes]) -> bytes:
    """The call with these items, each ABI-encoded on its own; nothing is decoded on the way."""
    head = function.selector + _word(_WORD) + _word(len(items))
    if not is_dynamic(item_type(function)):
        return head + b"".join(items)
    bodies = [item[_WORD:] for item in items]
    offsets = []
    offset = _WORD * len(items)
    for body in bodies:
        offsets.append(_word(offset))
        offset += len(body)
    return head + b"".join(offsets) + b"".join(bodies)


def skipped(rows: Iterable[int]) -> dict[int, int]:
    """Place in the batch to reason code, from the packed rows of a Skipped event."""
    return {row >> 8: row & 0xFF for row in rows}


def check_item(function: Function, item: bytes) -> None:
    """Raise CodecError unless `item` is one encoded element of what `function` takes."""
    Decoder([item_type(function)])(item)


def _word(value: int) -> bytes:
    return value.to_bytes(_WORD, "big")
