"""The life of a seal over HTTP, for tests: papers, steps, approvals, authorities that are stand-ins in this process."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image
from platform_world import NAMES, ORGANIZATION, USCC, World, ok
from request_story import Story

from shuangyin.connectors.authorities import HttpCompanyRegistry, HttpFilingAuthority, HttpIdentityService
from shuangyin.connectors.json_http import JsonHttp
from shuangyin.connectors.standins.filing import StandInFiling
from shuangyin.connectors.standins.registry import StandInIdentity, StandInRegistry
from shuangyin.core.platform import Platform
from shuangyin.seals.ports import Authorities

ID_NUMBER = "110100209912319996"
"""Right in form and check character, of a day that has not come: nobody's."""
MAKER = {"maker_name": "北京刻石印章有限公司", "maker_filing_no": "京刻备2026000018"}
PAPERS: dict[str, tuple[str, ...]] = {
    "accept": ("establishment_proof", "power_of_attorney", "agent_id"),
    "make": ("imprint",),
    "file": ("filing_receipt",),
    "deliver": ("agent_id", "agent_photo", "imprint_card"),
    "enable": ("internal_decision",),
    "report_lost": ("police_report",),
    "scrap": ("damage_photo",),
    "surrender": ("surrender_ground",),
    "destroy": ("engraver_receipt", "destruction_certificate", "destruction_photo"),
    "revoke": ("revocation_ground",),
    "resume": ("internal_decision",),
}


def png(
    width: int = 400, height: int = 400, *, dpi: tuple[int, int] | None = None, shade: int = 200
) -> bytes:
    """A picture; of another shade it has another digest."""
    file = io.BytesIO()
    extra = {"dpi": dpi} if dpi else {}
    Image.new("RGB", (width, height), (shade, 20, 30)).save(file, "PNG", **extra)
    return file.getvalue()


@dataclass
class Outside:
    """The stand-ins of the authorities."""

    police: StandInFiling
    unit: StandInFiling
    registry: StandInRegistry
    identity: StandInIdentity

    def enter_company(self, **fields: str) -> None:
        """What the registry knows of the organization."""
        known = {"name": ORGANIZATION, "legal_representative": NAMES["legal_representative"], **fields}
        httpx.put(f"{self.registry.address}/companies/{USCC}", json=known, trust_env=False).raise_for_status()

    def say_of_seal(self, standin: StandInFiling, filing_no: str, **fields: str) -> None:
        """Make an authority say something of a filed seal."""
        httpx.put(f"{standin.address}/seals/{filing_no}", json=fields, trust_env=False).raise_for_status()


@contextmanager
def connected(platform: Platform, *, timeout_s: float = 3, slow_s: float = 0.6) -> Iterator[Outside]:
    """The platform connected to stand-ins of every authority."""
    with ExitStack() as stack:
        outside = Outside(
            stack.enter_context(StandInFiling(slow_s=slow_s)),
            stack.enter_context(StandInFiling(prefix="替身电备", slow_s=slow_s)),
            stack.enter_context(StandInRegistry(slow_s=slow_s)),
            stack.enter_context(StandInIdentity(slow_s=slow_s)),
        )
        join(
            platform,
            Authorities(
                police=HttpFilingAuthority(JsonHttp(outside.police.address, timeout_s=timeout_s)),
                management_unit=HttpFilingAuthority(JsonHttp(outside.unit.address, timeout_s=timeout_s)),
                registry=HttpCompanyRegistry(JsonHttp(outside.registry.address, timeout_s=timeout_s)),
                identity=HttpIdentityService(JsonHttp(outside.identity.address, timeout_s=timeout_s)),
            ),
        )
        outside.enter_company()
        yield outside


def join(platform: Platform, authorities: Authorities) -> None:
    """Connect a platform that was composed already."""
    ports = platform.ports
    assert isinstance(ports, dict)
    ports[Authorities] = authorities


@dataclass
class SealDesk:
    """Somebody who looks after seals and whom the root office answers."""

    world: World

    @property
    def story(self) -> Story:
        return Story(self.world)

    def post(self, kind: str, path: str, body: Any = None, **headers: str) -> Any:
        self.world.clock.advance(seconds=1)
        return self.world.client(kind).post(f"/api/v1/seals{path}", json=body or {}, headers=headers)

    def life(self, seal_id: str) -> dict[str, Any]:
        return dict(ok(self.world.client("administrator").get(f"/api/v1/seals/{seal_id}/life")))

    def seal(self, seal_id: str) -> dict[str, Any]:
        return dict(ok(self.world.client("administrator").get(f"/api/v1/seals/{seal_id}")))

    def status(self, seal_id: str) -> str:
        return str(self.seal(seal_id)["status"])

    def board(self) -> dict[str, Any]:
        return dict(ok(self.world.client("administrator").get("/api/v1/seals/filings")))

    def tasks(self, seal_id: str) -> list[str]:
        return [task["kind"] for task in self.life(seal_id)["tasks"]]

    def apply(self, **fields: Any) -> str:
        body = {
            "medium": "physical",
            "category": "contract",
            "keeper_person_id": self.world.id("custodian"),
            **fields,
        }
        return str(ok(self.post("administrator", "/applications", body), 201)["id"])

    def paper(self, seal_id: str, kind: str, data: bytes | None = None, who: str = "administrator") -> Any:
        self.world.clock.advance(seconds=0.001)
        content = data or png(shade=sum(kind.encode()) % 256)
        files = {"file": ("paper.png", content, "image/png")}
        return self.world.client(who).post(
            f"/api/v1/seals/{seal_id}/evidence", files=files, data={"kind": kind}
        )

    def papers(self, seal_id: str, kinds: tuple[str, ...], who: str = "administrator") -> list[str]:
        return [ok(self.paper(seal_id, kind, who=who), 201)["id"] for kind in kinds]

    def ask(
        self, seal_id: str, act: str, *, kinds: tuple[str, ...] | None = None, who: str = "administrator",
        **details: Any,
    ) -> Any:  # fmt: skip
        """Ask for a step with its papers, whatever comes out."""
        if details.get("maker_filing_no") == MAKER["maker_filing_no"]:
            self.know_engraver(MAKER)
        wanted = PAPERS.get(act, ()) if kinds is None else kinds
        ids = self.papers(seal_id, wanted, who) if wanted else []
        return self.step(seal_id, act, ids, who=who, **details)

    def step(self, seal_id: str, act: str, ids: list[str], who: str = "administrator", **details: Any) -> Any:
        body = {"act": act, "details": details, "evidence_ids": ids, "reason": "按规定办理"}
        return self.post(who, f"/{seal_id}/steps", body)

    def decide(self, decision: str = "approve") -> None:
        """The root office decides the one step that waits."""
        [item] = [
            one for one in self.story.todo("legal_representative") if one["subject_type"] == "seal_step"
        ]
        fields = {} if decision == "approve" else {"comment": "请核对"}
        ok(self.story.decide("legal_representative", item, decision, proof=True, **fields))

    def know_engraver(self, maker: dict[str, str]) -> None:
        """Register the engraver that a step is going to name, once."""
        known = ok(self.world.client("administrator").get("/api/v1/engravers"))["items"]
        if maker["maker_filing_no"] not in {one["filing_no"] for one in known}:
            body = {"name": maker["maker_name"], "filing_no": maker["maker_filing_no"]}
            ok(self.world.client("administrator").post("/api/v1/engravers", json=body), 201)

    def do(self, seal_id: str, act: str, **details: Any) -> dict[str, Any]:
        """A step with everything it needs, approved where it asks for that."""
        asked = ok(self.ask(seal_id, act, **details), 201)
        if asked["waiting"] is not None:
            self.decide()
        return self.life(seal_id)

    def check(self, seal_id: str, kind: str, **fields: str) -> Any:
        return self.post("administrator", f"/{seal_id}/checks", {"kind": kind, **fields})

    def check_all(self, seal_id: str) -> None:
        ok(self.check(seal_id, "registry"), 201)
        for kind, name in (("representative", NAMES["legal_representative"]), ("agent", "林一")):
            assert ok(self.check(seal_id, kind, name=name, id_number=ID_NUMBER), 201)["good"]

    def settle(self) -> None:
        """Run what the workers would run."""
        self.world.settle()

    def wait(self, *, hours: float) -> None:
        """Let time pass; sessions end meanwhile, and everybody signs in again when he is asked."""
        self.world.clock.advance(seconds=hours * 3600)
        for member in self.world.members.values():
            if member.client is not None:
                member.client.close()
                member.client = None

    def physical_in_force(self, outside: Outside | None = None, **fields: Any) -> str:
        """A physical seal from its application to its putting into force."""
        seal_id = self.apply(**fields)
        if outside is not None:
            self.check_all(seal_id)
        self.do(seal_id, "accept")
        self.do(seal_id, "make", **MAKER)
        if outside is not None:
            self.settle()
        else:
            self.do(seal_id, "file", filing_no="京公备2026000077", filing_authority="北京市公安局海淀分局")
        self.do(seal_id, "deliver")
        self.do(seal_id, "enable")
        assert self.status(seal_id) == "in_force"
        return seal_id

    def taken_in(self, **fields: Any) -> str:
        """A physical seal that existed already, in force."""
        filed = {
            "filing_no": "备案-0456",
            "filing_authority": "北京市公安局海淀分局",
            "filed_at": 1_790_000_000_000,
        }
        body = {"category": "contract", "keeper_person_id": self.world.id("custodian"), **filed, **fields}
        seal_id = ok(self.post("administrator", "/physical", body), 201)["id"]
        ok(self.post("administrator", f"/{seal_id}/activate"))
        return str(seal_id)

    def trial(self, **fields: Any) -> str:
        """A trial e-seal in force."""
        body = {"keeper_person_id": self.world.id("custodian"), **fields}
        seal_id = ok(self.post("administrator", "/trial", body), 201)["id"]
        ok(self.post("administrator", f"/{seal_id}/activate"))
        return str(seal_id)
