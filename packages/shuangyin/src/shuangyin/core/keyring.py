"""Keys that encrypt what is at rest: one key-encryption key outside the database, one derived key per purpose."""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shuangyin.core.errors import Unavailable
from shuangyin.core.settings import Settings

KEY_BYTES = 16
_FORMAT_1 = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16


class Keyring:
    """Wraps small secrets (object keys, seal keys, TOTP secrets) with SM4-GCM.

    `context` names what is wrapped and for whom, such as ``totp:<person id>``; a value moved elsewhere in the
    database does not unwrap. Keys per organization are derived, so that one organization's values never unwrap
    under another's name.
    """

    def __init__(self, kek: bytes) -> None:
        if len(kek) != KEY_BYTES:
            raise Unavailable(
                "KEK_LENGTH", "主密钥必须为 16 字节。", "The key-encryption key must have 16 bytes."
            )
        self._kek = kek

    def organization_key(self, organization_id: str) -> bytes:
        """The organization's own key-encryption key: HMAC-SM3 of its id, cut to 16 bytes."""
        return hmac.new(self._kek, b"shuangyin/kek/" + organization_id.encode(), "sm3").digest()[:KEY_BYTES]

    def blind(self, purpose: str, value: str) -> str:
        """A keyed token by which an encrypted value can be found again; 64 hex digits."""
        return hmac.new(self._kek, f"shuangyin/blind/{purpose}/{value}".encode(), "sm3").hexdigest()

    def wrap(self, organization_id: str, context: str, secret: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = Cipher(algorithms.SM4(self.organization_key(organization_id)), modes.GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(context.encode())
        body = cipher.update(secret) + cipher.finalize()
        return _FORMAT_1 + nonce + body + cipher.tag

    def unwrap(self, organization_id: str, context: str, wrapped: bytes) -> bytes:
        """The secret again; raises Unavailable when the key is another one or the value was touched."""
        if len(wrapped) < 1 + _NONCE_BYTES + _TAG_BYTES or wrapped[:1] != _FORMAT_1:
            raise _cannot_unwrap()
        nonce = wrapped[1 : 1 + _NONCE_BYTES]
        body, tag = wrapped[1 + _NONCE_BYTES : -_TAG_BYTES], wrapped[-_TAG_BYTES:]
        cipher = Cipher(
            algorithms.SM4(self.organization_key(organization_id)), modes.GCM(nonce, tag)
        ).decryptor()
        cipher.authenticate_additional_data(context.encode())
        try:
            return cipher.update(body) + cipher.finalize()
        except (InvalidTag, ValueError) as error:
            raise _cannot_unwrap() from error


def _cannot_unwrap() -> Unavailable:
    return Unavailable(
        "KEY_CANNOT_UNWRAP",
        "密钥无法解开：主密钥不符或数据被改动。请由管理员核对主密钥文件。",
        "A key cannot be unwrapped: another key-encryption key, or altered data. The administrator must check it.",
    )


def load_keyring(settings: Settings) -> Keyring:
    """Read the key-encryption key from the environment or its file; make the file at first start.

    Raises Unavailable when the file is readable by others or malformed.
    """
    if settings.kek:
        return Keyring(_from_hex(settings.kek))
    path = settings.effective_kek_file
    if not path.exists():
        _create_key_file(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise Unavailable(
            "KEK_FILE_MODE",
            f"主密钥文件 {path} 权限过宽，请执行 chmod 600。",
            f"The key file {path} is readable by others; run chmod 600 on it.",
        )
    return Keyring(_from_hex(path.read_text().strip()))


def _create_key_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_bytes(KEY_BYTES).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Unavailable(
            "KEK_MALFORMED", "主密钥须为 32 位十六进制。", "The key-encryption key must be 32 hex digits."
        ) from error
