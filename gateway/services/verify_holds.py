"""What has a hold on a title, and what else a careful reader wants to know."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.domain.calendar import day_of, iso
from gateway.domain.records import Form, flag_names
from gateway.ports.verification import Dossier, Facility, Fields
from gateway.services.receipt_facts import ReceiptFacts
from gateway.services.verdict import (
    ADMITTED,
    FREE,
    FROZEN,
    LIVE,
    NOTE,
    PHASES,
    Check,
    all_events,
    money,
    signatures,
    signer,
    who,
)

# ── Free ────────────────────────────────────────────────────────────────────────────────────────────────────


def holds(dossier: Dossier, facts: ReceiptFacts | None) -> Iterator[Check]:
    title, root = dossier.title, dossier.root
    if title is None or root is None:
        return
    dead = [name for name in flag_names(title["flags"]) if name in ("spent", "settled")]
    alive = not dead and root["phase"] == LIVE
    said = f"the receivable is {PHASES.get(root['phase'])}." if facts is None else "the lot is closed."
    if dead:
        said = f"{facts.fate}." if facts is not None and facts.fate else f"it is {' and '.join(dead)}."
    yield Check("live", FREE, alive, "It is neither spent nor settled." if alive else said)
    yield _lock(dossier, title)
    yield _freeze(dossier, title)
    yield _before_due(dossier, root, facts)


def _before_due(dossier: Dossier, root: Fields, facts: ReceiptFacts | None) -> Check:
    left, due = root["due_day"] - day_of(dossier.place.time), iso(root["due_day"])
    passed, last, moves = ("assigned", "due day", "money") if dossier.goods is None else (
        "endorsed", "last day of storage", "the goods themselves"
    )  # fmt: skip
    if facts is not None and facts.fate:
        return Check("before-due", FREE, False, f"it can be {passed} and pledged no more: {facts.fate}.")
    said = f"It can be {passed} and pledged until its {last} {due}, {left} day(s) from now."
    if facts is not None and facts.bars:
        said = f"Its {last} is {due}, {left} day(s) from now."
    past = f"its {last} {due} has come: from then on nothing moves but {moves}."
    return Check("before-due", FREE, left > 0, said if left > 0 else past)


def _lock(dossier: Dossier, title: Fields) -> Check:
    facility = dossier.facility
    if not title["lock"] or facility is None:
        return Check("unlocked", FREE, True, "It secures nothing.")
    terms = facility.terms
    owed = money(terms["currency"], terms["used"])
    claims = (
        f", and {terms['written_off']} loan(s) written off are still claimed" if terms["written_off"] else ""
    )
    return Check(
        "unlocked",
        FREE,
        False,
        f"it is {_bound(title, facility)} under facility {facility.number}, where {owed} is drawn{claims}.",
        [
            ("facility", str(facility.number)),
            ("lender", f"party {terms['lender']}"),
            ("borrower", f"party {terms['borrower']}"),
            ("limit", money(terms["currency"], terms["limit_amount"])),
            ("reserved and outstanding", owed),
            ("loans", str(terms["loans"])),
            ("written off, still claimed", str(terms["written_off"])),
            ("face value locked", money(terms["currency"], facility.collateral["face"])),
        ],
    )


def _bound(title: Fields, facility: Facility) -> str:
    """How a facility's form binds a title (decision 8: pledge, purchase, assignment with recourse; or a lease)."""
    lender = f"party {facility.terms['lender']}"
    if facility.form is Form.PLEDGE:
        return f"pledged to {lender}"
    if facility.form is Form.LEASE:
        if title["holder"] != facility.terms["lender"]:
            return f"set aside for its lease by {lender}"
        return f"leased by {lender} to party {facility.terms['borrower']}, whose it is with the last rental,"
    if title["holder"] != facility.terms["lender"]:
        return f"set aside for its sale to {lender}"
    return f"bought by {lender}, with recourse to its seller,"


def _freeze(dossier: Dossier, title: Fields) -> Check:
    if not title["flags"] & FROZEN:
        return Check("unfrozen", FREE, True, "No order stands against it.")
    until = iso(dossier.frozen_until_day)
    freezes = [event for event in dossier.lineage if event.name == "Frozen"]
    return Check(
        "unfrozen",
        FREE,
        False,
        f"it is frozen by an order until {until}.",
        [("order", dossier.last_order or "unknown"), ("until", until), *who(freezes[-1:])],
    )


# ── Notes ───────────────────────────────────────────────────────────────────────────────────────────────────


def parties(dossier: Dossier) -> Iterator[Check]:
    if dossier.root is None:
        return
    today = day_of(dossier.place.time)
    odd = [
        f"party {number} is {state}"
        for number, fields in dossier.parties.items()
        for state in _states(fields, today)
    ]
    sides = "Debtor, holder and banks" if dossier.goods is None else "Keeper, inspector and holder"
    said = f"{sides} are admitted, none suspended or stopped."
    yield Check("parties", NOTE, not odd, said if not odd else "; ".join(odd) + ".")
    gone = [
        f"{signer(each)} ({event.name})"
        for event in all_events(dossier)
        for each in signatures(event)
        if each.revoked_since
    ]
    said = "No signer on the way has been revoked since."
    gone_said = "signed while valid, revoked since: " + "; ".join(sorted(set(gone))) + "."
    yield Check("signers-today", NOTE, not gone, said if not gone else gone_said)


def _states(fields: Fields, today: int) -> Iterator[str]:
    if not fields["kinds"]:
        yield "not admitted"
    elif fields["status"] != ADMITTED:
        yield "suspended"
    if fields["stopped"] and today <= fields["stopped_until_day"]:
        yield f"stopped from issuing until {iso(fields['stopped_until_day'])}"
