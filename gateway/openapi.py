"""The interface's document: what FastAPI reads off the routes, and every refusal with its rule.

Which rules an operation may answer with follows from what it is (a write, a list, a view of the past) and from `_OWN`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.problems import MEDIA_TYPE
from gateway.schemas.fields import Refused

SENTENCES: Mapping[str, str] = {
    "ACCOUNT-DIFFERS": "The money is not on the account on which what it is said to be is paid.",
    "ACCOUNT-KNOWN": "The account is known under another commitment.",
    "ACCOUNT-UNKNOWN": "The account is not bound to anyone.",
    "ACT-FIELD": "A field of an act, or of what goes with it, is missing, unknown or not of its type: see `errors`.",
    "ACT-UNSIGNED": "The verb is carried without a signature: there is nothing to prepare.",
    "AMOUNT-FORM": "An amount is negative, too large, or has more digits than its currency.",
    "AS-OF-AHEAD": "The block or instant lies after the last block that was read.",
    "AS-OF-BEFORE": "The block or instant lies before the ledger's first block.",
    "AS-OF-BUSY": "Others ask about the past too; ask again.",
    "AS-OF-COST": "More events lie before the block than one question may have folded.",
    "AS-OF-FORM": "There is no such day or instant.",
    "BANK-UNKNOWN": "The gateway knows no such bank.",
    "BLOCK-UNKNOWN": "The node has no such block.",
    "BODY-INVALID": "The request does not have the form asked for; `errors` names each field.",
    "CASE-CONTRADICTS": "The case contradicts itself: `field` names where.",
    "CERTIFICATE-CUSTODY": "The control agent holds a vehicle's certificate from before its pledge until its release.",
    "CERTIFICATE-DIFFERS": "The certificate of conformity is another vehicle's than the one it is given for.",
    "CERTIFICATE-TWICE": "A vehicle has one certificate of conformity, and a certificate one vehicle.",
    "CHAIN-MOVED": "The chain changed while it was read; ask again.",
    "CLOSE-SCOPE": "A day is closed for all banks, with the statements that were kept.",
    "COMPARISON-MOVED": "Offers or figures are no longer those that a choice was made from.",
    "CURRENCY-DIFFERS": "The money is in another currency than what it is said to be.",
    "CURSOR-UNKNOWN": "This list has given no such cursor.",
    "DATABASE-UNREACHABLE": "The gateway's database does not answer; send the same again, under the same key.",
    "DAY-AHEAD": "The day has not begun on the ledger.",
    "DAY-CLOSED": "The day end is closed, or that of a later day is.",
    "DAY-FORM": "It is no day of the ledger.",
    "DAY-PAST": "The day lies before the block that the answer is of: `as_of` asks how things were.",
    "DECLARATION-FIELD": "A field of a declaration is missing, unknown, of no form it has, or not true.",
    "DECLARATION-KIND": "There is no such kind of declaration, or it is not made here.",
    "DECLARATION-SIGNERS": "The declaration is not signed by the persons its kind needs.",
    "DECLARATION-UNKNOWN": "No such declaration is kept.",
    "DIFFERENCE-CLOSED": "The difference was closed before.",
    "DIFFERENCE-UNKNOWN": "There is no such difference.",
    "DOCUMENT-UNKNOWN": "The document that the receipt bears the hash of is not kept here.",
    "ENDORSEMENT-LIFE": "The endorsement dies before the keeper's business days are over, or lives much longer.",
    "ENDORSEMENT-STEP": "The endorsement is not where this signature or refusal belongs, or it comes too late.",
    "ENDORSEMENT-UNKNOWN": "No such endorsement is kept.",
    "ENTRY-DIFFERS": "Messages contradict each other about the entry: link it to the one that holds first.",
    "EVIDENCE-UNREACHABLE": "The evidence service, which names vehicles, does not answer or is not known here.",
    "EXCEPTION-CLOSED": "Nothing is to be decided about this entry any more.",
    "EXCEPTION-UNKNOWN": "There is no such exception.",
    "FACILITY_UNKNOWN": "There is no such facility.",
    "FILE-UNKNOWN": "A day end has no such file.",
    "FUNCTION-UNKNOWN": "The ledger has no such verb.",
    "GOODS_TERMS_MISSING": "Nothing has been agreed of goods under this facility.",
    "ID-FORM": "An id is written party-serial, or as one number.",
    "IDEMPOTENCY-IN-FLIGHT": "The same request is being worked on; ask again.",
    "IDEMPOTENCY-KEY": "The header is missing (400), or its key was used for another request (422).",
    "IDENTITY-DIFFERS": "The party was admitted under the hash of another identity.",
    "INDEX-EMPTY": "The gateway has read nothing of the chain yet; ask again.",
    "KEEPER-SUSPENDED": "The keeper is suspended: nobody relies on its word, and none is taken in.",
    "KEEPER-UNKNOWN": "The party was not admitted as a keeper, or the gateway knows no address of its keys.",
    "LEDGER-UNREAD": "No block of the ledger has been read yet; ask again.",
    "LIMIT-EXCEEDED": "A draw or lock would take the lender above a limit of its own, or of supervision.",
    "LINK-DIFFERS": "What it is linked to is not that, or comes to another sum.",
    "LINK-FORM": "Exactly one of payment, entries and message is given.",
    "LOAN_UNKNOWN": "There is no such loan.",
    "LOT-QUANTITY": "A receipt's quantity is zero, finer than what its lot counts, or more than 48 bits of it.",
    "MESSAGE-NAME": "The message's id or name is longer than the standard has it.",
    "MESSAGE-REUSED": "The message's id came before with another content.",
    "METHOD-NOT-ALLOWED": "The address does not take this method.",
    "NO-BUSINESS-DAY": "No business day follows within a month: wrong calendar rows, or the end of the ledger's days.",
    "MONEY-DECISION-UNKNOWN": "There is no such decision.",
    "MONEY-PRECISION": "The amount has more digits than its currency has.",
    "NO-RELAYER": "No relayer is admitted, or the index has not seen one.",
    "NODE-BEHIND": "The node has not come as far as the index; ask again.",
    "NODE-UNREACHABLE": "The chain does not answer; ask again.",
    "NOT-FOUND": "There is nothing at this address.",
    "NOT-PROPOSED": "Nothing is proposed for this invoice.",
    "OFFER-UNFIT": "The offer of finance cannot be had for this certificate.",
    "OFFER-UNKNOWN": "No such offer of finance stands.",
    "ORDER-ACT": "The ledger would refuse the act on the order: `reason` and `keeps` say why.",
    "ORDER-AMOUNT": "More is asked for than the documents bear out: `expected` is the most.",
    "ORDER-BLOCKED": "The documents of the order or invoice let nothing be done: `exceptions` say why.",
    "ORDER-COMPLETE": "Nothing says that less will come of the order.",
    "ORDER-CONFIRMED": "The order was confirmed before, as `order`.",
    "ORDER-DIFFERS": "The orders of a list, or a document and its attestation, do not go together.",
    "ORDER-GIVEN": "Another order was given to the payer under this id.",
    "ORDER-INVOICE": "No imported invoice of this name is for the order.",
    "ORDER-OPEN": "The goods are those of an order on the ledger of which something is left: convert it.",
    "ORDER-TITLE": "The order has several titles, or not the one named, or nothing left: `titles` has them.",
    "ORDER-UNMATCHED": "No imported order, or more than one, is meant.",
    "PARTS-FORM": "A part has no such kind, or no amount above 0.",
    "PARTS-SUM": "The parts do not add up to the entry.",
    "PARTY-UNKNOWN": "No such party is admitted.",
    "PAYEE-UNKNOWN": "The bank did not tell who paid, and no payee is given.",
    "PAYMENT-DIFFERS": "A pay-out is of another amount than was signed.",
    "PAYMENT-EARLY": "The money came before the day on which it is due.",
    "PAYMENT-EXCESS": "More arrived than is expected.",
    "PAYMENT-UNKNOWN": "The ledger expects no such payment.",
    "PRODUCT-UNDECLARED": "The lender has declared no product for this facility.",
    "RECEIPT-ACT": "The ledger would refuse the act on the receipt: `reason` and `keeps` say why.",
    "RECONCILIATION-UNKNOWN": "There is no such run.",
    "REFERENCE-UNKNOWN": "The reference names nothing on this ledger.",
    "REQUEST-ANSWERED": "The invoice is confirmed already: there is nothing to ask for.",
    "REQUEST-INVALID": "The request cannot be read.",
    "REQUEST-UNMATCHED": "No imported invoice has this key.",
    "REVERSAL": "A bank takes a booking back: link it to the entry that it undoes.",
    "RULE-NOT-IN-FORCE": "The rule is not in force on the day asked about.",
    "RULE-UNKNOWN": "No rule has this id.",
    "RULES-ALTERED": "A version of the rules that is kept is not what was published.",
    "RULES-FORM": "A version of the rules contradicts itself or may not follow; `errors` names each field.",
    "S25": "The facility stands on a rung of the stop-loss ladder that blocks new money.",
    "S26": "The drawdown's loop is not closed.",
    "SAME-PERSON": "Whoever proposed a decision cannot agree to it as the second person.",
    "SIGNATURE-FORM": "64 bytes (r, vs of EIP-2098) in hexadecimal are expected.",
    "SIGNATURE-INVALID": "The message is not signed by whom it is said to be of.",
    "SIGNATURE-MISSING": "The keeper signs its messages, and this file came unsigned.",
    "SIGNATURE-UNKNOWN": "The signature is no registered signer's for exactly this act.",
    "STAGES_MISSING": "No stages have been agreed under this facility.",
    "STATEMENT-BANK": "The statement names another bank than asked for, or none.",
    "STATEMENT-NONE": "The message holds no statement.",
    "STATEMENT-UNUSABLE": "The statement cannot be read: the rule and the element of the file are named.",
    "STORAGE-DIFFERS": "The receipt is not for the goods that were requested, weighed and inspected.",
    "STORAGE-STEP": "The step does not follow where the request to store goods stands, or comes too late.",
    "SUBJECT-UNKNOWN": "The ledger has nothing of this number.",
    "TARIFF-MISSING": "The receipt's document says in words alone what storage costs.",
    "TENOR-UNREVIEWED": "The lender has recorded no review of a tenor above the review level of CN77-11.",
    "TERMS-UNFIT": "The ledger cannot hold to terms like these: `field` names the one at fault.",
    "UNKNOWN-OPERATION": "No instruction came in under this key.",
    "UNKNOWN_ROOT": "There is no such receivable, lot or order.",
    "UNKNOWN_TITLE": "There is no such certificate.",
    "VALUATION-APPRAISER": "An appraiser is of no group that holds, lends or borrows on the goods.",
    "VALUATION-CURRENCY": "A lot is valued in one currency.",
    "VALUATION-DAY": "A valuation is of a day that has come, no earlier than its appraiser's last, and holds so long.",
    "VALUATION-HAIRCUT": "The haircut is no less than the rule asks for (CC-433-valuation).",
    "VALUATION-MODEL": "A lender has registered the version by which goods were valued, for the day of the valuation.",
    "VALUATION-UNKNOWN": "No valuation was taken in under this hash.",
    "VALUATION-SUPERSEDED": "A newer valuation of the lot counts: `newer` is its hash.",
    "VALUATION-ACT": "The ledger would refuse the rate: `reason` and `keeps` say why, `highest` how high it may be.",
    "VALUATION-RATE": "A price less its haircut comes to a rate above 0 of no more than 64 bits.",
    "VALUATION-UNIT": "A price is for the unit that the lot counts; nothing is converted.",
    "VEHICLE-LOT": "A vehicle is a lot of its own of one piece, vin/ and its number, with its certificate.",
    "VEHICLE-NUMBER": "A vehicle number has 17 letters and digits without I, O and Q, and its country's check digit.",
    "WEBHOOK-ADDRESS": "The address may not be asked: it is no public address over https.",
    "WEBHOOK-UNKNOWN": "There is no such webhook.",
    "WEBHOOKS-FULL": "There are as many webhooks as there may be.",
}
"""Every refusal by the gateway's own rules; what the ledger's rules refuse, operations tell."""

_Refusals = tuple[tuple[int, str], ...]
_NODE: _Refusals = ((503, "NODE-UNREACHABLE"),)
_ID: _Refusals = ((404, "ID-FORM"),)
_UNREAD: _Refusals = ((503, "LEDGER-UNREAD"),)
_FIELDS: _Refusals = (
    (422, "DECLARATION-KIND"), (422, "DECLARATION-FIELD"), (409, "STORAGE-STEP"), (409, "ENDORSEMENT-STEP"),
    (409, "CERTIFICATE-CUSTODY"),
    *_UNREAD, (503, "RULES-ALTERED"),
)  # fmt: skip
_DECLARED: _Refusals = (*_FIELDS, (422, "DECLARATION-SIGNERS"), (422, "SIGNATURE-FORM"))
_LIMITS: _Refusals = (
    (422, "TENOR-UNREVIEWED"),
    (422, "LIMIT-EXCEEDED"),
    (422, "S25"),
    (422, "S26"),
    (422, "CERTIFICATE-CUSTODY"),
    (422, "VEHICLE-LOT"),
    (503, "RULES-ALTERED"),
)
_ACT: _Refusals = ((422, "FUNCTION-UNKNOWN"), (422, "ACT-FIELD"))
_RULES: _Refusals = ((503, "RULES-ALTERED"),)
_CASE: _Refusals = ((422, "CASE-CONTRADICTS"), (422, "RULE-NOT-IN-FORCE"), *_RULES)
_AS_OF: _Refusals = (
    (422, "AS-OF-COST"),
    *((404, f"AS-OF-{why}") for why in ("AHEAD", "BEFORE", "FORM")),
    *((503, rule) for rule in ("AS-OF-BUSY", "NODE-BEHIND", "NODE-UNREACHABLE")),
)
_DAY: _Refusals = ((422, "DAY-FORM"), (422, "DAY-AHEAD"), *_AS_OF)
_OPEN: _Refusals = (
    (404, "EXCEPTION-UNKNOWN"),
    (409, "EXCEPTION-CLOSED"),
    (409, "ENTRY-DIFFERS"),
    (409, "REVERSAL"),
)
_PART: _Refusals = tuple(
    (422, rule)
    for rule in (
        "ACCOUNT-DIFFERS", "ACCOUNT-UNKNOWN", "CURRENCY-DIFFERS", "PAYMENT-DIFFERS", "PAYMENT-EARLY",
        "PAYMENT-EXCESS", "SUBJECT-UNKNOWN", "PARTS-FORM",
    )
)  # fmt: skip
_STORAGE: _Refusals = (
    (404, "ID-FORM"), (422, "LOT-QUANTITY"), (404, "DECLARATION-UNKNOWN"), (409, "STORAGE-STEP"),
    (422, "STORAGE-DIFFERS"), (422, "VEHICLE-NUMBER"), (422, "VEHICLE-LOT"), (422, "CERTIFICATE-DIFFERS"),
    (409, "CERTIFICATE-TWICE"), (503, "EVIDENCE-UNREACHABLE"), *_UNREAD,
)  # fmt: skip
_ORDER: _Refusals = (
    (404, "ORDER-UNMATCHED"), (409, "ORDER-ACT"), (409, "ORDER-BLOCKED"), (409, "ORDER-AMOUNT"), (422, "AMOUNT-FORM"),
)  # fmt: skip
_VALUATION = ("APPRAISER", "CURRENCY", "DAY", "HAIRCUT", "MODEL", "RATE", "UNIT")
_OWN: Mapping[tuple[str, str], _Refusals] = {
    ("get", "/rules"): _RULES,
    ("get", "/rules/{rule}"): ((404, "RULE-UNKNOWN"), *_RULES),
    ("get", "/rule-packs"): _RULES,
    ("post", "/rule-packs"): ((422, "RULES-FORM"), *_RULES),
    ("get", "/payment-days/{due}"): ((404, "NO-BUSINESS-DAY"), *_RULES),
    ("post", "/rulings"): _CASE,
    ("post", "/confirmation-requests"): (
        (404, "REQUEST-UNMATCHED"), (409, "REQUEST-ANSWERED"), (422, "RULE-NOT-IN-FORCE"), *_RULES,
    ),
    ("get", "/confirmation-requests"): ((422, "RULE-NOT-IN-FORCE"), *_RULES),
    ("get", "/confirmation-clocks"): ((422, "RULE-NOT-IN-FORCE"), *_RULES),
    ("get", "/split-watch"): ((422, "RULE-NOT-IN-FORCE"), *_RULES),
    ("post", "/tenor-reviews"): (*_ID, (404, "UNKNOWN_ROOT"), *_CASE),
    ("post", "/confirmations"): ((404, "NOT-PROPOSED"), (409, "ORDER-OPEN"), *_RULES),
    ("get", "/receivables"): _RULES,
    ("get", "/loans"): _RULES,
    ("post", "/instructions/prepare"): (*_ACT, (422, "ACT-UNSIGNED"), (409, "ORDER-OPEN")),
    ("post", "/instructions"): (
        *_ACT, (422, "SIGNATURE-FORM"), (422, "SIGNATURE-UNKNOWN"), *_LIMITS, *_UNREAD, (503, "NO-RELAYER"), *_NODE,
    ),
    ("get", "/operations/{key}"): ((404, "UNKNOWN-OPERATION"),),
    ("post", "/accounts"): ((409, "ACCOUNT-KNOWN"),),
    ("post", "/identities"): ((409, "IDENTITY-DIFFERS"),),
    ("get", "/receivables/{root}"): (*_ID, (404, "UNKNOWN_ROOT"), *_RULES),
    ("get", "/receivables/{root}/distribution"): (*_ID, (404, "UNKNOWN_ROOT")),
    ("get", "/orders/{order}"): (*_ID, (404, "UNKNOWN_ROOT")),
    ("post", "/orders/prepare"): (
        *_ID, *_ORDER, (409, "ORDER-CONFIRMED"), (409, "ORDER-DIFFERS"), (422, "ACT-FIELD"), *_UNREAD,
    ),
    ("post", "/orders/{order}/prepare"): (
        *_ID, (404, "UNKNOWN_ROOT"), *_ORDER, (404, "ORDER-INVOICE"), (409, "ORDER-TITLE"), (409, "ORDER-COMPLETE"),
        *_UNREAD,
    ),
    ("get", "/titles"): _ID,
    ("get", "/titles/{title}"): (*_ID, (404, "UNKNOWN_TITLE")),
    ("get", "/loans/{loan}"): (*_ID, (404, "LOAN_UNKNOWN"), *_RULES),
    ("get", "/loans/{loan}/schedule"): (
        *_ID, (404, "LOAN_UNKNOWN"), (422, "DAY-FORM"), (422, "DAY-PAST"), *_UNREAD, *_RULES,
    ),
    ("get", "/facilities/{facility}/leases"): ((404, "FACILITY_UNKNOWN"), *_RULES),
    ("get", "/facilities/{facility}/goods"): ((404, "FACILITY_UNKNOWN"), (404, "GOODS_TERMS_MISSING"), *_RULES),
    ("get", "/facilities/{facility}/stages"): ((404, "FACILITY_UNKNOWN"), (404, "STAGES_MISSING"), *_RULES),
    ("get", "/facilities/{facility}/quote"): (
        *_ID, (404, "FACILITY_UNKNOWN"), (404, "OFFER-UNKNOWN"), (422, "TERMS-UNFIT"), (422, "AMOUNT-FORM"),
        (422, "DAY-FORM"), *_UNREAD, *_RULES,
    ),
    ("get", "/payment-orders"): _NODE,
    ("get", "/payment-instructions"): _NODE,
    ("get", "/exceptions/money"): _NODE,
    ("get", "/held-money"): _NODE,
    ("get", "/exceptions/money/{exception}/pain.001"): (
        (404, "EXCEPTION-UNKNOWN"), (422, "ACCOUNT-UNKNOWN"),
    ),
    ("post", "/exceptions/money/{exception}/allocate"): (
        *_OPEN, *_PART, (422, "PARTS-SUM"), (422, "MONEY-PRECISION"), (422, "PAYEE-UNKNOWN"),
    ),
    ("post", "/exceptions/money/{exception}/link"): (
        *_OPEN, *_PART, (422, "LINK-FORM"), (422, "LINK-DIFFERS"), (422, "REFERENCE-UNKNOWN"),
    ),
    ("post", "/exceptions/money/{exception}/return"): (*_OPEN, (422, "PAYEE-UNKNOWN")),
    ("post", "/exceptions/money/decisions/{decision}/second"): (
        *_OPEN, *_PART, (404, "MONEY-DECISION-UNKNOWN"), (422, "SAME-PERSON"),
    ),
    ("get", "/payment-orders/{end_to_end}/pain.001"): ((404, "PAYMENT-UNKNOWN"), *_NODE),
    ("post", "/payment-orders/{end_to_end}/pain.001"): (
        (404, "PAYMENT-UNKNOWN"), (409, "ORDER-GIVEN"), *_NODE,
    ),
    ("post", "/callbacks/banks/{bic}"): (
        (401, "SIGNATURE-INVALID"), (404, "BANK-UNKNOWN"), (422, "MESSAGE-NAME"),
        (409, "MESSAGE-REUSED"), (502, "SIGNATURE-INVALID"),
    ),
    ("post", "/callbacks/warehouses/{keeper}"): (
        (401, "SIGNATURE-INVALID"), (403, "KEEPER-SUSPENDED"), (404, "KEEPER-UNKNOWN"), (422, "MESSAGE-NAME"),
        (409, "MESSAGE-REUSED"), (502, "SIGNATURE-INVALID"),
    ),
    ("post", "/storage"): _STORAGE,
    ("post", "/vehicles"): _STORAGE,
    ("post", "/facilities/{facility}/vehicles/release"): (
        *_ID, (404, "FACILITY_UNKNOWN"), (404, "UNKNOWN_TITLE"), (422, "AMOUNT-FORM"), *_UNREAD, *_RULES,
    ),
    ("post", "/facilities/{facility}/vehicles/check"): ((404, "FACILITY_UNKNOWN"), *_UNREAD, *_RULES),
    ("get", "/vehicles"): ((422, "VEHICLE-NUMBER"),),
    ("get", "/warehouse-receipts/{receipt}/storage-fee"): (
        *_ID, (404, "UNKNOWN_TITLE"), (404, "DOCUMENT-UNKNOWN"), (404, "TARIFF-MISSING"), (422, "DAY-FORM"), *_UNREAD,
    ),
    ("post", "/warehouse-receipts/{receipt}/prepare"): (
        *_ID, (404, "UNKNOWN_TITLE"), (409, "RECEIPT-ACT"), (422, "LOT-QUANTITY"), (422, "AMOUNT-FORM"),
        *_UNREAD, *_RULES,
    ),
    ("post", "/endorsements"): (
        (422, "ACT-FIELD"), (404, "UNKNOWN_TITLE"), (409, "RECEIPT-ACT"), (409, "ENDORSEMENT-STEP"),
        (422, "ENDORSEMENT-LIFE"), (422, "SIGNATURE-UNKNOWN"), *_UNREAD, *_RULES,
    ),
    ("get", "/endorsements"): (*_UNREAD, *_RULES),
    ("get", "/endorsements/{endorsement}"): ((404, "ENDORSEMENT-UNKNOWN"), *_UNREAD, *_RULES),
    ("get", "/storage-requests"): _UNREAD,
    ("get", "/storage-requests/{request}"): ((404, "DECLARATION-UNKNOWN"), *_UNREAD),
    ("post", "/valuations"): (
        (404, "ID-FORM"), (422, "UNKNOWN_ROOT"), (422, "PARTY-UNKNOWN"), *_RULES,
        *((422, f"VALUATION-{why}") for why in _VALUATION),
    ),
    ("get", "/valuations"): (*_ID, *_RULES),
    ("get", "/valuations/{evidence}/act"): (
        (404, "VALUATION-UNKNOWN"), (404, "FACILITY_UNKNOWN"), (404, "GOODS_TERMS_MISSING"),
        (409, "VALUATION-SUPERSEDED"), (409, "VALUATION-ACT"), *((409, f"VALUATION-{why}") for why in _VALUATION),
        *_UNREAD, *_RULES,
    ),
    ("post", "/stock/feeds"): (
        (401, "SIGNATURE-MISSING"), (403, "KEEPER-SUSPENDED"), (404, "KEEPER-UNKNOWN"),
    ),
    ("get", "/stock"): _RULES,
    ("get", "/stock/differences"): _RULES,
    ("post", "/declarations/prepare"): _FIELDS,
    ("post", "/declarations"): _DECLARED,
    ("get", "/declarations/{declaration}"): ((404, "DECLARATION-UNKNOWN"),),
    ("post", "/titles/{title}/claims"): (*_ID, *_DECLARED),
    ("get", "/titles/{title}/claims"): (*_ID, (404, "UNKNOWN_TITLE"), *_UNREAD),
    ("get", "/titles/{title}/priority"): (*_ID, (404, "UNKNOWN_TITLE"), (422, "AMOUNT-FORM"), *_UNREAD),
    **{("get", path): (*_UNREAD, *_RULES) for path in ("/exposures", "/ladder", "/overdue", "/stops")},
    ("get", "/programmes"): _UNREAD,
    ("get", "/parties/{party}/standing"): ((404, "PARTY-UNKNOWN"), *_UNREAD),
    ("get", "/offers-of-finance"): (*_ID, (404, "UNKNOWN_TITLE"), (422, "AMOUNT-FORM"), *_UNREAD, *_RULES),
    ("post", "/offers-of-finance/{offer}/choose"): (
        (404, "UNKNOWN_TITLE"), (404, "OFFER-UNKNOWN"), (422, "OFFER-UNFIT"), (409, "COMPARISON-MOVED"),
        (422, "AMOUNT-FORM"), *_DECLARED,
    ),
    ("get", "/facilities/{facility}/drawdowns/{loan}/loop"): (
        *_ID, (404, "FACILITY_UNKNOWN"), (404, "PRODUCT-UNDECLARED"),
    ),
    ("post", "/reconciliations"): (
        (422, "CLOSE-SCOPE"), (422, "DAY-AHEAD"), (422, "DAY-FORM"), (409, "DAY-CLOSED"), (422, "STATEMENT-BANK"),
        (422, "STATEMENT-NONE"), (422, "STATEMENT-UNUSABLE"), (503, "CHAIN-MOVED"), (503, "NODE-BEHIND"),
        (503, "INDEX-EMPTY"), (422, "AS-OF-COST"), (503, "AS-OF-BUSY"), *_NODE,
    ),
    ("get", "/day-ends/{day}"): _DAY,
    ("get", "/day-ends/{day}/{file}"): (*_DAY, (404, "FILE-UNKNOWN")),
    ("get", "/reconciliations/{run}"): ((404, "RECONCILIATION-UNKNOWN"),),
    ("get", "/differences"): ((422, "DAY-FORM"),),
    ("get", "/differences/{difference}"): ((404, "DIFFERENCE-UNKNOWN"),),
    ("post", "/differences/{difference}/assign"): ((404, "DIFFERENCE-UNKNOWN"), (409, "DIFFERENCE-CLOSED")),
    ("post", "/differences/{difference}/close"): ((404, "DIFFERENCE-UNKNOWN"), (409, "DIFFERENCE-CLOSED")),
    ("post", "/webhooks"): ((403, "WEBHOOK-ADDRESS"), (409, "WEBHOOKS-FULL")),
    ("get", "/webhooks/{webhook}"): ((404, "WEBHOOK-UNKNOWN"),),
    ("delete", "/webhooks/{webhook}"): ((404, "WEBHOOK-UNKNOWN"),),
    ("get", "/webhooks/{webhook}/deliveries"): ((404, "WEBHOOK-UNKNOWN"),),
    ("get", "/verify/{certificate}"): (*_ID, (404, "BLOCK-UNKNOWN"), (503, "CHAIN-MOVED"), *_NODE),
    ("get", "/health"): _NODE,
}  # fmt: skip
_WRITE: _Refusals = (
    (400, "IDEMPOTENCY-KEY"), (422, "IDEMPOTENCY-KEY"), (409, "IDEMPOTENCY-IN-FLIGHT"),
)  # fmt: skip


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """The application's `openapi`: made once, when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    return openapi


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes,
        description="Refusals are problem+json (RFC 9457) and name the rule. Amounts are decimal text.",
    )  # fmt: skip
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Refused"] = Refused.model_json_schema()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operation["responses"].pop("422", None)
            names = {each["name"] for each in operation.get("parameters", ()) if not _is_a_day(each)}
            rules = _OWN.get((method, path), ())
            for status, found in _by_status([*rules, *_usual(names, "requestBody" in operation)]):
                operation["responses"][str(status)] = _response(status, found)
    return document


def _is_a_day(parameter: Mapping[str, Any]) -> bool:
    """A rule is asked for as of a day, of whatever time: no block has to have been read."""
    forms = parameter["schema"].get("anyOf", [parameter["schema"]])
    return any(each.get("format") == "date" for each in forms)


def _usual(names: set[str], has_body: bool) -> Iterator[tuple[int, str]]:
    yield 503, "DATABASE-UNREACHABLE"
    if names or has_body:
        yield 422, "BODY-INVALID"
    if has_body:
        yield 400, "REQUEST-INVALID"
    if "cursor" in names:
        yield 404, "CURSOR-UNKNOWN"
    if "as_of" in names:
        yield from _AS_OF
    if "Idempotency-Key" in names:
        yield from _WRITE


def _by_status(rules: Iterable[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    found: dict[int, list[str]] = {}
    for status, rule in rules:
        found.setdefault(status, []).append(rule)
    yield from sorted(found.items())


def _response(status: int, rules: list[str]) -> dict[str, Any]:
    examples = {
        rule: {
            "value": {
                "type": f"urn:tallystick:rule:{rule}", "title": SENTENCES[rule], "status": status, "rule": rule
            }
        }
        for rule in sorted(set(rules))
    }  # fmt: skip
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Refused"}, "examples": examples}}
    return {"description": "Refused: " + ", ".join(examples), "content": content}
