"""`tallystick order`: orders on the ledger, from their documents to receivables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli_acts import Evidence, How, Keys, Out, Wait, carry, late_interest
from gateway.cli_app import AsOf, Json, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import prepare
from gateway.cli_words import hash_of, new_id, read_json
from gateway.ids import format_id, parse_id

order = typer.Typer(
    help="Orders: attest, confirm, publish, take, reduce, convert, show.", no_args_is_help=True
)
app.add_typer(order, name="order")

_AN_ID = re.compile(r"[0-9]+(-[0-9]+)?")
_A_HASH = re.compile(r"(0x)?[0-9a-fA-F]{64}")
OrderId = Annotated[
    str,
    typer.Argument(help="id of the order, as `orders` shows it, or number of its document, or file#number"),
]
Document = Annotated[str, typer.Argument(help="number of the imported order, or file#number")]
Buyer = Annotated[int, typer.Option(help="the buyer's party number")]
LastDay = Annotated[str, typer.Option(help="YYYY-MM-DD: the last day of delivery")]
Nullifier = Annotated[
    str, typer.Option(help="of the order's own number; by default the one attested for its documents")
]
Title = Annotated[str, typer.Option(help="which of its titles, where a lender carved the order")]


@order.command()
def show(context: typer.Context, number: OrderId, as_of: AsOf = "", as_json: Json = False) -> None:
    """An order: what its documents say, what became of it on the ledger, and what it secures."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/orders/{_id(desk, number)}", **({"as_of": as_of} if as_of else {}))
        desk.show(found, *_lines(found))

    run(context, as_json, work)


def _id(desk: Desk, named: str) -> int:
    """The order of this id, or the one that was confirmed from the document of this number. Raises Failed, Problem."""
    if _AN_ID.fullmatch(named.strip()):
        return parse_id(named)
    found = list(desk.gateway.pages("/orders", "orders", document=named))
    if len(found) != 1:
        told = (
            f"several orders on the ledger have documents of the number {named}: name file#number or an id"
            if found
            else f"no order on the ledger was confirmed from a document of the number {named}: `order confirm` does it"
        )
        raise Failed(
            Exit.REFUSED, f"ORDER-UNMATCHED: {told}", document=named, orders=[each["order"] for each in found]
        )
    return parse_id(found[0]["order"])


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


# ── Acts ────────────────────────────────────────────────────────────────────────────────────────────────────


@order.command()
def attest(
    context: typer.Context,
    document: Document,
    seller: Annotated[int, typer.Option(help="the seller's party number")],
    buyer: Buyer,
    service: Annotated[int, typer.Option(help="the evidence service's party number")],
    keys: Keys = None,
    out: Out = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Have an imported order's own number attested, once: the evidence service registers what the documents say, and
    signs. `order confirm` and `order publish` find the number by themselves then.
    """

    def work(desk: Desk) -> None:
        asked = {
            "act": "attest", "document": document, "seller": seller, "buyer": buyer, "service": service
        }  # fmt: skip
        meant = {"seller": seller, "debtor": buyer, "service": service}
        found = _asked(desk, "/orders/prepare", asked, "attestInvoices", meant)
        _carry(desk, found, How(keys, out, wait), nullifier=found["typed_data"]["message"]["nullifier"])

    run(context, as_json, work)


@order.command()
def confirm(
    context: typer.Context,
    document: Document,
    buyer: Buyer,
    last_day: LastDay,
    nullifier: Nullifier = "",
    amount: Annotated[str, typer.Option(help="decimal text: only so much of it; by default all")] = "",
    keys: Keys = None,
    out: Out = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Confirm an imported order as its responses left it; the buyer's maker and checker and the seller sign."""

    def work(desk: Desk) -> None:
        number = new_id(buyer)
        asked = {
            "act": "confirm", "document": document, "nullifier": nullifier or None, "order": format_id(number),
            "last_day": last_day, "amount": amount or None,
        }  # fmt: skip
        meant = {
            "debtor": buyer,
            "order.root": number,
            **({"order.nullifier": nullifier} if nullifier else {}),
        }
        found = _asked(desk, "/orders/prepare", asked, "confirmOrders", meant)
        _carry(desk, found, How(keys, out, wait), order=format_id(number))

    run(context, as_json, work)


@order.command()
def publish(
    context: typer.Context,
    orders: Annotated[
        list[str],
        typer.Argument(
            help="number of each imported order, or file#number; DOCUMENT=NULLIFIER names its number"
        ),
    ],
    buyer: Buyer,
    last_day: LastDay,
    taking: Annotated[
        Path, typer.Option(help="folder for one file an order, for its seller to take it with")
    ],
    keys: Keys = None,
    out: Out = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Confirm many orders at once, under one commitment; the buyer's maker and checker sign, a seller takes its own."""

    def work(desk: Desk) -> None:
        number = new_id(buyer)
        asked = {
            "act": "publish", "list": format_id(number),
            "orders": [
                {
                    "document": document, "nullifier": nullifier or None, "order": format_id(new_id(buyer)),
                    "last_day": last_day,
                }
                for document, nullifier in map(_numbered, orders)
            ],
        }  # fmt: skip
        found = _asked(desk, "/orders/prepare", asked, "publishOrders", {"debtor": buyer, "list": number})
        _write_taking(taking, found["taking"])
        _carry(desk, found, How(keys, out, wait), list=format_id(number))

    run(context, as_json, work)


@order.command()
def take(
    context: typer.Context,
    source: Annotated[
        Path, typer.Argument(help="what the buyer gave for the order when it published its list")
    ],
    keys: Keys = None,
    out: Out = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Take one order of a published list; the seller signs."""

    def work(desk: Desk) -> None:
        given = read_json(source)
        try:
            asked = {"act": "take", **{name: given[name] for name in ("list", "order", "proof")}}
            meant = {
                "list": parse_id(given["list"]),
                **{f"order.{name}": v for name, v in given["order"].items()},
            }
            number = format_id(int(given["order"]["root"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Failed(Exit.UNUSABLE, f"{source} is no order of a list: {error}") from error
        found = _asked(desk, "/orders/prepare", asked, "takeOrder", meant)
        _carry(desk, found, How(keys, out, wait), order=number)

    run(context, as_json, work)


@order.command()
def reduce(
    context: typer.Context,
    number: OrderId,
    amount: Annotated[
        str, typer.Option(help="decimal text; by default what documents and last day say, with why")
    ] = "",
    title: Title = "",
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Take off an order what will not come, or not at that price; one of the buyer's people and the seller sign."""

    def work(desk: Desk) -> None:
        of = _id(desk, number)
        asked = {
            "act": "reduce", "amount": amount or None, "title": title or None,
            "evidence": None if evidence is None else hash_of(evidence),
        }  # fmt: skip
        meant = {"title": parse_id(title)} if title else {}
        found = _asked(desk, f"/orders/{of}/prepare", asked, "reduceOrder", meant)
        _carry(desk, found, How(keys, out, wait), order=format_id(of))

    run(context, as_json, work)


@order.command()
def convert(
    context: typer.Context,
    number: OrderId,
    invoice: Annotated[str, typer.Argument(help="key of the imported invoice, its number, or file#number")],
    nullifier: Annotated[str, typer.Option(help="what the evidence service gave for the invoice")],
    clearing_bank: Annotated[int, typer.Option(help="the party that will receive and distribute")],
    late_ppm: Annotated[
        int | None,
        typer.Option(min=0, help="late interest, parts per million a day; by default what SME-17 says today"),
    ] = None,
    amount: Annotated[
        str, typer.Option(help="decimal text: only so much is to be paid; by default all that may be")
    ] = "",
    title: Title = "",
    keys: Keys = None,
    out: Out = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Make a receivable of what was received and invoiced of an order; buyer, seller and the lender it secures sign.

    However much was invoiced, no more is taken than the receipt advices say, and a despatch advice does not count.
    """

    def work(desk: Desk) -> None:
        shown = desk.gateway.get(f"/orders/{_id(desk, number)}")
        receivable = new_id(int(shown["buyer"]))
        asked = {
            "act": "convert", "invoice": invoice, "nullifier": nullifier, "receivable": format_id(receivable),
            "clearing_bank": clearing_bank, "late_ppm": late_interest(desk) if late_ppm is None else late_ppm,
            "amount": amount or None, "title": title or None,
        }  # fmt: skip
        meant = {
            "receivable.root": receivable, "receivable.payee": shown["seller"],
            "receivable.clearingBank": clearing_bank,
        }  # fmt: skip
        found = _asked(desk, f"/orders/{shown['order']}/prepare", asked, "convert", meant)
        _carry(desk, found, How(keys, out, wait), receivable=format_id(receivable))

    run(context, as_json, work)


def _numbered(text: str) -> tuple[str, str]:
    """A document and the number that is named for it, if one is: a document's own number may hold a = too."""
    document, _, nullifier = text.rpartition("=")
    return (document, nullifier) if document and _A_HASH.fullmatch(nullifier) else (text, "")


def _asked(
    desk: Desk, path: str, asked: Mapping[str, Any], function: str, meant: Mapping[str, Any]
) -> dict[str, Any]:
    """The act that the gateway makes of what was asked, looked at: it says what was meant. Raises Failed.

    `meant`: fields of the act, with a point between a struct's name and its own.
    """
    found: dict[str, Any] = desk.gateway.post(path, dict(asked))
    message = found["typed_data"]["message"]
    for name, value in meant.items():
        part = message
        for each in name.split("."):
            part = part[each]
        if str(part).lower().removeprefix("0x") != str(value).lower().removeprefix("0x"):
            raise Failed(
                Exit.REFUSED, "GATEWAY-ALTERED: the prepared act is not the one that was asked for", **found
            )
    if found["function"] != function:
        raise Failed(Exit.REFUSED, "GATEWAY-ALTERED: the prepared act is of another kind", **found)
    return found


def _carry(desk: Desk, found: Mapping[str, Any], how: How, **made: str) -> None:
    """Tell what is signed and why, and have it signed and carried."""
    if not desk.as_json:
        desk.show(None, *_told(found))
    message = found["typed_data"]["message"]
    act = prepare(desk.gateway, found["function"], message, list(found["signers"]), **found["unsigned"])
    beside = {name: found[name] for name in ("amount", "taken", "currency", "why", "prepay", "exceptions")}
    carry(desk, act, how, beside, **made)


def _told(found: Mapping[str, Any]) -> Iterator[str]:
    taken = f" for {found['taken']} received, at the order's price" if found["taken"] else ""
    yield f"{found['function']}: {found['amount']} {found['currency']}{taken}"
    for each in found["why"]:
        yield f"{each['rule']}: {each['amount']}: {each['sentence']} ({', '.join(each['documents']) or 'no document'})"
    for each in found["exceptions"]:
        yield f"{each['rule']}: {each['file']} {each['document']} {each['field']}: {each['message']}"
    for each in found["prepay"]:
        yield f"{each['amount']} is to be prepaid by {each['borrower']} under facility {each['facility']}"


def _write_taking(folder: Path, taking: list[dict[str, Any]]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in taking:
            name = f"{each['seller']}-{format_id(int(each['order']['root']))}.json"
            (folder / name).write_text(json.dumps(each, indent=1))
    except OSError as error:
        raise Failed(Exit.UNUSABLE, f"{folder} cannot be written: {error.strerror}") from error
