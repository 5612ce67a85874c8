"""pain.002 of versions 03 … 14, the bank's report on ordered payments.

A bank may speak of the whole message, of a payment information block, or of single transfers. Where it speaks of more
than one of them, they must not contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.adapters.kit.iso20022.records import InstructionStatus, PaymentStatus, StatusReport
from gateway.adapters.kit.iso20022.xml import Node, read_message

VERSIONS = range(3, 15)
REJECTED = "RJCT"


def read_pain002(raw: bytes, *, document: str = "pain.002") -> StatusReport:
    """Read the report.

    Raises MessageRefused: STATUS-MISSING when a transfer is named without a status, REFERENCE-MISSING when it is not
    named at all, STATUS-CONTRADICTS when a transfer of what was rejected as a whole is said to be something else.
    """
    message = read_message(raw, document=document, kind="pain.002", versions=VERSIONS)
    group = message.need("OrgnlGrpInfAndSts")
    status = group.text_of("GrpSts")
    blocks = list(message.children("OrgnlPmtInfAndSts"))
    payments: list[PaymentStatus] = []
    for block in blocks:
        payments += _payments(block, [status, block.text_of("PmtInfSts")])
    return StatusReport(
        message_id=message.need("GrpHdr", "MsgId").text,
        original_message_id=group.need("OrgnlMsgId").text,
        group_status=status,
        group_reasons=_reasons(group),
        payments=tuple(payments),
        blocks=tuple(
            InstructionStatus(block.text_of("OrgnlPmtInfId"), block.text_of("PmtInfSts"), _reasons(block))
            for block in blocks
        ),
    )


def _payments(block: Node, around: Sequence[str]) -> list[PaymentStatus]:
    found: list[PaymentStatus] = []
    said: dict[tuple[str, str], str] = {}
    for transaction in block.children("TxInfAndSts"):
        payment = _payment(transaction)
        if REJECTED in around and payment.status != REJECTED:
            told = f"says {payment.status} of a transfer, and {REJECTED} of all that it belongs to"
            raise transaction.refuse("STATUS-CONTRADICTS", told)
        before = said.setdefault((payment.end_to_end, payment.instruction_id), payment.status)
        if before != payment.status:
            raise transaction.refuse("STATUS-CONTRADICTS", f"says {payment.status}, and {before} before")
        found.append(payment)
    return found


def _payment(transaction: Node) -> PaymentStatus:
    status = transaction.text_of("TxSts")
    if not status:
        raise transaction.refuse("STATUS-MISSING", "a transfer is named but not its status")
    end_to_end, instruction = (transaction.text_of(f"Orgnl{name}") for name in ("EndToEndId", "InstrId"))
    if not (end_to_end or instruction):
        raise transaction.refuse(
            "REFERENCE-MISSING", "a status without OrgnlEndToEndId and OrgnlInstrId: of which transfer?"
        )
    return PaymentStatus(
        end_to_end=end_to_end,
        instruction_id=instruction,
        status=status,
        reasons=_reasons(transaction),
        information=tuple(
            line.text for given in transaction.children("StsRsnInf") for line in given.children("AddtlInf")
        ),
        servicer_reference=transaction.text_of("AcctSvcrRef"),
    )


def _reasons(node: Node) -> tuple[str, ...]:
    codes = (
        given.text_of("Rsn", "Cd") or given.text_of("Rsn", "Prtry") for given in node.children("StsRsnInf")
    )
    return tuple(code for code in codes if code)
