"""What ends a command is said in a sentence with a stable code and status 2, never as a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shuangyin.cli import app
from shuangyin.core.settings import Settings
from shuangyin.core.settings_read import read_settings
from shuangyin.devices.broker.folder import ADDRESSES

SECRET = "geheim-9f3c"
KEY = "00" * 16


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without any setting, with a file, a data folder to be and a database that is none."""
    for name in [name for name in os.environ if name.startswith("SHUANGYIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "junk").mkdir()
    (tmp_path / "junk" / "shuangyin.sqlite3").write_text(
        "no database, but long enough to look like one " * 40
    )
    (tmp_path / "joined").mkdir()
    (tmp_path / "joined" / ADDRESSES).write_text(
        '{"hosts":[],"device_port":1,"gateway_port":1,"bind":"127.0.0.1","gateway_bind":"127.0.0.1"}'
    )
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "shuangyin.sqlite3").touch()
    return tmp_path


INIT = "init --name 甲 --uscc 91110108MA01 --administrator 乙 --data-dir new"


@pytest.mark.parametrize(
    ("command", "settings", "code", "named"),
    [
        ("serve --data-dir file", {}, "PATH_UNUSABLE", "file"),
        ("serve --data-dir /proc/nope", {}, "PATH_UNUSABLE", "/proc/nope"),
        ("serve --data-dir new --port 99999", {}, "SETTING_INVALID", "--port"),
        ("serve", {"PORT": "abc"}, "SETTING_INVALID", "SHUANGYIN_PORT"),
        ("serve", {"KEK": SECRET, "LOG_TWIN": SECRET}, "SETTING_INVALID", "SHUANGYIN_LOG_TWIN"),
        ("serve", {"KEK": SECRET}, "KEK_MALFORMED", "32"),
        ("serve", {"LOG_ANCHORS": SECRET}, "SETTING_INVALID", "SHUANGYIN_LOG_ANCHORS"),
        ("serve", {"LOG_ANCHORS": f'{{"key":"{SECRET}"}}'}, "SETTING_INVALID", "SHUANGYIN_LOG_ANCHORS"),
        ("serve", {"SMS_GATEWAY": f'["{SECRET}"]'}, "SETTING_INVALID", "SHUANGYIN_SMS_GATEWAY"),
        ("serve", {"KEK": KEY, "SMS_GATEWAY": f'{{"url":"{SECRET}"}}'}, "SETTING_UNUSABLE", "SHUANGYIN_SMS_GATEWAY"),
        ("serve", {"FACE_ENGINE": "cloud"}, "SETTING_INVALID", "只能是 'local' or 'none'"),
        ("serve", {"TRUSTED_PROXIES": '["here"]'}, "SETTING_INVALID", "网段"),
        ("serve", {"TIMESTAMP_SECONDS": "soon"}, "SETTING_INVALID", "须为数字"),
        ("serve", {"SEQUENCER_PERIOD_MS": "1001"}, "SETTING_INVALID", "不得大于 1000"),
        ("serve", {"LOG_LEVEL": "LOUD"}, "SETTING_INVALID", "WARNING"),
        ("serve", {"PUBLIC_URL": "https://seal.example.com.cn"}, "KEK_MALFORMED", ""),
        ("serve", {"PUBLIC_URL": "https://seals.example.com.cn"}, "SETTING_INVALID", "27 个字符"),
        ("serve", {"PUBLIC_URL": "seal.example.cn"}, "SETTING_INVALID", "https://"),
        ("serve", {"TLS_CERTIFICATE": "/nofile", "TLS_KEY": "/nofile"}, "TLS_UNUSABLE", "PEM"),
        ("serve", {"TLS_KEY": "file"}, "TLS_UNUSABLE", "PEM"),
        ("serve", {"HOST": "192.0.2.1"}, "HOST_UNUSABLE", "192.0.2.1"),
        ("migrate", {"DATABASE_URL": f"mysql://me:{SECRET}@there/it"}, "SETTING_INVALID", "postgresql://"),
        ("migrate", {"DATABASE_URL": f"postgresql://me:{SECRET}@127.0.0.1:1/it"}, "DATABASE_UNUSABLE", "127"),
        ("migrate", {"DATABASE_URL": f"postgresql://me:{SECRET}@[/it"}, "DATABASE_UNUSABLE", "DATABASE_URL"),
        ("migrate --data-dir file", {}, "PATH_UNUSABLE", "file"),
        ("migrate --data-dir junk", {}, "DATABASE_UNUSABLE", "not a database"),
        (f"{INIT} --password-file nowhere/p", {}, "PATH_UNUSABLE", "nowhere/p"),
        ("openapi --output nowhere/x.json", {}, "PATH_UNUSABLE", "nowhere/x.json"),
        ("log audit --data-dir new", {}, "NO_INSTALLATION", "--data-dir"),
        ("log audit --data-dir empty", {}, "DATABASE_SCHEMA", "migrate"),
        ("broker --data-dir file", {}, "PATH_UNUSABLE", "file"),
        ("broker --data-dir new --folder file", {}, "PATH_UNUSABLE", "file"),
        ("gateway", {}, "GATEWAY_EMBEDDED", "PostgreSQL"),
        ("gateway", {"DATABASE_URL": f"postgresql://me:{SECRET}@127.0.0.1:1/it", "BROKER_DIR": "joined"}, "DATABASE_UNUSABLE", "127"),
        ("broker --data-dir new --user nobody-there", {}, "BROKER_USER", "nobody-there"),
        ("log anchors --data-dir empty", {"LOG_FENCE_FILE": "/proc/nope/x"}, "LOG_REFUSED", "SHUANGYIN_LOG_"),
        ("demo --exit --folder file", {}, "PATH_UNUSABLE", "file"),
        ("demo-code liran", {}, "NO_DEMO_ACCOUNTS", "--folder"),
        ("device-sim --server http://localhost:1 --folder file", {}, "PATH_UNUSABLE", "file"),
        ("device-sim --server http://localhost:1 --folder new --document file", {}, "DOCUMENT_UNREADABLE", "--document"),
        ("device-sim --server http://localhost:1 --folder new --document none", {}, "DOCUMENT_UNREADABLE", "--document"),
        ("standins nobody", {}, "STANDIN_UNKNOWN", "nobody"),
    ],
)  # fmt: skip
def test_what_ends_a_command_is_told(
    folder: Path, command: str, settings: dict[str, str], code: str, named: str
) -> None:
    # With a key that is none, a server that was not refused before ends at last there.
    defaults = {"KEK": "no key"} if command.startswith("serve") else {"KEK": KEY}
    environment = {f"SHUANGYIN_{name}": value for name, value in {**defaults, **settings}.items()}
    done = CliRunner().invoke(app, command.split(), env=environment)
    assert (done.exit_code, f"[{code}]" in done.output) == (2, True), (done.output, done.exception)
    assert named in done.output
    assert SECRET not in done.output
    assert "Traceback" not in done.output
    assert not (folder / "new" / "shuangyin.sqlite3").exists() or command.startswith("broker")


def test_a_setting_is_read_as_it_was_meant(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings() == Settings()
    monkeypatch.setenv("SHUANGYIN_PUBLIC_URL", "https://seal.example.cn/")
    settings = read_settings(port=None, data_dir=folder / "here")
    assert (settings.port, settings.data_dir) == (8600, folder / "here")
    assert settings.public_url == "https://seal.example.cn"
