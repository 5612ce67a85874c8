"""The main job: documents in, payables confirmed, certificates split and financed, money settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

from gateway.demo import people
from gateway.demo.desk import Act, Desk, Office
from gateway.demo.money_desk import MoneyDesk
from gateway.demo.people import Firm
from gateway.demo.scenario import Scenario
from gateway.demo.stage import CLEARING_BIC, LENDER_BIC, Stage, expect
from gateway.domain.calendar import add_months, day_of_date, day_of_iso, iso
from gateway.money import number_of
from gateway.services.payments import AccountRef

LENDER, CLEARING, THIRD, EVIDENCE = 11, 12, 13, 21
FIRST_CORE, FIRST_SUPPLIER, TIER_2, TIER_3 = 101, 201, 301, 302
DEBTOR_LIMIT = 10**13
ENDOWMENT = 10**13
ADVANCE_BPS = 8_000
MINIMUM_PIECE = 100_00
MAXIMUM_MONTHS = 12
LOAN_GRACE_DAYS = 10

Say = Callable[[str], None]


@dataclass(slots=True)
class Payable:
    """A confirmed payable and what became of it."""

    proposal: Mapping[str, Any]
    debtor: Firm
    supplier: Firm
    root: int = 0
    nullifier: str = ""
    second: int = 0
    third: int = 0
    loan: int = 0
    facility: int = 0

    @property
    def amount(self) -> int:
        """Minor units."""
        return int(self.proposal["amount_minor"])

    @property
    def due(self) -> int:
        """The day it falls due."""
        return day_of_iso(self.proposal["due"])


@dataclass(slots=True)
class Story:
    """The acts of one run, in order; `refusals` are proposals that the rules stop, with the rule."""

    stage: Stage
    scenario: Scenario
    say: Say
    desk: Desk = field(init=False)
    money: MoneyDesk = field(init=False)
    payables: list[Payable] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    matched: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.desk = Desk(self.stage)
        self.money = MoneyDesk(self.stage, self.desk)

    # ── the people ──────────────────────────────────────────────────────────────────────────────────────────

    def open_house(self) -> None:
        """The consortium admits the evidence service, sets its first policy and opens the banks' own accounts."""
        self.desk.settle_index()
        service = people.evidence_service(EVIDENCE, self.stage.evidence, self.stage.keys)
        self._admit(service)
        policy = {
            "version": 1, "effectiveDay": self.stage.day, "maximumTenorMonths": MAXIMUM_MONTHS,
            "minimumPiece": MINIMUM_PIECE // 100, "maximumDepth": 8, "acceptDays": 10, "releaseDays": 2,
            "minimumLateInterest": 0, "document": _hash(b"policy 1"), "expiresAt": people.FOREVER,
        }  # fmt: skip
        self.desk.do(Act("publishPolicy", policy, {"banks": self._board()}))

    def _board(self) -> list[Office]:
        return [Office(self.stage.firms[LENDER]), Office(self.stage.firms[CLEARING])]

    def _admit(self, *firms: Firm) -> None:
        self.desk.do(*(Act("admit", firm.admission(), {"offices": self._board()}) for firm in firms))
        for firm in firms:
            self.stage.firms[firm.number] = firm

    # ── documents ───────────────────────────────────────────────────────────────────────────────────────────

    def read_documents(self, folder: Path) -> None:
        """The buyer's clerk imports every file; persons record receipts and decide what the scenario says."""
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            name = path.relative_to(folder).as_posix()
            answer = expect(
                self.stage.gateway.post(
                    "/documents",
                    params={"name": name},
                    content=path.read_bytes(),
                    headers={"content-type": "application/octet-stream"},
                )
            )
            self.files.append(answer)
        for receipt in self.scenario.receipts:
            expect(self.stage.gateway.post("/receipts", json=receipt.model_dump(mode="json")))
        for decision in self.scenario.decisions:
            expect(self.stage.gateway.post("/decisions", json=decision.model_dump(mode="json")))
        self.matched = expect(self.stage.gateway.get("/matches"))

    def cast(self) -> None:
        """Buyers become core enterprises, sellers tier 1; tiers 2 and 3 come with the story."""
        known: dict[tuple[tuple[str, str], ...], Firm] = {}
        latest = add_months(self.stage.day, MAXIMUM_MONTHS)
        for proposal in self.matched["proposals"]:
            due = day_of_iso(proposal["due"])
            if due <= self.stage.day:
                self._refuse(
                    proposal, "DUE-PAST", "the due date is not after the as-of date", iso(self.stage.day)
                )
                continue
            if due > latest:
                self._refuse(proposal, "CN77-11", "the tenor is longer than the policy allows", iso(latest))
                continue
            debtor = self._firm(known, proposal["buyer"], FIRST_CORE)
            supplier = self._firm(known, proposal["seller"], FIRST_SUPPLIER)
            self.payables.append(Payable(proposal, debtor, supplier))
        tiers = [
            people.enterprise(TIER_2, "Baoding Hengtong Parts Co.", self.stage.keys),
            people.enterprise(TIER_3, "Wenzhou Yada Fasteners Co.", self.stage.keys),
        ]
        firms = [*known.values(), *(tiers if self.payables else [])]
        if firms:
            self._admit(*firms)
        for firm in firms:
            self._introduce(firm)
        currencies = sorted({payable.proposal["currency"] for payable in self.payables})
        for currency in currencies:
            self._open_accounts(currency, firms)
            self._set_limits(currency)

    def _refuse(self, proposal: Mapping[str, Any], rule: str, message: str, expected: str) -> None:
        file, _, document = str(proposal["invoice"]).partition("#")
        self.refusals.append(
            {
                "file": file, "document": document, "line": "", "rule": rule, "field": "due", "message": message,
                "expected": expected, "found": proposal["due"],
            }
        )  # fmt: skip

    def _firm(self, known: dict[Any, Firm], party: Mapping[str, Any], first: int) -> Firm:
        identifiers = tuple(sorted((each["scheme"], each["value"]) for each in party["identifiers"]))
        for key, firm in known.items():
            if set(key) & set(identifiers) or (not identifiers and firm.name == party["name"]):
                return firm
        number = first + sum(first <= firm.number < first + 100 for firm in known.values())
        firm = people.enterprise(number, party["name"], self.stage.keys, identifiers)
        known[identifiers or (("name", party["name"]),)] = firm
        return firm

    def _introduce(self, firm: Firm) -> None:
        """The evidence service learns which legal identifiers a party number stands for."""
        if firm.identifiers:
            listed = [{"scheme": scheme, "value": value} for scheme, value in firm.identifiers]
            expect(self.stage.evidence.post("/parties", json={"number": firm.number, "identifiers": listed}))

    def _open_accounts(self, currency: str, firms: list[Firm]) -> None:
        money = self.money
        money.open(CLEARING_BIC, self.stage.firms[CLEARING], currency, "clearing", 0)
        money.open(LENDER_BIC, self.stage.firms[LENDER], currency, "funding", ENDOWMENT)
        bindings = []
        for firm in firms:
            rich = ENDOWMENT if firm.number < FIRST_SUPPLIER else 0
            account = money.open(CLEARING_BIC, firm, currency, "bound", rich)
            message = {
                "party": firm.number, "currency": number_of(currency), "bank": CLEARING,
                "account": "0x" + account.commitment.hex(), "nonce": self.desk.number(),
                "expiresAt": self.desk.expiry(),
            }  # fmt: skip
            signers = {
                "party": [firm["maker"], firm["checker"]],
                "bank": self.stage.firms[CLEARING]["payments"],
            }
            bindings.append(Act("bindAccount", message, signers))
        self.desk.do(*bindings)

    def _set_limits(self, currency: str) -> None:
        debtors = {
            payable.debtor.number for payable in self.payables if payable.proposal["currency"] == currency
        }
        acts = []
        for debtor in sorted(debtors):
            message = {
                "debtor": debtor, "currency": number_of(currency), "limit": DEBTOR_LIMIT, "limitBefore": 0,
                "evidence": _hash(b"credit committee"), "nonce": self.desk.number(), "expiresAt": self.desk.expiry(),
            }  # fmt: skip
            acts.append(Act("setLimit", message, {"banks": self._board()}))
        self.desk.do(*acts)

    # ── confirmation ────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self) -> None:
        """Invoices are attested, the core's maker and checker promise, tier 1 accepts."""
        matches = {each["key"]: each for each in self.matched["matches"]}
        attestations, issues, acceptances = [], [], []
        for payable in self.payables:
            attested = self._register(payable, matches[payable.proposal["key"]])
            payable.nullifier = attested["nullifier"]
            confirmed = expect(
                self.stage.gateway.post(
                    "/confirmations",
                    json={
                        "key": payable.proposal["key"], "nullifier": payable.nullifier,
                        "debtor": payable.debtor.number,
                    },
                )
            )  # fmt: skip
            payable.root = int(confirmed["root"])
            attestations.append(self._attestation(payable, attested))
            issues.append(self._issue(payable))
            acceptances.append(self._acceptance(payable))
        self.desk.do(*attestations)
        self.desk.do(*issues)
        self.desk.do(*acceptances)

    def _register(self, payable: Payable, match: Mapping[str, Any]) -> dict[str, Any]:
        proposal = payable.proposal
        net = int(Decimal(match["net"]).scaleb(-(Decimal(proposal["amount"]).as_tuple().exponent)))  # type: ignore[operator]
        body = {
            "seller_id": _identifier(payable.supplier, proposal["seller_tax_id"]),
            "document_type": proposal["document_type"], "number": proposal["number"],
            "issue_year": proposal["issue_year"], "buyer_id": _identifier(payable.debtor, ""),
            "currency": proposal["currency"], "cap_minor": net, "document_hash": _hex(proposal["evidence"][0]),
        }  # fmt: skip
        answer: dict[str, Any] = expect(self.stage.evidence.post("/invoices", json=body))
        return answer

    def _attestation(self, payable: Payable, attested: Mapping[str, Any]) -> Act:
        message = {
            "nullifier": payable.nullifier, "cap": attested["cap"], "seller": payable.supplier.number,
            "debtor": payable.debtor.number, "currency": number_of(payable.proposal["currency"]),
            "service": EVIDENCE, "evidence": _hex(payable.proposal["evidence"][0]),
            "expiresAt": self.desk.expiry(),
        }  # fmt: skip
        return Act("attestInvoices", message, {"service": self.stage.firms[EVIDENCE]["attestor"]})

    def _issue(self, payable: Payable) -> Act:
        receivable = {
            "root": payable.root, "payee": payable.supplier.number, "clearingBank": CLEARING,
            "currency": number_of(payable.proposal["currency"]), "dueDay": payable.due, "terms": 500,
            "quantity": payable.amount, "nullifiers": [payable.nullifier], "amounts": [payable.amount],
            "evidence": _hash("".join(payable.proposal["evidence"]).encode()),
        }  # fmt: skip
        message = {
            "debtor": payable.debtor.number, "receivables": [receivable], "expiresAt": self.desk.expiry()
        }  # fmt: skip
        maker, checker = self.scenario.approvers
        return Act("issue", message, {"maker": payable.debtor[maker], "checker": payable.debtor[checker]})

    def _acceptance(self, payable: Payable) -> Act:
        from gateway.adapters.ledger.acts import invoices_hash

        message = {
            "root": payable.root, "payee": payable.supplier.number,
            "invoices": "0x" + invoices_hash([bytes.fromhex(payable.nullifier[2:])], [payable.amount]).hex(),
            "expiresAt": self.desk.expiry(), "evidence": _hash(b"accepted"),
        }  # fmt: skip
        return Act("accept", message, {"payee": payable.supplier["maker"]})

    # ── circulation ─────────────────────────────────────────────────────────────────────────────────────────

    def circulate(self) -> None:
        """Tier 1 pays tier 2 with a part, tier 2 pays tier 3; what is too small to split is passed on whole."""
        second_tier, third_tier = self.stage.firms.get(TIER_2), self.stage.firms.get(TIER_3)
        if second_tier is None or third_tier is None:
            return
        first, second = [], []
        for payable in self.payables:
            part = _share(payable.amount, self.scenario.tier2_share)
            if part < MINIMUM_PIECE or payable.amount - part < MINIMUM_PIECE:
                continue
            payable.second = payable.supplier.number << 32 | self.desk.number()
            first.append(self._split(payable.root, payable.supplier, payable.second, part, second_tier))
            rest = _share(part, self.scenario.tier3_share)
            if rest < MINIMUM_PIECE or part - rest < MINIMUM_PIECE:
                continue
            payable.third = TIER_2 << 32 | self.desk.number()
            second.append(self._split(payable.second, second_tier, payable.third, rest, third_tier))
        self.desk.do(*first)
        self.desk.do(*second)

    def _split(self, title: int, holder: Firm, child: int, quantity: int, to: Firm) -> Act:
        message = {
            "title": title, "sequence": 0, "child": child, "quantity": quantity, "to": to.number,
            "expiresAt": self.desk.expiry(), "evidence": _hash(b"delivery between suppliers"),
        }  # fmt: skip
        return Act("split", message, {"holder": holder["maker"], "acquirer": to["maker"]})

    # ── finance ─────────────────────────────────────────────────────────────────────────────────────────────

    def finance(self) -> None:
        """Tier 1 pledges what it kept and draws; the lender pays out; part is repaid early."""
        self.desk.settle_index()
        titles = self.titles()
        self._open_facilities()
        lender = self.stage.firms[LENDER]
        locks, draws = [], []
        for payable in self.payables:
            title = titles[payable.root]
            face = int(title["amount_minor"])
            lock = {
                "title": payable.root, "sequence": title["sequence"], "facility": payable.facility, "child": 0,
                "quantity": face, "expiresAt": self.desk.expiry(), "evidence": _hash(b"pledge agreement"),
            }  # fmt: skip
            signers = {"holder": payable.supplier["maker"], "lender": lender["credit-maker"]}
            locks.append(Act("lock", lock, signers))
            amount = _share(face, self.scenario.draw_share)
            if amount == 0:
                continue
            payable.loan = payable.supplier.number << 32 | self.desk.number()
            draw = {
                "loan": payable.loan, "facility": payable.facility, "amount": amount, "rate": self.scenario.rate_ppm,
                "dueDay": payable.due + LOAN_GRACE_DAYS, "basis": 0, "minimumDays": 0, "penaltyBps": 5_000,
                "expiresAt": self.desk.expiry(), "evidence": _hash(b"draw request"),
            }  # fmt: skip
            persons = {
                "borrower": payable.supplier["maker"], "maker": lender["credit-maker"],
                "checker": lender["credit-checker"],
            }  # fmt: skip
            draws.append(Act("draw", draw, persons))
        self.desk.do(*locks)
        self.desk.do(*draws)
        self.money.pump()

    def _open_facilities(self) -> None:
        lender = self.stage.firms[LENDER]
        numbers: dict[tuple[int, str], int] = {}
        acts = []
        last = max(payable.due for payable in self.payables) + LOAN_GRACE_DAYS
        for payable in self.payables:
            currency = payable.proposal["currency"]
            key = (payable.supplier.number, currency)
            if key not in numbers:
                numbers[key] = 1_000 + len(numbers)
                account = self.money.open(LENDER_BIC, lender, currency, "collection", 0, numbers[key])
                message = {
                    "facility": numbers[key], "lender": LENDER, "borrower": payable.supplier.number,
                    "currency": number_of(currency), "advanceBps": ADVANCE_BPS, "limit": DEBTOR_LIMIT,
                    "endDay": last, "closesWithDebt": True, "collectionBank": LENDER,
                    "collectionAccount": "0x" + account.commitment.hex(), "expiresAt": self.desk.expiry(),
                    "evidence": _hash(b"facility agreement"),
                }  # fmt: skip
                persons = {
                    "maker": lender["credit-maker"], "checker": lender["credit-checker"],
                    "borrower": payable.supplier["maker"],
                }  # fmt: skip
                acts.append(Act("open", message, persons))
            payable.facility = numbers[key]
        self.desk.do(*acts)

    def repay_early(self) -> None:
        """Ten days on, the borrower of the largest loan repays a part before it is due."""
        financed = [payable for payable in self.payables if payable.loan]
        if not financed or not self.scenario.early_repayment:
            return
        payable = max(financed, key=lambda each: each.amount)
        if payable.due <= self.stage.day + 10:
            return
        self.stage.go_to(self.stage.day + 10)
        currency = payable.proposal["currency"]
        part = _share(payable.amount, Decimal("0.10"))
        payer = self.money.account(payable.supplier.number, currency, "bound", 0)
        payee = self.money.account(LENDER, currency, "collection", payable.facility)
        self.money.repay(payable.loan, payer, payee, part)
        self.money.pump()

    # ── maturity ────────────────────────────────────────────────────────────────────────────────────────────

    def mature(self) -> None:
        """Day by day: debtors pay, the clearing bank distributes, lender and holders are credited."""
        for due in sorted({payable.due for payable in self.payables}):
            self.stage.go_to(due)
            self.money.pump()
            roots = [payable.root for payable in self.payables if payable.due == due]
            self._distribute(roots)
            self.money.pump()
            count = len(roots)
            self.say(
                f"  {iso(due)}  {count} receivable{'s' if count > 1 else ''} due, received and distributed"
            )
        # One day on, so that every statement of the days before is closed and can be read.
        self.stage.go_to(self.stage.day + 1)

    def _distribute(self, roots: list[int]) -> None:
        acts = []
        for root in roots:
            proposal = expect(self.stage.gateway.get(f"/receivables/{root}/distribution"))["message"]
            if proposal["titles"]:
                message = {**proposal, "expiresAt": self.desk.expiry()}
                acts.append(
                    Act("distribute", message, {"clearingBank": self.stage.firms[CLEARING]["clearing"]})
                )
        self.desk.do(*acts)
        self.desk.settle_index()

    def titles(self) -> dict[int, dict[str, Any]]:
        """Every certificate by number."""
        found: dict[int, dict[str, Any]] = {}
        after = 0
        while after is not None:
            page = expect(self.stage.gateway.get("/titles", params={"after": after, "limit": 1000}))
            found.update({int(each["id"]): each for each in page["titles"]})
            after = page["next"]
        return found


def _share(amount: int, part: Decimal) -> int:
    return int((Decimal(amount) * part).to_integral_value(ROUND_DOWN))


def _hash(content: bytes) -> str:
    from hashlib import sha256

    return "0x" + sha256(content).hexdigest()


def _hex(digest: str) -> str:
    return digest if digest.startswith("0x") else "0x" + digest


def _identifier(firm: Firm, wanted: str) -> str:
    """The identifier the evidence service knows the firm by: the one asked for, or its first."""
    values = [value for _, value in firm.identifiers]
    return wanted if wanted in values else values[0] if values else firm.name


def as_of(scenario: Scenario, folder: Path) -> date:
    """The scenario's date, or the latest issue date in the folder."""
    from gateway.adapters.documents import read_folder

    if scenario.as_of is not None:
        return scenario.as_of
    issued = [document.issued for document in read_folder(folder).documents]
    return max(issued, default=date(2026, 1, 5))


__all__ = ["AccountRef", "Payable", "Story", "as_of", "day_of_date"]
