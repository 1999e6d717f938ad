"""The check by an outsider over HTTP: the page behind the code, uploads, limits, and what is never shown."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from platform_world import NAMES, ORGANIZATION, USCC, World, ok, problem
from sqlalchemy import select

from shuangyin.core.actor import system_actor
from shuangyin.core.platform import Platform
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.organization.models import Organization
from shuangyin.requests.models import UseRequest
from shuangyin.sealing.commands import record_physical_use
from shuangyin.sealing.models import SealUse
from shuangyin.seals.models import Seal

SAMPLES = Path(__file__).parents[4] / "samples"
API = "/api/v1/verification/files"
FILING = {"filing_no": "京公备2026000002", "filing_authority": "北京市公安局海淀分局"}


def path_of(use: dict[str, Any]) -> str:
    return str(use["verification_url"]).removeprefix("http://localhost:8600")


def post_file(world: World, path: str, content: bytes, **parameters: str) -> Any:
    files = {"file": ("合同.pdf", content, "application/pdf")}
    return world.anonymous().post(path, files=files, params=parameters)


def altered(sealed: bytes) -> bytes:
    """The file with one digit of its document information changed, within what the seal protects."""
    found = re.search(rb"/CreationDate\s*\(D:(\d{4})", sealed)
    assert found is not None
    at = found.end(1) - 1
    return sealed[:at] + (b"7" if sealed[at : at + 1] != b"7" else b"8") + sealed[at + 1 :]


class Page(HTMLParser):
    """The tags of a page and its text without the style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        if not self._style and data.strip():
            self.words.append(data.strip())

    @property
    def verdict(self) -> str:
        """The level in the class of the verdict."""
        return next(
            str(attrs["class"]).split()[1] for tag, attrs in self.tags if "verdict" in str(attrs.get("class"))
        )


def page(response: Any, status: int = 200) -> Page:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text)


def test_the_code_opens_a_page_with_the_verdict_first_and_what_is_on_record(story: Any) -> None:
    world: World = story.world
    [use] = story.sealed()["uses"]
    world.settle()
    shown = page(world.anonymous().get(path_of(use)))
    assert shown.verdict == "warn", "a trial seal is never shown in plain green"
    assert shown.words[shown.words.index("English") + 1] == "有效（试用）"
    text = "\n".join(shown.words)
    for expected in (
        f"{ORGANIZATION}合同专用章", ORGANIZATION, USCC, "试用印章，不具有法律效力", use["number"],
        use["document_sm3"], "用印人在有效授权内", "启用", "请上传收到的 PDF 或 OFD 比对",
    ):  # fmt: skip
        assert expected in text, expected
    assert re.search(r"存证日志位置\n#\d+", text)
    assert "不是您手中的这一份" in text, "it speaks of the registered file"


def test_the_page_speaks_english_when_asked(story: Any) -> None:
    [use] = story.sealed()["uses"]
    client = story.world.anonymous()
    by_header = client.get(path_of(use), headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert by_header.headers["content-language"] == "en"
    by_link = page(client.get(path_of(use), params={"lang": "en"}))
    assert "Valid (trial)" in by_link.words
    chinese = [word for word in by_link.words if re.search(r"[\u4e00-\u9fff]", word)]
    names = (ORGANIZATION, use["number"][0], "中文")
    assert all(any(name in word for name in names) for word in chinese), chinese


def test_nothing_runs_nothing_is_loaded_and_no_person_is_named(story: Any) -> None:
    [use] = story.sealed()["uses"]
    client = story.world.anonymous()
    sealed = story.file_of(use)
    answers = [
        client.get(path_of(use)),
        client.get("/verify"),
        post_file(story.world, path_of(use), sealed),
        post_file(story.world, "/verify", altered(sealed)),
        client.get("/v/" + "A" * 22),
    ]
    for answer in answers:
        shown = Page(answer.text)
        assert not {"script", "link", "iframe", "img", "object"} & {tag for tag, _ in shown.tags}
        assert not any(name.startswith("on") or name == "style" for _, attrs in shown.tags for name in attrs)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert not any(name in answer.text for name in NAMES.values())
        assert "供货合同" not in answer.text, "the title is the organization's own business"


def test_what_failed_stands_before_what_is_in_order(story: Any) -> None:
    [use] = story.sealed()["uses"]
    answer = post_file(story.world, path_of(use), altered(story.file_of(use)))
    above, _, table = answer.text.partition("<details")
    failed = re.findall(r"<tr><td>不通过</td><td>(.*?)</td>", table)
    assert failed
    assert all(text in above for text in failed), "whoever opens nothing sees what went wrong"
    groups = [re.findall(r"<tr><td>(.*?)</td>", one) for one in table.split('<th scope="rowgroup"')]
    with_failures = ["不通过" in results for results in groups if results]
    assert with_failures == sorted(with_failures, reverse=True)


def test_the_policy_allows_exactly_the_style_of_the_page(story: Any) -> None:
    answer = story.world.anonymous().get("/verify")
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None

    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "token", ["A" * 22, "short", "A" * 23, "A" * 21 + "!", "' OR 1=1 --", "%00" * 5, "\u5370" * 22]
)
def test_a_code_that_does_not_exist_and_one_that_cannot_are_answered_alike(story: Any, token: str) -> None:
    client = story.world.anonymous()
    usual = client.get("/v/" + "B" * 22)
    answer = client.get(f"/v/{token}")
    assert page(answer, 404).verdict == "unknown"
    assert answer.text == usual.text


def test_the_registered_file_is_recognised_and_a_changed_digit_is_told(story: Any) -> None:
    world: World = story.world
    [use] = story.sealed()["uses"]
    sealed = story.file_of(use)

    same = page(post_file(world, path_of(use), sealed))
    assert (same.verdict, same.words.count("一致")) == ("good", 1)

    changed = page(post_file(world, path_of(use), altered(sealed)))
    assert changed.verdict == "bad"
    assert any("盖章后被改动" in word for word in changed.words)
    english = page(post_file(world, path_of(use), altered(sealed), lang="en"))
    assert any("altered after sealing" in word for word in english.words)

    original = (SAMPLES / "contract.pdf").read_bytes()
    assert page(post_file(world, path_of(use), original)).verdict == "unknown"
    assert page(post_file(world, path_of(use), b"a photo, perhaps")).verdict == "unknown"
    appended = page(post_file(world, path_of(use), sealed + b"\n1 0 obj\n<<>>\nendobj\n"))
    assert appended.verdict == "bad"


@pytest.mark.parametrize("algorithm", ["sm3", "sha256"])
def test_a_digest_of_the_registered_file_is_found_without_the_file(story: Any, algorithm: str) -> None:
    [use] = story.sealed()["uses"]
    client = story.world.anonymous()
    digest = hashlib.new(algorithm, story.file_of(use)).hexdigest()
    for typed in (digest, digest.upper(), f" {digest[:32]} {digest[32:]}\n"):
        answer = client.get("/verify", params={"digest": typed})
        shown = page(answer)
        assert shown.verdict == "warn", "a trial seal is never shown in plain green"
        assert use["number"] in shown.words
        assert digest in shown.words
        assert "script" not in {tag for tag, _ in shown.tags}
        assert not any(name in answer.text for name in NAMES.values())
        assert "供货合同" not in answer.text, "the title is the organization's own business"


def test_every_digest_that_is_not_registered_is_answered_alike(story: Any) -> None:
    [use] = story.sealed()["uses"]
    client = story.world.anonymous()
    applied = hashlib.sha256((SAMPLES / "contract.pdf").read_bytes()).hexdigest()
    known = use["document_sm3"]
    tried = ["0" * 64, known[:-1], known + "0", known[:32], "", "x" * 64, "%" * 64, "_" * 64, applied]
    answers = [client.get("/verify", params={"digest": one, "lang": "zh"}) for one in tried]
    assert {answer.status_code for answer in answers} == {404}
    assert len({re.sub(r"\d\d:\d\d(:\d\d)?", "", answer.text) for answer in answers}) == 1


def test_digests_are_counted_like_every_look(story: Any) -> None:
    client = story.world.anonymous()
    answers = [client.get("/verify", params={"digest": f"{n:064x}"}) for n in range(61)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


def test_programs_get_the_report_and_whether_the_file_is_registered(story: Any) -> None:
    world: World = story.world
    [use] = story.sealed()["uses"]
    sealed = story.file_of(use)
    answer = ok(post_file(world, API, sealed))
    assert (answer["code"], answer["level"], answer["registered"], answer["trial"]) == (
        "SAME_FILE", "good", True, True,
    )  # fmt: skip
    assert answer["report"]["verdict"] == "valid"
    assert answer["report"]["format"] == "gmseal-report/2"
    assert [one["number"] for one in answer["uses"]] == [use["number"]]
    assert "presser" not in json.dumps(answer)
    bad = ok(post_file(world, API, altered(sealed)))
    assert (bad["code"], bad["registered"], bad["report"]["verdict"]) == (
        "ALTERED_AFTER_SEALING",
        False,
        "invalid",
    )
    none = ok(post_file(world, API, b"no pdf"))
    assert (none["code"], none["report"]) == ("NOT_COMPARABLE", None)
    locked = io.BytesIO()
    with pikepdf.open(SAMPLES / "contract.pdf") as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    told = ok(post_file(world, API, locked.getvalue()))
    assert (told["code"], told["report"]) == ("ENCRYPTED", None)
    problem(world.anonymous().post(API), 422, "INVALID_INPUT")


@pytest.mark.parametrize(
    ("path", "zh", "en"), [("/v/", "22 位", "Scan"), ("/v", "22 位", "Scan"), ("/nosuch", "网页", "page")]
)
def test_an_address_that_is_none_tells_a_person_what_to_do(world: World, path: str, zh: str, en: str) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for language, words in (("zh-CN", zh), ("en", en)):
        answer = world.anonymous().get(path, headers={**browser, "Accept-Language": language})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert words in answer.text
        assert 'action="/verify' in answer.text
        assert "<script" not in answer.text
    problem(world.anonymous().get(path, headers={"Accept": "application/json"}), 404, "NOT_FOUND")
    problem(world.anonymous().get("/api/v1/nosuch", headers=browser), 404, "NO_SUCH_ADDRESS")


def test_uploads_for_checking_are_not_kept(story: Any, platform: Platform) -> None:
    [use] = story.sealed()["uses"]
    objects = sorted(path for path in platform.settings.objects_dir.rglob("*") if path.is_file())
    post_file(story.world, path_of(use), story.file_of(use))
    post_file(story.world, "/verify", b"%PDF-1.7 broken")
    assert list(platform.settings.work_dir.iterdir()) == []
    assert sorted(path for path in platform.settings.objects_dir.rglob("*") if path.is_file()) == objects


def test_what_became_of_the_seal_since_is_told_beside_what_it_was(story: Any) -> None:
    [use] = story.sealed()["uses"]
    story.world.clock.advance(seconds=60)
    story.post("administrator", f"/seals/{story.seal_id}/suspend", {"reason": "员工私章丢失，内部核查"})
    answer = story.world.anonymous().get(path_of(use))
    text = "\n".join(page(answer).words)
    assert "用印时状态\n启用" in text
    assert "现在状态\n停用" in text
    assert "核查" not in text, "the reason of a suspension is nobody's business"


def test_a_use_without_authority_is_not_called_valid(story: Any, platform: Platform) -> None:
    world: World = story.world
    request = story.sealed()
    seal = story.post(
        "administrator", "/seals/physical",
        {"category": "contract", "keeper_person_id": world.id("custodian"), **FILING}, 201,
    )  # fmt: skip
    story.post("administrator", f"/seals/{seal['id']}/activate")

    def press(work: Any) -> str:
        row = work.session.get_one(UseRequest, request["id"])
        use = record_physical_use(
            work, system_actor(row.organization_id), request=row, seal_id=seal["id"],
            presser_id=world.id("employee"), position=1,
            presses={"normal": 1, "seam": 0, "cover": 0, "spoiled": 0}, executed_at=work.now,
        )  # fmt: skip
        return use.token

    doubtful = page(world.anonymous().get(f"/v/{platform.transact(press)}"))
    assert doubtful.verdict == "warn"
    assert "存疑" in doubtful.words
    assert "有效" not in doubtful.words[: doubtful.words.index("登记内容")]


def test_a_physical_use_is_on_record_but_no_paper_is_called_valid(story: Any, platform: Platform) -> None:
    world: World = story.world
    request = story.sealed()
    body = {
        "category": "legal_name", "keeper_person_id": world.id("custodian"),
        "filing_no": "京公备2026000001", "filing_authority": "北京市公安局海淀分局",
    }  # fmt: skip
    seal = story.post("administrator", "/seals/physical", body, 201)
    story.post("administrator", f"/seals/{seal['id']}/activate")

    def press(work: Any) -> str:
        row = work.session.get_one(UseRequest, request["id"])
        use = record_physical_use(
            work, system_actor(row.organization_id), request=row, seal_id=seal["id"],
            presser_id=world.id("custodian"), position=1,
            presses={"normal": 2, "seam": 1, "cover": 0, "spoiled": 0}, executed_at=work.now,
        )  # fmt: skip
        return use.token

    token = platform.transact(press)
    shown = page(world.anonymous().get(f"/v/{token}"))
    text = "\n".join(shown.words)
    assert shown.verdict == "info"
    head = shown.words[: shown.words.index("登记内容")]
    assert "有登记" in head
    assert not any(word.startswith("有效") for word in head)
    assert "京公备2026000001" in text
    assert "不能证明手中的纸质文件为真" in text
    # Both uses are on one document, so each page lists both, and no other.
    assert text.count("印-2026-") == 3
    original = (SAMPLES / "contract.pdf").read_bytes()
    same = page(post_file(world, f"/v/{token}", original))
    assert same.verdict == "info"
    assert any("不能证明纸质文件为真" in word for word in same.words)


def test_names_on_personal_name_seals_are_masked(story: Any, platform: Platform) -> None:
    request_id = story.approved()
    with platform.database.write_session() as session, session.begin():
        seal = session.get_one(Seal, story.seal_id)
        seal.category, seal.name = "legal_rep_name", "陈雪"
    story.seal(request_id)
    [use] = story.uses_of(request_id)
    with platform.database.write_session() as session, session.begin():
        entry = session.get_one(EvidenceEntry, session.get_one(SealUse, use["id"]).entry_id)
        assert "陈雪" not in entry.body, "no entry names a person"
    answer = story.world.anonymous().get(path_of(use))
    assert "陈雪" not in answer.text
    assert "陈*" in "\n".join(page(answer).words)


def test_the_form_takes_a_code_as_people_copy_it(story: Any) -> None:
    [use] = story.sealed()["uses"]
    client = story.world.anonymous()
    token = path_of(use).removeprefix("/v/")
    for typed in (token, f" {token} ", use["verification_url"], f"{use['verification_url']}/"):
        answer = client.get("/verify", params={"code": typed, "lang": "zh"}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/v/{token}?lang=zh")
    assert page(client.get("/verify", params={"code": "//evil.example"}), 404).verdict == "unknown"


def test_an_address_that_guesses_or_uploads_too_often_is_slowed_down_and_good_codes_stay_open(
    story: Any,
) -> None:
    client = story.world.anonymous()
    [use] = story.sealed()["uses"]
    assert {client.get(path_of(use)).status_code for _ in range(40)} == {200}
    guesses = [client.get(f"/v/{number:022d}") for number in range(31)]
    assert [one.status_code for one in guesses] == [404] * 30 + [429]
    assert int(guesses[-1].headers["retry-after"]) >= 1
    assert page(guesses[-1], 429).verdict == "unknown"
    assert client.get(path_of(use)).status_code == 200
    # Whether a code has the right form is no news either.
    assert client.get("/v/short").status_code == 429
    story.world.clock.advance(seconds=5)
    assert client.get("/v/short").status_code == 404
    uploads = [post_file(story.world, API, b"x").status_code for _ in range(15)]
    assert 429 in uploads
    problem(post_file(story.world, API, b"x"), 429, "TOO_OFTEN")


def test_values_from_outside_cannot_become_markup(story: Any, platform: Platform) -> None:
    request_id = story.approved()
    hostile = "<script>alert(1)</script>"
    with platform.database.write_session() as session, session.begin():
        session.scalars(select(Organization)).one().name = hostile
    story.seal(request_id)
    [use] = story.uses_of(request_id)
    answer = story.world.anonymous().get(path_of(use))
    assert hostile not in answer.text
    assert html.escape(hostile) in answer.text
