"""The two errands that run beside the API: messages to other banks, and notifications to the gateway.

Each is a loop over a durable queue, so a killed process loses nothing: what was not recorded as answered is
sent again with the same id, and the receiver answers a repeat as it answered the first time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx2
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.adapters.banks.sandbox import interbank, notifications, outbox
from gateway.adapters.banks.sandbox.config import BankConfig
from gateway.adapters.banks.sandbox.httpsig import TransportKey, public_key
from gateway.adapters.banks.sandbox.payments import settle_status, tell_status
from gateway.adapters.banks.sandbox.store import Store

log = structlog.get_logger()

TIMEOUT_SECONDS = 5.0
IDLE_SECONDS = 0.25
AWAY_SECONDS = 0.2


class PeerKeys:
    """The transport keys of the other banks, read from their `GET /keys` when a new id appears."""

    def __init__(self, config: BankConfig, client: httpx2.Client) -> None:
        self._config = config
        self._client = client
        self._known: dict[tuple[str, str], Ed25519PublicKey] = {}

    def find(self, bic: str, key_id: str) -> Ed25519PublicKey | None:
        """The peer's key of this id, or None when the peer is unknown, away, or has no such key."""
        if (bic, key_id) not in self._known:
            base = self._config.peers.get(bic)
            if base is None:
                return None
            try:
                answer = self._client.get(f"{base}/keys").raise_for_status().json()
            except (httpx2.HTTPError, ValueError) as error:
                log.warning("peer keys unavailable", peer=bic, error=repr(error))
                return None
            for jwk in answer["keys"]:
                self._known[bic, jwk["kid"]] = public_key(jwk)
        return self._known.get((bic, key_id))


class Courier:
    """A thread that repeats an errand until stopped: at once after work, else when woken or in a while."""

    def __init__(self, name: str, errand: Callable[[], bool]) -> None:
        self._errand = errand
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There is something new to carry."""
        self._wake.set()

    def stop(self) -> None:
        """End after the errand under way, waiting no longer than its time-outs allow."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(2 * TIMEOUT_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                busy = self._errand()
            except Exception:  # the queue is durable: log, wait, and try the same row again
                log.exception("courier failed", courier=self._thread.name)
                busy = False
            if not busy:
                self._wake.wait(IDLE_SECONDS)


def interbank_errand(
    store: Store,
    client: httpx2.Client,
    key: TransportKey,
    peer: str,
    url: str,
    wake_others: Callable[[], None],
) -> Callable[[], bool]:
    """Hands the oldest queued message to one peer and books the answer. True when one was answered."""

    def errand() -> bool:
        row = outbox.queued(store, peer)
        if row is None:
            return False
        request = client.build_request(
            "POST",
            f"{url}/interbank",
            content=row["body"].encode(),
            headers={"Content-Type": "application/json"},
        )
        key.sign(request)
        try:
            answer = client.send(request)
        except httpx2.HTTPError as error:
            outbox.record_trouble(store, row["id"], repr(error))
            return False
        if answer.status_code != 200:
            outbox.record_trouble(store, row["id"], f"{answer.status_code} {answer.text[:500]}")
            return False
        with store.work() as work:
            payment_id = interbank.record_answer(work, row["id"], answer.json())
            if payment_id is not None:
                settle_status(work, payment_id)
                tell_status(work, payment_id)
        wake_others()
        return True

    return errand


def notification_errand(
    store: Store, client: httpx2.Client, key: TransportKey, url: str
) -> Callable[[], bool]:
    """Pushes queued notifications in order, each signed. True when some were answered."""

    def errand() -> bool:
        rows = notifications.due_notifications(store)
        for row in rows:
            request = client.build_request(
                "POST",
                url,
                content=bytes(row["body"]),
                headers={
                    "Content-Type": "application/xml",
                    "Message-Name": row["kind"],
                    "Idempotency-Key": row["message_id"],
                    "Notification-Sequence": str(row["sequence"]),
                },
            )
            key.sign(request, "message-name", "idempotency-key")
            try:
                status: int | None = client.send(request).status_code
            except httpx2.HTTPError:
                status = None
            if not notifications.record_push(store, row, status):
                return False
        return bool(rows)

    return errand
