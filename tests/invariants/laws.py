"""The invariants of the ledger (2-ledger 2.5), asked of the state after every step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gateway.domain.goods_records import GOODS, RootKind
from gateway.domain.goods_sales import claim_of
from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_records import UNITS, SaleState
from gateway.domain.protection_records import ProtectionKind
from gateway.domain.records import Facility, Flag, Form, LoanPhase, Phase, SignerFlag
from gateway.domain.settlement import FactKind
from gateway.domain.stage_records import Stages
from gateway.domain.stages import usable
from tests.invariants.laws_goods import kept, warehoused
from tests.invariants.pair import Change, require
from tests.invariants.verbs import Step

NOTHING_CHANGED: Mapping[Change, Any] = MappingProxyType({})
"""What was before a step, of records that no step just changed."""


def hold(
    state: LedgerState,
    changed: Iterable[Change],
    platform: int,
    before: Mapping[Change, Any] = NOTHING_CHANGED,
) -> int:
    """Check every law that the changed records could have broken; answers how many cases were checked. `before` is what
    those were that a step just changed.

    Raises Difference with the first law that does not hold.
    """
    roots, facilities = set(), set()
    debtors = False
    cases = 0
    for table, number in changed:
        if table == "roots":
            roots.add(number)
        elif table == "titles" and number in state.titles:
            roots.add(state.titles[number].root)
            lock = state.titles[number].lock
            facilities |= {lock} if lock else set()
        elif table == "lots":
            roots.add(number)
        elif table == "facilities":
            facilities.add(number)
        elif table == "pledged_lots":
            facilities.add(number[0])
        elif table == "stages":
            facilities.add(number)
        elif table == "goods_sales" and number in state.goods_sales:
            facilities.add(state.goods_sales[number].facility)
        elif table == "leases" and number in state.leases:
            facilities.add(state.leases[number].facility)
        elif table == "loans" and number in state.loans:
            facilities.add(state.loans[number].facility)
        elif table == "calls":
            facilities.add(state.protections[number[0]].facility)
        elif table == "protections" and number in state.protections:
            facilities.add(state.protections[number].facility)
        debtors = debtors or table in ("limits", "roots", "lists", "money")
        cases += _one(state, table, number, platform, before)
    for root in roots & state.roots.keys():
        kind = state.roots[root].kind
        asked = kept if kind in GOODS else ordered if kind == RootKind.ORDER else conserved
        cases += asked(state, root)
    for keeper in {state.roots[r].debtor for r in roots & state.roots.keys() if state.roots[r].kind in GOODS}:
        cases += warehoused(state, keeper)
    for facility in facilities & state.facilities.keys():
        cases += secured(state, facility) + protected(state, facility, platform)
    if debtors:
        cases += limits(state)
    return cases


def all_hold(state: LedgerState, platform: int) -> int:
    """Check every law on every record."""
    tables = ("titles", "roots", "invoices", "lists", "order_lists", "cash", "facilities", "loans", "offers")
    changed = [(table, number) for table in tables for number in getattr(state, table)]
    return hold(state, [*changed, ("limits", None)], platform)


def conserved(state: LedgerState, number: int) -> int:
    """INV 1, 9: what titles claim, what was paid, removed and given up make the root; closed when nothing is open."""
    root, money = state.roots[number], state.money_of(number)
    titles = [title for title in state.titles.values() if title.root == number]
    if root.phase in (Phase.OFFERED, Phase.CANCELLED):
        require(not titles, "no title before acceptance", number)
        return 1
    require(sum(title.quantity for title in titles) == root.quantity, "Σ quantity = root", number, titles)
    standing = sum(title.open for title in titles)
    require(
        standing + money.gone == root.quantity, "Σ open + paid + removed + given up = root", number, money
    )
    early = sum(title.quantity for title in titles if title.flags & Flag.EARLY)
    paid = sum(title.paid for title in titles if not title.flags & Flag.EARLY)
    require(early == money.removed, "Σ settled early = removed", number, money)
    require(paid == money.distributed, "Σ paid = distributed", number, money)
    require(money.distributed <= money.received, "distributed ≤ received", number, money)
    owed = root.quantity - money.removed - money.written_off
    require(money.received <= owed or money.written_off > 0, "received ≤ owed", number, money)
    require(
        (root.phase is Phase.CLOSED) == (money.gone == root.quantity), "closed ⇔ nothing open", number, money
    )
    return 7


def ordered(state: LedgerState, number: int) -> int:
    """INV 1 of orders: what is still to come, what was taken and what will not come make the order, and no more was
    promised than was taken; closed when nothing is left.
    """
    root, order = state.roots[number], state.order_of(number)
    titles = [title for title in state.titles.values() if title.root == number]
    left = sum(title.quantity for title in titles)
    require(left + order.gone == root.quantity, "Σ titles + taken + reduced = ordered", number, order, titles)
    require(order.gone <= root.quantity, "INV 4: no more is taken of an order than it is for", number, order)
    require(order.promised <= order.taken, "promised ≤ received", number, order)
    require((root.phase is Phase.CLOSED) == (left == 0), "closed ⇔ nothing to come", number, root, order)
    require(all(t.flags & Flag.ORDER and not t.paid for t in titles), "orders claim no money", number)
    require(not state.money_of(number).received, "no money is received for an order", number)
    return 6


def secured(state: LedgerState, number: int) -> int:
    """INV 3, 4, 5: a facility's collateral is what its titles claim; used is what its loans owe."""
    facility = state.facilities[number]
    locked = [
        title for title in state.titles.values() if title.lock == number and not title.flags & Flag.GOODS
    ]
    face = sum(title.open for title in locked)
    face += sum(lot.value for (facility_, _), lot in state.pledged_lots.items() if facility_ == number)
    face += sum(lease.price for lease in state.leases.values() if lease.facility == number)
    require(
        facility.face == face,
        "face = Σ open of locked titles + Σ value of pledged lots + Σ price of leases",
        number,
        facility,
        face,
    )
    loans = [loan for loan in state.loans.values() if loan.facility == number]
    live = [loan for loan in loans if loan.phase in (LoanPhase.RESERVED, LoanPhase.OUTSTANDING)]
    gone = [loan for loan in loans if loan.phase is LoanPhase.WRITTEN_OFF]
    require(
        facility.used == sum(loan.principal for loan in live), "used = Σ principal", number, facility, live
    )
    require(
        (facility.loans, facility.written_off) == (len(live), len(gone)), "loans counted", number, facility
    )
    # A repayment that its bank took back is owed again, whatever was drawn since.
    again = sum(
        use.principal
        for use in state.movements.values()
        if use.reversed and use.principal and state.loans[use.subject].facility == number
    )
    require(facility.used <= facility.limit + again, "used ≤ limit", number, facility)
    _sold(state, number, facility)
    _leased(state, number, facility)
    _pledged(state, number)
    _staged(state, number, facility)
    ended = facility.zero_debt_day != 0
    require(not ended or facility.clear, "the release clock runs only without debt", number, facility)
    return 6


def _pledged(state: LedgerState, number: int) -> None:
    """INV 3, 8: what a lot counts for is what its receipts locked here say, and are not being sold; the mark counts
    them; and the lender never holds goods.
    """
    lots = {lot: word for (facility, lot), word in state.pledged_lots.items() if facility == number}
    receipts = {
        n: t
        for n, t in state.titles.items()
        if t.lock == number and t.flags & Flag.GOODS and n not in state.leases
    }
    for lot, word in lots.items():
        free = [t.quantity for t in receipts.values() if t.root == lot and not t.flags & Flag.HELD]
        require(word.quantity == sum(free), "pledged = Σ receipts locked and unsold", number, lot, word)
        most = word.quantity * word.rate // UNITS
        require(word.value <= most, "a lot counts for no more than its rate says", number, lot, word)
    require({t.root for t in receipts.values()} <= lots.keys(), "what is locked is counted", number)
    mark = state.mark_of(number)
    require(
        mark.lots == sum(word.quantity > 0 for word in lots.values()), "the mark counts lots", number, mark
    )
    require(mark.lots == 0 or number in state.goods_terms, "nothing is pledged before it is agreed", number)
    lender = state.group_of(state.facilities[number].lender)
    for n, sale in state.goods_sales.items():
        if sale.facility == number:
            require(state.group_of(sale.buyer) != lender, "CC-428: goods never go to the lender", n, sale)
            agreed = sale.state is SaleState.AGREED
            title = state.titles[n]
            require(not agreed or title.lock == number, "what is sold is locked until it is paid", n, sale)
            # Who bought it may lease it out: held then is what is leased.
            held = bool(title.flags & Flag.HELD) and n not in state.leases
            require(agreed == held, "INV 3: never both pledged and sold", n, sale)
            collected = state.cash_of(n).collected
            require(sale.came_before <= collected <= sale.total, "no more comes than was agreed", n, sale)
            require(agreed or collected == sale.total, "paid, then delivered; or no more is to come", n, sale)


def _leased(state: LedgerState, number: int, facility: Facility) -> None:
    """INV 3: under a facility of leases stand leased receipts alone, each one thing, the owner's before the pay-out."""
    locked = {n for n, title in state.titles.items() if title.lock == number}
    leased = {n for n, lease in state.leases.items() if lease.facility == number}
    require(not leased or facility.form is Form.LEASE, "leased under a facility of that form", number)
    require(
        facility.form is not Form.LEASE or locked == leased,
        "nothing but what is leased",
        number,
        locked,
        leased,
    )
    for n in leased:
        title, lease = state.titles[n], state.leases[n]
        require(
            title.lock == number and title.flags & Flag.HELD > 0, "a leased receipt is one thing", n, title
        )
        require(n in state.sales or title.holder == lease.owner, "no draw, so its owner's", n, title, lease)


def _sold(state: LedgerState, number: int, facility: Facility) -> None:
    """DEC-8: a sold title is one facility's, under one draw; the lender holds it exactly while a loan with recourse
    stands on it.
    """
    standing = (LoanPhase.RESERVED, LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)
    for title_number, loan_number in state.sales.items():
        loan, title = state.loans[loan_number], state.titles[title_number]
        if loan.facility != number:
            continue
        require(loan.phase in standing, "a sale ends with its loan", title_number, loan)
        require(state.bought[loan_number] == title_number, "one title, one draw", title_number, loan_number)
        require(title.lock == number, "INV 3: a sold title secures no other facility", title_number, title)
        lease = state.leases.get(title_number)
        before = facility.borrower if lease is None else lease.owner
        holder = before if loan.phase is LoanPhase.RESERVED else facility.lender
        require(title.holder == holder, "holder = lender ⇔ a loan with recourse stands", title_number, title)
    for title_number, title in state.titles.items():
        if title.lock == number and title_number not in state.sales and title_number not in state.leases:
            require(
                title.holder == facility.borrower, "what is not sold is the borrower's", title_number, title
            )


def _staged(state: LedgerState, number: int, facility: Facility) -> None:
    """S15, S16: stages are the facility's own; nothing is lent beside them; and sales are what came in and stands."""
    require(facility.staged == (number in state.stage_terms), "stages are agreed", number, facility)
    stages = state.stages_of(number)
    if not facility.staged:
        require(stages == Stages(), "nothing is counted where no stages are", number, stages)
        return
    require(stages.opened <= facility.limit, "opened ≤ limit", number, stages)
    open_ = (LoanPhase.RESERVED, LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)
    loans = {n: loan for n, loan in state.loans.items() if loan.facility == number}
    require(
        all(loan.staged for loan in loans.values() if loan.phase in open_), "all is lent in stages", number
    )
    came = sum(
        use.costs + use.interest + use.principal
        for use in state.movements.values()
        if use.kind == FactKind.REPAYMENT and not use.reversed and use.subject in loans
        and loans[use.subject].staged
    )  # fmt: skip
    require(stages.sales >= came, "sales ≥ Σ repayments that stand", number, stages, came)


def protected(state: LedgerState, number: int, platform: int) -> int:
    """CC-700, CN77-4: who stands behind a facility, what was called and paid, and what stands open for it."""
    behind = {n: word for n, word in state.protections.items() if word.facility == number}
    calls = {key: call for key, call in state.calls.items() if key[0] in behind}
    for protection, word in behind.items():
        require(protection >> 32 != platform, "CN77-4: the platform stands behind nothing", protection, word)
        require(
            word.reimbursed <= word.paid <= word.called <= word.cap, "paid ≤ called ≤ cap", protection, word
        )
        own = [call for key, call in calls.items() if key[0] == protection]
        sums = tuple(sum(part) for part in zip(*((c.called, c.paid, c.reimbursed) for c in own), strict=True))
        require((sums or (0, 0, 0)) == (word.called, word.paid, word.reimbursed), "Σ calls", protection, word)
    for loan in {key[1] for key in calls}:
        claims = state.claims_of(loan)
        open_ = {True: 0, False: 0}
        for (protection, lent), call in calls.items():
            last = behind[protection].kind is ProtectionKind.INSURANCE
            open_[last] += call.claim if lent == loan else 0
        require(
            (claims.first, claims.later) == (open_[False], open_[True]), "claims = Σ paid − got back", loan
        )
        require(claims.pot <= claims.open, "nothing is kept beyond what is claimed", loan, claims)
    guard, facility = state.guard_of(number), state.facilities[number]
    short = sum(word.short for word in behind.values())
    found = (len(behind), short, sum(call.claim > 0 for call in calls.values()))
    require((guard.protections, guard.short, guard.open) == found, "the guard counts", number, guard)
    flags = (facility.reserve_short, facility.subrogated)
    require(flags == (guard.short > 0, guard.open > 0), "the facility knows its guard", number, facility)
    return 4 * len(behind) + 3


def limits(state: LedgerState) -> int:
    """INV 4, 11: a debtor's limit used is what it has offered, owes on live roots, and keeps in published lists."""
    used: dict[tuple[int, int], int] = {}
    listed = {offer.root for offers in state.list_offers.values() for offer in offers}
    for number, root in state.roots.items():
        if root.kind == RootKind.RECEIVABLE and root.phase in (Phase.OFFERED, Phase.LIVE, Phase.CLOSED):
            standing = root.quantity - state.money_of(number).gone
            used[root.debtor, root.currency] = used.get((root.debtor, root.currency), 0) + standing
    for word in state.lists.values():
        key = (word.debtor, word.currency)
        used[key] = used.get(key, 0) + word.total - word.taken
    for key, limit in state.limits.items():
        require(
            limit.used == used.get(key, 0), "limit used = Σ promised and open", key, limit, used, len(listed)
        )
    require(all(key in state.limits for key in used), "every debtor has a limit", used)
    return len(state.limits)


def _one(state: LedgerState, table: str, number: Any, platform: int, before: Mapping[Change, Any]) -> int:
    """Laws of one record."""
    if table == "titles" and number in state.titles:
        title = state.titles[number]
        require(title.holder != platform, "INV 5: the platform holds nothing", number, title)
        require(title.paid <= title.quantity or title.dead, "paid ≤ quantity", number, title)
        require(
            not (title.flags & Flag.SPENT and title.lock), "INV 3: nothing is locked and gone", number, title
        )
        return 3
    if table == "roots" and number in state.roots:
        root = state.roots[number]
        require(
            platform not in (root.debtor, root.clearing_bank),
            "INV 5: the platform owes nothing",
            number,
            root,
        )
        return 1
    if table == "facilities" and number in state.facilities:
        word = state.facilities[number]
        require(
            platform not in (word.lender, word.borrower), "INV 5: the platform lends nothing", number, word
        )
        return 1
    if table == "cash" and number in state.cash:
        cash = state.cash[number]
        _, paid = claim_of(state, number)
        require(cash.pending(paid) >= 0, "INV 5: nothing arrives that was not instructed", number, cash)
        require(cash.surplus <= cash.collected, "surplus ≤ collected", number, cash)
        return 2
    if table == "invoices" and number in state.invoices:
        invoice = state.invoices[number]
        require(invoice.used >= 0, "INV 4: an invoice is not used less than nothing", number, invoice)
        was = before.get((table, number), invoice)
        # Below what is used a credit note may lower the cap (DEC-12); then nothing more is.
        kept_to = invoice.used <= invoice.cap or (was is not None and invoice.used <= was.used)
        require(kept_to, "INV 4: no invoice and no order is used above its cap", number, was, invoice)
        return 2
    if table in ("lists", "order_lists") and number in getattr(state, table):
        word = getattr(state, table)[number]
        require(0 <= word.taken <= word.total, "INV 4: no more is taken than was published", number, word)
        return 1
    return 0


def after(state: LedgerState, step: Step, now: int) -> int:
    """Laws of an act at the moment it is done."""
    if step.verb == "record" and step.act.subject in state.bought and step.act.kind == FactKind.PAYOUT:
        loan, title = state.loans[step.act.subject], state.titles[state.bought[step.act.subject]]
        lender = state.facilities[loan.facility].lender
        require(title.holder == lender, "DEC-8: paid out, so delivered", step.act.subject, title)
        require(loan.phase is not LoanPhase.SOLD or not title.lock, "a purchase ends the lock", title)
    if step.verb == "convert":
        order, fresh = state.titles[step.act.title], state.titles[step.act.receivable.root]
        require(
            fresh.lock == order.lock or order.dead, "a receivable secures what its order did", step, fresh
        )
        require(fresh.holder == order.holder, "a receivable is the seller's", step, fresh)
    if step.verb == "convert_goods":
        fresh, receipt = state.titles[step.act.receivable.root], state.titles[step.act.title]
        require(fresh.holder == step.act.receivable.payee, "a receivable is the seller's", step, fresh)
        require(
            receipt.holder == fresh.root >> 32 and not receipt.lock, "the goods are the buyer's, free", step
        )
    if step.verb == "share":
        require(sum(step.act.bps) == 10_000, "Σ shares = whole", step.act)
    if step.verb in ("draw", "release", "release_goods"):
        word = state.facilities[step.act.facility]
        covered = not word.used or word.used <= word.allows(word.face)
        require(covered, "INV 4: used ≤ min(limit, collateral)", step.act.facility, word)
    if step.verb == "draw":
        require(
            word.used <= usable(state, step.act.facility), "S15: used ≤ opened, and what sales carry", step
        )
    if step.verb == "release_goods" and word.used and word.staged:
        terms, stages = state.stage_terms[step.act.facility], state.stages_of(step.act.facility)
        require(
            stages.released <= terms.earned(stages.sales), "S16: goods go against sales cash", step, stages
        )
    if step.verb == "open_stage":
        terms, stages = state.stage_terms[step.act.facility], state.stages_of(step.act.facility)
        require(
            stages.opened <= terms.carried(stages.sales), "S15: a stage is carried by sales", step, stages
        )
    if step.verb == "record" and step.act.kind == FactKind.PAYOUT and state.loans[step.act.subject].staged:
        special = state.special_accounts[state.loans[step.act.subject].facility]
        require((step.act.bank, step.act.account) == special, "S16: money only to the special account", step)
    if step.verb == "record" and step.act.kind == FactKind.REIMBURSED:
        word = state.facilities[state.loans[step.act.loan].facility]
        require(word.owes_nothing, "CC-700: nobody is reimbursed before the lender is whole", step)
    signers = [
        state.signers[key] for key in _asked(state, step) if isinstance(key, str) and key in state.signers
    ]
    if step.verb in TWO_PERSONS:
        persons = [(signer.party, signer.person) for signer in signers]
        require(len(set(persons)) == len(persons) >= 2, "INV 7: two people, not two keys", step)
    if step.verb != "set_signers":
        idle = [s for s in signers if s.flags & SignerFlag.REVOKED and step.verb in TWO_PERSONS]
        require(not idle, "INV 7: a revoked signer acts no more", step)
    expires_at = getattr(step.act, "expires_at", now)
    require(expires_at >= now or step.verb in UNEXPIRING, "INV 7: no instruction counts late", step)
    return 3


def _asked(state: LedgerState, step: Step) -> Sequence[Any]:
    """The signatures that the act needs: nobody looks at an entrustor's where an opening names none, nor at a
    custodian's where what is called is no reserve.
    """
    if step.verb == "open" and not step.act.entrustor:
        return step.keys[:3]
    if step.verb == "call_protection":
        kind = state.protections[step.act.protection].kind
        return step.keys if kind is ProtectionKind.RESERVE else step.keys[:2]
    if step.verb in ("agree_goods", "release_goods", "sell_goods", "end_lease", "agree_stages"):
        return step.keys[:2]
    if step.verb == "open_stage":
        maker, checker, approver = step.keys
        return maker, approver if state.stage_terms[step.act.facility].approver else checker
    return step.keys


TWO_PERSONS = (
    "issue",
    "publish_orders",
    "publish_offers",
    "open",
    "share",
    "draw",
    "void",
    "release",
    "write_off",
    "write_off_title",
    "add_costs",
    "consent",
    "waive",
    "call_protection",
    "agree_goods",
    "release_goods",
    "call_margin",
    "waive_call",
    "enforce",
    "sell_goods",
    "give_notice",
    "end_lease",
    "agree_stages",
    "open_stage",
)
"""Acts that two people sign: of one party, or of two."""
UNEXPIRING = (
    "mark_goods",
    "complete_sales",
    "end_sales",
    "end_call",
    "complete",
    "unlock",
    "lift",
    "reinstate",
    "co_sign",
    "approve",
)
"""Verbs that end something nobody signs for any more once its time is over; and what a signer says beforehand, which
waits."""
