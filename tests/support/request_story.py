"""The way of an application over HTTP, for tests: seals, scenario list, counterparty, request, approvals."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from platform_world import World, ok

SAMPLES = Path(__file__).parents[2] / "samples"
AMOUNT = 48_600_000
"""486,000.00 yuan in fen: below the amount from which the legal representative approves too."""
PARTY = "北京澄泉设备有限公司"
FILED = {"filing_no": "备案-0123", "filing_authority": "北京市公安局海淀分局", "filed_at": 1_790_000_000_000}


@dataclass
class Story:
    """An organization whose scenario list is in force, with a contract e-seal and a physical official seal."""

    world: World
    seals: dict[str, str] = field(default_factory=dict)
    counterparty_id: str = ""

    def client(self, kind: str) -> TestClient:
        return self.world.client(kind)

    def post(self, kind: str, path: str, body: Any = None, **headers: str) -> Any:
        """What the platform answers; a millisecond passes first, because ids sort by it."""
        self.world.clock.advance(seconds=0.001)
        return self.client(kind).post(f"/api/v1{path}", json=body or {}, headers=headers)

    def get(self, kind: str, path: str) -> Any:
        return ok(self.client(kind).get(f"/api/v1{path}"))

    def upload(self, kind: str = "employee", name: str = "contract.pdf") -> str:
        """The id of the first version of an uploaded sample."""
        files = {"file": (name, (SAMPLES / name).read_bytes(), "application/pdf")}
        answer = self.client(kind).post("/api/v1/documents", files=files, data={"title": "供货合同"})
        return str(ok(answer, 201)["versions"][0]["id"])

    def line(self, name: str = "contract", **fields: Any) -> dict[str, Any]:
        """What a request asks of one seal: one place on the first page, a seam and a QR code."""
        return {
            "seal_id": self.seals[name],
            "presses_applied": 1,
            "seam_presses": 1,
            "placements": [{"page": 0, "x_mm": 120.0, "y_mm": 200.0}],
            "seam": {"edge": "right", "y_mm": 110.0},
            "qr": {"page": 0, "x_mm": 20.0, "y_mm": 250.0, "size_mm": 15.0},
            **fields,
        }

    def body(self, kind: str = "employee", **fields: Any) -> dict[str, Any]:
        """An application as its applicant writes it; uploads the sample unless a version is given."""
        versions = fields.pop("document_version_ids", None) or [self.upload(kind)]
        return {
            "title": "供货合同",
            "document_kind": "supplier_contract",
            "reason": "与供货方签订合同",
            "amount_minor": AMOUNT,
            "currency": "CNY",
            "counterparty_id": self.counterparty_id,
            "counterparty_name": PARTY,
            "copies": 1,
            "document_version_ids": versions,
            "seals": [self.line()],
            # Stories use few samples, so that most of them seal one file several times.
            "duplicate_reason": "样本文件在多个故事中重复使用",
            **fields,
        }

    def draft(self, kind: str = "employee", **fields: Any) -> dict[str, Any]:
        return dict(ok(self.post(kind, "/requests", self.body(kind, **fields)), 201))

    def submit(self, request_id: str, kind: str = "employee") -> Any:
        return self.post(kind, f"/requests/{request_id}/submit")

    def apply(self, kind: str = "employee", **fields: Any) -> dict[str, Any]:
        """A request in approval."""
        return dict(ok(self.submit(self.draft(kind, **fields)["id"], kind)))

    def read(self, request_id: str, kind: str = "employee") -> dict[str, Any]:
        return dict(self.get(kind, f"/requests/{request_id}"))

    def todo(self, kind: str) -> list[dict[str, Any]]:
        return list(self.get(kind, "/approvals?state=todo")["items"])

    def decide(self, kind: str, item: dict[str, Any], decision: str = "approve", **fields: Any) -> Any:
        """Decide a step, whatever comes out. `proof` True makes the step-up proof that fits."""
        headers = fields.pop("headers", {})
        if fields.get("proof") is True:
            subject = f"{item['step_id']}:{item['binding']}"
            fields["proof"] = self.world.step_up(kind, "approvals.decide", subject)
        body = {"decision": decision, "binding": item["binding"], **fields}
        return self.post(kind, f"/approvals/steps/{item['step_id']}/decisions", body, **headers)

    def approve(self, request_id: str) -> None:
        """Let everybody whom the route asks approve."""
        decided = 0
        for kind in ("department_head", "legal_representative"):
            for item in self.todo(kind):
                if item["subject_id"] == request_id:
                    ok(self.decide(kind, item, proof=True))
                    decided += 1
        assert decided, "nobody was asked"

    def grant(self, kind: str = "legal_representative", **body: Any) -> Any:
        """Give a grant, whatever comes out. One of automatic sealing is bound to supplier contracts and a count."""
        if body["act"] == "auto_seal":
            body = {"document_kinds": ["supplier_contract"], "count_limit": 100, **body}
        subject = f"{body.get('seal_id') or '*'}:{body['act']}"
        proof = self.world.step_up(kind, "authority.grant", subject)
        return self.post(kind, "/grants", {"reason": "日常办理", "proof": proof, **body})

    def end_grant(self, grant_id: str, reason: str, kind: str = "legal_representative") -> Any:
        """End a grant, whatever comes out."""
        proof = self.world.step_up(kind, "authority.end", grant_id)
        return self.post(kind, f"/grants/{grant_id}/end", {"reason": reason, "proof": proof})

    def enforce(self, list_id: str) -> Any:
        """Submit a draft list and let the root office approve it; what the last of the two answers."""
        return enforce(self.world, list_id)

    def make_seal(self, name: str, medium: str, **body: Any) -> None:
        path = "/seals/trial" if medium == "electronic" else "/seals/physical"
        filed = {} if medium == "electronic" else FILED
        body = {"keeper_person_id": self.world.id("custodian"), **filed, **body}
        seal = ok(self.post("administrator", path, body), 201)
        ok(self.post("administrator", f"/seals/{seal['id']}/activate", {"reason": "启用"}))
        self.seals[name] = seal["id"]


def enforce(world: World, list_id: str) -> Any:
    """Submit a draft list and let the root office approve it; what the last of the two answers."""
    world.clock.advance(seconds=0.001)
    submitted = world.client("administrator").post(f"/api/v1/scenario-lists/{list_id}/submit", json={})
    if submitted.status_code != 200:
        return submitted
    legal = world.client("legal_representative")
    todo = ok(legal.get("/api/v1/approvals?state=todo"))["items"]
    item = next(one for one in todo if one["subject_id"] == list_id)
    proof = world.step_up("legal_representative", "approvals.decide", f"{item['step_id']}:{item['binding']}")
    body = {"decision": "approve", "binding": item["binding"], "proof": proof}
    return legal.post(f"/api/v1/approvals/steps/{item['step_id']}/decisions", json=body)


def begin(world: World) -> Story:
    """Set the story up the way people do."""
    story = Story(world)
    story.make_seal("contract", "electronic", category="contract", seal_code="1101080000123")
    story.make_seal("official", "physical", category="legal_name", seal_code="1101080000124")
    draft = ok(story.post("administrator", "/scenario-lists"), 201)
    ok(story.enforce(draft["id"]))
    party = {"name": PARTY, "uscc": "91110108MA00DEM14Q", "takes_electronic": "yes", "note": ""}
    story.counterparty_id = ok(story.post("administrator", "/counterparties", party), 201)["id"]
    return story
