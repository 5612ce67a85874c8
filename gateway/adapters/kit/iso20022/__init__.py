"""The gateway's side of ISO 20022: credit transfers written, statuses, notifications and statements read.

Reading never guesses: what is missing, repeated, or does not add up is refused with the element named.
"""

from __future__ import annotations

from gateway.adapters.kit.iso20022.camt import read_camt052, read_camt053, read_camt054
from gateway.adapters.kit.iso20022.errors import MessageRefused
from gateway.adapters.kit.iso20022.pain001 import build_pain001
from gateway.adapters.kit.iso20022.pain002 import read_pain002
from gateway.adapters.kit.iso20022.records import (
    NO_REASON,
    Account,
    Charge,
    Detail,
    Entry,
    InstructionStatus,
    Notification,
    PartyAccount,
    PaymentOrder,
    PaymentStatus,
    Report,
    Statement,
    StatusReport,
    Transfer,
)

__all__ = [
    "NO_REASON",
    "Account",
    "Charge",
    "Detail",
    "Entry",
    "InstructionStatus",
    "MessageRefused",
    "Notification",
    "PartyAccount",
    "PaymentOrder",
    "PaymentStatus",
    "Report",
    "Statement",
    "StatusReport",
    "Transfer",
    "build_pain001",
    "read_camt052",
    "read_camt053",
    "read_camt054",
    "read_pain002",
]
