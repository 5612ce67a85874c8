"""Rules beside the pack: the ledger's own decisions, by id, as refusals quote them.

They are of this house, not of law: an operator cannot change them, since the contracts keep them.
"""

from __future__ import annotations

from collections.abc import Mapping

DECISIONS: Mapping[str, str] = {
    "DEC-1": "A title fits one word: holder, lock, receivable, amounts, sequence, depth and flags.",
    "DEC-2": "What something is follows from the receivable's phase, the title's flags and the day; nothing goes back.",
    "DEC-3": "A number begins with the party that makes it, and is never used twice.",
    "DEC-4": "An offer binds until it is accepted, withdrawn by raising the title's sequence, or out of its days.",
    "DEC-5": "The parties that an act binds sign it, in the roles and by as many people as their mandates ask.",
    "DEC-6": "Whatever concerns a part carves that part first and acts on it alone.",
    "DEC-7": "A lock names a facility; what is used of it stays within its limit and its collateral.",
    "DEC-8": "Recourse runs against the seller that the funding names, never along the chain of holders.",
    "DEC-9": "Money of the due day goes by lists, to each title its share, to the lender first where one is locked.",
    "DEC-10": "A movement of money is what the servicing bank says of its own books, and counts once.",
    "DEC-11": "Amounts are conserved by every act; limits and the smallest piece bound them.",
    "DEC-12": "An invoice is one: seller, kind, number and year; no more is promised on it than it is good for.",
    "DEC-13": "After acceptance only an order of a court or tribunal stops a part, by its hash and for a time.",
    "DEC-14": "What lowers a risk is never held up; what raises it is checked against what is owed.",
    "DEC-15": "Rules take effect at least seven days after they were published, and never for what exists already.",
    "DEC-16": "Interest is exact until it is payable, rounded once, and counted by calendar days; due days never move.",
    "DEC-17": "What the ledger tables say can be made again from the chain; what the gateway keeps is backed up.",
}
"""The decisions that refusals quote, in a sentence each."""

MONEY_MESSAGES: Mapping[str, str] = {
    "BATCH-ENTRY": "An entry that books several payments together is broken down before it counts.",
    "LINE-AFTER-REJECTED": "A payment that was rejected and is booked all the same is decided about by a person.",
    "PAID-TWICE": "A payment that came already counts once; the second is its payer's.",
    "REFERENCE-MISSING": "An entry without a reference of its bank's own is no movement yet.",
    "RETURN": "Money that came back is decided about by a person.",
    "REVERSAL-CLOSED": "What the money did has gone on: it is a claim on whoever had it, and nothing here is revived.",
    "VALUE-DAY-MISSING": "An entry without a value day is no movement yet.",
}
"""Why a bank's entry becomes an exception; each keeps DEC-10."""
