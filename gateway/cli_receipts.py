"""Commands on warehouse receipts: `tallystick receipt …` for acts, `endorse` and `endorsements` for passing them on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.adapters.ledger import acts
from gateway.cli_acts import Evidence, How, Keys, Out, Wait, carry
from gateway.cli_app import Json, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import ActFile, prepare, read_key
from gateway.cli_words import hash_of, new_part
from gateway.domain.calendar import day_of_iso
from gateway.ids import format_id, parse_id
from gateway.money import number_of
from gateway.schemas.storage import StorageTariff
from gateway.services.storage_fees import Storage

receipt = typer.Typer(
    help="Warehouse receipts: split, merge, hand over, charge, paper, replace.", no_args_is_help=True
)
app.add_typer(receipt, name="receipt")

ReceiptId = Annotated[str, typer.Argument(help="id of the receipt")]
Key = Annotated[Path, typer.Option(help="key file of the person who signs")]
_SHOWN = (
    "endorsement",
    "receipt",
    "holder",
    "acquirer",
    "keeper",
    "stage",
    "answer_by",
    "provisional",
    "reason",
)


def _prepared(
    desk: Desk, number: str, asked: Mapping[str, Any], function: str, meant: Mapping[str, Any]
) -> ActFile:
    """The act that the gateway makes of what was asked, looked at: it says what was meant. Raises Failed."""
    found = _asked(desk, number, asked, function, meant)
    return prepare(desk.gateway, function, found["typed_data"]["message"], list(found["signers"]))


def _asked(
    desk: Desk, number: str, asked: Mapping[str, Any], function: str, meant: Mapping[str, Any]
) -> dict[str, Any]:
    found: dict[str, Any] = desk.gateway.post(f"/warehouse-receipts/{parse_id(number)}/prepare", dict(asked))
    message = found["typed_data"]["message"]
    wanted = {**meant, "into" if function == "mergeReceipts" else "title": parse_id(number)}
    if found["function"] != function or any(
        str(message[name]) != str(value) for name, value in wanted.items()
    ):
        raise Failed(
            Exit.REFUSED, "GATEWAY-ALTERED: the prepared act is not the one that was asked for", **found
        )
    return found


@receipt.command()
def split(
    context: typer.Context,
    number: ReceiptId,
    quantity: Annotated[str, typer.Option(help="decimal text: what the part is for")],
    to: Annotated[
        int, typer.Option(help="party number of who gets the part; by default the holder itself")
    ] = 0,
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Cancel a receipt and put two in its place; holder, acquirer of the part and keeper sign (MLWR)."""

    def work(desk: Desk) -> None:
        holder = int(_row(desk, number)["holder"])
        part, rest = new_part(holder), new_part(holder)
        asked = {
            "act": "split", "quantity": quantity, "to": to or None, "part": format_id(part), "rest": format_id(rest),
            "evidence": hash_of(evidence),
        }  # fmt: skip
        meant = {"part": part, "rest": rest, "to": to or holder}
        act = _prepared(desk, number, asked, "splitReceipt", meant)
        carry(desk, act, How(keys, out, wait), part=format_id(part), rest=format_id(rest))

    run(context, as_json, work)


@receipt.command()
def merge(
    context: typer.Context,
    number: ReceiptId,
    absorbed: Annotated[str, typer.Argument(help="id of the receipt that is cancelled for it")],
    keys: Keys = None,
    out: Out = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Merge another receipt for the same lot into this one; holder and keeper sign."""

    def work(desk: Desk) -> None:
        asked = {"act": "merge", "absorbed": absorbed}
        act = _prepared(desk, number, asked, "mergeReceipts", {"from": parse_id(absorbed)})
        carry(desk, act, How(keys, out, wait), receipt=format_id(parse_id(number)))

    run(context, as_json, work)


@receipt.command("hand-over")
def hand_over(
    context: typer.Context,
    number: ReceiptId,
    quantity: Annotated[str, typer.Option(help="decimal text: only this part; by default all of it")] = "",
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """The keeper hands the goods over; holder and keeper sign. Refused with its amount while a lien stands (CC-447).

    How much leaves is said before anybody signs: where the lot is short, less than the receipt says.
    """

    def work(desk: Desk) -> None:
        asked = {"act": "hand over", "quantity": quantity or None, "evidence": hash_of(evidence)}
        found = _asked(desk, number, asked, "handOver", {"evidence": hash_of(evidence)})
        leaves = _leaving(found, "leave")
        if not desk.as_json:
            desk.show(None, leaves)
        act = prepare(desk.gateway, "handOver", found["typed_data"]["message"], list(found["signers"]))
        carry(
            desk, act, How(keys, out, wait), {"leaves": found["leaves"]}, receipt=format_id(parse_id(number))
        )
        if not desk.as_json and out is None:
            desk.show(None, _leaving(found, "left"))

    run(context, as_json, work)


def _leaving(found: Mapping[str, Any], verb: str) -> str:
    """What leaves for how much of the receipt, as the act has it. Raises Failed where the gateway says otherwise."""
    told, message = found["leaves"], found["typed_data"]["message"]
    if any(int(told[name].replace(".", "")) != int(message[name]) for name in ("delivered", "quantity")):
        raise Failed(Exit.REFUSED, "GATEWAY-ALTERED: what leaves is not what the act says", **found)
    return f"{told['delivered']} {told['unit']} {verb} for {told['quantity']} {told['unit']} of the receipt"


@receipt.command()
def charge(
    context: typer.Context,
    number: ReceiptId,
    amount: Annotated[
        str,
        typer.Option(
            help="decimal text: all that is owed from now on; 0: it was paid; by default by the receipt's tariff"
        ),
    ] = "",
    currency: Annotated[str, typer.Option(help="ISO 4217, of --amount; by default CNY")] = "",
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Set the keeper's lien for storage, or end it; the keeper signs, and the tariff is the evidence (CC-447).

    Without --amount it is what storage comes to today by the tariff in the receipt's document, which is the evidence
    where no other is given.
    """

    def work(desk: Desk) -> None:
        named, how = format_id(parse_id(number)), How(keys, out, wait)
        if amount:
            asked = {"amount": amount, "currency": currency or "CNY", "evidence": hash_of(evidence)}
            carry(desk, _charged(desk, number, asked, {}), how, receipt=named)
            return
        if currency:
            raise Failed(Exit.UNUSABLE, "--currency is of --amount: a tariff has its own")
        storage, document = _storage_of(desk, number)
        asked = {
            "amount": storage.amount, "currency": storage.tariff.currency,
            "evidence": document if evidence is None else hash_of(evidence),
        }  # fmt: skip
        meant = {"amount": storage.fee, "currency": number_of(storage.tariff.currency)}
        act = _charged(desk, number, asked, meant)
        if not desk.as_json:
            desk.show(None, storage.in_words())
        carry(desk, act, how, {"sum": storage.in_words()}, receipt=named)

    run(context, as_json, work)


def _charged(desk: Desk, number: str, asked: Mapping[str, str], meant: Mapping[str, Any]) -> ActFile:
    named = {"evidence": asked["evidence"], **meant}
    return _prepared(desk, number, {"act": "charge", **asked}, "chargeStorage", named)


def _storage_of(desk: Desk, number: str) -> tuple[Storage, str]:
    """What storage comes to today, reckoned here from the tariff that the gateway shows, and its document's hash.

    Raises Failed, also where nothing is owed yet: a charge of 0 would say that storage was paid.
    """
    found = desk.gateway.get(f"/warehouse-receipts/{parse_id(number)}/storage-fee")
    storage = Storage(
        tariff=StorageTariff.model_validate(found["tariff"]), quantity=found["quantity"], unit=found["unit"],
        stored=day_of_iso(found["stored"]), since=day_of_iso(found["since"]), day=day_of_iso(found["day"]),
    )  # fmt: skip
    if storage.amount != found["amount"]:
        raise Failed(Exit.REFUSED, f"GATEWAY-ALTERED: by the tariff it is {storage.in_words()}", **found)
    if storage.fee == 0:
        raise Failed(Exit.REFUSED, f"nothing is owed: {storage.in_words()}", **found)
    return storage, found["evidence"]


@receipt.command()
def paper(
    context: typer.Context,
    number: ReceiptId,
    back: Annotated[bool, typer.Option("--back", help="the paper came back")] = False,
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Let a receipt go out on paper, or take it back; holder and keeper sign (MLWR)."""

    def work(desk: Desk) -> None:
        asked = {"act": "change medium", "paper": not back, "evidence": hash_of(evidence)}
        act = _prepared(desk, number, asked, "changeMedium", {"paper": not back})
        carry(desk, act, How(keys, out, wait), receipt=format_id(parse_id(number)))

    run(context, as_json, work)


@receipt.command()
def replace(
    context: typer.Context,
    number: ReceiptId,
    evidence: Annotated[Path, typer.Option(help="what proves that the paper is lost")],
    keys: Keys = None,
    out: Out = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Put a new receipt in the place of one that was lost on paper; holder and keeper sign (MLWR)."""

    def work(desk: Desk) -> None:
        fresh = new_part(int(_row(desk, number)["keeper"]))
        asked = {"act": "replace", "replacement": format_id(fresh), "evidence": hash_of(evidence)}
        act = _prepared(desk, number, asked, "replace", {"replacement": fresh})
        carry(desk, act, How(keys, out, wait), receipt=format_id(fresh))

    run(context, as_json, work)


@app.command()
def endorse(
    context: typer.Context,
    number: ReceiptId,
    to: Annotated[int, typer.Option(help="party number of who may take it")],
    key: Key,
    acquirer_days: Annotated[
        int, typer.Option(min=0, max=5, help="business days for the acquirer to sign; 0: today")
    ] = 0,
    evidence: Evidence = None,
    as_json: Json = False,
) -> None:
    """Offer a receipt: its holder signs. Acquirer and keeper sign with `endorsement`, the keeper in time."""

    def work(desk: Desk) -> None:
        asked = {"act": "endorse", "to": to, "acquirer_days": acquirer_days, "evidence": hash_of(evidence)}
        _sign(desk, _prepared(desk, number, asked, "endorse", {"to": to}), key)

    run(context, as_json, work)


@app.command()
def endorsement(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="digest of the endorsement, as `endorsements` shows it")],
    key: Key,
    as_json: Json = False,
) -> None:
    """Sign an endorsement: the acquirer, then the keeper, whose signature carries it. A keeper that does not agree
    declares an `endorsement refusal`, with its reason.
    """

    def work(desk: Desk) -> None:
        found = desk.gateway.get(f"/endorsements/{name}")
        act = prepare(desk.gateway, "endorse", found["message"], [])
        if "0x" + act.digest.hex() != name.lower():
            raise Failed(
                Exit.REFUSED, "GATEWAY-ALTERED: the act shown is not the one that was named", **found
            )
        _sign(desk, act, key)

    run(context, as_json, work)


@app.command()
def endorsements(
    context: typer.Context,
    party: Annotated[int | None, typer.Option(min=1, help="holder, acquirer or keeper")] = None,
    stage: Annotated[
        str, typer.Option(help="such as asked, or overdue: the keeper did not answer in time")
    ] = "",
    as_json: Json = False,
) -> None:
    """Endorsements, where each stands, and until when its keeper answers (CC-910-answer)."""

    def work(desk: Desk) -> None:
        params = {"stage": stage} if stage else {}
        params |= {} if party is None else {"party": str(party)}
        rows = list(desk.gateway.pages("/endorsements", "endorsements", **params))
        desk.table({"endorsements": rows}, rows, _SHOWN)

    run(context, as_json, work)


def _sign(desk: Desk, act: ActFile, key: Path) -> None:
    r, vs = acts.sign(read_key(key), act.digest)
    body = {"message": act.typed_data["message"], "signature": "0x" + (r + vs).hex()}
    kept = desk.gateway.post("/endorsements", body)
    until = f", the keeper answers by {kept['answer_by']}" if kept["stage"] == "asked" else ""
    desk.show(
        kept, f"{kept['endorsement']}: {kept['receipt']} to {kept['acquirer']} is {kept['stage']}{until}"
    )


def _row(desk: Desk, number: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.gateway.get(f"/warehouse-receipts/{parse_id(number)}")
    return found
