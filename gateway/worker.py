"""The worker: carries instructions to the chain and follows what the chain says. Run one for each relayer key."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from chainsvc.api import Refused, Unreachable
from chainsvc.api import Settings as SubmitterSettings
from chainsvc.signing import keystore
from chainsvc.submitter.batching import Limits
from gateway.bootstrap import Gateway, now, open_gateway
from gateway.courier import Courier
from gateway.projections.rebuild import follow
from gateway.settings import Settings

_LOG = structlog.get_logger("gateway.worker")
_BEAT_SECONDS = 0.05
"""Between two steps, unless more waits than a step takes: what comes in meanwhile rides together."""
_RESTING_SECONDS = 0.25
"""Between two steps once nothing has happened for `_RESTS_AFTER` of them: an idle gateway asks its node and its
database four times a second instead of twenty."""
_RESTS_AFTER = 60
_FAULT_SECONDS = 1.0


class Running:
    """True until the process is asked to end."""

    def __init__(self) -> None:
        self.on = True
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.on = False


def run(gateway: Gateway, running: Running) -> None:
    """Step submitter and index until told to end; a node or a database at fault is waited for."""
    settings = gateway.settings
    signer = keystore.load(settings.relayer_key, settings.relayer_password)
    worker = gateway.chain.worker(
        gateway.engine,
        signer,
        SubmitterSettings(
            chain_id=settings.chain_id,
            finality_depth=settings.finality_depth,
            limits=Limits(max_items=settings.batch_items),
        ),
    )
    courier = Courier(gateway, now).start(running)
    indexer = gateway.chain.indexer(start_block=gateway.first_block)
    idle = 0
    try:
        while running.on:
            try:
                report = worker.step(now())
                progress = follow(gateway.engine, indexer, gateway.chain.book)
            except (Unreachable, Refused) as error:
                _LOG.warning("node at fault", error=str(error))
                time.sleep(_FAULT_SECONDS)
                continue
            except (OperationalError, InterfaceError) as error:
                _LOG.warning("database at fault", error=type(error).__name__)
                worker.close()  # the lock went with the connection: the next step takes it anew
                time.sleep(_FAULT_SECONDS)
                continue
            behind = report.moved and report.waiting >= settings.batch_items
            idle = 0 if report.moved or progress.facts or not progress.caught_up else idle + 1
            if not behind and progress.caught_up:
                time.sleep(_BEAT_SECONDS if idle < _RESTS_AFTER else _RESTING_SECONDS)
    finally:
        running.on = False
        worker.close()
        courier.join()


def main() -> int:
    """`python -m gateway.worker`, configured by the environment."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    run(open_gateway(Settings()), Running())
    return 0


if __name__ == "__main__":
    sys.exit(main())
