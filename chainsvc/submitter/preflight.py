"""Try a batch on the node before it is signed, and take out what would be refused or would break it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from chainsvc.backends.rpc import Refused, Request, Reverted, Rpc
from chainsvc.book import Book, Contract
from chainsvc.codec import CodecError, Function
from chainsvc.submitter.batching import Group, Limits, calldata, make_group

_OF_THE_CONTRACT = re.compile(r"gas|execution|opcode|evm|stack", re.IGNORECASE)


@dataclass(slots=True)
class Verdict:
    """What may be sent, what the contract's rules refuse (reason code), and what cannot be carried out."""

    sendable: list[tuple[Group, bytes]] = field(default_factory=list)
    refused: dict[int, int] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)


class Preflight:
    """Runs groups by eth_call from the relayer's address, at the state the next block starts from."""

    def __init__(self, rpc: Rpc, book: Book, sender: str, limits: Limits, tag: str) -> None:
        self._rpc = rpc
        self._book = book
        self._sender = sender
        self._limits = limits
        self._tag = tag

    def judge(self, groups: Sequence[Group]) -> Verdict:
        """Sort every entry of every group. Raises Unreachable, or Refused when the node is at fault."""
        verdict = Verdict()
        runs: list[tuple[Group, Contract, Function, bytes]] = []
        for group in groups:
            try:
                contract = self._book[group.contract]
                function = contract.interface.function(group.function)
                runs.append((group, contract, function, calldata(function, [e.item for e in group.entries])))
            except CodecError as error:
                verdict.failed.update({entry.id: str(error) for entry in group.entries})
        answers = self._rpc.batch(
            [self._request(contract, data, group.gas) for group, contract, _, data in runs]
        )
        for (group, contract, function, data), answer in zip(runs, answers, strict=True):
            self._sort(verdict, group, contract, function, data, answer)
        return verdict

    def _request(self, contract: Contract, data: bytes, gas: int) -> Request:
        call = {"from": self._sender, "to": contract.address, "gas": hex(gas), "data": "0x" + data.hex()}
        return Request("eth_call", (call, self._tag))

    def _sort(
        self,
        verdict: Verdict,
        group: Group,
        contract: Contract,
        function: Function,
        data: bytes,
        answer: object,
    ) -> None:
        if isinstance(answer, Refused):
            self._split(verdict, group, contract, answer)
            return
        try:
            (reasons,) = function.output_decoder(bytes.fromhex(str(answer)[2:]))
        except CodecError as error:
            verdict.failed.update({entry.id: str(error) for entry in group.entries})
            return
        if len(reasons) != len(group.entries):
            problem = f"{function.name} gave {len(reasons)} reasons for {len(group.entries)} items"
            verdict.failed.update({entry.id: problem for entry in group.entries})
            return
        good = [entry for entry, reason in zip(group.entries, reasons, strict=True) if reason == 0]
        verdict.refused.update(
            {entry.id: reason for entry, reason in zip(group.entries, reasons, strict=True) if reason}
        )
        if len(good) == len(group.entries):
            verdict.sendable.append((group, data))
        elif good:
            verdict.sendable.append((make_group(good, group.gas), calldata(function, [e.item for e in good])))

    def _split(self, verdict: Verdict, group: Group, contract: Contract, answer: Refused) -> None:
        """The whole call broke: try with all the gas there is, then in halves, down to the one at fault."""
        if not isinstance(answer, Reverted) and not _OF_THE_CONTRACT.search(answer.message):
            raise answer
        if group.gas < self._limits.max_gas:
            parts = [make_group(group.entries, self._limits.max_gas)]
        elif len(group.entries) > 1:
            middle = len(group.entries) // 2
            parts = [make_group(half, group.gas) for half in (group.entries[:middle], group.entries[middle:])]
        else:
            verdict.failed[group.entries[0].id] = explain(contract, answer)
            return
        found = self.judge(parts)
        verdict.sendable += found.sendable
        verdict.refused.update(found.refused)
        verdict.failed.update(found.failed)


def explain(contract: Contract, refusal: Refused) -> str:
    """A refusal in the words of the contract's ABI."""
    if isinstance(refusal, Reverted):
        return str(contract.interface.revert_reason(refusal.revert_data))
    return refusal.message
