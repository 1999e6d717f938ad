"""Where a command's private key is: in a file, in a PKCS#11 token, or in a device with the interface SDF."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gmseal.cli.console import FILE, ask_password, read_certificate_file, read_input, read_password
from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.ses.signature import SealSigner
    from gmseal.sm.keys import PrivateKey, Signer

# What a command does not need is imported inside it: `gmseal verify` must start quickly.


def load_private_key(path: Path, password_file: Path | None) -> "PrivateKey":
    """A private key; asks for the password when the key wants one and no file was named."""
    from gmseal.sm.keys import PrivateKey  # noqa: PLC0415 - see above

    data, password = read_input(path, "private key"), read_password(password_file)
    if password is None and b"BEGIN ENCRYPTED PRIVATE KEY" in data:
        password = ask_password(f"Password of {path}")
    return PrivateKey.from_pkcs8(data, password)


@dataclass(frozen=True, slots=True)
class KeySource:
    """What was asked for on the command line; ``secret`` is the PIN once it was read."""

    key: Path | None
    password_file: Path | None
    pkcs11: Path | None = None
    token: str | None = None
    key_label: str | None = None
    sm2_mechanism: str | None = None
    sdf: Path | None = None
    key_index: int | None = None
    pin_file: Path | None = None
    secret: bytes | None = field(default=None, repr=False)

    @property
    def in_device(self) -> bool:
        """Whether the key stays in a token or a device."""
        return self.pkcs11 is not None or self.sdf is not None

    def signer(self) -> "Signer":
        """Ready to sign with SM2. Raises ``Refused`` (``OPTION``) and what opening file or device raises."""
        if not self.in_device:
            return load_private_key(self.file("This"), self.password_file)
        if self.key is not None or (self.pkcs11 is not None and self.sdf is not None):
            raise Refused("OPTION", "A key is in a file, or in a token (--pkcs11), or in a device (--sdf).")
        return self._of_token(self.pkcs11) if self.pkcs11 is not None else self._of_device()

    def file(self, what: str) -> Path:
        """The key's file. Raises ``Refused`` (``OPTION``) when there is none."""
        if self.key is None or self.in_device:
            raise Refused("OPTION", f"{what} needs a key in a file.")
        return self.key

    def with_secret(self) -> "KeySource":
        """The same with its PIN read, for processes that have no terminal."""
        return replace(self, secret=self._pin()) if self.in_device else self

    def _pin(self) -> bytes:
        return self.secret or read_password(self.pin_file) or ask_password("PIN of the device")

    def _of_token(self, module: Path) -> "Signer":
        from gmseal.keystore_pkcs11 import Pkcs11KeyStore, Pkcs11Token, Sm2Mechanisms  # noqa: PLC0415 - an extra

        if self.token is None or self.key_label is None or self.sm2_mechanism is None:
            raise Refused("OPTION", "--pkcs11 needs --token, --key-label and --sm2-mechanism.")
        try:
            mechanism = int(self.sm2_mechanism, 0)
            pin = self._pin().decode("utf-8")
        except ValueError as error:
            raise Refused(
                "OPTION", "--sm2-mechanism is a number such as 0x80000A01, the PIN is text."
            ) from error
        store = Pkcs11KeyStore(Pkcs11Token(_library(module), self.token, pin), Sm2Mechanisms(mechanism))
        return store.signer(self.key_label)

    def _of_device(self) -> "Signer":
        from gmseal.keystore_sdf import SdfDevice, SdfKey, SdfKeyStore  # noqa: PLC0415 - see above

        if self.key_index is None or self.sdf is None:
            raise Refused("OPTION", "--sdf needs --key-index.")
        key = SdfKey(self.key_index, self._pin())
        store = SdfKeyStore(SdfDevice(_library(self.sdf)), {"key": key})
        store.prove("key")
        return store.signer("key")


def _library(path: Path) -> Path:
    """A file that is there, or a name that the system looks up."""
    return path.resolve() if path.exists() else path


@dataclass(frozen=True, slots=True)
class SealInDevice:
    """A seal whose key is in a device, for processes that each open it once."""

    seal: Path
    certificate: Path
    key: KeySource

    def __call__(self) -> "SealSigner":
        """Ready to sign. Raises as ``SealSigner`` and the device do."""
        from gmseal.ses.signature import SealSigner  # noqa: PLC0415 - see above

        return SealSigner(
            read_input(self.seal, "seal"), read_certificate_file(self.certificate), self.key.signer()
        )


def key_options(name: str, what: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command ``--name FILE`` and the options for devices; hands them over as ``name``."""
    parameter = name.replace("-", "_")
    options = (
        click.option(f"--{name}", parameter, type=FILE, help=f"{what}: a file (PKCS#8)."),
        click.option("--password-file", type=FILE, help="Password of the key."),
        click.option("--pkcs11", type=FILE, help="Or a key in a token: the maker's PKCS#11 library."),
        click.option("--token", help="PKCS#11: label of the token."),
        click.option("--key-label", help="PKCS#11: label of the key."),
        click.option(
            "--sm2-mechanism", help="PKCS#11: the maker's number for signing with SM2 (0x80000A01)."
        ),
        click.option("--sdf", type=FILE, help="Or a key in a device: the maker's SDF library (GM/T 0018)."),
        click.option("--key-index", type=click.IntRange(min=1), help="SDF: number of the key in the device."),
        click.option("--pin-file", type=FILE, help="PIN of the token, or password of the device's key."),
    )

    def give(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_key(**values: Any) -> None:
            own = {one.name: values.pop(one.name) for one in fields(KeySource) if one.name in values}
            own["key"] = values.pop(parameter) if parameter != "key" else own["key"]
            command(**{parameter: KeySource(**own)}, **values)

        given = with_key
        for option in reversed(options):
            given = option(given)
        return given

    return give
