"""`tallystick leases`: goods that are leased under a facility, and what is owed where they were taken back."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli_app import AsOf, Json, app, run
from gateway.cli_client import Desk

_COLUMNS = ("receipt", "state", "holder", "seller", "price", "loan", "appraiser", "noticed", "ends_from")


@app.command()
def leases(
    context: typer.Context,
    facility: Annotated[int, typer.Argument(help="the facility's number")],
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Leases under a facility, and those that the lessor ended, with what it owes the lessee (CC-752, CC-758)."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/facilities/{facility}/leases", **({"as_of": as_of} if as_of else {}))
        desk.table(found, found["leases"], _COLUMNS)
        if not desk.as_json:
            said = (
                f"{each['receipt']} was taken back under {each['loan']} for {each['value']} {found['currency']}: "
                f"{each['owed_to_lessee']} is owed to lessee {found['lessee']}"
                for each in found["ended"]
            )
            desk.show(found, *said)

    run(context, as_json, work)
