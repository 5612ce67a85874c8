"""The commands of the day end: reconcile with the banks' statements, decide about differences, write lists."""

from __future__ import annotations

import getpass
import sys
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli_app import Json, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_words import to_date
from gateway.day_end_files import files_of

COLUMNS = (
    "id",
    "age_days",
    "rule",
    "bic",
    "account",
    "amount",
    "currency",
    "reference",
    "assigned_to",
    "sentence",
)

_Day = Annotated[str, typer.Option(help="business day, YYYY-MM-DD")]
_Person = Annotated[str, typer.Option(help="who does this; by default who is logged in")]


@app.command()
def reconcile(
    context: typer.Context,
    statement: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True, help="the bank's statement (camt.053), or a folder of them; by default those kept"
        ),
    ] = None,
    day: _Day = "",
    bank: Annotated[str, typer.Option(help="BIC: only this bank, or whose the statements are")] = "",
    node: Annotated[bool, typer.Option("--node", help="ask the chain itself too")] = False,
    cumulative: Annotated[bool, typer.Option("--cumulative", help="from the beginning")] = False,
    close: Annotated[bool, typer.Option("--close", help="end the day; never to be opened again")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="compare, and keep nothing")] = False,
    person: _Person = "",
    as_json: Json = False,
) -> None:
    """Compare ledger, database, the banks' statements and keepers' words; what differs is named and queued.

    Ends with 0 when they agree, 6 when something differs, 2 when a statement cannot be used.
    """

    def work(desk: Desk) -> None:
        body: dict[str, Any] = {
            "person": _named(person), "statements": [_file(path) for path in _files(statement or ())],
            "cumulative": cumulative, "node": node, "close": close,
        }  # fmt: skip
        if day:
            body["day"] = to_date(day).isoformat()
        if bank:
            body["bank"] = bank
        found = _posted(desk, "/reconciliations" + ("?dry_run=true" if dry_run else ""), body)
        desk.show(found, *_lines(found))
        if not found["agrees"]:
            sys.exit(Exit.DIFFERS)

    run(context, as_json, work)


def _named(person: str) -> str:
    if person:
        return person
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise Failed(Exit.UNUSABLE, "who does this? Give --person") from None


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    if paths and not found:
        raise Failed(Exit.UNUSABLE, f"there is no file in {', '.join(map(str, paths))}")
    return found


def _file(path: Path) -> dict[str, str]:
    try:
        return {"name": path.name, "content": b64encode(path.read_bytes()).decode()}
    except OSError as error:
        raise Failed(Exit.UNUSABLE, f"{path} cannot be read: {error.strerror}") from error


def _posted(desk: Desk, path: str, body: Mapping[str, Any]) -> Any:
    try:
        return desk.gateway.post(path, body)
    except Failed as failed:
        # What was given cannot be used: that is not the books' fault.
        if str(failed.document.get("rule", "")).startswith(("STATEMENT-", "BODY-")):
            raise Failed(Exit.UNUSABLE, failed.sentence, **failed.document) from failed
        raise


def _lines(found: Mapping[str, Any]) -> list[str]:
    result = found["result"]
    lines = [f"day end of {found['day']}" if found["closes"] else f"reconciliation up to {found['day']}"]
    for each in result["statements"]:
        sign = "=" if each["holds"] else "≠"
        lines.append(
            f"  {each['bic']} {each['account']} {each['statement']}: {each['opening']} + {each['credits']} "
            f"− {each['debits']} {sign} {each['closing']} {each['currency']}, {each['entries']} entries"
        )
    for each in result["figures"]:
        books = ", ".join(
            f"{name} {each[column]['count']} / {each[column]['sum']}" for column, name in _BOOKS.items()
        )
        lines.append(
            f"  {each['bic']} {each['account']} {each['side']:<6} {each['kind']}: {books} {each['currency']}"
        )
    for each in result["orders"]:
        parts = " + ".join(f"{each[name]} {name}" for name in ("settled", "rejected", "pending", "unknown"))
        lines.append(f"  {each['count']} payments ordered: {each['instructed']} {each['currency']} = {parts}")
    for each in result["goods"]:
        told = "nothing" if each["told"] is None else each["told"]
        lines.append(
            f"  keeper {each['keeper']} {each['lot']}: receipts {each['receipts']}, in store {each['in_store']}, "
            f"told {told}, {each['lendable']} {each['unit']} may be lent against"
        )
    lines += [
        f"  keeper {each['keeper']}: word {each['state']}, "
        + (f"{each['late_days']} days late" if each["last_day"] else "none ever came")
        for each in result["words"]
        if each["state"] != "fresh"
    ]
    for each in result["differences"]:
        where = " ".join(filter(None, (each["bic"], each["account"], each["reference"])))
        both = f"(expected {each['expected']}, found {each['found']})"
        lines.append(f"{each['rule']}: {where}: {each['sentence']} {both}")
    counted = {name: len(found[name]) for name in ("opened", "still_open", "accepted", "closed")}
    told = f"{len(result['differences'])} differences: {counted['opened']} new, {counted['still_open']} still open"
    return [*lines, f"{told}, {counted['accepted']} accepted; {counted['closed']} earlier ones closed"]


_BOOKS = {"expected": "ledger or orders", "database": "notified", "bank": "stated"}


# ── decisions ───────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def differences(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="open, closed or all")] = "open",
    as_json: Json = False,
) -> None:
    """List what the books do not agree on, the oldest first."""

    def work(desk: Desk) -> None:
        if state not in ("open", "closed", "all"):
            raise Failed(Exit.UNUSABLE, f"--state is open, closed or all, not {state}")
        wanted = {} if state == "all" else {"state": state}
        rows = list(desk.gateway.pages("/differences", "differences", **wanted))
        desk.table({"differences": rows}, rows, COLUMNS)

    run(context, as_json, work)


@app.command("assign-difference")
def assign_difference(
    context: typer.Context,
    difference: Annotated[str, typer.Argument(help="id of the difference")],
    person: Annotated[str, typer.Option(help="who looks into it")],
    as_json: Json = False,
) -> None:
    """Give an open difference to a named person."""

    def work(desk: Desk) -> None:
        found = desk.gateway.post(f"/differences/{difference}/assign", {"person": person})
        desk.show(found, f"{found['rule']} {found['reference']} is {person}'s")

    run(context, as_json, work)


@app.command("close-difference")
def close_difference(
    context: typer.Context,
    difference: Annotated[str, typer.Argument(help="id of the difference")],
    reason: Annotated[str, typer.Option(help="why it is none")],
    person: _Person = "",
    as_json: Json = False,
) -> None:
    """Close a difference with a reason, which holds for exactly what it shows."""

    def work(desk: Desk) -> None:
        body = {"person": _named(person), "reason": reason}
        found = desk.gateway.post(f"/differences/{difference}/close", body)
        desk.show(found, f"{found['rule']} {found['reference']} closed: {reason}")

    run(context, as_json, work)


# ── lists of the day ────────────────────────────────────────────────────────────────────────────────────────


@app.command("day-end")
def day_end(
    context: typer.Context,
    day: _Day,
    out: Annotated[Path, typer.Option(help="folder to write to; made when missing")],
    as_json: Json = False,
) -> None:
    """Write the lists of a day: CSV files, and one workbook with their totals and how they tie.

    Ends with 0 when every total ties to the reconciliation, 6 when one does not.
    """

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/day-ends/{to_date(day).isoformat()}")
        files = files_of(found)
        try:
            out.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                (out / name).write_bytes(content)
        except OSError as error:
            raise Failed(Exit.UNUSABLE, f"{out} cannot be written: {error.strerror}") from error
        lines = [
            f"{out / each['name']}.csv: {len(each['rows'])} rows, {each['title']}" for each in found["lists"]
        ]
        lines += [
            f"{each['list']}: {each['listed']} {'=' if each['agrees'] else '≠'} {each['reconciled']} "
            f"{each['currency']}: {each['says']}"
            for each in found["ties"]
        ]
        agrees = all(each["agrees"] for each in found["ties"])
        desk.show(
            {"day": found["day"], "files": [str(out / name) for name in files], "ties": found["ties"]}, *lines
        )
        if not agrees:
            sys.exit(Exit.DIFFERS)

    run(context, as_json, work)
