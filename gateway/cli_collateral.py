"""`tallystick collateral`: the goods that secure a facility, and what may be drawn on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from gateway.cli_app import AsOf, Json, app, run
from gateway.cli_client import Desk

_COLUMNS = (
    "lot", "keeper", "quantity", "unit", "receipts", "rate", "value", "valued", "valid_until", "cut", "rules",
    "top_up",
)  # fmt: skip


@app.command()
def collateral(
    context: typer.Context,
    facility: Annotated[int, typer.Argument(help="the facility's number")],
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Goods behind a facility: what they count for and cover, what restores coverage, what may be drawn today, and
    sales in enforcement (CC-433, CC-436, GI-55-feed).
    """

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/facilities/{facility}/goods", **({"as_of": as_of} if as_of else {}))
        rows = [
            each
            | {"receipts": [receipt["receipt"] for receipt in each["receipts"]]}
            | {"rules": [cut["rule"] for cut in each["cuts"]]}
            for each in found["lots"]
        ]
        desk.table(found, rows, _COLUMNS)
        if not desk.as_json:
            desk.show(found, *_lines(found))

    run(context, as_json, work)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    terms, mark, covers = found["terms"], found["mark"], found["coverage"]
    drawing, currency = found["drawing"], found["currency"]
    yield (
        f"control agent {terms['control_agent']}, appraisers {terms['appraisers'][0]} and {terms['appraisers'][1]}, "
        f"advance {terms['advance_bps']}, maintenance {terms['maintenance_bps']} basis points"
    )
    day = f" {'through' if mark['state'] == 'called' else 'from'} {mark['day']}" if mark["day"] else ""
    stale = ", a valuation is too old" if mark["stale"] else ""
    yield f"{mark['state']}{day}{stale}: {covers['face']} {currency} stand behind {covers['owed']}, {covers['state']}"
    if covers["cash"].strip("0."):
        yield f"restored by repaying {covers['cash']} {currency}, or by more of a lot, as in top_up"
    yield f"may be drawn today: {drawing['drawable']} {currency}"
    if drawing["blocked"]:
        yield f"nothing is drawn: {drawing['blocked']['sentence']} ({drawing['blocked']['rule']})"
    for lot in found["lots"]:
        yield from (
            f"{lot['lot']}: {cut['rule']} {cut['quantity']} {lot['unit']}: {cut['reason']}"
            for cut in lot["cuts"]
        )
    for lot in found["lots"]:
        latest = lot["latest"]
        if latest and not latest["on_ledger"]:
            yield (
                f"{lot['lot']}: the valuation of {latest['valued']} is not on the ledger: rate {latest['rate']}, "
                f"{latest['difference']} to the ledger's {lot['rate']}: valuations act {latest['evidence']}"
            )
    for sale in found["sales"]:
        late = ", late" if sale["late"] else ""
        yield (
            f"{sale['receipt']} sold to {sale['buyer']} for {sale['price']} {currency}, pay by {sale['pay_by']}{late}: "
            f"{sale['state']}, {sale['collected']} came, {sale['surplus']} is the pledgor's"
        )
