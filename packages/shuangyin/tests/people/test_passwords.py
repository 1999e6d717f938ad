"""Password hashes: argon2id with the set parameters, and the same cost for nobody."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

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


def test_nobody_costs_as_much_as_somebody(costly: Settings) -> None:
    found = passwords.hash_password(costly, "correct horse")

    def seconds(password_hash: str | None) -> float:
        best = 60.0
        for _ in range(5):
            begin = time.perf_counter()
            passwords.verify_password(costly, password_hash, "wrong horse")
            best = min(best, time.perf_counter() - begin)
        return best

    somebody, nobody = seconds(found), seconds(None)
    assert nobody > somebody / 2, (nobody, somebody)


def test_a_hash_of_other_parameters_is_renewed(costly: Settings) -> None:
    found = passwords.hash_password(costly, "correct horse")
    assert not passwords.needs_new_hash(costly, found)
    assert passwords.needs_new_hash(costly.model_copy(update={"argon2_time_cost": 3}), found)


def test_one_time_passwords_differ_and_are_not_shown_by_accident(costly: Settings) -> None:
    first, second = (passwords.new_one_time_password(costly) for _ in range(2))
    assert first.words != second.words
    assert first.words not in repr(first)
    assert passwords.verify_password(costly, first.password_hash, first.words)
