"""Whether a certificate is what its debtor promised: the receivable, its signatures, the invoices it stands on."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.domain.calendar import iso
from gateway.ids import format_id
from gateway.ports.verification import Dossier, Fields
from gateway.services.verdict import (
    AUTHENTIC,
    CLOSED,
    LIVE,
    NOTE,
    PHASES,
    RECEIVABLE,
    Check,
    measured,
    signatures,
    signed_check,
    signer,
)


def root(dossier: Dossier) -> Iterator[Check]:
    root = dossier.root
    if root is None:
        yield Check(
            "root", AUTHENTIC, False, "the ledger does not have the receivable this would be part of."
        )
        return
    faults = list(_root_faults(dossier, root))
    said = f"Party {root['debtor']} owes {measured(dossier, root['quantity'])}, due {iso(root['due_day'])}."
    yield Check(
        "root",
        AUTHENTIC,
        not faults,
        said if not faults else "; ".join(faults) + ".",
        [
            ("receivable", format_id(dossier.root_number)),
            ("debtor", f"party {root['debtor']}"),
            ("amount", measured(dossier, root["quantity"])),
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


def confirmation(dossier: Dossier) -> Iterator[Check]:
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


def acceptance(dossier: Dossier) -> Iterator[Check]:
    if dossier.acceptance is None:
        yield Check("acceptance", AUTHENTIC, False, "no payee has accepted it.")
        return
    problem = dossier.acceptance.problem
    payee = dossier.issue.details["payee"] if dossier.issue else None
    if not problem and dossier.acceptance.after and dossier.acceptance.after["holder"] != payee:
        problem = "another party than the payee got the first certificate"
    yield signed_check("acceptance", "The payee accepted it", dossier.acceptance, problem)


def invoices(dossier: Dossier) -> Iterator[Check]:
    root = dossier.root
    if root is None:
        return
    faults = list(_invoice_faults(dossier, root))
    total = sum(each.amount for each in dossier.invoices)
    said = f"It stands on {len(dossier.invoices)} attested invoice(s), together {measured(dossier, total)}."
    evidence = [
        (
            f"invoice {each.nullifier}",
            f"{measured(dossier, each.amount)} used here; {measured(dossier, each.word['used'])} of "
            f"{measured(dossier, each.word['cap'])} used in all; seller party {each.word['seller']}, debtor party "
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
