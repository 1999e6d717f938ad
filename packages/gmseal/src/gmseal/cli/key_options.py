"""Where a command's private key is: in a file, in a PKCS#11 token, or in a device with the interface SDF."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gmseal.cli.console import FILE, ask_password, read_input, read_password
from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.keystore_pkcs11 import Pkcs11Token
    from gmseal.pdf.signatures.pades import PadesKey
    from gmseal.sm.keys import PrivateKey, Signer

# What a command does not need is imported inside it: `gmseal verify` must start quickly.


def load_private_key(path: Path, password_file: Path | None, password: bytes | None = None) -> "PrivateKey":
    """A private key; asks for the password when the key wants one, and none was given nor a file named."""
    from gmseal.sm.keys import PrivateKey  # noqa: PLC0415 - see above

    password = password or password_of(path, password_file)
    return PrivateKey.from_pkcs8(read_input(path, "private key"), password)


def load_pades_key(path: Path, password_file: Path | None, password: bytes | None = None) -> "PadesKey":
    """As ``load_private_key``, for an RSA or ECDSA key."""
    from gmseal.pdf.signatures.pades import LoadedKey  # noqa: PLC0415 - see above

    password = password or password_of(path, password_file)
    return LoadedKey.read(read_input(path, "private key"), password)


def password_of(path: Path, password_file: Path | None) -> bytes | None:
    """The password of a key: from its file, from the terminal when the key wants one, or None."""
    password = read_password(password_file)
    if password is None and b"BEGIN ENCRYPTED PRIVATE KEY" in read_input(path, "private key"):
        password = ask_password(f"Password of {path}")
    return password


@dataclass(frozen=True, slots=True)
class KeySource:
    """What was asked for on the command line; ``secret`` is the PIN, or the key's password, once it was read."""

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
            return load_private_key(self.file("This"), self.password_file, self.secret)
        if self.key is not None or (self.pkcs11 is not None and self.sdf is not None):
            raise Refused("OPTION", "A key is in a file, or in a token (--pkcs11), or in a device (--sdf).")
        return self._of_token(self.pkcs11) if self.pkcs11 is not None else self._of_device()

    def pades_key(self) -> "PadesKey":
        """An RSA or ECDSA key, ready to sign. Raises as ``signer``."""
        if self.sdf is not None:
            raise Refused("OPTION", "Devices with the interface SDF sign with SM2; PAdES needs RSA or ECDSA.")
        if self.pkcs11 is None:
            return load_pades_key(self.file("PAdES"), self.password_file, self.secret)
        if self.key is not None:
            raise Refused("OPTION", "A key is in a file, or in a token (--pkcs11).")
        if self.token is None or self.key_label is None:
            raise Refused("OPTION", "A PAdES key in a token needs the token's label and the key's.")
        from gmseal.keystore_pkcs11 import Pkcs11PadesKeys  # noqa: PLC0415 - an extra

        return Pkcs11PadesKeys(self._opened_token(self.pkcs11, self.token)).signer(self.key_label)

    def file(self, what: str) -> Path:
        """The key's file. Raises ``Refused`` (``OPTION``) when there is none."""
        if self.key is None or self.in_device:
            raise Refused("OPTION", f"{what} needs a key in a file.")
        return self.key

    def with_secret(self) -> "KeySource":
        """The same with its PIN or password read, for processes that have no terminal."""
        if self.in_device:
            return replace(self, secret=self._pin())
        return self if self.key is None else replace(self, secret=password_of(self.key, self.password_file))

    def _pin(self) -> bytes:
        return self.secret or read_password(self.pin_file) or ask_password("PIN of the device")

    def _of_token(self, module: Path) -> "Signer":
        from gmseal.keystore_pkcs11 import Pkcs11KeyStore, Sm2Mechanisms  # noqa: PLC0415 - an extra

        if self.token is None or self.key_label is None or self.sm2_mechanism is None:
            raise Refused("OPTION", "--pkcs11 needs --token, --key-label and --sm2-mechanism.")
        try:
            mechanism = int(self.sm2_mechanism, 0)
        except ValueError as error:
            raise Refused("OPTION", "--sm2-mechanism is a number such as 0x80000A01.") from error
        token = self._opened_token(module, self.token)
        return Pkcs11KeyStore(token, Sm2Mechanisms(mechanism)).signer(self.key_label)

    def _opened_token(self, module: Path, label: str) -> "Pkcs11Token":
        from gmseal.keystore_pkcs11 import Pkcs11Token  # noqa: PLC0415 - an extra

        try:
            token = Pkcs11Token(_library(module), label, self._pin().decode("utf-8"))
        except UnicodeDecodeError as error:
            raise Refused("OPTION", "The PIN of a token is text.") from error
        command = click.get_current_context(silent=True)
        if command is not None:
            # Nobody is left logged in to the token when the command is done; a process of a batch ends with its work.
            command.call_on_close(token.close)
        return token

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
