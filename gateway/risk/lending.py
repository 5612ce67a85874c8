"""The holder's free choice of lender: every standing offer worked out for one certificate, and the acts of the chosen
one (S1, S2).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.adapters.ledger.words import FORM_MASK, FORM_SHIFT, FROZEN, SETTLED, SPENT
from gateway.db import tables as ledger
from gateway.db.queries import Accounts
from gateway.db.standing import TAKES_GOODS
from gateway.domain import records
from gateway.domain.calendar import day_of_iso
from gateway.domain.finance import FULL_BPS, Asked, Bearer, Cost, Form, StandingOffer, compared, cost, price
from gateway.domain.interest import BASIS_360, BASIS_ACTUAL_365
from gateway.domain.ledger_state import PARTS
from gateway.domain.stock_feeds import Rhythms
from gateway.ids import format_id
from gateway.money import currency_codes, number_of
from gateway.ports import Acts
from gateway.problems import Problem
from gateway.risk.book import Declarations, Declared, Head
from gateway.risk.collateral import GoodsBehind, goods_behind
from gateway.risk.exposures import book_of
from gateway.risk.facts import title_of
from gateway.risk.programmes import Programme, programmes
from gateway.services import instructions

ACT_DAYS = 7
"""Days for which prepared acts can be signed and carried."""
_LIVE = 2


@dataclass(frozen=True, slots=True)
class Offered:
    """One offer worked out for the certificate, with what is left of the programme it is made under."""

    declared: Declared
    cost: Cost
    programme: Programme | None

    @property
    def left(self) -> tuple[int | None, int | None]:
        """What is left of the bank's limit and of the core's; None where the offer is made under no programme."""
        if self.programme is None:
            return None, None
        bank = self.programme.bank(self.declared.party)
        return (0 if bank is None else bank.left), self.programme.left


@dataclass(frozen=True, slots=True)
class Comparison:
    """All offers for one certificate, in the order of what they cost the holder. `hash` is that of all figures, so
    that a choice says what it was made from.
    """

    title: Row[Any]
    amount: int | None
    day: int
    offers: list[Offered]

    @property
    def hash(self) -> str:
        """SHA-256 over every offer with its figures, in their order."""
        told = [
            [
                each.declared.declaration, each.cost.lent, each.cost.days, each.cost.interest, each.cost.fee,
                each.cost.net, each.cost.borne, list(each.cost.unfit),
            ]
            for each in self.offers
        ]  # fmt: skip
        plain = json.dumps([self.title.title, self.amount, self.day, told], separators=(",", ":"))
        return "0x" + sha256(plain.encode()).hexdigest()

    def chosen(self, offer: str) -> Offered:
        """One of them. Raises Problem(OFFER-UNKNOWN, OFFER-UNFIT)."""
        found = next((each for each in self.offers if each.declared.declaration == offer), None)
        if found is None:
            raise Problem("OFFER-UNKNOWN", "no such offer of finance stands", status=404, offer=offer)
        if found.cost.unfit:
            raise Problem(
                "OFFER-UNFIT", "the offer cannot be had for this certificate", offer=offer,
                because=list(found.cost.unfit),
            )  # fmt: skip
        return found


def standing_offer(declared: Declared) -> StandingOffer:
    """A declared offer as the rules read it."""
    fields = declared.fields
    return StandingOffer(
        number=declared.place,
        lender=declared.party,
        currency=number_of(fields["currency"]),
        form=Form(fields["form"]),
        rate=int(fields["ratePpm"]),
        basis=BASIS_360 if fields["basis"] == "360" else BASIS_ACTUAL_365,
        minimum_days=int(fields["minimumDays"]),
        penalty_bps=int(fields["penaltyBps"]),
        advance_bps=int(fields["advanceBps"]),
        fee=declared.minor("fee"),
        fee_bps=int(fields["feeBps"]),
        bearer=Bearer(fields["interestBorneBy"]),
        least=declared.minor("least"),
        most=declared.minor("most"),
        first_day=day_of_iso(fields["first"]),
        last_day=day_of_iso(fields["last"]),
        programme=fields["programme"],
    )


def compare(view: Connection, own: Connection, title: int, amount: int | None, head: Head) -> Comparison:
    """Every standing offer for a certificate. Raises Problem(UNKNOWN_TITLE)."""
    row = title_of(view, title)
    if row is None:
        raise Problem("UNKNOWN_TITLE", "no such certificate", status=404, id=format_id(title))
    known = {str(each.number): each for each in programmes(view, own, head)}
    asked = Asked(row.currency, row.quantity - row.paid, row.due_day, head.day, amount)
    found = {}
    for declared in Declarations(own).of("offer of finance", until=head.number):
        offer = standing_offer(declared)
        programme = known.get(offer.programme)
        first = cost(offer, asked)
        unfit = [*_title_unfit(row, offer), *_limit_unfit(view, own, row, offer, first.lent, programme, head)]
        found[declared.place] = Offered(declared, cost(offer, asked, unfit), programme)
    order = compared(each.cost for each in found.values())
    return Comparison(row, amount, head.day, [found[each.offer.number] for each in order])


def _title_unfit(title: Row[Any], offer: StandingOffer) -> Iterator[str]:
    if title.flags & (SPENT | SETTLED) or title.phase != _LIVE:
        yield "DEC-2: nothing is claimed by the certificate any more"
    if title.flags & FROZEN:
        yield "DEC-13: the certificate is frozen by an order"
    if title.lock:
        yield f"CC-440/441/445: the certificate is pledged to facility {title.lock}"
    if offer.lender in (title.holder, title.debtor):
        yield "DEC-8: the lender is the holder, or the debtor"


def _limit_unfit(
    view: Connection, own: Connection, title: Row[Any], offer: StandingOffer, lent: int,
    programme: Programme | None, head: Head,
) -> Iterator[str]:  # fmt: skip
    if offer.programme:
        if programme is None or programme.core != title.debtor:
            yield "S1: the offer is made under a programme of another core enterprise"
        else:
            bank = programme.bank(offer.lender)
            if bank is None or lent > bank.left:
                yield f"S1: {0 if bank is None else bank.left} minor units are left of the bank's limit"
            if lent > programme.left:
                yield f"S1: {programme.left} minor units are left of the programme's limit"
    book = book_of(view, own, offer.lender, currency_codes()[title.currency], head.day, head.number)
    for each in book.room_of(title.debtor):
        if lent > each.headroom:
            limit = each.limit
            yield f"{limit.rule}: the lender's limit on {limit.dimension} {limit.subject} has {each.headroom} left"


# ── The chosen offer's acts ─────────────────────────────────────────────────────────────────────────────────────────


def prepared(
    view: Connection,
    own: Connection,
    acts: Acts,
    title: Row[Any],
    choice: Declared,
    offer: Declared,
    head: Head,
    rhythms: Rhythms,
) -> list[dict[str, Any]]:
    """The acts that a choice asks the parties to sign, in their order, each with its typed data; each rests on the
    choice, whose name stands as its evidence. `rhythms` are keepers', as `goods_behind` has them.
    """
    return [
        _prepared(acts, function, message, signers)
        for function, message, signers in _acts_of(view, own, title, choice, offer, head, rhythms)
    ]


def _prepared(acts: Acts, function: str, message: Mapping[str, Any], signers: list[str]) -> dict[str, Any]:
    if any(value is None for value in message.values()):
        missing = sorted(name for name, value in message.items() if value is None)
        return {
            "function": function, "message": dict(message), "signers": signers, "missing": missing,
            "typed_data": None, "digest": None,
        }  # fmt: skip
    ready = instructions.prepare(acts, function, message)
    return {
        "function": function, "message": dict(message), "signers": signers, "missing": [],
        "typed_data": ready["typed_data"], "digest": ready["digest"],
    }  # fmt: skip


_LEDGER_FORMS: Mapping[Form, records.Form] = {
    Form.PLEDGE: records.Form.PLEDGE,
    Form.WITH_RECOURSE: records.Form.RECOURSE,
    Form.WITHOUT_RECOURSE: records.Form.PURCHASE,
}
"""The form of the facility under which each kind of offer is carried out (decision 8)."""


def _acts_of(
    view: Connection, own: Connection, title: Row[Any], choice: Declared, declared: Declared, head: Head,
    rhythms: Rhythms,
) -> Iterator[tuple[str, dict[str, Any], list[str]]]:  # fmt: skip
    """A facility of the offer's form where none is there, the lock, and the draw; one that buys names the certificate.

    Sold without recourse is the part that is paid for, at a price that is the interest below it; pledged, or sold with
    recourse, the whole: what it brings above the loan is the borrower's (CC-766).
    """
    offer = standing_offer(declared)
    common = {"expiresAt": head.time + ACT_DAYS * 86_400, "evidence": choice.declaration}
    seed, lent = bytes.fromhex(choice.declaration[2:]), choice.minor("amount")
    found = (
        number
        for number, takes_goods in _facilities(view, title, offer, lent)
        if not takes_goods
        or _goods_leave_room(goods_behind(view, own, number, head, rhythms), title, offer, lent)
    )
    facility = next(found, None)
    if facility is None:
        facility = _free_facility(view, seed)
        message = _opened(own, title, offer, lent, facility)
        yield "open", {**message, **common}, ["maker", "checker", "borrower"]
    child, quantity = 0, title.quantity
    if offer.form is Form.WITHOUT_RECOURSE and lent != title.quantity - title.paid:
        child, quantity = _own_id(title.holder, seed[8:12]), lent
    locked = {
        "title": str(title.title), "sequence": title.sequence, "facility": facility, "child": str(child),
        "quantity": quantity, **common,
    }  # fmt: skip
    yield "lock", locked, ["holder", "lender"]
    terms: dict[str, Any] = {
        "rate": offer.rate, "minimumDays": offer.minimum_days, "penaltyBps": offer.penalty_bps, "amount": lent,
    }  # fmt: skip
    if offer.form is Form.WITHOUT_RECOURSE:
        terms = {
            "rate": 0,
            "minimumDays": 0,
            "penaltyBps": 0,
            "amount": price(offer, lent, head.day, title.due_day),
        }
    drawn = {
        "loan": str(_own_id(title.holder, seed[4:8])), "facility": facility,
        "title": "0" if offer.form is Form.PLEDGE else str(child or title.title), **terms,
        "dueDay": title.due_day, "basis": offer.basis, "terms": 0, "count": 0, "graceDays": 0,
        "registration": _registration(own, title, facility), **common,
    }  # fmt: skip
    yield "draw", drawn, ["borrower", "maker", "checker"]


def _opened(own: Connection, title: Row[Any], offer: StandingOffer, lent: int, number: int) -> dict[str, Any]:
    account = Accounts(own).of(offer.lender, "collection", currency_codes()[title.currency])
    return {
        "facility": number, "lender": offer.lender, "borrower": title.holder, "currency": title.currency,
        "advanceBps": _advance(offer), "limit": lent, "endDay": title.due_day, "closesWithDebt": True,
        "form": int(_LEDGER_FORMS[offer.form]), "entrustor": 0, "agentFeeBps": 0,
        "collectionBank": None if account is None else account.bank,
        "collectionAccount": None if account is None else "0x" + account.commitment.hex(),
    }  # fmt: skip


def _advance(offer: StandingOffer) -> int:
    """Basis points of what is locked: what is sold without recourse is the part that is paid for, no more."""
    return FULL_BPS if offer.form is Form.WITHOUT_RECOURSE else offer.advance_bps


def _own_id(party: int, drawn: bytes) -> int:
    """An id of a party's own, among those that the gateway gives nobody else."""
    return party << 32 | PARTS | int.from_bytes(drawn, "big") >> 1


def _registration(own: Connection, title: Row[Any], facility: int) -> str | None:
    """What the lender declared to the registry about its pledge; None before it did (CN77-13)."""
    declared = Declarations(own).of("claim", str(title.title))
    mine = [each for each in declared if each.fields["facility"] == str(facility)]
    return mine[-1].fields["document"] if mine else None


def _facilities(
    view: Connection, title: Row[Any], offer: StandingOffer, lent: int
) -> Iterator[tuple[int, bool]]:
    """Facilities of the two, of the offer's form and currency, whose limit has room on the same advance rate and that
    last, each with whether it takes goods. One that an entrustor funds is not the lender's own.
    """
    table = ledger.facilities.c
    form = table.flags.op("&")(FORM_MASK << FORM_SHIFT)
    query = (
        select(table.facility, table.flags)
        .where(
            table.lender == offer.lender, table.borrower == title.holder, table.currency == title.currency,
            form == _LEDGER_FORMS[offer.form] << FORM_SHIFT, table.entrustor == 0,
            table.advance_bps == _advance(offer), table.end_day >= title.due_day,
            table.limit_amount - table.used >= lent,
        )
        .order_by(table.facility)
    )  # fmt: skip
    for number, flags in view.execute(query).all():
        yield number, bool(flags & TAKES_GOODS)


def _goods_leave_room(behind: GoodsBehind | None, title: Row[Any], offer: StandingOffer, lent: int) -> bool:
    """Whether so much could be drawn once the certificate is locked beside the goods: what is used already may need
    goods that no longer count, and then the certificate would only fill that gap.
    """
    if behind is None or behind.room.blocked:
        return False
    joins = lent if offer.form is Form.WITHOUT_RECOURSE else title.quantity - title.paid
    held = behind.facility
    return held.allows(held.face - behind.cut + joins) - held.used >= lent


def _free_facility(view: Connection, seed: bytes) -> int:
    """A number that no facility has, the same for the same choice."""
    number = int.from_bytes(seed[:4], "big") or 1
    table = ledger.facilities.c.facility
    while view.execute(select(table).where(table == number)).first() is not None:
        number = number % 0xFFFFFFFF + 1
    return number
