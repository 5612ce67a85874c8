"""Acts done by the cast on the machine: the words that tests are written in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from gateway.adapters.ledger import acts
from tests.house.cast import (
    ADMITTED,
    CLEARING,
    EVERYONE,
    FOREVER,
    GENESIS,
    LENDER,
    PLATFORM,
    THIRD_BANK,
    Party,
    Person,
)
from tests.house.machine import CHAIN_ID, Machine

CNY = 156
START = 1_790_000_000  # 2026-09-21
EVIDENCE_HASH = sha256(b"the documents behind this act").digest()
TITLE_FIELDS = (("holder", 32), ("lock", 32), ("root", 64), ("quantity", 48), ("paid", 48), ("sequence", 16),
                ("depth", 8), ("flags", 8))  # fmt: skip
MONEY_FIELDS = (
    ("received", 48),
    ("distributed", 48),
    ("removed", 48),
    ("writtenOff", 48),
    ("late", 48),
    ("_", 16),
)
FACILITY_FIELDS = (("lender", 32), ("borrower", 32), ("currency", 16), ("collection", 176), ("face", 48),
                   ("limit", 48), ("used", 48), ("advanceBps", 16), ("endDay", 16), ("zeroDebtDay", 16), ("loans", 16),
                   ("writtenOff", 16), ("releaseDays", 8), ("flags", 8), ("debtPaid", 8), ("_", 8))  # fmt: skip
LOAN_FIELDS = (("facility", 32), ("principal", 48), ("drawn", 48), ("rate", 24), ("dueDay", 16), ("startDay", 16),
               ("accruedDay", 16), ("penaltyBps", 16), ("minimumDays", 8), ("terms", 4), ("basis", 4),
               ("phase", 4), ("flags", 4), ("graceDays", 8), ("count", 8))  # fmt: skip


def unpack(word: int, fields: Sequence[tuple[str, int]]) -> dict[str, int]:
    """The fields of a packed word, from its high bits down."""
    found: dict[str, int] = {}
    at = sum(width for _, width in fields)
    for name, width in fields:
        at -= width
        found[name] = word >> at & (1 << width) - 1
    return found


def reason_names() -> list[str]:
    """The contracts' reasons in their order, from the enumeration itself."""
    import re
    from pathlib import Path

    text = (Path(__file__).parents[2] / "contracts/types/Reasons.sol").read_text()
    body = re.sub(r"//[^\n]*", "", text[text.index("enum Reason {") + 13 : text.rindex("}")])
    return [name.strip() for name in body.split(",") if name.strip()]


REASONS = reason_names()


class House:
    """A machine with everyone admitted, a policy in force, limits set and accounts bound."""

    def __init__(
        self, start: int = START, *, furnished: bool = True, machine: Callable[[Any, int], Machine] = Machine
    ) -> None:
        genesis = [acts.pack_act("admit", party.admit()) for party in GENESIS]
        self.machine = machine(genesis, start)
        self.domain = acts.Domain(CHAIN_ID, self.machine.addresses["Ledger"])
        self._nonce = 0
        if furnished:
            self._furnish()

    def _furnish(self) -> None:
        for party in ADMITTED:
            self.must("admit", party.admit(), offices=self.offices("Admit", party.admit(), LENDER, CLEARING))
        policy = {
            "version": 1, "effectiveDay": self.machine.day(), "maximumTenorMonths": 12, "minimumPiece": 100,
            "maximumDepth": 8, "acceptDays": 10, "releaseDays": 2, "minimumLateInterest": 0,
            "document": EVIDENCE_HASH, "expiresAt": FOREVER,
        }  # fmt: skip
        self.must("publishPolicy", policy, banks=self.offices("PublishPolicy", policy, LENDER, CLEARING))
        self.set_limit(101, 10**13)
        for number, party in EVERYONE.items():
            if number >= 100:
                self.bind_account(party, CLEARING, account_of(party))

    # ── signing and carrying ────────────────────────────────────────────────────────────────────────────────

    def sign(self, who: Person, act: str, message: Mapping[str, Any]) -> tuple[bytes, bytes]:
        """One person's signature on an act."""
        return acts.sign(who.key, acts.digest(self.domain, act, message))

    def do(self, function: str, message: Mapping[str, Any] | None = None, **parts: Any) -> str:
        """Carry one item and answer the name of its reason. Persons among the parts sign the act."""
        verb = acts.verbs()[function]
        values: dict[str, Any] = {} if message is None else {"act": message}
        for name, part in parts.items():
            values[name] = self.sign(part, verb.act, message or {}) if isinstance(part, Person) else part
        reasons = self.machine.call(verb.contract, function, [verb.pack(values)])
        return REASONS[reasons[0]]

    def must(self, function: str, message: Mapping[str, Any] | None = None, **parts: Any) -> None:
        """Carry one item that must be done."""
        reason = self.do(function, message, **parts)
        assert reason == "None", f"{function}: {reason}"

    def offices(self, act: str, message: Mapping[str, Any], *parties: Party) -> list[dict[str, Any]]:
        """Signatures of these parties' offices."""
        return [
            {"party": party.number, "signature": self.sign(party["office"], act, message)}
            for party in parties
        ]

    def nonce(self) -> int:
        """A one-time number."""
        self._nonce += 1
        return self._nonce

    def expiry(self) -> int:
        """A day from now."""
        return self.machine.now + 86_400

    # ── common acts ─────────────────────────────────────────────────────────────────────────────────────────

    def set_limit(self, debtor: int, limit: int, before: int = 0) -> None:
        """k of n banks set what a debtor may owe in CNY."""
        act = {
            "debtor": debtor, "currency": CNY, "limit": limit, "limitBefore": before, "evidence": EVIDENCE_HASH,
            "nonce": self.nonce(), "expiresAt": FOREVER,
        }  # fmt: skip
        self.must("setLimit", act, banks=self.offices("SetLimit", act, LENDER, CLEARING))

    def bind_account(self, party: Party, bank: Party, account: bytes) -> None:
        """A party's two administrators and its bank bind the account it is paid on."""
        act = {
            "party": party.number, "currency": CNY, "bank": bank.number, "account": account, "nonce": self.nonce(),
            "expiresAt": FOREVER,
        }  # fmt: skip
        signers = [who for who in party.people.values() if who.roles & 1][:2]
        self.must(
            "bindAccount",
            act,
            party=[self.sign(who, "BindAccount", act) for who in signers],
            bank=bank["payments"],
        )

    def attest(self, nullifier: bytes, cap: int, seller: Party, debtor: Party, **changes: Any) -> str:
        """The evidence service attests an invoice."""
        act = {
            "nullifier": nullifier, "cap": cap, "seller": seller.number, "debtor": debtor.number, "currency": CNY,
            "service": 21, "evidence": EVIDENCE_HASH, "expiresAt": self.expiry(), **changes,
        }  # fmt: skip
        return self.do("attestInvoices", act, service=EVERYONE[21]["attestor"])

    def issue(self, root: int, debtor: Party, payee: Party, quantity: int, **changes: Any) -> str:
        """Maker and checker of the debtor promise one receivable on an invoice of its own."""
        receivable = {
            "root": root, "payee": payee.number, "clearingBank": CLEARING.number, "currency": CNY,
            "dueDay": self.machine.day() + 90, "terms": 500, "quantity": quantity,
            "nullifiers": [nullifier_of(root)], "amounts": [quantity], "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        act = {"debtor": debtor.number, "receivables": [receivable], "expiresAt": self.expiry()}
        return self.do("issue", act, maker=debtor["maker"], checker=debtor["checker"])

    def accept(self, root: int, payee: Party, quantity: int) -> str:
        """The payee takes an offer made by `issue`."""
        act = {
            "root": root, "payee": payee.number,
            "invoices": acts.invoices_hash([nullifier_of(root)], [quantity]), "expiresAt": self.expiry(),
            "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        return self.do("accept", act, payee=payee["maker"])

    def live_root(
        self, serial: int, quantity: int, payee: Party, debtor: Party = EVERYONE[101], **changes: Any
    ) -> int:
        """A receivable from invoice to live certificate; its number."""
        root = debtor.number << 32 | serial
        assert self.attest(nullifier_of(root), quantity, payee, debtor) == "None"
        assert self.issue(root, debtor, payee, quantity, **changes) == "None"
        assert self.accept(root, payee, quantity) == "None"
        return root

    def title(self, number: int) -> dict[str, int]:
        """A title's fields."""
        return unpack(self.machine.view("Ledger", "titleOf", number), TITLE_FIELDS)

    def money(self, root: int) -> dict[str, int]:
        """A root's money."""
        return unpack(self.machine.view("Ledger", "moneyOf", root), MONEY_FIELDS)

    def facility(self, number: int) -> dict[str, int]:
        """A facility's fields: those of its word, and of its position."""
        word, position = (self.machine.view("Credit", view, number) for view in ("facilityOf", "positionOf"))
        return unpack(word << 256 | position, FACILITY_FIELDS)

    def loan(self, number: int) -> dict[str, int]:
        """A loan's fields."""
        return unpack(self.machine.view("Credit", "loanOf", number)[0], LOAN_FIELDS)

    def assign(self, title: int, holder: Party, to: Party, **changes: Any) -> str:
        """Holder and acquirer sign one assignment."""
        act = {
            "title": title, "sequence": self.title(title)["sequence"], "to": to.number, "expiresAt": self.expiry(),
            "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        return self.do("assign", act, holder=holder["maker"], acquirer=to["maker"])

    def split(self, title: int, holder: Party, to: Party, child: int, quantity: int, **changes: Any) -> str:
        """Holder and acquirer sign one split."""
        act = {
            "title": title, "sequence": self.title(title)["sequence"], "child": child, "quantity": quantity,
            "to": to.number, "expiresAt": self.expiry(), "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        return self.do("split", act, holder=holder["maker"], acquirer=to["maker"])

    def open_facility(
        self,
        number: int,
        borrower: Party,
        limit: int,
        behind: Mapping[str, Person] | None = None,
        **changes: Any,
    ) -> str:
        """Lender and borrower agree a facility; its collection account is the lender's own. `behind`: two persons of an
        entrustor.
        """
        act = {
            "facility": number, "lender": LENDER.number, "borrower": borrower.number, "currency": CNY,
            "advanceBps": 8_000, "limit": limit, "endDay": self.machine.day() + 300, "closesWithDebt": True,
            "form": 0, "entrustor": 0, "agentFeeBps": 0,
            "collectionBank": LENDER.number, "collectionAccount": collection_account(number),
            "expiresAt": self.expiry(), "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        return self.do(
            "open",
            act,
            maker=LENDER["credit_maker"],
            checker=LENDER["credit_checker"],
            borrower=borrower["maker"],
            **(behind or {}),
        )

    def lock(self, title: int, holder: Party, facility: int, **changes: Any) -> str:
        """Holder and lender lock a title."""
        word = self.title(title)
        act = {
            "title": title, "sequence": word["sequence"], "facility": facility, "child": 0,
            "quantity": word["quantity"], "expiresAt": self.expiry(), "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        return self.do("lock", act, holder=holder["maker"], lender=LENDER["credit_maker"])

    def draw(self, loan: int, borrower: Party, facility: int, amount: int, **changes: Any) -> str:
        """Borrower and lender agree a loan of 30 days at 7.2 %, half as much again when overdue."""
        act = {
            "loan": loan, "facility": facility, "title": 0, "amount": amount, "rate": 72_000,
            "dueDay": self.machine.day() + 30, "basis": 0, "minimumDays": 0, "penaltyBps": 5_000,
            "terms": 0, "count": 0, "graceDays": 0, "registration": EVIDENCE_HASH,
            "expiresAt": self.expiry(), "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        return self.do(
            "draw",
            act,
            borrower=borrower["maker"],
            maker=LENDER["credit_maker"],
            checker=LENDER["credit_checker"],
        )

    def release_facility(self, facility: int, titles: Sequence[int], loans: Sequence[int] = ()) -> str:
        """Two persons of the lender release a list of a facility under which no more is owed than these loans."""
        act = {
            "facility": facility, "titles": list(titles), "nonce": self.nonce(), "expiresAt": self.expiry(),
            "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        return self.do(
            "release", act, first=LENDER["credit_maker"], second=LENDER["credit_checker"], loans=list(loans)
        )

    def fact(self, kind: int, subject: int, amount: int, bank: Party, account: bytes, **changes: Any) -> str:
        """A bank's payments officer attests a movement, each with a reference of its own."""
        unlock = changes.pop("unlock", [])
        act = {
            "kind": kind, "subject": subject, "loan": 0, "bank": bank.number, "account": account,
            "valueDay": self.machine.day(), "amount": amount, "credit": kind != 7,
            "entry": sha256(f"entry {self.nonce()}".encode()).digest(), "expiresAt": self.expiry(), **changes,
        }  # fmt: skip
        return self.do("record", act, bank=bank["payments"], unlock=unlock)

    def protect(self, number: int, facility: int, kind: int, cap: int, **changes: Any) -> str:
        """A protector's and the lender's two people agree a protection; a reserve has the third bank as custodian."""
        reserve = kind == 3
        act = {
            "protection": number, "facility": facility, "kind": kind, "order": 0, "bps": 0, "cap": cap, "untilDay": 0,
            "rate": 200_000, "custodian": THIRD_BANK.number if reserve else 0, "floor": 0, "target": 0,
            "topUpDays": 10 if reserve else 0, "expiresAt": self.expiry(), "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        protector = EVERYONE[number >> 32]
        return self.do(
            "protect",
            act,
            first=protector["maker"],
            second=protector["checker"],
            maker=LENDER["credit_maker"],
            checker=LENDER["credit_checker"],
            custodian=THIRD_BANK["payments"],
        )

    def attest_reserve(self, number: int, balance: int, **changes: Any) -> str:
        """The custodian says what is in a reserve."""
        act = {
            "protection": number, "balance": balance, "day": self.machine.day(), "nonce": self.nonce(),
            "expiresAt": self.expiry(), "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        return self.do("attestReserve", act, custodian=THIRD_BANK["payments"])

    def call_protection(
        self,
        number: int,
        loan: int,
        amount: int,
        others: Sequence[int],
        titles: Sequence[int] = (),
        **changes: Any,
    ) -> str:
        """Two of the lender's people call a protection."""
        called = self.machine.view("Protection", "callOf", number, loan) >> 208
        act = {
            "protection": number, "loan": loan, "amount": amount, "calledBefore": called, "expiresAt": self.expiry(),
            "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        return self.do(
            "callProtection",
            act,
            maker=LENDER["credit_maker"],
            checker=LENDER["credit_checker"],
            custodian=THIRD_BANK["payments"],
            others=list(others),
            titles=list(titles),
        )

    def distribute(self, root: int, lines: Mapping[int, int], **changes: Any) -> str:
        """The clearing bank signs one list."""
        titles = sorted(lines)
        act = {
            "root": root, "distributedBefore": self.money(root)["distributed"], "titles": titles,
            "amounts": [lines[title] for title in titles], "expiresAt": self.expiry(), **changes,
        }  # fmt: skip
        return self.do("distribute", act, clearingBank=CLEARING["clearing"])


PAYOUT, REPAYMENT, RECEIVED, CREDITED, COLLECTED, SURPLUS, REJECTED, RETURNED = range(1, 9)
PROTECTED, REIMBURSED = 12, 13


def nullifier_of(root: int) -> bytes:
    """The nullifier of the invoice that a test's root stands on."""
    return sha256(f"invoice {root}".encode()).digest()


def account_of(party: Party) -> bytes:
    """The commitment to a party's account."""
    return sha256(f"account {party.number}".encode()).digest()


def collection_account(facility: int) -> bytes:
    """The commitment to a facility's collection account."""
    return sha256(f"collection {facility}".encode()).digest()


__all__ = ["CNY", "PLATFORM", "House"]
