"""The physical path: a financing contract, two persons at the safe, and the register."""

from __future__ import annotations

from typing import Any

from shuangyin.demo.by_device import press_by_device
from shuangyin.demo.cast import Cast
from shuangyin.demo.electronic import approve_all, decide, upload
from shuangyin.demo.report import Report, demand
from shuangyin.demo.setting import FINANCING_AMOUNT, sample

COPIES = 4


def seal_physically(cast: Cast, report: Report) -> dict[str, Any]:
    """Apply, approve, open the safe together, press, photograph, return; returns the finished request."""
    report.chapter("四、实体用印：融资合同", "The physical path: a financing contract")
    employee = cast["employee"]
    document = upload(employee, "financing-contract.pdf", "融资租赁合同")
    application = {
        "title": "融资租赁合同",
        "document_kind": "financing_contract",
        "reason": "与出租方签订售后回租合同",
        "amount_minor": FINANCING_AMOUNT,
        "currency": "CNY",
        "counterparty_id": cast.counterparties["lessor"]["id"],
        "counterparty_name": cast.counterparties["lessor"]["name"],
        "copies": COPIES,
        "document_version_ids": [document["versions"][0]["id"]],
    }
    with report.step("physical_decision", "同一份场景清单判定：须用实体公章") as found:
        decision = decide(employee, application)
        demand(decision["medium"] == "physical", f"expected the physical seal: {decision['medium']}")
        found["say"] = decision["sentence"]["zh"]
    with report.step("electronic_refused", "改用电子印章申请：被拒绝，并说明依据") as found:
        problem = _try_electronic(cast, application)
        demand(problem["code"] == "MEDIUM_REFUSED", f"expected MEDIUM_REFUSED: {problem}")
        found["say"] = problem["detail"]
    with report.step("physical_submit", "按实体用印提交") as found:
        request = _submit(cast, application, decision)
        found.update(request_id=request["id"], number=request["number"])
        found["say"] = request["number"]
    approve_all(cast, report, request)
    opening = _open_safe(cast, report, request)
    _check(cast, report, opening, request)
    broker = cast.server.broker
    if broker is None:
        report.say(
            "没有安装 mosquitto（apt install mosquitto），智能印章的盖章未演示，改由人工盖章登记。",
            "mosquitto is not installed (apt install mosquitto): no smart seal is shown, people press by hand.",
        )
        _press(cast, report, opening, request)
    else:
        press_by_device(cast, report, broker, opening, request, COPIES)
    _return(cast, report, opening)
    with report.step("register_sheet", "打印实体印章使用登记表") as found:
        path = report.save("use-register.pdf", cast["custodian"].download("/use-register.pdf"))
        found["say"] = str(path)
    finished = dict(employee.get(f"/requests/{request['id']}"))
    demand(finished["status"] == "sealed", f"the request should be done: {finished['status']}")
    return finished


def _try_electronic(cast: Cast, application: dict[str, Any]) -> dict[str, Any]:
    employee = cast["employee"]
    seal = {
        "seal_id": cast.seals["legal_name_electronic"]["id"],
        "presses_applied": 1,
        "seam_presses": 0,
        "placements": [{"page": 2, "x_mm": 40, "y_mm": 180}],
        "seam": None,
        "qr": None,
    }
    body = {**application, "medium": "electronic", "seals": [seal]}
    answer = employee.post_json("/requests", body)
    return employee.refused("POST", f"/requests/{answer['id']}/submit", json={})


def _submit(cast: Cast, application: dict[str, Any], decision: dict[str, Any]) -> dict[str, Any]:
    employee = cast["employee"]
    seals = [
        {
            "seal_id": seal["id"],
            "presses_applied": COPIES,
            "seam_presses": COPIES if seal["category"] == "legal_name" else 0,
            "placements": [],
            "seam": None,
            "qr": None,
        }
        for seal in decision["seals"]
    ]
    draft = employee.post_json("/requests", {**application, "medium": "physical", "seals": seals})
    return dict(employee.post_json(f"/requests/{draft['id']}/submit"))


def _open_safe(cast: Cast, report: Report, request: dict[str, Any]) -> dict[str, Any]:
    custodian, reviewer = cast["custodian"], cast["reviewer"]
    with report.step("opening", "王岚与赵明各自验证，共同开柜") as found:
        body = {"safe_id": cast.safe["id"], "reviewer_id": reviewer.id, "request_ids": [request["id"]]}
        opening = custodian.post_json("/openings", body)
        confirm = f"/openings/{opening['id']}/confirm"
        half = custodian.post_json(confirm, {"method": "totp", "code": custodian.code()})
        demand(half["status"] == "pending", "one person alone must not open the safe")
        opened = reviewer.post_json(confirm, {"method": "totp", "code": reviewer.code()})
        demand(opened["status"] == "open", f"both confirmed, but the opening is {opened['status']}")
        found.update(opening_id=opening["id"], number=opening["number"])
        found["say"] = opening["number"]
        return dict(opened)


def _check(cast: Cast, report: Report, opening: dict[str, Any], request: dict[str, Any]) -> None:
    custodian = cast["custodian"]
    with report.step("check", "盖章前核对：内容与批准版本一致，日期已填，无空白，落款正确"):
        points = dict.fromkeys(("text_matches", "date_filled", "no_blank", "signature_line"), True)
        custodian.post_json(f"/openings/{opening['id']}/checks", {"request_id": request["id"], **points})


def _press(cast: Cast, report: Report, opening: dict[str, Any], request: dict[str, Any]) -> None:
    custodian = cast["custodian"]
    with report.step("press", "盖章登记：一式四份，含骑缝，一次废印，盖后拍照") as found:
        lines = opening["requests"][0]["seals"]
        for number, line in enumerate(lines):
            use = custodian.post_json(
                f"/openings/{opening['id']}/presses",
                {
                    "request_id": request["id"],
                    "seal_id": line["seal_id"],
                    "copies": COPIES,
                    "normal": line["permitted_normal"],
                    "seam": line["permitted_seam"],
                    "spoiled": 1 if number == 0 else 0,
                    "remark": "第二份盖糊一次，废页已剪角留存" if number == 0 else None,
                },
            )
            # The rule asks for a photo of each copy; the first seal's show them all, the second seal's one is enough.
            for _ in range(COPIES if number == 0 else 1):
                photo = {"use_id": use["id"], "moment": "document"}
                custodian.upload(
                    f"/openings/{opening['id']}/photos",
                    "scan.jpg",
                    sample("scan.jpg"),
                    "image/jpeg",
                    **photo,
                )
            if number == 0:
                cut = {"use_id": use["id"], "moment": "spoiled"}
                path = f"/openings/{opening['id']}/photos"
                custodian.upload(path, "scan.jpg", sample("scan.jpg"), "image/jpeg", **cut)
            found.setdefault("uses", []).append(use["number"])
        found["say"] = "、".join(found["uses"])
    with report.step("over_count_refused", "再多盖一次：被拒绝") as found:
        problem = custodian.refused(
            "POST",
            f"/openings/{opening['id']}/presses",
            json={"request_id": request["id"], "seal_id": lines[0]["seal_id"], "copies": 1, "normal": 1},
        )
        demand(problem["code"] == "COUNT_EXCEEDED", f"expected COUNT_EXCEEDED: {problem}")
        found["say"] = problem["detail"]


def _return(cast: Cast, report: Report, opening: dict[str, Any]) -> None:
    custodian, lines = cast["custodian"], opening["requests"][0]["seals"]
    with report.step("return", "印章归位，拍照，关柜"):
        custodian.upload(
            f"/openings/{opening['id']}/photos",
            "scan.png",
            sample("scan.png"),
            "image/png",
            moment="returned",
        )
        body = {"returned_seal_ids": [line["seal_id"] for line in lines], "note": None}
        closed = custodian.post_json(f"/openings/{opening['id']}/close", body)
        demand(closed["status"] == "closed", f"the opening should be closed: {closed['status']}")
