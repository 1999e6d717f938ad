"""A smart seal as a process of its own against a served installation: enrolled, permitted, pressed, misused."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from running_installation import Installation, run
from simulated_device import DeviceProcess, eventually, physical_use, simulated_device

pytestmark = pytest.mark.slow

CONTRACT = Path(__file__).parents[2] / "samples" / "financing-contract.pdf"


def kinds_of(running: Installation, device: DeviceProcess) -> dict[str, dict[str, Any]]:
    """The open alarms about a device by kind, as its custodian sees them."""
    found = running["custodian"].get("/alarms", subject_id=device.id, state="open")["items"]
    return {one["kind"]: one for one in found}


def test_a_simulated_seal_presses_as_permitted_and_is_caught_when_it_does_not(
    running: Installation, tmp_path: Path
) -> None:
    with (
        physical_use(running, CONTRACT.read_bytes()) as use,
        simulated_device(
            running, tmp_path / "device", "--document", str(CONTRACT), seal_id=use.seal_id
        ) as device,
    ):
        permit = _press_and_photograph(running, use.opening, use.request, device)
        _told_otherwise(running, device)
        _press_without_permission(running, device)
        running["custodian"].post_json(f"/device-permits/{permit['id']}/finish")
    assert all(line.startswith("[模拟设备 SIMULATED]") for line in device.said)
    keys = [tmp_path / "device" / name for name in ("record.pem", "tls.pem")]
    assert [stat.S_IMODE(path.stat().st_mode) for path in keys] == [0o600, 0o600]
    again = run(
        "shuangyin",
        "device-sim",
        "--server",
        running.server.base_url,
        "--folder",
        tmp_path / "device",
        "--exit",
    )
    assert again.returncode == 2
    assert "DEVICE_REFUSED" in again.stdout, "a revoked device is told so"


def _press_and_photograph(
    running: Installation, opening: dict[str, Any], request: dict[str, Any], device: DeviceProcess
) -> dict[str, Any]:
    custodian = running["custodian"]
    body = {"opening_id": opening["id"], "request_id": request["id"], "offline": True}
    permit: dict[str, Any] = custodian.post_json(f"/devices/{device.id}/permits", body)
    device.do("press 3")
    device.heard("the device refused: count_used")
    device.do("settle")
    device.heard("everything is delivered")
    live = custodian.get(f"/device-permits/{permit['id']}")
    assert (live["pressed"]["ordinary"], live["photos_missing"]) == (2, 0)
    shown = custodian.get(f"/devices/{device.id}/events", permit_id=permit["id"])["items"]
    photos = [photo for event in shown for photo in event["photos"]]
    assert len(photos) == 2
    assert custodian.download(photos[0]["url"].removeprefix("/api/v1")).startswith(b"\xff\xd8")
    found = custodian.get(f"/devices/{device.id}")["device"]
    assert (found["firmware"], found["maker"], found["presses"]) == ("simulated-1", "模拟设备", 2)
    return permit


def _told_otherwise(running: Installation, device: DeviceProcess) -> None:
    """What is replayed, reordered or told late counts once; what was edited on the way is an alarm."""
    before = running["custodian"].get(f"/devices/{device.id}")["device"]
    for kind in ("replay", "reorder", "offline", "edited"):
        device.do(f"misbehave {kind}")
    alarms = eventually(
        lambda: found if "record_refused" in (found := kinds_of(running, device)) else None, "record_refused"
    )
    assert alarms["moved"]["occurrences"] == 3
    after = running["custodian"].get(f"/devices/{device.id}")["device"]
    assert after["seq"] == before["seq"] + 4, "two moves, a refused press and a move: each once"
    assert (after["presses"], after["suspect"]) == (2, False)


def _press_without_permission(running: Installation, device: DeviceProcess) -> None:
    device.do("misbehave unauthorised-press")
    device.heard("LOCKED by unauthorised_press")
    alarm = eventually(lambda: kinds_of(running, device).get("unauthorised_press"), "the alarm")
    assert alarm["severity"] == "critical"
    assert running["custodian"].id in {one["person"]["id"] for one in alarm["recipients"]}
    found = eventually(
        lambda: (
            one if (one := running["custodian"].get(f"/devices/{device.id}")["device"])["locked_by"] else None
        ),
        "the lock",
    )
    assert (found["lock_wanted"], found["unpermitted"]) == (True, 1)
    # The platform's own command may have come after it by now: the chain says that the device was first.
    events = running["custodian"].get(f"/devices/{device.id}/events")["items"]
    assert [one["detail"] for one in events if one["kind"] == "locked"][-1] == ["unauthorised_press"]
