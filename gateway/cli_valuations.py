"""`tallystick valuations`: what appraisers say goods are worth, taken in and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from gateway.cli_acts import How, Keys, Out, Wait, carry
from gateway.cli_app import Json, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import prepare
from gateway.cli_words import read_json, to_date
from gateway.ids import format_id, parse_id
from gateway.schemas.valuations import ValuationDocument
from gateway.services.valuations import evidence_of

valuations = typer.Typer(help="Valuations of goods: take them in, show them.", no_args_is_help=True)
app.add_typer(valuations, name="valuations")

_COLUMNS = (
    "lot", "appraiser", "price", "currency", "unit", "haircut_bps", "model", "version", "valued", "valid_until",
    "lending_rate", "counts", "facilities", "rules", "evidence",
)  # fmt: skip


@valuations.command()
def add(
    context: typer.Context,
    document: Annotated[
        Path, typer.Argument(help="the appraiser's document, JSON: docs/guides/collateral.md")
    ],
    as_json: Json = False,
) -> None:
    """Take in a valuation: its document is read and hashed here, and kept by the gateway under that hash."""

    def work(desk: Desk) -> None:
        told = read_json(document)
        try:
            evidence = evidence_of(ValuationDocument.model_validate(told))
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise Failed(Exit.UNUSABLE, f"{document} is no valuation: {faults}") from error
        found = desk.gateway.post("/valuations", told)
        if found["evidence"] != evidence:
            raise Failed(Exit.REFUSED, "GATEWAY-ALTERED: the valuation kept is not the one that was given")
        desk.show(found, f"{found['lot']}: lending rate {found['lending_rate']}, evidence {evidence}")

    run(context, as_json, work)


@valuations.command()
def act(
    context: typer.Context,
    evidence: Annotated[
        str, typer.Argument(help="the valuation, as `list` and `add` show it: the document's hash")
    ],
    facility: Annotated[int, typer.Option(min=1, help="number of the facility under which it is to count")],
    keys: Keys = None,
    out: Out = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Bring a valuation to the ledger: the appraiser signs the lot's rate, tried before; anyone may carry it."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/valuations/{evidence}/act", facility=facility)
        message = found["typed_data"]["message"]
        meant = (int(message["facility"]), str(message["evidence"]).removeprefix("0x"))
        if meant != (facility, evidence.removeprefix("0x").lower()):
            raise Failed(Exit.REFUSED, "GATEWAY-ALTERED: the act is not of the valuation that was asked for")
        carry(
            desk,
            prepare(desk.gateway, "appraise", message, ["appraiser"]),
            How(keys, out, wait),
            rate=message["rate"],
        )

    run(context, as_json, work)


@valuations.command("list")
def list_(
    context: typer.Context,
    lot: Annotated[str, typer.Option(help="id of a lot; by default all")] = "",
    day: Annotated[str, typer.Option(help="YYYY-MM-DD; by default the ledger's today")] = "",
    as_json: Json = False,
) -> None:
    """List valuations as they stand on a day, each with the rules that keep anybody from lending on it."""

    def work(desk: Desk) -> None:
        asked: dict[str, Any] = {}
        if lot:
            asked["lot"] = format_id(parse_id(lot))
        if day:
            asked["day"] = to_date(day).isoformat()
        found = list(desk.gateway.pages("/valuations", "valuations", **asked))
        rows = [each | {"rules": [broken["rule"] for broken in each["objections"]]} for each in found]
        desk.table({"valuations": found}, rows, _COLUMNS)

    run(context, as_json, work)
