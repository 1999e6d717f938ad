"""Sets the organization up over HTTP, as its administrator and its legal representative would."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from shuangyin.demo.person import Person
from shuangyin.demo.report import Report, demand
from shuangyin.demo.server import Server
from shuangyin.demo.setting import (
    ADMINISTRATOR,
    DEPARTMENT,
    LESSOR,
    ORGANIZATION,
    REGION,
    ROLES,
    SUPPLIER,
    USCC,
    Role,
)

SEAL_CODE = "1101080000123"
CONTRACT_SEAL_CODE = "1101080000124"
NAME_SEAL_CODE = "1101080000125"


@dataclass
class Cast:
    """The persons of the story, signed in, and what they set up."""

    server: Server
    people: dict[str, Person] = field(default_factory=dict)
    seals: dict[str, Any] = field(default_factory=dict)
    safe: dict[str, Any] = field(default_factory=dict)
    counterparties: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> Person:
        return self.people[kind]


def establish(server: Server, report: Report, engage: type[Person] = Person) -> Cast:
    """Found the organization and bring it to the point where an employee can apply.

    `engage` is the kind of person who acts in it.
    """
    cast = Cast(server)
    report.chapter("一、设立单位", "Setting the organization up")
    with report.step("organization", f"建立单位 {ORGANIZATION} 与首位管理员") as found:
        one_time = _found(server)
        admin = _person(server, ADMINISTRATOR, engage)
        admin.first_sign_in(one_time, _password())
        cast.people["administrator"] = admin
        found["say"] = f"统一社会信用代码 {USCC}"
    with report.step("people", "登记部门与六个岗位的人员，各自设置密码和动态口令") as found:
        department = admin.post_json("/departments", {"name": DEPARTMENT})
        posts = {post["kind"]: post["id"] for post in admin.get("/posts")["items"]}
        for role in ROLES:
            cast.people[role.kind] = _employ(
                admin, _person(server, role, engage), department["id"], posts[role.kind]
            )
        found["say"] = "、".join(f"{role.name}({role.post})" for role in ROLES)
    _write_accounts(cast, report)
    with report.step("seals", "登记实体印章入柜，按其制作试用电子印章，并启用") as found:
        _make_seals(cast)
        found["say"] = "、".join(seal["name"] for seal in cast.seals.values())
    with report.step("scenario_list", "制定印章使用场景清单，法定代表人确认后生效"):
        _enforce_list(cast)
    with report.step(
        "grant", "法定代表人授权平台在批准后自动加盖电子合同专用章；其余电子印章由保管人逐次加盖"
    ):
        _grant_automatic_sealing(cast)
    with report.step("counterparties", "登记往来单位及其接受电子印章的情况"):
        cast.counterparties = {
            name: admin.post_json("/counterparties", body)
            for name, body in (("supplier", SUPPLIER), ("lessor", LESSOR))
        }
    return cast


def _found(server: Server) -> str:
    server.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    password_file = server.data_dir / "first-password"
    server.command(
        "init",
        "--name", ORGANIZATION,
        "--uscc", USCC,
        "--region", REGION,
        "--administrator", ADMINISTRATOR.name,
        "--account", ADMINISTRATOR.account,
        "--password-file", str(password_file),
    )  # fmt: skip
    one_time = password_file.read_text().strip()
    password_file.unlink()
    server.start()
    return one_time


def _person(server: Server, role: Role, engage: type[Person]) -> Person:
    return engage(server.base_url, kind=role.kind, name=role.name, post=role.post, account=role.account)


def _password() -> str:
    return f"shuangyin-{secrets.token_hex(4)}"


def _employ(admin: Person, person: Person, department_id: str, post_id: str) -> Person:
    added = admin.post_json(
        "/persons", {"name": person.name, "account": person.account, "department_id": department_id}
    )
    admin.post_json(f"/persons/{added['person']['id']}/posts", {"post_id": post_id})
    person.first_sign_in(added["one_time_password"], _password())
    return person


def _write_accounts(cast: Cast, report: Report) -> None:
    accounts = [
        {
            "account": person.account,
            "name": person.name,
            "post": person.post,
            "password": person.password,
            "totp_secret": person.secret,
        }
        for person in cast.people.values()
    ]
    path = report.save("accounts.json", json.dumps(accounts, ensure_ascii=False, indent=2).encode() + b"\n")
    path.chmod(0o600)


def _make_seals(cast: Cast) -> None:
    admin, keeper = cast["administrator"], cast["custodian"].id
    filed = {"filing_authority": "北京市公安局海淀分局", "filed_at": 1_756_684_800_000}
    physical = {
        "legal_name": {"category": "legal_name", "seal_code": SEAL_CODE, "filing_no": "备案-0123", **filed},
        "contract": {
            "category": "contract",
            "seal_code": CONTRACT_SEAL_CODE,
            "filing_no": "备案-0124",
            **filed,
        },
        "legal_rep_name": {
            "category": "legal_rep_name",
            "face_text": "陈雪印",
            "seal_code": NAME_SEAL_CODE,
            "filing_no": "备案-0125",
            **filed,
        },
    }
    cast.safe = admin.post_json(
        "/safes", {"name": "一号保险柜", "place": "办公楼 302 室", "custodian_id": keeper}
    )
    for slot, (name, body) in enumerate(physical.items(), start=1):
        seal = admin.post_json("/seals/physical", {**body, "keeper_person_id": keeper})
        admin.post_json(f"/seals/{seal['id']}/activate", {"reason": "交付启用"})
        admin.post_json(f"/safes/{cast.safe['id']}/seals", {"seal_id": seal["id"], "slot": f"第 {slot} 格"})
        electronic = admin.post_json(
            "/seals/trial", {"counterpart_id": seal["id"], "keeper_person_id": keeper}
        )
        admin.post_json(f"/seals/{electronic['id']}/activate", {"reason": "试用启用"})
        cast.seals[f"{name}_physical"] = seal
        cast.seals[f"{name}_electronic"] = electronic
    register = admin.get("/seals")["items"]
    demand(len(register) == 6, f"the register should hold six seals, but holds {len(register)}")
    demand(all(seal["status"] == "in_force" for seal in register), "every seal should be in force")


def _enforce_list(cast: Cast) -> None:
    draft = cast["administrator"].post_json("/scenario-lists", {"starter": "enterprise"})
    cast["administrator"].post_json(f"/scenario-lists/{draft['id']}/submit")
    legal = cast["legal_representative"]
    item = next(one for one in legal.get("/approvals")["items"] if one["subject_id"] == draft["id"])
    proof = legal.step_up("approvals.decide", f"{item['step_id']}:{item['binding']}")
    body = {"decision": "approve", "binding": item["binding"], "proof": proof}
    legal.post_json(f"/approvals/steps/{item['step_id']}/decisions", body)


def _grant_automatic_sealing(cast: Cast) -> None:
    legal = cast["legal_representative"]
    seal_id = cast.seals["contract_electronic"]["id"]
    proof = legal.step_up("authority.grant", f"{seal_id}:auto_seal")
    body = {
        "act": "auto_seal",
        "seal_id": seal_id,
        "document_kinds": ["supplier_contract", "sales_contract", "labour_contract"],
        "count_limit": 500,
        "reason": "审批通过后由平台按批准内容自动加盖",
        "proof": proof,
    }
    legal.post_json("/grants", body)
