"""Every rule that stock told by a keeper can break, by id, as differences name it."""

from __future__ import annotations

from collections.abc import Mapping

STOCK_RULES: Mapping[str, str] = {
    "FEED-EXCEPTION": "A keeper's file is used whole; what was refused of it is sent again and used.",
    "EVENT-DIFFERS": "An event is told in one way; one told in two counts in neither until a person decides.",
    "CORRECTION-MISSING": "What is told in place of an event that was taken back has come in.",
    "CONTENTS-UNKNOWN": "What is in a logistic unit was told before it comes or goes.",
    "PACKED-TWICE": "A thing is in one logistic unit: it is taken out before it is put into another.",
    "LOT-CONTRADICTS": "A single thing is of one lot.",
    "COUNT-CONTRADICTS": "Counts of one place and moment come to one amount; until a person decides, the lower counts.",
    "COUNT-DIFFERS": "What was counted is what the keeper's own movements come to.",
    "STORED-OVER": "No more is stored than came, unless it is said from where it was moved.",
    "STOCK-NEGATIVE": "No more leaves a place than came to it.",
    "STOCK-DAMAGED": "What is damaged, expired, recalled or stolen is not relied on.",
    "STOCK-SHORT": "At least as much lies there as receipts stand for, less what was recorded as missing.",
    "STOCK-OVER": "No more lies there than receipts stand for.",
    "RECEIPTS-SHORT": "The ledger has in store what a lot's receipts stand for.",
    "RECEIVED-DIFFERS": "As much came as receipts were issued on.",
    "SHIPPED-DIFFERS": "As much has left as was delivered against receipts.",
    "LOT-UNKNOWN": "A lot that a keeper tells of is one that receipts stand for.",
    "LOT-UNTOLD": "A keeper tells of every lot that its receipts stand for.",
    "UNIT-DIFFERS": "A lot is told in the unit in which its receipts count; nothing is converted.",
    "QUANTITY-PRECISION": "A lot is told no finer than its receipts count.",
    "SENSOR-ALARM": "Sensors with the goods raise no alarm.",
}
"""The rules in a sentence each."""
