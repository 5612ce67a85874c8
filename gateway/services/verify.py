"""The bank's question: is this certificate authentic, unencumbered and mine to take? Answered from the chain alone.

Every check says what it found in one sentence, with its evidence; whatever is missing or odd fails. A title is
*authentic* when all checks of that group hold, and *free* when besides nothing and nobody has a hold on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gateway.ids import format_id
from gateway.ports.verification import Dossier, Witness
from gateway.services import verify_holds, verify_line, verify_payments, verify_promise
from gateway.services.verdict import AUTHENTIC, FREE, Check, Verdict
from gateway.services.verify_way import way


def verify(witness: Witness, title: int, block: int | str = "latest") -> Verdict:
    """Ask the chain about a title at a block. Raises what the witness raises."""
    return judge(witness.dossier(title, block))


def judge(dossier: Dossier) -> Verdict:
    """The verdict on what was found."""
    checks = [check for rule in _RULES for check in rule(dossier)]
    authentic = dossier.is_title and all(check.holds for check in checks if check.group == AUTHENTIC)
    free = authentic and all(check.holds for check in checks if check.group == FREE)
    return Verdict(
        title=dossier.number,
        authentic=authentic,
        free=free,
        sentence=_sentence(dossier, authentic, free, checks),
        place=dossier.place,
        dossier=dossier,
        checks=checks,
        lineage=way(dossier),
    )


def _sentence(dossier: Dossier, authentic: bool, free: bool, checks: Sequence[Check]) -> str:
    number = format_id(dossier.number)
    failed = [check for check in checks if not check.holds and check.group in (AUTHENTIC, FREE)]
    if free:
        return f"Certificate {number} is authentic and free."
    if authentic:
        return f"Certificate {number} is authentic but not free: {failed[0].sentence}"
    why = failed[0].sentence if failed else "the ledger does not know it."
    return f"Certificate {number} is not shown to be authentic: {why}"


_RULES: Sequence[Callable[[Dossier], Iterable[Check]]] = (
    verify_line.exists,
    verify_promise.root,
    verify_promise.confirmation,
    verify_promise.acceptance,
    verify_promise.invoices,
    verify_line.lineage,
    verify_holds.holds,
    verify_payments.pay_to,
    verify_payments.payments,
    verify_holds.parties,
)
