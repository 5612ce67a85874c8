"""Configuration, parsed once, from the environment (`TALLYSTICK_…`) or given by whoever starts the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.domain.stock_feeds import Rhythms


class Settings(BaseSettings):
    """Where the gateway finds its database, its node, its deployment and its relayer's key."""

    model_config = SettingsConfigDict(env_prefix="TALLYSTICK_", extra="ignore")

    database_url: str = "sqlite:///tallystick.db"
    rpc_url: str = "http://127.0.0.1:8545"
    chain_id: int = 31_337
    deployment: Path = Path(".tallystick/deployment")
    relayer_key: Path = Path(".tallystick/relayer.json")
    relayer_password: str = ""
    finality_depth: int = 0
    batch_items: int = 100
    as_of_facts: int = 500_000
    """The most events that one question about the past may have folded."""
    webhook_networks: list[str] = []
    """Networks (CIDR) that are not public and that webhooks may lead to all the same; only there without TLS."""
    webhook_backoff_seconds: int = 5
    """After the first failure; doubled after each further one."""
    public_url: str = "http://127.0.0.1:8000"
    bank_keys: dict[str, str] = {}
    """BIC to the address where the bank publishes the key it signs its callbacks with."""
    warehouse_keys: dict[int, str] = {}
    """Keeper's party number to the address where it publishes the key it signs its messages with."""
    feed_rhythm_days: dict[int, Annotated[int, Field(ge=1, le=366)]] = {}
    """Keeper's party number to the days from one word to the next, where another rhythm than GI-55-feed's is agreed."""
    count_rhythm_days: dict[int, Annotated[int, Field(ge=1, le=366)]] = {}
    """Keeper's party number to the days from one count of a lot to the next, where another rhythm than GI-55-count's is
    agreed."""
    evidence_url: str = ""
    """Where the evidence service answers: it names vehicles and registers orders. Empty: neither is done here."""
    evidence_token: str = ""
    """What it asks of gateways that have vehicles named."""
    second_person_above: str = "100000.00"
    """Decimal text, in units of any currency: decisions about more money than this need a second person."""

    @property
    def rhythms(self) -> Rhythms:
        """The rhythms agreed with keepers."""
        return Rhythms(self.feed_rhythm_days, self.count_rhythm_days)
