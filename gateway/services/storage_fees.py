"""A receipt's tariff applied: the same sum for the gateway that shows it and for the keeper that signs it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gateway.domain.calendar import iso
from gateway.domain.storage_fees import Tariff, periods_begun, storage_fee
from gateway.money import exponent, number_of, text
from gateway.schemas.storage import StorageTariff


@dataclass(frozen=True, slots=True)
class Storage:
    """What storage is reckoned from. `quantity`: decimal text of `unit`; ledger days, of which the last counts too."""

    tariff: StorageTariff
    quantity: str
    unit: str
    stored: int
    since: int
    day: int

    @property
    def days(self) -> int:
        """How many there are from `since` to `day`, 0 or more."""
        return max(0, self.day - self.since + 1)

    @property
    def periods(self) -> int:
        """How many of the tariff's begin in them, 0 or more."""
        return periods_begun(self._exact, self.stored, self.since, self.day)

    @property
    def fee(self) -> int:
        """Minor units of the tariff's currency, 0 or more."""
        return storage_fee(self._exact, Fraction(self.quantity), self.stored, self.since, self.day)

    @property
    def amount(self) -> str:
        """The fee as decimal text."""
        return text(self.fee, number_of(self.tariff.currency))

    def in_words(self) -> str:
        """How the amount is made: days × quantity × rate; or from when on anything is owed."""
        tariff = self.tariff
        if not self.days:
            return f"storage counts from {iso(self.since)} on, and it is {iso(self.day)}"
        begun = f"{self.periods} day(s)"
        if tariff.days > 1:
            begun = f"{self.periods} period(s) of {tariff.days} days"
        free = f", the first {tariff.free_days} day(s) of storage free" if tariff.free_days else ""
        return (
            f"{iso(self.since)} to {iso(self.day)}{free}: {begun} × {self.quantity} {self.unit} × {tariff.rate} "
            f"{tariff.currency} a {tariff.per} {self.unit} = {self.amount} {tariff.currency}"
        )

    @property
    def _exact(self) -> Tariff:
        tariff = self.tariff
        rate = Fraction(tariff.rate) * 10 ** exponent(tariff.currency)
        return Tariff(rate, Fraction(tariff.per), tariff.days, tariff.free_days)
