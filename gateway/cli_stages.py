"""`tallystick stages`: how far a facility's stages are, and what holds them there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from gateway.cli_app import AsOf, Json, app, run
from gateway.cli_client import Desk


@app.command()
def stages(
    context: typer.Context,
    facility: Annotated[int, typer.Argument(help="the facility's number")],
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """A facility used stage by stage: what is open, what sales cash came in, what may be opened next, drawn, released
    today, and why not more (S15, S16).
    """

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/facilities/{facility}/stages", **({"as_of": as_of} if as_of else {}))
        rows = [
            {"what": what, "bound": bound, "amount": amount}
            for what in ("drawing", "releasing")
            for bound, amount in found[what].items()
            if bound not in ("blocked", "why")
        ]
        desk.table(found, rows, _COLUMNS)
        if not desk.as_json:
            desk.show(found, *_lines(found))

    run(context, as_json, work)


_COLUMNS = ("what", "bound", "amount")


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    terms, currency = found["terms"], found["currency"]
    second = f"approver {terms['approver']}" if terms["approver"] else "a second person of the lender"
    yield (
        f"{terms['first']} {currency} at once, {terms['step_bps']} basis points of sales beyond it, goods for "
        f"{terms['release_bps']}; opened by lender {found['lender']} and {second}"
    )
    yield (
        f"opened {found['opened']} {currency}, used {found['used']}, sales {found['sales']}, released "
        f"{found['released']}; the next stage may be {found['may_be_opened']}"
    )
    for name, verb in (("drawing", "drawn"), ("releasing", "released")):
        if found[name]["why"]:
            yield f"nothing may be {verb}: {found[name]['why']}"
