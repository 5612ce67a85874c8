"""The lines of one invoice against its order and its receipts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from gateway.domain.matching_agreement import (
    AgreedLine,
    Agreement,
    Agreements,
    items_conflict,
    items_of,
    note,
    parties_agree,
    party_finding,
)
from gateway.domain.matching_identity import Sameness
from gateway.domain.matching_model import Decisions, LineMatch
from gateway.domain.matching_receipts import Receiving
from gateway.domain.matching_units import units_differ
from gateway.domain.matching_value import PartValue, agreed_value
from gateway.domain.trade import Line, TradeDocument, decimal_text, plain, round_half_up
from gateway.domain.trade_rules import Finding


@dataclass(slots=True)
class _Group:
    """Invoice lines about one order line at one tax rate; returns are set off against deliveries."""

    agreement: Agreement | None
    agreed: AgreedLine | None
    rate: Fraction | None
    lines: list[Line] = field(default_factory=list)
    blocked: bool = False

    @property
    def quantity(self) -> Fraction:
        return sum((line.quantity or Fraction(0) for line in self.lines), Fraction(0))

    @property
    def amount(self) -> int:
        return sum(line.amount or 0 for line in self.lines)


@dataclass(slots=True)
class MatchedLines:
    """What the lines of one invoice came to, the orders behind them, and what was found."""

    agreements: list[Agreement] = field(default_factory=list)
    matches: list[LineMatch] = field(default_factory=list)
    parts: list[PartValue] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    received: bool = False
    """Whether anything at all was received on an order line the invoice is about."""


class LineMatcher:
    """Matches the lines of one invoice and, if told to, uses up what was received for it."""

    def __init__(
        self,
        invoice: TradeDocument,
        agreements: Agreements,
        receiving: Receiving,
        decisions: Decisions,
        *,
        consume: bool,
    ) -> None:
        self._invoice = invoice
        self._agreements = agreements
        self._receiving = receiving
        self._decisions = decisions
        self._consume = consume
        self._orders: dict[str, Agreement | None] = {}
        self._opened: dict[int, bool] = {}
        self.result = MatchedLines()

    def match(self) -> MatchedLines:
        """Match every line."""
        groups: dict[object, _Group] = {}
        for line in self._invoice.lines:
            agreement = self._agreement(line)
            agreed = None
            if agreement is not None:
                agreement, agreed = self._locate(agreement, line)
            key: object = (id(agreed), line.rate) if agreed is not None else ("alone", line.id, id(line))
            group = groups.setdefault(key, _Group(agreement, agreed, line.rate))
            group.lines.append(line)
            group.blocked |= agreed is None or not self._line_fits(line, agreed)
        for group in groups.values():
            self._settle(group)
        return self.result

    def _tell(
        self, rule: str, field_name: str, message: str, expected: str = "", got: str = "", line: str = ""
    ) -> None:
        self.result.findings.append(note(self._invoice, rule, field_name, message, expected, got, line))

    def _agreement(self, line: Line) -> Agreement | None:
        """The order of a line, if parties and currency are its own; told once an order."""
        number = self._receiving.order_of(self._invoice, line)
        if number not in self._orders:
            self._orders[number] = self._find(number, line)
        return self._orders[number]

    def _find(self, number: str, line: Line) -> Agreement | None:
        """The order of that number, or the one that a person says is meant."""
        agreement = self._agreements.find(number or self._invoice.number, self._invoice)[0]
        if agreement is not None and not number and agreement.order is not None:
            agreement = None  # only an assumed order goes by its invoice's number
        decision = None if agreement else self._decisions.find("ORDER-MISSING", self._invoice.ref)
        if decision is not None and decision.chosen:
            agreement = self._agreements.chosen(decision.chosen, self._invoice)
            if agreement is None:
                self._decisions.lacking(decision, "chosen: the number of an order that is here")
        if agreement is None:
            missing = self._agreements.missing(self._invoice, number, "ORDER-MISSING", line.id)
            self.result.findings.append(replace(missing, line=""))
            return None
        return self._open(agreement)

    def _open(self, agreement: Agreement) -> Agreement | None:
        """The order, if its parties and its currency are the invoice's; looked at once."""
        if id(agreement) not in self._opened:
            self._opened[id(agreement)] = self._suits(agreement)
        return agreement if self._opened[id(agreement)] else None

    def _suits(self, agreement: Agreement) -> bool:
        sameness = parties_agree(agreement, self._invoice)
        found = party_finding(self._invoice, sameness, agreement.order)
        if found is not None:
            self.result.findings.append(found)
        if sameness is Sameness.DIFFERENT:
            return False
        if sameness is Sameness.UNPROVEN and not self._decisions.find("PARTY-UNPROVEN", self._invoice.ref):
            return False
        if agreement.currency != self._invoice.currency:
            message = f"the invoice is in another currency than order {agreement.number}"
            self._tell("CURRENCY", "currency", message, agreement.currency, self._invoice.currency)
            return False
        self.result.agreements.append(agreement)
        return True

    def _locate(self, agreement: Agreement, line: Line) -> tuple[Agreement | None, AgreedLine | None]:
        """The order line that a line is for, as it says itself or as a person said, and its order."""
        if agreement.order is None and not line.order_line:
            agreed = agreement.lines.get(line.id)  # an assumed order has the invoice's own line numbers
        else:
            agreed = agreement.locate(line)
        decision = None if agreed else self._decisions.find("LINE-UNMATCHED", self._invoice.ref, line.id)
        if decision is not None:
            order, _, number = decision.chosen.rpartition("#")
            chosen = self._agreements.chosen(order, self._invoice) if order else agreement
            chosen = None if chosen is None else self._open(chosen)
            agreed = None if chosen is None else chosen.line(number)
            if chosen is not None and agreed is not None:
                return chosen, agreed
            self._decisions.lacking(decision, "chosen: a line of an order that is here")
        if agreed is None:
            message = f"line {line.id} names no line of order {agreement.number} for certain"
            found = line.order_line or " / ".join(filter(None, (*items_of(line), line.description[:60])))
            self._tell("LINE-UNMATCHED", "order_line", message, "one order line", found or "none", line.id)
        return agreement, agreed

    def _line_fits(self, line: Line, agreed: AgreedLine) -> bool:
        """Item, unit and quantity of a line; False blocks all that is invoiced on its order line."""
        ref = self._invoice.ref
        fits = True
        if items_conflict(items_of(line), agreed.items):
            message = f"line {line.id} is for another item than order line {agreed.id}"
            expected, got = (" / ".join(filter(None, items)) for items in (agreed.items, items_of(line)))
            self._tell("ITEM", "item", message, expected, got, line.id)
            fits = self._decisions.find("ITEM", ref, line.id) is not None
        if line.quantity is None:
            self._tell("QUANTITY-MISSING", "quantity", f"line {line.id} states no quantity", line=line.id)
            return False
        if units_differ(line.unit, agreed.unit):
            message = f"line {line.id} counts in another unit than order line {agreed.id}"
            self._tell("UNIT", "unit", message, agreed.unit, line.unit, line.id)
            return False
        return fits

    def _settle(self, group: _Group) -> None:
        """What one group is worth; a net return or a blocked line is never worth more than nothing."""
        agreed, amount = group.agreed, group.amount
        if agreed is not None and agreed.received > 0:
            self.result.received = True
        if group.blocked or agreed is None or group.quantity <= 0:
            floor = min(0, amount)
            whole = floor == amount and not group.blocked
            self._add(group, PartValue(amount, floor, floor, group.rate, whole), Fraction(0))
            return
        price = self._price(group, agreed)
        if price is None:
            self._add(group, PartValue(amount, 0, 0, group.rate, False), Fraction(0))
            return
        available = agreed.available
        quantity = min(group.quantity, available)
        self._check_quantity(group, agreed, available)
        worth = agreed_value(price, agreed.consumed, quantity)
        invoiced = amount
        if quantity != group.quantity:
            invoiced = round_half_up(amount * quantity / group.quantity)
        payable = min(invoiced, worth)
        rate, same_rate = self._rate(group, agreed)
        whole = payable == amount and same_rate
        self._add(group, PartValue(amount, worth, payable, rate, whole), quantity)
        if self._consume:
            agreed.consumed += quantity

    def _price(self, group: _Group, agreed: AgreedLine) -> Fraction | None:
        """The agreed price of one unit; a person may accept the invoice's, higher or the only one."""
        ref, line = self._invoice.ref, group.lines[0]
        invoiced = Fraction(group.amount) / group.quantity
        scale = 10**self._invoice.exponent
        if agreed.price is None:
            message = f"the order states no price for line {agreed.id}"
            self._tell("PRICE-MISSING", "price", message, "a price", plain(invoiced / scale), line.id)
            return invoiced if self._decisions.find("PRICE-MISSING", ref, line.id) else None
        expected = round_half_up(agreed.price * group.quantity)
        if group.amount == expected or self._same_stated_price(group, agreed):
            return agreed.price
        above = group.amount > expected
        message = (
            f"line {line.id} is invoiced at {plain(invoiced / scale)}, "
            f"agreed at {plain(agreed.price / scale)}: "
            f"{decimal_text(group.amount, self._invoice.exponent)} instead of "
            f"{decimal_text(expected, self._invoice.exponent)}"
        )
        values = (plain(agreed.price / scale), plain(invoiced / scale))
        self._tell("PRICE" if above else "PRICE-BELOW", "price", message, *values, line.id)
        if above and self._decisions.find("PRICE", ref, line.id):
            return invoiced
        return agreed.price

    @staticmethod
    def _same_stated_price(group: _Group, agreed: AgreedLine) -> bool:
        """Equal bare prices whose amounts differ by no more than rounding are no other price."""
        prices = {line.unit_price / line.base_quantity for line in group.lines if line.unit_price is not None}
        near = abs(group.amount - round_half_up((agreed.price or 0) * group.quantity)) <= len(group.lines)
        return near and prices == {agreed.stated_price}

    def _check_quantity(self, group: _Group, agreed: AgreedLine, available: Fraction) -> None:
        line, invoiced = group.lines[0], group.quantity
        if invoiced > agreed.quantity - min(agreed.consumed, agreed.quantity):
            left = agreed.quantity - min(agreed.consumed, agreed.quantity)
            message = f"line {line.id} invoices more of order line {agreed.id} than was ordered and agreed"
            self._tell("OVER-ORDERED", "quantity", message, plain(left), plain(invoiced), line.id)
        if invoiced > available and agreed.received > 0:
            message = (
                f"line {line.id} invoices {plain(invoiced)} {group.lines[0].unit}, received and not yet "
                f"invoiced are {plain(available)}"
            )
            self._tell("OVER-INVOICED", "quantity", message, plain(available), plain(invoiced), line.id)
        elif invoiced > available:
            message = f"nothing of order line {agreed.id} was received"
            self._tell("NOT-RECEIVED", "quantity", message, plain(invoiced), "0", line.id)

    def _rate(self, group: _Group, agreed: AgreedLine) -> tuple[Fraction | None, bool]:
        """The lower of the ordered and the invoiced tax rate, and whether that is the invoiced one."""
        invoiced, ordered, line = group.rate, agreed.rate, group.lines[0]
        if invoiced is None or ordered is None or invoiced == ordered:
            return invoiced, True
        values = (f"{plain(ordered)} %", f"{plain(invoiced)} %")
        if invoiced < ordered:
            message = f"line {line.id} bears less tax than ordered"
            self._tell("TAX-BELOW", "tax rate", message, *values, line.id)
            return invoiced, True
        message = f"line {line.id} bears more tax than ordered"
        self._tell("TAX", "tax rate", message, *values, line.id)
        if self._decisions.find("TAX", self._invoice.ref, line.id):
            return invoiced, True
        return ordered, False

    def _add(self, group: _Group, part: PartValue, payable: Fraction) -> None:
        agreed, quantity = group.agreed, group.quantity
        self.result.parts.append(part)
        self.result.matches.append(
            LineMatch(
                order=group.agreement.number if group.agreement else "",
                order_line=agreed.id if agreed else "",
                invoice_lines=tuple(line.id for line in group.lines),
                unit=(agreed.unit if agreed else "") or group.lines[0].unit,
                ordered=agreed.quantity if agreed else None,
                received=max(Fraction(0), agreed.received - agreed.consumed) if agreed else Fraction(0),
                invoiced=None if any(line.quantity is None for line in group.lines) else quantity,
                payable=payable,
                agreed_price=agreed.price if agreed else None,
                invoiced_price=Fraction(group.amount) / quantity if quantity else None,
                invoiced_amount=part.invoiced,
                received_amount=part.received,
                amount=part.payable,
                rate=part.rate,
            )
        )
