"""Whether a title stands where it stands by right: every step from its root signed, nothing gained or lost."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.domain.goods_records import Lot
from gateway.domain.records import flag_names
from gateway.ports.verification import BIRTHS, Dossier, Event, Fields
from gateway.services.receipt_facts import given_up
from gateway.services.verdict import AUTHENTIC, PHASES, Check, measured, noun


def exists(dossier: Dossier) -> Iterator[Check]:
    title, root = dossier.title, dossier.root
    if title is None:
        said = "the ledger has no certificate and no receipt of this number."
        if root is not None:
            kind = "receivable" if dossier.goods is None else "lot"
            phase = PHASES.get(root["phase"], "unknown")
            said = f"the {kind} of this number is {phase}: no {noun(dossier)} of it exists under this number."
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
            ("flags", ", ".join(flag_names(title["flags"])) or "none"),
            ("sequence", str(title["sequence"])),
            ("depth", str(title["depth"])),
        ],
    )


def lineage(dossier: Dossier) -> Iterator[Check]:
    if not dossier.is_title:
        return
    steps = [event for event in dossier.lineage if event.name not in ("PaidOut", "LatePaid")]
    problems = [f"{event.name} in block {event.block}: {event.problem}" for event in steps if event.problem]
    if not steps or steps[0].name not in BIRTHS:
        problems.append("the way from the root is not complete")
    said = f"{len(steps)} step(s) lead from the root to this {noun(dossier)}; every signature was recovered."
    yield Check("lineage", AUTHENTIC, not problems, said if not problems else "; ".join(problems) + ".")
    yield _conservation(dossier)
    same = dossier.replayed == dossier.title
    if dossier.goods is not None:
        same = same and dossier.goods.replayed == dossier.goods.sums
    said = "The events, replayed, give exactly what the contract stores."
    yield Check(
        "replay", AUTHENTIC, same, said if same else "the events do not give what the contract stores."
    )


def _conservation(dossier: Dossier) -> Check:
    faults = [f"{event.name} in block {event.block}" for event in dossier.lineage if not _conserves(event)]
    if dossier.goods is not None:
        faults += [f"the lot at {event.name} in block {event.block}" for event in dossier.goods.unexplained]
    total = sum(dossier.quantities.values())
    pieces = f"{noun(dossier)}s of the root make {measured(dossier, total)}"
    if dossier.root is not None and total != _nominal(dossier, dossier.root):
        faults.append(f"all {pieces}")
    said = f"No split or merge changed the sum; the {len(dossier.quantities)} {pieces}."
    return Check(
        "conservation",
        AUTHENTIC,
        not faults,
        said if not faults else "quantities are not conserved: " + "; ".join(faults) + ".",
    )


def _nominal(dossier: Dossier, root: Fields) -> int:
    """What titles of the root stand for in all: what was promised, or came in and was not handed over."""
    return root["quantity"] if dossier.goods is None else Lot.of(dossier.goods.sums).nominal(root["quantity"])


def _conserves(event: Event) -> bool:
    """Whether the titles that an event touched are together as much after it as before, and what left its lot."""
    if event.before is None:
        return event.name in BIRTHS
    before = sum(fields["quantity"] for _, fields, _ in event.sides if fields is not None)
    after = sum(fields["quantity"] for _, _, fields in event.sides if fields is not None)
    return before == after + (given_up(event) if event.name == "HandedOver" else 0)
