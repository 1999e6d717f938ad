"""Idempotency keys: the answer of a command is kept seven days and given again for the same key and payload."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import String, Text, delete
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base
from shuangyin.core.errors import Conflict, Invalid
from shuangyin.core.unit_of_work import UnitOfWork

KEEP_MS = 7 * 24 * 3600 * 1000
MAX_KEY_LENGTH = 128


class IdempotencyRecord(Base):
    """One answered command, by caller and key."""

    __tablename__ = "idempotency_record"

    caller: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(MAX_KEY_LENGTH), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer the first try was given."""

    status: int
    body: object


def stored_answer(work: UnitOfWork, caller: str, key: str, fingerprint: str) -> StoredAnswer | None:
    """The earlier answer for this key, None when there is none. Raises Conflict for another payload."""
    if not key or len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise Invalid(
            "IDEMPOTENCY_KEY_MALFORMED",
            f"Idempotency-Key 须为 1 至 {MAX_KEY_LENGTH} 个可见字符。",
            f"Idempotency-Key must be 1 to {MAX_KEY_LENGTH} printable characters.",
        )
    record = work.session.get(IdempotencyRecord, (caller, key))
    if record is None or record.created_at < work.now - KEEP_MS:
        return None
    if record.fingerprint != fingerprint:
        raise Conflict(
            "IDEMPOTENCY_MISMATCH",
            "同一幂等键已用于另一内容的请求，请换用新的 Idempotency-Key。",
            "This Idempotency-Key was used for another payload. Use a new key.",
        )
    return StoredAnswer(record.status, json.loads(record.body))


def store_answer(
    work: UnitOfWork, caller: str, key: str, fingerprint: str, status: int, body: object
) -> None:
    """Keep an answer with the transaction that it answers for, and drop those past their time."""
    work.session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at < work.now - KEEP_MS))
    work.session.add(
        IdempotencyRecord(
            caller=caller,
            key=key,
            fingerprint=fingerprint,
            status=status,
            body=json.dumps(body, ensure_ascii=False),
            created_at=work.now,
        )
    )
