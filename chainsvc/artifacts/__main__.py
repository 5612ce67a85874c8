"""`python -m chainsvc.artifacts build|check`: write the committed artifacts, or prove them unchanged."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from chainsvc.artifacts import BUILT, MAX_DEPLOYED_BYTES
from chainsvc.artifacts.compiler import CONTRACTS, Build, CompilerUnavailable, SourceError, build, serialise


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 good, 1 different, too large or not all there, 2 the compiler cannot run."""
    parser = argparse.ArgumentParser(prog="python -m chainsvc.artifacts", description=__doc__)
    parser.add_argument("command", choices=["build", "check"])
    parser.add_argument("--contracts", type=Path, default=CONTRACTS, help="folder with compiler.json")
    parser.add_argument("--built", type=Path, default=BUILT, help="folder of the committed artifacts")
    options = parser.parse_args(arguments)
    try:
        made = build(options.contracts)
    except (CompilerUnavailable, SourceError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, CompilerUnavailable) else 1
    problems = [f"{entry}: no source yet" for entry in made.missing] + _sizes(made)
    problems += _write(made, options.built) if options.command == "build" else _compare(made, options.built)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _sizes(made: Build) -> list[str]:
    problems = []
    for name, document in made.documents.items():
        size = len(document["deployedBytecode"]) // 2
        print(f"{name:<16} {size:>6} bytes deployed, {MAX_DEPLOYED_BYTES - size:>6} left")
        if size > MAX_DEPLOYED_BYTES:
            problems.append(f"{name}: {size} bytes cannot be deployed, the limit is {MAX_DEPLOYED_BYTES}")
    return problems


def _write(made: Build, folder: Path) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    for stale in set(folder.glob("*.json")) - {folder / f"{name}.json" for name in made.documents}:
        stale.unlink()
    for name, document in made.documents.items():
        (folder / f"{name}.json").write_bytes(serialise(document))
    return []


def _compare(made: Build, folder: Path) -> list[str]:
    problems = []
    committed = {path.stem: path.read_bytes() for path in folder.glob("*.json")}
    for name, document in made.documents.items():
        if name not in committed:
            problems.append(f"{name}: not committed, run build")
        elif committed[name] != serialise(document):
            problems.append(f"{name}: the committed artifact is not what its sources compile to")
    return problems + [
        f"{name}: committed, but not listed" for name in committed.keys() - made.documents.keys()
    ]


if __name__ == "__main__":
    sys.exit(main())
