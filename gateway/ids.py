"""Ids of roots, titles and loans: creating party (32 bits) and serial (32 bits), written `party-serial`."""

from __future__ import annotations

from gateway.problems import Problem


def parse_id(text: str) -> int:
    """An id from `party-serial` or from its whole decimal number; raises Problem(ID-FORM)."""
    head, dash, tail = text.strip().partition("-")
    if head.isdecimal() and (not dash or tail.isdecimal()) and len(text) < 25:
        number = int(head) << 32 | int(tail) if dash and int(tail) < 1 << 32 else int(head)
        if (not dash or int(tail) < 1 << 32) and number < 1 << 64:
            return number
    raise Problem("ID-FORM", "an id is written party-serial, or as one number", status=404, id=text)


def format_id(number: int) -> str:
    """`party-serial` of an id."""
    return f"{number >> 32}-{number & 0xFFFFFFFF}"
