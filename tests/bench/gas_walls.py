"""Where a transaction's gas went, from the node's own trace: walls between contracts, what stood behind them, slots.

A wall's price is that of the call itself: 2,600 for the first time a transaction touches a contract, 100 after
that (EIP-2929), which is what one contract without walls would not pay. What a function behind a wall spent is
told as a whole, with the calls it made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chainsvc.artifacts import load
from chainsvc.backends.rpc import Rpc
from tests.house.machine import ORDER

COLD, WARM = 2_600, 100
NEW_SLOT, CHANGED_SLOT, READ_SLOT = 22_100, 5_000, 2_100
"""What a cold slot costs that is written for the first time, that is changed, and that is only read (EIP-2200,
EIP-2929)."""

BASE, SIGNATURE = 21_000, 3_000 + WARM
RECOVER = "0x" + "0" * 39 + "1"


@dataclass(slots=True)
class Walls:
    """What a trace shows. `behind` is gas by contract and function, `times` how often each was called."""

    hops: int = 0
    behind: Counter[str] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)
    new_slots: int = 0
    changed_slots: int = 0
    read_slots: int = 0
    signatures: int = 0
    transactions: int = 0

    def parts(self, gas: int) -> dict[str, int]:
        """What the protocol charges for what the trace shows, and the rest of `gas`, largest first."""
        priced = {
            f"{self.transactions} x base": BASE * self.transactions,
            f"{self.new_slots} new slots": NEW_SLOT * self.new_slots,
            f"{self.changed_slots} changed slots": CHANGED_SLOT * self.changed_slots,
            f"{self.read_slots} read slots": READ_SLOT * self.read_slots,
            f"{self.signatures} signatures": SIGNATURE * self.signatures,
            "walls": self.hops,
        }
        priced["calldata, logs and execution"] = gas - sum(priced.values())
        return dict(sorted(priced.items(), key=lambda part: -part[1]))


def walls(rpc: Rpc, addresses: Mapping[str, str], transactions: Sequence[str]) -> Walls:
    """Trace transactions. `addresses` are those of the contracts by name."""
    names = {address.lower(): name for name, address in addresses.items()}
    found = Walls(transactions=len(transactions))
    for transaction in transactions:
        root = rpc.call("debug_traceTransaction", transaction, {"tracer": "callTracer"})
        touched = {root["to"].lower()}
        for call in _calls(root):
            address = call["to"].lower()
            found.signatures += address == RECOVER
            if address not in names:
                continue
            found.hops += WARM if address in touched else COLD
            touched.add(address)
            name = f"{names[address]}.{_FUNCTIONS[names[address]].get(call['input'][2:10], 'other')}"
            found.behind[name] += int(call["gasUsed"], 16)
            found.times[name] += 1
        _count_slots(rpc, transaction, found)
    return found


def _calls(frame: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for call in frame.get("calls", ()):
        yield call
        yield from _calls(call)


def _count_slots(rpc: Rpc, transaction: str, found: Walls) -> None:
    options = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
    difference = rpc.call("debug_traceTransaction", transaction, options)
    before, after = _storage(difference["pre"]), _storage(difference["post"])
    touched = _storage(rpc.call("debug_traceTransaction", transaction, {"tracer": "prestateTracer"}))
    new = {place for place in after if not before.get(place)}
    changed = (after.keys() | before.keys()) - new
    found.new_slots += len(new)
    found.changed_slots += len(changed)
    found.read_slots += len(touched.keys() - new - changed)


def _storage(state: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    return {
        (address, slot): int(value, 16)
        for address, account in state.items()
        for slot, value in account.get("storage", {}).items()
    }


_FUNCTIONS = {
    name: {selector: text.split("(")[0] for text, selector in load(name).method_identifiers.items()}
    for name in ORDER
}
