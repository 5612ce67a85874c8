"""`tallystick money`: booked money about which a person decides, what is held, and where ordered payments stand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from gateway.cli_acts import Days, How, Keys, Out, Wait, carry
from gateway.cli_app import Json, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import prepare
from gateway.cli_words import expiry, to_account, to_date, to_minor
from gateway.ids import format_id, parse_id

money = typer.Typer(
    help="Money that needs a person: the queue and its ways out, held money, ordered payments."
)
app.add_typer(money, name="money")

Id = Annotated[str, typer.Argument(help="id of the exception, as `money list` shows it")]
PersonOf = Annotated[str, typer.Option(help="who decides")]
Reason = Annotated[str, typer.Option(help="why, in words others will read")]
Try = Annotated[bool, typer.Option("--dry-run", help="say what would happen, and keep nothing")]
Key = Annotated[str, typer.Option(help="idempotency key: the same once more has no second effect")]

_QUEUE = ("id", "rule", "age_days", "amount", "currency", "account", "reference", "part", "may_be")
_HELD = ("title", "holder", "clearing_bank", "amount", "currency", "because")
_ORDERS = ("end_to_end", "kind", "state", "amount", "settled", "returned", "reversed", "currency", "problem")


@money.command("list")
def queue(context: typer.Context, as_json: Json = False) -> None:
    """Every entry about which a person has to decide, the oldest first; ends with 1 when there is any."""

    def work(desk: Desk) -> None:
        rows = list(desk.gateway.pages("/exceptions/money", "exceptions"))
        shown = [{**row, "may_be": _may_be(row)} for row in rows]
        desk.table({"exceptions": rows}, shown, _QUEUE)
        if rows:
            raise typer.Exit(Exit.REFUSED)

    run(context, as_json, work)


@money.command()
def show(context: typer.Context, exception: Id, as_json: Json = False) -> None:
    """One entry: why it waits, what the bank told of it, what it may be about."""

    def work(desk: Desk) -> None:
        row = _find(desk, exception)
        lines = [
            f"{row['id']}  {row['rule']}: {row['problem']}",
            f"{row['amount']} {row['currency']} on {row['account']} at {row['bic']}, {row['value_day']}, "
            f"entry {row['reference']}, {row['age_days']} days old",
        ]
        lines += [f"the bank told: {_told(each)}" for each in row["transactions"]]
        lines += [f"its own transactions name {_part(each)}" for each in row["parts"]]
        lines += [f"may be {_candidate(each)}" for each in row["candidates"]]
        if row["proposed"] is not None:
            proposed = row["proposed"]
            lines.append(f"{proposed['exit']} proposed by {proposed['person']}: {proposed['decision']}")
        desk.show(row, *lines)

    run(context, as_json, work)


@money.command()
def allocate(
    context: typer.Context,
    exception: Id,
    person: PersonOf,
    reason: Reason,
    parts: Annotated[
        list[str] | None,
        typer.Option(
            "--part",
            help="KIND=ID=AMOUNT, such as RECEIVED=101-1=60.00; of a protector with its loan, "
            "PROTECTED=16-1/201-9=60.00; BACK==5.00 goes back",
        ),
    ] = None,
    dry_run: Try = False,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Say what an entry is about, in parts that add up to it; without --part, as its own transactions name it."""

    def work(desk: Desk) -> None:
        listed = [_read_part(each) for each in parts or ()] or _find(desk, exception)["parts"]
        if not listed:
            raise Failed(Exit.UNUSABLE, "the entry names no parts of its own: give --part")
        body = {"person": person, "reason": reason, "parts": listed}
        _decide(desk, f"/exceptions/money/{exception}/allocate", body, dry_run, key)

    run(context, as_json, work)


@money.command()
def link(
    context: typer.Context,
    exception: Id,
    person: PersonOf,
    reason: Reason,
    payment: Annotated[str, typer.Option(help="end-to-end id of the expected payment that it is")] = "",
    entries: Annotated[
        list[str] | None, typer.Option("--entry", help="reference of an entry that tells of this movement")
    ] = None,
    message: Annotated[str, typer.Option(help="id of the message that holds, of those that differ")] = "",
    dry_run: Try = False,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Say which payment an entry is, which other entries tell of it, or which of contradicting messages holds."""

    def work(desk: Desk) -> None:
        body: dict[str, Any] = {"person": person, "reason": reason, "entries": entries or []}
        body |= {"end_to_end": payment or None, "message": message or None}
        _decide(desk, f"/exceptions/money/{exception}/link", body, dry_run, key)

    run(context, as_json, work)


@money.command("return")
def send_back(
    context: typer.Context,
    exception: Id,
    person: PersonOf,
    reason: Reason,
    payee: Annotated[
        str, typer.Option(help="BIC/ACCOUNT/NAME; by default who paid, where the bank told")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="where to write the order (pain.001) that sends it back")
    ] = None,
    day: Annotated[str, typer.Option(help="day of that order, YYYY-MM-DD")] = "",
    dry_run: Try = False,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Send an entry's money back. The debit entry that bears the order's id ends the matter."""

    def work(desk: Desk) -> None:
        if (out is None) != (not day):
            raise Failed(Exit.UNUSABLE, "--out and --day go together")
        body: dict[str, Any] = {"person": person, "reason": reason}
        if payee:
            to = to_account(payee)
            body["payee"] = {"name": to.name, "account": to.account.number, "bic": to.bic}
        found = _decide(desk, f"/exceptions/money/{exception}/return", body, dry_run, key)
        if out is not None and not dry_run and found["step"] != "proposed":
            path = f"/exceptions/money/{exception}/pain.001"
            out.write_bytes(desk.gateway.download(path, day=to_date(day).isoformat()))

    run(context, as_json, work)


@money.command()
def second(
    context: typer.Context,
    decision: Annotated[str, typer.Argument(help="id of the decision that was proposed")],
    person: PersonOf,
    reason: Reason,
    dry_run: Try = False,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Agree, as a second person, to what another one proposed."""

    def work(desk: Desk) -> None:
        path = f"/exceptions/money/decisions/{decision}/second"
        _decide(desk, path, {"person": person, "reason": reason}, dry_run, key)

    run(context, as_json, work)


@money.command()
def instructions(context: typer.Context, as_json: Json = False) -> None:
    """Where every payment stands that a payer was given to order."""

    def work(desk: Desk) -> None:
        rows = list(desk.gateway.pages("/payment-instructions", "instructions"))
        desk.table({"instructions": rows}, rows, _ORDERS)

    run(context, as_json, work)


@money.command("held")
def held(context: typer.Context, as_json: Json = False) -> None:
    """Money that is held, and why: an order stands, the line came back, or nothing holds it any more."""

    def work(desk: Desk) -> None:
        rows = list(desk.gateway.pages("/held-money", "held"))
        shown = [{**row, "title": format_id(int(row["title"]))} for row in rows]
        desk.table({"held": rows}, shown, _HELD)

    run(context, as_json, work)


@money.command()
def release(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help="id of the certificate whose money is held")],
    amount: Annotated[str, typer.Option(help="decimal text: only this part; by default all of it")] = "",
    keys: Keys = None,
    out: Out = None,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Release held money (releaseHeld): its clearing bank signs; then it is to be paid once more."""

    def work(desk: Desk) -> None:
        number = str(parse_id(title))
        rows = desk.gateway.pages("/held-money", "held")
        row = next((each for each in rows if each["title"] == number), None)
        if row is None:
            raise Failed(Exit.REFUSED, f"no money of {title} is held")
        if row["act"] is None:
            raise Failed(Exit.REFUSED, f"an order stands against {title}: its money stays held")
        part = to_minor(amount, row["currency"]) if amount else row["act"]["amount"]
        message = {**row["act"], "amount": part, "expiresAt": expiry(desk, expires_days)}
        carry(desk, prepare(desk.gateway, "releaseHeld", message, ["clearingBank"]), How(keys, out, wait))

    run(context, as_json, work)


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────


def _find(desk: Desk, exception: str) -> dict[str, Any]:
    for row in desk.gateway.pages("/exceptions/money", "exceptions"):
        if row["id"] == exception:
            return row
    raise Failed(Exit.REFUSED, f"EXCEPTION-UNKNOWN: {exception} does not wait for anybody")


def _decide(desk: Desk, path: str, body: dict[str, Any], dry_run: bool, key: str) -> dict[str, Any]:
    address = f"{path}?dry_run=true" if dry_run else path
    found: dict[str, Any] = desk.gateway.post(address, body, key=key or uuid4().hex)
    said = {
        "proposed": "proposed; a second person has to agree: `tallystick money second {decision}`",
        "decided": "decided; what comes out must still be signed or sent",
        "seconded": "agreed to; what comes out must still be signed or sent",
    }[found["step"]].format_map(found)
    tried = "would be " if dry_run else ""
    desk.show(found, f"{found['exit']} {found['decision']}: {tried}{said}", *map(_part, found["parts"]))
    return found


def _read_part(text: str) -> dict[str, Any]:
    kind, _, rest = text.partition("=")
    subject, _, amount = rest.partition("=")
    if not (kind and amount):
        raise Failed(Exit.UNUSABLE, f"{text}: a part is written KIND=ID=AMOUNT")
    subject, _, loan = subject.partition("/")
    named = {"kind": kind, "subject": str(parse_id(subject)) if subject else "0", "amount": amount}
    return named | ({"loan": str(parse_id(loan))} if loan else {})


def _part(part: dict[str, Any]) -> str:
    return f"{part['amount']} {part['kind']} {part.get('subject') or part['payee']['name']}"


def _candidate(each: dict[str, Any]) -> str:
    if each["entry"]:
        return f"what entry {each['entry']} tells of ({each['amount']})"
    return (
        f"{each['end_to_end']}: {each['kind']} {each['subject']}, {each['amount']} expected ({each['why']})"
    )


def _may_be(row: dict[str, Any]) -> str:
    return ", ".join(each["end_to_end"] or f"entry {each['entry']}" for each in row["candidates"][:2])


def _told(transaction: dict[str, Any]) -> str:
    names = ("amount", "end_to_end", "returned", "remittance", "instructed")
    told = [f"{name} {transaction[name]!r}" for name in names if name in transaction]
    payer = transaction.get("payer", {})
    return ", ".join([*told, *(f"payer {value}" for value in payer.values())])
