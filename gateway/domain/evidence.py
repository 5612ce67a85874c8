"""What may be promised, and what is it evidence of? (decisions 4, 11, 12; contracts/evidence)

An invoice is known by its nullifier alone. A promise uses invoices up, within the debtor's limit and the
policy in force; nobody can use more. Every verb answers the first rule that forbids it; only NONE changes the
state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.domain.acts import (
    NOTHING,
    Accept,
    AcceptOffer,
    AttestInvoice,
    CreditInvoice,
    Decline,
    Invoices,
    Issue,
    PublishOffers,
    Receivable,
)
from gateway.domain.calendar import add_months, day_of
from gateway.domain.goods_records import RootKind
from gateway.domain.ledger_state import PARTS, LedgerState, made_by
from gateway.domain.office_acts import PublishPolicy
from gateway.domain.order_acts import PublishOrders
from gateway.domain.parties import Key, Need, authorise, check
from gateway.domain.reasons import Reason
from gateway.domain.records import (
    MAX_AMOUNT,
    Flag,
    Invoice,
    Kind,
    OfferList,
    Phase,
    Policy,
    Role,
    Root,
    Title,
)

NOTICE_DAYS = 7
"""A new policy is announced at least this many days ahead (decision 15)."""


# ── Invoices ────────────────────────────────────────────────────────────────────────────────────────────────


def attest_invoice(state: LedgerState, act: AttestInvoice, signed_by: tuple[Key], now: int) -> Reason:
    """Registers an invoice. Signed by the evidence service, which may be neither side of it (CN77-9)."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    reason = authorise(state, act, [Need(act.service, Role.ATTEST)], signed_by, now)
    if reason:
        return reason
    if act.evidence == NOTHING:
        return Reason.EVIDENCE_MISSING
    if act.service in (act.seller, act.debtor):
        return Reason.WRONG_PARTY
    if act.nullifier in state.invoices:
        return Reason.INVOICE_KNOWN
    state.invoices[act.nullifier] = Invoice(act.cap, 0, act.seller, act.debtor, act.currency, act.service)
    return Reason.NONE


def credit_invoice(state: LedgerState, act: CreditInvoice, signed_by: tuple[Key], now: int) -> Reason:
    """A credit note lowers the cap, even below what is used: then the debtor is asked for prepayment."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    invoice = state.invoices.get(act.nullifier)
    if invoice is None:
        return Reason.INVOICE_UNKNOWN
    reason = authorise(state, act, [Need(invoice.service, Role.ATTEST)], signed_by, now)
    if reason:
        return reason
    if invoice.cap != act.cap_before or act.cap >= act.cap_before:
        return Reason.INVOICE_CHANGED
    state.invoices[act.nullifier] = replace(invoice, cap=act.cap)
    return Reason.NONE


def room(state: LedgerState, debtor: int, item: Receivable) -> Reason:
    """Is each invoice attested for this seller and debtor with room left, and do they make the amount?
    (DEC-12)
    """
    if len(item.nullifiers) != len(item.amounts):
        return Reason.INVOICE_SUM_WRONG
    last = NOTHING
    for nullifier, amount in zip(item.nullifiers, item.amounts, strict=True):
        if nullifier <= last:
            return Reason.INVOICES_UNORDERED
        last = nullifier
        reason = fits(state, (item.payee, debtor, item.currency), nullifier, amount)
        if reason:
            return reason
    return Reason.NONE if sum(item.amounts) == item.quantity else Reason.INVOICE_SUM_WRONG


def fits(state: LedgerState, sides: tuple[int, int, int], nullifier: bytes, amount: int) -> Reason:
    """The same of one document, an invoice or an order. `sides` are seller, debtor and currency."""
    invoice = state.invoices.get(nullifier)
    if invoice is None:
        return Reason.INVOICE_UNKNOWN
    if (invoice.seller, invoice.debtor) != sides[:2]:
        return Reason.INVOICE_OTHER_PARTY
    if invoice.currency != sides[2]:
        return Reason.INVOICE_OTHER_CURRENCY
    if amount == 0:
        return Reason.ZERO_QUANTITY
    return Reason.INVOICE_EXHAUSTED if invoice.used + amount > invoice.cap else Reason.NONE


def use(state: LedgerState, invoices: Invoices, sign: int = 1) -> None:
    """Uses invoices up, or gives them back."""
    for nullifier, amount in zip(invoices.nullifiers, invoices.amounts, strict=True):
        invoice = state.invoices[nullifier]
        state.invoices[nullifier] = replace(invoice, used=invoice.used + sign * amount)


# ── Limits and policy ───────────────────────────────────────────────────────────────────────────────────────


def has_limit(state: LedgerState, debtor: int, currency: int, amount: int) -> bool:
    """Whether the debtor may owe so much more."""
    limit = state.limit_of(debtor, currency)
    return limit.used + amount <= limit.limit


def take_limit(state: LedgerState, debtor: int, currency: int, amount: int) -> None:
    """Uses a debtor's limit up, or with a negative amount returns it."""
    limit = state.limit_of(debtor, currency)
    state.limits[debtor, currency] = replace(limit, used=limit.used + amount)


def announce_policy(state: LedgerState, act: PublishPolicy, now: int) -> Reason:
    """Announces parameters for a later day; the banks have signed. The very first needs no notice, for before
    it nothing can be promised.
    """
    today = day_of(now)
    current = state.policy_on(today)
    # Above the newest, announced or in force: one that was replaced before its day does not come back.
    if state.next_policy is not None and act.version <= state.next_policy.version:
        return Reason.NONCE_USED
    if current is not None and act.effective_day < today + NOTICE_DAYS:
        return Reason.POLICY_TOO_SOON
    state.policy = current
    state.next_policy = Policy(
        version=act.version,
        effective_day=act.effective_day,
        maximum_tenor_months=act.maximum_tenor_months,
        maximum_depth=act.maximum_depth,
        accept_days=act.accept_days,
        release_days=act.release_days,
        minimum_late_interest=act.minimum_late_interest,
        minimum_piece=act.minimum_piece,
    )
    return Reason.NONE


# ── Promises, one by one ────────────────────────────────────────────────────────────────────────────────────


def issue(state: LedgerState, act: Issue, signed_by: tuple[Key, Key], now: int) -> list[Reason]:
    """Promises receivables, and answers one reason for each. Signed by the debtor's maker and checker.

    Each reserves the debtor's limit and uses up its invoices, and is refused by itself.
    """
    policy = state.policy_on(day_of(now))
    if policy is None:
        reason = Reason.NO_POLICY
    elif now > act.expires_at:
        reason = Reason.INSTRUCTION_EXPIRED
    else:
        total = sum(item.quantity for item in act.receivables)
        reason = maker_and_checker(state, act, act.debtor, total, signed_by, now)
    if reason or policy is None:
        return [reason] * len(act.receivables)
    return [_issue(state, act.debtor, item, policy, day_of(now)) for item in act.receivables]


def maker_and_checker(
    state: LedgerState, act: object, debtor: int, total: int, signed_by: tuple[Key, Key], now: int
) -> Reason:
    """The debtor's two people; the checker's mandate must reach the amount."""
    if total > MAX_AMOUNT:
        return Reason.QUANTITY_ABOVE_TITLE
    needs = [Need(debtor, Role.ISSUE_MAKER), Need(debtor, Role.ISSUE_CHECKER, total)]
    return authorise(state, act, needs, signed_by, now)


def sound(made: tuple[int, int, int], quantity: int, evidence: bytes, day: int, today: int) -> Reason:
    """CN77-9: promises and orders stand on evidence of real trade. `made` are number, debtor and payee."""
    number, debtor, payee = made
    if not made_by(number, debtor):
        return Reason.FOREIGN_ID
    if payee == debtor:
        return Reason.DEBTOR_IS_PAYEE
    if quantity == 0:
        return Reason.ZERO_QUANTITY
    if evidence == NOTHING:
        return Reason.EVIDENCE_MISSING
    return Reason.DUE_DAY_PAST if day <= today else Reason.NONE


def issuable(
    state: LedgerState, debtor: int, item: Receivable, policy: Policy, opened: int, today: int
) -> Reason:
    """May this be promised? CN77-11: tenor in calendar months from the day the promise was made. SME-17: late
    interest.
    """
    reason = sound((item.root, debtor, item.payee), item.quantity, item.evidence, item.due_day, today)
    if reason:
        return reason
    if item.due_day > add_months(opened, policy.maximum_tenor_months):
        return Reason.TENOR_ABOVE_CAP
    if item.terms < policy.minimum_late_interest:
        return Reason.LATE_INTEREST_TOO_LOW
    return room(state, debtor, item)


def _issue(state: LedgerState, debtor: int, item: Receivable, policy: Policy, today: int) -> Reason:
    reason = issuable(state, debtor, item, policy, today, today)
    if reason:
        return reason
    if not has_limit(state, debtor, item.currency, item.quantity):
        return Reason.DEBTOR_LIMIT_EXCEEDED
    reason = openable(state, item.root, debtor, item.clearing_bank, today)
    if reason:
        return reason
    state.roots[item.root] = promise_root(debtor, item, policy, today)
    use(state, item.invoices)
    take_limit(state, debtor, item.currency, item.quantity)
    state.offers[item.root] = (item.payee, item.invoices)
    return Reason.NONE


def openable(state: LedgerState, number: int, debtor: int, clearing_bank: int | None, today: int) -> Reason:
    """May this root begin? A bank clears what is promised in money; of an order there is nothing to clear (None)."""
    if number & PARTS:
        return Reason.NUMBER_FOR_PARTS
    if number in state.roots:
        return Reason.ID_TAKEN
    party = state.parties.get(debtor)
    if party is not None and party.stopped(today):
        return Reason.ISSUER_STOPPED
    if clearing_bank is not None and not state.kinds_of(clearing_bank) & Kind.BANK:
        return Reason.NOT_A_BANK
    return Reason.NONE


def promise_root(debtor: int, item: Receivable, policy: Policy, opened: int) -> Root:
    """The root of a promise, not accepted yet."""
    return Root(
        debtor=debtor,
        clearing_bank=item.clearing_bank,
        currency=item.currency,
        due_day=item.due_day,
        opened_day=opened,
        phase=Phase.OFFERED,
        terms=item.terms,
        policy_version=policy.version,
        quantity=item.quantity,
        accept_days=policy.accept_days,
        maximum_depth=policy.maximum_depth,
        minimum_piece=policy.minimum_piece,
    )


def accept(state: LedgerState, act: Accept, signed_by: tuple[Key], now: int) -> Reason:
    """The payee takes a promise; from now on it is irrevocable (SME-11). Its first title has the root's
    number.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    reason = _answerable(state, act.root, act.payee, act.invoices)
    if reason:
        return reason
    root, today = state.roots[act.root], day_of(now)
    if today > root.last_day:
        return Reason.OFFER_LAPSED
    if today >= root.due_day:
        return Reason.PAST_DUE
    if act.root in state.titles:
        return Reason.ID_TAKEN
    reason = check(state, act, signed_by[0], Need(act.payee, Role.TITLE, root.quantity), now)
    if reason:
        return reason
    make_live(state, act.root, act.payee)
    del state.offers[act.root]
    return Reason.NONE


def decline(state: LedgerState, act: Decline, invoices: Invoices, signed_by: tuple[Key], now: int) -> Reason:
    """The payee refuses a promise; limit and invoices return whole. `invoices` are those of the offer,
    unsigned.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    reason = _answerable(state, act.root, act.payee, invoices)
    if not reason:
        reason = authorise(state, act, [Need(act.payee, Role.TITLE)], signed_by, now)
    if not reason:
        _cancel(state, act.root, invoices)
    return reason


def expire(state: LedgerState, root: int, payee: int, invoices: Invoices, now: int) -> Reason:
    """After the days to accept anyone returns an offer's limit and invoices (decision 4). Nobody signs."""
    reason = _answerable(state, root, payee, invoices)
    if reason:
        return reason
    if day_of(now) <= state.roots[root].last_day:
        return Reason.OFFER_STILL_OPEN
    _cancel(state, root, invoices)
    return Reason.NONE


def _answerable(state: LedgerState, root: int, payee: int, invoices: Invoices) -> Reason:
    offer = state.offers.get(root)
    if offer is None:
        return Reason.NOT_OFFERED
    return Reason.NONE if offer == (payee, invoices) else Reason.OFFER_MISMATCH


def make_live(state: LedgerState, number: int, payee: int, *, lock: int = 0) -> None:
    """A root is taken, and has its first title. `lock` is the facility that this secures from its first moment."""
    root = state.roots[number]
    state.roots[number] = replace(root, phase=Phase.LIVE)
    flags = Flag.ORDER if root.kind == RootKind.ORDER else Flag.NONE
    state.titles[number] = Title(holder=payee, root=number, quantity=root.quantity, lock=lock, flags=flags)


def _cancel(state: LedgerState, number: int, invoices: Invoices) -> None:
    root = state.roots[number]
    del state.offers[number]
    use(state, invoices, -1)
    take_limit(state, root.debtor, root.currency, -root.quantity)
    state.roots[number] = replace(root, phase=Phase.CANCELLED)


# ── Promises by the list ────────────────────────────────────────────────────────────────────────────────────


def publish_offers(state: LedgerState, act: PublishOffers, signed_by: tuple[Key, Key], now: int) -> Reason:
    """Publishes offers as one commitment and reserves their total. Signed by the debtor: maker, checker."""
    reason, word = publishable(state, act, signed_by, state.lists, now)
    if reason or word is None:
        return reason
    if not has_limit(state, act.debtor, act.currency, act.total):
        return Reason.DEBTOR_LIMIT_EXCEEDED
    take_limit(state, act.debtor, act.currency, act.total)
    state.lists[act.list] = word
    state.list_offers[act.list] = act.offers
    return Reason.NONE


def publishable(
    state: LedgerState,
    act: PublishOffers | PublishOrders,
    signed_by: tuple[Key, Key],
    lists: Mapping[int, OfferList],
    now: int,
) -> tuple[Reason, OfferList | None]:
    """May this list be published, among those that are? Answers the new list with NONE."""
    today = day_of(now)
    policy = state.policy_on(today)
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED, None
    if policy is None:
        return Reason.NO_POLICY, None
    reason = maker_and_checker(state, act, act.debtor, act.total, signed_by, now)
    if reason:
        return reason, None
    if not made_by(act.list, act.debtor):
        return Reason.FOREIGN_ID, None
    if act.list in lists:
        return Reason.ID_TAKEN, None
    if act.total == 0:
        return Reason.ZERO_QUANTITY, None
    if act.evidence == NOTHING:
        return Reason.EVIDENCE_MISSING, None
    if state.parties[act.debtor].stopped(today):
        return Reason.ISSUER_STOPPED, None
    # The day a policy takes effect is no part of what a list is held to.
    frozen = replace(policy, effective_day=0)
    return Reason.NONE, OfferList(act.debtor, act.currency, today, act.total, 0, frozen)


def left(word: OfferList, currency: int, quantity: int) -> Reason:
    """Does the list still hold so much, in its currency?"""
    if currency != word.currency:
        return Reason.CURRENCY_MISMATCH
    return Reason.DEBTOR_LIMIT_EXCEEDED if word.taken + quantity > word.total else Reason.NONE


def accept_offer(
    state: LedgerState, act: AcceptOffer, shown: Receivable, signed_by: tuple[Key], now: int
) -> Reason:
    """The payee takes one published offer; its invoices are used up now. `shown` is the offer itself,
    unsigned.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    found, today = state.lists.get(act.list), day_of(now)
    if found is None:
        return Reason.NOT_OFFERED
    if today > found.last_day:
        return Reason.OFFER_LAPSED
    offered = shown == act.receivable and (shown.root, shown.quantity) == (act.root, act.quantity)
    if not offered or shown not in state.list_offers[act.list]:
        return Reason.PROOF_INVALID
    reason = (
        left(found, shown.currency, shown.quantity)
        or issuable(state, found.debtor, shown, found.policy, found.opened_day, today)
        or authorise(state, act, [Need(shown.payee, Role.TITLE, act.quantity)], signed_by, now)
    )
    if reason:
        return reason
    if shown.root in state.titles:
        return Reason.ID_TAKEN
    reason = openable(state, shown.root, found.debtor, shown.clearing_bank, today)
    if reason:
        return reason
    state.roots[shown.root] = promise_root(found.debtor, shown, found.policy, found.opened_day)
    make_live(state, shown.root, shown.payee)
    state.lists[act.list] = replace(found, taken=found.taken + shown.quantity)
    use(state, shown.invoices)
    return Reason.NONE


def close_offers(state: LedgerState, number: int, now: int) -> Reason:
    """After the days to accept anyone returns the limit that untaken offers still reserve. Nobody signs."""
    found = state.lists.get(number)
    if found is None:
        return Reason.NOT_OFFERED
    if day_of(now) <= found.last_day:
        return Reason.OFFER_STILL_OPEN
    untaken = found.total - found.taken
    if untaken == 0:
        return Reason.ZERO_QUANTITY
    state.lists[number] = replace(found, total=found.taken)
    take_limit(state, found.debtor, found.currency, -untaken)
    return Reason.NONE
