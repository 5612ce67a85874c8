"""Runs the service: `python -m gateway.adapters.evidence.service --config FILE`, or with flags, which win.

Once it answers, one line of JSON on standard output says where.
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn

from gateway.adapters.evidence.service.app import create_app, open_service

# Longer than clients keep an idle connection (httpx: 5 seconds): a request sent on one that closes is lost.
KEEP_ALIVE_SECONDS = 30

DEFAULTS: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": 0,
    "name": "Evidence service",
    "person": "evidence",
    "ledger": None,
    "desk_token": None,
    "naming_token": None,
}


def _settings(argv: list[str] | None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m gateway.adapters.evidence.service", description=__doc__)
    parser.add_argument("--config", type=Path, help="JSON file with these settings, names with underscores")
    parser.add_argument("--data", help="folder of register and keys")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int, help="0 takes a free one")
    parser.add_argument("--name")
    parser.add_argument("--person", help="the name its signatures are logged under")
    given = {key: value for key, value in vars(parser.parse_args(argv)).items() if value is not None}
    path = given.pop("config", None)
    settings = DEFAULTS | (json.loads(path.read_text("utf-8")) if path is not None else {}) | given
    unknown = set(settings) - set(DEFAULTS) - {"data"}
    if unknown or "data" not in settings:
        raise ValueError(f"unknown settings {sorted(unknown)}" if unknown else "the setting data is missing")
    return settings


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted. Returns 2 for unusable settings."""
    # The secrets are in this process's memory: no core file may carry them out.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        settings = _settings(argv)
        service = open_service(
            Path(settings["data"]),
            name=settings["name"],
            person=settings["person"],
            ledger=settings["ledger"],
            desk_token=settings["desk_token"],
            naming_token=settings["naming_token"],
            now=lambda: datetime.now(UTC),
        )
    except (ValueError, OSError, RuntimeError) as error:
        print(f"evidence service: {error}", file=sys.stderr)
        return 2
    door = socket.create_server((settings["host"], settings["port"]), backlog=128)
    address = f"http://{settings['host']}:{door.getsockname()[1]}"
    served = uvicorn.Config(
        create_app(service), log_level="warning", access_log=False, timeout_keep_alive=KEEP_ALIVE_SECONDS
    )
    server = uvicorn.Server(served)
    print(json.dumps({"ready": address, "name": settings["name"]}), flush=True)
    server.run(sockets=[door])
    return 0


if __name__ == "__main__":
    sys.exit(main())
