"""Decisions about sealing on plain values."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass

from shuangyin.core.text import Text

TOKEN_LENGTH = 22
MAX_URL = 52
"""More characters would need a QR code with smaller modules than a 12 mm symbol can print."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a request cannot be sealed now: a stable code and a sentence that says what to do."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class RequestState:
    """What counts of a request before it is sealed. Bindings are SM3 digests of what was approved."""

    status: str
    medium: str
    binding: str | None
    current_binding: str
    route_binding: str | None


@dataclass(frozen=True, slots=True)
class SealState:
    """What counts of a seal before it seals. Times in UTC milliseconds."""

    status: str
    valid_from: int | None
    valid_until: int | None


def object_to_request(request: RequestState) -> Objection | None:
    """Invariant 1: a signature exists only for an approved request, for exactly what was approved."""
    if request.status != "approved":
        return Objection(
            "REQUEST_NOT_APPROVED",
            Text(
                "申请不在已批准状态，不能用印。请刷新后查看。",
                "The request is not in the state of approved and cannot be sealed. Reload and see where it stands.",
            ),
        )
    if request.medium != "electronic":
        return Objection(
            "REQUEST_IS_PHYSICAL",
            Text("该申请须用实体印章。", "This request asks for a physical seal."),
        )
    if request.binding is None or not request.binding == request.current_binding == request.route_binding:
        return Objection(
            "BINDING_CHANGED",
            Text(
                "申请内容与批准时不一致，已停止用印。请退回后重新提交审批。",
                "The request differs from what was approved; nothing was sealed. Send it back and submit it anew.",
            ),
        )
    return None


def object_to_seal(seal: SealState, at: int) -> Objection | None:
    """Invariant 2: the seal is in force at that instant."""
    started = seal.valid_from is None or seal.valid_from <= at
    ended = seal.valid_until is not None and at > seal.valid_until
    if seal.status == "in_force" and started and not ended:
        return None
    return Objection(
        "SEAL_NOT_IN_FORCE",
        Text(
            "印章已停用、失效或不在有效期内，不能用印。请联系印章管理员。",
            "The seal is suspended, ended or outside its validity. Ask whoever manages the seals.",
        ),
    )


def object_to_presser(
    presser_id: str, *, high_risk: bool, applicant_id: str, final_approver_ids: Collection[str]
) -> Objection | None:
    """Invariant 4: for a high-risk use applicant, final approver and presser are three persons."""
    if high_risk and (presser_id == applicant_id or presser_id in final_approver_ids):
        return Objection(
            "DUTIES_NOT_SEPARATE",
            Text(
                "高风险用印的申请人、最终审批人与盖章人须为不同的人。请由其他保管人盖章。",
                "For a high-risk use the applicant, the final approver and the presser are different persons.",
            ),
        )
    return None


def verification_url(public_url: str, token: str) -> str:
    """The address of the public check of one use."""
    return f"{public_url.rstrip('/')}/v/{token}"


def is_token(text: str) -> bool:
    """Whether a text has the form of a token; every token has it, so this tells nothing about which exist."""
    return _TOKEN.fullmatch(text) is not None


def token_digest(token: str) -> str:
    """What a token is looked up by."""
    return hashlib.new("sm3", token.encode()).hexdigest()
