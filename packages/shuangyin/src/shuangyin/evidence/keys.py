"""The log's signing keys: one Ed25519 and one SM2, made at first start, wrapped at rest."""

from __future__ import annotations

from sqlalchemy import select

from evidencelog.keys import Signer, generate_signer, parse_skey
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import LogKey

INSTALLATION = "installation"
"""The log belongs to the installation, not to one organization; its keys are wrapped under this name."""

ALGORITHMS = ("ed25519", "sm2")


def load_signers(work: UnitOfWork, origin: str) -> tuple[Signer, ...]:
    """The private keys, Ed25519 first; makes them when the log has none yet (in a write transaction)."""
    rows = {row.algorithm: row for row in work.session.scalars(select(LogKey))}
    if not rows:
        rows = {algorithm: _make(work, origin, algorithm) for algorithm in ALGORITHMS}
    return tuple(_open(work, rows[algorithm]) for algorithm in ALGORITHMS)


def public_keys(work: UnitOfWork) -> list[str]:
    """The public keys in their text form, Ed25519 first."""
    return list(work.session.scalars(select(LogKey.vkey).order_by(LogKey.algorithm)))


def _make(work: UnitOfWork, origin: str, algorithm: str) -> LogKey:
    signer = generate_signer(origin, algorithm)
    vkey = signer.verifier.vkey
    wrapped = work.keyring.wrap(INSTALLATION, f"log-key:{vkey}", signer.skey.encode())
    row = LogKey(vkey=vkey, algorithm=algorithm, wrapped=wrapped, created_at=work.now)
    work.session.add(row)
    return row


def _open(work: UnitOfWork, row: LogKey) -> Signer:
    return parse_skey(work.keyring.unwrap(INSTALLATION, f"log-key:{row.vkey}", row.wrapped).decode())
