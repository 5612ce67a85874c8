"""Where a certificate's money goes, and what of it has come."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.domain.calendar import day_of, iso
from gateway.ports.verification import Dossier, Event
from gateway.services.verdict import FACTS, LIVE, NOTE, Check, measured, signatures, signer, who


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
    said = f"{measured(dossier, title['paid'])} of {measured(dossier, title['quantity'])} has been paid."
    sums = {"received": "received", "distributed": "distributed", "removed": "settled early"}
    evidence = [(f"root: {label}", measured(dossier, amounts[name])) for name, label in sums.items()]
    evidence += [
        (f"certificate: {name}", measured(dossier, each)) for name, each in dossier.cash.items() if each
    ]
    evidence += [_line_evidence(dossier, event) for event in lines]
    evidence += [_fact_evidence(dossier, event) for event in facts]
    yield Check("payments", NOTE, not problems, said if not problems else "; ".join(problems) + ".", evidence)


def _line_evidence(dossier: Dossier, event: Event) -> tuple[str, str]:
    amount = measured(dossier, event.details.get("amount", 0))
    signers = "".join(f", signed by {signer(each)}" for each in signatures(event))
    return (f"{event.name}, block {event.block}", f"{amount}{signers}, transaction {event.transaction}")


def _fact_evidence(dossier: Dossier, event: Event) -> tuple[str, str]:
    details = event.details
    amount = measured(dossier, details["amount"])
    bank = f"party {details['bank']}, value day {iso(details['valueDay'])}, entry 0x{details['entry'].hex()}"
    signers = "".join(f", signed by {signer(each)}" for each in signatures(event))
    return (f"{FACTS.get(details['kind'], 'movement')}, block {event.block}", f"{amount} by {bank}{signers}")
