"""The worker: settle what is under way, send again what is unknown, send what is new. One step at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from eth_utils.crypto import keccak
from sqlalchemy import Engine, Row, and_, update

from chainsvc.backends.rpc import Refused, Request, Rpc, Unreachable
from chainsvc.book import Book
from chainsvc.signing import Signer
from chainsvc.submitter import ledger
from chainsvc.submitter.batching import Limits, group
from chainsvc.submitter.lock import WorkerLock
from chainsvc.submitter.preflight import Preflight, Verdict
from chainsvc.submitter.settlement import Settled, Settlement
from chainsvc.submitter.states import State, TransactionState
from chainsvc.tables import instructions, transactions

_LOG = structlog.get_logger("chainsvc.submitter")
_HAS_IT = re.compile(r"already known|already imported|known transaction|nonce too low", re.IGNORECASE)
_BUSY = re.compile(r"full|limit reached|busy|timeout|rate|overload|too many|internal", re.IGNORECASE)
_VOID_GAS = 21_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How a worker behaves; times in seconds, depth in blocks (0: a mined block is final)."""

    chain_id: int
    limits: Limits = field(default_factory=Limits)
    finality_depth: int = 0
    max_in_flight: int = 16
    resend_after: int = 5
    max_refusals: int = 5
    preflight_tag: str = "pending"


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step did, in instructions, and what is left to do."""

    standby: bool = False
    mined: int = 0
    final: int = 0
    refused: int = 0
    failed: int = 0
    returned: int = 0
    sent_transactions: int = 0
    in_flight: int = 0
    waiting: int = 0

    @property
    def idle(self) -> bool:
        """Nothing is under way and nothing waits."""
        return not self.standby and self.in_flight == 0 and self.waiting == 0


class Worker:
    """Carries the instructions of one database to one chain under one relayer key."""

    def __init__(self, engine: Engine, rpc: Rpc, book: Book, signer: Signer, settings: Settings) -> None:
        self._engine = engine
        self._rpc = rpc
        self._signer = signer
        self._settings = settings
        self._lock = WorkerLock(engine, signer.address)
        self._started = False
        self._settlement = Settlement(
            engine, rpc, book, signer.address, settings.finality_depth, settings.resend_after
        )
        self._preflight = Preflight(rpc, book, signer.address, settings.limits, settings.preflight_tag)
        self._book = book

    def close(self) -> None:
        """Let another worker take over."""
        self._lock.release()
        self._started = False

    def step(self, now: int) -> StepReport:
        """Do what can be done now (`now` in seconds since 1970).

        Returns with `standby` set while another worker owns this sender. Raises Unreachable or Refused when
        the node is at fault; everything is then stored as it stands, and the next step goes on from there.
        """
        if not self._lock.acquire():
            return StepReport(standby=True)
        if not self._started:
            self._start()
        settled = self._settlement.settle(now)
        self._resend(now)
        verdict, sent = self._submit(now)
        if sent:
            # A node that seals at once has the receipts already.
            _add(settled, self._settlement.settle(now))
        with self._engine.connect() as connection:
            in_flight = len(ledger.in_flight(connection, self._signer.address))
            waiting = ledger.waiting(connection)
        return StepReport(
            mined=settled.mined,
            final=settled.final,
            refused=settled.refused + len(verdict.refused),
            failed=settled.failed + len(verdict.failed),
            returned=settled.returned,
            sent_transactions=sent,
            in_flight=in_flight,
            waiting=waiting,
        )

    def _start(self) -> None:
        """Take over from whoever worked before: what it had only claimed goes back."""
        chain_id = int(self._rpc.call("eth_chainId"), 16)
        if chain_id != self._settings.chain_id:
            raise Refused(0, f"the node is on chain {chain_id}, this worker is for {self._settings.chain_id}")
        with self._engine.begin() as connection:
            ledger.unclaim(connection, self._signer.address)
            known = ledger.known_nonce(connection, self._signer.address)
        if not known:
            count = int(self._rpc.call("eth_getTransactionCount", self._signer.address, "latest"), 16)
            with self._engine.begin() as connection:
                ledger.raise_nonce(connection, self._signer.address, count)
        self._started = True

    def _resend(self, now: int) -> None:
        """Send the stored bytes again where nobody has answered for a while."""
        due_before = now - self._settings.resend_after
        with self._engine.connect() as connection:
            rows = ledger.in_flight(connection, self._signer.address)
        voided = {row.nonce for row in rows if row.kind == "void"}
        due = [
            row
            for row in rows
            if row.state != TransactionState.MINED
            and (row.sent_at is None or row.sent_at <= due_before)
            and (row.kind == "void" or row.nonce not in voided)
        ]
        self._send(due[: self._settings.max_in_flight], now)

    def _submit(self, now: int) -> tuple[Verdict, int]:
        with self._engine.begin() as connection:
            under_way = ledger.in_flight(connection, self._signer.address)
            room = self._settings.max_in_flight - sum(
                row.state != TransactionState.MINED for row in under_way
            )
            if room <= 0:
                return Verdict(), 0
            entries = ledger.claim(connection, room * self._settings.limits.max_items)
            groups = group(entries, self._settings.limits, room)
            claimed = [entry.id for part in groups for entry in part.entries]
            if not claimed:
                return Verdict(), 0
            where = instructions.c.id.in_(claimed)
            ledger.move(connection, State.CLAIMED, where, claimed_by=self._signer.address)
        try:
            verdict = self._preflight.judge(groups)
        except BaseException:
            with self._engine.begin() as connection:
                ledger.unclaim(connection, self._signer.address)
            raise
        rows = self._store(verdict, now)
        self._send(rows, now)
        return verdict, len(rows)

    def _store(self, verdict: Verdict, now: int) -> list[Row[Any]]:
        """Write verdict, nonces, signed bytes and who rides in which at once; nothing is sent before."""
        with self._engine.begin() as connection:
            for number, reason in verdict.refused.items():
                ledger.move(connection, State.REFUSED, instructions.c.id == number, reason=reason)
            for number, error in verdict.failed.items():
                ledger.move(connection, State.FAILED, instructions.c.id == number, error=error)
            if not verdict.sendable:
                return []
            batches = sorted(verdict.sendable, key=lambda entry: entry[0].entries[0].id)
            nonce = ledger.take_nonces(connection, self._signer.address, len(batches))
            numbers: list[int] = []
            for offset, (part, data) in enumerate(batches):
                address = self._book[part.contract].address
                values = self._signed(nonce + offset, address, part.gas, data)
                values |= {"kind": "batch", "contract": part.contract, "function": part.function}
                number = ledger.insert_transaction(connection, {**values, "created_at": now})
                members = instructions.c.id.in_([entry.id for entry in part.entries])
                ledger.move(connection, State.BATCHED, members, transaction_id=number, claimed_by=None)
                numbers.append(number)
            rows = ledger.in_flight(connection, self._signer.address)
        return [row for row in rows if row.id in set(numbers)]

    def _signed(self, nonce: int, to: str, gas: int, data: bytes) -> dict[str, Any]:
        raw = self._signer.sign_transaction(
            {
                "nonce": nonce,
                "gas": gas,
                "gasPrice": 0,
                "to": to,
                "value": 0,
                "data": data,
                "chainId": self._settings.chain_id,
            }
        )
        return {
            "sender": self._signer.address,
            "nonce": nonce,
            "raw": raw,
            "hash": keccak(raw),
            "state": TransactionState.STORED,
        }

    def _send(self, rows: Sequence[Row[Any]], now: int) -> None:
        if not rows:
            return
        with self._engine.begin() as connection:
            numbers = [row.id for row in rows]
            connection.execute(update(transactions).where(transactions.c.id.in_(numbers)).values(sent_at=now))
            raw = ledger.signed_bytes(connection, numbers)
        try:
            answers = self._rpc.batch(
                [Request("eth_sendRawTransaction", ("0x" + raw[row.id].hex(),)) for row in rows]
            )
        except Unreachable as error:
            _LOG.warning("outcome of sending unknown", transactions=len(rows), cause=str(error))
            raise
        with self._engine.begin() as connection:
            for row, answer in zip(rows, answers, strict=True):
                if not isinstance(answer, Refused) or _HAS_IT.search(answer.message):
                    where = and_(transactions.c.id == row.id, transactions.c.state == TransactionState.STORED)
                    connection.execute(update(transactions).where(where).values(state=TransactionState.SENT))
                    continue
                _LOG.warning("node refused a transaction", nonce=row.nonce, cause=answer.message)
                refusals = row.refusals if _BUSY.search(answer.message) else row.refusals + 1
                connection.execute(
                    update(transactions)
                    .where(transactions.c.id == row.id)
                    .values(refusals=refusals, refusal=answer.message)
                )
                if row.kind == "batch" and refusals >= self._settings.max_refusals:
                    void = self._signed(row.nonce, self._signer.address, _VOID_GAS, b"")
                    void |= {"kind": "void", "contract": "", "function": "", "created_at": now}
                    ledger.insert_transaction(connection, void)


def _add(total: Settled, more: Settled) -> None:
    total.mined += more.mined
    total.final += more.final
    total.refused += more.refused
    total.failed += more.failed
    total.returned += more.returned
