"""Keys in a PKCS#11 token: SoftHSM for ECDSA, and SoftHSM with a maker's mechanism added for SM2."""

import ctypes
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import gmssl_pyx
import pkcs11
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from software_token import LABEL, PIN

from gmseal.cli import app
from gmseal.errors import DeviceFailure, MalformedInput, NotFound, Refused
from gmseal.keystore import KeyStore
from gmseal.keystore_pkcs11 import P256, Pkcs11EcdsaKeys, Pkcs11KeyStore, Pkcs11Token, Sm2Mechanisms
from gmseal.sm.csr import read_request
from gmseal.sm.keys import DEFAULT_ID, Signer

OpenSsl = Callable[..., CompletedProcess[bytes]]
VENDOR_SM2 = 0x80000A01
ECDSA, MAKE_EC_PAIR = int(pkcs11.Mechanism.ECDSA), int(pkcs11.Mechanism.EC_KEY_PAIR_GEN)
WRONG_SIGNATURE, SHORT_SIGNATURE, REMOVED = 1, 2, 3


@pytest.fixture
def token(softhsm: Path) -> Iterator[Pkcs11Token]:
    """SoftHSM as it is: ECDSA, no SM2."""
    opened = Pkcs11Token(softhsm, LABEL, PIN)
    yield opened
    opened.close()


@pytest.fixture
def sm2_module(softhsm: Path, build_native: Callable[[str], Path]) -> Iterator[ctypes.CDLL]:
    """The module with SM2, to be told to misbehave."""
    loaded = ctypes.CDLL(str(build_native("pkcs11_sm2_token")))
    yield loaded
    loaded.sm2_token_misbehave(0)


@pytest.fixture
def store(sm2_module: ctypes.CDLL, build_native: Callable[[str], Path]) -> Iterator[Pkcs11KeyStore]:
    """A token of a maker that numbers SM2 as 80000A01."""
    opened = Pkcs11Token(build_native("pkcs11_sm2_token"), LABEL, PIN)
    yield Pkcs11KeyStore(opened, Sm2Mechanisms(VENDOR_SM2))
    opened.close()


def test_ecdsa_keys_sign_in_the_token(token: Pkcs11Token, openssl: OpenSsl) -> None:
    keys = Pkcs11EcdsaKeys(token)
    public = keys.generate("pades-1")
    signer = Pkcs11EcdsaKeys(token).signer("pades-1")
    assert signer.public_key == public
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    files = {"pub.pem": pem, "message": b"to be signed", "sig": signer.sign(b"to be signed")}
    verified = openssl("dgst", "-sha256", "-verify", "pub.pem", "-signature", "sig", "message", files=files)
    assert verified.returncode == 0, verified.stderr
    with pytest.raises(Refused) as refused:
        keys.generate("pades-1")
    assert refused.value.reason == "KEY_EXISTS"
    with pytest.raises(NotFound):
        keys.signer("pades-2")
    with pytest.raises(MalformedInput):
        keys.signer("../pades")


def test_keys_do_not_leave_the_token(token: Pkcs11Token, softhsm: Path) -> None:
    Pkcs11EcdsaKeys(token).generate("kept")
    token.close()
    session = pkcs11.lib(str(softhsm)).get_token(token_label=LABEL).open(user_pin=PIN)
    try:
        key = session.get_key(label="kept", object_class=pkcs11.ObjectClass.PRIVATE_KEY)
        assert key[pkcs11.Attribute.EXTRACTABLE] is False
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]
    finally:
        session.close()


def test_a_token_without_sm2_says_so(token: Pkcs11Token) -> None:
    assert MAKE_EC_PAIR in token.mechanisms()
    assert VENDOR_SM2 not in token.mechanisms()
    with pytest.raises(Refused) as refused:
        Pkcs11KeyStore(token, Sm2Mechanisms(VENDOR_SM2, generate=VENDOR_SM2 + 1)).generate("sm2-a")
    assert refused.value.reason == "MECHANISM"
    store = Pkcs11KeyStore(token, Sm2Mechanisms(VENDOR_SM2))
    store.generate("sm2-b")
    with pytest.raises(Refused) as at_signing:
        store.signer("sm2-b").sign(b"m")
    assert at_signing.value.reason == "MECHANISM"


def test_ecdsa_on_the_sm2_curve_is_not_taken_for_sm2(token: Pkcs11Token) -> None:
    """A wrong number in the settings: the token signs, but not what was asked for."""
    store = Pkcs11KeyStore(token, Sm2Mechanisms(ECDSA))
    store.generate("sm2-c")
    with pytest.raises(DeviceFailure) as failed:
        store.signer("sm2-c").sign(b"m")
    assert failed.value.reason == "DEVICE_SIGNATURE"
    with pytest.raises(Refused) as other_curve:
        Pkcs11EcdsaKeys(token).signer("sm2-c")
    assert other_curve.value.reason == "KEY_TYPE"


def test_sm2_by_a_makers_mechanism(store: Pkcs11KeyStore) -> None:
    port: KeyStore = store
    public = port.generate("seal-1")
    signer = port.signer("seal-1")
    assert isinstance(signer, Signer)
    assert signer.public_key == public
    assert gmssl_pyx.sm2_verify(public.point[1:], b"m", signer.sign(b"m"), DEFAULT_ID)
    port.forget("seal-1")
    assert public.verify(port.signer("seal-1").sign(b"again"), b"again")


@pytest.mark.parametrize("fault", [WRONG_SIGNATURE, SHORT_SIGNATURE])
def test_nothing_that_does_not_verify_leaves(
    store: Pkcs11KeyStore, sm2_module: ctypes.CDLL, fault: int
) -> None:
    store.generate(f"fault-{fault}")
    signer = store.signer(f"fault-{fault}")
    sm2_module.sm2_token_misbehave(fault)
    with pytest.raises(DeviceFailure) as failed:
        signer.sign(b"m")
    assert failed.value.reason == "DEVICE_SIGNATURE"


def test_a_removed_token_is_opened_again(store: Pkcs11KeyStore, sm2_module: ctypes.CDLL) -> None:
    public = store.generate("removed")
    signer = store.signer("removed")
    sm2_module.sm2_token_misbehave(REMOVED)
    for _ in range(2):
        with pytest.raises(DeviceFailure) as failed:
            signer.sign(b"m")
        assert failed.value.reason == "DEVICE_LOST"
    sm2_module.sm2_token_misbehave(0)
    assert public.verify(signer.sign(b"m"), b"m")


def test_a_refused_pin_is_not_tried_again(softhsm: Path) -> None:
    token = Pkcs11Token(softhsm, LABEL, "9999")
    for expected in ("refuses the PIN", "not tried again"):
        with pytest.raises(Refused, match=expected) as refused:
            token.mechanisms()
        assert refused.value.reason == "PIN"
        assert "9999" not in str(refused.value)


def test_several_keys_of_one_name_are_refused(token: Pkcs11Token, softhsm: Path) -> None:
    token.generate("twice", P256, MAKE_EC_PAIR)
    session = pkcs11.lib(str(softhsm)).get_token(token_label=LABEL).open(rw=True)
    try:
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC,
            {pkcs11.Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters("secp256r1")},
            local=True,
        )
        parameters.generate_keypair(store=True, label="twice", mechanism=pkcs11.Mechanism.EC_KEY_PAIR_GEN)
        with pytest.raises(Refused) as refused:
            Pkcs11EcdsaKeys(token).signer("twice")
        assert refused.value.reason == "KEY_AMBIGUOUS"
    finally:
        session.close()


def test_tokens_and_modules_that_are_not_there(softhsm: Path) -> None:
    with pytest.raises(NotFound):
        Pkcs11Token(softhsm, "another", PIN).mechanisms()
    for module in ("libnothing.so", "libc.so.6"):
        with pytest.raises(DeviceFailure) as failed:
            Pkcs11Token(Path(module), LABEL, PIN).mechanisms()
        assert failed.value.reason == "DEVICE_LIBRARY"


def test_threads_share_a_token(token: Pkcs11Token) -> None:
    keys = Pkcs11EcdsaKeys(token)
    keys.generate("shared")
    signer, made = keys.signer("shared"), list[bytes]()
    threads = [threading.Thread(target=lambda: made.append(signer.sign(b"m"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 6


def test_the_command_signs_in_the_token(
    store: Pkcs11KeyStore, build_native: Callable[[str], Path], tmp_path: Path
) -> None:
    public = store.generate("cli-1")
    (tmp_path / "pin").write_text(PIN)
    module, request = build_native("pkcs11_sm2_token"), tmp_path / "request.pem"
    options = [
        "--pkcs11",
        module,
        "--token",
        LABEL,
        "--sm2-mechanism",
        hex(VENDOR_SM2),
        "--pin-file",
        tmp_path / "pin",
    ]
    for label, status in (("cli-1", 0), ("cli-2", 2)):
        command = ["csr", request, "--name", "示例", "--key-label", label, *options]
        done = CliRunner().invoke(app, [str(part) for part in command])
        assert done.exit_code == status, done.output
    made = read_request(request.read_bytes())
    assert made.verify()
    assert made.public_key == public
