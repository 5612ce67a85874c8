"""Child processes of the story: started, waited for, started again, and stopped with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import httpx2

START_SECONDS = 60.0
STOP_SECONDS = 5.0


class DidNotStart(RuntimeError):
    """A process ended or stayed silent; the message holds the end of its log."""


def free_port() -> int:
    """A port nobody listens on now."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many different ones: a port that was asked for and let go is soon given to the next who asks."""
    with ExitStack() as probes:
        held = [probes.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(probe.getsockname()[1]) for probe in held]


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: `python -m module arguments`, with these variables beside our own."""

    module: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class Process(Protocol):
    """A running program, as subprocess.Popen has it."""

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""
        ...

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status once it has ended; raises subprocess.TimeoutExpired."""
        ...


class Processes:
    """Starts programs, each with a log of its own, and stops them in the opposite order."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._programs: dict[str, Program] = {}
        self._running: dict[str, Process] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(
        self, name: str, module: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """Run `python -m module` in the background."""
        self._programs[name] = Program(module, tuple(arguments), dict(environment or {}))
        self._running[name] = self.launch(name, self._programs[name])

    def launch(self, name: str, program: Program) -> Process:
        """A new process of a program; its output goes to the log of this name."""
        with (self.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", program.module, *program.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **program.environment},
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """End a process as a failure of power would, and see it gone."""
        self._running[name].kill()
        self._running[name].wait()

    def restart(self, name: str) -> None:
        """Run what has ended once more, with the same arguments and data."""
        self._running[name] = self.launch(name, self._programs[name])

    def wait_for(self, name: str, url: str) -> None:
        """Return when `url` answers; raises DidNotStart."""
        process = self._running[name]
        deadline = time.monotonic() + START_SECONDS
        with httpx2.Client(timeout=2.0, trust_env=False) as client:
            while time.monotonic() < deadline and process.poll() is None:
                try:
                    if client.get(url).status_code < 500:
                        return
                except httpx2.TransportError:
                    pass
                time.sleep(0.05)
        raise DidNotStart(f"{name}: {self.last_words(name)}")

    def check(self) -> None:
        """Raises DidNotStart when a process has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise DidNotStart(f"{name} ended: {self.last_words(name)}")

    def stop(self) -> None:
        """End everything that runs; what does not end in five seconds is killed."""
        running = list(reversed(self._running.values()))
        for process in running:
            if process.poll() is None:
                process.terminate()
        for process in running:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def last_words(self, name: str) -> str:
        """The end of a process's log."""
        path = self.logs / f"{name}.log"
        return path.read_text(errors="replace")[-2000:].strip() or "it said nothing"
