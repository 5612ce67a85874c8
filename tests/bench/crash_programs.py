"""All programs of the stage under a supervisor: what dies is started again, as systemd would."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from pathlib import Path

from gateway.demo.processes import Process, Processes, Program
from tests.bench import crash_points
from tests.bench.crash_launcher import Launcher
from tests.bench.crash_sink import OPENED

LOOK_SECONDS = 0.02
MOST_OWN_ENDS = 200
"""A program that could not reach another at its start ends, and is started again; not without end."""

KILLED = -9


class Programs(Processes):
    """Processes that are killed on purpose and come back with the same arguments, ports and data."""

    def __init__(self, folder: Path, launcher: Launcher) -> None:
        super().__init__(folder / "logs")
        self._launcher = launcher
        self._traps = folder / "traps"
        self._turn = threading.RLock()
        self._supervising = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
        self.deaths: Counter[tuple[str, int]] = Counter()
        """How often each process ended, by exit status."""

    def launch(self, name: str, program: Program) -> Process:
        """A new process of a program, forked by the launcher."""
        traps = self._traps / name
        traps.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        environment = {**program.environment, **OPENED}
        return self._launcher.start(program.module, program.arguments, environment, log, traps)

    def names(self) -> list[str]:
        """Every process of the stage."""
        return list(self._programs)

    def points(self, name: str) -> list[str]:
        """Where this process can be told to die."""
        return crash_points.points_of(self._programs[name].module)

    def traps(self, name: str) -> Path:
        """Where its traps lie."""
        return self._traps / name

    def supervise(self) -> None:
        """From now on, start again whatever ends."""
        self._supervising.set()
        self._thread.start()

    def _supervise(self) -> None:
        while self._supervising.is_set():
            with self._turn:
                for name, process in list(self._running.items()):
                    status = process.poll()
                    if status is not None:
                        self.deaths[name, status] += 1
                        self.restart(name)
            time.sleep(LOOK_SECONDS)

    def check(self) -> None:
        """Dying is what they are here for; raises RuntimeError when one never stays alive."""
        for (name, status), times in list(self.deaths.items()):
            if status != KILLED and times > MOST_OWN_ENDS:
                raise RuntimeError(f"{name} ended {times} times by itself: {self.last_words(name)}")

    def kill(self, name: str) -> None:
        """SIGKILL, whatever it is doing."""
        with self._turn:
            process = self._running[name]
        process.kill()

    def stop(self) -> None:
        """End the supervisor, then everything."""
        if self._supervising.is_set():
            self._supervising.clear()
            self._thread.join()
        super().stop()


class Killer:
    """Kills at random instants from a thread of its own, as long as it is let."""

    def __init__(
        self, programs: Programs, rng: random.Random, kills: int, pause: tuple[float, float]
    ) -> None:
        """`pause`: shortest and longest time between two kills, in seconds."""
        self._programs = programs
        self._rng = rng
        self._pause = pause
        self._let = threading.Event()
        self.left = kills
        self.done: Counter[str] = Counter()

    def __enter__(self) -> Killer:
        self._let.set()
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._let.clear()
        self._thread.join()

    def _run(self) -> None:
        while self._let.is_set() and self.left > 0:
            time.sleep(self._rng.uniform(*self._pause))
            name = self._rng.choice(self._programs.names())
            self._programs.kill(name)
            self.left -= 1
            self.done[name] += 1
