"""The worker: settle what is under way, send again what is unknown, send what is new. One step at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from eth_utils.crypto import keccak
from sqlalchemy import Connection, Engine, Row, and_, update

from chainsvc.backends.rpc import Refused, Request, Rpc, Unreachable
from chainsvc.book import Book
from chainsvc.signing import Signer
from chainsvc.submitter import ledger
from chainsvc.submitter.batching import Entry, Limits, group
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
    """How a worker behaves; times in seconds, depth in blocks (0: a mined block is final).

    Of transactions that are not mined it has `max_in_flight` at most, and makes `max_at_once` in one step.
    """

    chain_id: int
    limits: Limits = field(default_factory=Limits)
    finality_depth: int = 0
    max_in_flight: int = 64
    max_at_once: int = 16
    resend_after: int = 5
    max_refusals: int = 5


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

    @property
    def moved(self) -> bool:
        """The step changed something."""
        ended = self.final + self.refused + self.failed + self.returned
        return self.mined + ended + self.sent_transactions > 0


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A stored transaction on its way to the node."""

    id: int
    nonce: int
    kind: str
    refusals: int
    raw: bytes


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
        self._preflight = Preflight(rpc, book, signer.address, settings.limits)
        self._book = book
        self._early: set[int] = set()

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
        with self._engine.connect() as connection:
            under_way = ledger.in_flight(connection, self._signer.address)
        self._resend(under_way, now)
        verdict, sent = self._submit(under_way, now)
        if sent:
            # A node that seals at once has the receipts already.
            _add(settled, self._settlement.settle(now))
        with self._engine.connect() as connection:
            in_flight = ledger.count_in_flight(connection, self._signer.address)
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

    def _resend(self, under_way: Sequence[Row[Any]], now: int) -> None:
        """Send the stored bytes again where nobody has answered for a while."""
        due_before = now - self._settings.resend_after
        voided = {row.nonce for row in under_way if row.kind == "void"}
        due = [
            row
            for row in under_way
            if row.state != TransactionState.MINED
            and (row.sent_at is None or row.sent_at <= due_before)
            and (row.kind == "void" or row.nonce not in voided)
        ]
        if not due:
            return
        numbers = [row.id for row in due]
        with self._engine.begin() as connection:
            connection.execute(update(transactions).where(transactions.c.id.in_(numbers)).values(sent_at=now))
            raw = ledger.signed_bytes(connection, numbers)
        self._send([_Outgoing(row.id, row.nonce, row.kind, row.refusals, raw[row.id]) for row in due], now)

    def _submit(self, under_way: Sequence[Row[Any]], now: int) -> tuple[Verdict, int]:
        settings = self._settings
        sent = sum(row.state != TransactionState.MINED for row in under_way)
        room = min(settings.max_at_once, settings.max_in_flight - sent)
        if room <= 0:
            return Verdict(), 0
        with self._engine.begin() as connection:
            oldest = ledger.oldest_under_way(connection)
            entries = self._in_time(ledger.claim(connection, room * settings.limits.max_items), oldest)
            groups = group(entries, settings.limits, room)
            claimed = [entry.id for part in groups for entry in part.entries]
            if not claimed:
                return Verdict(), 0
            where = instructions.c.id.in_(claimed)
            ledger.move(connection, State.CLAIMED, where, claimed_by=self._signer.address)
        try:
            verdict = self._preflight.judge(groups, oldest)
        except BaseException:
            with self._engine.begin() as connection:
                ledger.unclaim(connection, self._signer.address)
            raise
        outgoing = self._store(verdict, now)
        self._early = (self._early - set(claimed)) | verdict.early
        self._send(outgoing, now)
        return verdict, len(outgoing)

    def _in_time(self, entries: Sequence[Entry], oldest: int | None) -> list[Entry]:
        """Without those that were tried too early while older ones are still under way, and what waits for them."""
        early = {
            each.id for each in entries if each.id in self._early and oldest is not None and each.id > oldest
        }
        held = {each.order_key for each in entries if each.id in early} - {None}
        return [each for each in entries if each.id not in early and each.order_key not in held]

    def _store(self, verdict: Verdict, now: int) -> list[_Outgoing]:
        """Write verdict, nonces, signed bytes and who rides in which at once; nothing is sent before."""
        with self._engine.begin() as connection:
            for number, reason in verdict.refused.items():
                ledger.move(connection, State.REFUSED, instructions.c.id == number, reason=reason)
            for number, error in verdict.failed.items():
                ledger.move(connection, State.FAILED, instructions.c.id == number, error=error)
            if verdict.early:
                ledger.move(connection, State.PENDING, instructions.c.id.in_(verdict.early), claimed_by=None)
            if not verdict.sendable:
                return []
            batches = sorted(verdict.sendable, key=lambda entry: entry[0].entries[0].id)
            nonce = ledger.take_nonces(connection, self._signer.address, len(batches))
            outgoing: list[_Outgoing] = []
            for offset, (part, data) in enumerate(batches):
                address = self._book[part.contract].address
                values = self._signed(nonce + offset, address, part.gas, data)
                values |= {"kind": "batch", "contract": part.contract, "function": part.function}
                # Sent at once: whether it was when the worker dies in between is unknown, as after any attempt.
                values |= {"created_at": now, "sent_at": now}
                number = ledger.insert_transaction(connection, values)
                members = instructions.c.id.in_([entry.id for entry in part.entries])
                ledger.move(connection, State.BATCHED, members, transaction_id=number, claimed_by=None)
                outgoing.append(_Outgoing(number, nonce + offset, "batch", 0, values["raw"]))
        return outgoing

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

    def _send(self, outgoing: Sequence[_Outgoing], now: int) -> None:
        if not outgoing:
            return
        try:
            answers = self._rpc.batch(
                [Request("eth_sendRawTransaction", ("0x" + each.raw.hex(),)) for each in outgoing]
            )
        except Unreachable as error:
            _LOG.warning("outcome of sending unknown", transactions=len(outgoing), cause=str(error))
            raise
        with self._engine.begin() as connection:
            taken: list[int] = []
            for each, answer in zip(outgoing, answers, strict=True):
                if not isinstance(answer, Refused) or _HAS_IT.search(answer.message):
                    taken.append(each.id)
                else:
                    self._refused(connection, each, answer, now)
            where = and_(transactions.c.id.in_(taken), transactions.c.state == TransactionState.STORED)
            connection.execute(update(transactions).where(where).values(state=TransactionState.SENT))

    def _refused(self, connection: Connection, each: _Outgoing, answer: Refused, now: int) -> None:
        """The node does not take it: when that stays so, an empty transaction frees its nonce."""
        _LOG.warning("node refused a transaction", nonce=each.nonce, cause=answer.message)
        refusals = each.refusals if _BUSY.search(answer.message) else each.refusals + 1
        where = transactions.c.id == each.id
        connection.execute(
            update(transactions).where(where).values(refusals=refusals, refusal=answer.message)
        )
        if each.kind == "batch" and refusals >= self._settings.max_refusals:
            void = self._signed(each.nonce, self._signer.address, _VOID_GAS, b"")
            void |= {"kind": "void", "contract": "", "function": "", "created_at": now}
            ledger.insert_transaction(connection, void)


def _add(total: Settled, more: Settled) -> None:
    total.mined += more.mined
    total.final += more.final
    total.refused += more.refused
    total.failed += more.failed
    total.returned += more.returned
