"""Promises: issued, answered, lapsed; one by one and by the list; policy and invoices behind them."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak

from gateway.adapters.ledger import acts
from tests.contracts import table
from tests.contracts.instructions import Instruction, office_slots, refused, stored
from tests.contracts.table import AMOUNT, LIST, ROOT, offer_leaf, receivable
from tests.house.cast import CLEARING, CORE, LENDER, TIER_1, TIER_2
from tests.house.house import CNY, EVIDENCE_HASH, House, nullifier_of


def used_limit(house: House) -> int:
    return int(house.machine.view("Evidence", "limitOf", CORE.number, CNY)) & (1 << 48) - 1


def used_of(house: House, nullifier: bytes) -> int:
    return int(house.machine.view("Evidence", "invoiceOf", nullifier)) >> 160 & (1 << 48) - 1


def phase(house: House, root: int = ROOT) -> int:
    return int(house.machine.view("Ledger", "rootOf", root)) >> 128 & 0xFF


def test_an_offer_reserves_limit_and_invoice(house: House) -> None:
    assert table.issue(house).carry(house) == "None"
    assert (used_limit(house), used_of(house, nullifier_of(ROOT)), phase(house)) == (AMOUNT, AMOUNT, 1)
    assert house.title(ROOT)["holder"] == 0


@pytest.mark.parametrize(("days", "reason"), [(10, "None"), (11, "OfferLapsed")])
def test_the_tenth_day_is_the_last_to_accept(house: House, days: int, reason: str) -> None:
    instruction = table.accept(house)
    house.machine.pass_days(days)
    instruction = instruction.changed(expiresAt=house.expiry())
    if reason == "None":
        assert instruction.carry(house) == "None"
        assert (phase(house), house.title(ROOT)["holder"]) == (2, TIER_1.number)
    else:
        refused(house, instruction, reason)


@pytest.mark.parametrize(("days", "reason"), [(10, "OfferStillOpen"), (11, "None")])
def test_the_eleventh_day_returns_limit_and_invoice(house: House, days: int, reason: str) -> None:
    instruction = table.expire(house)
    house.machine.pass_days(days - 11)
    if reason == "None":
        assert instruction.carry(house) == "None"
        assert (used_limit(house), used_of(house, nullifier_of(ROOT)), phase(house)) == (0, 0, 4)
    else:
        refused(house, instruction, reason)


def test_declining_returns_limit_and_invoice_and_says_why(house: House) -> None:
    assert table.decline(house).carry(house) == "None"
    assert (used_limit(house), used_of(house, nullifier_of(ROOT)), phase(house)) == (0, 0, 4)
    ended = next(event for event in house.machine.events if event.name == "OfferEnded")
    assert ended.args["reason"] == EVIDENCE_HASH


def test_an_answer_names_what_was_offered(house: House) -> None:
    instruction = table.accept(house)
    other = acts.invoices_hash([nullifier_of(ROOT)], [AMOUNT - 1])
    refused(house, instruction.changed(invoices=other), "OfferMismatch")
    refused(house, instruction.changed(payee=TIER_2.number), "OfferMismatch")
    refused(house, instruction.changed(root=ROOT + 1), "NotOffered")


def test_one_invoice_carries_several_certificates_up_to_its_cap(house: House) -> None:
    """An invoice of 900,000.00 goes out as 300,000.00 and 600,000.00, and not a fen more."""
    assert house.attest(nullifier_of(ROOT), AMOUNT, TIER_1, CORE) == "None"
    for serial, amount, reason in (
        (1, 30_000_000, "None"),
        (2, 60_000_000, "None"),
        (3, 1, "InvoiceExhausted"),
    ):
        root = CORE.number << 32 | serial
        changes = {"nullifiers": [nullifier_of(ROOT)], "amounts": [amount]}
        assert house.issue(root, CORE, TIER_1, amount, **changes) == reason


def test_a_credit_note_lowers_what_an_invoice_is_good_for(house: House) -> None:
    note = table.credit_invoices(house)
    assert note.carry(house) == "None"
    assert house.issue(ROOT, CORE, TIER_1, AMOUNT) == "InvoiceExhausted"
    assert house.issue(ROOT, CORE, TIER_1, AMOUNT - 1) == "None"
    # Below what is used it still counts; nothing more can be promised on it.
    again = note.changed(capBefore=AMOUNT - 1, cap=0)
    assert again.carry(house) == "None"
    assert house.issue(ROOT + 1, CORE, TIER_1, 1, nullifiers=[nullifier_of(ROOT)]) == "InvoiceExhausted"
    refused(house, note.changed(capBefore=0, cap=5), "InvoiceChanged")
    refused(house, note.changed(nullifier=b"\1" * 32), "InvoiceUnknown")


def test_an_attestor_is_neither_side_of_the_invoice(house: House) -> None:
    instruction = table.attest_invoices(house)
    refused(house, instruction.changed(seller=21), "WrongParty")
    refused(house, instruction.changed(debtor=21), "WrongParty")
    refused(house, instruction.changed(evidence=bytes(32)), "EvidenceMissing")


# ── Lists of offers ─────────────────────────────────────────────────────────────────────────────────────────────


class OfferTree:
    """A tree as OpenZeppelin's standard-merkle-tree builds it: sorted leaves, pairs hashed in order."""

    def __init__(self, offers: list[dict[str, Any]]) -> None:
        self.offers = {offer["root"]: offer for offer in offers}
        leaves = sorted(offer_leaf(offer)[1] for offer in offers)
        self._layers = [leaves]
        while len(self._layers[-1]) > 1:
            layer = self._layers[-1]
            pairs = [layer[at : at + 2] for at in range(0, len(layer), 2)]
            self._layers.append(
                [keccak(b"".join(sorted(pair))) if len(pair) == 2 else pair[0] for pair in pairs]
            )

    @property
    def root(self) -> bytes:
        return self._layers[-1][0]

    def proof(self, root: int) -> list[bytes]:
        at = self._layers[0].index(offer_leaf(self.offers[root])[1])
        found = []
        for layer in self._layers[:-1]:
            if at ^ 1 < len(layer):
                found.append(layer[at ^ 1])
            at //= 2
        return found


PIECE = 10_000_000


def published(house: House, count: int = 7) -> OfferTree:
    """A list of seven offers, each on an invoice of its own."""
    roots = [CORE.number << 32 | serial for serial in range(1, count + 1)]
    for root in roots:
        assert house.attest(nullifier_of(root), PIECE, TIER_1, CORE) == "None"
    tree = OfferTree([receivable(house, root, quantity=PIECE, amounts=[PIECE]) for root in roots])
    act = {**table.publish_offers(house).message, "offers": tree.root, "total": PIECE * count}
    assert Instruction("publishOffers", act, table.core_signs(PIECE * count), "").carry(house) == "None"
    return tree


def taking(house: House, tree: OfferTree, root: int, **changes: Any) -> Instruction:
    offer = {**tree.offers[root], **changes}
    act = {
        "list": LIST, "receivable": offer_leaf(offer)[0], "root": root, "quantity": offer["quantity"],
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    unsigned = {"receivable": offer, "proof": tree.proof(root)}
    return Instruction("acceptOffer", act, (table.title_slot("payee", TIER_1["maker"]),), "", unsigned)


def test_a_list_reserves_its_total_and_each_payee_takes_its_own(house: House) -> None:
    tree = published(house)
    assert used_limit(house) == 7 * PIECE
    for root in tree.offers:
        assert used_of(house, nullifier_of(root)) == 0
        assert taking(house, tree, root).carry(house) == "None"
        assert (phase(house, root), house.title(root)["holder"]) == (2, TIER_1.number)
        assert used_of(house, nullifier_of(root)) == PIECE
    assert used_limit(house) == 7 * PIECE


def test_only_what_was_published_can_be_taken(house: House) -> None:
    tree = published(house)
    refused(house, taking(house, tree, ROOT, quantity=PIECE + 1, amounts=[PIECE + 1]), "ProofInvalid")
    refused(house, taking(house, tree, ROOT, payee=TIER_2.number), "ProofInvalid")
    inner = taking(house, tree, ROOT)
    refused(house, inner.changed(receivable=tree.proof(ROOT)[0]), "ProofInvalid")
    refused(house, inner.changed(list=LIST + 1), "NotOffered")
    refused(house, inner.changed(quantity=PIECE - 1), "ProofInvalid")


def test_an_offer_is_taken_once(house: House) -> None:
    tree = published(house)
    assert taking(house, tree, ROOT).carry(house) == "None"
    refused(house, taking(house, tree, ROOT), "InvoiceExhausted")


def test_what_nobody_took_returns_after_the_tenth_day(house: House) -> None:
    tree = published(house)
    for root in list(tree.offers)[:3]:
        assert taking(house, tree, root).carry(house) == "None"
    close = Instruction("closeOffers", {}, (), "ZeroQuantity", {"list": LIST})
    house.machine.pass_days(10)
    refused(house, close, "OfferStillOpen")
    assert taking(house, tree, ROOT + 3).carry(house) == "None"
    house.machine.pass_days(1)
    refused(house, taking(house, tree, ROOT + 4), "OfferLapsed")
    assert close.carry(house) == "None"
    assert used_limit(house) == 4 * PIECE
    refused(house, close, "ZeroQuantity")


def test_a_stopped_issuers_list_is_not_taken(house: House) -> None:
    tree = published(house)
    assert table.stop(house).carry(house) == "None"
    refused(house, taking(house, tree, ROOT), "IssuerStopped")


# ── Policy ──────────────────────────────────────────────────────────────────────────────────────────────────────


def policy(house: House, version: int, **changes: Any) -> Instruction:
    act = table.policy_act(house, version, **changes)
    return Instruction("publishPolicy", act, office_slots("banks", LENDER, CLEARING), "NonceUsed")


def test_a_policy_takes_effect_seven_days_ahead(house: House) -> None:
    refused(house, policy(house, 2, effectiveDay=house.machine.day() + 6), "PolicyTooSoon")
    assert policy(house, 2).carry(house) == "None"
    house.machine.pass_days(6)
    assert house.machine.view("Evidence", "policyOn", house.machine.day()) >> 96 == 1
    house.machine.pass_days(1)
    assert house.machine.view("Evidence", "policyOn", house.machine.day()) >> 96 == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 0},
        {"maximumTenorMonths": 0},
        {"maximumTenorMonths": 13},
        {"maximumDepth": 9},
        {"minimumPiece": 65_536},
    ],
    ids=str,
)
def test_policies_out_of_range(house: House, changes: dict[str, int]) -> None:
    refused(house, policy(house, 2).changed(**changes), "PolicyOutOfRange")


def test_a_root_keeps_the_policy_it_was_opened_under(house: House) -> None:
    """Policy 2 allows three splits, pieces of 10,000.00 and five days to accept: not on what policy 1 opened."""
    old = house.live_root(1, AMOUNT, TIER_1)
    assert policy(house, 2, maximumDepth=0, minimumPiece=10_000).carry(house) == "None"
    house.machine.pass_days(7)
    new = house.live_root(2, AMOUNT, TIER_1)
    child = TIER_1.number << 32 | 1
    assert house.split(new, TIER_1, TIER_1, child, 10_000) == "PieceTooSmall"
    assert house.split(new, TIER_1, TIER_1, child, 1_000_000) == "TooDeep"
    assert house.split(old, TIER_1, TIER_1, child, 10_000) == "None"


def test_late_interest_below_the_policys_least(house: House) -> None:
    assert policy(house, 2, minimumLateInterest=501).carry(house) == "None"
    house.machine.pass_days(7)
    instruction = table.issue(house)
    refused(house, instruction, "LateInterestTooLow")


def test_without_a_policy_nothing_is_promised() -> None:
    house = House(furnished=False)
    before = stored(house)
    promise = {"debtor": CORE.number, "receivables": [receivable(house)], "expiresAt": house.expiry()}
    assert house.do("issue", promise, maker=CORE["maker"], checker=CORE["checker"]) == "NoPolicy"
    assert stored(house) == before
