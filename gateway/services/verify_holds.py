"""What has a hold on a certificate, and what else a careful reader wants to know."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.domain.calendar import day_of, iso
from gateway.domain.records import Form
from gateway.ports.verification import Dossier, Event, Facility, Fields
from gateway.services.verdict import (
    ADMITTED,
    FACTS,
    FREE,
    FROZEN,
    LIVE,
    NOTE,
    PHASES,
    Check,
    all_events,
    flags,
    money,
    signatures,
    signer,
    who,
)

# ── Free ────────────────────────────────────────────────────────────────────────────────────────────────────


def holds(dossier: Dossier) -> Iterator[Check]:
    title, root = dossier.title, dossier.root
    if title is None or root is None:
        return
    dead = [name for name in flags(title["flags"]) if name in ("spent", "settled")]
    alive = not dead and root["phase"] == LIVE
    said = f"it is {' and '.join(dead)}." if dead else f"the receivable is {PHASES.get(root['phase'])}."
    yield Check("live", FREE, alive, "It is neither spent nor settled." if alive else said)
    yield _lock(dossier, title)
    yield _freeze(dossier, title)
    today = day_of(dossier.place.time)
    left = root["due_day"] - today
    due = iso(root["due_day"])
    said = f"It can be assigned and pledged until its due day {due}, {left} day(s) from now."
    past = f"its due day {due} has come: from then on nothing moves but money."
    yield Check("before-due", FREE, left > 0, said if left > 0 else past)


def _lock(dossier: Dossier, title: Fields) -> Check:
    facility = dossier.facility
    if not title["lock"] or facility is None:
        return Check("unlocked", FREE, True, "It secures nothing.")
    terms = facility.terms
    owed = money(dossier, terms["used"])
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
            ("limit", money(dossier, terms["limit_amount"])),
            ("reserved and outstanding", owed),
            ("loans", str(terms["loans"])),
            ("written off, still claimed", str(terms["written_off"])),
            ("face value locked", money(dossier, facility.collateral["face"])),
        ],
    )


def _bound(title: Fields, facility: Facility) -> str:
    """How a facility's form binds a certificate (decision 8: pledge, purchase, assignment with recourse)."""
    lender = f"party {facility.terms['lender']}"
    if facility.form is Form.PLEDGE:
        return f"pledged to {lender}"
    if title["holder"] != facility.terms["lender"]:
        return f"set aside for its sale to {lender}"
    return f"bought by {lender}, with recourse to its seller,"


def _freeze(dossier: Dossier, title: Fields) -> Check:
    if not title["flags"] & FROZEN:
        return Check("unfrozen", FREE, True, "No order stands against it.")
    orders = [event for event in dossier.others if event.name == "Ordered"]
    order = orders[-1].details["order"].hex() if orders else "unknown"
    until = iso(dossier.frozen_until_day)
    freezes = [event for event in dossier.lineage if event.name == "Frozen"]
    return Check(
        "unfrozen",
        FREE,
        False,
        f"it is frozen by an order until {until}.",
        [("order", f"0x{order}"), ("until", until), *who(freezes[-1:])],
    )


# ── Notes ───────────────────────────────────────────────────────────────────────────────────────────────────


def pay_to(dossier: Dossier) -> Iterator[Check]:
    """CC-546: whom the debtor pays today, and where that money goes, since when."""
    title, root, facility = dossier.title, dossier.root, dossier.facility
    if title is None or root is None or root["phase"] != LIVE:
        return
    bank = f"The debtor pays its clearing bank, party {root['clearing_bank']}, whoever holds the certificate"
    if title["lock"] and facility is not None:
        goes = f"the collection account of facility {facility.number} of party {facility.terms['lender']}"
    else:
        goes = f"the account that its holder, party {title['holder']}, has bound on that day"
    since = [event for event in dossier.lineage if event.title == dossier.number and _turned(event)][-1:]
    when = "".join(f", since {iso(day_of(event.time))}" for event in since)
    yield Check("pay-to", NOTE, True, f"{bank}; what it passes on goes to {goes}{when}.", who(since))


def _turned(event: Event) -> bool:
    """Whether it made the money go elsewhere than before."""
    before = event.before or {}
    return event.after is not None and any(
        before.get(name) != event.after[name] for name in ("holder", "lock")
    )


def payments(dossier: Dossier) -> Iterator[Check]:
    title, root, amounts = dossier.title, dossier.root, dossier.money
    if title is None or root is None:
        return
    lists = [event for event in dossier.lineage if event.name in ("PaidOut", "LatePaid", "SettledEarly")]
    lines = [event for event in lists if event.title == dossier.number]
    facts = [event for event in dossier.others if event.name == "FactRecorded"]
    problems = [
        f"{each.name} in block {each.block}: {each.problem}" for each in [*lines, *facts] if each.problem
    ]
    said = f"{money(dossier, title['paid'])} of {money(dossier, title['quantity'])} has been paid."
    sums = {"received": "received", "distributed": "distributed", "removed": "settled early"}
    evidence = [(f"root: {label}", money(dossier, amounts[name])) for name, label in sums.items()]
    evidence += [
        (f"certificate: {name}", money(dossier, each)) for name, each in dossier.cash.items() if each
    ]
    evidence += [_line_evidence(dossier, event) for event in lines]
    evidence += [_fact_evidence(dossier, event) for event in facts]
    yield Check("payments", NOTE, not problems, said if not problems else "; ".join(problems) + ".", evidence)


def _line_evidence(dossier: Dossier, event: Event) -> tuple[str, str]:
    amount = money(dossier, event.details.get("amount", 0))
    signers = "".join(f", signed by {signer(each)}" for each in signatures(event))
    return (f"{event.name}, block {event.block}", f"{amount}{signers}, transaction {event.transaction}")


def _fact_evidence(dossier: Dossier, event: Event) -> tuple[str, str]:
    details = event.details
    amount = money(dossier, details["amount"])
    bank = f"party {details['bank']}, value day {iso(details['valueDay'])}, entry 0x{details['entry'].hex()}"
    signers = "".join(f", signed by {signer(each)}" for each in signatures(event))
    return (f"{FACTS.get(details['kind'], 'movement')}, block {event.block}", f"{amount} by {bank}{signers}")


def parties(dossier: Dossier) -> Iterator[Check]:
    if dossier.root is None:
        return
    today = day_of(dossier.place.time)
    odd = [
        f"party {number} is {state}"
        for number, fields in dossier.parties.items()
        for state in _states(fields, today)
    ]
    said = "Debtor, holder and banks are admitted, none suspended or stopped."
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
