"""The check by an outsider: by QR, by upload, offline, and against the log."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from evidencelog.errors import EvidenceLogError
from evidencelog.proof import parse_proof, verify_proof
from evidencelog.vkey import parse_vkey
from shuangyin.demo.cast import Cast
from shuangyin.demo.report import Report, demand

WAIT_SECONDS = 30


def check_electronic(cast: Cast, report: Report, request: dict[str, Any]) -> None:
    """Do what a counterparty would do with the sealed file: scan it, upload it, verify it offline."""
    report.chapter("三、外部查验：已盖章文件", "The check by an outsider: the sealed file")
    sealed = report.folder / "sealed-contract.pdf"
    with httpx.Client(timeout=60, trust_env=False) as browser:
        _scan(browser, report, "electronic", request)
        with report.step("guessing", "编造的查验码：查无此码"):
            guess = re.sub(r"/v/.*", "/v/AAAAAAAAAAAAAAAAAAAAAA", request["uses"][0]["verification_url"])
            demand(browser.get(guess).status_code == 404, "a made-up token must be answered with 404")
        _upload(browser, report, cast, sealed)
    _keep_roots(cast, report)
    _offline(report, sealed)


def check_records(cast: Cast, report: Report, electronic: dict[str, Any], physical: dict[str, Any]) -> None:
    """Do what a court or an auditor would do: the register of physical use, and every entry against the log."""
    report.chapter("五、外部查验：登记与存证", "The check by an outsider: register and evidence")
    with httpx.Client(timeout=60, trust_env=False) as browser:
        _scan(browser, report, "physical", physical)
    _evidence(cast, report, [electronic, physical])


def _scan(browser: httpx.Client, report: Report, medium: str, request: dict[str, Any]) -> None:
    what = {"electronic": "已盖章文件", "physical": "纸质文件"}[medium]
    with report.step(f"qr_page_{medium}", f"扫{what}上的码，打开公开查验页（无需登录，无脚本）") as found:
        url = request["uses"][0]["verification_url"]
        page = browser.get(url)
        demand(page.status_code == 200, f"{url} answered {page.status_code}")
        demand("<script" not in page.text, "the public page must work without scripts")
        for person in ("李然", "周凯", "王岚", "赵明"):
            demand(person not in page.text, "the public page must not name persons")
        report.save(f"verification-{medium}.html", page.content)
        found["url"] = found["say"] = url


def _upload(browser: httpx.Client, report: Report, cast: Cast, sealed: Path) -> None:
    address = f"{cast.server.base_url}/api/v1/verification/files"
    with report.step("upload_check", "上传已盖章文件：有效，且为登记文件") as found:
        answer = _post_file(browser, address, sealed.read_bytes())
        found["verdict"] = answer["report"]["verdict"]
        report.save("verification-report.json", _pretty(answer))
        demand(answer["report"]["verdict"] == "valid", f"the sealed file should be valid: {answer}")
        found["say"] = "有效"
    with report.step("tampered_check", "改动一个数字后上传：盖章后被改动") as found:
        tampered = _change_one_digit(sealed.read_bytes())
        path = report.save("tampered-contract.pdf", tampered)
        answer = _post_file(browser, address, tampered)
        found["verdict"] = answer["report"]["verdict"]
        demand(answer["report"]["verdict"] == "invalid", "the altered copy must not be valid")
        demand("盖章后" in _pretty(answer).decode(), "the report must say: altered after sealing")
        found["say"] = str(path)


def _post_file(browser: httpx.Client, address: str, content: bytes) -> dict[str, Any]:
    answer = browser.post(address, files={"file": ("contract.pdf", content, "application/pdf")})
    demand(answer.is_success, f"{answer.status_code} {answer.text[:500]}")
    return dict(answer.json())


def _change_one_digit(content: bytes) -> bytes:
    """Change one digit inside the signed bytes that is neither structure nor compressed: the document's title date."""
    match = re.search(rb"/CreationDate\s*\(D:(\d{4})", content) or re.search(
        rb"/Producer\s*\([^)]*(\d)", content
    )
    demand(match, "the sample has no digit to change")
    assert match is not None  # noqa: S101  # just demanded
    at = match.end(1) - 1
    return content[:at] + (b"7" if content[at : at + 1] != b"7" else b"8") + content[at + 1 :]


def _keep_roots(cast: Cast, report: Report) -> None:
    with report.step("roots", "保存信任根与日志公钥，供离线核验"):
        with httpx.Client(timeout=30, trust_env=False) as browser:
            roots = browser.get(f"{cast.server.base_url}/api/v1/trust/roots.pem")
            keys = browser.get(f"{cast.server.base_url}/log/vkeys")
        demand(roots.is_success and keys.is_success, "roots and log keys must be public")
        report.save("trust/roots.pem", roots.content)
        report.save("evidence/log.vkeys", keys.content)
        report.save("trust/log.vkeys", keys.content)


def _offline(report: Report, sealed: Path) -> None:
    trust = report.folder / "trust"
    with report.step("gmseal_offline", "离线核验：gmseal verify") as found:
        done = _run("gmseal", "verify", str(sealed), "--trust", str(trust), "--json")
        found["exit"] = done.returncode
        demand(
            done.returncode == 0,
            f"gmseal verify said {done.returncode}: {done.stdout[-800:]}{done.stderr[-800:]}",
        )
        tampered = _run(
            "gmseal", "verify", str(report.folder / "tampered-contract.pdf"), "--trust", str(trust)
        )
        demand(tampered.returncode == 1, f"the altered copy should exit with 1, not {tampered.returncode}")
        found["say"] = "有效；被改动的副本：无效"


def _evidence(cast: Cast, report: Report, requests: list[dict[str, Any]]) -> None:
    auditor = cast["auditor"]
    with report.step("evidence", "每一步都在存证日志中：逐条离线核验包含证明") as found:
        _wait_for_log(auditor)
        entries = _all_entries(auditor)
        folder = report.folder / "evidence"
        keys = folder / "log.vkeys"
        for entry in entries:
            _keep_entry(auditor, folder, entry["id"])
        _verify_all(folder, [entry["id"] for entry in entries], keys)
        for entry in (entries[0], entries[-1]):
            _verify_entry(folder, entry["id"], keys)
        own = [entry for entry in entries if entry["subject_id"] in {request["id"] for request in requests}]
        demand(own, "the requests must have entries")
        found.update(entries=len(entries))
        found["say"] = f"{len(entries)} 条逐条通过，首尾两条另以命令核验，其中两项用印 {len(own)} 条"
    for medium, request in zip(("electronic", "physical"), requests, strict=True):
        _bundle(cast, report, medium, request)


def _wait_for_log(auditor: Any) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if auditor.get("/evidence/log")["pending"] == 0:
            return
        time.sleep(0.2)
    demand(condition=False, message="the log did not take up all entries in time")


def _all_entries(auditor: Any) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = auditor.get("/evidence/entries", limit=200, **({"cursor": cursor} if cursor else {}))
        entries += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return [entry for entry in entries if entry["log_index"] is not None]


def _keep_entry(auditor: Any, folder: Path, entry_id: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{entry_id}.json").write_bytes(auditor.download(f"/evidence/entries/{entry_id}/body"))
    (folder / f"{entry_id}.tlog-proof").write_bytes(auditor.download(f"/evidence/entries/{entry_id}/proof"))


def _verify_all(folder: Path, entry_ids: list[str], keys: Path) -> None:
    """What `evidencelog verify` does for one entry, for all of them in this process."""
    trusted = [parse_vkey(line) for line in keys.read_text(encoding="utf-8").splitlines() if line.strip()]
    for entry_id in entry_ids:
        entry = (folder / f"{entry_id}.json").read_bytes()
        try:
            verify_proof(parse_proof((folder / f"{entry_id}.tlog-proof").read_bytes()), entry, trusted)
        except EvidenceLogError as error:
            demand(False, f"the proof of {entry_id} does not hold: {error}")  # noqa: FBT003  # as an assertion


def _verify_entry(folder: Path, entry_id: str, keys: Path) -> None:
    done = _run(
        "evidencelog", "verify", str(folder / f"{entry_id}.tlog-proof"),
        "--entry", str(folder / f"{entry_id}.json"), "--vkey", str(keys),
    )  # fmt: skip
    demand(done.returncode == 0, f"evidencelog verify refused {entry_id}: {done.stdout}{done.stderr}")


def _bundle(cast: Cast, report: Report, medium: str, request: dict[str, Any]) -> None:
    """Fetch the bundle that the QR code leads to, and the full one of the organization; judge both offline."""
    what = {"electronic": "电子用印", "physical": "实体用印"}[medium]
    folder = report.folder / "evidence"
    with report.step(f"bundle_{medium}", f"{what}的证据包：下载后离线核验（evidencelog verify）") as found:
        use = request["uses"][0]
        with httpx.Client(timeout=60, trust_env=False) as browser:
            public = browser.get(f"{use['verification_url']}/evidence-bundle")
        demand(public.status_code == 200, f"the public bundle was answered with {public.status_code}")
        full = cast["employee"].download(f"/seal-uses/{use['id']}/evidence-bundle", file="true")
        for name, content in ((f"{medium}-public.zip", public.content), (f"{medium}-full.zip", full)):
            path = report.save(f"evidence/{name}", content)
            started = time.monotonic()
            done = _run("evidencelog", "verify", str(path), "--vkey", str(folder / "log.vkeys"))
            found[f"{name} seconds"] = round(time.monotonic() - started, 2)
            demand(
                done.returncode == 0, f"evidencelog verify refused {name}: {done.stdout[-800:]}{done.stderr}"
            )
        found["say"] = f"公开版与完整版均有效：{path}"


def _run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / command
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False)  # noqa: S603  # our own commands


def _pretty(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
