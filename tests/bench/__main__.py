"""Runs a bench by its name: a module of this package with a function `run`, which answers its figures.

    run(...) -> {"rows": [...], "valid": int, "violations": int, "reached": bool, ...}

Of these options `run` takes those that it names: `seed` (int; a `run` with a default draws its own unless one is asked
for), `quick` (a short slice in place of the full measure), `counts` (how many titles stand before each round),
`database` (`sqlite`, `postgresql` or a PostgreSQL server's URL, if one is asked for), `say` (a line of progress).
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
COUNTS = (10, 1_000, 10_000)
QUICK_COUNTS = (10,)

Bench = Callable[..., dict[str, Any]]


def benches() -> list[str]:
    """The names of all benches."""
    return sorted(
        file.stem
        for file in Path(__file__).parent.glob("*.py")
        if file.stem != "__main__" and "\ndef run(" in file.read_text()
    )


def measure(
    name: str, seed: int | None, quick: bool, database: str | None, say: Callable[[str], None]
) -> dict[str, Any]:
    """Run one bench. The report says what it was run on and with which seed."""
    bench: Bench = import_module(f"tests.bench.{name}").run
    wanted = signature(bench).parameters
    drawn = secrets.randbits(32) if seed is None else seed
    offered: dict[str, Any] = {
        "quick": quick,
        "counts": QUICK_COUNTS if quick else COUNTS,
        "database": database,
        "say": say,
    }
    if "seed" in wanted and (seed is not None or wanted["seed"].default is Parameter.empty):
        offered["seed"] = drawn
        say(f"{name}: seed {drawn}")
    answer = bench(**{option: value for option, value in offered.items() if option in wanted})
    return {"seed": offered.get("seed"), **answer, "bench": name, "quick": quick, "commit": commit()}


def commit() -> str:
    """The commit that is measured; a plus sign says that files were changed after it."""
    said = [
        subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
        for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
    ]
    return said[0] + ("+" if said[1] else "")


def show(console: Console, report: Mapping[str, Any]) -> None:
    """The rows as a table, and below it the verdict."""
    rows = report["rows"]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = Table(*columns, title=f"{report['bench']}, commit {report['commit'][:12]}")
    for row in rows:
        table.add_row(*(text(row.get(column)) for column in columns))
    console.print(table)
    for name, value in report.items():
        if name not in ("rows", "bench", "commit") and value is not None:
            console.print(f"{name}: {value if name == 'seed' else text(value)}", highlight=False)


def text(value: object) -> str:
    """A figure as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return str(value)


def main(
    name: Annotated[str, typer.Argument(help="a bench, or all", metavar="NAME")],
    json_file: Annotated[Path | None, typer.Option("--json", help="write the report here")] = None,
    seed: Annotated[
        int | None, typer.Option(help="repeat a run; a fresh one is drawn and printed else")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="a short slice")] = False,
    database: Annotated[
        str | None,
        typer.Option(
            help="sqlite, postgresql (a server for the time of the bench) or the URL of a PostgreSQL server"
        ),
    ] = None,
) -> None:
    """Measure one thing against its figure. Ends with 0 when the figure is reached, else with 1."""
    known = benches()
    if name != "all" and name not in known:
        raise typer.BadParameter(f"there is no bench {name}; there are: {', '.join(known)}, all")
    if database not in (None, "sqlite", "postgresql") and not str(database).startswith("postgresql"):
        raise typer.BadParameter("--database is sqlite, postgresql or the URL of a PostgreSQL server")
    # A table is not squeezed because nobody watches.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    reports = []
    for each in known if name == "all" else [name]:
        reports.append(measure(each, seed, quick, database, console.print))
        show(console, reports[-1])
    if json_file is not None:
        document = reports if name == "all" else reports[0]
        json_file.write_text(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")
    raise typer.Exit(0 if all(report["reached"] for report in reports) else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False)
    app.command(epilog="Benches: " + ", ".join(benches()))(main)
    app(prog_name="scripts/bench")
