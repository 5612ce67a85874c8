"""`tallystick order`: orders on the ledger, from their documents to receivables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from gateway.cli_app import AsOf, Json, app, run
from gateway.cli_client import Desk
from gateway.ids import parse_id

order = typer.Typer(help="Orders: show one.", no_args_is_help=True)
app.add_typer(order, name="order")

OrderId = Annotated[str, typer.Argument(help="id of the order, as `orders` shows it")]


@order.command()
def show(context: typer.Context, number: OrderId, as_of: AsOf = "", as_json: Json = False) -> None:
    """An order: what its documents say, what became of it on the ledger, and what it secures."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/orders/{parse_id(number)}", **({"as_of": as_of} if as_of else {}))
        desk.show(found, *_lines(found))

    run(context, as_json, work)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    currency = found["currency"]
    yield (
        f"{found['order']}: {found['buyer']} ordered of {found['seller']} on {found['confirmed_on']} for "
        f"{found['confirmed']} {currency}, to come by {found['last_day']}: {found['status']}"
    )
    documents = found["documents"]
    if documents is None:
        yield "no order among the documents here is the one that was confirmed"
    else:
        yield (
            f"{documents['order']}: agreed {documents['agreed']}, shipped {documents['shipped']}, received "
            f"{documents['received']}, missing {documents['missing']}, invoiced {documents['invoiced']}"
        )
    yield f"converted {found['converted']}, reduced {found['reduced']}, left {found['left']}"
    for title in found["titles"]:
        lock = f", locked to facility {title['lock']}" if title["lock"] else ", free"
        yield f"{title['title']}: {title['amount']}{lock}{', frozen' if title['frozen'] else ''}"
    for each in found["facilities"]:
        short = f", {each['prepay']} to be prepaid" if each["prepay"].strip("0.") else ""
        yield (
            f"facility {each['facility']} of lender {each['lender']}: {each['financed']} financed on "
            f"{each['collateral_face']}, of it {each['secured_by']} of this order{short}"
        )
    for each in found["conversions"]:
        yield f"{each['receivable']}: {each['promised']} promised for {each['taken']} received"
