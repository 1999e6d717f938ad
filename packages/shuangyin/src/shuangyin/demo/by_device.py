"""The financing contract pressed by a smart seal: a permit out, presses and photos in, every impression accounted for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sealdevice.permit import PressKind
from shuangyin.demo.broker import Broker
from shuangyin.demo.cast import Cast
from shuangyin.demo.report import Report, demand
from shuangyin.demo.setting import sample
from shuangyin.demo.smart_seal import SmartSeal

REGISTER_S = 30


def press_by_device(
    cast: Cast, report: Report, broker: Broker, opening: dict[str, Any], request: dict[str, Any], copies: int
) -> None:
    """Bind the seal to a simulated device, issue its permit, press with one spoiled, and register what it counted."""
    (line,) = opening["requests"][0]["seals"]
    with _device(cast, report, broker, line["seal_id"]) as device:
        permit = _permit(cast, report, device, opening, request)
        _press(report, device, permit, copies)
        use = _registered(cast, report, device, permit)
        path = f"/openings/{opening['id']}/photos"
        cut = {"use_id": use["id"], "moment": "spoiled"}
        cast["custodian"].upload(path, "scan.jpg", sample("scan.jpg"), "image/jpeg", **cut)


@contextmanager
def _device(cast: Cast, report: Report, broker: Broker, seal_id: str) -> Iterator[SmartSeal]:
    admin = cast["administrator"]
    with report.step("smart_seal", "公章装入智能印章（模拟设备），凭一次性码登记，经消息代理接入") as found:
        device = SmartSeal(admin, cast.server.base_url, broker.address, name="一号智能印章")
        admin.post_json(f"/devices/{device.id}/bind", {"seal_id": seal_id})
        device.told()
        found["say"] = f"{broker.address}，双向证书"
    try:
        yield device
        with report.step("smart_seal_revoked", "演示结束，吊销模拟设备，印章改由人工保管"):
            proof = admin.step_up("devices.revoke_device", device.id)
            admin.post_json(f"/devices/{device.id}/revoke", {"reason": "演示结束", "proof": proof})
    finally:
        device.close()


def _permit(
    cast: Cast, report: Report, device: SmartSeal, opening: dict[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    with report.step("permit", "平台签发用印许可，设备自行验签") as found:
        body = {"opening_id": opening["id"], "request_id": request["id"], "photos": ["after"]}
        permit: dict[str, Any] = cast["custodian"].post_json(f"/devices/{device.id}/permits", body)
        demand(device.press(permit) is None, "without the permit the device must not press")
        device.take(permit)
        permitted = permit["permitted"]
        found["say"] = (
            f"页面 {permitted['ordinary']} 次、骑缝 {permitted['seam']} 次，备用 {permit['spare']} 次"
        )
        return permit


def _press(report: Report, device: SmartSeal, permit: dict[str, Any], copies: int) -> None:
    with report.step("press", "设备盖章：一式四份，含骑缝，一次废印后用备用次数重盖，每次拍照") as found:
        first = device.press(permit)
        demand(first is not None and device.seal.spoil(first), "the first press should be made and spoiled")
        made = [device.press(permit) for _ in range(copies)]
        made += [device.press(permit, PressKind.SEAM) for _ in range(copies)]
        demand(None not in made, f"a permitted press was refused: {device.seal.objections}")
        device.told()
        found["say"] = f"事件 {first} 至 {made[-1]}，均由设备签名成链"
    with report.step("over_count_refused", "再多盖一次：设备自行拒绝") as found:
        demand(device.press(permit) is None, "the device must refuse a press beyond its permit")
        demand(device.seal.objections == ("count_used",), f"its reason should be the count: {device.seal}")
        found["say"] = "许可的次数已用完"


def _registered(cast: Cast, report: Report, device: SmartSeal, permit: dict[str, Any]) -> dict[str, Any]:
    custodian = cast["custodian"]
    with report.step("accounts", "结束用印：设备计数、登记、照片三者相符") as found:
        custodian.post_json(f"/device-permits/{permit['id']}/finish")
        deadline = time.monotonic() + REGISTER_S
        pressed = {"ordinary": permit["permitted"]["ordinary"] + 1, "seam": permit["permitted"]["seam"]}
        while True:
            device.wire.talk(0.2)
            live = custodian.get(f"/device-permits/{permit['id']}")
            if live["registered"] or time.monotonic() > deadline:
                break
        counted = {kind: live["pressed"][kind] for kind in pressed}
        demand(counted == pressed, f"the device should have counted {pressed}, but counted {counted}")
        demand(live["registered_spoiled"] == 1, "one press should be registered as spoiled")
        demand(live["photos_missing"] == 0, f"{live['photos_missing']} photos are missing")
        lines = custodian.get("/use-register", seal_id=permit["seal"]["id"])["items"]
        use: dict[str, Any] = next(one for one in lines if one["request_id"] == permit["request_id"])
        found["say"] = f"{use['number']}：{live['registered']} 次有效，{live['registered_spoiled']} 次废印"
        return use
