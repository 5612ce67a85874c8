"""Commands of a lender that enforces a loan: whom it may call, the costs it adds, the call itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.cli_acts import Days, Evidence, How, Keys, Out, Wait, carry
from gateway.cli_app import Json, LoanId, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import prepare
from gateway.cli_words import expiry, hash_of, to_minor
from gateway.ids import parse_id

_SHOWN = ("protection", "protector", "kind", "callable", "called_before", "paid", "claim", "rule")


@app.command()
def calls(context: typer.Context, loan: LoanId, as_json: Json = False) -> None:
    """Whom the lender may call for a loan now, for how much, and the rule that forbids the others (CC-392, CC-692)."""

    def work(desk: Desk) -> None:
        found = _calls(desk, loan)
        desk.table(found, found["calls"], _SHOWN)
        if not desk.as_json:
            for each in found["calls"]:
                if each["why"]:
                    desk.show(found, f"{each['protection']}: {each['why']}")
            desk.show(found, f"owed {found['owed']} {found['currency']} on {found['day']}")

    run(context, as_json, work)


@app.command()
def call(
    context: typer.Context,
    loan: LoanId,
    protection: Annotated[str, typer.Argument(help="id of the guarantee, share, reserve or insurance")],
    amount: Annotated[str, typer.Option(help="decimal text; by default all that may be called now")] = "",
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Call a protection for an overdue loan: the lender's maker and checker sign, and a reserve's custodian.

    Guarantors first, then partners, reserves, insurers; the debtor's own collateral before them all (CC-392, CC-692).
    """

    def work(desk: Desk) -> None:
        found = _calls(desk, loan)
        number = parse_id(protection)
        row = next((each for each in found["calls"] if each["id"] == str(number)), None)
        if row is None:
            raise Failed(Exit.REFUSED, f"{protection} does not stand behind the loan {loan}")
        if row["rule"]:
            raise Failed(Exit.REFUSED, f"{protection} is not called now: {row['why']} ({row['rule']})", **row)
        if not amount and not _minor(row["callable"], found["currency"]):
            raise Failed(Exit.REFUSED, f"nothing more of {protection} may be called now", **row)
        message = {
            "protection": row["id"], "loan": found["id"],
            "amount": to_minor(amount or row["callable"], found["currency"]),
            "calledBefore": _minor(row["called_before"], found["currency"]),
            "expiresAt": expiry(desk, expires_days), "evidence": hash_of(evidence),
        }  # fmt: skip
        needs = ["maker", "checker"] + ["custodian"] * (row["kind"] == "reserve")
        beside = {"others": found["others"], "titles": found["titles"]}
        act = prepare(desk.gateway, "callProtection", message, needs, **beside)
        carry(desk, act, How(keys, out, wait), protection=row["protection"], loan=found["loan"])

    run(context, as_json, work)


@app.command()
def costs(
    context: typer.Context,
    loan: LoanId,
    amount: Annotated[str, typer.Option(help="decimal text: what enforcing the loan cost")],
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Add costs of enforcement to an overdue loan: repaid first, and at most a fifth of what was lent (CC-561)."""

    def work(desk: Desk) -> None:
        found = _calls(desk, loan)
        message = {
            "loan": found["id"], "amount": to_minor(amount, found["currency"]),
            "costsBefore": _minor(found["costs_added"], found["currency"]),
            "expiresAt": expiry(desk, expires_days), "evidence": hash_of(evidence),
        }  # fmt: skip
        act = prepare(desk.gateway, "addCosts", message, ["maker", "checker"])
        carry(desk, act, How(keys, out, wait), loan=found["loan"])

    run(context, as_json, work)


def _calls(desk: Desk, loan: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.gateway.get(f"/loans/{parse_id(loan)}/calls")
    return found


def _minor(text: str, currency: str) -> int:
    """Minor units of an amount of the gateway's, which may be nothing."""
    return to_minor(text, currency) if text.strip("0.") else 0
