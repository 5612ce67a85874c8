"""Runs one bank: `python -m gateway.adapters.banks.sandbox --config FILE`, or with flags, which win over it.

Once it answers, one line of JSON on standard output says where.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from gateway.adapters.banks.sandbox.app import create_app, open_bank
from gateway.adapters.banks.sandbox.config import load_config, read_config_file

# Longer than clients keep an idle connection (httpx: 5 seconds): a request sent on one that closes is lost.
KEEP_ALIVE_SECONDS = 30


def _arguments(argv: list[str] | None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m gateway.adapters.banks.sandbox", description=__doc__)
    parser.add_argument(
        "--config", type=Path, help="JSON file with the settings below, names with underscores"
    )
    parser.add_argument("--data", help="folder of books and keys")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int, help="0 takes a free one")
    parser.add_argument("--bic")
    parser.add_argument("--name")
    parser.add_argument("--party-number", type=int)
    parser.add_argument("--business-day", help="YYYY-MM-DD, used at first start only")
    parser.add_argument("--callback", help="URL that notifications are pushed to")
    parser.add_argument(
        "--peer", action="append", default=[], metavar="BIC=URL", help="another bank; repeatable"
    )
    given = vars(parser.parse_args(argv))
    values = read_config_file(given["config"]) if given["config"] is not None else {}
    values |= {
        key: value for key, value in given.items() if value is not None and key not in ("config", "peer")
    }
    if given["peer"]:
        values["peers"] = dict(item.split("=", 1) for item in given["peer"])
    return values


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted. Returns 2 for unusable settings."""
    # The officers' keys are in this process's memory: no core file may carry them out.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logger = structlog.WriteLoggerFactory(file=sys.stderr)
    structlog.configure(
        logger_factory=logger, wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING)
    )
    try:
        config = load_config(_arguments(argv))
        bank = open_bank(config, lambda: datetime.now(UTC))
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        print(f"bank: {error}", file=sys.stderr)
        return 2
    door = socket.create_server((config.host, config.port), backlog=128)
    address = f"http://{config.host}:{door.getsockname()[1]}"
    served = uvicorn.Config(
        create_app(bank), log_level="warning", access_log=False, timeout_keep_alive=KEEP_ALIVE_SECONDS
    )
    server = uvicorn.Server(served)
    print(json.dumps({"ready": address, "bic": config.bic}), flush=True)
    server.run(sockets=[door])
    return 0


if __name__ == "__main__":
    sys.exit(main())
