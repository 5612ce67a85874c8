"""The rules of law that the contracts keep, each by its id, on both sides of its boundary."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts import table
from tests.contracts.instructions import Instruction, grant, refused
from tests.contracts.lending import MILLION, lend, owed, repay
from tests.contracts.table import AMOUNT, CHILD, FACILITY, LOAN, ROOT
from tests.house.cast import (
    CLEARING,
    CORE,
    EVIDENCE,
    FOREVER,
    KINDS,
    LENDER,
    TIER_1,
    TIER_2,
    TIER_3,
    Party,
    person,
)
from tests.house.house import EVIDENCE_HASH, PAYOUT, RECEIVED, House, account_of, nullifier_of

FROZEN = 1


# ── Notice 77 ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("more", "reason"), [(0, "None"), (1, "InvoiceExhausted")])
def test_cn77_9_a_promise_stands_on_attested_invoices_to_the_last_fen(
    house: House, more: int, reason: str
) -> None:
    root = CORE.number << 32 | 2
    assert house.attest(nullifier_of(root), AMOUNT, TIER_1, CORE) == "None"
    assert house.issue(root, CORE, TIER_1, AMOUNT + more) == reason
    assert house.issue(root + 1, CORE, TIER_1, AMOUNT) == "InvoiceUnknown"


def test_cn77_9_without_the_hash_of_its_documents_nothing_is_promised(house: House) -> None:
    root = CORE.number << 32 | 2
    assert house.attest(nullifier_of(root), AMOUNT, TIER_1, CORE) == "None"
    assert house.issue(root, CORE, TIER_1, AMOUNT, evidence=bytes(32)) == "EvidenceMissing"
    assert house.issue(root, CORE, TIER_1, AMOUNT, evidence=EVIDENCE_HASH) == "None"


def test_cn77_13_no_money_on_a_pledge_that_was_not_declared(house: House) -> None:
    draw = table.draw(house)
    refused(house, draw.changed(registration=bytes(32)), "RegistrationMissing")
    assert draw.carry(house) == "None"


# ── Payments to small enterprises ───────────────────────────────────────────────────────────────────────────────


def test_sme_11_nobody_is_paid_in_paper_that_it_did_not_accept(house: House) -> None:
    """Nor by silence: an offer that nobody answered lapses."""
    accept = table.accept(house)
    assert house.machine.view("Ledger", "titleOf", ROOT) == 0
    (payee,) = accept.slots
    for who, reason in ((CORE["maker"], "WrongParty"), (TIER_2["maker"], "WrongParty")):
        refused(house, accept.signed_by(payee, who), reason)
    house.machine.pass_days(11)
    refused(house, accept.changed(expiresAt=FOREVER), "OfferLapsed")
    assert house.machine.view("Ledger", "titleOf", ROOT) == 0


@pytest.mark.parametrize(("terms", "reason"), [(499, "LateInterestTooLow"), (500, "None"), (501, "None")])
def test_sme_17_late_interest_is_not_below_the_least(house: House, terms: int, reason: str) -> None:
    """Parts per million a day: 0.05 % is 500."""
    policy = table.policy_act(house, 2, maximumTenorMonths=12, minimumPiece=100, minimumLateInterest=500)
    assert replace(table.publish_policy(house), message=policy).carry(house) == "None"
    house.machine.pass_days(7)
    root = CORE.number << 32 | 2
    assert house.attest(nullifier_of(root), AMOUNT, TIER_1, CORE) == "None"
    assert house.issue(root, CORE, TIER_1, AMOUNT, terms=terms) == reason


# ── Civil Code ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("days", [0, 1, 60, 400], ids="{} days after".format)
def test_cc_428_a_pledge_never_becomes_the_lenders(house: House, days: int) -> None:
    """Not by agreement before the default, not by default, not by both signatures after it."""
    table.outstanding(house)
    house.machine.pass_days(30 + days)
    act = {
        "title": ROOT, "sequence": house.title(ROOT)["sequence"], "to": LENDER.number, "expiresAt": FOREVER,
        "evidence": b"\1" * 32,
    }  # fmt: skip
    signers = {"holder": TIER_1["maker"], "acquirer": LENDER["credit_maker"]}
    # From its due day on nothing moves but money.
    assert house.do("assign", act, **signers) in ("TitleLocked", "PastDue")
    assert house.title(ROOT)["holder"] == TIER_1.number


@pytest.mark.parametrize(("days", "reason"), [(1, "ReleaseClockRunning"), (2, "None")])
def test_cc_436_a_pledge_comes_back_once_the_debt_is_paid(house: House, days: int, reason: str) -> None:
    """The policy gives the lender two days; then the holder unlocks alone."""
    root = house.live_root(1, 2 * MILLION, TIER_1)
    assert house.open_facility(FACILITY, TIER_1, 2 * MILLION, closesWithDebt=False) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, MILLION) == "None"
    assert house.fact(PAYOUT, LOAN, MILLION, CLEARING, account_of(TIER_1)) == "None"
    assert repay(house, sum(owed(house))) == "None"
    house.machine.pass_days(days)
    act = {"facility": FACILITY, "titles": [root], "nonce": house.nonce(), "expiresAt": house.expiry()}
    slot = table.title_slot("holder", TIER_1["maker"])
    assert Instruction("unlock", act, (slot,), "").carry(house) == reason
    assert (house.title(root)["lock"] == 0) == (reason == "None")


def test_cc_445_a_pledged_receivable_passes_on_with_the_creditors_consent_only(house: House) -> None:
    """CC-440/441/445: holder and lender make the pledge; while it stands no signature of the holder moves the title."""
    lock = table.lock(house)
    holder, lender = lock.slots
    refused(house, lock.signed_by(lender, TIER_2["maker"]), "WrongParty")
    refused(house, lock.signed_by(holder, TIER_2["maker"]), "WrongParty")
    assert lock.carry(house) == "None"
    assert house.assign(ROOT, TIER_1, TIER_2) == "TitleLocked"
    assert house.split(ROOT, TIER_1, TIER_2, CHILD, 10_000) == "TitleLocked"
    assert house.release_facility(FACILITY, [ROOT]) == "None"
    assert house.assign(ROOT, TIER_1, TIER_2) == "None"


def test_cc_549_an_accepted_promise_knows_no_defence_of_its_debtor(house: House) -> None:
    """CC-548/549: the debtor waived them by its two signatures. A credit note after acceptance lowers no certificate,
    the debtor is no office that could stop it, and what it owes is due whole."""
    root = house.live_root(2, AMOUNT, TIER_1)
    note = {
        "nullifier": nullifier_of(root), "cap": AMOUNT // 2, "capBefore": AMOUNT, "evidence": EVIDENCE_HASH,
        "expiresAt": house.expiry(),
    }  # fmt: skip
    house.must("creditInvoices", note, service=EVIDENCE["attestor"])
    assert house.title(root)["quantity"] == AMOUNT
    act = table.freeze_of(house, root).message
    offices = [
        {"party": CORE.number, "signature": house.sign(CORE[name], "Freeze", act)}
        for name in ("maker", "checker")
    ]
    assert house.do("freeze", act, offices=offices) != "None"
    assert house.title(root)["flags"] & FROZEN == 0
    assert house.assign(root, TIER_1, TIER_2) == "None"
    house.machine.pass_days(90)
    assert house.fact(RECEIVED, root, AMOUNT, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(root, {root: AMOUNT}) == "None"


@pytest.mark.parametrize(
    ("days", "interest"), [(0, 0), (1, 20_000), (10, 200_000), (29, 580_000), (30, 600_000)]
)
def test_cc_677_who_repays_early_owes_the_days_it_had_the_money(
    house: House, days: int, interest: int
) -> None:
    """1,000,000.00 at 7.2 %: 2,000.00 on day 10, 6,000.00 on day 30."""
    lend(house)
    house.machine.pass_days(days)
    assert owed(house) == (interest, MILLION)
    assert repay(house, MILLION + interest + 1) == "ExcessAmount"
    assert repay(house, MILLION + interest) == "None"


# ── Who lends, who signs, what is held ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("ENTERPRISE", "RoleNotAllowed"), ("GUARANTOR", "RoleNotAllowed"), ("LENDER", "None")],
)
def test_p2p_0_only_who_was_admitted_as_a_lender_grants_credit(house: House, kind: str, reason: str) -> None:
    people = [
        person(301, "maker", 1, "CREDIT_MAKER", "ADMIN"), person(301, "checker", 2, "CREDIT_CHECKER", "ADMIN")
    ]  # fmt: skip
    newcomer = Party(301, "newcomer", KINDS[kind], 301, {who.name: who for who in people})
    act = newcomer.admit()
    offices = house.offices("Admit", act, LENDER, CLEARING)
    assert house.do("admit", act, offices=offices) == reason


@pytest.mark.parametrize(("seconds", "reason"), [(-1, "None"), (0, "None"), (1, "SignerExpired")])
def test_esign_a_signature_counts_until_its_certificate_ends(house: House, seconds: int, reason: str) -> None:
    """Each key stands with its person, its end and the hash of its certificate; to the second."""
    root = house.live_root(2, AMOUNT, TIER_1)
    end = house.machine.now + 1_000
    who = grant(house, TIER_1, 7, "TITLE", validUntil=end, certificate=b"\5" * 32)
    (granted,) = [event for event in house.machine.events if event.name == "SignerGranted"]
    assert (granted.args["party"], bytes(granted.args["certificate"])) == (TIER_1.number, b"\5" * 32)
    act = {
        "title": root, "sequence": 0, "to": TIER_2.number, "expiresAt": FOREVER, "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    house.machine.pass_seconds(end + seconds - house.machine.now)
    assert house.do("assign", act, holder=who, acquirer=TIER_2["maker"]) == reason


def test_mletr_one_record_one_holder_and_every_change_to_be_seen(house: House) -> None:
    """From its creation to its end a certificate has one holder; each change is told, and no number comes again."""
    root = house.live_root(1, AMOUNT, TIER_1)
    holders = [house.title(root)["holder"]]
    for holder, to in ((TIER_1, TIER_2), (TIER_2, TIER_1)):
        assert house.assign(root, holder, to) == "None"
        assert [event.name for event in house.machine.events] == ["Assigned"]
        holders.append(house.title(root)["holder"])
        assert house.assign(root, holder, TIER_3) == "WrongParty"
    assert holders == [TIER_1.number, TIER_2.number, TIER_1.number]
    assert house.split(root, TIER_1, TIER_2, CHILD, 10_000) == "None"
    assert house.split(root, TIER_1, TIER_2, CHILD, 10_000) == "IdTaken"
    assert house.title(root)["quantity"] + house.title(CHILD)["quantity"] == AMOUNT
