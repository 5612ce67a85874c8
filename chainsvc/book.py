"""Which contract stands where: names, addresses and interfaces, looked up both ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chainsvc.artifacts import Artifact
from chainsvc.codec import CodecError, Interface


@dataclass(frozen=True, slots=True)
class Contract:
    """One deployed contract; `address` is 0x and 40 lower-case digits."""

    name: str
    address: str
    interface: Interface


class Book:
    """All contracts of one deployment."""

    def __init__(self, addresses: Mapping[str, str], artifacts: Mapping[str, Artifact]) -> None:
        self._by_name = {
            name: Contract(name, address.lower(), Interface(artifacts[name]))
            for name, address in addresses.items()
        }
        self._by_address = {contract.address: contract for contract in self._by_name.values()}

    def __iter__(self) -> Iterator[Contract]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Contract:
        try:
            return self._by_name[name]
        except KeyError:
            raise CodecError(f"no contract {name} in this deployment") from None

    def at(self, address: str) -> Contract | None:
        """The contract at an address (lower case), or None."""
        return self._by_address.get(address)
