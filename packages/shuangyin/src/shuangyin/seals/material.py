"""The secret side of electronic seals: keeping their material wrapped, and getting it ready to sign."""

from __future__ import annotations

from gmseal.errors import GmsealError
from gmseal.ses.seal import SealPicture, read_seal
from gmseal.ses.signature import SealSigner
from gmseal.sm.keys import PrivateKey
from gmseal.trust import TrustStore
from shuangyin.core.errors import Unavailable
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.models import ESealMaterial, Seal
from shuangyin.seals.trial_authority import trial_root


def keep_material(
    work: UnitOfWork, seal: Seal, *, seal_der: bytes, certificate: bytes, key: PrivateKey
) -> None:
    """Store an e-seal's structure, certificate and wrapped key, in this transaction."""
    wrapped = work.keyring.wrap(seal.organization_id, _context(seal.id), key.to_pkcs8_der())
    work.session.add(
        ESealMaterial(
            seal_id=seal.id,
            organization_id=seal.organization_id,
            seal_der=seal_der,
            certificate_der=certificate,
            wrapped_key=wrapped,
            created_at=work.now,
        )
    )


def has_material(work: UnitOfWork, seal: Seal) -> bool:
    """Whether an e-seal is made and can sign."""
    return work.session.get(ESealMaterial, seal.id) is not None


def sealing_material(work: UnitOfWork, seal: Seal) -> SealSigner:
    """The seal ready to sign. Raises Unavailable when it has no material or the material does not fit together."""
    row = _row(work, seal)
    key = work.keyring.unwrap(seal.organization_id, _context(seal.id), row.wrapped_key)
    try:
        return SealSigner(row.seal_der, row.certificate_der, PrivateKey.from_pkcs8(key))
    except GmsealError as error:
        raise _damaged() from error


def picture_of(work: UnitOfWork, seal: Seal) -> SealPicture:
    """The picture inside an e-seal. Raises Unavailable as `sealing_material`."""
    try:
        return read_seal(_row(work, seal).seal_der).picture
    except GmsealError as error:
        raise _damaged() from error


def certificate_of(work: UnitOfWork, seal: Seal) -> bytes:
    """The signer's certificate of an e-seal (DER)."""
    return _row(work, seal).certificate_der


def trust_of(work: UnitOfWork) -> TrustStore:
    """Whom this installation believes: the roots its operator named (GMSEAL_TRUST) and its own trial root."""
    named = _named_roots()
    own = trial_root(work)
    if own is None or own in named.roots:
        return named
    return TrustStore((*named.roots, own), named.intermediates)


def _named_roots() -> TrustStore:
    try:
        return TrustStore.from_environment()
    except GmsealError as error:
        raise Unavailable(
            "TRUST_UNREADABLE",
            "受信任根证书目录无法读取，请管理员检查 GMSEAL_TRUST。",
            "The folder of trusted roots cannot be read; the administrator must check GMSEAL_TRUST.",
        ) from error


def _row(work: UnitOfWork, seal: Seal) -> ESealMaterial:
    row = work.session.get(ESealMaterial, seal.id)
    if row is None:
        raise _damaged()
    return row


def _context(seal_id: str) -> str:
    return f"eseal:{seal_id}"


def _damaged() -> Unavailable:
    return Unavailable(
        "E_SEAL_DAMAGED",
        "电子印章数据缺失或不一致，请联系管理员从备份恢复。",
        "The material of this e-seal is missing or does not fit together. The administrator must restore it.",
    )
