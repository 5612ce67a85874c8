"""`python -m chainsvc.backends.embedded --data DIR --port N --chain-id N`: run the embedded node."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from chainsvc.backends.embedded.chain import EmbeddedChain, Refusal
from chainsvc.backends.embedded.methods import Methods
from chainsvc.backends.embedded.server import serve
from chainsvc.backends.embedded.store import Store, StoreLocked


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 stopped, 3 the data is in use by another node or belongs to another chain."""
    parser = argparse.ArgumentParser(prog="python -m chainsvc.backends.embedded", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the chain, made when missing")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--chain-id", type=int, required=True)
    parser.add_argument("--genesis-time", type=int, help="seconds since 1970 of block 0; default now")
    parser.add_argument("--accounts-file", type=Path, help="JSON of address to balance in wei, for block 0")
    parser.add_argument(
        "--controlled-clock", action="store_true", help="time stands still but for the evm_ methods"
    )
    options = parser.parse_args(arguments)
    # Standard output is for the address alone: whoever started the node reads it there and then stops.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    balances: dict[str, int] = json.loads(options.accounts_file.read_text()) if options.accounts_file else {}
    try:
        chain = EmbeddedChain(
            Store(options.data),
            chain_id=options.chain_id,
            clock=lambda: int(time.time()),
            genesis_time=options.genesis_time,
            controlled_clock=options.controlled_clock,
            balances={bytes.fromhex(address[2:]): int(balance) for address, balance in balances.items()},
        )
    except (StoreLocked, Refusal) as error:
        print(error, file=sys.stderr)
        return 3
    serve(Methods(chain), options.port, lambda port: print(f"http://127.0.0.1:{port}", flush=True))
    chain.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
