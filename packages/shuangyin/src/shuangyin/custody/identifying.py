"""Who shows himself at a request: the caller, or a second person beside him on the same device."""

from __future__ import annotations

from fastapi import Request

from shuangyin.core.actor import Actor
from shuangyin.core.platform import Platform
from shuangyin.custody.schemas import OpeningConfirmation
from shuangyin.people.commands.confirm_identity import Confirmed, confirm_other, confirm_own


def shown_by(platform: Platform, actor: Actor, request: Request, body: OpeningConfirmation) -> Confirmed:
    """The person whose factor was shown: with account and password the second person on this device.

    With the password alone one confirms oneself by two factors, as requests can ask (`controls.second_factor`).
    """
    if body.account is not None and body.password is not None:
        return confirm_other(
            platform,
            actor,
            account=body.account,
            password=body.password,
            method=body.method,
            code=body.code,
            address=request.client.host if request.client else "",
        )
    return confirm_own(platform, actor, method=body.method, code=body.code, password=body.password)
