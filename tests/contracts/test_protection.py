"""Who bears a loss: called in order, within the period, up to the cap; reimbursed after the lender, never before."""

from __future__ import annotations

import pytest

from gateway.adapters.ledger.words import CALL, CLAIMS, FILLED, PROTECTION, STANDING
from tests.contracts import table
from tests.contracts.instructions import Instruction, refused
from tests.contracts.table import AMOUNT, FACILITY, GUARANTEE, INSURANCE, LOAN, RESERVE, ROOT
from tests.house.cast import CLEARING, CORE, GUARANTOR, INSURER, LENDER, THIRD_BANK, TIER_1, TIER_2
from tests.house.house import (
    COLLECTED,
    EVIDENCE_HASH,
    PAYOUT,
    PROTECTED,
    RECEIVED,
    REIMBURSED,
    REPAYMENT,
    SURPLUS,
    House,
    account_of,
    collection_account,
)

LENT = 40_000_000
SHARE = GUARANTOR.number << 32 | 7
PARTNER = INSURER.number << 32 | 8


def overdue(house: House, days: int = 91, **protections: dict[str, int]) -> int:
    """400,000.00 lent for thirty days on a pledge that is overdue, too; answers what is owed."""
    table.outstanding(house)
    for number, terms in protections.values():
        assert house.protect(number, FACILITY, **terms) == "None"
        if terms["kind"] == 3:
            assert house.attest_reserve(number, terms["cap"]) == "None"
    house.machine.pass_days(days)
    return sum(house.machine.view("Credit", "owedOn", LOAN, house.machine.day()))


def one(number: int, kind: int, cap: int, **terms: int) -> tuple[int, dict[str, int]]:
    return number, {"kind": kind, "cap": cap, **terms}


def call(house: House, number: int, amount: int, *others: int, titles: tuple[int, ...] = (ROOT,)) -> str:
    return house.call_protection(number, LOAN, amount, sorted({number, *others}), titles)


def pays(house: House, number: int, amount: int, **changes: object) -> str:
    account = collection_account(FACILITY)
    return house.fact(PROTECTED, number, amount, LENDER, account, loan=LOAN, **changes)


def reimbursed(house: House, number: int, amount: int) -> str:
    protector = {311: GUARANTOR, 312: INSURER, 101: CORE}[number >> 32]
    return house.fact(REIMBURSED, number, amount, CLEARING, account_of(protector), loan=LOAN)


def repay(house: House, amount: int) -> str:
    return house.fact(REPAYMENT, LOAN, amount, LENDER, collection_account(FACILITY))


def protection(house: House, number: int) -> dict[str, int]:
    word, standing = house.machine.view("Protection", "protectionOf", number)
    return PROTECTION.unpack(word) | STANDING.unpack(standing)


def claims(house: House) -> dict[str, int]:
    return CLAIMS.unpack(house.machine.view("Protection", "claimsOf", LOAN))


# ── Who may stand ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("number", "kind"),
    [(LENDER.number, 2), (TIER_1.number, 3), (TIER_2.number, 1), (TIER_2.number, 4), (1, 1), (1, 3)],
)
def test_who_gains_or_is_of_another_kind_stands_behind_nothing(house: House, number: int, kind: int) -> None:
    """CN77-4: the platform guarantees nothing; nor does the lender to itself, or the borrower for itself."""
    table.outstanding(house)
    terms = {"bps": 1} if kind == 2 else {"custodian": 13} if kind == 3 else {}
    act = table.protect_act(house, number << 32 | 1, kind, **terms)
    refused(house, Instruction("protect", act, (), ""), "ProtectorNotAllowed")


@pytest.mark.parametrize("custodian", [LENDER.number, TIER_2.number])
def test_a_reserve_is_attested_by_a_bank_that_gains_nothing(house: House, custodian: int) -> None:
    table.outstanding(house)
    reason = house.protect(RESERVE, FACILITY, 3, 100, custodian=custodian)
    assert reason == ("OfficeIsBeneficiary" if custodian == LENDER.number else "NotABank")


# ── Called in order ─────────────────────────────────────────────────────────────────────────────────────────


def test_own_collateral_comes_first(house: House) -> None:
    """CC-392: while what the debtor pledged is not due, no guarantor is called; all of it must be shown."""
    overdue(house, 90, guarantor=one(GUARANTEE, 1, LENT))
    assert call(house, GUARANTEE, 1) == "CollateralFirst"
    house.machine.pass_days(1)
    assert call(house, GUARANTEE, 1, titles=()) == "CollateralFirst"
    assert call(house, GUARANTEE, 1) == "None"


def test_cc_696_no_claim_passes_on_behind_its_guarantors_back(house: House) -> None:
    """CC-547/696: a guarantor stands for what one lender lent under one facility. No act makes that debt another's, so
    nobody asks it whom it was not told of: another bank's people cannot call, and whose the loss is cannot be changed
    while anything is owed.
    """
    overdue(house, guarantor=one(GUARANTEE, 1, LENT))
    act = {
        "protection": GUARANTEE, "loan": LOAN, "amount": 1, "calledBefore": 0, "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    hints = {"custodian": THIRD_BANK["payments"], "others": [GUARANTEE], "titles": [ROOT]}
    others = {"maker": CLEARING["credit_maker"], "checker": CLEARING["credit_checker"]}
    assert house.do("callProtection", act, **others, **hints) == "WrongParty"
    shares = {
        "facility": FACILITY, "parties": [CLEARING.number], "bps": [10_000], "nonce": house.nonce(),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    lenders = {"maker": LENDER["credit_maker"], "checker": LENDER["credit_checker"]}
    signed = house.sign(CLEARING["credit_checker"], "Shares", shares)
    assert house.do("share", shares, **lenders, participants=[signed]) == "DebtOutstanding"
    assert call(house, GUARANTEE, 1) == "None"


def test_a_guarantee_ends_six_months_after_the_loan_fell_due(house: House) -> None:
    """CC-692: where no period was agreed; the last day counts."""
    overdue(house, 91, guarantor=one(GUARANTEE, 1, LENT))
    due = house.loan(LOAN)["dueDay"]
    house.machine.go_to_day(due + 181)  # six calendar months after 21 October: 21 April
    while call(house, GUARANTEE, 1) == "None":
        last = house.machine.day()
        house.machine.pass_days(1)
    assert last - due == 182
    assert call(house, GUARANTEE, 1) == "ProtectionEnded"


def test_an_agreed_period_counts_to_its_last_day(house: House) -> None:
    """CC-692: a period that was agreed, on both sides of its last day."""
    until = house.machine.day() + 91
    overdue(house, 91, guarantor=one(GUARANTEE, 1, LENT, untilDay=until))
    assert call(house, GUARANTEE, 1) == "None"
    house.machine.pass_days(1)
    assert call(house, GUARANTEE, 1) == "ProtectionEnded"


def test_heavier_terms_need_the_guarantors_consent(house: House) -> None:
    """CC-695: the loan bears 7.2 %, the guarantor signed for 7.1 %."""
    overdue(house, 91, guarantor=one(GUARANTEE, 1, LENT, rate=71_999))
    assert call(house, GUARANTEE, 1) == "ConsentMissing"
    act = {"protection": GUARANTEE, "loan": LOAN, "expiresAt": house.expiry(), "evidence": bytes(32)}
    assert house.do("consent", act, first=GUARANTOR["maker"], second=GUARANTOR["checker"]) == "None"
    assert call(house, GUARANTEE, 1) == "None"


def test_whoever_comes_before_is_used_up_first(house: House) -> None:
    """2-ledger 2.4: guarantors, then partners, then the reserve, then the insurer."""
    owed = overdue(
        house,
        guarantor=one(GUARANTEE, 1, 10_000_000),
        partner=one(SHARE, 2, LENT, bps=5_000),
        reserve=one(RESERVE, 3, 3_000_000),
        insurer=one(INSURANCE, 4, LENT),
    )
    everyone = (GUARANTEE, SHARE, RESERVE, INSURANCE)
    for number in everyone[1:]:
        assert call(house, number, 1, *everyone) == "OrderOfCall"
    assert call(house, GUARANTEE, 1) == "OrderOfCall", "the others were not named"
    assert call(house, GUARANTEE, 10_000_001, *everyone) == "ExcessAmount"
    assert call(house, GUARANTEE, 10_000_000, *everyone) == "None"
    assert pays(house, GUARANTEE, 10_000_000) == "None"
    share = (owed - 10_000_000) // 2
    assert call(house, SHARE, share + 1, *everyone) == "ExcessAmount"
    assert call(house, SHARE, share, *everyone) == "None"
    assert pays(house, SHARE, share) == "None"
    assert call(house, RESERVE, 3_000_001, *everyone) == "ExcessAmount"
    assert call(house, RESERVE, 3_000_000, *everyone) == "None"
    assert pays(house, RESERVE, 3_000_000) == "None"
    rest = owed - 13_000_000 - share
    assert call(house, INSURANCE, rest + 1, *everyone) == "ExcessAmount"
    assert call(house, INSURANCE, rest, *everyone) == "None"
    assert pays(house, INSURANCE, rest) == "None"
    assert house.loan(LOAN)["phase"] == 3
    assert claims(house) == {
        "first_open": 13_000_000 + share, "later_open": rest, "pot": 0, "shared": share,
    }  # fmt: skip


def test_two_partners_share_the_same_loss(house: House) -> None:
    """30 % and 20 % of one loss, whoever pays first."""
    owed = overdue(house, one=one(SHARE, 2, LENT, bps=3_000), other=one(PARTNER, 2, LENT, bps=2_000, order=1))
    assert call(house, SHARE, owed * 3 // 10, PARTNER) == "None"
    assert pays(house, SHARE, owed * 3 // 10) == "None"
    assert call(house, PARTNER, owed // 5 + 1, SHARE) == "ExcessAmount"
    assert call(house, PARTNER, owed // 5, SHARE) == "None"


def test_one_who_does_not_answer_keeps_nobody_waiting(house: House) -> None:
    overdue(house, guarantor=one(GUARANTEE, 1, LENT * 2), insurer=one(INSURANCE, 4, LENT))
    assert call(house, GUARANTEE, 1_000, INSURANCE) == "None"
    house.machine.pass_days(15)
    assert call(house, INSURANCE, 1_000, GUARANTEE) == "OrderOfCall"
    house.machine.pass_days(1)
    assert call(house, INSURANCE, 1_000, GUARANTEE) == "None"


def test_nobody_pays_more_than_was_called(house: House) -> None:
    overdue(house, guarantor=one(GUARANTEE, 1, LENT))
    assert pays(house, GUARANTEE, 1) == "NotCalled"
    assert call(house, GUARANTEE, 1_000) == "None"
    assert pays(house, GUARANTEE, 1_001) == "NotCalled"
    account = account_of(TIER_1)
    assert house.fact(PROTECTED, GUARANTEE, 1_000, CLEARING, account, loan=LOAN) == "AccountDiffers"
    assert pays(house, GUARANTEE, 1_000) == "None"


# ── Costs ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_costs_are_repaid_before_interest_and_principal(house: House) -> None:
    """CC-561: costs, interest, principal, in this order; in all no more than a fifth of what was lent."""
    assert table.add_costs(house).carry(house) == "None"
    interest, principal = house.machine.view("Credit", "owedOn", LOAN, house.machine.day())
    assert repay(house, 1_000_100) == "None"
    filled = FILLED.unpack(next(e for e in house.machine.events if e.name == "Repaid").args["filled"])
    assert filled == {"costs": 1_000_000, "interest": 100, "principal": 0, "surplus": 0}
    act = {"loan": LOAN, "amount": 7_000_001, "costsBefore": 1_000_000, "expiresAt": house.expiry()}
    signers = {"maker": LENDER["credit_maker"], "checker": LENDER["credit_checker"]}
    assert house.do("addCosts", {**act, "evidence": bytes(32)}, **signers) == "TermsOutOfRange"
    assert house.do("addCosts", {**act, "amount": 7_000_000, "evidence": bytes(32)}, **signers) == "None"
    assert repay(house, 7_000_000 + interest - 100 + principal + 1) == "ExcessAmount"
    assert repay(house, 7_000_000 + interest - 100 + principal) == "None"
    assert house.loan(LOAN)["phase"] == 3


# ── After the lender ────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_is_reimbursed_before_the_lender_is_whole(house: House) -> None:
    """CC-700: subrogation may not harm the creditor; then the guarantor, then the insurer, then the pledgor."""
    owed = overdue(house, guarantor=one(GUARANTEE, 1, 10_000_000), insurer=one(INSURANCE, 4, 5_000_000))
    assert call(house, GUARANTEE, 10_000_000, INSURANCE) == "None"
    assert pays(house, GUARANTEE, 10_000_000) == "None"
    assert call(house, INSURANCE, 5_000_000, GUARANTEE) == "None"
    assert pays(house, INSURANCE, 5_000_000) == "None"
    assert reimbursed(house, GUARANTEE, 1) == "LenderNotWhole"
    # The debtor of what was pledged pays at last: 900,000.00 for the facility.
    assert house.fact(RECEIVED, ROOT, AMOUNT, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(ROOT, {ROOT: AMOUNT}) == "None"
    account = collection_account(FACILITY)
    lender = owed - 15_000_000
    assert house.fact(COLLECTED, ROOT, lender - 1, LENDER, account, loan=LOAN) == "None"
    assert house.release_facility(FACILITY, [ROOT]) == "SubrogationOpen"
    assert reimbursed(house, GUARANTEE, 1) == "LenderNotWhole"
    assert house.fact(COLLECTED, ROOT, 1 + 12_000_000, LENDER, account, loan=LOAN) == "None"
    assert claims(house)["pot"] == 12_000_000
    assert reimbursed(house, INSURANCE, 1) == "OrderOfCall"
    assert reimbursed(house, GUARANTEE, 10_000_001) == "ExcessAmount"
    assert reimbursed(house, GUARANTEE, 10_000_000) == "None"
    assert reimbursed(house, INSURANCE, 2_000_001) == "LenderNotWhole"
    rest = AMOUNT - lender - 12_000_000
    assert house.fact(COLLECTED, ROOT, rest, LENDER, account, loan=LOAN) == "None"
    assert reimbursed(house, INSURANCE, 5_000_000) == "None"
    surplus = AMOUNT - owed
    assert house.fact(SURPLUS, ROOT, surplus + 1, CLEARING, account_of(TIER_1)) == "ExcessAmount"
    assert house.fact(SURPLUS, ROOT, surplus, CLEARING, account_of(TIER_1)) == "None"
    assert claims(house) == {"first_open": 0, "later_open": 0, "pot": 0, "shared": 0}
    assert house.release_facility(FACILITY, [ROOT]) == "None"


def test_the_borrower_reimburses_through_the_collection_account(house: House) -> None:
    """CC-700: what the borrower pays after the lender is whole is the guarantor's, up to its claim."""
    owed = overdue(house, guarantor=one(GUARANTEE, 1, LENT * 2))
    assert call(house, GUARANTEE, owed) == "None"
    assert pays(house, GUARANTEE, owed) == "None"
    assert house.facility(FACILITY)["zeroDebtDay"] == 0
    assert house.draw(LOAN + 1, TIER_1, FACILITY, 1_000) == "SubrogationOpen"
    assert repay(house, owed + 1) == "ExcessAmount"
    assert repay(house, owed) == "None"
    assert reimbursed(house, GUARANTEE, owed) == "None"
    assert house.facility(FACILITY)["zeroDebtDay"] == house.machine.day()


def test_a_claim_given_up_lets_go_of_what_is_pledged(house: House) -> None:
    """CC-700: the lender cannot give the pledge away; the protector can, but not what lies ready for it."""
    assert table.waive(house).carry(house) == "None"
    interest, principal = house.machine.view("Credit", "owedOn", LOAN, house.machine.day())
    assert repay(house, interest + principal) == "None"
    assert repay(house, 1_000_000) == "None"
    act = {
        "protection": GUARANTEE, "loan": LOAN, "amount": 2_000_001, "nonce": 99, "expiresAt": house.expiry(),
        "evidence": bytes(32),
    }  # fmt: skip
    people = {"first": GUARANTOR["maker"], "second": GUARANTOR["checker"]}
    assert house.do("waive", act, **people) == "ExcessAmount"
    assert house.do("waive", {**act, "amount": 2_000_000}, **people) == "None"
    assert reimbursed(house, GUARANTEE, 1_000_000) == "None"
    assert house.release_facility(FACILITY, [ROOT]) == "None"


# ── Reserve, insurance ──────────────────────────────────────────────────────────────────────────────────────


def test_a_reserve_below_its_floor_stops_new_draws(house: House) -> None:
    """S19: below the floor at draw; the custodian alone says that it was filled up."""
    assert table.lock(house).carry(house) == "None"
    assert house.protect(RESERVE, FACILITY, 3, 10_000_000, floor=2_000_000, target=8_000_000) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, 1_000) == "ReserveShort"
    today = house.machine.day()
    assert protection(house, RESERVE)["top_up_day"] == today + 10
    assert house.attest_reserve(RESERVE, 1_999_999) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, 1_000) == "ReserveShort"
    assert house.attest_reserve(RESERVE, 2_000_000) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, 1_000) == "None"
    assert house.attest_reserve(RESERVE, 5_000_000, day=today + 1) == "ValueDayOutOfRange"
    assert house.attest_reserve(RESERVE, 5_000_000, day=today - 1) == "ValueDayOutOfRange"
    lie = {"protection": RESERVE, "balance": 9, "day": today, "nonce": 9, "expiresAt": house.expiry()}
    lie["evidence"] = bytes(32)
    assert house.do("attestReserve", lie, custodian=LENDER["payments"]) == "WrongParty"


def test_what_a_reserve_pays_lowers_it_until_it_is_filled_up(house: House) -> None:
    overdue(house, reserve=one(RESERVE, 3, 9_000_000, floor=5_000_000, target=9_000_000))
    assert call(house, RESERVE, 4_000_001) == "None"
    assert pays(house, RESERVE, 4_000_001) == "None"
    found = protection(house, RESERVE)
    assert (found["balance"], found["top_up_day"]) == (4_999_999, house.machine.day() + 10)
    assert house.attest_reserve(RESERVE, 9_000_000) == "None"
    assert protection(house, RESERVE)["top_up_day"] == 0


def test_an_insurer_refuses_a_claim_and_a_guarantor_does_not(house: House) -> None:
    """S19: a claim is settled, or refused by the insurer's own two people."""
    assert table.end_call(house).carry(house) == "None"
    word = CALL.unpack(house.machine.view("Protection", "callOf", INSURANCE, LOAN))
    assert (word["called"], protection(house, INSURANCE)["called"]) == (0, 0)
    assert house.protect(GUARANTEE, FACILITY, 1, 1_000) == "None"
    assert call(house, GUARANTEE, 1_000, INSURANCE) == "None"
    act = {
        "protection": GUARANTEE, "loan": LOAN, "calledBefore": 1_000, "expiresAt": house.expiry(),
        "reason": bytes(32),
    }  # fmt: skip
    people = {"first": GUARANTOR["maker"], "second": GUARANTOR["checker"]}
    assert house.do("endCall", act, **people) == "DebtOutstanding"
    assert repay(house, sum(house.machine.view("Credit", "owedOn", LOAN, house.machine.day()))) == "None"
    assert house.do("endCall", act) == "None"


def test_sixteen_stand_behind_a_facility_and_no_seventeenth(house: House) -> None:
    table.outstanding(house)
    for serial in range(16):
        assert house.protect(GUARANTOR.number << 32 | 100 + serial, FACILITY, 1, 1) == "None"
    assert house.protect(GUARANTOR.number << 32 | 200, FACILITY, 1, 1) == "TermsOutOfRange"


def test_a_loan_of_another_facility_calls_nobody(house: House) -> None:
    overdue(house, guarantor=one(GUARANTEE, 1, LENT))
    other = house.live_root(9, AMOUNT, TIER_1)
    assert house.open_facility(8, TIER_1, AMOUNT) == "None"
    assert house.lock(other, TIER_1, 8) == "None"
    assert house.draw(LOAN + 9, TIER_1, 8, 1_000) == "None"
    assert house.fact(PAYOUT, LOAN + 9, 1_000, CLEARING, account_of(TIER_1)) == "None"
    house.machine.pass_days(40)
    assert house.call_protection(GUARANTEE, LOAN + 9, 1, [GUARANTEE], [ROOT]) == "LoanUnknown"
