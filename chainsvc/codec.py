"""From an artifact's ABI to bytes and back: calls, events, errors. Structs are plain tuples here."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from eth_abi.codec import ABICodec
from eth_abi.decoding import ContextFramesBytesIO, TupleDecoder
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.grammar import parse as parse_type
from eth_abi.registry import registry
from eth_utils.crypto import keccak

from chainsvc.artifacts import Artifact

_CODEC = ABICodec(registry)
_DYNAMIC = {"string", "bytes"}


class CodecError(ValueError):
    """A value does not fit its type, bytes do not decode, or a name is not in the ABI."""


def type_of(component: Mapping[str, Any]) -> str:
    """Canonical type of an ABI component, tuples spelled out."""
    kind: str = component["type"]
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(type_of(part) for part in component["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def types_of(components: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Canonical types in order."""
    return tuple(type_of(component) for component in components)


def is_dynamic(kind: str) -> bool:
    """Whether values of this type are encoded behind an offset."""
    return bool(parse_type(kind).is_dynamic)


def encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """ABI-encode; raises CodecError."""
    try:
        return _CODEC.encode(types, values)
    except (EncodingError, TypeError, ValueError) as error:
        raise CodecError(f"({','.join(types)}): {error}") from error


class Decoder:
    """Decodes one list of types, with everything looked up beforehand."""

    def __init__(self, types: Sequence[str]) -> None:
        self.types = tuple(types)
        decoders = [registry.get_decoder(kind) for kind in types]
        self._tuple = TupleDecoder(decoders=decoders)  # type: ignore[no-untyped-call]

    def __call__(self, data: bytes) -> tuple[Any, ...]:
        """The values; raises CodecError."""
        try:
            values: tuple[Any, ...] = self._tuple(ContextFramesBytesIO(data))  # type: ignore[no-untyped-call]
        except (DecodingError, io.UnsupportedOperation, ValueError, OverflowError) as error:
            raise CodecError(f"({','.join(self.types)}): {error}") from error
        return values


@dataclass(frozen=True, slots=True)
class Function:
    """One entry of a contract."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    names: tuple[str, ...]
    input_decoder: Decoder = field(repr=False)
    output_decoder: Decoder = field(repr=False)

    def encode(self, *values: Any) -> bytes:
        """Calldata; raises CodecError."""
        return self.selector + encode(self.inputs, values)

    def decode_input(self, calldata: bytes) -> dict[str, Any]:
        """Arguments by name; raises CodecError."""
        return dict(zip(self.names, self.input_decoder(calldata[4:]), strict=True))

    def decode_output(self, data: bytes) -> Any:
        """The return value; a tuple when there are several, None when there is none."""
        values = self.output_decoder(data)
        return values[0] if len(values) == 1 else (values or None)


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of log. Indexed values of dynamic type come as the hash that the log holds."""

    name: str
    topic: bytes
    names: tuple[str, ...]
    indexed: tuple[tuple[str, Decoder | None], ...] = field(repr=False)
    plain_names: tuple[str, ...] = field(repr=False)
    plain: Decoder = field(repr=False)

    def decode(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """Arguments by name in declaration order; raises CodecError."""
        found = dict(zip(self.plain_names, self.plain(data), strict=True)) if self.plain_names else {}
        if len(topics) != len(self.indexed) + 1:
            raise CodecError(f"{self.name}: {len(topics)} topics, {len(self.indexed) + 1} expected")
        if not self.indexed:
            return found
        for (name, decoder), topic in zip(self.indexed, topics[1:], strict=True):
            found[name] = topic if decoder is None else decoder(topic)[0]
        return {name: found[name] for name in self.names}


@dataclass(frozen=True, slots=True)
class RevertReason:
    """A decoded refusal of a contract."""

    name: str
    arguments: Mapping[str, Any]

    def __str__(self) -> str:
        def shown(value: Any) -> str:
            return "0x" + value.hex() if isinstance(value, bytes) else str(value)

        return f"{self.name}({', '.join(f'{key}={shown(value)}' for key, value in self.arguments.items())})"


class Interface:
    """Everything an artifact's ABI says, ready to use. Overloads are told apart by their signature."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self._abi = artifact.abi

    def function(self, name: str) -> Function:
        """A function by name, or by signature `name(type,type)` where the name is overloaded."""
        try:
            return self._functions[name]
        except KeyError:
            raise CodecError(f"{self.artifact.name} has no function {name}") from None

    def function_of(self, calldata: bytes) -> Function:
        """The function a call is meant for; raises CodecError when there is none."""
        try:
            return self._by_selector[calldata[:4]]
        except KeyError:
            raise CodecError(f"{self.artifact.name} has no function 0x{calldata[:4].hex()}") from None

    @cached_property
    def events(self) -> Mapping[bytes, Event]:
        """Events by their first topic."""
        return {event.topic: event for event in map(_event, self._entries("event")) if event is not None}

    def event(self, name: str) -> Event:
        """An event by name; raises CodecError."""
        for event in self.events.values():
            if event.name == name:
                return event
        raise CodecError(f"{self.artifact.name} has no event {name}")

    def revert_reason(self, data: bytes) -> RevertReason:
        """What a refusal says; undeclared errors are named by their selector."""
        if not data:
            return RevertReason("Reverted", {})
        known = self._errors.get(data[:4])
        if known is None:
            return RevertReason(f"Unknown_0x{data[:4].hex()}", {"data": data[4:]})
        name, names, decoder = known
        try:
            return RevertReason(name, dict(zip(names, decoder(data[4:]), strict=True)))
        except CodecError:
            return RevertReason(name, {"data": data[4:]})

    def constructor_types(self) -> tuple[str, ...]:
        """Types of the constructor's arguments."""
        for entry in self._entries("constructor"):
            return types_of(entry["inputs"])
        return ()

    def _entries(self, kind: str) -> list[dict[str, Any]]:
        return [entry for entry in self._abi if entry["type"] == kind]

    @cached_property
    def _by_selector(self) -> Mapping[bytes, Function]:
        return {function.selector: function for function in map(_function, self._entries("function"))}

    @cached_property
    def _functions(self) -> Mapping[str, Function]:
        found: dict[str, Function] = {}
        overloaded: set[str] = set()
        for function in self._by_selector.values():
            if function.name in found:
                overloaded.add(function.name)
            found[function.name] = function
            found[f"{function.name}({','.join(function.inputs)})"] = function
        return {name: function for name, function in found.items() if name not in overloaded}

    @cached_property
    def _errors(self) -> Mapping[bytes, tuple[str, tuple[str, ...], Decoder]]:
        builtin: list[dict[str, Any]] = [
            {"name": "Error", "inputs": [{"name": "message", "type": "string"}]},
            {"name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
        ]
        return {
            _hash(entry)[:4]: (entry["name"], _names(entry["inputs"]), Decoder(types_of(entry["inputs"])))
            for entry in builtin + self._entries("error")
        }


def _hash(entry: Mapping[str, Any]) -> bytes:
    return keccak(text=f"{entry['name']}({','.join(types_of(entry['inputs']))})")


def _names(components: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(part["name"] or f"_{place}" for place, part in enumerate(components))


def _function(entry: Mapping[str, Any]) -> Function:
    return Function(
        name=entry["name"],
        selector=_hash(entry)[:4],
        inputs=types_of(entry["inputs"]),
        names=_names(entry["inputs"]),
        input_decoder=Decoder(types_of(entry["inputs"])),
        output_decoder=Decoder(types_of(entry["outputs"])),
    )


def _event(entry: Mapping[str, Any]) -> Event | None:
    if entry.get("anonymous"):
        return None
    names = _names(entry["inputs"])
    indexed: list[tuple[str, Decoder | None]] = []
    plain: list[tuple[str, str]] = []
    for name, part in zip(names, entry["inputs"], strict=True):
        kind = type_of(part)
        if not part["indexed"]:
            plain.append((name, kind))
        elif kind in _DYNAMIC or kind[-1] in "])":
            indexed.append((name, None))
        else:
            indexed.append((name, Decoder([kind])))
    return Event(
        name=entry["name"],
        topic=_hash(entry),
        names=names,
        indexed=tuple(indexed),
        plain_names=tuple(name for name, _ in plain),
        plain=Decoder([kind for _, kind in plain]),
    )
