"""`tallystick stock`: what warehouses tell, taken in and shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli_app import Json, app, run
from gateway.cli_client import Desk, Exit, Failed

stock = typer.Typer(help="Word from warehouses: import keepers' files, show stock.", no_args_is_help=True)
app.add_typer(stock, name="stock")

_COLUMNS = (
    "keeper",
    "lot",
    "place",
    "unit",
    "quantity",
    "sound",
    "book",
    "counted",
    "last_event",
    "word",
    "rules",
)


@stock.command("import")
def import_(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="EPCIS 2.0 JSON, UBL inventory reports, warehouse CSV")],
    keeper: Annotated[int, typer.Option(min=1, help="the keeper's party number")],
    as_json: Json = False,
) -> None:
    """Take in a keeper's files. One that cannot be read or is refused keeps none of the others back; ends with 1 when
    one could not be used whole, with 2 when one could not be read, with 3 when no gateway answered."""

    def work(desk: Desk) -> None:
        taken, failed = [], []
        for path in files:
            try:
                taken.append(_upload(desk, path, keeper))
            except Failed as error:
                failed.append((path, error))
        lines = [_line(each) for each in taken]
        lines += [f"{'not taken':<11} {path.name}: {error.sentence}" for path, error in failed]
        lines += [
            f"{found['rule']}: {found['file']} {found['line']} {found['field']}: {found['message']}"
            for each in taken
            for found in (*each["exceptions"], *each["notes"])
        ]
        lines += [f"{found['rule']}: {found['message']}" for each in taken for found in each["differences"]]
        told = [{"file": path.name, **error.document} for path, error in failed]
        desk.show({"feeds": taken, "not_taken": told}, *lines)
        unclean = any(each["status"] != "used" or each["differences"] for each in taken)
        worst = max([error.code for _, error in failed], default=Exit.REFUSED if unclean else Exit.DONE)
        if worst is not Exit.DONE:
            sys.exit(worst)

    run(context, as_json, work)


def _upload(desk: Desk, path: Path, keeper: int) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Failed(Exit.UNUSABLE, f"it cannot be read: {error.strerror}") from error
    taken: dict[str, Any] = desk.gateway.upload("/stock/feeds", content, keeper=keeper, name=path.name)
    return taken


def _line(taken: dict[str, Any]) -> str:
    return f"{taken['status']:<11} {taken['file']}: {taken['used']} events new, {taken['repeated']} known"


@stock.command()
def show(
    context: typer.Context,
    keeper: Annotated[int, typer.Option(min=0, help="party number; 0: all keepers")] = 0,
    day: Annotated[str, typer.Option(help="YYYY-MM-DD; by default the ledger's today")] = "",
    as_json: Json = False,
) -> None:
    """What is told to lie where; ends with 6 when something does not agree."""

    def work(desk: Desk) -> None:
        asked: dict[str, Any] = {**({"keeper": keeper} if keeper else {}), **({"day": day} if day else {})}
        found = list(desk.gateway.pages("/stock", "stock", **asked))
        differences = list(desk.gateway.pages("/stock/differences", "differences", **asked))
        rows = [each | {"word": _word(each["word"]), "rules": _rules(each)} for each in found]
        desk.table({"stock": found, "differences": differences}, rows, _COLUMNS)
        if not desk.as_json:
            desk.show(None, *(f"{each['rule']}: {each['message']}" for each in differences))
        if differences:
            sys.exit(Exit.DIFFERS)

    run(context, as_json, work)


def _word(word: dict[str, Any]) -> str:
    return f"{word['state']}, {word['drawable_percent']} %"


def _rules(row: dict[str, Any]) -> list[str]:
    return sorted({each["rule"] for each in row["differences"]})
