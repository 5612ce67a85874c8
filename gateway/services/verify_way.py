"""The way from the root to one certificate, as a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.ports.verification import Dossier, Event, Fields
from gateway.services.verdict import Branch, Step, signatures


def way(dossier: Dossier) -> Branch | None:
    """The titles on the way, each under the one it was taken out of; None when the events do not reach the root."""
    if not dossier.lineage:
        return None
    standing: dict[int, Fields] = {}
    parents: dict[int, int] = {}
    steps: dict[int, list[Step]] = {}
    for event in dossier.lineage:
        if event.title is None or event.after is None:
            continue
        standing[event.title] = event.after
        steps.setdefault(event.title, []).append(_step(event))
        if event.other is not None and event.other_after is not None:
            standing[event.other] = event.other_after
            if event.name != "Merged":
                parents[event.other] = event.title
    if dossier.root_number not in standing:
        return None
    on_the_way = {dossier.number} | {event.title for event in dossier.lineage if event.title is not None}
    on_the_way |= {each.other for each in dossier.lineage if each.name == "Merged" and each.other is not None}
    children: dict[int, list[int]] = {}
    for child, parent in sorted(parents.items()):
        if child in on_the_way:
            children.setdefault(parent, []).append(child)
    return _branch(dossier.root_number, standing, steps, children)


def _branch(
    title: int,
    standing: Mapping[int, Fields],
    steps: Mapping[int, Sequence[Step]],
    children: Mapping[int, Sequence[int]],
) -> Branch:
    fields = standing[title]
    below = [_branch(each, standing, steps, children) for each in children.get(title, ())]
    return Branch(title, fields["holder"], fields["quantity"], steps.get(title, ()), below)


def _step(event: Event) -> Step:
    before: Mapping[str, Any] = event.before or {}
    after: Mapping[str, Any] = event.after or {}
    parted = event.name in ("Split", "Carved") and event.other_after is not None
    to = event.other_after["holder"] if parted and event.other_after else after.get("holder", 0)
    part = event.other_after["quantity"] if parted and event.other_after else after.get("quantity", 0)
    if event.name == "Merged" and event.other_before:
        part = event.other_before["quantity"]
    return Step(
        event=event.name,
        title=event.title or 0,
        other=event.other,
        from_party=before.get("holder", 0),
        to_party=to,
        quantity=event.details.get("amount", part) if event.name in ("PaidOut", "LatePaid") else part,
        block=event.block,
        time=event.time,
        transaction=event.transaction,
        signatures=signatures(event),
        problem=event.problem,
    )
