"""Child processes of the story: started, waited for, and stopped with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import httpx2

START_SECONDS = 60.0


class DidNotStart(RuntimeError):
    """A process ended or stayed silent; the message holds the end of its log."""


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Processes:
    """Starts programs, each with a log of its own, and stops them in the opposite order."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(
        self, name: str, module: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """Run `python -m module` in the background."""
        with (self._logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._running.append((name, process))

    def wait_for(self, name: str, url: str) -> None:
        """Return when `url` answers; raises DidNotStart."""
        process = next(each for known, each in self._running if known == name)
        deadline = time.monotonic() + START_SECONDS
        with httpx2.Client(timeout=2.0, trust_env=False) as client:
            while time.monotonic() < deadline and process.poll() is None:
                try:
                    if client.get(url).status_code < 500:
                        return
                except httpx2.TransportError:
                    pass
                time.sleep(0.05)
        raise DidNotStart(f"{name}: {self._last_words(name)}")

    def check(self) -> None:
        """Raises DidNotStart when a process has ended by itself."""
        for name, process in self._running:
            if process.poll() is not None:
                raise DidNotStart(f"{name} ended: {self._last_words(name)}")

    def stop(self) -> None:
        """End everything that runs; what does not end in five seconds is killed."""
        for _, process in reversed(self._running):
            if process.poll() is None:
                process.terminate()
        for _, process in reversed(self._running):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _last_words(self, name: str) -> str:
        path = self._logs / f"{name}.log"
        return path.read_text(errors="replace")[-2000:].strip() or "it said nothing"
