"""The pages of evidence: explorer, one entry, state of the log, and the alarm when history was changed by hand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_desk import OpenDesk, desk
from playwright.sync_api import Browser, expect
from running_installation import Installation, Story

from evidencelog.anchors import parse_receipt
from evidencelog.bundle import read_bundle
from shuangyin.demo.altered import Alteration, alter, copy_installation
from shuangyin.demo.server import Server

pytestmark = pytest.mark.browser


def test_an_entry_is_found_by_the_digest_of_its_document_and_its_proof_is_drawn(
    running: Installation, story: Story, open_desk: OpenDesk
) -> None:
    digest = hashlib.sha256(running.sealed_file(story.sealed)).hexdigest()
    auditor = open_desk("auditor")
    page = auditor.page
    auditor.goto("/evidence")
    page.keyboard.press("/")
    page.keyboard.type(digest)
    expect(page).to_have_url(re.compile(f"q={digest}"))
    auditor.settle()
    expect(page.get_by_test_id("row").filter(has_text="加盖了电子印章").first).to_contain_text(
        story.sealed["number"]
    )
    auditor.look("evidence-explorer")
    page.get_by_test_id("row").first.get_by_role("link").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    detail = page.get_by_test_id("entry-detail")
    expect(detail.get_by_test_id("proof-holds")).to_be_visible()
    auditor.look("evidence-entry-drawer")
    page.get_by_role("link", name="打开整页").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("条存证")
    page.get_by_text("路径各层的摘要").first.click()
    expect(page.get_by_test_id("proof-tree").first.get_by_role("table")).to_be_visible()
    expect(page.get_by_test_id("check-command")).to_contain_text("evidencelog verify")
    auditor.look("evidence-entry")
    page.get_by_role("tab", name="国密孪生树（SM3）").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="证明文件").click()
    assert saved.value.path().read_bytes().startswith(b"c2sp.org/tlog-proof@v1\n")


def test_nothing_found_says_what_can_be_searched(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    auditor = open_desk("auditor")
    auditor.goto(f"/evidence?q={'0' * 64}")
    expect(auditor.page.get_by_test_id("empty")).to_contain_text("64 位文件摘要")


def test_the_applicant_opens_the_evidence_of_his_request(story: Story, open_desk: OpenDesk) -> None:
    employee = open_desk("employee")
    employee.goto(f"/requests/{story.sealed['id']}")
    employee.page.get_by_role("tab", name="存证").click()
    employee.page.get_by_test_id("evidence-entry").first.get_by_role("link").first.click()
    expect(employee.page.get_by_test_id("proof-holds")).to_be_visible()


def test_what_is_anchored_outside_shows_on_timeline_entry_and_state(
    story: Story, open_desk: OpenDesk
) -> None:
    employee = open_desk("employee")
    page = employee.page
    employee.goto(f"/requests/{story.sealed['id']}")
    page.get_by_role("tab", name="办理过程").click()
    tags = page.get_by_test_id("timeline").get_by_test_id("anchor-tag")
    expect(tags.last).to_have_attribute("data-state", "anchored", timeout=30_000)
    # A time-stamp authority is no chain, and is not called one.
    expect(tags.last).to_contain_text("已加盖时间戳")
    expect(page.get_by_test_id("timeline")).not_to_contain_text("已上链")
    employee.look("request-timeline-anchored")
    tags.last.get_by_role("link").click()
    details = page.get_by_test_id("anchor-details")
    expect(details).to_contain_text("已加盖时间戳")
    expect(details).to_contain_text("时间戳序列号")
    expect(details).not_to_contain_text("交易编号")
    with page.expect_download() as saved:
        details.get_by_role("button", name="下载回执").first.click()
    assert parse_receipt(saved.value.path().read_bytes()).anchor == "tsa"
    auditor = open_desk("auditor")
    auditor.goto("/evidence/state")
    expect(auditor.page.get_by_test_id("anchors")).to_contain_text("时间戳服务")
    auditor.look("evidence-state")


def test_a_seal_has_its_evidence_with_bundles(story: Story, open_desk: OpenDesk) -> None:
    use = story.sealed["uses"][0]
    auditor = open_desk("auditor")
    page = auditor.page
    auditor.goto(f"/seals/{story.sealed['seals'][0]['seal_id']}")
    page.get_by_role("tab", name="存证").click()
    uses = page.get_by_test_id("subject-uses")
    expect(uses).to_contain_text(use["number"])
    expect(page.get_by_test_id("evidence-entry").first).to_be_visible()
    auditor.look("seal-evidence")
    with page.expect_download() as saved:
        uses.get_by_test_id("evidence-bundle").first.click()
    bundle = read_bundle(Path(saved.value.path()))
    assert {parse_receipt(one.data).anchor for one in bundle.receipts} == {"tsa"}
    assert bundle.twin


def test_a_person_has_his_evidence_for_who_manages_persons(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    administrator = open_desk("administrator")
    page = administrator.page
    administrator.goto("/admin/persons")
    page.get_by_test_id("row").first.click()
    drawer = page.get_by_test_id("person-detail")
    drawer.get_by_role("tab", name="存证").click()
    entry = drawer.get_by_test_id("evidence-entry").first
    expect(entry).to_be_visible()
    administrator.look("person-evidence")
    entry.get_by_role("link").first.click()
    expect(page.get_by_test_id("proof-holds").first).to_be_visible()


def test_an_audit_is_run_from_the_page_in_both_languages(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    auditor = open_desk("auditor")
    page = auditor.page
    auditor.goto("/evidence/state?lang=en")
    expect(page.get_by_role("heading", level=1)).to_have_text("State of the log")
    page.get_by_test_id("run-audit").click()
    page.get_by_role("dialog").get_by_role("button", name="Audit now").click()
    expect(page.get_by_test_id("audit-run")).to_contain_text("entries agree", timeout=30_000)
    expect(page.get_by_test_id("audit-checked")).to_contain_text("contents were not read")
    page.get_by_text("Read all files").click()
    page.get_by_test_id("run-audit").click()
    page.get_by_role("dialog").get_by_role("button", name="Audit now").click()
    expect(page.get_by_test_id("audit-checked")).to_contain_text("each read and compared", timeout=30_000)
    auditor.look("evidence-state-english")
    auditor.goto("/evidence?lang=en")
    auditor.look("evidence-explorer-english", phone=False)
    page.get_by_test_id("row").first.get_by_role("link").click()
    expect(page.get_by_test_id("entry-detail")).to_be_visible()
    auditor.look("evidence-entry-english", phone=False)


@pytest.fixture(scope="module")
def altered(
    running: Installation, story: Story, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Alteration]]:
    """A copy of the installation whose history somebody changed with a database tool, on a server of its own."""
    assert story.sealed["id"]
    folder = tmp_path_factory.mktemp("altered")
    server = copy_installation(running.server, folder)
    change = alter(folder / "data" / "shuangyin.sqlite3")
    try:
        server.start()
        yield server, change
    finally:
        server.stop()


def test_history_altered_by_hand_is_named_and_alarms_those_who_watch(
    running: Installation, browser: Browser, altered: tuple[Server, Alteration]
) -> None:
    server, change = altered
    with desk(browser, server.base_url, person=running["auditor"]) as auditor:
        page = auditor.page
        auditor.goto("/evidence/state")
        page.get_by_test_id("run-audit").click()
        page.get_by_role("dialog").get_by_role("button", name="立即审计").click()
        findings = page.get_by_test_id("audit-findings")
        expect(findings).to_contain_text(f"第 {change.approval_index} 条存证", timeout=30_000)
        expect(page.get_by_test_id("log-problems")).to_contain_text("绕过平台")
        auditor.look("evidence-state-altered")
        auditor.goto("/")
        alert = page.get_by_test_id("workbench-alerts").get_by_role("link").first
        expect(alert).to_contain_text("存证审计发现不符")
        auditor.look("home-auditor-alarm")
        alert.click()
        link = findings.get_by_role("link", name=f"打开第 {change.entry_index} 条").first
        expect(link).to_be_visible()
        link.click()
        expect(page.get_by_test_id("proof-broken")).to_be_visible()
        auditor.look("evidence-entry-broken", phone=False)


def test_a_digest_is_checked_by_strangers_without_scripts(
    running: Installation, story: Story, open_desk: OpenDesk
) -> None:
    digest = hashlib.sha256(running.sealed_file(story.sealed)).hexdigest()
    stranger = open_desk(javascript=False, expected_statuses=(404,))
    page = stranger.page
    page.goto(f"{stranger.base_url}/verify?lang=zh")
    page.get_by_label("文件摘要").fill(digest)
    page.get_by_role("button", name="查询").last.click()
    expect(page.get_by_text(story.sealed["uses"][0]["number"])).to_be_visible()
    page.get_by_label("文件摘要").fill("0" * 64)
    page.get_by_role("button", name="查询").last.click()
    expect(page.get_by_role("heading", name="查无记录")).to_be_visible()


def test_the_page_of_a_digest_reads_well(running: Installation, story: Story, open_desk: OpenDesk) -> None:
    digest = hashlib.sha256(running.sealed_file(story.sealed)).hexdigest()
    stranger = open_desk()
    stranger.goto(f"//verify?lang=zh&digest={digest}")
    stranger.look("public-digest")
