"""Whether a title stands where it stands by right: every step from its root signed, nothing gained or lost."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.ports.verification import Dossier, Event
from gateway.services.verdict import AUTHENTIC, PHASES, Check, flags, measured


def exists(dossier: Dossier) -> Iterator[Check]:
    title, root = dossier.title, dossier.root
    if title is None:
        said = "the ledger has no certificate of this number."
        if root is not None:
            phase = PHASES.get(root["phase"], "unknown")
            said = f"the receivable of this number is {phase}: no certificate of it exists under this number."
        yield Check("exists", AUTHENTIC, False, said)
        return
    yield Check(
        "exists",
        AUTHENTIC,
        True,
        f"Party {title['holder']} holds {measured(dossier, title['quantity'])}.",
        [
            ("holder", f"party {title['holder']}"),
            ("quantity", measured(dossier, title["quantity"])),
            ("paid", measured(dossier, title["paid"])),
            ("lock", f"facility {title['lock']}" if title["lock"] else "none"),
            ("flags", ", ".join(flags(title["flags"])) or "none"),
            ("sequence", str(title["sequence"])),
            ("depth", str(title["depth"])),
        ],
    )


def lineage(dossier: Dossier) -> Iterator[Check]:
    if not dossier.is_title:
        return
    steps = [event for event in dossier.lineage if event.name not in ("PaidOut", "LatePaid")]
    problems = [f"{event.name} in block {event.block}: {event.problem}" for event in steps if event.problem]
    if not steps or steps[0].name != "RootAccepted":
        problems.append("the way from the root is not complete")
    said = f"{len(steps)} step(s) lead from the root to this certificate; every signature was recovered."
    yield Check("lineage", AUTHENTIC, not problems, said if not problems else "; ".join(problems) + ".")
    yield _conservation(dossier)
    same = dossier.replayed == dossier.title
    said = "The events, replayed, give exactly what the contract stores."
    yield Check(
        "replay", AUTHENTIC, same, said if same else "the events do not give what the contract stores."
    )


def _conservation(dossier: Dossier) -> Check:
    faults = [f"{event.name} in block {event.block}" for event in dossier.lineage if not _conserves(event)]
    total = sum(dossier.quantities.values())
    if dossier.root is not None and total != dossier.root["quantity"]:
        faults.append(f"all certificates of the root make {measured(dossier, total)}")
    pieces = f"{len(dossier.quantities)} certificate(s) of the root make {measured(dossier, total)}"
    said = f"No split or merge changed the sum; the {pieces}."
    return Check(
        "conservation",
        AUTHENTIC,
        not faults,
        said if not faults else "quantities are not conserved: " + "; ".join(faults) + ".",
    )


def _conserves(event: Event) -> bool:
    """Whether the titles that an event touched are together as much after it as before."""
    if event.before is None:
        return event.name == "RootAccepted"
    before = sum(fields["quantity"] for _, fields, _ in event.sides if fields is not None)
    after = sum(fields["quantity"] for _, _, fields in event.sides if fields is not None)
    return before == after
