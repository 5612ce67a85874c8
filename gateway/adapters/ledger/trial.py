"""What would become of acts if they were carried now: asked of the node by eth_call, without a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from chainsvc.backends.rpc import NodeError, Refused, Request, Reverted, Rpc, Unreachable
from chainsvc.book import Book
from chainsvc.submitter.batching import calldata
from gateway.adapters.ledger.words import RELAYER_ROLE
from gateway.db.tables import role_holders
from gateway.ports import Offered

MOST_ITEMS = 50
MOST_GAS = 16_700_000
"""Of one transaction, as of one call."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one act: the contract's reason code (0: it would be done), or why it cannot be carried at all."""

    reason: int | None
    error: str | None = None


class Trial:
    """Tries acts in a relayer's name on the state after one block."""

    def __init__(self, rpc: Rpc, book: Book, relayer: str, block: int) -> None:
        self._rpc = rpc
        self._book = book
        self._relayer = relayer
        self._block = hex(block)

    def run(self, offered: Sequence[Offered]) -> tuple[list[Outcome], int]:
        """What would become of each, and the gas of the transactions that would carry what would be done.

        Acts of one verb are tried together, in their order; those of another verb do not see what they would do.
        Raises Unreachable, Refused.
        """
        found: dict[int, Outcome] = {}
        gas = 0
        for places in _groups(offered).values():
            for start in range(0, len(places), MOST_ITEMS):
                part = places[start : start + MOST_ITEMS]
                outcomes = self._together([offered[place] for place in part])
                found.update(zip(part, outcomes, strict=True))
                gas += self._gas([offered[place] for place in part if found[place].reason == 0])
        return [found[place] for place in range(len(offered))], gas

    def _together(self, acts: Sequence[Offered]) -> list[Outcome]:
        contract = self._book[acts[0].contract]
        function = contract.interface.function(acts[0].function)
        try:
            answer = self._rpc.results([self._request("eth_call", acts)])[0]
        except Unreachable:
            raise
        except NodeError as error:
            if len(acts) > 1:  # one of them breaks the call of all: the submitter would find it, too
                return [outcome for act in acts for outcome in self._together([act])]
            if isinstance(error, Reverted):
                return [Outcome(None, str(contract.interface.revert_reason(error.revert_data)))]
            return [Outcome(None, error.message if isinstance(error, Refused) else str(error))]
        (reasons,) = function.output_decoder(bytes.fromhex(str(answer)[2:]))
        return [Outcome(reason) for reason in reasons]

    def _gas(self, acts: Sequence[Offered]) -> int:
        if not acts:
            return 0
        try:
            return int(self._rpc.results([self._request("eth_estimateGas", acts)])[0], 16)
        except Refused:
            # Tried together they were good; without those that are refused the node finds otherwise.
            return sum(self._gas([act]) for act in acts) if len(acts) > 1 else 0

    def _request(self, method: str, acts: Sequence[Offered]) -> Request:
        contract = self._book[acts[0].contract]
        data = calldata(contract.interface.function(acts[0].function), [act.item for act in acts])
        call = {
            "from": self._relayer,
            "to": contract.address,
            "gas": hex(MOST_GAS),
            "data": "0x" + data.hex(),
        }
        return Request(method, (call, self._block))


def relayer(connection: Connection) -> str | None:
    """An admitted relayer, as far as the chain has been indexed."""
    holders = role_holders.c
    query = select(holders.account).where(holders.role == RELAYER_ROLE).order_by(holders.account)
    return connection.execute(query.limit(1)).scalar_one_or_none()


def _groups(offered: Sequence[Offered]) -> Mapping[tuple[str, str], list[int]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for place, act in enumerate(offered):
        groups.setdefault((act.contract, act.function), []).append(place)
    return groups
