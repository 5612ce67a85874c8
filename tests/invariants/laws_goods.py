"""The invariants of the ledger (2-ledger 2.5) for lots and receipts: of their records, and of a batch of acts on them.

What an act did is worked out here from the records as they were before and from what was signed, in other words than
the specification's: where both sides of the machine lose one rule, a law still stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from gateway.domain.goods_records import GOODS, Lot, RootKind
from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_records import UNITS
from gateway.domain.records import MAX_AMOUNT, Flag, Phase, Role, SignerFlag, Title
from tests.invariants.pair import Change, require
from tests.invariants.verbs import Step

KEEPER_AT: Mapping[str, int] = {
    "store": 1,
    "endorse": 2,
    "split_receipt": 2,
    "merge_receipts": 1,
    "hand_over": 1,
    "charge_storage": 0,
    "change_medium": 1,
    "replace": 1,
    "pledge_goods": 2,
    "release_goods": 2,
    "unlock_goods": 1,
    "carve_goods": 1,
    "sell_goods": 2,
    "lease_goods": 3,
    "withdraw_lease": 1,
    "convert_goods": 3,
}
"""Acts on goods that their keeper signs, and which of the signatures is the keeper's (decision 5). A count is signed by
keeper or inspector, or by both."""

FREEING = (
    "release_goods",
    "unlock_goods",
    "convert_goods",
    "withdraw_lease",
    "complete_sales",
    "end_lease",
    "record",
)
"""Acts that end a receipt's lock: signed by its keeper, or the end of a sale or lease that its keeper signed."""

Before = Mapping[Change, Any]
"""What changed records were before the batch; None for those that were not."""


def kept(state: LedgerState, number: int) -> int:
    """INV 2: Σ live receipts + delivered + lost − shortfall = received, of each lot; closed when no receipt is left."""
    root, lot = state.roots[number], state.lot_of(number)
    receipts = [title for title in state.titles.values() if title.root == number]
    live = sum(title.quantity for title in receipts)
    received = root.quantity + lot.deposited
    nominal, stored = lot.nominal(root.quantity), lot.stored(root.quantity)
    require(live == nominal, "Σ live receipts = what receipts stand for", number, lot, receipts)
    require(0 <= stored <= nominal, "no more is in store than receipts stand for", number, lot)
    shortfall = nominal - stored
    require(live + lot.delivered + lot.lost - shortfall == received, "INV 2", number, lot)
    require(lot.delivered <= lot.redeemed, "nobody gets more than his receipt says", number, lot)
    gone = nominal == 0 and root.kind == RootKind.LOT
    require((root.phase is Phase.CLOSED) == gone, "closed ⇔ no receipt of a lot left", number, root, lot)
    require(all(t.flags & Flag.GOODS and not t.paid for t in receipts), "receipts claim no money", number)
    require(root.clearing_bank != root.debtor, "the inspector is not the keeper", number, root)
    return 7


def warehoused(state: LedgerState, keeper: int) -> int:
    """INV 2 of a warehouse: by unit, all receipts on a keeper say what its lots took in less what was redeemed."""
    said: dict[tuple[int, int], int] = {}
    lots: dict[tuple[int, int], int] = {}
    for number, root in state.roots.items():
        if root.kind in GOODS and root.debtor == keeper:
            unit = root.currency, root.terms
            lots[unit] = lots.get(unit, 0) + state.lot_of(number).nominal(root.quantity)
    for title in state.titles.values():
        root = state.roots[title.root]
        if root.kind in GOODS and root.debtor == keeper:
            unit = root.currency, root.terms
            said[unit] = said.get(unit, 0) + title.quantity
    require(said == lots, "INV 2: a warehouse's receipts say what its lots stand for", keeper, said, lots)
    return 1


def after_goods(state: LedgerState, steps: Sequence[Step], before: Before, today: int) -> int:
    """Check the laws of a batch of one verb that was done; answers how many cases were checked. Raises Difference."""
    verb = steps[0].verb
    cases = 0
    for step in steps:
        cases += _signed_by_its_keeper(state, step)
    receipts = dict(_receipts(state, before))
    cases += _freed(verb, receipts)
    if verb == "count":
        cases += _counted(state, steps)
    if verb == "hand_over":
        cases += _handed_over(state, steps, before)
    if verb == "store":
        cases += _taken_in(state, steps, before)
    if verb in ("appraise", "pledge_goods"):
        cases += sum(_worth(state, step.act.facility, step.act.lot, today) for step in steps)
    return cases


def _receipts(state: LedgerState, before: Before) -> Iterable[tuple[int, tuple[Title | None, Title]]]:
    """Receipts that a batch changed, as they were and as they are."""
    for (table, number), was in before.items():
        if table == "titles" and state.titles[number].flags & Flag.GOODS:
            yield number, (was, state.titles[number])


# ── INV 7, 8: who signed ────────────────────────────────────────────────────────────────────────────────────


def _signed(state: LedgerState, key: object, party: int, role: Role) -> bool:
    signer = state.signers.get(key) if isinstance(key, str) else None
    if signer is None or signer.party != party or signer.flags & SignerFlag.REVOKED:
        return False
    return bool(signer.roles & role)


def lot_of(state: LedgerState, step: Step) -> int:
    """The number of the lot that an act is about."""
    act = step.act
    if hasattr(act, "lot"):
        return int(act.lot)
    return state.titles[act.into if step.verb == "merge_receipts" else act.title].root


def _signed_by_its_keeper(state: LedgerState, step: Step) -> int:
    """INV 8: goods never without the keeper."""
    if step.verb not in KEEPER_AT:
        return 0
    keeper = state.roots[lot_of(state, step)].debtor
    signed = _signed(state, step.keys[KEEPER_AT[step.verb]], keeper, Role.KEEP)
    require(signed, "INV 8: goods never without their keeper", keeper, step)
    return 1


def _counted(state: LedgerState, steps: Sequence[Step]) -> int:
    """INV 7: a count is the keeper's or the inspector's own, who signed when the goods came in."""
    for step in steps:
        root = state.roots[step.act.lot]
        keeper, inspector = step.keys
        said = _signed(state, keeper, root.debtor, Role.KEEP)
        said = said or _signed(state, inspector, root.clearing_bank, Role.ATTEST)
        require(said, "INV 7: keeper or inspector counts", step)
    return len(steps)


def _freed(verb: str, receipts: Mapping[int, tuple[Title | None, Title]]) -> int:
    """INV 3, 8: nothing is locked whose paper is out; and a lock ends by an act that its keeper signed for."""
    for number, (was, title) in receipts.items():
        out = title.flags & Flag.PAPER and title.lock
        require(not out, "INV 3: what is out on paper secures nothing", number, title)
        freed = was is not None and was.lock and not title.lock and not title.dead
        require(not freed or verb in FREEING, "INV 8: released only by who may", verb, number, was, title)
        bound = was is None or not (title.lock and not was.lock) or not was.flags & (Flag.PAPER | Flag.LIEN)
        require(bound, "INV 3: on paper, or with storage owed, nothing is pledged", number, was, title)
    return 3 * len(receipts)


# ── INV 6: recomputed to the unit ───────────────────────────────────────────────────────────────────────────


def _stock(state: LedgerState, lot: int, before: Before) -> tuple[Fraction, Fraction]:
    """What a lot's receipts stood for, and what was in store, before the batch."""
    root = state.roots[lot]
    was = before.get(("lots", lot), state.lot_of(lot)) or Lot()
    received = root.quantity + was.deposited
    return Fraction(received - was.redeemed), Fraction(received - was.delivered - was.lost)


def _handed_over(state: LedgerState, steps: Sequence[Step], before: Before) -> int:
    """INV 6 of goods: what is handed over is the receipt's part of what is there, rounded down once."""
    stocks: dict[int, tuple[Fraction, Fraction]] = {}
    for step in steps:
        lot, act = lot_of(state, step), step.act
        nominal, stored = stocks.get(lot) or _stock(state, lot, before)
        share = act.quantity * stored / nominal
        require(act.delivered == share // 1, "INV 6: a receipt's share of its lot", step, nominal, stored)
        stocks[lot] = nominal - act.quantity, stored - act.delivered
    for lot, left in stocks.items():
        require(_stock(state, lot, {}) == left, "INV 2: what left is gone from the lot", lot, left)
    return len(steps) + len(stocks)


def _taken_in(state: LedgerState, steps: Sequence[Step], before: Before) -> int:
    """INV 2: nobody's goods make good what others lack; and one set of goods has one lot, under one number."""
    for lot in {step.act.lot for step in steps}:
        if ("roots", lot) not in before:
            nominal, stored = _stock(state, lot, before)
            require(nominal == stored, "INV 2: no goods come into a short pool", lot, nominal, stored)
        numbers = [number for number, named in state.lot_numbers.items() if named == lot]
        require(len(numbers) == 1, "INV 2: one lot, one number", lot, numbers)
        # INV 10: of the keeper's own number the chain has a commitment alone.
        require(all(len(number) == 32 for number in numbers), "INV 10: no document numbers", lot, numbers)
    return 3 * len(steps)


def _worth(state: LedgerState, facility: int, lot: int, today: int) -> int:
    """INV 6 of goods: what a lot counts for, recomputed, is the ledger's to the minor unit; under an old valuation,
    which may only lower it, no more.
    """
    word, root, stock = state.pledged_lots[facility, lot], state.roots[lot], state.lot_of(lot)
    received = root.quantity + stock.deposited
    nominal, stored = received - stock.redeemed, received - stock.delivered - stock.lost
    part = Fraction(min(stored, nominal), nominal) if nominal else Fraction(1)
    value = int(word.quantity * word.rate * part / UNITS)
    # The face value's field takes no more.
    less = state.facilities[facility].face == MAX_AMOUNT or word.valid_until < today
    require(
        word.value == value or (less and word.value < value),
        "INV 6: value = quantity × rate × what is there",
        lot,
        word,
        value,
    )
    return 1
