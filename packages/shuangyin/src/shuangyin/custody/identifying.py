"""Who shows himself at a request: the caller, or a second person beside him on the same device."""

from __future__ import annotations

from fastapi import Request

from shuangyin.core.actor import Actor
from shuangyin.core.platform import Platform
from shuangyin.custody import errors
from shuangyin.custody.schemas import OpeningConfirmation
from shuangyin.people.commands.confirm_identity import Confirmed, confirm_other, confirm_own
from shuangyin.people.schemas import Method

ACT = "custody.confirm"
"""The act that a passkey, a message or a face confirms in custody; the subject is the opening, loan or hand-over."""


_OF_OTHERS: dict[str, Method] = {"totp": "totp", "recovery_code": "recovery_code"}


def shown_by(
    platform: Platform, actor: Actor, request: Request, body: OpeningConfirmation, subject: str
) -> Confirmed:
    """The person whose factor was shown: with account and password the second person on this device.

    With the password alone one confirms oneself by two factors, as requests can ask (`controls.second_factor`). A
    passkey, a message or a face was asked for with `custody.confirm` and the id of what is confirmed; they are one's own,
    on one's own sign-in: the second person on this device gives a code. Raises Invalid (OTHER_PERSONS_METHOD).
    """
    if body.account is not None and body.password is not None:
        method = _OF_OTHERS.get(body.method)
        if method is None:
            raise errors.other_persons_method()
        return confirm_other(
            platform,
            actor,
            account=body.account,
            password=body.password,
            method=method,
            code=body.code,
            address=request.client.host if request.client else "",
        )
    return confirm_own(
        platform,
        actor,
        method=body.method,
        code=body.code,
        password=body.password,
        bound_to=(ACT, subject),
    )
