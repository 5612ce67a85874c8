"""The main job up to the certificates: documents in, payables confirmed, parts passed on. `finance` tells the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from gateway.adapters.documents import read_file
from gateway.adapters.ledger.acts import invoices_hash
from gateway.demo import people
from gateway.demo.desk import Act, Desk, Office
from gateway.demo.folder import file_names
from gateway.demo.money_desk import MoneyDesk
from gateway.demo.orders import Ordered, matched_orders, why_not
from gateway.demo.payable import Payable, registration
from gateway.demo.people import Firm
from gateway.demo.scenario import Scenario
from gateway.demo.stage import CLEARING_BIC, LENDER_BIC, AnswerRefused, Stage, expect, listed, once
from gateway.domain.calendar import add_months, day_of_date, day_of_iso, iso
from gateway.domain.invoices import normalise_number
from gateway.domain.trade import DocumentKind, TradeDocument
from gateway.domain.trade_rules import Finding
from gateway.money import number_of
from gateway.services.trade import describe_finding, describe_party

LENDER, CLEARING, THIRD, EVIDENCE = 11, 12, 13, 21
FIRST_CORE, FIRST_SUPPLIER, TIER_2, TIER_3 = 101, 201, 301, 302
LIMIT = 2 * 10**14
ENDOWMENT = 2 * 10**14
"""What a story's bank lends and its debtors own, in minor units: enough for any document that can be read."""
MINIMUM_PIECE = 100_00
MAXIMUM_MONTHS = 12

ADMISSIONS = 20
"""Firms admitted in one go: each brings two signers."""

Say = Callable[[str], None]


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
    orders: list[Ordered] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    matched: dict[str, Any] = field(default_factory=dict)
    tiers: list[Firm] = field(default_factory=list)
    """Tier 2 and tier 3, once they are cast."""
    paths: dict[str, Path] = field(default_factory=dict)
    """Where each file is, by the name that the import carries it under."""
    progress: Callable[[int], None] | None = None
    """Told how many files have been read."""

    def __post_init__(self) -> None:
        self.desk = Desk(self.stage)
        watchful = any(order.action in ("return", "reverse") for order in self.scenario.banks)
        self.money = MoneyDesk(self.stage, self.desk, watchful=watchful)

    # ── the people ──────────────────────────────────────────────────────────────────────────────────────────

    def open_house(self) -> None:
        """The consortium admits the evidence service, sets its first policy and opens the banks' own accounts."""
        self.desk.settle_index()
        self._identify(*self.stage.firms.values())
        service = people.evidence_service(EVIDENCE, self.stage.evidence, self.stage.keys)
        self.admit(service)
        policy = {
            "version": 1, "effectiveDay": self.stage.day, "maximumTenorMonths": MAXIMUM_MONTHS,
            "minimumPiece": MINIMUM_PIECE // 100, "maximumDepth": 8, "acceptDays": 10, "releaseDays": 2,
            "minimumLateInterest": 0, "document": hash_of(b"policy 1"), "expiresAt": people.FOREVER,
        }  # fmt: skip
        self.desk.do(Act("publishPolicy", policy, {"banks": self._board()}))
        for order in self.scenario.banks:
            bic = {"lender": LENDER_BIC, "clearing": CLEARING_BIC}[order.bank]
            expect(self.stage.banks[bic].post("/behaviour", json=order.behaviour()))

    def _board(self) -> list[Office]:
        return [Office(self.stage.firms[LENDER]), Office(self.stage.firms[CLEARING])]

    def admit(self, *firms: Firm) -> None:
        """The consortium admits firms, and the gateway learns who they are."""
        self._identify(*firms)
        self.desk.do(*(Act("admit", firm.admission(), {"offices": self._board()}) for firm in firms))
        # It takes a signature as soon as its tables have read who may sign.
        self.desk.settle_index()
        for firm in firms:
            self.stage.firms[firm.number] = firm

    def _identify(self, *firms: Firm) -> None:
        """Tell the gateway who they are: the ledger has only the hash."""
        for firm in firms:
            body = firm.identity()
            expect(self.stage.gateway.post("/identities", json=body, headers=once()))

    # ── documents ───────────────────────────────────────────────────────────────────────────────────────────

    def read_documents(self, folder: Path) -> None:
        """The buyer's clerk imports every file; persons record receipts and decide what the scenario says."""
        for name in file_names(folder):
            if not self.scenario.takes(name):
                continue
            self.files.append(self._import(folder, name))
            if self.progress is not None:
                self.progress(len(self.files))
        for receipt in self.scenario.receipts:
            body = receipt.model_dump(mode="json")
            expect(self.stage.gateway.post("/receipts", json=body, headers=once()))
        for decision in self.scenario.decisions:
            body = decision.model_dump(mode="json")
            expect(self.stage.gateway.post("/decisions", json=body, headers=once()))
        names = ("matches", "proposals", "exceptions")
        self.matched = {name: listed(self.stage.gateway, f"/{name}") for name in names}
        # What stands a second time was read, and is not used.
        second = {
            each["file"] for each in self.matched["exceptions"] if each["rule"].startswith("DUPLICATE-")
        }
        for file in self.files:
            if file["file"] in second:
                file["status"] = "exception"

    def _import(self, folder: Path, name: str) -> dict[str, Any]:
        """What the gateway says of a file; one that cannot even be sent is told in the same form."""
        path = folder / name
        unread = read_file(path, name)
        name = unread.file
        self.paths[name] = path
        if not unread.sha256:
            return {
                "file": name, "status": str(unread.status), "documents": [], "sha256": "",
                "exceptions": [describe_finding(each) for each in unread.exceptions],
            }  # fmt: skip
        try:
            answer: dict[str, Any] = expect(
                self.stage.gateway.post(
                    "/documents",
                    params={"name": name},
                    content=path.read_bytes(),
                    headers={"content-type": "application/octet-stream", **once()},
                )
            )
        except AnswerRefused as error:
            told = Finding(name, "", "", error.rule, error.field or "name", error.sentence, "", "")
            return {
                "file": name, "status": "exception", "documents": [], "sha256": unread.sha256,
                "exceptions": [describe_finding(each) for each in unread.exceptions or (told,)],
            }  # fmt: skip
        first = next((each["file"] for each in self.files if each["sha256"] == answer["sha256"]), None)
        if first is not None and answer["documents"]:
            same = f"byte for byte the file {first}: it counts once"
            copy = Finding(
                name, answer["documents"][0].partition("#")[2], "", "DUPLICATE-COPY", "", same, first, name
            )
            return {**answer, "status": "exception", "exceptions": [describe_finding(copy)]}
        return answer

    def cast(self, *, of_orders: bool = False) -> None:
        """Buyers become core enterprises, sellers tier 1; tiers 2 and 3 come with the story.

        `of_orders`: the parties of every order that can be confirmed, too.
        """
        known: dict[frozenset[tuple[str, str]], Firm] = {}
        latest = add_months(self.stage.day, MAXIMUM_MONTHS)
        for proposal in self.matched["proposals"]:
            due = day_of_iso(proposal["due"])
            if due <= self.stage.day:
                self.refuse(
                    proposal, "DUE-PAST", "the due date is not after the as-of date", iso(self.stage.day)
                )
            elif due > latest:
                self.refuse(proposal, "CN77-11", "the tenor is longer than the policy allows", iso(latest))
            elif not self._takes_part(proposal["buyer"]):
                told = "the scenario does not name the buyer as a core enterprise"
                self.refuse(proposal, "CORE-UNKNOWN", told, ", ".join(self.scenario.cores), field="buyer")
            else:
                debtor = self._firm(known, proposal["buyer"], FIRST_CORE)
                supplier = self._firm(known, proposal["seller"], FIRST_SUPPLIER)
                self.payables.append(Payable(proposal, debtor, supplier))
        if of_orders:
            self._cast_orders(known)
        firms = list(known.values())
        if self.payables:
            for number, wanted in ((TIER_2, self.scenario.tier2), (TIER_3, self.scenario.tier3)):
                firm = next((each for each in firms if _is_called(each, wanted)), None)
                if firm is None:
                    firm = people.enterprise(number, wanted, self.stage.keys)
                    firms.append(firm)
                self.tiers.append(firm)
        for start in range(0, len(firms), ADMISSIONS):
            self.admit(*firms[start : start + ADMISSIONS])
        for firm in firms:
            self._introduce(firm)
        currencies = {payable.proposal["currency"] for payable in self.payables}
        for currency in sorted(currencies | {each.match.currency for each in self.orders}):
            self._open_accounts(currency, firms)
            self._set_limits(currency)

    def _cast_orders(self, known: dict[frozenset[tuple[str, str]], Firm]) -> None:
        for order in matched_orders(self.stage.database_url):
            buyer, seller = describe_party(order.buyer), describe_party(order.seller)
            if buyer and seller and not why_not(order):
                sides = self._firm(known, buyer, FIRST_CORE), self._firm(known, seller, FIRST_SUPPLIER)
                self.orders.append(Ordered(order, *sides))

    def _takes_part(self, party: Mapping[str, Any]) -> bool:
        named = {party["name"], *(each["value"] for each in party["identifiers"])}
        return not self.scenario.cores or bool(named & set(self.scenario.cores))

    def refuse(
        self, proposal: Mapping[str, Any], rule: str, message: str, expected: str, *, field: str = "due"
    ) -> None:
        """Note that a proposal goes no further, with the rule that stops it."""
        file, _, document = str(proposal["invoice"]).partition("#")
        found = {"due": proposal["due"], "buyer": proposal["buyer"]["name"]}.get(field, "")
        self.refusals.append(
            {
                "file": file, "document": document, "line": "", "rule": rule, "field": field, "message": message,
                "expected": expected, "found": found,
            }
        )  # fmt: skip

    def carry(self, acts: Mapping[int, Act], payables: Sequence[Payable], doing: str) -> list[Payable]:
        """Carry one act for each payable that has one; a payable whose act is refused goes no further.

        `acts` is by the payable's place in `payables`. Answers the payables whose acts were done.
        """
        places = sorted(acts)
        done = []
        for place, operation in zip(places, self.desk.try_all([acts[each] for each in places]), strict=True):
            if operation["state"] == "final":
                done.append(payables[place])
                continue
            why = operation["sentence"] or operation["error"] or operation["state"]
            rule = operation["rule"] or operation["reason"] or "NOT-DONE"
            self.refuse(payables[place].proposal, rule, f"{doing}: {why}", "", field=acts[place].function)
        return done

    def _firm(
        self, known: dict[frozenset[tuple[str, str]], Firm], party: Mapping[str, Any], first: int
    ) -> Firm:
        identifiers = tuple(sorted({(each["scheme"], each["value"]) for each in party["identifiers"]}))
        # As the evidence service compares them: a number with other punctuation is the same firm's.
        marks = frozenset((scheme.upper(), normalise_number(value)) for scheme, value in identifiers)
        for key, firm in known.items():
            if key & marks or (not identifiers and firm.name == party["name"]):
                return firm
        taken = {TIER_2, TIER_3, *(firm.number for firm in known.values())}
        number = next(each for each in count(first) if each not in taken)
        name = party["name"] or identifiers[0][1]
        firm = people.enterprise(number, name, self.stage.keys, identifiers)
        known[marks or frozenset({("NAME", name)})] = firm
        return firm

    def _introduce(self, firm: Firm) -> None:
        """The evidence service learns which legal identifiers a party number stands for.

        A firm without one is known to it by its name, as its documents are.
        """
        known = firm.identifiers or (("NAME", firm.name),)
        told = [{"scheme": scheme, "value": value} for scheme, value in known]
        expect(self.stage.evidence.post("/parties", json={"number": firm.number, "identifiers": told}))

    def _open_accounts(self, currency: str, firms: list[Firm]) -> None:
        money = self.money
        # The bank's own money lies there too: what it pays by mistake is its loss, not the next payee's.
        money.open(CLEARING_BIC, self.stage.firms[CLEARING], currency, "clearing", ENDOWMENT)
        money.open(LENDER_BIC, self.stage.firms[LENDER], currency, "funding", ENDOWMENT)
        bindings = []
        # Who has to prepay an advance has spent it by then, and pays interest with it.
        payers = {each.debtor.number for each in self.payables} | {each.seller.number for each in self.orders}
        for firm in firms:
            rich = ENDOWMENT if firm.number in payers else 0
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
                "debtor": debtor, "currency": number_of(currency), "limit": LIMIT, "limitBefore": 0,
                "evidence": hash_of(b"credit committee"), "nonce": self.desk.number(), "expiresAt": self.desk.expiry(),
            }  # fmt: skip
            acts.append(Act("setLimit", message, {"banks": self._board()}))
        self.desk.do(*acts)

    # ── confirmation ────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, payables: Sequence[Payable] | None = None) -> None:
        """Invoices are attested, the core's maker and checker promise, tier 1 accepts; without a list, all."""
        wanted = self.payables if payables is None else payables
        self.payables = self.accept(self.promise(self.attest(wanted)))

    def attest(self, payables: Sequence[Payable]) -> list[Payable]:
        """The evidence service registers and attests each payable's invoice; answers those it did."""
        registered: list[Payable] = []
        attestations: dict[int, Act] = {}
        for payable in payables:
            try:
                attested = self._register(payable)
                payable.root = self._number(payable)
            except AnswerRefused as error:
                field_ = error.field or "invoice"
                self.refuse(payable.proposal, error.rule, error.sentence, "", field=field_)
                continue
            attestations[len(registered)] = self._attestation(payable, attested)
            registered.append(payable)
        return self.carry(attestations, registered, "the evidence service attests the invoice")

    def attest_for(self, payable: Payable, root: int) -> None:
        """The same of an invoice whose goods are an order's: `root` is the number of what is to come of it."""
        attestation = self._attestation(payable, self._register(payable))
        payable.root = root
        self.desk.do(attestation)

    def _register(self, payable: Payable) -> dict[str, Any]:
        body = registration(payable, self.match_of(payable)) | {"document_hash": self._hash_of(payable)}
        attested: dict[str, Any] = expect(self.stage.evidence.post("/invoices", json=body))
        payable.nullifier = attested["nullifier"]
        return attested

    def promise(self, payables: Sequence[Payable]) -> list[Payable]:
        """The core's maker and checker promise to pay; answers what the ledger took."""
        return self.carry(_by_place(payables, self._issue), payables, "maker and checker promise")

    def accept(self, payables: Sequence[Payable]) -> list[Payable]:
        """Tier 1 accepts what was promised to it."""
        return self.carry(_by_place(payables, self._acceptance), payables, "tier 1 accepts")

    def _number(self, payable: Payable) -> int:
        body = {
            "key": payable.proposal["key"], "nullifier": payable.nullifier, "debtor": payable.debtor.number
        }  # fmt: skip
        return int(expect(self.stage.gateway.post("/confirmations", json=body, headers=once()))["root"])

    def match_of(self, payable: Payable) -> dict[str, Any]:
        """The match that a payable was proposed by."""
        key = payable.proposal["key"]
        found: dict[str, Any] = next(each for each in self.matched["matches"] if each["key"] == key)
        return found

    def written(self, label: str) -> int:
        """The day on which a document, file#number, was written."""
        return next(day_of_date(each.issued) for each in self._documents() if each.ref.label == label)

    def labels(self, kind: DocumentKind, orders: Sequence[str]) -> list[str]:
        """Documents of this kind, file#number, that are about one of these orders."""
        numbers = {label.partition("#")[2] for label in orders}
        return [
            each.ref.label for each in self._documents()
            if each.kind is kind and numbers & {each.order, *each.orders, *(line.order for line in each.lines)}
        ]  # fmt: skip

    def _documents(self) -> list[TradeDocument]:
        return [each for name, path in self.paths.items() for each in read_file(path, name).documents]

    def invoice_file(self, payable: Payable) -> tuple[str, str]:
        """The file that holds a payable's invoice, and the invoice's number as it is spelled there."""
        label = str(payable.proposal["invoice"])
        # A file's name may hold a # too.
        file = max((name for name in self.paths if label.startswith(f"{name}#")), key=len)
        return file, label.removeprefix(f"{file}#")

    def _hash_of(self, payable: Payable) -> str:
        file, _ = self.invoice_file(payable)
        return _hex(next(each["sha256"] for each in self.files if each["file"] == file))

    def _attestation(self, payable: Payable, attested: Mapping[str, Any]) -> Act:
        message = {
            "nullifier": payable.nullifier, "cap": attested["cap"], "seller": payable.supplier.number,
            "debtor": payable.debtor.number, "currency": number_of(payable.proposal["currency"]),
            "service": EVIDENCE, "evidence": self._hash_of(payable),
            "expiresAt": self.desk.expiry(),
        }  # fmt: skip
        return Act("attestInvoices", message, {"service": self.stage.firms[EVIDENCE]["attestor"]})

    def _issue(self, payable: Payable) -> Act:
        receivable = {
            "root": payable.root, "payee": payable.supplier.number, "clearingBank": CLEARING,
            "currency": number_of(payable.proposal["currency"]), "dueDay": payable.due, "terms": 500,
            "quantity": payable.amount, "nullifiers": [payable.nullifier], "amounts": [payable.amount],
            "evidence": hash_of("".join(payable.proposal["evidence"]).encode()),
        }  # fmt: skip
        message = {
            "debtor": payable.debtor.number, "receivables": [receivable], "expiresAt": self.desk.expiry()
        }  # fmt: skip
        maker, checker = self.scenario.approvers
        return Act("issue", message, {"maker": payable.debtor[maker], "checker": payable.debtor[checker]})

    def _acceptance(self, payable: Payable) -> Act:
        message = {
            "root": payable.root, "payee": payable.supplier.number,
            "invoices": "0x" + invoices_hash([bytes.fromhex(payable.nullifier[2:])], [payable.amount]).hex(),
            "expiresAt": self.desk.expiry(), "evidence": hash_of(b"accepted"),
        }  # fmt: skip
        return Act("accept", message, {"payee": payable.supplier["maker"]})

    # ── circulation ─────────────────────────────────────────────────────────────────────────────────────────

    def circulate(self) -> None:
        """Tier 1 pays tier 2 with a part, tier 2 pays tier 3; what is too small to split stays whole."""
        if not self.tiers:
            return
        second_tier, third_tier = self.tiers
        first: dict[int, Act] = {}
        for place, payable in enumerate(self.payables):
            payable.passed_on = share(payable.amount, self.scenario.tier2_share)
            if second_tier is payable.supplier or not _can_split(payable.amount, payable.passed_on):
                continue
            payable.second = payable.supplier.number << 32 | self.desk.number()
            child = payable.second
            first[place] = self.split(payable.root, payable.supplier, child, payable.passed_on, second_tier)
        passed_on = self.carry(first, self.payables, "tier 1 pays tier 2 with a part")
        second: dict[int, Act] = {}
        for place, payable in enumerate(passed_on):
            part = share(payable.passed_on, self.scenario.tier3_share)
            if third_tier is second_tier or not _can_split(payable.passed_on, part):
                continue
            payable.third = second_tier.number << 32 | self.desk.number()
            second[place] = self.split(payable.second, second_tier, payable.third, part, third_tier)
        self.carry(second, passed_on, "tier 2 pays tier 3 with a part")

    def split(self, title: int, holder: Firm, child: int, quantity: int, to: Firm, sequence: int = 0) -> Act:
        """A part of a certificate, under a number of its own, goes to another firm."""
        message = {
            "title": title, "sequence": sequence, "child": child, "quantity": quantity, "to": to.number,
            "expiresAt": self.desk.expiry(), "evidence": hash_of(b"delivery between suppliers"),
        }  # fmt: skip
        return Act("split", message, {"holder": holder["maker"], "acquirer": to["maker"]})

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────

    def role(self, firm: Firm) -> str:
        """What a party is in this story."""
        offices = {
            people.PLATFORM_NUMBER: "platform operator", LENDER: "lender", CLEARING: "clearing bank",
            THIRD: "bank of the consortium", EVIDENCE: "evidence service",
        }  # fmt: skip
        parts = [offices[firm.number]] if firm.number in offices else []
        parts += [firm.part] if firm.part else []
        if any(payable.debtor is firm for payable in self.payables):
            parts.append("core enterprise")
        if any(payable.supplier is firm for payable in self.payables):
            parts.append("tier 1")
        parts += [f"tier {number}" for number, tier in enumerate(self.tiers, start=2) if tier is firm]
        return ", ".join(parts) or "enterprise"

    def titles(self) -> dict[int, dict[str, Any]]:
        """Every certificate by number."""
        return {int(each["id"]): each for each in listed(self.stage.gateway, "/titles")}


def _can_split(whole: int, part: int) -> bool:
    return part >= MINIMUM_PIECE and whole - part >= MINIMUM_PIECE


def _is_called(firm: Firm, wanted: str) -> bool:
    return wanted == firm.name or any(wanted == value for _, value in firm.identifiers)


def _by_place(payables: Sequence[Payable], act: Callable[[Payable], Act]) -> dict[int, Act]:
    return {place: act(payable) for place, payable in enumerate(payables)}


def share(amount: int, part: Decimal) -> int:
    """A part of an amount in minor units, rounded down."""
    return int((Decimal(amount) * part).to_integral_value(ROUND_DOWN))


def hash_of(content: bytes) -> str:
    """What the ledger keeps of a document: its SHA-256."""
    return "0x" + sha256(content).hexdigest()


def _hex(digest: str) -> str:
    return digest if digest.startswith("0x") else "0x" + digest
