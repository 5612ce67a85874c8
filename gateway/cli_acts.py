"""Commands by which parties act: each prepares an act, has it signed where the keys are, posts it, and waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.adapters.ledger.acts import invoices_hash
from gateway.cli_app import Json, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import ActFile, prepare
from gateway.cli_node import offered_invoices
from gateway.cli_words import (
    expiry,
    hash_of,
    new_part,
    to_invoices,
    to_minor,
    today,
)
from gateway.domain.calendar import day_of_iso
from gateway.ids import format_id, parse_id
from gateway.money import number_of

Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key", help="key file (32 bytes in hex, or a keystore); in the order of the signers, or PART=FILE"
    ),
]
Out = Annotated[
    Path | None, typer.Option(help="write the act here for the other signers, instead of posting it")
]
Evidence = Annotated[Path | None, typer.Option(help="the document the act rests on: its SHA-256 is signed")]
Days = Annotated[int, typer.Option("--expires-days", min=1, help="days after which the act is dead")]
Wait = Annotated[float, typer.Option(help="seconds to wait until the chain has it for good; 0 does not wait")]


@dataclass(frozen=True, slots=True)
class How:
    """How an act is signed and sent."""

    keys: list[str] | None
    out: Path | None
    wait: float


@app.command()
def confirm(
    context: typer.Context,
    invoice: Annotated[
        str | None, typer.Argument(help="key of a proposed invoice; without it, all are listed")
    ] = None,
    debtor: Annotated[int, typer.Option(help="the core enterprise's party number")] = 0,
    payee: Annotated[int, typer.Option(help="the supplier's party number")] = 0,
    clearing_bank: Annotated[int, typer.Option(help="the party that will receive and distribute")] = 0,
    nullifier: Annotated[str, typer.Option(help="what the evidence service gave for the invoice")] = "",
    late_ppm: Annotated[
        int | None,
        typer.Option(min=0, help="late interest, parts per million a day; by default what SME-17 says today"),
    ] = None,
    keys: Keys = None,
    out: Out = None,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Promise to pay a proposed invoice (issue): the core's maker and checker sign."""

    def work(desk: Desk) -> None:
        if invoice is None:
            list_proposals(desk)
            return
        if not (debtor and payee and clearing_bank and nullifier):
            raise Failed(
                Exit.UNUSABLE,
                "--debtor, --payee, --clearing-bank and --nullifier are needed to confirm an invoice",
            )
        body = {"key": invoice, "nullifier": nullifier, "debtor": debtor}
        terms = desk.gateway.post("/confirmations", body)
        amount = int(terms["amount_minor"])
        receivable = {
            "root": terms["root"], "payee": payee, "clearingBank": clearing_bank,
            "currency": number_of(terms["currency"]), "dueDay": day_of_iso(terms["due"]),
            "terms": late_interest(desk) if late_ppm is None else late_ppm,
            "quantity": amount, "nullifiers": [nullifier], "amounts": [amount],
            "evidence": "0x" + sha256("".join(terms["evidence"]).encode()).hexdigest(),
        }  # fmt: skip
        message = {
            "debtor": debtor, "receivables": [receivable], "expiresAt": expiry(desk, expires_days)
        }  # fmt: skip
        act = prepare(desk.gateway, "issue", message, ["maker", "checker"])
        carry(desk, act, How(keys, out, wait), receivable=format_id(int(terms["root"])))

    run(context, as_json, work)


@app.command()
def accept(
    context: typer.Context,
    receivable: Annotated[str, typer.Argument(help="id of the offered receivable")],
    invoices: Annotated[
        list[str] | None,
        typer.Option(
            "--invoice", help="NULLIFIER=MINOR-UNITS of the offer; by default read from your own node"
        ),
    ] = None,
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Accept a receivable that was offered: from then on it is irrevocable."""

    def work(desk: Desk) -> None:
        number = parse_id(receivable)
        row = desk.gateway.get(f"/receivables/{number}")
        pairs = to_invoices(invoices) if invoices else offered_invoices(desk.settings, number)
        message = {
            "root": str(number), "payee": row["payee"],
            "invoices": "0x" + invoices_hash([key for key, _ in pairs], [amount for _, amount in pairs]).hex(),
            "expiresAt": expiry(desk, expires_days), "evidence": hash_of(evidence),
        }  # fmt: skip
        act = prepare(desk.gateway, "accept", message, ["payee"])
        carry(desk, act, How(keys, out, wait), receivable=format_id(number))

    run(context, as_json, work)


@app.command()
def split(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help="id of the certificate")],
    amount: Annotated[str, typer.Option(help="decimal text: what the new certificate is worth")],
    to: Annotated[int, typer.Option(help="party number of who gets it; by default the holder itself")] = 0,
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Split a part off a certificate; to somebody else, holder and acquirer sign the same act."""

    def work(desk: Desk) -> None:
        act, child = _split(desk, title, amount, to, evidence, expires_days)
        carry(desk, act, How(keys, out, wait), title=child)

    run(context, as_json, work)


@app.command()
def offer(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help="id of the certificate")],
    to: Annotated[int, typer.Option(help="party number of who may take it")],
    out: Annotated[Path, typer.Option(help="file for the acquirer, who signs it with `submit`")],
    amount: Annotated[str, typer.Option(help="decimal text: only this part; by default all of it")] = "",
    keys: Keys = None,
    evidence: Evidence = None,
    expires_days: Days = 30,
    as_json: Json = False,
) -> None:
    """Offer a certificate, or a part: the holder signs, the acquirer submits. `withdraw` takes it back."""

    def work(desk: Desk) -> None:
        if amount:
            act, child = _split(desk, title, amount, to, evidence, expires_days)
        else:
            row = _title(desk, title)
            child = row["title"]
            message = {
                "title": row["id"], "sequence": row["sequence"], "to": to,
                "expiresAt": expiry(desk, expires_days), "evidence": hash_of(evidence),
            }  # fmt: skip
            act = prepare(desk.gateway, "assign", message, ["holder", "acquirer"])
        carry(desk, act, How(keys, out, 0), title=child)

    run(context, as_json, work)


@app.command()
def withdraw(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help="id of the certificate, or of the warehouse receipt")],
    keys: Keys = None,
    out: Out = None,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Make every act on a certificate or warehouse receipt void that its holder signed and nobody submitted."""

    def work(desk: Desk) -> None:
        row = _title_or_receipt(desk, title)
        message = {
            "title": row["id"], "sequence": row["sequence"], "expiresAt": expiry(desk, expires_days)
        }  # fmt: skip
        act = prepare(desk.gateway, "withdraw", message, ["holder"])
        carry(desk, act, How(keys, out, wait), title=format_id(int(row["id"])))

    run(context, as_json, work)


@app.command()
def pledge(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help="id of the certificate")],
    facility: Annotated[int, typer.Option(help="number of the lender's facility")],
    amount: Annotated[
        str, typer.Option(help="decimal text: pledge only this part; by default all of it")
    ] = "",
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Lock a certificate, or a part of it, to a facility: holder and lender sign the same act."""

    def work(desk: Desk) -> None:
        row = _title(desk, title)
        part = to_minor(amount, row["currency"]) if amount else int(row["amount_minor"])
        whole = part == int(row["amount_minor"])
        child = 0 if whole else new_part(int(row["holder"]))
        message = {
            "title": row["id"], "sequence": row["sequence"], "facility": facility, "child": str(child),
            "quantity": part, "expiresAt": expiry(desk, expires_days), "evidence": hash_of(evidence),
        }  # fmt: skip
        act = prepare(desk.gateway, "lock", message, ["holder", "lender"])
        carry(desk, act, How(keys, out, wait), title=row["title"] if whole else format_id(child))

    run(context, as_json, work)


@app.command()
def submit(
    context: typer.Context,
    source: Annotated[Path, typer.Option("--in", help="an act that another command wrote with --out")],
    signature: Annotated[
        list[str] | None, typer.Option(help="PART=0x… of a wallet or HSM, 64 bytes as in EIP-2098")
    ] = None,
    keys: Keys = None,
    out: Out = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Add signatures to an act that was written with --out, and post it, or pass it on with --out again."""

    def work(desk: Desk) -> None:
        act = ActFile.read(source)
        act.put(signature or [])
        carry(desk, act, How(keys, out, wait))

    run(context, as_json, work)


def carry(desk: Desk, act: ActFile, how: How, beside: Mapping[str, Any] | None = None, **made: str) -> None:
    """Sign, then write the act for the next signer or post it and wait; `beside` goes into the JSON. Raises Failed."""
    act.sign(how.keys or [])
    told = {"function": act.function, "digest": "0x" + act.digest.hex(), **made, **(beside or {})}
    if how.out is not None:
        act.write(how.out)
        missing = ", ".join(act.missing) or "nobody"
        desk.show(
            {**told, "file": str(how.out), "missing": act.missing, "typed_data": act.typed_data},
            f"{how.out}: {act.function}, to be signed by {missing}; digest {told['digest']}",
        )
        return
    if act.missing:
        raise Failed(
            Exit.UNUSABLE,
            f"{act.function} is not signed by {', '.join(act.missing)}: give --key PART=FILE, or write it with --out",
            missing=act.missing,
        )
    made_text = "".join(f", {name} {value}" for name, value in made.items())
    post(desk, act.body(), how.wait, told, made_text, key=act.key())


def post(
    desk: Desk,
    body: Mapping[str, Any],
    wait: float,
    told: Mapping[str, Any],
    made: str = "",
    *,
    key: str | None = None,
) -> None:
    """Post an instruction and wait for it; `told` goes into the JSON, `made` behind the sentence. Raises Failed."""
    function = body["function"]
    answer = desk.gateway.post("/instructions", {"instructions": [dict(body)]}, key=key)
    operation = {**told, **desk.gateway.wait(answer["operations"][0]["key"], wait)}
    if operation["state"] == "final":
        desk.show(operation, f"{function}: done in block {operation['block']}{made}")
    elif operation["state"] in ("refused", "failed"):
        why = operation["sentence"] or operation["error"] or operation["state"]
        raise Failed(
            Exit.REFUSED, f"{function}: {why} ({operation['reason']}, {operation['rule']})", **operation
        )
    else:
        raise Failed(
            Exit.PENDING, f"{function}: still {operation['state']}, ask for {operation['key']}", **operation
        )


def late_interest(desk: Desk) -> int:
    """What late interest is where nothing was agreed, parts per million a day (SME-17). Raises Failed."""
    found = desk.gateway.get("/rules/SME-17", as_of=today(desk).isoformat())
    given = found["parameters"].get("default_ppm_a_day")
    if not found["in_force"] or given is None:
        raise Failed(Exit.UNUSABLE, "SME-17 sets no late interest today: give --late-ppm")
    return int(given)


def list_proposals(desk: Desk) -> None:
    """What may be confirmed."""
    names = ("matches", "proposals", "exceptions")
    report = {name: list(desk.gateway.pages(f"/{name}", name)) for name in names}
    rows = [
        {**each, "from": (each["seller"] or {}).get("name", ""), "to": (each["buyer"] or {}).get("name", "")}
        for each in report["proposals"]
    ]
    desk.table(report, rows, ("key", "from", "to", "amount", "currency", "due"))


def _split(
    desk: Desk, title: str, amount: str, to: int, evidence: Path | None, expires_days: int
) -> tuple[ActFile, str]:
    row = _title(desk, title)
    holder = int(row["holder"])
    child = new_part(holder)
    message = {
        "title": row["id"], "sequence": row["sequence"], "child": str(child),
        "quantity": to_minor(amount, row["currency"]), "to": to or holder,
        "expiresAt": expiry(desk, expires_days), "evidence": hash_of(evidence),
    }  # fmt: skip
    needs = ["holder"] if to in (0, holder) else ["holder", "acquirer"]
    return prepare(desk.gateway, "split", message, needs), format_id(child)


def _title(desk: Desk, text: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.gateway.get(f"/titles/{parse_id(text)}")
    return found


def _title_or_receipt(desk: Desk, text: str) -> dict[str, Any]:
    """A certificate, or else a warehouse receipt: their ids tell nobody which of both they are. Raises Failed."""
    try:
        return _title(desk, text)
    except Failed as failed:
        if failed.document.get("rule") != "UNKNOWN_TITLE":
            raise
    found: dict[str, Any] = desk.gateway.get(f"/warehouse-receipts/{parse_id(text)}")
    return found
