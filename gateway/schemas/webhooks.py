"""Webhooks over HTTP."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import Body, Shown, with_example
from gateway.services.webhooks import Kind


class WebhookBody(Body):
    """Where to send what happens from now on."""

    model_config = with_example(
        url="https://erp.example.com/tallystick", events=["title.moved", "loan.paid_out"]
    )

    url: str = Field(
        max_length=2_000,
        pattern=r"^https?://[^\x00-\x20\x7f]+$",
        description="https, at a public address; http only to networks that the operator opened",
        examples=["https://erp.example.com/tallystick"],
    )
    events: list[Kind] = Field(default=[], max_length=100, description="kinds to be told of; none: all")


class Webhook(Shown):
    """A sink, and how it does."""

    webhook: str
    url: str
    events: list[str]
    created_at: int = Field(description="seconds since 1970")
    stopped_at: int | None = Field(description="the sink answered 410: nothing more is sent")
    pending: int = Field(description="messages it does not have yet")
    failures: int = Field(description="one after another, until now")


class NewWebhook(Shown):
    """A sink, and the secret its messages are signed with: told here and never again."""

    webhook: str
    url: str
    events: list[str]
    created_at: int
    secret: str = Field(description="whsec_ and base64, as Standard Webhooks writes it")


class Webhooks(Shown):
    """A page of sinks."""

    webhooks: list[Webhook]
    next: str | None


class Forgotten(Shown):
    """A sink that is told no more."""

    webhook: str


class Attempt(Shown):
    """One attempt to deliver."""

    at: int
    status: int | None = Field(description="of HTTP, when there was an answer")
    error: str


class Delivery(Shown):
    """A message and every attempt to deliver it."""

    message: str = Field(description="the webhook-id it goes under, the same at every attempt")
    kind: str
    body: str = Field(description="as it is sent, byte for byte")
    state: str = Field(description="pending, delivered or given up")
    next_at: int = Field(description="when it is tried again, if it is pending")
    attempts: list[Attempt]


class Deliveries(Shown):
    """A page of messages, oldest first."""

    deliveries: list[Delivery]
    next: str | None
