"""pain.001.001.09, the customer's credit transfer, read into plain orders."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pyiso20022.pain import pain_001_001_09 as m  # type: ignore[import-untyped]  # ships no type marker

from gateway.adapters.banks.sandbox.messages.xml import parse

NAME = "pain.001.001.09"


@dataclass(frozen=True, slots=True)
class Order:
    """One credit transfer as the customer asks for it; empty text where the message is silent."""

    payment_information_id: str
    instruction_id: str
    end_to_end: str
    debtor_name: str
    debtor_account: str
    debtor_bic: str
    creditor_name: str
    creditor_account: str
    creditor_bic: str
    amount: Decimal
    currency: str
    requested_day: date
    remittance: str

    def digest(self) -> str:
        """What makes two orders under one end-to-end id the same order: parties, money and purpose."""
        content = asdict(self) | {"amount": f"{self.amount.normalize():f}", "requested_day": ""}
        for routing in ("payment_information_id", "instruction_id"):
            del content[routing]
        return _digest(content)


@dataclass(frozen=True, slots=True)
class Initiation:
    """One pain.001: its id, its control figures and its orders."""

    message_id: str
    transactions: str
    control_sum: Decimal | None
    orders: tuple[Order, ...]

    def digest(self) -> str:
        """What makes two messages under one id the same message; the creation time does not count."""
        return _digest(
            {
                "transactions": self.transactions,
                "control_sum": None if self.control_sum is None else f"{self.control_sum.normalize():f}",
                "orders": [
                    [
                        order.payment_information_id,
                        order.instruction_id,
                        str(order.requested_day),
                        order.digest(),
                    ]
                    for order in self.orders
                ],
            }
        )


def read_pain001(raw: bytes) -> Initiation:
    """Read the message. Raises Refused when it is not one."""
    message = parse(raw, m.Document).cstmr_cdt_trf_initn
    header = message.grp_hdr
    return Initiation(
        message_id=header.msg_id,
        transactions=header.nb_of_txs,
        control_sum=header.ctrl_sum,
        orders=tuple(
            _order(instruction, transfer)
            for instruction in message.pmt_inf
            for transfer in instruction.cdt_trf_tx_inf
        ),
    )


def _order(instruction: Any, transfer: Any) -> Order:
    amount = transfer.amt.instd_amt
    requested = instruction.reqd_exctn_dt
    day = requested.dt.to_date() if requested.dt is not None else requested.dt_tm.to_datetime().date()
    return Order(
        payment_information_id=instruction.pmt_inf_id,
        instruction_id=transfer.pmt_id.instr_id or "",
        end_to_end=transfer.pmt_id.end_to_end_id,
        debtor_name=instruction.dbtr.nm or "",
        debtor_account=_account(instruction.dbtr_acct),
        debtor_bic=_bic(instruction.dbtr_agt),
        creditor_name=(transfer.cdtr.nm or "") if transfer.cdtr is not None else "",
        creditor_account=_account(transfer.cdtr_acct),
        creditor_bic=_bic(transfer.cdtr_agt),
        # An equivalent amount asks the bank to convert, which this bank does not do: amount 0 is refused.
        amount=amount.value if amount is not None else Decimal(0),
        currency=amount.ccy if amount is not None else "",
        requested_day=day,
        remittance="\n".join(transfer.rmt_inf.ustrd) if transfer.rmt_inf is not None else "",
    )


def _account(account: Any) -> str:
    if account is None:
        return ""
    return str(account.id.iban or (account.id.othr.id if account.id.othr is not None else ""))


def _bic(agent: Any) -> str:
    return str(agent.fin_instn_id.bicfi or "") if agent is not None else ""


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
