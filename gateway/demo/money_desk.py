"""Where money is ordered and attested: payers order at their banks, banks sign what they booked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from gateway.adapters.kit.iso20022 import Account, PartyAccount, PaymentOrder, Transfer, build_pain001
from gateway.demo.bank_answers import MoneyException, Sent, Standing, Stop
from gateway.demo.desk import Act, Desk
from gateway.demo.people import Firm
from gateway.demo.stage import CLEARING_BIC, LENDER_BIC, Stage, expect, listed, once
from gateway.domain.calendar import date_of
from gateway.services.payments import AccountRef, FactKind, end_to_end_id, subject_of

QUIET_ROUNDS = 3
ROUND_SECONDS = 0.15
PUMP_SECONDS = 600.0
ATTEMPTS = 3
"""How often a payer orders what its bank rejected, or what was paid only in part, before it gives up."""
PARTY = {LENDER_BIC: 11, CLEARING_BIC: 12}


class MoneyDesk:
    """Opens accounts, sends what the ledger expects to be paid, and has the banks attest what they booked.

    `watchful` banks look into their books before they attest, whether an entry still stands.
    """

    def __init__(self, stage: Stage, desk: Desk, *, watchful: bool) -> None:
        self._stage = stage
        self._desk = desk
        self._watchful = watchful
        self._accounts: dict[tuple[int, str, str, int], AccountRef] = {}
        self._sent: dict[str, Sent] = {}
        self._orders_of: dict[tuple[str, str], int] = {}
        self._seen: set[tuple[str, str]] = set()
        self._taken: set[str] = set()
        self._freely = 0
        self._conceded: set[str] = set()
        self.stops_payout: Callable[[int], Stop | None] = lambda _: None
        """What the lender asks of a loan before it pays."""
        self.exceptions: list[MoneyException] = []
        self.failed_payouts: dict[int, str] = {}
        """Loans whose pay-out did not reach the borrower as it was signed, with the reason; nobody voided them yet."""

    # ── accounts ────────────────────────────────────────────────────────────────────────────────────────────

    def account(self, owner: int, currency: str, purpose: str, part: int) -> AccountRef:
        """An account opened before."""
        return self._accounts[owner, currency, purpose, part]

    def accounts(self) -> list[tuple[AccountRef, str]]:
        """Every account of the story and its purpose."""
        return [(account, key[2]) for key, account in self._accounts.items()]

    def open(
        self, bic: str, owner: Firm, currency: str, purpose: str, balance: int, part: int = 0
    ) -> AccountRef:
        """Open an account at a bank and tell the gateway which commitment stands for it."""
        name = owner.name[:140]
        reference = f"{owner.number}-{purpose}-{part}"
        body = {
            "owner_name": name, "owner_reference": reference, "currency": currency, "opening_balance_minor": balance
        }  # fmt: skip
        opened = expect(self._stage.banks[bic].post("/accounts", json=body))
        commitment = bytes.fromhex(opened["commitment"].removeprefix("0x"))
        account = AccountRef(bic, PARTY[bic], opened["account_id"], owner.number, name, currency, commitment)
        body = {
            "bank": account.bank, "bic": bic, "account": account.number, "commitment": opened["commitment"],
            "owner": owner.number, "owner_name": name, "currency": currency,
            "purpose": (f"{purpose}-{part}" if part else purpose)[:16],
        }  # fmt: skip
        expect(self._stage.gateway.post("/accounts", json=body, headers=once()))
        self._accounts[owner.number, currency, purpose, part] = account
        return account

    # ── ordering ────────────────────────────────────────────────────────────────────────────────────────────

    def pump(self) -> None:
        """Order and attest until nothing more is expected to move by itself."""
        quiet = 0
        deadline = time.monotonic() + PUMP_SECONDS
        while quiet < QUIET_ROUNDS:
            if time.monotonic() > deadline:
                raise TimeoutError("money does not come to rest")
            self._stage.processes.check()
            self._desk.settle_index()
            moved = self._order() + self._attest()
            if moved:
                quiet = 0
                continue
            quiet = 0 if self._follow() else quiet + 1
            time.sleep(ROUND_SECONDS)

    def _expected(self) -> list[dict[str, Any]]:
        return listed(self._stage.gateway, "/payment-orders")

    def _order(self) -> int:
        """Each payment the ledger expects is ordered once; what came short is expected anew, up to a bound."""
        new = 0
        for order in self._expected():
            end_to_end = order["end_to_end"]
            if end_to_end in self._sent or int(order["subject"]) in self.failed_payouts:
                continue
            if end_to_end.startswith(tuple(self._conceded)):
                continue
            subject = (order["kind"], order["subject"])
            if self._orders_of.get(subject, 0) >= ATTEMPTS:
                continue
            if order["kind"] == FactKind.PAYOUT.name and self._stopped(order):
                continue
            self._orders_of[subject] = self._orders_of.get(subject, 0) + 1
            day = date_of(self._stage.day).isoformat()
            path = f"/payment-orders/{end_to_end}/pain.001"
            document = expect(self._stage.gateway.post(path, params={"day": day}, headers=once()))
            self._send(Sent(self._stage.banks[order["payer"]["bic"]], end_to_end, order), document)
            new += 1
        return new

    def _stopped(self, order: Mapping[str, Any]) -> bool:
        """Whether the lender pays nothing, by what it asked before paying."""
        stop = self.stops_payout(int(order["subject"]))
        if stop is None:
            return False
        self.failed_payouts[int(order["subject"])] = f"the lender does not pay: {stop.sentence}"
        self._except(order["end_to_end"], stop.rule, "invoice", stop.sentence, order["amount"], open=False)
        return True

    def repay(self, loan: int, payer: AccountRef, payee: AccountRef, amount: int) -> str:
        """A borrower repays a part before it is asked to; answers the end-to-end id."""
        return self.pay(FactKind.REPAYMENT, loan, payer, payee, amount)

    def pay(self, kind: FactKind, subject: int, payer: AccountRef, payee: AccountRef, amount: int) -> str:
        """A payer orders at its bank of its own accord; answers the end-to-end id, which is like no other."""
        self._freely += 1
        reference = end_to_end_id(kind, subject, self._freely)
        self.transfer(reference, payer, payee, amount)
        return reference

    def transfer(self, reference: str, payer: AccountRef, payee: AccountRef, amount: int) -> None:
        """A payer orders under a reference of its own making."""
        document = self._document(reference, payer, payee, amount)
        self._send(Sent(self._stage.banks[payer.bic], reference, {}), document)

    def _document(self, reference: str, payer: AccountRef, payee: AccountRef, amount: int) -> bytes:
        day: date = date_of(self._stage.day)
        creditor = PartyAccount(payee.owner_name, Account("OTHER", payee.number), payee.bic)
        order = PaymentOrder(
            message_id=reference,
            created_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
            initiating_party=payer.owner_name,
            debtor=PartyAccount(payer.owner_name, Account("OTHER", payer.number), payer.bic),
            execution_day=day,
            transfers=(Transfer(reference, amount, payer.currency, creditor),),
        )
        return build_pain001(order)

    def _send(self, sent: Sent, document: bytes) -> None:
        sent.send(document)
        self._sent[sent.reference] = sent

    def _follow(self) -> bool:
        """Ask after payments whose entries are missing, act on rejections; whether anything is still under way."""
        under_way = False
        for sent in list(self._sent.values()):
            if sent.closed:
                continue
            sent.ask()
            if sent.standing is Standing.REJECTED:
                self._rejected(sent, f"the payer's bank rejected it ({sent.reason})")
                under_way = True
            under_way |= sent.under_way
        return under_way

    def _rejected(self, sent: Sent, why: str) -> None:
        """A pay-out fails for good: its loan is not what was signed. Anything else its payer orders again."""
        sent.closed = True
        order = sent.order
        if not order:
            self._except(sent.reference, "PAYMENT-REJECTED", "status", f"{why}: the payment did not happen")
            return
        if order["kind"] == FactKind.PAYOUT.name:
            self.failed_payouts[int(order["subject"])] = why
            return
        if sent.attempt >= ATTEMPTS:
            told = f"{why}, {sent.attempt} times: a person decides"
            self._except(sent.reference, "PAYMENT-REJECTED", "status", told, order["amount"])
            return
        told = f"{why}: its payer orders it again"
        self._except(sent.reference, "PAYMENT-REJECTED", "status", told, order["amount"], open=False)
        payer, payee = (self._account_of(order[side]) for side in ("payer", "payee"))
        again = Sent(sent.bank, f"{order['end_to_end']}-{sent.attempt + 1}", order, sent.attempt + 1)
        self._send(again, self._document(again.reference, payer, payee, int(order["amount_minor"])))

    def _account_of(self, side: Mapping[str, Any]) -> AccountRef:
        return next(each for each in self._accounts.values() if each.number == side["account"])

    # ── attesting ───────────────────────────────────────────────────────────────────────────────────────────

    def _attest(self) -> int:
        """The servicing bank's payments people sign what their own books show; the ledger takes it."""
        entries = [entry for entry in self._entries("prepared") if self._new(entry)]
        stand, undone = self._sort(entries)
        for entry in undone:
            self._taken_back(entry)
        acts = [self._fact(entry) for entry in stand]
        for entry, operation in zip(stand, self._desk.try_all(acts) if acts else [], strict=True):
            self._close(entry["end_to_end"])
            if operation["state"] == "final":
                self._recorded(entry)
            else:
                self._refused(entry, operation)
        return len(entries) + self._set_aside()

    def _entries(self, state: str) -> list[dict[str, Any]]:
        return listed(self._stage.gateway, "/bank-entries", state=state)

    def _new(self, entry: Mapping[str, Any]) -> bool:
        key = (entry["bic"], entry["reference"])
        fresh = key not in self._seen
        self._seen.add(key)
        return fresh

    def _sort(self, entries: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Entries that stand, and credits that their bank has taken back before anybody attested them."""
        if not self._watchful or not entries:
            return list(entries), []
        books = (expect(bank.get("/books"))["entries"] for bank in self._stage.banks.values())
        undone = {each["undoes"] for book in books for each in book if each["undoes"]}
        return (
            [entry for entry in entries if entry["reference"] not in undone],
            [entry for entry in entries if entry["reference"] in undone],
        )

    def _fact(self, entry: Mapping[str, Any]) -> Act:
        fact = entry["fact"]
        if entry["verb"] == "reverse":
            return self._reversal(entry)
        bank = self._stage.firms[int(fact["bank"])]
        parts: dict[str, Any] = {"bank": bank["payments"]}
        if fact.get("kind") == FactKind.COLLECTED:
            parts["unlock"] = [fact["subject"]]
        return Act(entry["verb"], fact, parts)

    def _reversal(self, entry: Mapping[str, Any]) -> Act:
        """The bank takes back a booking of its own; the borrower signs beside a lender that takes back a repayment."""
        fact = entry["fact"]
        kind, subject, _ = subject_of(entry["end_to_end"])
        parts = {"bank": self._stage.firms[int(fact["bank"])]["payments"]}
        if kind is FactKind.REPAYMENT:
            parts["borrower"] = self._stage.firms[subject >> 32]["maker"]
        return Act("reverse", fact, parts)

    def _recorded(self, entry: Mapping[str, Any]) -> None:
        if entry["verb"] == "reverse":
            told = "the bank took its booking back: what it had done stands open again"
            self._except(entry["reference"], "REVERSAL", "amount", told, found=_amount(entry), open=False)
            return
        self._taken.add(entry["end_to_end"])
        if entry["fact"]["kind"] == FactKind.RETURNED:
            told = "the line came back: the clearing bank holds it for the holder, the title stays discharged"
            self._except(
                entry["reference"], "LINE-RETURNED", "amount", told, found=_amount(entry), open=False
            )

    def _refused(self, entry: Mapping[str, Any], operation: Mapping[str, Any]) -> None:
        """The ledger did not take what a bank booked: the money is there, and a person must say why."""
        end_to_end = entry["end_to_end"]
        fact = entry["fact"]
        found = _amount(entry)
        if end_to_end in self._taken and entry["verb"] == "record" and fact["kind"] != FactKind.RETURNED:
            told = f"booked again under {end_to_end}: it counts once, the bank has to take the second back"
            self._except(entry["reference"], "PAID-TWICE", "amount", told, found=found)
            return
        why = operation["sentence"] or operation["error"] or operation["state"]
        rule = operation["rule"] or operation["reason"] or "NOT-RECORDED"
        order = self._sent[end_to_end].order if end_to_end in self._sent else {}
        expected = f"{order['amount']} {order['currency']}" if order else ""
        told = f"{end_to_end}: the ledger does not take it: {why} ({operation['reason']})"
        self._except(entry["reference"], rule, "amount", told, expected, found)
        if fact.get("kind") == FactKind.PAYOUT:
            self.failed_payouts[int(fact["subject"])] = f"{found} arrived, {expected} was signed"

    def _taken_back(self, entry: Mapping[str, Any]) -> None:
        """A credit that its bank took back before it was attested: to the ledger it never was."""
        sent = self._sent.get(entry["end_to_end"])
        kind = entry["fact"]["kind"]
        if sent is None or sent.closed or kind in (FactKind.CREDITED, FactKind.COLLECTED):
            # A line that came back is told by the entry that brings it back.
            self._close(entry["end_to_end"])
            return
        self._rejected(sent, "its bank booked it and took it back")

    def _set_aside(self) -> int:
        """Entries the gateway could not make a fact of."""
        entries = [entry for entry in self._entries("exception") if self._new(entry)]
        for entry in entries:
            rule, _, sentence = entry["problem"].partition(": ")
            self._close(entry["end_to_end"])
            back = rule == "RETURN" and entry["end_to_end"] not in self._taken
            told = f"{sentence}; nothing had been counted" if back else sentence
            sent = self._sent.get(entry["end_to_end"])
            order = {} if sent is None else sent.order
            expected = f"{order['amount']} {order['currency']}" if order else ""
            self._except(entry["reference"], rule, "entry", told, expected, _amount(entry), open=not back)
            if rule == "PAYMENT-DIFFERS" and order:
                self.failed_payouts[int(order["subject"])] = sentence
        return len(entries)

    def _close(self, reference: str) -> None:
        if reference in self._sent:
            self._sent[reference].closed = True

    def link(self, reference: str, persons: Sequence[str], reason: str) -> tuple[str, str]:
        """Persons of a bank say that money under this reference is the payment expected of its sum; a sum above what
        one may decide about needs a second. Answers the rule that had it wait, and the payment's end-to-end id.
        """
        gateway = self._stage.gateway
        waiting = listed(gateway, "/exceptions/money")
        row = next(each for each in waiting if each["end_to_end"] == reference)
        payment = next(each["end_to_end"] for each in row["candidates"] if each["why"] == "amount")
        path, body = f"/exceptions/money/{row['id']}/link", {"end_to_end": payment}
        for person in persons:
            said = {"person": person, "reason": reason, **body}
            decided = expect(gateway.post(path, json=said, headers=once()))
            if decided["step"] != "proposed":
                break
            path, body = f"/exceptions/money/decisions/{decided['decision']}/second", {}
        self._seen.discard((row["bic"], row["reference"]))
        self.concede_rule(row["rule"], f"linked to {payment} by {' and '.join(persons)}")
        return row["rule"], payment

    def concede_rule(self, rule: str, why: str) -> None:
        """A person has looked at what this rule set aside, and says what it is."""
        self.exceptions = [
            replace(each, open=False, message=f"{each.message}; {why}")
            if each.open and each.rule == rule
            else each
            for each in self.exceptions
        ]

    def concede(self, prefix: str, why: str) -> None:
        """What nobody will pay any more is no open question: the story tells what becomes of it."""
        for sent in self._sent.values():
            sent.closed |= sent.reference.startswith(prefix)
        self._conceded.add(prefix)
        self.exceptions = [
            replace(each, open=False, message=f"{each.message}; {why}")
            if each.open and each.document.startswith(prefix)
            else each
            for each in self.exceptions
        ]

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────

    def unanswered(self) -> bool:
        """Whether a bank keeps a payment pending or has not said what became of it."""
        waiting = (Standing.WAITING, Standing.SILENT)
        return any(not sent.closed and sent.standing in waiting for sent in self._sent.values())

    def tell_unfinished(self) -> None:
        """Payments the ledger still expects when the story ends, and payments without any answer."""
        open_orders = {each["end_to_end"]: each for each in self._expected()}
        named = {each.document for each in self.exceptions if each.open}
        for sent in self._sent.values():
            expected = sent.order.get("end_to_end", sent.reference)
            if sent.closed or (sent.order and expected not in open_orders):
                continue
            open_orders.pop(expected, None)
            said = {Standing.WAITING: "keeps it pending", Standing.SILENT: "has said nothing of it"}
            told = f"the payer's bank {said.get(sent.standing, 'calls it done, and no entry came')}"
            self._except(sent.reference, "PAYMENT-OPEN", "status", told, sent.order.get("amount", ""))
        for end_to_end, order in open_orders.items():
            if end_to_end.startswith(tuple(self._conceded)):
                continue
            if not any(reference.startswith(end_to_end) for reference in named):
                told = f"{order['kind']} of {order['subject']} is still expected"
                self._except(end_to_end, "PAYMENT-OPEN", "amount", told, order["amount"])

    def _except(
        self,
        document: str,
        rule: str,
        field: str,
        message: str,
        expected: str = "",
        found: str = "",
        *,
        open: bool = True,
    ) -> None:
        self.exceptions.append(MoneyException(document, rule, field, message, expected, found, open))


def _amount(entry: Mapping[str, Any]) -> str:
    return f"{entry['amount']} {entry['currency']}"
