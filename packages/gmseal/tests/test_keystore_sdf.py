"""Keys behind the interface of GM/T 0018, in a device of software that fails on demand."""

import ctypes
import threading
from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path

import gmssl_pyx
import pytest

from gmseal.errors import DeviceFailure, GmsealError, NotFound, Refused
from gmseal.keystore import KeyStore
from gmseal.keystore_sdf import SdfDevice, SdfKey, SdfKeyStore
from gmseal.sm.certificates import Name
from gmseal.sm.csr import make_request, read_request
from gmseal.sm.keys import DEFAULT_ID, Signer


class Fault(IntEnum):
    """As in sdf_stand_in.c."""

    NONE = 0
    CODE = 1
    WRONG_SIGNATURE = 2
    NO_SIGNATURE = 3
    LEFT_ALIGNED = 4
    ZERO_SIGNATURE = 5
    LOST = 6
    BAD_POINT = 7
    OTHER_BITS = 8
    ACCEPTS_ALL = 9


KEYS = {
    "seal": SdfKey(1, b"device password"),
    "other": SdfKey(2, b"other"),
    "shut": SdfKey(1, b"wrong password"),
    "missing": SdfKey(7, b""),
}


@pytest.fixture
def library(build_native: Callable[[str], Path]) -> Iterator[ctypes.CDLL]:
    """The device's library, well-behaved before and after."""
    loaded = ctypes.CDLL(str(build_native("sdf_stand_in")))
    yield loaded
    loaded.stand_in_misbehave(0, 0)


@pytest.fixture
def store(library: ctypes.CDLL, build_native: Callable[[str], Path]) -> Iterator[SdfKeyStore]:
    """Keys in an open device, which is closed again without a trace."""
    device = SdfDevice(build_native("sdf_stand_in"))
    yield SdfKeyStore(device, KEYS)
    library.stand_in_misbehave(0, 0)
    device.close()
    counts = library.stand_in_devices(), library.stand_in_sessions(), library.stand_in_rights()
    assert counts == (0, 0, 0)


def test_keys_in_the_device_sign_like_others(store: SdfKeyStore) -> None:
    port: KeyStore = store
    signer = port.signer("seal")
    assert isinstance(signer, Signer)
    assert port.signer("seal") is signer
    signature = signer.sign("用印".encode())
    point = signer.public_key.point[1:]
    assert gmssl_pyx.sm2_verify(point, "用印".encode(), signature, DEFAULT_ID)
    assert read_request(make_request(Name("示例"), signer)).verify()
    assert port.signer("other").public_key != signer.public_key
    port.forget("seal")
    assert port.signer("seal").public_key == signer.public_key
    store.prove("seal")


def test_what_the_device_refuses_is_told_apart(store: SdfKeyStore) -> None:
    with pytest.raises(Refused) as refused:
        store.signer("shut").sign(b"m")
    assert refused.value.reason == "KEY_ACCESS"
    for key_id in ("missing", "unknown"):
        with pytest.raises(NotFound):
            store.signer(key_id)
    with pytest.raises(Refused) as made:
        store.generate("new")
    assert made.value.reason == "KEY_MADE_IN_DEVICE"


@pytest.mark.parametrize(
    "fault", [Fault.WRONG_SIGNATURE, Fault.NO_SIGNATURE, Fault.LEFT_ALIGNED, Fault.ZERO_SIGNATURE]
)
def test_nothing_that_does_not_verify_leaves(store: SdfKeyStore, library: ctypes.CDLL, fault: Fault) -> None:
    signer = store.signer("seal")
    library.stand_in_misbehave(fault, 0)
    with pytest.raises(DeviceFailure) as failed:
        signer.sign(b"m")
    assert failed.value.reason == "DEVICE_SIGNATURE"
    library.stand_in_misbehave(Fault.NONE, 0)
    assert signer.public_key.verify(signer.sign(b"m"), b"m")


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (0x01000001, DeviceFailure, "DEVICE_ERROR"),
        (0x01000002, Refused, "NOT_SUPPORTED"),
        (0x01000003, DeviceFailure, "DEVICE_LOST"),
        (0x01000004, DeviceFailure, "DEVICE_LOST"),
        (0x01000006, DeviceFailure, "DEVICE_LOST"),
        (0x01000007, Refused, "KEY_ACCESS"),
        (0x01000008, NotFound, None),
        (0x01000009, Refused, "NOT_SUPPORTED"),
        (0x0100000C, DeviceFailure, "DEVICE_ERROR"),
        (0x0100000D, DeviceFailure, "DEVICE_ERROR"),
        (0x01000014, Refused, "KEY_TYPE"),
        (0x01000015, NotFound, None),
        (0x02000033, DeviceFailure, "DEVICE_ERROR"),
        (-1, DeviceFailure, "DEVICE_ERROR"),
    ],
)
def test_codes_become_errors_of_the_library(
    store: SdfKeyStore, library: ctypes.CDLL, code: int, kind: type[GmsealError], reason: str | None
) -> None:
    signer = store.signer("seal")
    library.stand_in_misbehave(Fault.CODE, code)
    with pytest.raises(kind) as failed:
        signer.sign(b"m")
    assert getattr(failed.value, "reason", None) == reason
    assert "device password" not in str(failed.value) + repr(KEYS)
    if reason == "DEVICE_ERROR":
        assert f"{code & 0xFFFFFFFF:08X}" in str(failed.value)
    library.stand_in_misbehave(Fault.NONE, 0)
    assert signer.sign(b"m")


def test_a_lost_device_is_opened_again(store: SdfKeyStore, library: ctypes.CDLL) -> None:
    signer = store.signer("seal")
    library.stand_in_misbehave(Fault.LOST, 0)
    for _ in range(3):
        with pytest.raises(DeviceFailure) as failed:
            signer.sign(b"m")
        assert failed.value.reason == "DEVICE_LOST"
    assert (library.stand_in_devices(), library.stand_in_sessions()) == (0, 0)
    library.stand_in_misbehave(Fault.NONE, 0)
    assert signer.public_key.verify(signer.sign(b"m"), b"m")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(Fault.BAD_POINT, DeviceFailure), (Fault.OTHER_BITS, Refused), (Fault.LOST, DeviceFailure)],
)
def test_a_public_key_that_is_none_is_refused(
    store: SdfKeyStore, library: ctypes.CDLL, fault: Fault, kind: type[GmsealError]
) -> None:
    library.stand_in_misbehave(fault, 0)
    with pytest.raises(kind):
        store.signer("seal")


def test_a_device_that_judges_wrongly_is_found(store: SdfKeyStore, library: ctypes.CDLL) -> None:
    library.stand_in_misbehave(Fault.ACCEPTS_ALL, 0)
    with pytest.raises(DeviceFailure, match="judge"):
        store.prove("seal")


def test_many_threads_share_the_device(store: SdfKeyStore, library: ctypes.CDLL) -> None:
    good: list[bool] = []

    def work(number: int) -> None:
        signer = store.signer(("seal", "other")[number % 2])
        for turn in range(5):
            message = f"{number}/{turn}".encode()
            good.append(signer.public_key.verify(signer.sign(message), message))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == [True] * 30
    assert library.stand_in_devices() == 1
    assert 1 <= library.stand_in_sessions() <= 6


def test_a_loss_amid_work_hurts_only_those_who_were_at_it(store: SdfKeyStore, library: ctypes.CDLL) -> None:
    signer, outcomes = store.signer("seal"), set[str]()

    def work() -> None:
        for _ in range(15):
            try:
                signer.sign(b"m")
                outcomes.add("signed")
            except DeviceFailure as error:
                outcomes.add(error.reason)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        library.stand_in_misbehave(Fault.LOST, 0)
        library.stand_in_misbehave(Fault.NONE, 0)
    for thread in threads:
        thread.join()
    assert outcomes <= {"signed", "DEVICE_LOST"}
    assert signer.public_key.verify(signer.sign(b"m"), b"m")


def test_another_library_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.so", Path("libc.so.6")):
        with pytest.raises(DeviceFailure) as failed:
            SdfDevice(path)
        assert failed.value.reason == "DEVICE_LIBRARY"
