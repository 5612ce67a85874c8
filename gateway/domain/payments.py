"""Where an instructed payment stands, by the set of all that banks have said of it (decision 10).

    INSTRUCTED → ACCEPTED → SETTLED | REJECTED | UNKNOWN

and, as facts of their own that take nothing back from what was, money RETURNED and REVERSED. The state is a function of
the evidence as a set: the order and number of messages cannot matter. Amounts are minor units.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PaymentState(StrEnum):
    """Of the instruction; RETURNED and REVERSED when all of what had been paid went back."""

    INSTRUCTED = "instructed"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    RETURNED = "returned"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one instructed payment.

    Attributes:
        accepted: the payer's bank said that it took the order.
        rejected: the payer's bank said that it will not pay.
        debited: a booked debit on the payer's account.
        credited: amounts of booked credits on the payee's account, each movement once.
        returned: booked back on the payer's account, with or without a reason.
        reversed: taken back on the payee's account by the bank that had booked it there.
        contested: messages contradict each other about one of these entries.
        other_currency: a credit is in another currency than was instructed.
        late: the day on which it was to be paid is over.
    """

    accepted: bool = False
    rejected: bool = False
    debited: bool = False
    credited: tuple[int, ...] = ()
    returned: int = 0
    reversed: int = 0
    contested: bool = False
    other_currency: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A payment's state, what of it arrived, came back and was taken back, and what a person has to look at.

    `problem` is the id of the rule that is broken, empty where none is: PAYMENT-CONTESTED, CURRENCY-DIFFERS,
    LINE-AFTER-REJECTED, PAYMENT-EXCESS, PAYMENT-SHORT, PAYMENT-UNANSWERED.
    """

    state: PaymentState
    settled: int = 0
    returned: int = 0
    reversed: int = 0
    problem: str = ""


def standing(instructed: int, evidence: Evidence) -> Standing:
    """The standing of a payment of `instructed` minor units.

    A rejection and booked money exclude each other: which of them is true, no rule can tell, so the state is unknown.
    Silence after the day is unknown too, and only booked money or the bank's rejection ends it.
    """
    settled = sum(evidence.credited)
    moved = bool(evidence.credited) or evidence.debited or evidence.returned > 0 or evidence.reversed > 0
    state, problem = _state(instructed, evidence, settled, moved)
    return Standing(state, settled, evidence.returned, evidence.reversed, problem)


def _state(instructed: int, evidence: Evidence, settled: int, moved: bool) -> tuple[PaymentState, str]:
    if evidence.contested:
        return PaymentState.UNKNOWN, "PAYMENT-CONTESTED"
    if evidence.other_currency:
        return PaymentState.UNKNOWN, "CURRENCY-DIFFERS"
    if evidence.rejected and moved:
        return PaymentState.UNKNOWN, "LINE-AFTER-REJECTED"
    if evidence.rejected:
        return PaymentState.REJECTED, ""
    if settled > instructed:
        return PaymentState.SETTLED, "PAYMENT-EXCESS"
    if evidence.reversed and evidence.reversed >= settled:
        return PaymentState.REVERSED, ""
    if evidence.returned and evidence.returned >= instructed:
        return PaymentState.RETURNED, ""
    if settled == instructed:
        return PaymentState.SETTLED, ""
    if settled:
        return PaymentState.ACCEPTED, "PAYMENT-SHORT"
    if evidence.late and not moved:
        return PaymentState.UNKNOWN, "PAYMENT-UNANSWERED"
    if evidence.accepted or evidence.debited or evidence.returned:
        return PaymentState.ACCEPTED, ""
    return PaymentState.INSTRUCTED, ""
