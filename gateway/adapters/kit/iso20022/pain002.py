"""pain.002 of versions 03 … 14, the bank's report on ordered payments."""

from __future__ import annotations

from gateway.adapters.kit.iso20022.records import PaymentStatus, StatusReport
from gateway.adapters.kit.iso20022.xml import Node, read_message

VERSIONS = range(3, 15)


def read_pain002(raw: bytes, *, document: str = "pain.002") -> StatusReport:
    """Read the report. Raises MessageRefused; STATUS-MISSING when a transfer is named without a status."""
    message = read_message(raw, document=document, kind="pain.002", versions=VERSIONS)
    group = message.need("OrgnlGrpInfAndSts")
    return StatusReport(
        message_id=message.need("GrpHdr", "MsgId").text,
        original_message_id=group.need("OrgnlMsgId").text,
        group_status=group.text_of("GrpSts"),
        group_reasons=_reasons(group),
        payments=tuple(
            _payment(transaction)
            for instruction in message.children("OrgnlPmtInfAndSts")
            for transaction in instruction.children("TxInfAndSts")
        ),
    )


def _payment(transaction: Node) -> PaymentStatus:
    status = transaction.text_of("TxSts")
    if not status:
        raise transaction.refuse("STATUS-MISSING", "a transfer is named but not its status")
    return PaymentStatus(
        end_to_end=transaction.need("OrgnlEndToEndId").text,
        instruction_id=transaction.text_of("OrgnlInstrId"),
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
