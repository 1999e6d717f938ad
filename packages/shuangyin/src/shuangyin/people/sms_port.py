"""The port of the people area for short messages. `connectors.sms` implements it, `app.py` joins the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

Template = Literal["code", "alarm"]
"""Which of the texts that the gateway holds a message is made of."""


class SmsProblem(Exception):
    """The gateway was not reached, refused the message, or answered nonsense. `code` is its own, for the log.

    `maybe_sent` says that it may have taken the message all the same: it was reached, and what it answered is no refusal.
    """

    def __init__(self, code: str, *, maybe_sent: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.maybe_sent = maybe_sent


class SmsGateway(Protocol):
    """Port: sends one message from a template that the gateway holds."""

    @property
    def available(self) -> bool:
        """Whether a gateway is set up at all."""
        ...

    @property
    def tells_alarms(self) -> bool:
        """Whether it holds a text for alarms."""
        ...

    def send(
        self, phone: str, parameters: Mapping[str, str], *, out_id: str, template: Template = "code"
    ) -> str:
        """Hand a message over; returns the gateway's receipt. Raises SmsProblem. `out_id` is ours, for its report."""
        ...


class NoSms:
    """`SmsGateway` where none is set up."""

    available = False
    tells_alarms = False

    def send(
        self, phone: str, parameters: Mapping[str, str], *, out_id: str, template: Template = "code"
    ) -> str:
        raise SmsProblem("NOT_CONFIGURED")
