"""`tallystick rules`: what binds on a day, its versions, and decisions under them."""

from __future__ import annotations

import json
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli_app import Json, app, run
from gateway.cli_client import Desk, Exit, Failed

rules = typer.Typer(help="Law and regulation as data: list, explain, publish, decide.", no_args_is_help=True)
app.add_typer(rules, name="rules")

On = Annotated[str, typer.Option("--as-of", help="day YYYY-MM-DD; by default the ledger's today")]
_COLUMNS = ("id", "title", "source", "article", "since", "second_hand", "kept_by", "in_force")


def _params(as_of: str) -> dict[str, str]:
    return {"as_of": as_of} if as_of else {}


@rules.command("list")
def list_(
    context: typer.Context,
    as_of: On = "",
    kind: Annotated[str, typer.Option(help="law, decision, reason, gateway or document")] = "law",
    as_json: Json = False,
) -> None:
    """List the rules as they stand on a day."""

    def work(desk: Desk) -> None:
        found = list(desk.gateway.pages("/rules", "rules", kind=kind, **_params(as_of)))
        columns = _COLUMNS if kind == "law" else ("id", "keeps", "sentence")
        desk.table({"rules": found}, found, columns)

    run(context, as_json, work)


@rules.command()
def show(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="id, as refusals quote it")],
    as_of: On = "",
    as_json: Json = False,
) -> None:
    """Explain one rule as it stands on a day, with the version it is of."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/rules/{rule}", **_params(as_of))
        pack = found["pack"]
        lines = [f"{found['id']}  {found['title']}", f"  {found['sentence']}"]
        if found["source"]:
            until = f" until {found['until']}" if found["until"] else ""
            lines.append(f"  source      {found['source']}, article {found['article']}")
            lines.append(f"  in force    from {found['since']}{until}")
        if found["second_hand"]:
            lines.append("  second-hand: a default that an operator can change, no legal advice")
        lines += [f"  {name:<28} {value}" for name, value in found["parameters"].items()]
        lines += [f"  keeps       {found['keeps']}"] if found["keeps"] else []
        lines.append(f"  kept by     {', '.join(found['kept_by'])}: {found['how'] or 'nothing does yet'}")
        lines.append(f"  as of       {found['as_of']}, version {pack['version']} ({pack['sha256'][:16]}…)")
        desk.show(found, *lines)

    run(context, as_json, work)


@rules.command()
def versions(context: typer.Context, as_json: Json = False) -> None:
    """List the versions of the rules: from when, who published them, what they changed."""

    def work(desk: Desk) -> None:
        found = list(desk.gateway.pages("/rule-packs", "rule_packs"))
        desk.table(
            {"rule_packs": found}, found, ("version", "effective_from", "person", "because", "changed", "sha256")
        )  # fmt: skip

    run(context, as_json, work)


@rules.command()
def publish(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="TOML or JSON: effective_from, person, because, rules, calendar")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would become of it")] = False,
    as_json: Json = False,
) -> None:
    """Publish a later version. What the file does not name stays as it is."""

    def work(desk: Desk) -> None:
        path = "/rule-packs?dry_run=true" if dry_run else "/rule-packs"
        found = desk.gateway.post(path, _read(file))
        would = "would be" if dry_run else "is"
        desk.show(
            found,
            f"version {found['version']} {would} in force from {found['effective_from']} on",
            f"  changes {', '.join(found['changed']) or 'nothing'}",
            f"  sha256  {found['sha256']}",
        )

    run(context, as_json, work)


@rules.command()
def decide(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="CN77-11, CN77-split, SME-9, SME-15, SME-16, SME-17 or CLASS")],
    case: Annotated[
        list[str], typer.Argument(help="NAME=VALUE of the case: opened=2026-01-05 due=2026-09-05")
    ],
    subject: Annotated[str, typer.Option(help="what is ruled on")],
    as_of: On = "",
    person: Annotated[str, typer.Option(help="who asks")] = "",
    as_json: Json = False,
) -> None:
    """Put a case to a rule as it stands on a day; the answer is kept with the version. Ends with 1 where it fails."""

    def work(desk: Desk) -> None:
        body = {"subject": subject, "person": person, "case": {"rule": rule, **_case(case)}, **_params(as_of)}
        found = desk.gateway.post("/rulings", body)
        desk.show(found, _line(found))
        if not found["holds"]:
            sys.exit(Exit.REFUSED)

    run(context, as_json, work)


@rules.command()
def review(
    context: typer.Context,
    root: Annotated[str, typer.Argument(help="id of the receivable")],
    bank: Annotated[int, typer.Option(min=1, help="party number of the bank that finances")],
    person: Annotated[str, typer.Option(help="of the bank, who examined it")],
    because: Annotated[str, typer.Option(help="why it may run so long")],
    as_json: Json = False,
) -> None:
    """Record a bank's review of a tenor above six months, before it finances (CN77-11)."""

    def work(desk: Desk) -> None:
        body = {"root": root, "bank": bank, "person": person, "because": because}
        found = desk.gateway.post("/tenor-reviews", body)
        desk.show(found, _line(found))

    run(context, as_json, work)


@rules.command()
def rulings(
    context: typer.Context,
    subject: Annotated[str, typer.Option(help="of this subject only")] = "",
    rule: Annotated[str, typer.Option(help="under this rule only")] = "",
    as_json: Json = False,
) -> None:
    """List what was decided, under which version."""

    def work(desk: Desk) -> None:
        wanted = {name: each for name, each in (("subject", subject), ("rule", rule)) if each}
        found = list(desk.gateway.pages("/rulings", "rulings", **wanted))
        desk.show({"rulings": found}, *map(_line, found))

    run(context, as_json, work)


@rules.command("payment-day")
def payment_day(
    context: typer.Context,
    due: Annotated[str, typer.Argument(help="day YYYY-MM-DD")],
    as_json: Json = False,
) -> None:
    """The day on which money due on a day can move; the due day itself never changes."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/payment-days/{due}")
        unsure = ": weekends only, provisional" if found["provisional"] else ""
        desk.show(found, f"due {found['due']}, payment day {found['payment_day']}{unsure}")

    run(context, as_json, work)


def _line(found: dict[str, Any]) -> str:
    inputs = " ".join(f"{name}={value}" for name, value in found["inputs"].items() if value is not None)
    return (
        f"{found['ruling']:>4}  {found['as_of']}  version {found['pack_version']}  {found['rule']:<10} "
        f"{found['subject']}: {found['outcome']}: {found['sentence']} ({inputs})"
    )


def _case(given: list[str]) -> dict[str, int | str]:
    found: dict[str, int | str] = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign:
            raise Failed(Exit.UNUSABLE, f"{each}: a case is written NAME=VALUE")
        found[name] = int(value) if value.isdecimal() else value
    return found


def _read(file: Path) -> dict[str, Any]:
    """The change as JSON has it; days of a TOML file may be written without quotation marks. Raises Failed."""
    try:
        text = file.read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
        plain: dict[str, Any] = json.loads(json.dumps(found, default=_iso))
    except (OSError, ValueError, TypeError) as error:
        raise Failed(Exit.UNUSABLE, f"{file} cannot be read as a change of the rules: {error}") from error
    return plain


def _iso(value: object) -> str:
    if type(value) is date:
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a change of the rules")
