"""The main job from the certificates to settled money: pledge, loan, pay-out, repayment, maturity, distribution."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.demo.bank_answers import MoneyException
from gateway.demo.desk import Act
from gateway.demo.lender import Lender
from gateway.demo.payable import Payable
from gateway.demo.stage import LENDER_BIC, expect, listed
from gateway.demo.story import CLEARING, LENDER, LIMIT, Story, hash_of, share
from gateway.domain.calendar import iso
from gateway.money import number_of

ADVANCE_BPS = 8_000
LOAN_GRACE_DAYS = 10
EARLY_DAYS = 10
EARLY_PART = Decimal("0.10")
FIRST_FACILITY = 1_000
ROUNDS = 5
"""How often money of one day may come in, be distributed, and come in again."""
LAST_WAITS = (1, 3, 7, 30)
"""Days the story waits at its end for payments that a bank keeps pending or is silent about."""


class Finance:
    """The second half of a story; what a rule or a bank stops is told and the rest goes on."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._stage = story.stage
        self._desk = story.desk
        self._money = story.money
        self._numbers: dict[tuple[int, str], int] = {}
        self._voided: set[int] = set()
        self._lender = Lender(story)
        self._money.stops_payout = self._lender.stops_payout

    # ── pledge and loan ─────────────────────────────────────────────────────────────────────────────────────

    def lend(self) -> None:
        """Tier 1 pledges what it kept and draws; the lender asks the chain, and pays out."""
        story = self._story
        self._desk.settle_index()
        titles = story.titles()
        self._open_facilities()
        kept = [each for each in story.payables if each.facility and _is_kept(titles[each.root], each)]
        keepers = [each for each in kept if self._takes(each)]
        locks = {place: self._lock(payable, titles[payable.root]) for place, payable in enumerate(keepers)}
        locked = story.carry(locks, keepers, "tier 1 pledges what it kept")
        draws: dict[int, Act] = {}
        for place, payable in enumerate(locked):
            amount = share(int(titles[payable.root]["amount_minor"]), story.scenario.draw_share)
            if amount:
                payable.loan = payable.supplier.number << 32 | self._desk.number()
                draws[place] = self._draw(payable, amount)
        drawn = story.carry(draws, locked, "tier 1 draws on the pledge")
        for payable in locked:
            if payable not in drawn:
                payable.loan = 0
        self._money.pump()
        if self._money.unanswered():
            # Only the statement of the closed day says what became of a payment the bank is silent about.
            self._stage.go_to(self._stage.day + 1)
            self._money.pump()
        self._void_failed_payouts()

    def _takes(self, payable: Payable) -> bool:
        """Whether the lender takes the certificate, by what the chain says of it."""
        stop = self._lender.stops_pledge(payable)
        if stop is not None:
            told = f"the lender does not take it: {stop.sentence}"
            self._story.refuse(payable.proposal, stop.rule, told, "", field="lock")
        return stop is None

    def _lock(self, payable: Payable, title: Mapping[str, Any]) -> Act:
        message = {
            "title": payable.root, "sequence": title["sequence"], "facility": payable.facility, "child": 0,
            "quantity": int(title["amount_minor"]), "expiresAt": self._desk.expiry(),
            "evidence": hash_of(b"pledge agreement"),
        }  # fmt: skip
        lender = self._stage.firms[LENDER]
        return Act("lock", message, {"holder": payable.supplier["maker"], "lender": lender["credit-maker"]})

    def _draw(self, payable: Payable, amount: int) -> Act:
        message = {
            "loan": payable.loan, "facility": payable.facility, "title": 0, "amount": amount,
            "rate": self._story.scenario.rate_ppm, "dueDay": payable.due + LOAN_GRACE_DAYS, "basis": 0,
            "minimumDays": 0, "penaltyBps": 5_000, "terms": 0, "count": 0, "graceDays": 0,
            "registration": hash_of(b"registry declaration"), "expiresAt": self._desk.expiry(),
            "evidence": hash_of(b"draw request"),
        }  # fmt: skip
        lender = self._stage.firms[LENDER]
        persons = {
            "borrower": payable.supplier["maker"], "maker": lender["credit-maker"],
            "checker": lender["credit-checker"],
        }  # fmt: skip
        return Act("draw", message, persons)

    def _open_facilities(self) -> None:
        """One facility for each supplier and currency, with a collection account of its own at the lender."""
        payables = self._story.payables
        last = max(payable.due for payable in payables) + LOAN_GRACE_DAYS
        lender = self._stage.firms[LENDER]
        acts: dict[int, Act] = {}
        for place, payable in enumerate(payables):
            currency = payable.proposal["currency"]
            key = (payable.supplier.number, currency)
            if key not in self._numbers:
                number = self._numbers[key] = FIRST_FACILITY + len(self._numbers)
                account = self._money.open(LENDER_BIC, lender, currency, "collection", 0, number)
                message = {
                    "facility": number, "lender": LENDER, "borrower": payable.supplier.number,
                    "currency": number_of(currency), "advanceBps": ADVANCE_BPS, "limit": LIMIT, "endDay": last,
                    "closesWithDebt": True, "form": 0,
                    "entrustor": 0, "agentFeeBps": 0, "collectionBank": LENDER,
                    "collectionAccount": "0x" + account.commitment.hex(), "expiresAt": self._desk.expiry(),
                    "evidence": hash_of(b"facility agreement"),
                }  # fmt: skip
                persons = {
                    "maker": lender["credit-maker"], "checker": lender["credit-checker"],
                    "borrower": payable.supplier["maker"],
                }  # fmt: skip
                acts[place] = Act("open", message, persons)
            payable.facility = self._numbers[key]
        opened = {each.facility for each in self._story.carry(acts, payables, "the lender opens a facility")}
        for payable in payables:
            if payable.facility not in opened:
                payable.facility = 0

    def _void_failed_payouts(self) -> None:
        """A pay-out that did not come as signed: the lender's two people void the loan and free the title."""
        lender = self._stage.firms[LENDER]
        for loan, why in self._money.failed_payouts.items():
            payable = next((each for each in self._story.payables if each.loan == loan), None)
            if loan in self._voided or payable is None:
                continue
            self._voided.add(loan)
            message = {"loan": loan, "reason": hash_of(why.encode()), "expiresAt": self._desk.expiry()}
            persons = {"maker": lender["credit-maker"], "checker": lender["credit-checker"]}
            self._note(self._desk.try_all([Act("void", message, persons)])[0], "PAYOUT-FAILED", loan, why)
            self._release(payable)

    def _release(self, payable: Payable) -> None:
        """Two people of the lender let a title go that secures nothing any more; the others stay covered."""
        lender = self._stage.firms[LENDER]
        self._desk.settle_index()
        open_loans = sorted(
            int(each["id"])
            for each in listed(self._stage.gateway, "/loans")
            if each["facility"] == payable.facility and each["phase"] in ("reserved", "outstanding")
        )
        message = {
            "facility": payable.facility, "titles": [str(payable.root)], "nonce": self._desk.number(),
            "expiresAt": self._desk.expiry(), "evidence": hash_of(b"loan void"),
        }  # fmt: skip
        parts = {
            "first": lender["credit-maker"], "second": lender["credit-checker"],
            "loans": [str(loan) for loan in open_loans],
        }  # fmt: skip
        operation = self._desk.try_all([Act("release", message, parts)])[0]
        if operation["state"] != "final":
            self._note(operation, "RELEASE-REFUSED", payable.root, "")

    def _note(self, operation: Mapping[str, Any], rule: str, subject: int, why: str) -> None:
        """Tell of a loan that was voided, or of an act that should have put things right and was refused."""
        done = operation["state"] == "final"
        told = (
            f"{why}; the lender voided the loan, its title is free again"
            if done
            else str(operation["sentence"])
        )
        document = f"{subject >> 32}-{subject & 0xFFFFFFFF}"
        self._money.exceptions.append(MoneyException(document, rule, "loan", told, open=not done))

    # ── repayment ───────────────────────────────────────────────────────────────────────────────────────────

    def repay_early(self) -> None:
        """Ten days on, the borrower of the largest loan repays a part before it is due."""
        self._desk.settle_index()
        outstanding = {
            int(each["id"])
            for each in listed(self._stage.gateway, "/loans")
            if each["phase"] == "outstanding"
        }
        financed = [payable for payable in self._story.payables if payable.loan in outstanding]
        first_due = min((payable.due for payable in self._story.payables), default=0)
        if (
            not financed
            or not self._story.scenario.early_repayment
            or first_due <= self._stage.day + EARLY_DAYS
        ):
            return
        payable = max(financed, key=lambda each: each.amount)
        self._stage.go_to(self._stage.day + EARLY_DAYS)
        self._money.pump()
        currency = payable.proposal["currency"]
        payer = self._money.account(payable.supplier.number, currency, "bound", 0)
        payee = self._money.account(LENDER, currency, "collection", payable.facility)
        self._money.repay(payable.loan, payer, payee, share(payable.amount, EARLY_PART))
        self._money.pump()
        self._void_failed_payouts()

    # ── maturity ────────────────────────────────────────────────────────────────────────────────────────────

    def mature(self) -> None:
        """Day by day: debtors pay, the clearing bank distributes, lender and holders are credited."""
        for due in sorted({payable.due for payable in self._story.payables}):
            self._stage.go_to(due)
            roots = [payable.root for payable in self._story.payables if payable.due == due]
            lines = self.settle()
            self._story.say(
                f"{iso(self._stage.day)}  {len(roots)} receivable{'s' if len(roots) > 1 else ''} due, "
                f"{lines} line{'s' if lines != 1 else ''} distributed"
            )
        for days in LAST_WAITS:
            if not self._money.unanswered():
                break
            self._stage.go_to(self._stage.day + days)
            lines = self.settle()
            self._story.say(f"{iso(self._stage.day)}  waited for a bank, {lines} lines distributed")
        # One day on, so that every statement of the days before is closed and can be read.
        self._stage.go_to(self._stage.day + 1)
        self._money.pump()
        self._money.tell_unfinished()

    def settle(self) -> int:
        """Everything due by today: pay, distribute, credit, until nothing new comes in. Answers the lines paid."""
        total = 0
        for _ in range(ROUNDS):
            self._money.pump()
            self._void_failed_payouts()
            lines = self._distribute()
            total += lines
            if not lines:
                break
        return total

    def _distribute(self) -> int:
        acts, lines = [], []
        due = [payable for payable in self._story.payables if payable.due <= self._stage.day]
        for payable in due:
            proposal = expect(self._stage.gateway.get(f"/receivables/{payable.root}/distribution"))["message"]
            if proposal["titles"]:
                message = {**proposal, "expiresAt": self._desk.expiry()}
                clearing = self._stage.firms[CLEARING]["clearing"]
                acts.append(Act("distribute", message, {"clearingBank": clearing}))
                lines.append(len(proposal["titles"]))
        if not acts:
            return 0
        paid = 0
        for act, count, operation in zip(acts, lines, self._desk.try_all(acts), strict=True):
            if operation["state"] == "final":
                paid += count
            else:
                self._note(operation, "NOT-DISTRIBUTED", int(act.message["root"]), "")
        self._desk.settle_index()
        return paid


def _is_kept(title: Mapping[str, Any], payable: Payable) -> bool:
    return bool(title["status"] == "live" and title["holder"] == payable.supplier.number)
