"""Commands about risk: who comes first, who owes how much, who is overdue, what finance costs, and declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.adapters.ledger import acts, declared
from gateway.cli_app import AsOf, Json, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import read_key
from gateway.cli_words import read_json
from gateway.ids import parse_id
from gateway.services.declaration_kinds import KINDS, kind_of, read

Keys = Annotated[
    list[Path] | None,
    typer.Option("--key", help="key file of a person who signs, in the order of the kind's signers; repeat"),
]
Signed = Annotated[
    list[str] | None,
    typer.Option("--signature", help="64 bytes in hex of a person who signed elsewhere, before the keys'"),
]


@app.command()
def priority(
    context: typer.Context,
    certificate: Annotated[str, typer.Argument(help="id of the certificate")],
    amount: Annotated[
        str, typer.Option(help="decimal text: to be distributed; by default what it claims")
    ] = "",
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Who comes first among all who claim a certificate, why, and what each gets (CC-768, GI-66)."""

    def work(desk: Desk) -> None:
        params = _given(amount=amount, as_of=as_of)
        found = desk.gateway.get(f"/titles/{parse_id(certificate)}/priority", **params)
        desk.table(
            found, found["claims"],
            ("rank", "claimant", "instrument", "standing", "registered_at", "notified_at", "amount", "gets", "short"),
        )  # fmt: skip
        if not desk.as_json:
            names = {each["claim"]: each["claimant"] for each in found["claims"]}
            lines = [
                f"{names[each['first']]} {'beside' if each['equal'] else 'before'} {names[each['second']]}: "
                f"{each['sentence']} ({each['rule']})"
                for each in found["because"]
            ]
            desk.show(
                found, *lines, f"left for the holder {found['holder']}: {found['rest']} {found['currency']}"
            )

    run(context, as_json, work)


@app.command()
def exposures(
    context: typer.Context,
    lender: Annotated[int, typer.Argument(help="the lender's party number")],
    currency: Annotated[str, typer.Option(help="ISO 4217")] = "CNY",
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """How near a lender is to each of its limits (S25, F205); ends with 1 when one is broken."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get("/exposures", lender=lender, currency=currency, **_given(as_of=as_of))
        columns = ("dimension", "subject", "used", "limit", "headroom", "level", "rule", "source")
        desk.table(found, found["limits"], columns)
        if any(each["level"] == "breach" for each in found["limits"]):
            raise SystemExit(Exit.REFUSED)

    run(context, as_json, work)


@app.command()
def ladder(
    context: typer.Context,
    lender: Annotated[int, typer.Argument(help="the lender's party number")],
    currency: Annotated[str, typer.Option(help="ISO 4217")] = "CNY",
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Where a lender's facilities stand on the stop-loss ladder, and where the facts call for (S25)."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get("/ladder", lender=lender, currency=currency, **_given(as_of=as_of))
        columns = (
            "facility",
            "stands",
            "since",
            "called_for",
            "rules",
            "overdue_days",
            "coverage_bps",
            "exposure",
        )
        desk.table(found, found["facilities"], columns)

    run(context, as_json, work)


@app.command()
def overdue(context: typer.Context, as_of: AsOf = "", as_json: Json = False) -> None:
    """Debtors that have not paid in time, and the stops and cures that calls for (CN77-15)."""

    def work(desk: Desk) -> None:
        late = desk.gateway.get("/overdue", **_given(as_of=as_of))
        stops = desk.gateway.get("/stops", **_given(as_of=as_of))
        rows = [{"debtor": each["debtor"], **due} for each in late["overdue"] for due in each["dues"]]
        columns = ("debtor", "kind", "reference", "in_time_until", "unpaid_minor", "overdue_days")
        desk.table({**late, "stops": stops["stops"], "proposed": stops["proposed"]}, rows, columns)
        if not desk.as_json:
            lines = [f"stopped: {each['debtor']} until {each['until']}" for each in stops["stops"]]
            lines += [
                f"{each['function']} {each['debtor']}: {' '.join(each['causes']) or 'everything is paid.'} "
                f"({each['rule']}); digest {each['digest']}"
                for each in stops["proposed"]
            ]
            desk.show(stops, *lines)

    run(context, as_json, work)


@app.command()
def lenders(
    context: typer.Context,
    certificate: Annotated[str, typer.Argument(help="id of the certificate to be financed")],
    amount: Annotated[
        str, typer.Option(help="decimal text: how much; by default what each offer lends")
    ] = "",
    as_json: Json = False,
) -> None:
    """What every lender's standing offer would cost for a certificate, the cheapest for its holder first (S2)."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get("/offers-of-finance", title=certificate, **_given(amount=amount))
        columns = (
            "lender", "form", "lent", "interest", "interest_borne_by", "fee", "net_paid_out", "repaid",
            "all_in_rate_ppm", "unfit", "offer",
        )  # fmt: skip
        desk.table(found, found["offers"], columns)

    run(context, as_json, work)


@app.command()
def choose(
    context: typer.Context,
    certificate: Annotated[str, typer.Argument(help="id of the certificate to be financed")],
    offer: Annotated[str, typer.Option(help="the offer's name, as `lenders` shows it")],
    key: Annotated[Path, typer.Option(help="key file of a person who may borrow for the holder")],
    amount: Annotated[str, typer.Option(help="decimal text: how much; as it was compared")] = "",
    as_json: Json = False,
) -> None:
    """Choose a lender's offer: the choice is signed and kept, and the acts to be signed next are prepared (S2)."""

    def work(desk: Desk) -> None:
        found = desk.gateway.get("/offers-of-finance", title=certificate, **_given(amount=amount))
        row = next((each for each in found["offers"] if each["offer"] == offer), None)
        if row is None or row["choice"] is None:
            why = "no such offer stands" if row is None else "; ".join(row["unfit"])
            raise Failed(Exit.REFUSED, f"the offer cannot be had: {why}", offer=offer)
        to_sign = row["choice"]
        fields = to_sign["fields"]
        if (fields["offer"], fields["comparison"], fields["amount"]) != (
            offer,
            found["comparison"],
            row["lent"],
        ):
            raise Failed(
                Exit.REFUSED, "GATEWAY-ALTERED: what is to be signed is not what was shown", offer=offer
            )
        body = {
            "title": fields["title"], "comparison": fields["comparison"], "document": fields["document"],
            "signatures": _signatures("choice of lender", fields, to_sign, [], [key]), **_given(amount=amount),
        }  # fmt: skip
        kept = desk.gateway.post(f"/offers-of-finance/{offer}/choose", body)
        lines = [
            f"{act['function']}: to be signed by {', '.join(act['signers'])}; "
            + (
                f"digest {act['digest']}"
                if act["digest"]
                else f"{', '.join(act['missing'])} still to be filled in"
            )
            for act in kept["acts"]
        ]
        desk.show(kept, f"lender {kept['lender']} is chosen: {kept['choice']}", *lines)

    run(context, as_json, work)


@app.command()
def declare(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help=f"one of: {', '.join(KINDS)}")],
    fields: Annotated[Path, typer.Option(help="JSON file with the kind's fields, all text")],
    keys: Keys = None,
    signatures: Signed = None,
    as_json: Json = False,
) -> None:
    """Declare something beside the ledger: a claim, a limit, an offer of finance … Who signs depends on the kind.

    With too few signatures nothing is sent: what is to be signed is shown, with the signatures there are.
    """

    def work(desk: Desk) -> None:
        given = {name: str(value) for name, value in read_json(fields).items()}
        to_sign = desk.gateway.post("/declarations/prepare", {"kind": kind, "fields": given})
        signed = _signatures(kind, given, to_sign, signatures or [], keys or [])
        if len(signed) < len(to_sign["signers"]):
            missing = to_sign["signers"][len(signed) :]
            desk.show(
                {**to_sign, "signatures": signed, "missing": missing},
                f"{kind}: still to be signed by {', '.join(missing)}; digest {to_sign['declaration']}",
                *(f"--signature {each}" for each in signed),
            )
            return
        kept = desk.gateway.post("/declarations", {"kind": kind, "fields": given, "signatures": signed})
        desk.show(kept, f"{kind} of party {kept['party']} is kept: {kept['declaration']}")

    run(context, as_json, work)


def _signatures(
    name: str,
    given: Mapping[str, str],
    to_sign: Mapping[str, Any],
    before: Sequence[str],
    keys: Sequence[Path],
) -> list[str]:
    """Those there are and those of the keys, over a digest reckoned here. Raises Failed when what the gateway prepared
    is not what was asked for.
    """
    kind = kind_of(name)
    fields = read(kind, given)
    domain = to_sign["typed_data"]["domain"]
    digest = declared.digest(
        acts.Domain(int(domain["chainId"]), str(domain["verifyingContract"])), kind, fields
    )
    if "0x" + digest.hex() != to_sign["declaration"] or to_sign["fields"] != fields:
        raise Failed(Exit.REFUSED, "GATEWAY-ALTERED: the gateway prepared something else", kind=name)
    return [*before, *("0x" + b"".join(acts.sign(read_key(path), digest)).hex() for path in keys)]


def _given(**params: str) -> dict[str, str]:
    return {name: value for name, value in params.items() if value}
