"""The bank's question: is this certificate or receipt authentic, unencumbered and mine to take? From the chain alone.

Every check says what it found in one sentence, with its evidence; whatever is missing or odd fails. A title is
*authentic* when all checks of that group hold, and *free* when besides nothing and nobody has a hold on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from gateway.ids import format_id
from gateway.ports.verification import Dossier, Witness
from gateway.schemas.storage import ReceiptDocument
from gateway.services import verify_goods, verify_holds, verify_line, verify_payments, verify_promise
from gateway.services.receipt_facts import ReceiptFacts, facts_of
from gateway.services.receipt_paper import Kept, Paper, kept_paper, shown_paper
from gateway.services.verdict import AUTHENTIC, FREE, Check, Verdict, measured, noun
from gateway.services.verify_way import way


def verify(
    witness: Witness,
    title: int,
    block: int | str = "latest",
    *,
    document: ReceiptDocument | None = None,
    kept: Kept | None = None,
) -> Verdict:
    """Ask the chain about a title at a block. Raises what the witness raises.

    `document` is what the asker holds as the receipt's document, and has to fit; `kept` finds one by its hash, to say
    where goods lie.
    """
    dossier = witness.dossier(title, block)
    paper = None
    if document is not None:
        paper = shown_paper(dossier, document)
    elif kept is not None and dossier.goods is not None:
        paper = kept_paper(dossier, kept)
    return judge(dossier, paper)


def judge(dossier: Dossier, paper: Paper | None = None) -> Verdict:
    """The verdict on what was found."""
    facts = facts_of(dossier)
    checks = list(_checks(dossier, facts, paper))
    authentic = dossier.is_title and all(check.holds for check in checks if check.group == AUTHENTIC)
    free = authentic and all(check.holds for check in checks if check.group == FREE)
    return Verdict(
        title=dossier.number,
        authentic=authentic,
        free=free,
        sentence=_sentence(dossier, facts, free, checks),
        place=dossier.place,
        dossier=dossier,
        checks=checks,
        lineage=way(dossier),
        receipt=facts,
        paper=paper,
    )


def _sentence(dossier: Dossier, facts: ReceiptFacts | None, free: bool, checks: Sequence[Check]) -> str:
    name = f"{noun(dossier).capitalize()} {format_id(dossier.number)}"
    failed = [check for check in checks if not check.holds and check.group in (AUTHENTIC, FREE)]
    if free:
        today = (
            ""
            if facts is None
            else f": {measured(dossier, facts.deliverable)} would be handed over for it today"
        )
        return f"{name} is authentic and free{today}."
    if failed and failed[0].group == FREE:
        return f"{name} is authentic but not free: {failed[0].sentence}"
    why = failed[0].sentence if failed else "the ledger does not know it."
    return f"{name} is not shown to be authentic: {why}"


def _checks(dossier: Dossier, facts: ReceiptFacts | None, paper: Paper | None) -> Iterator[Check]:
    """What is asked of every title, and between it what only a promise of money is asked, or only goods are."""
    yield from verify_line.exists(dossier)
    if dossier.goods is None:
        yield from _of(dossier, _PROMISE)
    yield from verify_line.lineage(dossier)
    yield from verify_holds.holds(dossier, facts)
    if dossier.goods is None:
        yield from _of(dossier, _MONEY)
    elif facts is not None:
        yield from verify_goods.checks(dossier, facts, paper)
    yield from verify_goods.document(paper)
    yield from verify_holds.parties(dossier)


def _of(dossier: Dossier, rules: Sequence[Callable[[Dossier], Iterable[Check]]]) -> Iterator[Check]:
    return (check for rule in rules for check in rule(dossier))


_PROMISE = (
    verify_promise.root,
    verify_promise.confirmation,
    verify_promise.acceptance,
    verify_promise.invoices,
)
_MONEY = (verify_payments.pay_to, verify_payments.payments)
