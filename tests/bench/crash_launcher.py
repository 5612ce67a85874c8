"""Starts the product's programs in forks of one process that has imported them already.

Each fork is a program like any other: its own process id, port, files and `main()`, and SIGKILL ends it at once. What
it saves is four seconds of imports a start, so that hundreds of kills fit into minutes.
`python -m tests.bench.crash_launcher` takes orders as lines of JSON; when its standard input ends, so do its forks.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench import crash_points

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    "gateway.app": "gateway.app",
    "gateway.worker": "gateway.worker",
    "chainsvc.backends.embedded": "chainsvc.backends.embedded.__main__",
    "gateway.adapters.banks.sandbox": "gateway.adapters.banks.sandbox.__main__",
    "gateway.adapters.evidence.service": "gateway.adapters.evidence.service.__main__",
}
POLL_SECONDS = 0.01


class Fork:
    """A running program, with the methods of subprocess.Popen that the story needs."""

    def __init__(self, launcher: Launcher, pid: int) -> None:
        self.pid = pid
        self._launcher = launcher
        self._status: int | None = None

    def poll(self) -> int | None:
        """Its exit status (negative: the signal that ended it), or None while it runs."""
        if self._status is None:
            self._status = self._launcher.ask({"do": "poll", "pid": self.pid})
        return self._status

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._status is None:
            self._launcher.ask({"do": "signal", "pid": self.pid, "number": int(number)})

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status once it has ended; raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(POLL_SECONDS)
        return status


class Launcher:
    """Our end of the line to the process that forks. Used by several threads."""

    def __init__(self, log: Path, fault: str | None = None) -> None:
        """`fault`: a bug to plant in the programs, one of crash_points.FAULTS."""
        self._fault = fault
        self._turn = threading.Lock()
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.crash_launcher"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )

    def __enter__(self) -> Launcher:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(30)

    def start(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path, traps: Path
    ) -> Fork:
        """Run a program; `traps` is where orders lie at which of its steps it is to be killed."""
        order = {
            "do": "start", "module": module, "arguments": list(arguments), "environment": dict(environment),
            "log": str(log), "traps": str(traps), "fault": self._fault,
        }  # fmt: skip
        return Fork(self, self.ask(order))

    def ask(self, order: Mapping[str, Any]) -> Any:
        """The answer to one order."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


def _fork(order: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        os.setsid()
        log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(order["environment"])
        sys.argv = [order["module"], *order["arguments"]]
        crash_points.plant(order["module"], Path(order["traps"]), order["fault"])
        status = int(importlib.import_module(PROGRAMS[order["module"]]).main() or 0)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _poll(forks: dict[int, int | None], pid: int) -> int | None:
    if forks[pid] is None:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            forks[pid] = os.waitstatus_to_exitcode(status)
    return forks[pid]


def main() -> int:
    """Serve orders until standard input ends; then nothing that was started goes on."""
    for module in PROGRAMS.values():
        importlib.import_module(module)
    gc.freeze()
    forks: dict[int, int | None] = {}
    for line in sys.stdin:
        order = json.loads(line)
        answer: int | None = None
        if order["do"] == "start":
            answer = _fork(order)
            forks[answer] = None
        elif _poll(forks, order["pid"]) is None and order["do"] == "signal":
            os.kill(order["pid"], order["number"])
        elif order["do"] == "poll":
            answer = forks[order["pid"]]
        print(json.dumps(answer), flush=True)
    for pid in forks:
        if _poll(forks, pid) is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
