"""References as banks pass them on: cut to fewer characters, in other letters, moved into the remittance text.

Nothing here decides what money is about. It says which known payments a text may mean, for a person to choose from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHORTEST_CUT = 12
"""Characters below which a text that begins like a reference says too little to be named."""

_BLANKS = re.compile(r"[\s/+]+")


@dataclass(frozen=True, slots=True)
class Likeness:
    """A known reference that a text may mean, and how it differs: whole, respelled, cut, or within other text."""

    reference: str
    how: str


def likenesses(texts: Sequence[str], known: Iterable[str]) -> list[Likeness]:
    """Which known references the texts of an entry may mean; the closest first, each once."""
    plain = [(_plain(text), text) for text in texts if text]
    found = [
        Likeness(reference, how)
        for reference in known
        for how in (_how(reference, plain),)
        if how is not None
    ]
    return sorted(found, key=lambda each: (_CLOSEST.index(each.how), each.reference))


_CLOSEST = ("whole", "respelled", "cut", "within")


def _how(reference: str, texts: Sequence[tuple[str, str]]) -> str | None:
    wanted = _plain(reference)
    found = {_like(wanted, reference, plain, text) for plain, text in texts}
    return next((how for how in _CLOSEST if how in found), None)


def _like(wanted: str, reference: str, plain: str, text: str) -> str | None:
    if text == reference:
        return "whole"
    if plain == wanted:
        return "respelled"
    if len(plain) >= SHORTEST_CUT and wanted.startswith(plain):
        return "cut"
    # Banks break lines where they like; what follows decides whether the number goes on.
    if re.search(rf"{re.escape(wanted)}(?![0-9])", plain):
        return "within"
    return None


def _plain(text: str) -> str:
    return _BLANKS.sub("", text).upper()
