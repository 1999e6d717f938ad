"""Password hashes: argon2id with the set parameters, and the same cost for nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import Parameters, extract_parameters
from argon2.low_level import Type, verify_secret

from shuangyin.core.settings import Settings
from shuangyin.people import passwords


@pytest.fixture
def costly(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, argon2_memory_kib=8192, argon2_time_cost=2, _env_file=None)


def test_parameters_come_from_the_settings(costly: Settings) -> None:
    parameters = extract_parameters(passwords.hash_password(costly, "correct horse"))
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost) == (8192, 2)


def test_a_password_belongs_to_its_hash_only(costly: Settings) -> None:
    found = passwords.hash_password(costly, "correct horse")
    assert passwords.verify_password(costly, found, "correct horse")
    assert not passwords.verify_password(costly, found, "correct house")
    assert not passwords.verify_password(costly, None, "correct horse")
    assert not passwords.verify_password(costly, "not a hash", "correct horse")


def test_full_width_letters_are_the_same_password(costly: Settings) -> None:
    found = passwords.hash_password(costly, "ｃｏｒｒｅｃｔ horse")
    assert passwords.verify_password(costly, found, "correct horse")


def test_nobody_costs_as_much_as_somebody(costly: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What argon2 is asked to do decides what an answer costs; how long it takes here is the machine's affair."""
    found = passwords.hash_password(costly, "correct horse")
    worked: list[Parameters] = []

    def counted(encoded: bytes, password: bytes, kind: Type) -> bool:
        worked.append(extract_parameters(encoded.decode()))
        return verify_secret(encoded, password, kind)

    monkeypatch.setattr("argon2._password_hasher.verify_secret", counted)
    assert not passwords.verify_password(costly, found, "wrong horse")
    assert not passwords.verify_password(costly, None, "wrong horse")
    somebody, nobody = worked
    assert somebody == nobody


def test_a_hash_of_other_parameters_is_renewed(costly: Settings) -> None:
    found = passwords.hash_password(costly, "correct horse")
    assert not passwords.needs_new_hash(costly, found)
    assert passwords.needs_new_hash(costly.model_copy(update={"argon2_time_cost": 3}), found)


def test_one_time_passwords_differ_and_are_not_shown_by_accident(costly: Settings) -> None:
    first, second = (passwords.new_one_time_password(costly) for _ in range(2))
    assert first.words != second.words
    assert first.words not in repr(first)
    assert passwords.verify_password(costly, first.password_hash, first.words)
