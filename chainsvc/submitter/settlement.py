"""What became of the transactions under way: mined, final, reverted, lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from chainsvc.backends.rpc import Request, Rpc
from chainsvc.book import Book
from chainsvc.codec import CodecError
from chainsvc.submitter import ledger
from chainsvc.submitter.batching import skipped
from chainsvc.submitter.states import State, TransactionState
from chainsvc.tables import instructions

Receipt = Mapping[str, Any]

_PATIENCE = 3
"""Reverts an instruction may have had when it reverts alone: the trial before each one tells the cause."""


@dataclass(slots=True)
class Settled:
    """How many instructions ended in a round."""

    mined: int = 0
    final: int = 0
    refused: int = 0
    failed: int = 0
    returned: int = 0


class Settlement:
    """Reads receipts and carries what they say into the tables."""

    def __init__(
        self, engine: Engine, rpc: Rpc, book: Book, sender: str, finality_depth: int, doubt: int
    ) -> None:
        """`doubt`: seconds for which a transaction must look lost before it is taken to be."""
        self._engine = engine
        self._rpc = rpc
        self._book = book
        self._sender = sender
        self._depth = finality_depth
        self._doubt = doubt
        self._doubted: dict[int, int] = {}
        self._last_look: tuple[str, int] | None = None

    def settle(self, now: int) -> Settled:
        """Look at every transaction under way once (`now` in seconds since 1970).

        While the chain's last block stays the same it looks once a second: a node may show a receipt late.
        Raises Unreachable or Refused without a change.
        """
        settled = Settled()
        with self._engine.connect() as connection:
            rows = ledger.in_flight(connection, self._sender)
        if not rows:
            return settled
        head = self._rpc.call("eth_getBlockByNumber", "latest", False)
        look = (head["hash"], now)
        if look == self._last_look:
            return settled
        receipts = self._rpc.results([_receipt_request(row) for row in rows])
        last_final = int(head["number"], 16) - self._depth
        seen = {row.nonce for row, found in zip(rows, receipts, strict=True) if found is not None}
        unseen = [row for row, found in zip(rows, receipts, strict=True) if found is None]
        lost, count = self._lost(unseen, seen, last_final, now)
        with self._engine.begin() as connection:
            for row, found in zip(rows, receipts, strict=True):
                if found is not None:
                    self._found(connection, settled, row, found, last_final)
                elif row.id in lost:
                    self._drop(connection, settled, row, rows)
                elif row.state == TransactionState.MINED:
                    self._unmined(connection, row)
            if lost:
                ledger.raise_nonce(connection, self._sender, count)
        self._last_look = look
        return settled

    def _lost(
        self, rows: Sequence[Row[Any]], seen: set[int], last_final: int, now: int
    ) -> tuple[set[int], int]:
        """Those whose nonce another transaction has used in a final block, and the nonce that comes next.

        A node may count a nonce a moment before it shows the receipt of the same block: unless the nonce was
        `seen` used by another transaction of ours, what has looked lost only just now is left as it is.
        """
        if not rows or last_final < 0:
            self._doubted.clear()
            return set(), 0
        count = int(self._rpc.call("eth_getTransactionCount", self._sender, hex(last_final)), 16)
        passed = [row for row in rows if row.nonce < count]
        # Only now: a receipt that appeared in between shows that it was our own transaction after all.
        receipts = self._rpc.results([_receipt_request(row) for row in passed])
        missing = [row for row, found in zip(passed, receipts, strict=True) if found is None]
        self._doubted = {row.id: self._doubted.get(row.id, now) for row in missing}
        certain = {row.id for row in missing if row.nonce in seen}
        return certain | {each for each, since in self._doubted.items() if now - since >= self._doubt}, count

    def _found(
        self, connection: Connection, settled: Settled, row: Row[Any], receipt: Receipt, last_final: int
    ) -> None:
        number = int(receipt["blockNumber"], 16)
        succeeded = int(receipt["status"], 16) == 1
        block_hash = bytes.fromhex(receipt["blockHash"][2:])
        if row.state != TransactionState.MINED or row.block_hash != block_hash:
            ledger.move_transaction(
                connection,
                TransactionState.MINED,
                row.id,
                status=int(succeeded),
                block_number=number,
                block_hash=block_hash,
                gas_used=int(receipt["gasUsed"], 16),
            )
            if succeeded:
                settled.mined += ledger.move(connection, State.MINED, ledger.of(row.id), reason=0)
                self._note_skipped(connection, row, receipt)
            else:
                ledger.move(connection, State.BATCHED, ledger.of(row.id), reason=None)
        if number > last_final:
            return
        if not succeeded:
            ledger.move_transaction(connection, TransactionState.REVERTED, row.id)
            problem = "reverted on the chain, again and again, though it passed when tried"
            self._return(connection, settled, row, problem, patience=_PATIENCE)
            return
        ledger.move_transaction(connection, TransactionState.FINAL, row.id)
        settled.final += ledger.move(
            connection, State.FINAL, ledger.of(row.id) & (instructions.c.reason == 0)
        )
        settled.refused += ledger.move(connection, State.REFUSED, ledger.of(row.id))

    def _note_skipped(self, connection: Connection, row: Row[Any], receipt: Receipt) -> None:
        if row.kind != "batch":
            return
        contract = self._book[row.contract]
        event = contract.interface.event("Skipped")
        reasons: dict[int, int] = {}
        for log in receipt["logs"]:
            topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
            if log["address"].lower() == contract.address and topics[:1] == [event.topic]:
                (rows,) = event.decode(topics, bytes.fromhex(log["data"][2:])).values()
                reasons.update(skipped(rows))
        # Of one block only: after a reorganisation an item may be skipped that was not, or the reverse.
        ids = self._members(connection, row.id)
        if any(place >= len(ids) for place in reasons):
            raise CodecError(f"{row.contract} skipped items beyond the {len(ids)} it was given")
        ledger.set_reasons(connection, row.id, {ids[place]: reason for place, reason in reasons.items()})

    def _members(self, connection: Connection, transaction_id: int) -> list[int]:
        query = select(instructions.c.id).where(ledger.of(transaction_id)).order_by(instructions.c.id)
        return list(connection.execute(query).scalars())

    def _unmined(self, connection: Connection, row: Row[Any]) -> None:
        """A reorganisation took its block: it is under way again, and will be sent again."""
        empty = {"status": None, "block_number": None, "block_hash": None, "gas_used": None, "sent_at": None}
        ledger.move_transaction(connection, TransactionState.SENT, row.id, **empty)
        ledger.move(connection, State.BATCHED, ledger.of(row.id), reason=None)

    def _drop(
        self, connection: Connection, settled: Settled, row: Row[Any], rows: Sequence[Row[Any]]
    ) -> None:
        if row.state == TransactionState.MINED:
            self._unmined(connection, row)
        ledger.move_transaction(connection, TransactionState.LOST, row.id)
        voided = any(other.kind == "void" and other.nonce == row.nonce for other in rows)
        if voided and row.kind == "batch":
            self._return(connection, settled, row, f"no node takes it: {row.refusal}", patience=0)
        else:
            settled.returned += ledger.move(
                connection, State.PENDING, ledger.of(row.id), transaction_id=None, claimed_by=None
            )

    def _return(
        self, connection: Connection, settled: Settled, row: Row[Any], problem: str, *, patience: int
    ) -> None:
        """Try its instructions again in half the company; one that is alone fails when patience ends."""
        query = select(func.count(), func.max(instructions.c.reverts)).where(ledger.of(row.id))
        members, reverts = connection.execute(query).one()
        if members == 1 and reverts >= patience:
            settled.failed += ledger.move(connection, State.FAILED, ledger.of(row.id), error=problem)
            return
        settled.returned += ledger.move(
            connection,
            State.PENDING,
            ledger.of(row.id),
            transaction_id=None,
            claimed_by=None,
            reverts=instructions.c.reverts + 1,
        )


def _receipt_request(row: Row[Any]) -> Request:
    return Request("eth_getTransactionReceipt", ("0x" + row.hash.hex(),))
