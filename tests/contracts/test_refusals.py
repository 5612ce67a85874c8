"""The cases that must fail, change nothing, and say why (receivables, credit and settlement)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from gateway.adapters.ledger import acts
from gateway.domain.ledger_state import PARTS
from tests.contracts import table
from tests.contracts.instructions import Instruction, Slot, grant, refused, revoke, stored, suspend
from tests.contracts.table import (
    AMOUNT,
    CHILD,
    FACILITY,
    LOAN,
    ROOT,
    freeze_of,
    outstanding,
    receivable,
)
from tests.house.cast import CLEARING, CORE, FOREVER, LENDER, THIRD_BANK, TIER_1, TIER_2
from tests.house.house import (
    COLLECTED,
    CREDITED,
    EVIDENCE_HASH,
    PAYOUT,
    REASONS,
    RECEIVED,
    REJECTED,
    REPAYMENT,
    House,
    account_of,
    collection_account,
    nullifier_of,
)

EPOCH = date(1970, 1, 1)
OTHER = CORE.number << 32 | 2


def unchanged(house: House, before: dict[tuple[str, int], int], answer: str, reason: str) -> None:
    assert answer == reason
    assert stored(house) == before


def issue_of(house: House, *receivables: dict[str, Any]) -> Instruction:
    act = {"debtor": CORE.number, "receivables": list(receivables), "expiresAt": house.expiry()}
    return Instruction("issue", act, table.core_signs(sum(each["quantity"] for each in receivables)), "")


# ── Titles ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "locked", [False, True], ids=["self-assignment", "self-assignment of a locked title"]
)
def test_self_assignment(house: House, locked: bool) -> None:
    if locked:
        assert table.lock(house).carry(house) == "None"
    else:
        house.live_root(1, AMOUNT, TIER_1)
    before = stored(house)
    reason = "TitleLocked" if locked else "SelfAssignment"
    unchanged(house, before, house.assign(ROOT, TIER_1, TIER_1), reason)


@pytest.mark.parametrize("case", ["splitting twice", "splitting twice in one batch"])
def test_splitting_twice(house: House, case: str) -> None:
    instruction = table.split(house)
    if case == "splitting twice":
        assert instruction.carry(house) == "None"
        refused(house, instruction, "WrongSequence")
        refused(house, instruction.changed(sequence=1), "IdTaken")
        return
    item = instruction.item(house)
    reasons = house.machine.call("Ledger", "split", [item, item])
    assert [REASONS[each] for each in reasons] == ["None", "WrongSequence"]
    assert house.title(ROOT)["quantity"] + house.title(CHILD)["quantity"] == AMOUNT


def test_thirds_of_a_fen(house: House) -> None:
    """100 fen in three shares of 33, 33 and 34; 50 arrive: each share is 16 or 17, never 15 or 18."""
    house.set_limit(CORE.number, 10**13, 10**13)
    root = house.live_root(1, 30_000, TIER_1)
    thirds = [root, CHILD, CHILD + 1]
    for child in thirds[1:]:
        assert house.split(root, TIER_1, TIER_1, child, 10_000) == "None"
    house.machine.pass_days(90)
    assert house.fact(RECEIVED, root, 100, CLEARING, b"\1" * 32) == "None"
    before = stored(house)
    for lines in ((35, 33, 32), (34, 35, 31), (32, 33, 33, 2)):
        answer = house.distribute(root, dict(zip(thirds, lines, strict=False)))
        unchanged(house, before, answer, "ShareWrong")
    assert house.distribute(root, dict(zip(thirds, (34, 33, 33), strict=True))) == "None"


def test_merging_different_roots(house: House) -> None:
    for serial in (1, 2):
        house.live_root(serial, AMOUNT, TIER_1)
    act = {"into": ROOT, "intoSequence": 0, "from": OTHER, "fromSequence": 0, "expiresAt": house.expiry()}
    refused(
        house, Instruction("merge", act, (table.title_slot("holder", TIER_1["maker"]),), ""), "DifferentRoot"
    )


def test_merging_titles_of_two_holders(house: House) -> None:
    assert table.split(house).carry(house) == "None"
    act = {"into": ROOT, "intoSequence": 1, "from": CHILD, "fromSequence": 0, "expiresAt": house.expiry()}
    holder = table.title_slot("holder", TIER_1["maker"])
    refused(house, Instruction("merge", act, (holder,), ""), "DifferentHolder")
    refused(house, Instruction("merge", {**act, "from": ROOT, "fromSequence": 1}, (holder,), ""), "IdTaken")


@pytest.mark.parametrize(("days", "reason"), [(89, "None"), (90, "PastDue"), (91, "PastDue")])
@pytest.mark.parametrize("verb", ["lock", "assign", "split", "merge", "settleEarly"])
def test_nothing_but_money_moves_from_the_due_day_on(house: House, verb: str, days: int, reason: str) -> None:
    instruction = table.TABLE[verb](house).changed(expiresAt=FOREVER)
    house.machine.pass_days(days)
    if reason == "None":
        assert instruction.carry(house) == "None"
    else:
        refused(house, instruction, reason)


@pytest.mark.parametrize(
    ("quantity", "reason"),
    [(0, "ZeroQuantity"), (9_999, "PieceTooSmall"), (AMOUNT - 9_999, "PieceTooSmall"), (AMOUNT, "QuantityAboveTitle"),
     (AMOUNT + 1, "QuantityAboveTitle"), (10_000, "None")],
)  # fmt: skip
def test_pieces(house: House, quantity: int, reason: str) -> None:
    instruction = table.split(house).changed(quantity=quantity)
    if reason == "None":
        assert instruction.carry(house) == "None"
    else:
        refused(house, instruction, reason)


def test_an_id_of_somebody_else(house: House) -> None:
    refused(house, table.split(house).changed(child=TIER_2.number << 32 | 1), "ForeignId")


def test_a_frozen_title_does_not_move(house: House) -> None:
    instruction = table.assign(house)
    assert freeze_of(house, ROOT).carry(house) == "None"
    refused(house, instruction, "TitleFrozen")


def test_a_locked_title_does_not_move(house: House) -> None:
    assert table.lock(house).carry(house) == "None"
    before = stored(house)
    unchanged(house, before, house.assign(ROOT, TIER_1, TIER_2), "TitleLocked")
    unchanged(house, before, house.split(ROOT, TIER_1, TIER_2, CHILD, 10_000), "TitleLocked")


def test_a_withdrawn_offer_is_not_taken(house: House) -> None:
    instruction = table.assign(house)
    act = {"title": ROOT, "sequence": 0, "expiresAt": house.expiry()}
    house.must("withdraw", act, holder=TIER_1["maker"])
    refused(house, instruction, "WrongSequence")


def test_a_lenders_signed_release_is_not_voided_by_the_pledgor(house: House) -> None:
    """Nothing that the holder may do on a locked title changes what the lender signed."""
    order = table.release(house)
    sequence = house.title(ROOT)["sequence"]
    withdrawal = {"title": ROOT, "sequence": sequence, "expiresAt": house.expiry()}
    refused(
        house,
        Instruction("withdraw", withdrawal, (table.title_slot("holder", TIER_1["maker"]),), ""),
        "TitleLocked",
    )
    nonce = {"facility": FACILITY, "titles": [], "nonce": order.message["nonce"], "expiresAt": FOREVER}
    house.machine.pass_days(2)
    # The pledgor spends the same number, in its own name: the lender's is another.
    house.must("unlock", nonce, holder=TIER_1["maker"])
    assert order.changed(expiresAt=house.expiry()).carry(house) == "None"
    assert house.title(ROOT)["lock"] == 0


# ── Promises ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_second_financing_of_one_invoice_under_another_certificate(house: House) -> None:
    instruction = table.issue(house)
    assert instruction.carry(house) == "None"
    again = receivable(house, OTHER, nullifiers=[nullifier_of(ROOT)])
    refused(house, issue_of(house, again), "InvoiceExhausted")
    part = {**again, "quantity": 10_000, "amounts": [10_000]}
    refused(house, issue_of(house, part), "InvoiceExhausted")


def test_second_financing_of_one_invoice_while_the_first_is_in_the_same_batch(house: House) -> None:
    table.issue(house)
    both = issue_of(house, receivable(house), receivable(house, OTHER, nullifiers=[nullifier_of(ROOT)]))
    reasons = house.machine.call("Evidence", "issue", [both.item(house)])
    assert [REASONS[each] for each in reasons] == ["None", "InvoiceExhausted"]
    assert [list(event.args["rows"]) for event in house.machine.events if event.name == "Skipped"] == [
        [1 << 8 | REASONS.index("InvoiceExhausted")]
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"nullifiers": [b"\1" * 32]}, "InvoiceUnknown"),
        ({"payee": TIER_2.number}, "InvoiceOtherParty"),
        ({"currency": 840}, "InvoiceOtherCurrency"),
        ({"amounts": [AMOUNT - 1]}, "InvoiceSumWrong"),
        ({"amounts": [0]}, "ZeroQuantity"),
        ({"nullifiers": []}, "InvoiceSumWrong"),
        ({"quantity": 0}, "ZeroQuantity"),
        ({"evidence": bytes(32)}, "EvidenceMissing"),
        ({"payee": CORE.number}, "DebtorIsPayee"),
        ({"clearingBank": TIER_2.number}, "NotABank"),
        ({"root": TIER_2.number << 32 | 1}, "ForeignId"),
        ({"nullifiers": [nullifier_of(ROOT)] * 2, "amounts": [AMOUNT // 2] * 2}, "InvoicesUnordered"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_promises_without_their_ground(house: House, changes: dict[str, Any], reason: str) -> None:
    table.issue(house)
    refused(house, issue_of(house, receivable(house, **changes)), reason)


def test_currency_mismatch(house: House) -> None:
    house.live_root(1, AMOUNT, TIER_1)
    assert table.open_facility(house).changed(currency=840).carry(house) == "None"
    before = stored(house)
    unchanged(house, before, house.lock(ROOT, TIER_1, FACILITY), "CurrencyMismatch")


def test_above_the_debtors_limit(house: House) -> None:
    instruction = table.issue(house)
    house.set_limit(CORE.number, AMOUNT - 1, 10**13)
    refused(house, instruction, "DebtorLimitExceeded")
    house.set_limit(CORE.number, AMOUNT, AMOUNT - 1)
    assert instruction.carry(house) == "None"


def test_issuer_stopped_mid_batch(house: House) -> None:
    """What was promised before the stop goes on; the rest of what the core signed is refused, each by itself."""
    for serial in (1, 2, 3):
        root = CORE.number << 32 | serial
        assert house.attest(nullifier_of(root), AMOUNT, TIER_1, CORE) == "None"
    early = issue_of(house, receivable(house))
    rest = issue_of(house, receivable(house, OTHER), receivable(house, OTHER + 1))
    assert early.carry(house) == "None"
    assert table.stop(house).carry(house) == "None"
    before = stored(house)
    reasons = house.machine.call("Evidence", "issue", [rest.item(house)])
    assert [REASONS[each] for each in reasons] == ["IssuerStopped", "IssuerStopped"]
    assert stored(house) == before
    assert house.accept(ROOT, TIER_1, AMOUNT) == "None"
    assert house.assign(ROOT, TIER_1, TIER_2) == "None"


@pytest.mark.parametrize(
    ("opened", "last"),
    [
        ("2026-11-30", "2027-02-28"),
        ("2027-11-30", "2028-02-29"),
        ("2027-01-15", "2027-04-15"),
        ("2027-12-31", "2028-03-31"),
    ],
)
def test_due_date_one_day_over_the_cap(house: House, opened: str, last: str) -> None:
    """Three calendar months, clipped to the end of the month."""
    policy = table.policy_act(house, 2, maximumTenorMonths=3, minimumPiece=100, minimumLateInterest=0)
    assert replace(table.publish_policy(house), message=policy).carry(house) == "None"
    house.machine.go_to_day((date.fromisoformat(opened) - EPOCH).days)
    assert house.attest(nullifier_of(ROOT), AMOUNT, TIER_1, CORE) == "None"
    end = (date.fromisoformat(last) - EPOCH).days
    refused(house, issue_of(house, receivable(house, dueDay=end + 1)), "TenorAboveCap")
    assert issue_of(house, receivable(house, dueDay=end)).carry(house) == "None"
    assert EPOCH + timedelta(days=end) == date.fromisoformat(last)


@pytest.mark.parametrize(("days", "reason"), [(0, "DueDayPast"), (-1, "DueDayPast")])
def test_due_today(house: House, days: int, reason: str) -> None:
    table.issue(house)
    late = receivable(house, dueDay=house.machine.day() + days)
    refused(house, issue_of(house, late), reason)


def test_a_root_number_is_never_used_again(house: House) -> None:
    assert table.expire(house).carry(house) == "None"
    refused(house, issue_of(house, receivable(house)), "IdTaken")


def test_no_receivable_begins_with_a_number_for_parts(house: House) -> None:
    promised = table.issue(house).message["receivables"][0]
    refused(house, issue_of(house, {**promised, "root": ROOT | PARTS}), "NumberForParts")


def test_a_part_with_a_number_of_its_own_kind_is_taken_once(house: House) -> None:
    part = CHILD | PARTS
    assert table.split(house).changed(child=part).carry(house) == "None"
    before = stored(house)
    unchanged(house, before, house.split(ROOT, TIER_1, TIER_2, part, 10_000), "IdTaken")


def test_a_promise_under_the_number_of_a_title_is_never_taken(house: House) -> None:
    held = house.live_root(77, AMOUNT, TIER_1)
    assert house.assign(held, TIER_1, CORE) == "None"
    assert house.split(held, CORE, CORE, 101 << 32 | 78, AMOUNT // 2) == "None"
    assert house.attest(nullifier_of(101 << 32 | 78), AMOUNT, TIER_1, CORE) == "None"
    assert house.issue(101 << 32 | 78, CORE, TIER_1, AMOUNT) == "None"
    before = house.title(101 << 32 | 78)
    assert house.accept(101 << 32 | 78, TIER_1, AMOUNT) == "IdTaken"
    assert house.title(101 << 32 | 78) == before


# ── Signers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_maker_and_checker_the_same_person_with_two_keys(house: House) -> None:
    instruction = table.issue(house)
    maker, checker = instruction.slots
    second_key = grant(house, CORE, maker.who.number, "ISSUE_CHECKER")
    refused(house, instruction.signed_by(checker, second_key), "SamePerson")


def test_revoked_signer_with_an_old_date(house: House) -> None:
    """What was signed before the revocation dies with the key."""
    instruction = table.assign(house)
    item = instruction.item(house)
    revoke(house, TIER_1, TIER_1["maker"])
    before = stored(house)
    reasons = house.machine.call("Ledger", "assign", [item])
    assert REASONS[reasons[0]] == "SignerRevoked"
    assert stored(house) == before


@pytest.mark.parametrize("where", ["replay across chain id", "replay across contract"])
def test_replay_elsewhere(house: House, where: str) -> None:
    instruction = table.assign(house)
    other = House(start=house.machine.now)
    other.live_root(1, AMOUNT, TIER_1)
    domain = replace(house.domain, chain_id=house.domain.chain_id + 1)
    if where == "replay across contract":
        domain = replace(house.domain, ledger=house.machine.addresses["Credit"])
    refused(other, instruction, "SignatureInvalid", domain=domain)
    assert instruction.carry(house) == "None"


# ── Money ───────────────────────────────────────────────────────────────────────────────────────────────────────


def fact(house: House, **changes: Any) -> Instruction:
    """A bank's word about a movement; the same reference unless changed."""
    act = {**table.fact_act(house, RECEIVED, ROOT, AMOUNT, CLEARING, b"\1" * 32), **changes}
    people = {bank.number: bank["payments"] for bank in (LENDER, CLEARING, THIRD_BANK)}
    return Instruction("record", act, (Slot("bank", people[act["bank"]], "PAYMENTS"),), "")


@pytest.mark.parametrize("case", ["same movement under two subjects", "same movement under two kinds"])
def test_one_movement_is_one_fact(house: House, case: str) -> None:
    for serial in (1, 2):
        house.live_root(serial, AMOUNT, TIER_1)
    house.machine.pass_days(90)
    first = fact(house)
    assert first.carry(house) == "None"
    assert house.distribute(ROOT, {ROOT: AMOUNT}) == "None"
    if case == "same movement under two subjects":
        refused(house, fact(house, subject=OTHER), "MovementUsed")
    else:
        refused(house, fact(house, kind=CREDITED), "MovementUsed")
    assert fact(house, subject=OTHER, entry=b"\2" * 32).carry(house) == "None"


def test_money_that_settled_a_title_early_is_not_counted_again(house: House) -> None:
    house.live_root(2, AMOUNT, TIER_1)
    early = table.settle_early(house)
    assert early.carry(house) == "None"
    house.machine.pass_days(90)
    same = {field: early.message[field] for field in ("account", "valueDay", "entry", "amount")}
    refused(house, fact(house, subject=OTHER, **same), "MovementUsed")


@pytest.mark.parametrize("amount", [39_999_999, 40_000_001])
def test_a_payout_other_than_instructed(house: House, amount: int) -> None:
    assert table.draw(house).carry(house) == "None"
    before = stored(house)
    answer = house.fact(PAYOUT, LOAN, amount, CLEARING, account_of(TIER_1))
    unchanged(house, before, answer, "AmountDiffers")


def test_a_payout_to_another_account(house: House) -> None:
    assert table.draw(house).carry(house) == "None"
    before = stored(house)
    answer = house.fact(PAYOUT, LOAN, 40_000_000, CLEARING, account_of(TIER_2))
    unchanged(house, before, answer, "AccountDiffers")


def test_a_statement_line_arriving_after_rejected(house: House) -> None:
    assert table.draw(house).carry(house) == "None"
    assert house.fact(REJECTED, LOAN, 40_000_000, LENDER, bytes(32)) == "None"
    before = stored(house)
    answer = house.fact(PAYOUT, LOAN, 40_000_000, CLEARING, account_of(TIER_1))
    unchanged(house, before, answer, "LoanNotReserved")


def test_prepayment_on_the_day_of_payout_bears_no_interest(house: House) -> None:
    outstanding(house)
    assert house.machine.view("Credit", "owedOn", LOAN, house.machine.day()) == (0, 40_000_000)
    assert house.fact(REPAYMENT, LOAN, 40_000_000, LENDER, collection_account(FACILITY)) == "None"
    assert house.loan(LOAN)["phase"] == 3


def test_one_fen_short_at_settlement(house: House) -> None:
    outstanding(house)
    house.machine.pass_days(10)
    owed = sum(house.machine.view("Credit", "owedOn", LOAN, house.machine.day()))
    account = collection_account(FACILITY)
    assert house.fact(REPAYMENT, LOAN, owed - 1, LENDER, account, unlock=[ROOT]) == "None"
    assert (house.loan(LOAN)["principal"], house.loan(LOAN)["phase"]) == (1, 2)
    assert house.title(ROOT)["lock"] == FACILITY
    before = stored(house)
    unchanged(house, before, house.fact(REPAYMENT, LOAN, 2, LENDER, account), "ExcessAmount")
    assert house.fact(REPAYMENT, LOAN, 1, LENDER, account) == "None"
    assert house.loan(LOAN)["phase"] == 3


def test_one_fen_short_at_maturity_leaves_the_title_open(house: House) -> None:
    root = table.due(house)
    assert house.fact(RECEIVED, root, AMOUNT - 1, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(root, {root: AMOUNT - 1}) == "None"
    assert house.title(root)["flags"] == 0
    before = stored(house)
    unchanged(house, before, house.distribute(root, {root: 1}), "AboveReceived")
    unchanged(house, before, house.fact(RECEIVED, root, 2, CLEARING, b"\1" * 32), "ExcessAmount")
    assert house.fact(RECEIVED, root, 1, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(root, {root: 1}) == "None"
    assert house.title(root)["flags"] == 4


def test_money_that_comes_early_is_not_received(house: House) -> None:
    root = house.live_root(1, AMOUNT, TIER_1)
    before = stored(house)
    unchanged(house, before, house.fact(RECEIVED, root, AMOUNT, CLEARING, b"\1" * 32), "NotYetDue")
    house.machine.pass_days(90)
    early = fact(house, valueDay=house.machine.day() - 1)
    refused(house, early, "NotYetDue")
    refused(house, fact(house, valueDay=house.machine.day() + 1), "ValueDayOutOfRange")
    refused(house, fact(house, bank=THIRD_BANK.number), "WrongBank")
    refused(house, fact(house, amount=0), "ZeroQuantity")
    refused(house, fact(house, kind=0), "FactUnknown")
    refused(house, fact(house, kind=9), "FactUnknown")
    refused(house, fact(house, kind=10), "FactUnknown")
    refused(house, fact(house, credit=False), "FactUnknown")


def test_release_larger_than_coverage(house: House) -> None:
    order = table.release(house)
    assert house.draw(LOAN, TIER_1, FACILITY, 1) == "None"
    refused(house, order, "CollateralShort")
    carved = {
        "title": ROOT, "child": LENDER.number << 32 | 1, "quantity": AMOUNT - 2, "facility": FACILITY,
        "expiresAt": house.expiry(),
    }  # fmt: skip
    house.must("carve", carved, lender=LENDER["credit_maker"])
    part = order.changed(titles=[carved["child"]])
    assert replace(part, unsigned={"loans": [LOAN]}).carry(house) == "None"  # floor(2 × 80 %) covers 1


def test_release_on_a_defaulted_loan(house: House) -> None:
    order = table.release(house)
    second = house.live_root(2, AMOUNT, TIER_1)
    assert house.lock(second, TIER_1, FACILITY) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, 40_000_000) == "None"
    assert house.fact(PAYOUT, LOAN, 40_000_000, CLEARING, account_of(TIER_1)) == "None"
    house.machine.pass_days(31)
    overdue = replace(order.changed(expiresAt=FOREVER), unsigned={"loans": [LOAN]})
    refused(house, overdue, "PastDue")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": AMOUNT + 1}, "FacilityLimitExceeded"),
        ({"amount": AMOUNT * 8 // 10 + 1}, "CollateralShort"),
        ({"amount": 0}, "TermsOutOfRange"),
        ({"basis": 3}, "TermsOutOfRange"),
        ({"terms": 6}, "TermsOutOfRange"),
        ({"count": 1}, "TermsOutOfRange"),
        ({"registration": bytes(32)}, "RegistrationMissing"),
        ({"penaltyBps": 10_001}, "TermsOutOfRange"),
        ({"dueDay": 1}, "TermsOutOfRange"),
        ({"facility": 8}, "FacilityUnknown"),
        ({"loan": TIER_2.number << 32 | 1}, "ForeignId"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(map(str, value)),
)
def test_draws_that_may_not_be(house: House, changes: dict[str, int], reason: str) -> None:
    refused(house, table.draw(house).changed(**changes), reason)


def test_freeze_must_not_stop_repayment(house: House) -> None:
    """By order, a pledged title is frozen: the borrower repays all the same, and at maturity its money is held."""
    outstanding(house)
    assert freeze_of(house, ROOT, endDay=house.machine.day() + 300).carry(house) == "None"
    house.machine.pass_days(10)
    account = collection_account(FACILITY)
    assert house.fact(REPAYMENT, LOAN, 1_000_000, LENDER, account) == "None"
    house.machine.pass_days(80)
    assert house.fact(RECEIVED, ROOT, AMOUNT, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(ROOT, {ROOT: AMOUNT}) == "None"
    assert house.title(ROOT)["flags"] == 1 | 4 | 8  # frozen, settled, held
    before = stored(house)
    held = house.fact(COLLECTED, ROOT, AMOUNT, LENDER, account, loan=LOAN)
    unchanged(house, before, held, "ExcessAmount")
    owed = sum(house.machine.view("Credit", "owedOn", LOAN, house.machine.day()))
    assert house.fact(REPAYMENT, LOAN, owed, LENDER, account) == "None"


def test_a_stopped_and_a_suspended_party_still_repays(house: House) -> None:
    outstanding(house)
    assert suspend(house, TIER_1) == "None"
    assert table.stop(house).carry(house) == "None"
    assert house.fact(REPAYMENT, LOAN, 40_000_000, LENDER, collection_account(FACILITY)) == "None"
    assert house.loan(LOAN)["phase"] == 3


def test_the_wrong_list(house: House) -> None:
    root = table.due(house)
    assert house.fact(RECEIVED, root, AMOUNT, CLEARING, b"\1" * 32) == "None"
    before = stored(house)
    unchanged(house, before, house.distribute(root, {root: AMOUNT + 1}), "ExcessAmount")
    unchanged(house, before, house.distribute(root, {5: 1}), "DifferentRoot")
    unchanged(house, before, house.distribute(root, {}), "ZeroQuantity")
    twice = {"titles": [root, root], "amounts": [AMOUNT, 0]}
    unchanged(house, before, house.distribute(root, {root: 1}, **twice), "UnknownTitle")
    unchanged(house, before, house.distribute(root, {root: 1}, amounts=[]), "SignatureInvalid")
    unchanged(house, before, house.distribute(root, {root: AMOUNT}, distributedBefore=1), "ListStale")


def test_double_payout(house: House) -> None:
    root = table.due(house)
    assert house.fact(RECEIVED, root, AMOUNT, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(root, {root: AMOUNT}) == "None"
    before = stored(house)
    unchanged(house, before, house.distribute(root, {root: AMOUNT}), "NotLive")


# ── Batches ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_bad_instruction_among_a_hundred_is_skipped_and_logged_once(house: House) -> None:
    items = []
    for serial in range(1, 101):
        root = house.live_root(serial, 10_000, TIER_1)
        act = {
            "title": root, "sequence": 1 if serial == 42 else 0, "to": TIER_2.number,
            "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        slots = table.title_slot("holder", TIER_1["maker"]), table.title_slot("acquirer", TIER_2["maker"])
        items.append(Instruction("assign", act, slots, "").item(house))
    reasons = house.machine.call("Ledger", "assign", items)
    assert [REASONS[each] for each in reasons] == [
        "WrongSequence" if at == 41 else "None" for at in range(100)
    ]
    assigned, skipped = house.machine.events
    assert (assigned.name, len(assigned.args["rows"]), skipped.name) == ("Assigned", 99, "Skipped")
    assert list(skipped.args["rows"]) == [41 << 8 | REASONS.index("WrongSequence")]
    holders = [house.title(CORE.number << 32 | serial)["holder"] for serial in range(1, 101)]
    assert holders == [TIER_1.number if serial == 42 else TIER_2.number for serial in range(1, 101)]


def test_a_strangers_noise_leaves_no_log(house: House) -> None:
    instruction = table.assign(house)
    verb = acts.verbs()["assign"]
    noise = verb.pack({"act": instruction.message})
    reasons = house.machine.call("Ledger", "assign", [noise] * 20)
    assert {REASONS[each] for each in reasons} == {"SignatureInvalid"}
    assert house.machine.events == []
