"""Real work to be done while programs die: receivables from invoice to settled money, and trade that never rests.

What was ordered is kept as a model of what must be found everywhere.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from gateway.adapters.ledger.acts import invoices_hash
from gateway.demo import people
from gateway.demo.desk import Act, Desk, Office
from gateway.demo.people import Firm
from gateway.demo.scenario import Scenario
from gateway.demo.stage import CLEARING_BIC, LENDER_BIC, Stage, expect
from gateway.demo.story import CLEARING, ENDOWMENT, EVIDENCE, LENDER, Story
from gateway.services.payments import AccountRef, FactKind
from tests.bench.crash_clients import Logbook
from tests.bench.crash_sink import Sink

CORE, SUPPLIER, SECOND = 101, 201, 301
CURRENCY, CNY = "CNY", 156
LIMIT = 10**13
RATE, BASIS_DAYS, MILLION = 54_000, 360, 1_000_000
MINIMUM_PIECE = 100_00
MAXIMUM_DEPTH = 8
POOL = 10**11
"""Minor units of the receivable whose titles change hands all the time."""

POOL_DAYS = 330
TRADER_NUMBERS = 1_000_000


def _hash(text: str) -> str:
    return "0x" + sha256(text.encode()).hexdigest()


# ── the model ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Flow:
    """Money that must have moved once: a fact on the ledger, a debit and a credit in the banks' books."""

    kind: FactKind
    subject: int
    payer: AccountRef
    payee: AccountRef
    amount: int


@dataclass(slots=True)
class Holding:
    """What a title must be."""

    holder: int
    root: int
    quantity: int
    sequence: int = 0
    depth: int = 0
    settled: bool = False


@dataclass(frozen=True, slots=True)
class LoanEnd:
    """What a loan must be at its end, minor units."""

    drawn: int
    interest: int


@dataclass(slots=True)
class Model:
    """All that was ordered and done, as it must be found everywhere."""

    titles: dict[int, Holding] = field(default_factory=dict)
    loans: dict[int, LoanEnd] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    invoices: dict[str, int] = field(default_factory=dict)
    """Attested nullifier to the amount used of it."""


@dataclass(slots=True)
class Payable:
    """One receivable on its way from invoice to money."""

    amount: int
    due: int
    root: int
    nullifier: str = ""
    part: int = 0
    second: int = 0
    facility: int = 0
    loan: int = 0
    drawn: int = 0

    @property
    def face(self) -> int:
        """What the supplier kept and pledged."""
        return self.amount - self.part


class TraderDesk(Desk):
    """A second desk: its numbers, and so its idempotency keys, are apart from the story's."""

    def number(self) -> int:
        """A one-time number."""
        return TRADER_NUMBERS + super().number()


# ── the work ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Work:
    """The house and what is done in it. `furnish` once, then rounds."""

    def __init__(self, stage: Stage, rng: random.Random, logbook: Logbook, sink: Sink) -> None:
        """`sink`: is told of everything that happens, from before the first act on."""
        self.stage = stage
        self.logbook = logbook
        self.sink = sink
        self.story = Story(stage, Scenario.read(None), lambda _: None)
        self.desk = self.story.desk
        self.money = self.story.money
        self.model = Model()
        self._rng = rng
        self._trade_rng = random.Random(rng.random())
        self._trader = TraderDesk(stage)
        self._pool: list[int] = []
        self.opened: dict[str, int] = {}
        """Account numbers and what they were opened with, in minor units."""
        self._round = 0

    # ── the house ───────────────────────────────────────────────────────────────────────────────────────────

    def furnish(self) -> None:
        """Consortium, parties, accounts, limit, and the receivable whose titles are traded."""
        self.story.open_house()
        firms = [
            people.enterprise(number, name, self.stage.keys, (("USCC", f"91310000{number:010d}"),))
            for number, name in (
                (CORE, "Core enterprise"),
                (SUPPLIER, "First supplier"),
                (SECOND, "Second supplier"),
            )
        ]
        self.desk.do(*(Act("admit", firm.admission(), {"offices": self._board()}) for firm in firms))
        for firm in firms:
            self.stage.firms[firm.number] = firm
            listed = [{"scheme": scheme, "value": value} for scheme, value in firm.identifiers]
            expect(self.stage.evidence.post("/parties", json={"number": firm.number, "identifiers": listed}))
        self.desk.settle_index()
        self._open_accounts(firms)
        limit = {
            "debtor": CORE, "currency": CNY, "limit": LIMIT, "limitBefore": 0, "evidence": _hash("committee"),
            "nonce": self.desk.number(), "expiresAt": self.desk.expiry(),
        }  # fmt: skip
        self.desk.do(Act("setLimit", limit, {"banks": self._board()}))
        pool = self._payable(POOL, self.stage.day + POOL_DAYS)
        self._confirm([pool])
        self._pool.append(pool.root)

    def _board(self) -> list[Office]:
        return [Office(self._firm(LENDER)), Office(self._firm(CLEARING))]

    def _firm(self, number: int) -> Firm:
        return self.stage.firms[number]

    def _open_accounts(self, firms: Sequence[Firm]) -> None:
        self._open_account(CLEARING_BIC, self._firm(CLEARING), "clearing", 0)
        self._open_account(LENDER_BIC, self._firm(LENDER), "funding", ENDOWMENT)
        bindings = []
        for firm in firms:
            rich = ENDOWMENT if firm.number == CORE else 0
            account = self._open_account(CLEARING_BIC, firm, "bound", rich)
            message = {
                "party": firm.number, "currency": CNY, "bank": CLEARING,
                "account": "0x" + account.commitment.hex(), "nonce": self.desk.number(),
                "expiresAt": self.desk.expiry(),
            }  # fmt: skip
            persons = {
                "party": [firm["maker"], firm["checker"]],
                "bank": self._firm(CLEARING)["payments"],
            }
            bindings.append(Act("bindAccount", message, persons))
        self.desk.do(*bindings)

    def _open_account(self, bic: str, owner: Firm, purpose: str, balance: int, part: int = 0) -> AccountRef:
        account = self.money.open(bic, owner, CURRENCY, purpose, balance, part)
        self.opened[account.number] = balance
        return account

    def _payable(self, amount: int, due: int) -> Payable:
        return Payable(amount, due, CORE << 32 | self.desk.number())

    # ── a round ─────────────────────────────────────────────────────────────────────────────────────────────

    def round(self, payables: int) -> None:
        """Receivables from invoice to settled money, while other titles change hands. Raises what went wrong."""
        self._round += 1
        over, problems = threading.Event(), []

        def trade() -> None:
            try:
                while not over.is_set():
                    self._trade()
            except Exception as error:
                problems.append(error)

        trader = threading.Thread(target=trade, name="trader", daemon=True)
        trader.start()
        try:
            self._live(payables)
        finally:
            over.set()
            trader.join()
        if problems:
            raise problems[0]

    def _live(self, count: int) -> None:
        due = self.stage.day + self._rng.randint(3, 9)
        found = [self._payable(self._rng.randint(10**6, 10**9), due) for _ in range(count)]
        self._confirm(found)
        self._split(found)
        paid_out = self.stage.day
        self._finance(found)
        self.stage.go_to(due)
        self.money.pump()
        self._distribute(found)
        self.money.pump()
        for payable in found:
            self._expect_end(payable, due - paid_out)
        # One day on, so that the day of payment is closed with statements.
        self.stage.go_to(due + 1)

    def _confirm(self, payables: Sequence[Payable]) -> None:
        attestations, issues, acceptances = [], [], []
        for payable in payables:
            document = _hash(f"invoice {payable.root}")
            payable.nullifier = self._register(payable, document)
            attestations.append(self._attestation(payable, document))
            issues.append(self._issue(payable))
            message = {
                "root": payable.root, "payee": SUPPLIER, "expiresAt": self.desk.expiry(),
                "invoices": "0x" + invoices_hash([bytes.fromhex(payable.nullifier[2:])], [payable.amount]).hex(),
                "evidence": _hash("accepted"),
            }  # fmt: skip
            acceptances.append(Act("accept", message, {"payee": self._firm(SUPPLIER)["maker"]}))
        self.desk.do(*attestations)
        self.desk.do(*issues)
        self.desk.do(*acceptances)
        for payable in payables:
            self.model.invoices[payable.nullifier] = payable.amount
            self.model.titles[payable.root] = Holding(SUPPLIER, payable.root, payable.amount)

    def _register(self, payable: Payable, document: str) -> str:
        body = {
            "seller_id": dict(self._firm(SUPPLIER).identifiers)["USCC"], "document_type": "380",
            "number": f"INV-{payable.root}", "issue_year": 2026,
            "buyer_id": dict(self._firm(CORE).identifiers)["USCC"], "currency": CURRENCY,
            "cap_minor": payable.amount, "document_hash": document,
        }  # fmt: skip
        return str(expect(self.stage.evidence.post("/invoices", json=body))["nullifier"])

    def _attestation(self, payable: Payable, document: str) -> Act:
        message = {
            "nullifier": payable.nullifier, "cap": payable.amount, "seller": SUPPLIER, "debtor": CORE,
            "currency": CNY, "service": EVIDENCE, "evidence": document, "expiresAt": self.desk.expiry(),
        }  # fmt: skip
        return Act("attestInvoices", message, {"service": self._firm(EVIDENCE)["attestor"]})

    def _issue(self, payable: Payable) -> Act:
        receivable = {
            "root": payable.root, "payee": SUPPLIER, "clearingBank": CLEARING, "currency": CNY,
            "dueDay": payable.due, "terms": 500, "quantity": payable.amount,
            "nullifiers": [payable.nullifier], "amounts": [payable.amount], "evidence": _hash("chain"),
        }  # fmt: skip
        message = {"debtor": CORE, "receivables": [receivable], "expiresAt": self.desk.expiry()}
        core = self._firm(CORE)
        return Act("issue", message, {"maker": core["maker"], "checker": core["checker"]})

    def _split(self, payables: Sequence[Payable]) -> None:
        acts = []
        for payable in payables:
            payable.part = payable.amount * self._rng.randint(20, 60) // 100
            payable.second = SUPPLIER << 32 | self.desk.number()
            acts.append(
                self._split_act(self.desk, payable.root, payable.second, payable.part, SUPPLIER, SECOND)
            )
        self.desk.do(*acts)
        for payable in payables:
            self._is_split(payable.root, payable.second, payable.part, SECOND)

    def _split_act(self, desk: Desk, title: int, child: int, quantity: int, holder: int, to: int) -> Act:
        message = {
            "title": title, "sequence": self.model.titles[title].sequence, "child": child,
            "quantity": quantity, "to": to, "expiresAt": desk.expiry(), "evidence": _hash("delivery"),
        }  # fmt: skip
        return Act(
            "split",
            message,
            {"holder": self._firm(holder)["maker"], "acquirer": self._firm(to)["maker"]},
        )

    def _is_split(self, title: int, child: int, quantity: int, to: int) -> None:
        parent = self.model.titles[title]
        parent.quantity -= quantity
        parent.sequence += 1
        self.model.titles[child] = Holding(to, parent.root, quantity, depth=parent.depth + 1)

    def _finance(self, payables: Sequence[Payable]) -> None:
        opens, locks, draws = [], [], []
        for payable in payables:
            payable.facility = 1_000 + self.desk.number()
            payable.loan = SUPPLIER << 32 | self.desk.number()
            payable.drawn = payable.face * 70 // 100
            opens.append(self._open(payable))
            locks.append(self._lock(payable))
            draws.append(self._draw(payable))
        self.desk.do(*opens)
        self.desk.do(*locks)
        self.desk.do(*draws)
        for payable in payables:
            self.model.titles[payable.root].sequence += 1
        self.money.pump()

    def _open(self, payable: Payable) -> Act:
        lender = self._firm(LENDER)
        account = self._open_account(LENDER_BIC, lender, "collection", 0, payable.facility)
        message = {
            "facility": payable.facility, "lender": LENDER, "borrower": SUPPLIER, "currency": CNY,
            "advanceBps": 8_000, "limit": LIMIT, "endDay": payable.due + 10, "closesWithDebt": True,
            "form": 0, "entrustor": 0, "agentFeeBps": 0,
            "collectionBank": LENDER, "collectionAccount": "0x" + account.commitment.hex(),
            "expiresAt": self.desk.expiry(), "evidence": _hash("facility agreement"),
        }  # fmt: skip
        persons = {
            "maker": lender["credit-maker"], "checker": lender["credit-checker"],
            "borrower": self._firm(SUPPLIER)["maker"],
        }  # fmt: skip
        return Act("open", message, persons)

    def _lock(self, payable: Payable) -> Act:
        message = {
            "title": payable.root, "sequence": self.model.titles[payable.root].sequence,
            "facility": payable.facility, "child": 0, "quantity": payable.face,
            "expiresAt": self.desk.expiry(), "evidence": _hash("pledge agreement"),
        }  # fmt: skip
        return Act(
            "lock",
            message,
            {"holder": self._firm(SUPPLIER)["maker"], "lender": self._firm(LENDER)["credit-maker"]},
        )

    def _draw(self, payable: Payable) -> Act:
        lender = self._firm(LENDER)
        message = {
            "loan": payable.loan, "facility": payable.facility, "title": 0, "amount": payable.drawn, "rate": RATE,
            "dueDay": payable.due + 10, "basis": 0, "minimumDays": 0, "penaltyBps": 5_000,
            "terms": 0, "count": 0, "graceDays": 0, "registration": _hash("registry declaration"),
            "expiresAt": self.desk.expiry(), "evidence": _hash("draw request"),
        }  # fmt: skip
        persons = {
            "borrower": self._firm(SUPPLIER)["maker"], "maker": lender["credit-maker"],
            "checker": lender["credit-checker"],
        }  # fmt: skip
        return Act("draw", message, persons)

    def _distribute(self, payables: Sequence[Payable]) -> None:
        acts = []
        for payable in payables:
            path = f"/receivables/{payable.root}/distribution"
            proposal = expect(self.stage.gateway.get(path))["message"]
            message = {**proposal, "expiresAt": self.desk.expiry()}
            acts.append(Act("distribute", message, {"clearingBank": self._firm(CLEARING)["clearing"]}))
        self.desk.do(*acts)
        self.desk.settle_index()

    def _expect_end(self, payable: Payable, days: int) -> None:
        """Interest once, half-up (decision 16); the facility closes with its debt and the rest is the holder's."""
        numerator, unit = payable.drawn * RATE * days, BASIS_DAYS * MILLION
        interest = (2 * numerator + unit) // (2 * unit)
        account = self.money.account
        clearing = account(CLEARING, CURRENCY, "clearing", 0)
        collection = account(LENDER, CURRENCY, "collection", payable.facility)
        core, supplier, second = (
            account(number, CURRENCY, "bound", 0) for number in (CORE, SUPPLIER, SECOND)
        )
        self.model.flows += [
            Flow(FactKind.PAYOUT, payable.loan, account(LENDER, CURRENCY, "funding", 0), supplier, payable.drawn),
            Flow(FactKind.RECEIVED, payable.root, core, clearing, payable.amount),
            Flow(FactKind.CREDITED, payable.second, clearing, second, payable.part),
            Flow(FactKind.COLLECTED, payable.root, clearing, collection, payable.face),
            Flow(
                FactKind.SURPLUS, payable.root, collection, supplier, payable.face - payable.drawn - interest
            ),
        ]  # fmt: skip
        self.model.loans[payable.loan] = LoanEnd(payable.drawn, interest)
        for title in (payable.root, payable.second):
            self.model.titles[title].settled = True

    # ── trade ───────────────────────────────────────────────────────────────────────────────────────────────

    def _trade(self) -> None:
        """A few titles at once change hands, whole or in part; the model follows when the chain has it for good."""
        rng = self._trade_rng
        titles = rng.sample(self._pool, min(len(self._pool), rng.randint(1, 3)))
        acts, then = [], []
        for title in titles:
            holding = self.model.titles[title]
            to = rng.choice([each for each in (SUPPLIER, SECOND, CORE) if each != holding.holder])
            if holding.depth < MAXIMUM_DEPTH and holding.quantity > 10 * MINIMUM_PIECE and rng.random() < 0.5:
                child = holding.holder << 32 | self._trader.number()
                part = rng.randint(MINIMUM_PIECE, holding.quantity - MINIMUM_PIECE)
                acts.append(self._split_act(self._trader, title, child, part, holding.holder, to))
                then.append((title, child, part, to))
            else:
                acts.append(self._assign_act(title, to))
                then.append((title, 0, 0, to))
        self._trader.do(*acts)
        for title, child, part, to in then:
            if child:
                self._is_split(title, child, part, to)
                self._pool.append(child)
            else:
                self.model.titles[title].holder = to
                self.model.titles[title].sequence += 1

    def _assign_act(self, title: int, to: int) -> Act:
        holding = self.model.titles[title]
        message = {
            "title": title, "sequence": holding.sequence, "to": to, "expiresAt": self._trader.expiry(),
            "evidence": _hash("delivery"),
        }  # fmt: skip
        return Act(
            "assign",
            message,
            {"holder": self._firm(holding.holder)["maker"], "acquirer": self._firm(to)["maker"]},
        )
