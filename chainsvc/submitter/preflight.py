"""Try a batch on the node before it is signed, and take out what would be refused or would break it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from chainsvc.backends.rpc import Refused, Request, Reverted, Rpc
from chainsvc.book import Book, Contract
from chainsvc.codec import CodecError, Function
from chainsvc.submitter.batching import Entry, Group, Limits, calldata, make_group

_OF_THE_CONTRACT = re.compile(r"gas|execution|opcode|evm|stack", re.IGNORECASE)


@dataclass(slots=True)
class Verdict:
    """What may be sent, what the contract's rules refuse (reason code), and what cannot be carried out.

    `early` was refused while older instructions are on their way: it may need what they bring about.
    """

    sendable: list[tuple[Group, bytes]] = field(default_factory=list)
    refused: dict[int, int] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    early: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A group that ran through, and the contract's reason for each of its entries."""

    group: Group
    function: Function
    data: bytes
    reasons: Sequence[int]

    @property
    def first_good(self) -> float:
        """Number of the oldest entry that takes effect; infinite when there is none."""
        pairs = zip(self.group.entries, self.reasons, strict=True)
        return min((entry.id for entry, reason in pairs if reason == 0), default=inf)


class Preflight:
    """Runs groups by eth_call from the relayer's address."""

    def __init__(self, rpc: Rpc, book: Book, sender: str, limits: Limits) -> None:
        self._rpc = rpc
        self._book = book
        self._sender = sender
        self._limits = limits

    def judge(self, groups: Sequence[Group], under_way: int | None) -> Verdict:
        """Sort every entry of every group. Raises Unreachable, or Refused when the node is at fault.

        `under_way` is the number of the oldest instruction sent and not mined, None when there is none. What the
        contract refuses is refused for good only when nothing older can change its mind.
        """
        verdict = Verdict()
        # What a node has in its pool it runs anew for each question about the pending block: the last block is
        # asked while something is under way. When nothing is, only the pending block has the time of the next.
        tag = "pending" if under_way is None else "latest"
        tried = self._try(verdict, groups, tag)
        firsts = [each.first_good for each in tried]
        for place, each in enumerate(tried):
            others = firsts[:place] + firsts[place + 1 :]
            self._sort(verdict, each, min([inf if under_way is None else under_way, *others]))
        return verdict

    def _try(self, verdict: Verdict, groups: Sequence[Group], tag: str) -> list[_Tried]:
        runs: list[tuple[Group, Contract, Function, bytes]] = []
        for group in groups:
            try:
                contract = self._book[group.contract]
                function = contract.interface.function(group.function)
                runs.append((group, contract, function, calldata(function, [e.item for e in group.entries])))
            except CodecError as error:
                verdict.failed.update({entry.id: str(error) for entry in group.entries})
        answers = self._rpc.batch(
            [self._request(contract, data, group.gas, tag) for group, contract, _, data in runs]
        )
        tried: list[_Tried] = []
        for (group, contract, function, data), answer in zip(runs, answers, strict=True):
            if isinstance(answer, Refused):
                tried += self._try(verdict, self._parts(verdict, group, contract, answer), tag)
                continue
            try:
                reasons = _reasons(function, answer, len(group.entries))
                tried.append(_Tried(group, function, data, reasons))
            except CodecError as error:
                verdict.failed.update({entry.id: str(error) for entry in group.entries})
        return tried

    def _request(self, contract: Contract, data: bytes, gas: int, tag: str) -> Request:
        call = {"from": self._sender, "to": contract.address, "gas": hex(gas), "data": "0x" + data.hex()}
        return Request("eth_call", (call, tag))

    def _sort(self, verdict: Verdict, tried: _Tried, older: float) -> None:
        good: list[Entry] = []
        held: set[str | None] = set()
        for entry, reason in zip(tried.group.entries, tried.reasons, strict=True):
            if (reason and entry.id > older) or entry.order_key in held:
                verdict.early.add(entry.id)
                if entry.order_key is not None:
                    held.add(entry.order_key)
            elif reason:
                verdict.refused[entry.id] = reason
            else:
                good.append(entry)
        if len(good) == len(tried.group.entries):
            verdict.sendable.append((tried.group, tried.data))
        elif good:
            group = make_group(good, tried.group.gas)
            verdict.sendable.append((group, calldata(tried.function, [entry.item for entry in good])))

    def _parts(self, verdict: Verdict, group: Group, contract: Contract, answer: Refused) -> list[Group]:
        """The whole call broke: try with all the gas there is, then in halves, down to the one at fault."""
        if not isinstance(answer, Reverted) and not _OF_THE_CONTRACT.search(answer.message):
            raise answer
        if group.gas < self._limits.max_gas:
            return [make_group(group.entries, self._limits.max_gas)]
        if len(group.entries) > 1:
            middle = len(group.entries) // 2
            return [make_group(half, group.gas) for half in (group.entries[:middle], group.entries[middle:])]
        verdict.failed[group.entries[0].id] = explain(contract, answer)
        return []


def _reasons(function: Function, answer: object, entries: int) -> Sequence[int]:
    (reasons,) = function.output_decoder(bytes.fromhex(str(answer)[2:]))
    if len(reasons) != entries:
        raise CodecError(f"{function.name} gave {len(reasons)} reasons for {entries} items")
    return tuple(reasons)


def explain(contract: Contract, refusal: Refused) -> str:
    """A refusal in the words of the contract's ABI."""
    if isinstance(refusal, Reverted):
        return str(contract.interface.revert_reason(refusal.revert_data))
    return refusal.message
