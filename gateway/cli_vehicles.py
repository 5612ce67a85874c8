"""`tallystick vehicles`: a dealer's vehicles come into store by their numbers, many at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from gateway.adapters.documents.tables import Table, decode, delimiter
from gateway.cli_acts import Days, Evidence, Keys, Wait
from gateway.cli_app import Json, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import ActFile, prepare
from gateway.cli_words import expiry, hash_of, new_id, read_json
from gateway.domain.trade import Source
from gateway.ids import format_id
from gateway.schemas.vehicles import VehiclesBody
from gateway.services.storage import message_of, read_vehicle
from gateway.services.vehicles import documents_of

vehicles = typer.Typer(help="Vehicles by their numbers: take them in, show them.", no_args_is_help=True)
app.add_typer(vehicles, name="vehicles")

_MANDATORY = ("vin", "certificate", "manufacturer", "model", "issued")
_COLUMNS = (*_MANDATORY, "certificate_vin", "request", "price", "currency")
Folder = Annotated[
    Path | None, typer.Option("--out", help="write the acts here, one file each, for their signers")
]
_PARTS = ("depositor", "keeper", "inspector")


@vehicles.command()
def store(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="the dealer's list, CSV or JSON: docs/guides/vehicles.md")],
    document: Annotated[Path, typer.Option(help="what all receipts say alike, JSON")],
    keeper: Annotated[int, typer.Option(min=1, help="party number")],
    depositor: Annotated[int, typer.Option(min=1, help="party number")],
    inspector: Annotated[int, typer.Option(min=1, help="party number; of neither's group")],
    keys: Keys = None,
    out: Annotated[
        Path | None, typer.Option(help="write the acts here, one file each, instead of posting them")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would happen, and store nothing")
    ] = False,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Issue receipts for all vehicles of a list, or for none: a line at fault is named and nothing is kept."""

    def work(desk: Desk) -> None:
        if not dry_run and out is None and len(keys or []) < len(_PARTS):
            raise Failed(
                Exit.UNUSABLE,
                f"{', '.join(_PARTS)} sign: give a --key of each, or --out for those who sign later",
            )
        rows, lines = read_list(file)
        body = {
            "keeper": keeper, "depositor": depositor, "inspector": inspector, "document": read_json(document),
            "vehicles": [
                {**row, "receipt": format_id(new_id(keeper)), "salt": "0x" + token_hex(32)} for row in rows
            ],
        }  # fmt: skip
        found = _taken_in(desk, body, lines, dry_run)
        _check(body, found)
        if not dry_run:
            _carry(desk, found, keys or [], out, expires_days, wait)
        columns = ("receipt", "vin", "certificate", "evidence")
        desk.table({"vehicles": found}, found, columns)

    run(context, as_json, work)


@vehicles.command("list")
def list_(
    context: typer.Context,
    vin: Annotated[str, typer.Option(help="only the vehicle of this number")] = "",
    as_json: Json = False,
) -> None:
    """Vehicles that were taken in, without their numbers: their lots, and where their certificates are."""

    def work(desk: Desk) -> None:
        rows = list(desk.gateway.pages("/vehicles", "vehicles", **({"vin": vin} if vin else {})))
        desk.table(
            {"vehicles": rows},
            rows,
            ("vin", "manufacturer", "model", "lot", "certificate", "custodian", "held_for"),
        )

    run(context, as_json, work)


@vehicles.command()
def release(
    context: typer.Context,
    facility: Annotated[int, typer.Argument(help="the facility's number")],
    repaid: Annotated[str, typer.Option(help="decimal text: the repayment, which is booked")],
    receipts: Annotated[
        list[str] | None,
        typer.Option("--receipt", help="a vehicle that is wanted; by default the first that fit"),
    ] = None,
    evidence: Evidence = None,
    out: Folder = None,
    as_json: Json = False,
) -> None:
    """Which vehicles go free for a repayment, and which certificates are handed back; the acts go into a folder."""

    def work(desk: Desk) -> None:
        body = {"repaid": repaid, "receipts": receipts or [], "evidence": hash_of(evidence)}
        found = desk.gateway.post(f"/facilities/{facility}/vehicles/release", body)
        _write(found["acts"], [each["receipt"] for each in found["freed"]], out)
        desk.table(found, found["freed"], ("receipt", "vin", "model", "value", "certificate"))
        if not desk.as_json:
            blocked = found["blocked"]
            why = [f"nothing goes free: {blocked['sentence']} ({blocked['rule']})"] if blocked else []
            free = f"{found['value']} of {found['releasable']} {found['currency']} go free"
            desk.show(found, free, *why, *map(_handed, found["hand_back"]))

    run(context, as_json, work)


@vehicles.command()
def check(
    context: typer.Context,
    facility: Annotated[int, typer.Argument(help="the facility's number")],
    seen: Annotated[Path, typer.Argument(help="the numbers that were seen, one a line")],
    out: Folder = None,
    as_json: Json = False,
) -> None:
    """Hold a round through the yard against the vehicles behind a facility; 6 when one is missing or none of them.

    The counts of those that are missing go into a folder, for the keeper or the inspector to sign.
    """

    def work(desk: Desk) -> None:
        try:
            vins = [line.strip() for line in seen.read_text("utf-8-sig").splitlines() if line.strip()]
        except (OSError, ValueError) as error:
            raise Failed(Exit.UNUSABLE, f"{seen} cannot be read: {error}") from error
        found = desk.gateway.post(f"/facilities/{facility}/vehicles/check", {"seen": vins})
        _write(found["acts"], [act["typed_data"]["message"]["lot"] for act in found["acts"]], out)
        rows = [
            {
                "found": name,
                "receipt": each.get("receipt"),
                "vin": each["vin"],
                "what": each.get("model") or each["why"],
            }
            for name in ("seen", "missing", "unknown")
            for each in found[name]
        ]
        desk.table(found, rows, ("found", "receipt", "vin", "what"))
        if found["missing"] or found["unknown"]:
            raise typer.Exit(Exit.DIFFERS)

    run(context, as_json, work)


def _handed(each: Mapping[str, Any]) -> str:
    return f"party {each['custodian']} hands {each['certificate']} ({each['vin']}) to party {each['to']}"


def _write(acts: Sequence[Mapping[str, Any]], names: Sequence[str], out: Path | None) -> None:
    """Each act in a file of its own, for its signers (`submit`)."""
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, act in zip(names, acts, strict=True):
        made = ActFile(act["function"], act["typed_data"], dict(act["unsigned"]), list(act["signers"]))
        made.write(out / f"{act['function']}-{name}.json")


# ── Lists ───────────────────────────────────────────────────────────────────────────────────────────────────


def read_list(path: Path) -> tuple[list[dict[str, Any]], list[int]]:
    """The vehicles of a dealer's list as the gateway takes them, and the line of each. Raises Failed."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Failed(Exit.UNUSABLE, f"{path} cannot be read: {error.strerror}") from error
    text = decode(data)
    if text is None:
        raise Failed(Exit.UNUSABLE, f"TEXT-ENCODING: {path} is neither UTF-8 nor UTF-16 with its mark")
    if text.lstrip().startswith("["):
        return _from_json(text, path)
    table = Table(Source(path.name, sha256(data).hexdigest()), _COLUMNS, _MANDATORY)
    separator = delimiter(text, _MANDATORY) or ","
    read = list(table.rows(text, separator))
    if table.findings:
        first = table.findings[0]
        raise Failed(
            Exit.REFUSED, f"{first.rule}: {first.line}: {first.message}", rule=first.rule, line=first.line
        )
    if not read:
        raise Failed(Exit.UNUSABLE, f"{path} holds no vehicle")
    return [_row(row) for _, row in read], [number for number, _ in read]


def _from_json(text: str, path: Path) -> tuple[list[dict[str, Any]], list[int]]:
    try:
        found = json.loads(text)
        return [_row({name: str(value) for name, value in each.items()}) for each in found], list(
            range(1, len(found) + 1)
        )
    except (ValueError, AttributeError) as error:
        raise Failed(Exit.UNUSABLE, f"{path} is no list of vehicles: {error}") from error


def _row(row: Mapping[str, str]) -> dict[str, Any]:
    unknown = sorted(set(row) - set(_COLUMNS))
    if unknown:
        raise Failed(Exit.REFUSED, f"CSV-COLUMN: {unknown[0]} is not known", rule="CSV-COLUMN")
    certificate = {
        "number": row.get("certificate", ""), "vin": row.get("certificate_vin") or row.get("vin", ""),
        "manufacturer": row.get("manufacturer", ""), "model": row.get("model", ""), "issued": row.get("issued", ""),
    }  # fmt: skip
    price = {"amount": row["price"], "currency": row.get("currency", "CNY")} if row.get("price") else None
    return {
        "vin": row.get("vin", ""), "certificate": certificate, "price": price, "request": row.get("request") or None
    }  # fmt: skip


# ── What is prepared is what was asked for ──────────────────────────────────────────────────────────────────


def _taken_in(
    desk: Desk, body: Mapping[str, Any], lines: Sequence[int], dry_run: bool
) -> list[dict[str, Any]]:
    try:
        answer = desk.gateway.post("/vehicles?dry_run=true" if dry_run else "/vehicles", body)
    except Failed as failed:
        named = (
            each | {"field": each["field"].removeprefix("body.")}
            for each in failed.document.get("errors", ())
        )
        told = [
            {**each, "line": lines[int(each["field"].split(".")[1])]}
            for each in named
            if each["field"].startswith("vehicles.")
        ]
        for each in told:
            failed.sentence += f"\nline {each['line']}: {each['field'].split('.', 2)[-1]}: {each['message']}"
        raise Failed(failed.code, failed.sentence, **{**failed.document, "errors": told}) from None
    found: list[dict[str, Any]] = answer["vehicles"]
    return found


def _check(body: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> None:
    """Every act but what only the evidence service can give is made here again. Raises Failed."""
    try:
        told = VehiclesBody.model_validate(body)
    except ValidationError as error:
        raise Failed(Exit.UNUSABLE, str(error)) from error
    for row, document, each in zip(told.vehicles, documents_of(told), found, strict=True):
        party, _, serial = row.receipt.partition("-")
        number = int(party) << 32 | int(serial)
        meant = message_of(
            read_vehicle(document), keeper=told.keeper, depositor=told.depositor, inspector=told.inspector,
            lot=number, receipt=number, decimals=0, pooled=False, vehicle=each["message"]["number"],
        )  # fmt: skip
        if meant != each["message"]:
            raise Failed(
                Exit.REFUSED, "GATEWAY-ALTERED: a receipt prepared is not the one that was asked for"
            )


def _carry(
    desk: Desk,
    found: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    out: Path | None,
    days: int,
    wait: float,
) -> None:
    until = expiry(desk, days)
    acts: list[ActFile] = []
    for each in found:
        act = prepare(desk.gateway, "store", {**each["message"], "expiresAt": until}, _PARTS)
        act.sign(keys)
        acts.append(act)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for each, act in zip(found, acts, strict=True):
            act.write(out / f"{each['receipt']}.json")
        return
    places = desk.gateway.post("/instructions", {"instructions": [act.body() for act in acts]})
    for place in places["operations"]:
        state = desk.gateway.wait(place["key"], wait) if wait else {"state": "pending"}
        if state["state"] in ("refused", "failed"):
            raise Failed(Exit.REFUSED, f"{state['rule']}: {state['sentence']}", **state)
