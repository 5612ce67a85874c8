"""Commands about protection: who funds a loan, who stands behind it, what is in reserves, who would bear a loss."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli_app import AsOf, Json, LoanId, app, run
from gateway.cli_client import Desk
from gateway.ids import parse_id


@app.command()
def protections(
    context: typer.Context,
    facility: Annotated[int, typer.Argument(help="the facility's number")],
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Who stands behind a facility, in the order in which a loss reaches them (S18, S19)."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/facilities/{facility}/protections", **_at(as_of))
        columns = ("protection", "protector", "kind", "order", "cap", "called", "paid", "reimbursed", "until")
        desk.table(found, found["protections"], columns)
        if found["draws_blocked"] and not desk.as_json:
            desk.show(found, f"nothing new is drawn: {found['draws_blocked']}")

    run(context, as_json, work)


@app.command()
def reserves(context: typer.Context, as_of: AsOf = "", as_json: Json = False) -> None:
    """What custodians attested of risk reserves, and by when those below their floor must be filled up (S19)."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get("/reserves", limit=1000, **_at(as_of))
        columns = (
            "protection",
            "facility",
            "custodian",
            "balance",
            "floor",
            "target",
            "attested",
            "top_up_by",
        )
        desk.table(found, found["reserves"], columns)

    run(context, as_json, work)


@app.command()
def loss(
    context: typer.Context,
    loan: LoanId,
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Who would bear what is owed on a loan if nobody paid any more, and by which rule (CC-392, CC-692)."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/loans/{parse_id(loan)}/loss", **_at(as_of))
        desk.table(found, found["parts"], ("bearer", "protection", "party", "amount", "rule", "why"))
        if not desk.as_json:
            desk.show(found, f"together {found['owed']} {found['currency']}, owed on {found['day']}")

    run(context, as_json, work)


@app.command()
def funders(
    context: typer.Context,
    loan: LoanId,
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """What each funder of a loan lent, has back and stands to lose, by the table of their shares (S17)."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/loans/{parse_id(loan)}/funders", **_at(as_of))
        columns = ("party", "bps", "lent", "principal_back", "interest", "outstanding", "written_off")
        desk.table(found, found["funders"], columns)

    run(context, as_json, work)


def _at(as_of: str) -> dict[str, str]:
    return {"as_of": as_of} if as_of else {}
