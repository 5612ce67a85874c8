"""What is asked of a warehouse receipt alone: its lot, who stored it, how much is left, who controls it.

The chain shows who said what, and when; that the goods are there is their keeper's and their inspector's word. Each
check says which of the two it rests on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.domain.calendar import day_of, iso
from gateway.domain.goods_records import RootKind
from gateway.domain.goods_units import unit_code
from gateway.domain.margin_records import MarginState
from gateway.ids import format_id
from gateway.ports.verification import Dossier, Event, Fields
from gateway.schemas.storage import VehicleDocument
from gateway.services.receipt_facts import Bar, Count, ReceiptFacts
from gateway.services.receipt_paper import Paper
from gateway.services.receipt_pledge import pledge_of
from gateway.services.verdict import (
    AUTHENTIC,
    CLOSED,
    FREE,
    FROZEN,
    LIVE,
    NOTE,
    PAPER,
    PHASES,
    Check,
    measured,
    money,
    signatures,
    signed_check,
    signer,
    who,
)


def checks(dossier: Dossier, facts: ReceiptFacts, paper: Paper | None) -> Iterator[Check]:
    """All of them, for a receipt that is there."""
    root, title = dossier.root or {}, dossier.title or {}
    yield _lot(dossier, facts, root)
    yield from _storing(facts)
    yield _lien(dossier)
    yield _medium(dossier, title, facts)
    yield _left(dossier, facts)
    yield _control(dossier, root, title, facts)
    yield from _pledge(dossier)
    yield _counted(dossier, facts)
    yield _place(paper, facts)
    yield from _certificate(paper)
    yield _inspector(dossier, root)
    yield _beyond(root, title, facts)


# ── Authentic ───────────────────────────────────────────────────────────────────────────────────────────────


def _lot(dossier: Dossier, facts: ReceiptFacts, root: Fields) -> Check:
    faults = list(_lot_faults(facts, root))
    kind = "a pool" if root["kind"] == RootKind.POOL else "a lot of its own"
    lot = format_id(dossier.root_number)
    received = measured(dossier, facts.received)
    said = f"Party {root['debtor']} keeps lot {lot}, {kind}, of which {received} came in."
    numbers = sorted({each.details["number"].hex() for each in facts.stores})
    return Check(
        "lot",
        AUTHENTIC,
        not faults,
        said if not faults else "; ".join(faults) + ".",
        [
            ("lot", lot),
            ("kind", kind),
            *(("commitment to the keeper's number of it", f"0x{number}") for number in numbers),
            ("keeper", f"party {root['debtor']}"),
            ("inspector", f"party {root['clearing_bank']}"),
            ("unit", f"{unit_code(root['currency'])}, counted to {root['terms']} decimal(s)"),
            ("received", received),
            ("receipts stand for", measured(dossier, facts.nominal)),
            ("in store", measured(dossier, facts.stored)),
            ("short by", measured(dossier, facts.shortfall)),
            ("first stored on", iso(root["opened_day"])),
            ("last day of storage", iso(root["due_day"])),
            ("phase", PHASES.get(root["phase"], "unknown")),
        ],
    )


def _lot_faults(facts: ReceiptFacts, root: Fields) -> Iterator[str]:
    if root["phase"] not in (LIVE, CLOSED):
        yield f"the lot is {PHASES.get(root['phase'], 'unknown')}"
    for store in facts.stores:
        word = {**store.details["root_word"], "phase": root["phase"]}
        if word != root:
            yield f"the chain has another lot than was stored in block {store.block}"


def _storing(facts: ReceiptFacts) -> Iterator[Check]:
    """Keeper, depositor and inspector signed for every quantity that this receipt comes from."""
    if not facts.stores:
        yield Check("storing", AUTHENTIC, False, "nobody is found to have stored it.")
    for store in facts.stores:
        said = "Its depositor, its keeper and an inspector signed for what came in"
        yield signed_check("storing", said, store, store.problem)


def document(paper: Paper | None) -> Iterator[Check]:
    """Of a document that the asker holds, and which therefore is to be the title's."""
    if paper is None or not paper.shown:
        return
    said = "The document is the one that depositor, keeper and inspector signed for."
    yield Check(
        "document", AUTHENTIC, not paper.faults, "; ".join(paper.faults) + "." if paper.faults else said
    )


# ── Free ────────────────────────────────────────────────────────────────────────────────────────────────────


def _lien(dossier: Dossier) -> Check:
    """CC-447: goods are not handed over before their storage is paid."""
    goods = dossier.goods
    if goods is None or not goods.lien["amount"]:
        return Check("lien", FREE, True, "Its keeper claims no storage on it.")
    owed = money(goods.lien["currency"], goods.lien["amount"])
    charge = goods.charges[-1:]
    problem = "".join(f"; {each.problem}" for each in charge if each.problem)
    said = f"its keeper is owed {owed} for storage, and hands nothing over before that is paid{problem}."
    return Check("lien", FREE, False, said, [("owed", owed), *_where(charge)])


def _medium(dossier: Dossier, title: Fields, facts: ReceiptFacts) -> Check:
    out = [event for event in dossier.lineage if event.name == "MediumChanged"][-1:]
    if facts.fate:
        void = bool(title["flags"] & PAPER)
        said = "whatever is out on paper of it is void" if void else "Nothing of it is out on paper"
        return Check("medium", FREE, not void, f"{said}: {facts.fate}.", _where(out) if void else ())
    if not title["flags"] & PAPER:
        return Check("medium", FREE, True, "It is electronic: what the chain says is the receipt.")
    said = "it is out on paper: whoever holds the paper may hold the goods, and nothing happens to it here."
    return Check("medium", FREE, False, said, _where(out))


# ── Notes ───────────────────────────────────────────────────────────────────────────────────────────────────


def _left(dossier: Dossier, facts: ReceiptFacts) -> Check:
    """What is left: of a short lot every receipt gets the same part of what it says."""
    handed = f"{measured(dossier, facts.delivered)} were handed over on it so far"
    handovers = [
        each for each in dossier.lineage if each.name == "HandedOver" and each.title == dossier.number
    ]
    evidence = [pair for each in handovers for pair in _where([each])]
    if facts.fate:
        return Check("left", NOTE, True, f"Nothing is left on it: {facts.fate}; {handed}.", evidence)
    left, short = measured(dossier, facts.quantity), facts.shortfall > 0
    why = f", because the lot is short by {measured(dossier, facts.shortfall)}" if short else ""
    said = f"{left} are left on it, for which {handed_over_today(dossier, facts)}{why}"
    return Check("left", NOTE, not short and not facts.bars, f"{said}; {handed}.", evidence)


def handed_over_today(dossier: Dossier, facts: ReceiptFacts) -> str:
    """How much leaves for a receipt today, and after what it would be more."""
    today = f"{measured(dossier, facts.deliverable)} would be handed over today"
    if not facts.bars:
        return today
    title = dossier.title or {}
    freed = {
        Bar.LIEN: "its storage is paid",
        Bar.PAPER: "its paper is back",
        Bar.FACILITY: f"facility {title['lock']} sets it free",
        Bar.ORDER: "the order against it is lifted",
    }
    once = " and ".join(freed[bar] for bar in facts.bars)
    return f"{today}; it would be {measured(dossier, facts.share)} once {once}"


def _control(dossier: Dossier, root: Fields, title: Fields, facts: ReceiptFacts) -> Check:
    """In whose hands the goods are, and who else must agree before they leave."""
    if facts.fate:
        return Check("control", NOTE, True, f"Nobody has goods in hand by it any more: {facts.fate}.")
    said = f"Party {root['debtor']} keeps the goods for party {title['holder']}, and both sign for whatever happens"
    pledge = pledge_of(dossier)
    bound = []
    if pledge is not None:
        lender = f"they secure facility {pledge.facility} of party {pledge.lender}"
        bound.append(f"{lender}, for which party {pledge.control_agent} controls them")
    bound += _lease_of(dossier)
    if title["flags"] & FROZEN:
        bound.append(f"order {dossier.last_order} holds them until {iso(dossier.frozen_until_day)}")
    return Check("control", NOTE, not bound, "; ".join([said, *bound]) + ".")


def _lease_of(dossier: Dossier) -> Iterator[str]:
    """Who leases it to whom, and whether the lessor may end that."""
    lease, facility = dossier.goods.lease if dossier.goods else None, dossier.facility
    if lease is None or facility is None:
        return
    lessor, lessee = facility.terms["lender"], facility.terms["borrower"]
    if not lease.loan:
        yield f"they are to be leased by party {lessor} to party {lessee}, and nothing is drawn for that yet"
        return
    yield f"party {lessor} leases them to party {lessee}, whose rentals are those of loan {format_id(lease.loan)}"
    if lease.terms["notice_day"]:
        day = iso(lease.terms["from_day"])
        yield f"notice was given, and unless what it called for is paid the lease may be ended from {day}"


def _pledge(dossier: Dossier) -> Iterator[Check]:
    """What it counts for where it is pledged, and what becomes of it there; never a price."""
    pledge = pledge_of(dossier)
    if pledge is None:
        return
    valued = f"It was last valued for {iso(pledge.valued_on)}, by model {pledge.model}"
    stale = "" if pledge.is_fresh else ": too old to lend on"
    said = [f"{valued}, and that is good until {iso(pledge.valid_until)}{stale}"]
    if pledge.sale is not None:
        said.append(f"it is sold to party {pledge.sale.buyer}, who is to pay by {iso(pledge.sale.pay_by)}")
    said.append(f"what secures facility {pledge.facility} is {_MARKS[pledge.state]}{_through(pledge.day)}")
    evidence = [
        ("facility", str(pledge.facility)),
        ("lender", f"party {pledge.lender}"),
        ("control agent", f"party {pledge.control_agent}"),
        *(("appraiser", f"party {each}") for each in pledge.appraisers),
        ("of the lot pledged there", measured(dossier, pledge.quantity)),
    ]
    yield Check("pledge", NOTE, pledge.is_quiet, "; ".join(said) + ".", evidence)


_MARKS = {
    MarginState.STANDING: "standing: nothing is called for",
    MarginState.CALLED: "called for more through ",
    MarginState.ENFORCED: "being enforced from ",
}


def _through(day: int | None) -> str:
    return "" if day is None else iso(day)


def _counted(dossier: Dossier, facts: ReceiptFacts) -> Check:
    goods = dossier.goods
    if goods is None or not facts.counts:
        return Check("counted", NOTE, False, "the lot has not been counted since its first goods came in.")
    last = facts.counts[-1]
    problems = [
        f"the count in block {each.event.block}: {each.event.problem}"
        for each in facts.counts
        if each.event.problem
    ]
    ago = day_of(dossier.place.time) - last.day
    said = (
        f"The lot was last counted for {iso(last.day)}, {ago} day(s) ago, and {_found(dossier, last)}; "
        f"counts so far: {goods.sums['counts']}"
    )
    evidence = [
        (
            f"count for {iso(each.day)}, block {each.event.block}",
            f"{_found(dossier, each)}{_signed(each.event)}",
        )
        for each in facts.counts
    ]
    return Check("counted", NOTE, not problems, "; ".join([said, *problems]) + ".", evidence)


def _found(dossier: Dossier, count: Count) -> str:
    stored = measured(dossier, count.in_store)
    if count.change == 0:
        return f"{stored} were there, as before"
    more = "more" if count.change > 0 else "less"
    return f"{stored} were there, {measured(dossier, abs(count.change))} {more} than before"


def _place(paper: Paper | None, facts: ReceiptFacts) -> Check:
    if paper is None:
        asked = "its goods came in" if facts.fate else "the goods lie"
        said = (
            f"the chain alone does not say where {asked}: it has a commitment to place and lot, which their "
            "document opens."
        )
        return Check("place", NOTE, False, said)
    if paper.faults:
        return Check("place", NOTE, False, "; ".join(paper.faults) + ".")
    document = paper.document
    where = f"{document.place}, there known as {paper.lot}, by the document that was signed for"
    said = f"Its goods came in at {where}; {facts.fate}." if facts.fate else f"The goods lie at {where}."
    goods = document.goods
    return Check(
        "place",
        NOTE,
        True,
        said,
        [
            ("place", document.place),
            ("the keeper's number of the lot", paper.lot),
            ("goods", f"{goods.description}, {goods.quality}, {goods.packing}, {goods.packages} package(s)"),
            ("marks", goods.marks),
            ("loss in order", document.loss_standard),
        ],
    )


def _certificate(paper: Paper | None) -> Iterator[Check]:
    """Of a vehicle: the certificate that belongs to it. In whose hands the paper is, the chain does not say."""
    if paper is None or paper.faults or not isinstance(paper.document, VehicleDocument):
        return
    certificate = paper.document.certificate
    said = (
        f"It is a vehicle, and certificate of conformity {certificate.number} is signed for with it; who holds "
        "the paper is declared beside the chain."
    )
    evidence = [
        ("manufacturer", certificate.manufacturer), ("model", certificate.model),
        ("certificate issued on", certificate.issued.isoformat()),
    ]  # fmt: skip
    yield Check("certificate", NOTE, True, said, evidence)


def _inspector(dossier: Dossier, root: Fields) -> Check:
    keeper, inspector = (dossier.parties.get(root[name], {}) for name in ("debtor", "clearing_bank"))
    apart = keeper.get("group_number") != inspector.get("group_number")
    said = f"The inspector, party {root['clearing_bank']}, is of another group than the keeper."
    now = "keeper and inspector are of one group today, which they were not when the goods came in."
    return Check("inspector", NOTE, apart, said if apart else now)


def _beyond(root: Fields, title: Fields, facts: ReceiptFacts) -> Check:
    if facts.fate and not facts.heirs:
        said = (
            f"That its goods left, and what they were, no chain can see: it is the word of party {root['debtor']} "
            f"and of party {title['holder']}, who both signed for it."
        )
        return Check("beyond-chain", NOTE, True, said)
    since = f"on {iso(facts.counts[-1].day)}" if facts.counts else "when they came in"
    said = (
        f"That the goods are there, and what they are, no chain can see: it is the word of party {root['debtor']} "
        f"and of party {root['clearing_bank']}, last given {since}."
    )
    return Check("beyond-chain", NOTE, True, said)


# ── Words ───────────────────────────────────────────────────────────────────────────────────────────────────


def _where(events: Sequence[Event]) -> list[tuple[str, str]]:
    return [pair for each in events for pair in ((f"block {each.block}", each.transaction), *who([each]))]


def _signed(event: Event) -> str:
    return "".join(f", signed by {signer(each)}" for each in signatures(event))
