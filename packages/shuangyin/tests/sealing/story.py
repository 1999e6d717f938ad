"""The way of one electronic seal use over HTTP, for tests: seals, scenario list, request, approvals, grant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platform_world import World, ok
from request_story import enforce

SAMPLES = Path(__file__).parents[4] / "samples"
YEAR_MS = 365 * 24 * 3600 * 1000
AMOUNT = 48_600_000
"""486,000.00 yuan in fen: below the amount from which the legal representative approves too."""


def sample(name: str) -> bytes:
    """The bytes of a sample document."""
    return (SAMPLES / name).read_bytes()


@dataclass
class Story:
    """An organization with a scenario list in force and a contract e-seal kept by the custodian."""

    world: World
    seal_id: str
    counterparty_id: str

    def post(self, kind: str, path: str, body: Any = None, status: int | None = None) -> Any:
        return ok(self.world.client(kind).post(f"/api/v1{path}", json=body or {}), status)

    def get(self, kind: str, path: str) -> Any:
        return ok(self.world.client(kind).get(f"/api/v1{path}"))

    def upload(self, content: bytes, name: str = "合同.pdf") -> dict[str, Any]:
        files = {"file": (name, content, "application/pdf")}
        response = self.world.client("employee").post(
            "/api/v1/documents", files=files, data={"title": "供货合同"}
        )
        return dict(ok(response, 201))

    def grant_automatic_sealing(self, seal_id: str | None = None) -> dict[str, Any]:
        seal_id = seal_id or self.seal_id
        proof = self.world.step_up("legal_representative", "authority.grant", f"{seal_id}:auto_seal")
        body = {
            "act": "auto_seal",
            "seal_id": seal_id,
            "document_kinds": ["supplier_contract"],
            "count_limit": 100,
            "valid_until": self.world.clock.now_ms() + YEAR_MS,
            "reason": "日常合同由平台自动用印",
            "proof": proof,
        }
        return dict(self.post("legal_representative", "/grants", body, 201))

    def apply(
        self,
        content: bytes | None = None,
        *,
        seals: list[dict[str, Any]] | None = None,
        form: Any = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """Upload, apply and submit, with an issue form if one is given; the request in approval."""
        document = self.upload(content if content is not None else sample("contract.pdf"))
        body = {
            "title": "供货合同",
            "document_kind": "supplier_contract",
            "reason": "与供货方签订合同",
            "amount_minor": AMOUNT,
            "currency": "CNY",
            "counterparty_id": self.counterparty_id,
            "counterparty_name": "北京澄泉设备有限公司",
            "copies": 1,
            "document_version_ids": [document["versions"][0]["id"]],
            "seals": seals or [self.line()],
            **fields,
        }
        draft = self.post("employee", "/requests", body, 201)
        if form is not None:
            self.post("employee", f"/requests/{draft['id']}/issue-forms", form, 201)
        return dict(self.post("employee", f"/requests/{draft['id']}/submit"))

    def line(self, seal_id: str | None = None, **fields: Any) -> dict[str, Any]:
        """What a request asks of one seal: by default one place on the first page, a seam and a QR code."""
        return {
            "seal_id": seal_id or self.seal_id,
            "presses_applied": 1,
            "seam_presses": 1,
            "placements": [{"page": 0, "x_mm": 120.0, "y_mm": 200.0}],
            "seam": {"edge": "right", "y_mm": 110.0},
            "qr": {"page": 0, "x_mm": 20.0, "y_mm": 250.0, "size_mm": 15.0},
            **fields,
        }

    def approve(self, request_id: str) -> None:
        """Let everybody whom the route asks approve."""
        decided = 0
        for kind in ("department_head", "legal_representative"):
            for item in self.get(kind, "/approvals?state=todo")["items"]:
                if item["subject_id"] != request_id:
                    continue
                subject = f"{item['step_id']}:{item['binding']}"
                proof = self.world.step_up(kind, "approvals.decide", subject)
                body = {"decision": "approve", "binding": item["binding"], "proof": proof}
                self.post(kind, f"/approvals/steps/{item['step_id']}/decisions", body)
                decided += 1
        assert decided, "nobody was asked"

    def approved(self, content: bytes | None = None, **fields: Any) -> str:
        """A request that is approved and waits for its seals; its id."""
        request = self.apply(content, **fields)
        self.approve(request["id"])
        return str(request["id"])

    def sealed(self, content: bytes | None = None, **fields: Any) -> dict[str, Any]:
        """A request that the custodian sealed."""
        request_id = self.approved(content, **fields)
        self.seal(request_id)
        request = self.get("employee", f"/requests/{request_id}")
        assert request["status"] == "sealed"
        return {**request, "uses": self.uses_of(request_id)}

    def uses_of(self, request_id: str) -> list[dict[str, Any]]:
        """The uses of a request in full, oldest first."""
        return list(reversed(self.get("employee", f"/seal-uses?request_id={request_id}")["items"]))

    def seal(self, request_id: str, kind: str = "custodian") -> Any:
        """The keeper puts the seals on."""
        return ok(self.press(request_id, kind))

    def press(self, request_id: str, kind: str = "custodian") -> Any:
        """As `seal`, whatever comes out."""
        proof = self.world.step_up(kind, "sealing.execute", request_id)
        return self.world.client(kind).post(f"/api/v1/requests/{request_id}/seal", json={"proof": proof})

    def file_of(self, use: dict[str, Any]) -> bytes:
        """The sealed file of a use."""
        path = f"/api/v1/documents/{use['document_id']}/versions/{use['sealed_version_number']}/content"
        response = self.world.client("employee").get(path)
        assert response.status_code == 200, response.text
        return response.content

    def make_seal(self, category: str, **fields: Any) -> str:
        """Another trial e-seal in force."""
        body = {"category": category, "keeper_person_id": self.world.id("custodian"), **fields}
        seal = self.post("administrator", "/seals/trial", body, 201)
        self.post("administrator", f"/seals/{seal['id']}/activate")
        return str(seal["id"])


def begin(world: World) -> Story:
    """Set the story up the way people do: seal, scenario list, counterparty."""
    story = Story(world, "", "")
    story.seal_id = story.make_seal("contract", seal_code="1101080000123")
    draft = story.post("administrator", "/scenario-lists", {}, 201)
    enforce(world, draft["id"])
    counterparty = story.post(
        "administrator",
        "/counterparties",
        {"name": "北京澄泉设备有限公司", "uscc": "91110108MA00DEM14Q", "takes_electronic": "yes", "note": ""},
        201,
    )
    story.counterparty_id = counterparty["id"]
    return story
