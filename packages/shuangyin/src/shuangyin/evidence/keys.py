"""The log's signing keys: one Ed25519 and one SM2, made at first start, wrapped at rest."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from evidencelog.keys import Signer, generate_signer, parse_skey
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import MAIN_LOG, LogHead, LogKey

INSTALLATION = "installation"
"""The log belongs to the installation, not to one organization; its keys are wrapped under this name."""

ALGORITHMS = ("ed25519", "sm2")


def load_signers(work: UnitOfWork, origin: str) -> tuple[Signer, ...]:
    """The private keys, Ed25519 first; makes them when the log has none yet (in a write transaction)."""
    rows = {row.algorithm: row for row in work.session.scalars(select(LogKey).where(_of(origin)))}
    if not rows:
        rows = {algorithm: _make(work, origin, algorithm) for algorithm in ALGORITHMS}
    return tuple(_open(work, rows[algorithm]) for algorithm in ALGORITHMS)


def public_keys(work: UnitOfWork, log_id: int = MAIN_LOG) -> list[str]:
    """The public keys of the log in their text form, Ed25519 first; empty before its first entry."""
    origin = work.session.scalar(select(LogHead.origin).where(LogHead.id == log_id))
    if origin is None:
        return []
    return list(work.session.scalars(select(LogKey.vkey).where(_of(origin)).order_by(LogKey.algorithm)))


def _of(origin: str) -> ColumnElement[bool]:
    # A key's text form begins with its name, which for a log is its origin.
    return LogKey.vkey.startswith(f"{origin}+", autoescape=True)


def _make(work: UnitOfWork, origin: str, algorithm: str) -> LogKey:
    signer = generate_signer(origin, algorithm)
    vkey = signer.verifier.vkey
    wrapped = work.keyring.wrap(INSTALLATION, f"log-key:{vkey}", signer.skey.encode())
    row = LogKey(vkey=vkey, algorithm=algorithm, wrapped=wrapped, created_at=work.now)
    work.session.add(row)
    return row


def _open(work: UnitOfWork, row: LogKey) -> Signer:
    return parse_skey(work.keyring.unwrap(INSTALLATION, f"log-key:{row.vkey}", row.wrapped).decode())
