"""`tallystick`: the command line. Acts go through the HTTP API, signed here; questions of trust go to your own node."""

from __future__ import annotations

import csv
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.tree import Tree

from gateway import (
    cli_act_file,
    cli_acts,
    cli_calls,
    cli_collateral,
    cli_day_end,
    cli_leases,
    cli_loans,
    cli_money,
    cli_node,
    cli_orders,
    cli_protection,
    cli_receipts,
    cli_risk,
    cli_rules,
    cli_stages,
    cli_stock,
    cli_storage,
    cli_valuations,
    cli_vehicles,
)
from gateway.cli_app import AsOf, Json, app, run
from gateway.cli_client import Desk, Exit, Failed, page
from gateway.cli_words import read_json
from gateway.console.verdict_text import verdict_text
from gateway.demo.processes import DidNotStart, Processes
from gateway.ids import format_id, parse_id
from gateway.services.lineage import Node
from gateway.services.storage import read_document
from gateway.services.verdict_document import document

__all__ = [
    "app",
    "cli_act_file",
    "cli_acts",
    "cli_calls",
    "cli_collateral",
    "cli_day_end",
    "cli_leases",
    "cli_loans",
    "cli_money",
    "cli_orders",
    "cli_protection",
    "cli_receipts",
    "cli_risk",
    "cli_rules",
    "cli_stages",
    "cli_stock",
    "cli_storage",
    "cli_valuations",
    "cli_vehicles",
    "main",
]  # importing these adds their commands

LISTS: Mapping[str, tuple[str, ...]] = {
    "parties": ("party", "name", "kinds", "group", "status", "quorum", "stopped_until"),
    "receivables": (
        "root",
        "debtor",
        "payee",
        "amount",
        "currency",
        "due",
        "phase",
        "received",
        "distributed",
    ),
    "titles": ("title", "root", "parent", "holder", "amount", "currency", "due", "lock", "status", "flags"),
    "facilities": ("facility", "lender", "borrower", "currency", "limit", "used", "collateral_face", "ends"),
    "loans": (
        "loan",
        "facility",
        "borrower",
        "currency",
        "drawn",
        "principal",
        "interest_paid",
        "terms",
        "due",
        "overdue_since",
        "phase",
    ),
    "lots": (
        "lot",
        "keeper",
        "kind",
        "unit",
        "received",
        "receipts",
        "in_store",
        "delivered",
        "counted",
        "phase",
    ),
    "warehouse-receipts": (
        "receipt",
        "lot",
        "keeper",
        "holder",
        "quantity",
        "deliverable",
        "unit",
        "lock",
        "lien",
        "status",
        "flags",
    ),
    "orders": (
        "order",
        "document",
        "buyer",
        "seller",
        "confirmed",
        "converted",
        "reduced",
        "left",
        "currency",
        "last_day",
        "lock",
        "status",
    ),
    "movements": ("movement", "kind", "subject", "bank", "amount_minor", "value_day", "transaction"),
}


# ── running ─────────────────────────────────────────────────────────────────────────────────────────────────


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    help="The whole story, from documents to settled money: `tallystick demo --help`.",
)
def demo(context: typer.Context) -> None:
    """Become the demo, which has options of its own and ends its processes when it is told to end."""
    os.execv(sys.executable, [sys.executable, "-m", "gateway.demo", *context.args])


@app.command()
def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="port on this machine")] = 8000,
    logs: Annotated[Path, typer.Option(help="folder for what the two processes write")] = Path(
        ".tallystick/logs"
    ),
    as_json: Json = False,
) -> None:
    """Run the gateway and its worker until Ctrl-C; ends with 1 when one of them ends by itself."""

    def work(desk: Desk) -> None:
        environment = {
            f"TALLYSTICK_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
            for name, value in desk.settings.model_dump(mode="json").items()
        }
        url = f"http://127.0.0.1:{port}"
        ended: list[int] = []
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda number, _: ended.append(number))
        try:
            with Processes(logs) as processes:
                processes.start("gateway", "gateway.app", [str(port)], environment)
                processes.wait_for("gateway", f"{url}/health")
                processes.start("worker", "gateway.worker", [], environment)
                desk.show(
                    {"url": url, "logs": str(logs)},
                    f"gateway and worker at {url}; logs in {logs}; end with Ctrl-C",
                )
                sys.stdout.flush()
                while not ended:
                    processes.check()
                    time.sleep(0.2)
        except DidNotStart as error:
            raise Failed(Exit.REFUSED, str(error)) from error

    run(context, as_json, work)


# ── documents ───────────────────────────────────────────────────────────────────────────────────────────────


@app.command("import")
def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="files, or folders with files", exists=True)],
    as_json: Json = False,
) -> None:
    """Import trade documents; ends with 1 when a file could not be used, after all the others were read."""

    def work(desk: Desk) -> None:
        read = []
        for name, path in _files(paths):
            try:
                read.append(desk.gateway.upload("/documents", path.read_bytes(), name=name))
            except OSError as error:
                raise Failed(Exit.UNUSABLE, f"{path} cannot be read: {error.strerror}") from error
        lines = [f"{each['status']:<11} {each['file']}" for each in read]
        lines += [
            f"{found['rule']}: {found['file']} {found['document']}: {found['message']}"
            for each in read
            for found in each["exceptions"]
        ]
        desk.show({"documents": read}, *lines)
        if any(each["status"] != "used" for each in read):
            sys.exit(Exit.REFUSED)

    run(context, as_json, work)


def _files(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Every file with the name it is imported under: inside its folder, or its own."""
    found = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.is_file())
            found += [(each.relative_to(path).as_posix(), each) for each in inside]
        else:
            found.append((path.name, path))
    return found


# ── questions ───────────────────────────────────────────────────────────────────────────────────────────────


def _register_list(name: str) -> None:
    @app.command(name, help=f"List the ledger's {name.replace('-', ' ')}, as the gateway has indexed them.")
    def listing(context: typer.Context, as_of: AsOf = "", as_json: Json = False) -> None:
        def work(desk: Desk) -> None:
            rows = _rows(desk, name, as_of)
            desk.table({name: rows}, rows, LISTS[name])

        run(context, as_json, work)


for _name in LISTS:
    _register_list(_name)


def _rows(desk: Desk, name: str, as_of: str = "") -> list[dict[str, Any]]:
    return list(desk.gateway.pages(f"/{name}", name.replace("-", "_"), **({"as_of": as_of} if as_of else {})))


@app.command()
def verify(
    context: typer.Context,
    certificate: Annotated[str, typer.Argument(help="id of the certificate, or of the warehouse receipt")],
    block: Annotated[int | None, typer.Option(min=0, help="ask at this block; by default the latest")] = None,
    receipt_document: Annotated[
        Path | None,
        typer.Option("--document", help="the receipt's document, JSON: is it the one that was signed for?"),
    ] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="show what each check found")] = False,
    language: Annotated[str, typer.Option(help="en or zh")] = "en",
    as_json: Json = False,
) -> None:
    """Is a certificate or receipt authentic and free? Asked of your own node, never of the gateway's tables.

    Ends with 0 when it is both, 5 when it is authentic but not free, 1 when it is not authentic.
    """

    def work(desk: Desk) -> None:
        shown = None if receipt_document is None else read_document(read_json(receipt_document))
        found = cli_node.verdict(desk.settings, parse_id(certificate), block, shown)
        if desk.as_json:
            desk.show(document(found))
        else:
            page().print(verdict_text(found, language=language, evidence=evidence))
        if not found.authentic:
            sys.exit(Exit.REFUSED)
        if not found.free:
            sys.exit(Exit.ENCUMBERED)

    run(context, as_json, work)


@app.command()
def lineage(
    context: typer.Context,
    certificate: Annotated[str, typer.Argument(help="id of the certificate")],
    as_json: Json = False,
) -> None:
    """Where a certificate came from, and what was taken out of it (the gateway's database)."""

    def work(desk: Desk) -> None:
        number = parse_id(certificate)
        found = cli_node.lineage(desk.settings, number)
        if desk.as_json:
            desk.show(found.document())
        else:
            page().print(_tree(found, number))

    run(context, as_json, work)


def _tree(node: Node, asked: int, under: Tree | None = None) -> Tree:
    kin = node.kin
    mark = "  ← asked for" if kin.title == asked else ""
    lock = f", locked to facility {kin.lock}" if kin.lock else ""
    merged = f", merged into {format_id(kin.merged_into)}" if kin.merged_into else ""
    held = f"holder {kin.holder}, {kin.quantity} minor units, paid {kin.paid}"
    text = f"{format_id(kin.title)}  {held}{lock}{merged}{mark}"
    here = Tree(text) if under is None else under.add(text)
    for child in node.children:
        _tree(child, asked, here)
    return here


# ── operation ───────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Compare all that the gateway keeps of ledger and banks with chain and banks; ends with 1 when it differs."""

    def work(desk: Desk) -> None:
        block, found = cli_node.examined(desk.settings)
        named = [str(each) for each in found]
        desk.show(
            {"block": block, "mismatches": named},
            *named,
            f"{len(found)} values differ from what the chain at block {block} and the banks say",
        )
        if found:
            sys.exit(Exit.REFUSED)

    run(context, as_json, work)


@app.command("reindex")
def reindex_(context: typer.Context, as_json: Json = False) -> None:
    """Forget the gateway's ledger tables and read the chain from its beginning. Stop the worker first."""

    def work(desk: Desk) -> None:
        def told(progress: Any) -> None:
            if not desk.as_json:
                print(f"block {progress.block} of {progress.head}", flush=True)

        facts = cli_node.made_anew(desk.settings, told)
        desk.show({"facts": facts}, f"{facts} facts folded")

    run(context, as_json, work)


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="folder to write to; made when missing")],
    form: Annotated[str, typer.Option("--format", help="csv or json")] = "csv",
    as_json: Json = False,
) -> None:
    """Write parties, receivables, titles, facilities, loans and movements to files, one each."""

    def work(desk: Desk) -> None:
        if form not in ("csv", "json"):
            raise Failed(Exit.UNUSABLE, f"--format is csv or json, not {form}")
        folder.mkdir(parents=True, exist_ok=True)
        written = {}
        for name in LISTS:
            rows = _rows(desk, name)
            path = folder / f"{name}.{form}"
            _write(path, rows, LISTS[name])
            written[str(path)] = len(rows)
        desk.show({"files": written}, *(f"{path}: {count} rows" for path, count in written.items()))

    run(context, as_json, work)


def _write(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    if path.suffix == ".json":
        path.write_text(json.dumps(list(rows), indent=1, ensure_ascii=False) + "\n")
        return
    names = [*columns, *(name for name in (rows[0] if rows else ()) if name not in columns)]
    # The mark lets spreadsheets read names in any script.
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, names, lineterminator="\r\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _field(row[name]) for name in names})


def _field(value: Any) -> str:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return " ".join(map(str, value))
    text = "" if value is None else str(value)
    # A spreadsheet would run what begins like this.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def main() -> None:
    """The program."""
    app()


if __name__ == "__main__":
    main()
