"""Which of a keeper's events count, each once, under whatever names, in whatever files and order they came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gateway.domain.stock import BY_CONTENT, Difference, Event, shown_time
from gateway.domain.trade import plain


@dataclass(frozen=True, slots=True)
class Settled:
    """A keeper's events that count, each once, in no order; what contested events tell of (lots by their full names,
    single things, logistic units), and those that were taken back and not corrected; and what is wrong."""

    events: tuple[Event, ...]
    contested: frozenset[str]
    uncorrected: frozenset[str]
    differences: frozenset[Difference]


def settle(events: Iterable[Event]) -> Settled:
    """Which of one keeper's events count."""
    told = [(event, event.name, event.content) for event in events]
    known_by = _known_by(told)
    versions: dict[str, dict[str, Event]] = defaultdict(dict)
    withdrawn: dict[str, set[str]] = defaultdict(set)
    for event, own, content in told:
        name = own if _numbered(own) else known_by[content]
        versions[name].setdefault(content, event if name == own else replace(event, id=name))
        if event.error is not None:
            withdrawn[name] |= set(event.error.corrected_by)
    differences: set[Difference] = set()
    contested: set[str] = set()
    uncorrected: set[str] = set()
    counting = []
    for name, contents in versions.items():
        if name in withdrawn:
            continue
        ways = [contents[content] for content in sorted(contents)]
        if len(ways) == 1:
            counting.append(ways[0])
            continue
        contested |= _told_of(ways)
        differences.add(_differs(name, ways))
    names = {own for _, own, _ in told}
    for name, corrections in withdrawn.items():
        keeper = next(iter(versions[name].values())).keeper
        for missing in corrections - names:
            uncorrected |= _told_of(versions[name].values())
            message = f"{name} was taken back, and {missing}, told in its place, has not come"
            differences.add(
                Difference("CORRECTION-MISSING", keeper, subject=name, expected=missing, message=message)
            )
    return Settled(tuple(counting), frozenset(contested), frozenset(uncorrected), frozenset(differences))


def repeats(events: Iterable[Event], before: Iterable[Event]) -> Mapping[int, str]:
    """Which of these events, by place, count no more than what was told in `before` or earlier among them, and the name
    that they are known by. Taking an event back is not telling it."""
    told: dict[tuple[str, bool], dict[str, None]] = defaultdict(dict)
    for event in before:
        told[event.content, event.error is None][event.name] = None
    found = {}
    for place, event in enumerate(events):
        name, names = event.name, told[event.content, event.error is None]
        if name in names:
            found[place] = name
        elif names and (not _numbered(name) or not any(map(_numbered, names))):
            found[place] = next(filter(_numbered, names), next(iter(names)))
        names[name] = None
    return found


def _numbered(name: str) -> bool:
    return not name.startswith(BY_CONTENT)


def _known_by(told: Iterable[tuple[Event, str, str]]) -> Mapping[str, str]:
    """By its content, the name under which an event without a number counts.

    Numbers are the keeper's word that events differ, whatever they tell. Without one the content is all there is: it is
    the event of any number that has this content, as when a system pushes events and its repository numbers them.
    """
    found: dict[str, str] = {}
    for _, name, content in told:
        before = found.setdefault(content, name)
        found[content] = min(before, name, key=lambda each: (not _numbered(each), each))
    return found


def _told_of(events: Iterable[Event]) -> set[str]:
    return {part.goods for event in events for part in event.tellings} - {""}


def _differs(name: str, told: list[Event]) -> Difference:
    lots = sorted(_told_of(told))
    ways = "; ".join(_shown(event) for event in told)
    return Difference(
        "EVENT-DIFFERS", told[0].keeper, ", ".join(lots)[:200], subject=name, expected="one content",
        found=f"{len(told)} contents", message=f"{name} is told in {len(told)} ways: {ways}"[:1000],
    )  # fmt: skip


def _shown(event: Event) -> str:
    parts = ", ".join(
        f"{part.kind} {plain(part.quantity)} {part.unit} {part.goods}" for part in event.in_order[:3]
    )
    return f"{shown_time(event.at)} {parts}"
