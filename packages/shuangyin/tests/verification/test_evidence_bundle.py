"""Evidence bundles of electronic uses: complete for the organization, masked for outsiders, good for any verifier."""

from __future__ import annotations

import hashlib
import html
import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from platform_world import NAMES, ORGANIZATION, USCC, problem

from evidencelog.bundle import BundleReport, FileRole, Verdict, read_bundle, verify_bundle
from evidencelog.policy import WitnessPolicy
from evidencelog.vkey import parse_vkey

API = "/api/v1/seal-uses/{}/evidence-bundle"
FORM = {
    "number": "签发〔2026〕7号",
    "source": "paper",
    "signed_by": "高文远",
    "signed_post": "主任",
    "signed_on": "2026-11-20",
    "opinion": "同意印发该合同",
}


def path_of(use: dict[str, Any]) -> str:
    return str(use["verification_url"]).removeprefix("http://localhost:8600")


def saved(response: Any, path: Path) -> Path:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/zip"
    path.write_bytes(response.content)
    return path


def judged(story: Any, path: Path) -> BundleReport:
    vkeys = story.world.anonymous().get("/log/vkeys").text.split()
    return verify_bundle(path, [parse_vkey(text) for text in vkeys])


def codes(report: BundleReport, result: str) -> set[str]:
    return {item.code.value for item in report.walk() if item.result.value == result and not item.children}


def shown(path: Path) -> str:
    """All words of the statement that a verifier derives."""
    statement = verify_bundle(path).statement
    assert statement is not None
    rows = list(statement.rows())
    return "\n".join(f"{row.label.zh}：{row.shown.zh}\n{row.label.en}: {row.shown.en}" for row in rows)


@pytest.fixture
def sealed(story: Any) -> dict[str, Any]:
    request: dict[str, Any] = story.sealed(form=FORM)
    story.world.settle()
    return request


def test_the_full_bundle_proves_what_it_states(story: Any, sealed: dict[str, Any], tmp_path: Path) -> None:
    [use] = sealed["uses"]
    path = saved(story.world.client("employee").get(API.format(use["id"])), tmp_path / "b.zip")
    report = judged(story, path)
    assert report.verdict is Verdict.VALID
    assert codes(report, "fail") == codes(report, "not_checked") == set()
    assert {"statement.derived", "twin.included", "file.report_derived"} <= codes(report, "pass")
    text = shown(path)
    for expected in (
        use["number"], sealed["number"], use["document_sm3"], NAMES["employee"], NAMES["department_head"],
        "与供货方签订合同", f"{ORGANIZATION}合同专用章", USCC, "同意", "高文远\n主任", "同意印发该合同",
    ):  # fmt: skip
        assert expected in text, expected
    bundle = read_bundle(path)
    assert not bundle.statement.masked if bundle.statement else False
    names = {file.declared.file for file in bundle.files}
    assert names == {
        "files/printout-not-proven.pdf", "files/report.zh.html", "files/report.en.html", "files/how-to-check.zh.html",
        "files/how-to-check.en.html", "files/verify.html", "files/signer.cer",
    }  # fmt: skip
    assert list(story.world.platform.objects._work.iterdir()) == []
    assert report.statement is not None
    assert all(section.related for section in report.statement.sections), (
        "entries say to which use they belong"
    )
    raw = {row.label.zh for row in report.statement.sections[0].rows if "." in row.label.zh}
    assert raw == set()
    proven = {row.label.zh for row in report.statement.rows() if row.ground.value == "recorded"}
    assert {"印章名称", "统一社会信用代码", "备案编号", "用印后文件摘要 SM3", "审批结论"} - proven <= {
        "备案编号"
    }
    under_policy = verify_bundle(path, policy=WitnessPolicy.parse(bundle.policy or b""))
    assert under_policy.verdict is Verdict.VALID
    _with_the_file(story, use, tmp_path)


def _with_the_file(story: Any, use: dict[str, Any], tmp_path: Path) -> None:
    client = story.world.client("employee")
    path = saved(client.get(API.format(use["id"]), params={"file": "true"}), tmp_path / "file.zip")
    assert judged(story, path).verdict is Verdict.VALID
    [document] = [file for file in read_bundle(path).files if file.declared.role is FileRole.SEALED_DOCUMENT]
    assert document.sm3 == use["document_sm3"]
    with zipfile.ZipFile(path) as archive:
        assert archive.read("files/document-sealed.pdf") == story.file_of(use)


def test_words_that_are_changed_and_a_source_given_as_sealed_are_refused(
    story: Any, sealed: dict[str, Any], tmp_path: Path
) -> None:
    """A stranger unpacks a good bundle, changes words or swaps the file, and packs it again with a fitting manifest."""
    [use] = sealed["uses"]
    client = story.world.client("employee")
    path = saved(client.get(API.format(use["id"]), params={"file": "true"}), tmp_path / "b.zip")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    source = client.get(f"/api/v1/documents/{use['document_id']}/versions/1/content")
    report = members["files/report.zh.html"]
    lies = {
        "file.report_differs": (
            "files/report.zh.html",
            report.replace("用印后文件摘要".encode(), "合同金额".encode()),
        ),
        "file.other_role": ("files/document-sealed.pdf", source.content),
    }
    for code, (name, data) in lies.items():
        assert data != members[name]
        manifest = json.loads(members["manifest.json"])
        sm3 = hashlib.new("sm3", data).hexdigest()
        digests = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "sm3": sm3}
        next(one for one in manifest["files"] if one["file"] == name).update(digests)
        with zipfile.ZipFile(tmp_path / "lie.zip", "w") as archive:
            for member, content in {
                **members,
                name: data,
                "manifest.json": json.dumps(manifest).encode(),
            }.items():
                archive.writestr(member, content)
        found = judged(story, tmp_path / "lie.zip")
        assert found.verdict is Verdict.INVALID
        assert codes(found, "fail") == {code}


def test_outsiders_get_a_masked_bundle(story: Any, sealed: dict[str, Any], tmp_path: Path) -> None:
    [use] = sealed["uses"]
    path = saved(story.world.anonymous().get(path_of(use) + "/evidence-bundle"), tmp_path / "b.zip")
    report = judged(story, path)
    assert report.verdict is Verdict.VALID
    assert use["document_sm3"] in shown(path)
    assert re.search("审批岗位：.+", shown(path)), "posts are said"
    with zipfile.ZipFile(path) as archive:
        everything = {name: archive.read(name) for name in archive.namelist()}
    for name, data in everything.items():
        if name.endswith((".pdf", "verify.html")):
            continue
        text = data.decode("utf-8", "replace")
        assert not any(person in text for person in NAMES.values()), name
        assert "供货合同" not in text, name
        assert "与供货方签订合同" not in text, name
        assert not (name.startswith("entries/") and '"salt"' in text), "a short text could be guessed"
    pdf = subprocess.run(
        ["pdftotext", "-", "-"],
        input=everything["files/printout-not-proven.pdf"],
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert use["number"] in pdf
    assert "未经日志证明" in pdf
    assert not any(person in pdf for person in NAMES.values())


def test_who_may_not_read_gets_nothing(story: Any) -> None:
    [use] = story.sealed()["uses"]
    # No signed head holds it yet.
    problem(story.world.client("employee").get(API.format(use["id"])), 409, "NOT_SEQUENCED")
    assert story.world.anonymous().get(path_of(use) + "/evidence-bundle").status_code == 409
    problem(story.world.anonymous().get(API.format(use["id"])), 401, "UNAUTHENTICATED")
    assert story.world.client("employee").get(API.format("0" * 32)).status_code == 404
    guess = story.world.anonymous().get("/v/" + "A" * 22 + "/evidence-bundle")
    malformed = story.world.anonymous().get("/v/x/evidence-bundle")
    assert guess.status_code == malformed.status_code == 404
    assert guess.text == malformed.text
    client = story.world.anonymous()
    answers = [client.get("/v/" + "A" * 22 + "/evidence-bundle").status_code for _ in range(10)]
    assert answers == [404] * 9 + [429], "three were asked for above"


def test_the_commands_of_the_page_work_as_they_are_written(
    story: Any, sealed: dict[str, Any], tmp_path: Path
) -> None:
    """Judge: openssl, over the members of the bundle, run by the commands that the page shows."""
    [use] = sealed["uses"]
    path = saved(story.world.anonymous().get(path_of(use) + "/evidence-bundle"), tmp_path / "b.zip")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    page = (tmp_path / "files" / "how-to-check.en.html").read_text("utf-8")
    commands = [html.unescape(command) for command in re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)]
    signing = [
        one for one in commands if re.match(r"sed|\{ printf '\\060|openssl (dgst -sm3 -verify|pkeyutl)", one)
    ]
    assert len(signing) == 2 + 2 * 3
    done = subprocess.run(
        ["sh", "-eu"], input="\n".join(signing), capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert "Verified OK" in done.stdout

    client = story.world.anonymous()
    served = client.get("/verify/offline")
    assert served.headers["content-security-policy"].startswith("default-src 'none'; script-src 'sha256-")
    assert (tmp_path / "files" / "verify.html").read_bytes() == served.content
    assert "attachment" in client.get("/verify/offline?download=true").headers["content-disposition"]
    assert "/verify/offline" in client.get("/verify").text
    assert "/evidence-bundle" in client.get(path_of(use)).text
