"""Commands about loans: what one would cost, the draw, how it stands, and the payment order that repays it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.adapters.kit.iso20022 import PaymentOrder, Transfer, build_pain001
from gateway.cli_acts import Days, Evidence, How, Keys, Out, Wait, carry
from gateway.cli_app import AsOf, Json, LoanId, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import prepare
from gateway.cli_words import (
    expiry,
    hash_of,
    new_part,
    per_cent,
    to_account,
    to_date,
    to_day,
    to_minor,
    to_ppm,
    today,
)
from gateway.domain.records import Terms
from gateway.ids import format_id, parse_id
from gateway.services.payments import FactKind, end_to_end_id


class TermsWord(StrEnum):
    """When which part of a loan is due, as it is typed."""

    BULLET = "bullet"
    EQUAL_INSTALMENTS = "equal-instalments"
    EQUAL_PRINCIPAL = "equal-principal"
    DISCOUNT = "discount"
    STATEMENT = "statement"
    INTEREST_ONLY = "interest-only"


class BasisWord(StrEnum):
    """Days a year of the interest, as it is typed."""

    BY_360 = "360"
    BY_365 = "365"
    ACTUAL = "actual"


BASES = {BasisWord.BY_360: "360", BasisWord.BY_365: "365", BasisWord.ACTUAL: "actual/actual"}
"""As the gateway names them, in the order of the ledger's codes."""


Count = Annotated[
    int,
    typer.Option(
        min=0, max=255, help="instalments, a month apart (1 to 60); of a statement its days free of interest"
    ),
]
MinimumDays = Annotated[int, typer.Option(min=0, max=255, help="days of interest that are paid for at least")]
GraceDays = Annotated[int, typer.Option(min=0, max=255, help="days after a due day that bear no penalty yet")]
PenaltyBps = Annotated[
    int, typer.Option(min=0, max=10_000, help="penalty on overdue principal, basis points of the rate")
]
Bought = Annotated[str, typer.Option(help="id of the certificate that is bought, where the facility buys")]
Offer = Annotated[str, typer.Option(help="the lender's offer of finance, whose fee counts in the cost")]
Look = Annotated[bool, typer.Option("--look", help="show schedule and cost only: sign nothing")]
Registration = Annotated[
    Path | None,
    typer.Option(help="the lender's declaration to the registry of movables: its SHA-256 is signed"),
]


@app.command()
def finance(
    context: typer.Context,
    facility: Annotated[int, typer.Argument(help="number of the facility")],
    amount: Annotated[str, typer.Option(help="decimal text: what is drawn")],
    rate: Annotated[str, typer.Option(help="per cent a year, such as 5.4; of a purchase 0")],
    due: Annotated[str, typer.Option(help="day the last of the loan falls due, YYYY-MM-DD")],
    terms: Annotated[TermsWord, typer.Option(help="when which part is due")] = TermsWord.BULLET,
    count: Count = 0,
    basis: Annotated[BasisWord, typer.Option(help="days a year of the interest")] = BasisWord.BY_360,
    minimum_days: MinimumDays = 0,
    title: Bought = "",
    penalty_bps: PenaltyBps = 5_000,
    grace_days: GraceDays = 0,
    offer: Offer = "",
    look: Look = False,
    registration: Registration = None,
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Draw under a facility, after its schedule and its cost were shown: borrower and the lender's two people sign.

    Under a facility of form purchase or recourse the draw names the certificate it buys, and of form lease the receipt
    that was leased under it: that moves when the pay-out is attested. A purchase without recourse bears no interest:
    its rate is 0. Terms that the ledger cannot hold to are refused before anybody signs, by the field at fault
    (DEC-16).
    """

    def work(desk: Desk) -> None:
        row = _facility(desk, facility, title)
        asked: dict[str, Any] = {
            "amount": amount, "rate_ppm": to_ppm(rate), "due": to_date(due).isoformat(),
            "terms": terms.replace("-", " "), "count": count, "basis": BASES[basis], "minimum_days": minimum_days,
            "grace_days": grace_days, "penalty_bps": penalty_bps,
        }  # fmt: skip
        drawn = to_minor(amount, row["currency"])
        more = {name: value for name, value in (("title", title), ("offer", offer)) if value}
        quote = desk.gateway.get(f"/facilities/{facility}/quote", **asked, **more)
        if look or not desk.as_json:
            show_quote(desk, quote)
        if look:
            return
        loan = new_part(int(row["borrower"]))
        message = {
            "loan": str(loan), "facility": facility, "title": str(parse_id(title)) if title else "0",
            "amount": drawn, **_agreed(asked), "registration": hash_of(registration),
            "expiresAt": expiry(desk, expires_days), "evidence": hash_of(evidence),
        }  # fmt: skip
        act = prepare(desk.gateway, "draw", message, ["borrower", "maker", "checker"])
        carry(desk, act, How(keys, out, wait), {"quote": quote}, loan=format_id(loan))

    run(context, as_json, work)


def _agreed(asked: Mapping[str, Any]) -> dict[str, int]:
    """What was asked for, as the act has it."""
    return {
        "rate": asked["rate_ppm"], "dueDay": to_day(asked["due"]), "basis": list(BASES.values()).index(asked["basis"]),
        "minimumDays": asked["minimum_days"], "penaltyBps": asked["penalty_bps"],
        "terms": int(Terms[asked["terms"].upper().replace(" ", "_")]), "count": asked["count"],
        "graceDays": asked["grace_days"],
    }  # fmt: skip


def _facility(desk: Desk, number: int, title: str) -> dict[str, Any]:
    rows = desk.gateway.pages("/facilities", "facilities")
    row = next((each for each in rows if each["facility"] == number), None)
    if row is None:
        raise Failed(Exit.REFUSED, f"there is no facility {number}")
    if bool(title) != (row["form"] != "pledge"):
        needed = "buys nothing: leave --title out" if title else "buys: name --title"
        raise Failed(Exit.UNUSABLE, f"facility {number}, of form {row['form']}, {needed}")
    return row


def show_quote(desk: Desk, quote: Mapping[str, Any]) -> None:
    """What a draw would cost, or its JSON."""
    columns = ("number", "due", "payment_day", "principal", "interest", "total")
    desk.table(quote, quote["instalments"], columns)
    if desk.as_json:
        return
    currency, rate, blocked = quote["currency"], quote["all_in_rate_ppm"], quote["draws_blocked"]
    why = f": {blocked['sentence']} ({blocked['rule']})" if blocked else ""
    all_in = "nothing is paid out" if rate is None else f"{per_cent(rate)} % a year, simple, fees included"
    desk.show(
        quote,
        f"{_terms(quote)}; {per_cent(quote['rate_ppm'])} % a year by {quote['basis']}",
        f"paid out {quote['net_paid_out']} {currency}, paid back {quote['repaid']}",
        f"cost {quote['cost']} {currency}: interest {quote['interest']} borne by the {quote['interest_borne_by']}, "
        f"fee {quote['fee']}",
        f"all of it: {all_in}",
        f"may be drawn today: {quote['drawable']} {currency}{why}",
    )


def _terms(found: Mapping[str, Any]) -> str:
    if found["terms"] == "statement":
        return f"statement, {found['count']} days free of interest"
    return f"{found['terms']}, {found['count']} times" if found["count"] else str(found["terms"])


@app.command()
def loan(
    context: typer.Context,
    loan: LoanId,
    day: Annotated[
        str, typer.Option(help="how it will stand on this day, YYYY-MM-DD, if nothing is paid before")
    ] = "",
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """One loan: its terms, every instalment with what is paid, open and overdue, and what is owed on a day."""

    def work(desk: Desk) -> None:
        number = parse_id(loan)
        past = {"as_of": as_of} if as_of else {}
        row = desk.gateway.get(f"/loans/{number}", **past)
        ahead = {"day": to_date(day).isoformat()} if day else {}
        found = desk.gateway.get(f"/loans/{number}/schedule", **past, **ahead)
        columns = (
            "number", "due", "payment_day", "penalty_free_until", "principal", "interest", "total", "paid", "open",
            "overdue_since",
        )  # fmt: skip
        desk.table({"loan": row, "schedule": found}, found["instalments"], columns)
        if not desk.as_json:
            desk.show(found, *_standing(row, found))

    run(context, as_json, work)


def _standing(row: Mapping[str, Any], found: Mapping[str, Any]) -> Sequence[str]:
    currency, due, settles = found["currency"], found["due"], found["settles"]
    paid_out = f"paid out {found['paid_out']}" if found["paid_out"] else "not paid out: as if it were today"
    late = f", overdue since {found['overdue_since']}" if found["overdue_since"] else ""
    return (
        f"loan {row['loan']}: {_terms(found)}; {per_cent(found['rate_ppm'])} % a year by {found['basis']}, penalty "
        f"{found['penalty_bps']} basis points of it after {found['grace_days']} days of grace; {paid_out}",
        f"{row['phase']}{late}",
        f"on {found['day']} due: {due['total']} {currency} (costs {due['costs']}, interest {due['interest']}, of it "
        f"penalty {due['penalty']}, principal {due['principal']})",
        f"on {found['day']} settled with {settles['total']} {currency}",
    )


@app.command()
def repay(
    context: typer.Context,
    loan: LoanId,
    amount: Annotated[str, typer.Option(help="decimal text: what is repaid")],
    payer: Annotated[str, typer.Option(help="the borrower's account, as BIC/ACCOUNT/NAME")],
    payee: Annotated[str, typer.Option(help="the facility's collection account, as BIC/ACCOUNT/NAME")],
    out: Annotated[Path, typer.Option(help="where to write the payment order (pain.001)")],
    day: Annotated[str, typer.Option(help="day of payment, YYYY-MM-DD; by default the chain's today")] = "",
    reference: Annotated[
        int, typer.Option(min=1, help="another number for another repayment on one day")
    ] = 1,
    as_json: Json = False,
) -> None:
    """Write the payment order with which a loan is repaid; it counts when the lender's bank attests the money."""

    def work(desk: Desk) -> None:
        number = parse_id(loan)
        row = desk.gateway.get(f"/loans/{number}")
        if row["phase"] not in ("outstanding", "written off"):
            raise Failed(Exit.REFUSED, f"nothing is owed on the loan {loan}", loan=loan)
        when = to_date(day) if day else today(desk)
        minor = to_minor(amount, row["currency"])
        part = int(f"{when:%Y%m%d}{reference}")
        end_to_end = end_to_end_id(FactKind.REPAYMENT, number, part)
        debtor, creditor = to_account(payer), to_account(payee)
        order = PaymentOrder(
            message_id=end_to_end,
            created_at=datetime(when.year, when.month, when.day, tzinfo=UTC),
            initiating_party=debtor.name,
            debtor=debtor,
            execution_day=when,
            transfers=(
                Transfer(end_to_end, minor, row["currency"], creditor, remittance=f"REPAYMENT {loan}"),
            ),
        )
        out.write_bytes(build_pain001(order))
        document = {
            "loan": row["loan"], "amount": amount, "currency": row["currency"], "end_to_end": end_to_end,
            "day": when.isoformat(), "file": str(out),
        }  # fmt: skip
        desk.show(
            document, f"{out}: {amount} {row['currency']} for loan {row['loan']}, reference {end_to_end}"
        )

    run(context, as_json, work)
