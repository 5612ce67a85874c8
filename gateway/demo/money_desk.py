"""Where money is ordered and attested: payers order at their banks, banks sign what they booked."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import Any

from gateway.adapters.kit.iso20022 import Account, PartyAccount, PaymentOrder, Transfer, build_pain001
from gateway.demo.desk import Act, Desk
from gateway.demo.people import Firm
from gateway.demo.stage import Stage, expect
from gateway.domain.calendar import date_of
from gateway.services.payments import AccountRef, FactKind, end_to_end_id

QUIET_ROUNDS = 3
ROUND_SECONDS = 0.15
PUMP_SECONDS = 600.0


class MoneyDesk:
    """Opens accounts, sends what the ledger expects to be paid, and has the banks attest what they booked."""

    def __init__(self, stage: Stage, desk: Desk) -> None:
        self._stage = stage
        self._desk = desk
        self._accounts: dict[tuple[int, str, str, int], AccountRef] = {}
        self._sent: set[str] = set()
        self._recorded: set[tuple[str, str]] = set()
        self._repayments = 0
        self.exceptions: list[dict[str, Any]] = []

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
        opened = expect(
            self._stage.banks[bic].post(
                "/accounts",
                json={
                    "owner_name": owner.name[:140], "owner_reference": f"{owner.number}-{purpose}-{part}",
                    "currency": currency, "opening_balance_minor": balance,
                },
            )
        )  # fmt: skip
        bank = next(number for number, firm in self._stage.firms.items() if self._is(firm, bic))
        account = AccountRef(
            bic, bank, opened["account_id"], owner.number, owner.name[:140], currency,
            bytes.fromhex(opened["commitment"].removeprefix("0x")),
        )  # fmt: skip
        kept_as = f"{purpose}-{part}" if part else purpose
        expect(
            self._stage.gateway.post(
                "/accounts",
                json={
                    "bank": bank, "bic": bic, "account": account.number, "commitment": opened["commitment"],
                    "owner": owner.number, "owner_name": account.owner_name, "currency": currency,
                    "purpose": kept_as[:16],
                },
            )
        )  # fmt: skip
        self._accounts[owner.number, currency, purpose, part] = account
        return account

    def _is(self, firm: Firm, bic: str) -> bool:
        from gateway.demo.stage import CLEARING_BIC, LENDER_BIC

        return firm.number == {LENDER_BIC: 11, CLEARING_BIC: 12}[bic]

    def pump(self) -> None:
        """Order and attest until nothing more is expected and nothing new is booked."""
        quiet = 0
        deadline = time.monotonic() + PUMP_SECONDS
        while quiet < QUIET_ROUNDS:
            if time.monotonic() > deadline:
                raise TimeoutError("money does not come to rest")
            self._stage.processes.check()
            self._desk.settle_index()
            moved = self._order() + self._attest()
            quiet = 0 if moved or self._under_way() else quiet + 1
            if not moved:
                time.sleep(ROUND_SECONDS)

    def _order(self) -> int:
        day = date_of(self._stage.day)
        new = 0
        for order in expect(self._stage.gateway.get("/payment-orders"))["payments"]:
            end_to_end = order["end_to_end"]
            if end_to_end in self._sent:
                continue
            document = expect(
                self._stage.gateway.get(
                    f"/payment-orders/{end_to_end}/pain.001", params={"day": day.isoformat()}
                )
            )
            self._send(order["payer"]["bic"], document)
            self._sent.add(end_to_end)
            new += 1
        return new

    def repay(self, loan: int, payer: AccountRef, payee: AccountRef, amount: int) -> str:
        """A borrower repays a part before it is asked to; answers the end-to-end id."""
        self._repayments += 1
        end_to_end = end_to_end_id(FactKind.REPAYMENT, loan, self._repayments)
        day: date = date_of(self._stage.day)
        transfer = Transfer(
            end_to_end=end_to_end,
            amount_minor=amount,
            currency=payer.currency,
            creditor=PartyAccount(payee.owner_name, Account("OTHER", payee.number), payee.bic),
        )
        order = PaymentOrder(
            message_id=end_to_end,
            created_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
            initiating_party=payer.owner_name,
            debtor=PartyAccount(payer.owner_name, Account("OTHER", payer.number), payer.bic),
            execution_day=day,
            transfers=(transfer,),
        )
        self._send(payer.bic, build_pain001(order))
        return end_to_end

    def _send(self, bic: str, document: bytes) -> None:
        expect(
            self._stage.banks[bic].post(
                "/payments", content=document, headers={"content-type": "application/xml"}
            )
        )

    def _attest(self) -> int:
        """The servicing bank's payments people sign what their own books show; the ledger takes it."""
        acts, keys = [], []
        for entry in expect(self._stage.gateway.get("/bank-entries", params={"state": "prepared"}))[
            "entries"
        ]:
            key = (entry["bic"], entry["reference"])
            if key in self._recorded:
                continue
            fact = entry["fact"]
            bank = self._stage.firms[int(fact["bank"])]
            parts: dict[str, Any] = {"bank": bank["payments"]}
            if fact["kind"] == FactKind.COLLECTED:
                parts["unlock"] = [fact["subject"]]
            acts.append(Act("record", fact, parts))
            keys.append((key, entry))
        if not acts:
            return 0
        for (key, entry), operation in zip(keys, self._desk.try_all(acts), strict=True):
            self._recorded.add(key)
            if operation["state"] != "final":
                self.exceptions.append({"entry": entry, "operation": operation})
        return len(acts)

    def _under_way(self) -> bool:
        """Whether a payment was ordered that no bank has answered for with a booked entry yet."""
        self._desk.settle_index()
        open_orders = {
            each["end_to_end"] for each in expect(self._stage.gateway.get("/payment-orders"))["payments"]
        }
        refused = {each["entry"]["end_to_end"] for each in self.exceptions}
        return bool(open_orders & self._sent - refused)
