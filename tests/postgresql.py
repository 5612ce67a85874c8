"""A PostgreSQL server for the time of tests and benches, in a folder and on a socket of its own; gone with the block.

`python -m tests.postgresql COMMAND...` runs a command beside one; TALLYSTICK_POSTGRESQL holds its URL.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VARIABLE = "TALLYSTICK_POSTGRESQL"
"""Names a server that runs already: tests and benches make databases of their own there, and drop them."""
_OWNER = "tallystick-test"
_DEBIAN = Path("/usr/lib/postgresql")


class NoPostgresql(RuntimeError):
    """PostgreSQL is not installed, or did not start; the message says which."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server's files and how to start and stop it. Everything it was told to keep outlives both."""

    programs: Path
    folder: Path
    durable: bool

    @property
    def url(self) -> str:
        """Of the database that every server has."""
        return f"postgresql+psycopg://tallystick@/postgres?host={self.folder}"

    def start(self) -> None:
        """Return when it takes connections. Raises NoPostgresql with the end of its log."""
        options = (
            f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' "
            f"-c fsync={'on' if self.durable else 'off'}"
        )
        self._control("start", "--log", str(self.folder / "log"), "--wait", "--options", options)

    def stop(self, mode: str = "immediate") -> None:
        """`fast`: connections are cut and what is in memory is written; `immediate`: as if it had crashed."""
        self._control("stop", "--mode", mode)

    def initialise(self) -> None:
        """An empty cluster. Its text sorts as people sort, as it does in most that are in use: SQLite's does not."""
        _run_as_owner(
            self.folder,
            str(self.programs / "initdb"), "--pgdata", str(self.folder / "data"), "--username", "tallystick",
            "--auth", "trust", "--encoding", "UTF8", "--no-sync",
            "--locale", "C", "--locale-provider", "icu", "--icu-locale", "en-US",
        )  # fmt: skip

    def _control(self, verb: str, *options: str) -> None:
        try:
            _run_as_owner(
                self.folder,
                str(self.programs / "pg_ctl"),
                verb,
                "--pgdata",
                str(self.folder / "data"),
                "--silent",
                *options,
            )
        except NoPostgresql as error:
            log = self.folder / "log"
            said = log.read_text(errors="replace")[-1_000:] if log.exists() else ""
            raise NoPostgresql(f"{error}\n{said}") from error


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A running server. `durable`: it waits for the disk, as one in use must. Raises NoPostgresql."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="tallystick-pg-"))
    try:
        _hand_over(folder)
        found = Server(programs, folder, durable)
        found.initialise()
        found.start()
        try:
            yield found
        finally:
            if (folder / "data/postmaster.pid").exists():
                found.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server_url(given: str | None = None, *, durable: bool = False) -> Iterator[str]:
    """URL of a server: the one given, or that TALLYSTICK_POSTGRESQL names, or one for the time of the block.

    `given` may also be the word `postgresql`: any server. `durable`: the one started here waits for the disk.
    """
    url = given if given and ":" in given else os.environ.get(VARIABLE)
    if url:
        yield url
        return
    with server(durable=durable) as own:
        yield own.url


def _programs() -> Path:
    """The folder of the newest server's programs; Debian keeps them out of the path."""
    versions = [each for each in _DEBIAN.glob("*/bin") if (each / "initdb").exists()]
    if versions:
        return max(versions, key=lambda each: [int(part) for part in re.findall(r"\d+", each.parent.name)])
    found = shutil.which("initdb")
    if found is None:
        raise NoPostgresql("PostgreSQL is not installed: please install the package postgresql")
    return Path(found).resolve().parent


def _hand_over(folder: Path) -> None:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return
    try:
        pwd.getpwnam(_OWNER)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _OWNER], check=True
        )
    shutil.chown(folder, _OWNER)


def _run_as_owner(folder: Path, *command: str) -> None:
    # The server lives on after pg_ctl: what it says goes to its own log, never to a pipe that somebody waits for.
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam(_OWNER)
        owner = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    with (folder.parent / f"{folder.name}.said").open("w+") as said:
        Path(said.name).unlink()
        ended = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False, **owner
        )
        said.seek(0)
        if ended.returncode:
            raise NoPostgresql(f"{' '.join(command[:2])}: {said.read().strip()}")


def main() -> int:
    """The exit status of the command, which runs beside a server."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with server() as running:
        command = subprocess.Popen(sys.argv[1:], env={**os.environ, VARIABLE: running.url})
        while True:
            try:
                return command.wait()
            except KeyboardInterrupt:  # the command has heard it as well, and ends in its own way
                continue
            except SystemExit:
                command.terminate()
                command.wait()
                raise


if __name__ == "__main__":
    sys.exit(main())
