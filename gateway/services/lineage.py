"""Where a title came from and what became of it, as a tree under its root."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.ids import format_id


@dataclass(frozen=True, slots=True)
class Kin:
    """A title related to the one in question; amounts in minor units.

    `ancestor`: it came before (the title itself counts as both); otherwise it came out of it.
    """

    title: int
    root: int
    parent: int | None
    merged_into: int | None
    holder: int
    lock: int
    quantity: int
    paid: int
    depth: int
    flags: int
    ancestor: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A title with those that were taken out of it, in the order of their numbers."""

    kin: Kin
    children: tuple[Node, ...]

    def document(self) -> dict[str, object]:
        """As JSON values."""
        kin = self.kin
        return {
            "id": format_id(kin.title),
            "holder": kin.holder,
            "quantity": kin.quantity,
            "paid": kin.paid,
            "lock": kin.lock,
            "flags": kin.flags,
            "merged_into": None if kin.merged_into is None else format_id(kin.merged_into),
            "children": [child.document() for child in self.children],
        }


class UnknownTitle(LookupError):
    """No such title has been indexed."""


def tree(kin: Iterable[Kin]) -> Node:
    """The kin of one title under its root. Raises UnknownTitle when there is none."""
    by_title = {each.title: each for each in kin}
    if not by_title:
        raise UnknownTitle("no such title has been indexed")
    children: dict[int, list[Kin]] = {}
    for each in sorted(by_title.values(), key=lambda one: one.title):
        if each.parent is not None and each.parent in by_title:
            children.setdefault(each.parent, []).append(each)
    top = next(each for each in by_title.values() if each.parent is None)
    return _node(top, children)


def _node(kin: Kin, children: dict[int, list[Kin]]) -> Node:
    return Node(kin, tuple(_node(each, children) for each in children.get(kin.title, ())))
