"""Pages about certificates and receipts, made on the server: no script, no style in them, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gateway.console.words import LANGUAGES, Words
from gateway.domain.calendar import iso
from gateway.ids import format_id
from gateway.services.receipt_pledge import pledge_of
from gateway.services.verdict import AUTHENTIC, FREE, NOTE, Verdict, moment, noun

HERE = Path(__file__).parent
STATIC = HERE / "static"

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Language",
}
"""A page may load its own style sheet and nothing else."""


def language_of(asked: str | None, accepted: str | None) -> str:
    """The language asked for by name, else Chinese where the browser prefers it, else English."""
    if asked in LANGUAGES:
        return str(asked)
    preferred = (accepted or "").split(",")[0].strip().lower()
    return "zh" if preferred.startswith("zh") else "en"


def verdict_page(verdict: Verdict, *, url: str, style_url: str, language: str) -> str:
    """The whole page about one certificate or receipt; `url` is its own, as a phone would open it."""
    root = verdict.dossier.root
    return (
        _environment()
        .get_template("verify.html")
        .render(
            verdict=verdict,
            groups=[
                (name, [c for c in verdict.checks if c.group == name]) for name in (AUTHENTIC, FREE, NOTE)
            ],
            kind=noun(verdict.dossier),
            pledge=pledge_of(verdict.dossier),
            due=None if root is None else iso(root["due_day"]),
            w=Words(language),
            url=url,
            style_url=style_url,
            qr=_qr(url),
        )
    )


def search_page(*, style_url: str, language: str, problem: str | None = None) -> str:
    """A form for a certificate's or a receipt's number; `problem` is the key of a sentence to show."""
    template = _environment().get_template("search.html")
    return template.render(w=Words(language), style_url=style_url, problem=problem)


def _qr(url: str) -> Markup:
    # segno draws paths only: nothing of the address itself is in the markup.
    return Markup(segno.make(url, error="m").svg_inline(scale=3, border=2, omitsize=True))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["id"] = format_id
    environment.filters["moment"] = moment
    environment.filters["day"] = iso
    return environment
