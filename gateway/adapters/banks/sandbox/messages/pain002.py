"""pain.002.001.12, the payment status report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from pyiso20022.pain import pain_002_001_12 as m  # type: ignore[import-untyped]  # ships no type marker

from gateway.adapters.banks.sandbox.messages.pain001 import NAME as PAIN001
from gateway.adapters.banks.sandbox.messages.xml import write, xml_moment

NAME = "pain.002.001.12"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"


@dataclass(frozen=True, slots=True)
class LineStatus:
    """Where one ordered transfer stands: ACCP, ACSC, PDNG or RJCT, with the reason code of the last."""

    payment_information_id: str
    instruction_id: str
    end_to_end: str
    status: str
    reason: str
    servicer_reference: str = ""


def write_pain002(
    *,
    message_id: str,
    created: datetime,
    bic: str,
    original_message_id: str,
    original_transactions: str,
    group_reason: str,
    lines: Sequence[LineStatus],
) -> bytes:
    """The report on one pain.001; `group_reason` refuses the message as a whole."""
    statuses = {line.status for line in lines}
    group = "RJCT" if group_reason else statuses.pop() if len(statuses) == 1 else "PART"
    agent = m.BranchAndFinancialInstitutionIdentification6(
        fin_instn_id=m.FinancialInstitutionIdentification18(bicfi=bic)
    )
    report = m.CustomerPaymentStatusReportV12(
        grp_hdr=m.GroupHeader86(msg_id=message_id, cre_dt_tm=xml_moment(created), dbtr_agt=agent),
        orgnl_grp_inf_and_sts=m.OriginalGroupHeader17(
            orgnl_msg_id=original_message_id,
            orgnl_msg_nm_id=PAIN001,
            orgnl_nb_of_txs=original_transactions or None,
            grp_sts=group,
            sts_rsn_inf=_reason(group_reason),
        ),
        orgnl_pmt_inf_and_sts=[
            m.OriginalPaymentInstruction40(
                orgnl_pmt_inf_id=payment_information_id,
                tx_inf_and_sts=[_transaction(line) for line in of_one],
            )
            for payment_information_id, of_one in groupby(lines, lambda line: line.payment_information_id)
        ],
    )
    return write(m.Document(cstmr_pmt_sts_rpt=report), NAMESPACE)


def _transaction(line: LineStatus) -> m.PaymentTransaction129:
    return m.PaymentTransaction129(
        orgnl_instr_id=line.instruction_id or None,
        orgnl_end_to_end_id=line.end_to_end,
        tx_sts=line.status,
        sts_rsn_inf=_reason(line.reason),
        acct_svcr_ref=line.servicer_reference or None,
    )


def _reason(code: str) -> list[m.StatusReasonInformation12]:
    return [m.StatusReasonInformation12(rsn=m.StatusReason6Choice(cd=code))] if code else []
