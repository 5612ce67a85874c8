"""Is this certificate or receipt authentic and free? Answered from the chain, as JSON or as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from gateway.adapters.ledger.chain import Rpc
from gateway.adapters.ledger.reader import LedgerReader
from gateway.console.pages import HEADERS, STATIC, language_of, search_page, verdict_page
from gateway.db.engine import reading
from gateway.db.receipts import kept_document
from gateway.ids import format_id, parse_id
from gateway.ports.verification import BlockUnknown, ChainMoved, Trail
from gateway.problems import Problem
from gateway.projections.trail import trail_of
from gateway.routers.common import TheGateway
from gateway.services.receipt_paper import Kept
from gateway.services.verdict import Verdict
from gateway.services.verdict_document import document
from gateway.services.verify import verify

router = APIRouter(tags=["verify"])

STYLE_PATH = "/verify.css"
_ATTEMPTS = 3
_STATIC_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=3600"}


def _reader(gateway: TheGateway) -> Iterator[LedgerReader]:
    def noted(root: int) -> Trail | None:
        try:
            with reading(gateway.engine).connect() as connection:
                return trail_of(connection, root)
        except SQLAlchemyError:
            # The answer is the chain's: without the database it only takes longer.
            return None

    # A connection of its own: requests are answered by many threads, and a connection is one thread's.
    with Rpc(gateway.settings.rpc_url) as rpc:
        yield LedgerReader(rpc, gateway.chain.book, gateway.first_block, noted)


def _documents(gateway: TheGateway) -> Kept:
    def kept(digest: str) -> Mapping[str, Any] | None:
        try:
            with reading(gateway.engine).connect() as connection:
                return kept_document(connection, digest)
        except SQLAlchemyError:
            # The answer is the chain's: without the database it does not say where goods lie.
            return None

    return kept


Reader = Annotated[LedgerReader, Depends(_reader)]
Documents = Annotated[Kept, Depends(_documents)]
Accept = Annotated[str | None, Header()]
Language = Annotated[str | None, Query(max_length=8, description="en or zh: of the page's labels")]
Block = Annotated[int | None, Query(ge=0, description="the block to ask at; default the latest")]


@router.get("/verify/{certificate}", response_model=None)
def verify_one(
    certificate: str,
    gateway: TheGateway,
    reader: Reader,
    documents: Documents,
    block: Block = None,
    lang: Language = None,
    accept: Accept = None,
    accept_language: Accept = None,
) -> Response:
    """Each check with its evidence, of a certificate or a warehouse receipt: party-serial or one number.

    Pages for who accepts HTML.
    """
    page = _wants_page(accept)
    language = language_of(lang, accept_language)
    try:
        if block is not None and block < gateway.first_block:
            raise Problem("BLOCK-UNKNOWN", "the ledger begins after this block", status=404)
        verdict = _ask(reader, documents, parse_id(certificate), block)
    except Problem as problem:
        if not page:
            raise
        return _search(language, _SENTENCES.get(problem.rule, "bad id"), problem.status)
    if not page:
        return JSONResponse(document(verdict), headers={"Vary": "Accept", "Cache-Control": "no-store"})
    path = f"/verify/{format_id(verdict.title)}" + ("" if block is None else f"?block={block}")
    url = gateway.settings.public_url.rstrip("/") + path
    text = verdict_page(verdict, url=url, style_url=STYLE_PATH, language=language)
    return HTMLResponse(text, headers=dict(HEADERS))


@router.get("/verify", response_model=None, include_in_schema=False)
def search(
    id: Annotated[str | None, Query(max_length=24)] = None,
    lang: Language = None,
    accept_language: Accept = None,
) -> Response:
    """The form of the page, and where it leads."""
    language = language_of(lang, accept_language)
    if id is None:
        return _search(language)
    try:
        number = parse_id(id)
    except Problem as problem:
        return _search(language, "bad id", problem.status)
    return RedirectResponse(f"/verify/{format_id(number)}?{urlencode({'lang': language})}", 303)


@router.get(STYLE_PATH, response_model=None, include_in_schema=False)
def style_sheet() -> FileResponse:
    """The pages' style."""
    return FileResponse(STATIC / "verify.css", media_type="text/css", headers=_STATIC_HEADERS)


@router.get("/verify.svg", response_model=None, include_in_schema=False)
def icon() -> FileResponse:
    """The pages' icon."""
    return FileResponse(STATIC / "verify.svg", media_type="image/svg+xml", headers=_STATIC_HEADERS)


_SENTENCES = {"ID-FORM": "bad id", "BLOCK-UNKNOWN": "no block", "CHAIN-MOVED": "moved"}


def _ask(reader: LedgerReader, documents: Kept, number: int, block: int | None) -> Verdict:
    for _ in range(_ATTEMPTS):
        try:
            return verify(reader, number, "latest" if block is None else block, kept=documents)
        except BlockUnknown as error:
            raise Problem("BLOCK-UNKNOWN", str(error), status=404) from error
        except ChainMoved:
            continue
    raise Problem("CHAIN-MOVED", "the chain changed while it was read: ask again", status=503)


def _search(language: str, problem: str | None = None, status: int = 200) -> HTMLResponse:
    text = search_page(style_url=STYLE_PATH, language=language, problem=problem)
    return HTMLResponse(text, status, headers=dict(HEADERS))


def _wants_page(accept: str | None) -> bool:
    """A browser names HTML; a program that takes anything, or asks for JSON first, gets JSON."""
    kinds = [kind.split(";")[0].strip().lower() for kind in (accept or "").split(",")]
    if "text/html" not in kinds:
        return False
    return "application/json" not in kinds or kinds.index("text/html") < kinds.index("application/json")
