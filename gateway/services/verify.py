"""The bank's question: is this certificate authentic, unencumbered and mine to take? Answered from the chain alone.

Every check says what it found in one sentence, with its evidence; whatever is missing or odd fails. A title is
*authentic* when all checks of that group hold, and *free* when besides nothing and nobody has a hold on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from gateway.domain.calendar import iso
from gateway.ids import format_id
from gateway.ports.verification import Dossier, Event, Fields, Witness
from gateway.services import verify_holds
from gateway.services.verdict import (
    AUTHENTIC,
    CLOSED,
    FREE,
    LIVE,
    NOTE,
    PHASES,
    RECEIVABLE,
    Check,
    Verdict,
    flags,
    money,
    signatures,
    signed_check,
    signer,
)
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


# ── Authentic ───────────────────────────────────────────────────────────────────────────────────────────────


def _exists(dossier: Dossier) -> Iterator[Check]:
    title, root = dossier.title, dossier.root
    if title is None:
        said = "the ledger has no certificate of this number."
        if root is not None:
            phase = PHASES.get(root["phase"], "unknown")
            said = f"the receivable of this number is {phase}: no certificate of it exists under this number."
        yield Check("exists", AUTHENTIC, False, said)
        return
    yield Check(
        "exists",
        AUTHENTIC,
        True,
        f"Party {title['holder']} holds {money(dossier, title['quantity'])}.",
        [
            ("holder", f"party {title['holder']}"),
            ("quantity", money(dossier, title["quantity"])),
            ("paid", money(dossier, title["paid"])),
            ("lock", f"facility {title['lock']}" if title["lock"] else "none"),
            ("flags", ", ".join(flags(title["flags"])) or "none"),
            ("sequence", str(title["sequence"])),
            ("depth", str(title["depth"])),
        ],
    )


def _root(dossier: Dossier) -> Iterator[Check]:
    root = dossier.root
    if root is None:
        yield Check(
            "root", AUTHENTIC, False, "the ledger does not have the receivable this would be part of."
        )
        return
    faults = list(_root_faults(dossier, root))
    said = f"Party {root['debtor']} owes {money(dossier, root['quantity'])}, due {iso(root['due_day'])}."
    yield Check(
        "root",
        AUTHENTIC,
        not faults,
        said if not faults else "; ".join(faults) + ".",
        [
            ("receivable", format_id(dossier.root_number)),
            ("debtor", f"party {root['debtor']}"),
            ("amount", money(dossier, root["quantity"])),
            ("due day", iso(root["due_day"])),
            ("promised on", iso(root["opened_day"])),
            ("clearing bank", f"party {root['clearing_bank']}"),
            ("phase", PHASES.get(root["phase"], "unknown")),
            ("policy version", str(root["policy_version"])),
            ("late interest", f"{root['terms']} parts per million a day"),
        ],
    )


def _root_faults(dossier: Dossier, root: Fields) -> Iterator[str]:
    if root["kind"] != RECEIVABLE:
        yield "the root is not a receivable"
    if root["phase"] not in (LIVE, CLOSED):
        yield f"the receivable is {PHASES.get(root['phase'], 'unknown')}"
    receivable = dossier.issue.details.get("receivable") if dossier.issue else None
    if receivable is None:
        return
    promised = {
        "clearing_bank": receivable["clearingBank"],
        "currency": receivable["currency"],
        "due_day": receivable["dueDay"],
        "terms": receivable["terms"],
        "quantity": receivable["quantity"],
    }
    for name, value in promised.items():
        if root[name] != value:
            yield f"the debtor signed another {name.replace('_', ' ')} than the chain has"


def _confirmation(dossier: Dossier) -> Iterator[Check]:
    """Two persons of the debtor promised it: in the issue itself, or in the list of offers it was taken from."""
    promise = dossier.offers or dossier.issue
    if promise is None or dossier.issue is None or dossier.root is None:
        yield Check("confirmation", AUTHENTIC, False, "no promise of the debtor is found on the chain.")
        return
    problem = promise.problem or (dossier.issue.problem if dossier.offers else "")
    signatures = promise.act.signatures if promise.act else ()
    makers = [each for each in signatures if each.party == dossier.root["debtor"]]
    if not problem and len({each.person for each in makers}) < 2:
        problem = "fewer than two persons of the debtor signed"
    yield signed_check("confirmation", "The debtor's maker and checker promised it", promise, problem)


def _acceptance(dossier: Dossier) -> Iterator[Check]:
    if dossier.acceptance is None:
        yield Check("acceptance", AUTHENTIC, False, "no payee has accepted it.")
        return
    problem = dossier.acceptance.problem
    payee = dossier.issue.details["payee"] if dossier.issue else None
    if not problem and dossier.acceptance.after and dossier.acceptance.after["holder"] != payee:
        problem = "another party than the payee got the first certificate"
    yield signed_check("acceptance", "The payee accepted it", dossier.acceptance, problem)


def _invoices(dossier: Dossier) -> Iterator[Check]:
    root = dossier.root
    if root is None:
        return
    faults = list(_invoice_faults(dossier, root))
    total = sum(each.amount for each in dossier.invoices)
    said = f"It stands on {len(dossier.invoices)} attested invoice(s), together {money(dossier, total)}."
    evidence = [
        (
            f"invoice {each.nullifier}",
            f"{money(dossier, each.amount)} used here; {money(dossier, each.word['used'])} of "
            f"{money(dossier, each.word['cap'])} used in all; seller party {each.word['seller']}, debtor party "
            f"{each.word['debtor']}, attested by party {each.word['service']}"
            + "".join(f", key {signer(one)}" for one in signatures(each.attestation)),
        )
        for each in dossier.invoices
    ]
    yield Check("invoices", AUTHENTIC, not faults, said if not faults else "; ".join(faults) + ".", evidence)
    over = [each for each in dossier.invoices if each.word["used"] > each.word["cap"]]
    credited = "a credit note brought an invoice below what is used of it: the debtor owes a prepayment."
    within = "No invoice is used above what it is good for."
    yield Check("invoice-caps", NOTE, not over, credited if over else within)


def _invoice_faults(dossier: Dossier, root: Fields) -> Iterator[str]:
    if not dossier.invoices:
        yield "no invoice is named"
    if sum(each.amount for each in dossier.invoices) != root["quantity"]:
        yield "the invoices do not make up the amount"
    payee = dossier.issue.details["payee"] if dossier.issue else 0
    for each in dossier.invoices:
        name = f"invoice {each.nullifier[:10]}…"
        if (each.word["seller"], each.word["debtor"]) != (payee, root["debtor"]):
            yield f"{name} was attested for other parties"
        if each.word["currency"] != root["currency"]:
            yield f"{name} is in another currency"
        if each.amount > each.word["used"]:
            yield f"{name} does not show this use"
        if each.attestation is None:
            yield f"{name} was never attested"
        elif each.attestation.problem:
            yield f"{name}: {each.attestation.problem}"


def _lineage(dossier: Dossier) -> Iterator[Check]:
    if not dossier.is_title:
        return
    steps = [event for event in dossier.lineage if event.name not in ("PaidOut", "LatePaid")]
    problems = [f"{event.name} in block {event.block}: {event.problem}" for event in steps if event.problem]
    if not steps or steps[0].name != "RootAccepted":
        problems.append("the way from the root is not complete")
    said = f"{len(steps)} step(s) lead from the root to this certificate; every signature was recovered."
    yield Check("lineage", AUTHENTIC, not problems, said if not problems else "; ".join(problems) + ".")
    yield _conservation(dossier)
    same = dossier.replayed == dossier.title
    said = "The events, replayed, give exactly what the contract stores."
    yield Check(
        "replay", AUTHENTIC, same, said if same else "the events do not give what the contract stores."
    )


def _conservation(dossier: Dossier) -> Check:
    faults = [f"{event.name} in block {event.block}" for event in dossier.lineage if not _conserves(event)]
    total = sum(dossier.quantities.values())
    if dossier.root is not None and total != dossier.root["quantity"]:
        faults.append(f"all certificates of the root make {money(dossier, total)}")
    pieces = f"{len(dossier.quantities)} certificate(s) of the root make {money(dossier, total)}"
    said = f"No split or merge changed the sum; the {pieces}."
    return Check(
        "conservation",
        AUTHENTIC,
        not faults,
        said if not faults else "quantities are not conserved: " + "; ".join(faults) + ".",
    )


def _conserves(event: Event) -> bool:
    if event.before is None or event.after is None:
        return event.name == "RootAccepted"
    if event.other_after is None:
        return event.before["quantity"] == event.after["quantity"]
    other_before = event.other_before["quantity"] if event.other_before else 0
    before = event.before["quantity"] + other_before
    return before == event.after["quantity"] + event.other_after["quantity"]


_RULES: Sequence[Callable[[Dossier], Iterable[Check]]] = (
    _exists,
    _root,
    _confirmation,
    _acceptance,
    _invoices,
    _lineage,
    verify_holds.holds,
    verify_holds.pay_to,
    verify_holds.payments,
    verify_holds.parties,
)
