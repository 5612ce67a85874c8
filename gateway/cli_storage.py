"""`tallystick store`: goods that came in become a receipt, signed by depositor, keeper and inspector."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli_acts import Days, How, Keys, Out, Wait, carry
from gateway.cli_app import Json, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import prepare
from gateway.cli_words import expiry, new_id, read_json
from gateway.ids import format_id, parse_id
from gateway.services.storage import message_of, read_document


@app.command()
def store(
    context: typer.Context,
    document: Annotated[Path, typer.Argument(help="the receipt's document, JSON: docs/guides/warehouse.md")],
    keeper: Annotated[int, typer.Option(min=1, help="party number")],
    depositor: Annotated[int, typer.Option(min=1, help="party number")],
    inspector: Annotated[int, typer.Option(min=1, help="party number; of neither's group")],
    decimals: Annotated[int, typer.Option(min=0, max=6, help="of the unit that a quantity counts")] = 0,
    pool: Annotated[
        bool, typer.Option("--pool", help="goods stored together with others of their kind")
    ] = False,
    into: Annotated[
        str, typer.Option(help="id of the pool they go into; by default a lot of their own")
    ] = "",
    request: Annotated[
        str,
        typer.Option(
            help="the depositor's request, as `storage-requests` shows it: for what was found on it"
        ),
    ] = "",
    keys: Keys = None,
    out: Out = None,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Issue a warehouse receipt: its document is checked and hashed here, kept by the gateway, and signed by three."""

    def work(desk: Desk) -> None:
        told = read_json(document)
        read = read_document(told)
        prepared = desk.gateway.get(f"/storage-requests/{request}")["receipt"] if request else None
        receipt = new_id(keeper) if prepared is None else parse_id(prepared)
        lot = parse_id(into) if into else receipt
        pooled = pool or bool(into)
        message = message_of(
            read, keeper=keeper, depositor=depositor, inspector=inspector, lot=lot, receipt=receipt,
            decimals=decimals, pooled=pooled,
        )  # fmt: skip
        body = {
            "document": told, "keeper": keeper, "depositor": depositor, "inspector": inspector,
            "receipt": format_id(receipt), "lot": format_id(lot) if into else None, "decimals": decimals,
            "pooled": pooled, "request": request or None,
        }  # fmt: skip
        kept = desk.gateway.post("/storage", body)
        if kept["message"] != message:
            raise Failed(
                Exit.REFUSED, "GATEWAY-ALTERED: the receipt prepared is not the one that was asked for"
            )
        message["expiresAt"] = expiry(desk, expires_days)
        act = prepare(desk.gateway, "store", message, ["depositor", "keeper", "inspector"])
        carry(desk, act, How(keys, out, wait), receipt=format_id(receipt), lot=format_id(lot))

    run(context, as_json, work)


@app.command(name="storage-requests")
def storage_requests(
    context: typer.Context,
    keeper: Annotated[int | None, typer.Option(min=1, help="only those to this keeper")] = None,
    depositor: Annotated[int | None, typer.Option(min=1, help="only those of this depositor")] = None,
    as_json: Json = False,
) -> None:
    """Requests to store goods: what was asked for, weighed and inspected, and where each stands.

    `declare "storage request"` asks, "weighing", "inspection" and "storage refusal" follow, `withdrawal` takes back.
    """

    def work(desk: Desk) -> None:
        asked = {"keeper": keeper, "depositor": depositor}
        params = {name: str(value) for name, value in asked.items() if value is not None}
        rows = list(desk.gateway.pages("/storage-requests", "storage_requests", **params))
        desk.table(
            {"storage_requests": rows}, rows,
            ("request", "reference", "depositor", "keeper", "unit", "quantity", "entitled", "stage", "receipt"),
        )  # fmt: skip

    run(context, as_json, work)
