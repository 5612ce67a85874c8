"""The way from the root to one certificate, as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gateway.ports.verification import PARTINGS, Dossier, Event, Fields
from gateway.services.receipt_facts import delivered_by
from gateway.services.verdict import Branch, Step, signatures


def way(dossier: Dossier) -> Branch | None:
    """The titles on the way, each under the one it came out of; what was stored by itself, under what it went into.

    None when the events do not reach the root.
    """
    standing: dict[int, Fields] = {}
    parents: dict[int, int] = {}
    steps: dict[int, list[Step]] = {}
    for event in dossier.lineage:
        if event.title is None or event.after is None:
            continue
        steps.setdefault(event.title, []).extend(_steps(event))
        for number, before, after in event.sides:
            if after is not None:
                standing[number] = after
            if number != event.title and event.name in PARTINGS and before is None:
                parents[number] = event.title
    merged = [each for each in dossier.lineage if each.name == "Merged" and each.other is not None]
    for event in merged:
        title, other = event.title or 0, event.other or 0
        if other != dossier.number and other not in parents and _top(title, parents) != other:
            parents[other] = title
    first = _top(dossier.number, parents)
    if first not in standing or (dossier.goods is None and first != dossier.root_number):
        return None
    on_the_way = {dossier.number} | {event.title for event in dossier.lineage if event.title is not None}
    on_the_way |= {each.other for each in merged if each.other is not None}
    children: dict[int, list[int]] = {}
    for child, parent in sorted(parents.items()):
        if child in on_the_way:
            children.setdefault(parent, []).append(child)
    return _branch(first, standing, steps, children)


def _top(title: int, parents: Mapping[int, int]) -> int:
    while title in parents:
        title = parents[title]
    return title


def _branch(
    title: int,
    standing: Mapping[int, Fields],
    steps: Mapping[int, Sequence[Step]],
    children: Mapping[int, Sequence[int]],
) -> Branch:
    fields = standing[title]
    below = [_branch(each, standing, steps, children) for each in children.get(title, ())]
    return Branch(title, fields["holder"], fields["quantity"], steps.get(title, ()), below)


def _steps(event: Event) -> Iterator[Step]:
    """One for each title that came out of another; of anything else that happened, one."""
    for other, to_party, quantity in _moved(event):
        yield Step(
            event=event.name,
            title=event.title or 0,
            other=other,
            from_party=event.before["holder"] if event.before else 0,
            to_party=to_party,
            quantity=quantity,
            block=event.block,
            time=event.time,
            transaction=event.transaction,
            signatures=signatures(event),
            problem=event.problem,
        )


def _moved(event: Event) -> Iterator[tuple[int | None, int, int]]:
    """The other title, where the quantity went, and how much it was."""
    after = event.after or {"holder": 0, "quantity": 0}
    if event.name in PARTINGS:
        for number, before, fields in event.sides:
            if number != event.title and before is None and fields is not None:
                yield number, fields["holder"], fields["quantity"]
    elif event.name == "Merged" and event.other_before is not None:
        yield event.other, after["holder"], event.other_before["quantity"]
    elif event.name == "HandedOver":
        yield None, after["holder"], delivered_by(event)
    elif event.name in ("PaidOut", "LatePaid"):
        yield None, after["holder"], event.details["amount"]
    else:
        yield event.other, after["holder"], after["quantity"]
