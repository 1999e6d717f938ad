"""The electronic path: from an employee's application to a sealed PDF."""

from __future__ import annotations

import time
from typing import Any

from shuangyin.demo.cast import Cast
from shuangyin.demo.person import Person
from shuangyin.demo.report import Report, demand
from shuangyin.demo.setting import SUPPLY_AMOUNT, sample

WAIT_SECONDS = 60
SEAL_MM = 40


def seal_electronically(cast: Cast, report: Report) -> dict[str, Any]:
    """Apply, approve and seal the supply contract; returns the finished request."""
    report.chapter("二、电子用印：供货合同", "The electronic path: a supply contract")
    employee = cast["employee"]
    with report.step("upload", "李然上传 4 页供货合同（LibreOffice 导出）") as found:
        document = upload(employee, "contract.pdf", "设备供货合同")
        version = document["versions"][0]
        found.update(document_id=document["id"], sm3=version["sm3"], pages=version["pages"])
        found["say"] = f"{version['pages']} 页，SM3 {version['sm3'][:16]}…"
    application = {
        "title": "设备供货合同",
        "document_kind": "supplier_contract",
        "reason": "采购检测设备，与供货方签订合同",
        "amount_minor": SUPPLY_AMOUNT,
        "currency": "CNY",
        "counterparty_id": cast.counterparties["supplier"]["id"],
        "counterparty_name": cast.counterparties["supplier"]["name"],
        "copies": 1,
        "document_version_ids": [version["id"]],
    }
    with report.step("decision", "场景清单给出判定与理由") as found:
        decision = decide(employee, application)
        demand(decision["medium"] in ("electronic", "either"), f"expected the electronic seal: {decision}")
        seal_id = decision["seals"][0]["id"]
        found.update(medium=decision["medium"], reasons=len(decision["reasons"]))
        found["say"] = decision["sentence"]["zh"]
    with report.step("submit", "在末页盖章处放置印章，加骑缝章与二维码，提交") as found:
        request = _submit(employee, application, seal_id, pages=version["pages"], sizes=version["page_sizes"])
        found.update(request_id=request["id"], number=request["number"])
        found["say"] = request["number"]
    approve_all(cast, report, request)
    with report.step("seal", "平台加盖电子印章（GB/T 38540，增量更新）") as found:
        request = wait_until_sealed(employee, request["id"])
        use = request["uses"][0]
        content = employee.download(
            f"/documents/{use['document_id']}/versions/{use['sealed_version_number']}/content"
        )
        original = employee.download(f"/documents/{document['id']}/versions/1/content")
        demand(original == sample("contract.pdf"), "the original bytes must be kept")
        demand(content.startswith(original), "the sealed version must begin with the original bytes")
        path = report.save("sealed-contract.pdf", content)
        report.save("original-contract.pdf", original)
        found.update(seal_use=use["id"], verification_url=use["verification_url"])
        found["say"] = str(path)
    return request


def upload(person: Person, name: str, title: str) -> dict[str, Any]:
    """Upload a sample document."""
    return dict(person.upload("/documents", name, sample(name), "application/pdf", title=title))


def decide(person: Person, application: dict[str, Any]) -> dict[str, Any]:
    """Ask the scenario list about an application."""
    asked = ("document_kind", "amount_minor", "currency", "counterparty_id")
    return dict(person.post_json("/requests/decision", {name: application[name] for name in asked}))


def _submit(
    employee: Person, application: dict[str, Any], seal_id: str, *, pages: int, sizes: list[list[float]]
) -> dict[str, Any]:
    _width, height = sizes[-1]
    last = pages - 1
    seal = {
        "seal_id": seal_id,
        "presses_applied": 1,
        "seam_presses": 1,
        "placements": [{"page": last, "x_mm": 28, "y_mm": min(84, height - SEAL_MM - 10)}],
        "seam": {"edge": "right", "y_mm": 110},
        "qr": {"page": last, "x_mm": 76, "y_mm": min(142, height - 35), "size_mm": 15},
    }
    draft = employee.post_json("/requests", {**application, "seals": [seal]})
    return dict(employee.post_json(f"/requests/{draft['id']}/submit"))


def approve_all(cast: Cast, report: Report, request: dict[str, Any]) -> None:
    """Let every approver of the route decide, in order, until none is asked any more."""
    approvers = [cast[kind] for kind in ("department_head", "legal_representative")]
    decided = 0
    while True:
        waiting = [(person, item) for person in approvers if (item := _inbox_item(person, request["id"]))]
        if not waiting:
            break
        for person, item in waiting:
            _approve(report, person, item, request["id"])
            decided += 1
    demand(decided > 0, "nobody was asked to approve")


def _inbox_item(person: Person, request_id: str) -> dict[str, Any] | None:
    items = person.get("/approvals", state="todo")["items"]
    return next((dict(item) for item in items if item["subject_id"] == request_id), None)


def _approve(report: Report, person: Person, item: dict[str, Any], request_id: str) -> None:
    with report.step(f"approve_{person.kind}", f"{person.name}({person.post})阅读文件并同意") as found:
        request = person.get(f"/requests/{request_id}")
        for document in request["documents"]:
            person.download(
                f"/documents/{document['document_id']}/versions/{document['version_number']}/content"
            )
        body = {"decision": "approve", "comment": "同意用印", "binding": item["binding"]}
        if item["second_factor"] == "each":
            body["proof"] = person.step_up("approvals.decide", f"{item['step_id']}:{item['binding']}")
        path = f"/approvals/steps/{item['step_id']}/decisions"
        confirmed = person.post_confirmed(path, body)
        each = item["second_factor"] == "each"
        found["say"] = "逐次二次验证" if each else "再次验证" if confirmed else "十分钟内已验证"


def wait_until_sealed(person: Person, request_id: str) -> dict[str, Any]:
    """Poll the request until the platform has sealed it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        request = dict(person.get(f"/requests/{request_id}"))
        if request["status"] == "sealed":
            return request
        time.sleep(0.2)
    demand(condition=False, message=f"not sealed after {WAIT_SECONDS} s: {request['status']}")
    return {}
