"""The port of the people area for short messages. `connectors.sms` implements it, `app.py` joins the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class SmsProblem(Exception):
    """The gateway was not reached, refused the message, or answered nonsense. `code` is its own, for the log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SmsGateway(Protocol):
    """Port: sends one message from a template that the gateway holds."""

    @property
    def available(self) -> bool:
        """Whether a gateway is set up at all."""
        ...

    def send(self, phone: str, parameters: Mapping[str, str], *, out_id: str) -> str:
        """Hand a message over; returns the gateway's receipt. Raises SmsProblem. `out_id` is ours, for its report."""
        ...


class NoSms:
    """`SmsGateway` where none is set up."""

    available = False

    def send(self, phone: str, parameters: Mapping[str, str], *, out_id: str) -> str:
        raise SmsProblem("NOT_CONFIGURED")
