"""A face in front of the camera: assessed, agreed to, enrolled, used to confirm, withdrawn with proof.

The camera is Chromium's own fake one and shows an invented head that looks straight and turns to both sides, over and over.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_desk import chromium, desk, launch_with
from drawn_faces import FIRST, picture
from playwright.sync_api import Browser, Locator, Page, expect
from running_installation import Installation

pytestmark = pytest.mark.browser

_STRAIGHT, _TURNED = 12, 10
"""Pictures of each pose; the fake camera shows thirty a second and begins anew at the end."""


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Browser]:
    """A browser of its own whose camera shows the head."""
    film = tmp_path_factory.mktemp("camera") / "head.mjpeg"
    film.write_bytes(_film())
    started = launch_with(browser.browser_type, _flags(film))
    yield started
    started.close()


def _film() -> bytes:
    poses = ((0.0, _STRAIGHT), (0.45, _TURNED), (0.0, _STRAIGHT), (-0.45, _TURNED))
    return b"".join(picture(FIRST, turned) * count for turned, count in poses)


def _flags(film: Path) -> list[str]:
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]


def test_a_face_is_enrolled_confirms_and_is_deleted_with_proof(
    running: Installation, camera: Browser
) -> None:
    assert chromium()
    _assess(running, camera)
    person = running["reviewer"]
    with desk(camera, running.server.base_url, person=person) as place:
        page = place.page
        place.expected_statuses |= {403, 409}
        place.goto("/settings")
        page.get_by_test_id("enrol-face").click()
        expect(page.get_by_test_id("consent")).to_be_visible()
        place.look("dialog-consent-face", english=True)
        page.get_by_test_id("consent-read").click()
        page.get_by_test_id("consent-agree").click()
        page.get_by_test_id("factor-code").fill(person.code())
        page.keyboard.press("Enter")
        _shown_until(page, page.get_by_test_id("remove-face"))
        page.get_by_role("heading", level=1).scroll_into_view_if_needed()
        place.look("settings-face", english=True)
        token = f"人脸 {secrets.token_hex(4)}"
        page.get_by_test_id("new-token").click()
        page.get_by_label("名称", exact=True).fill(token)
        page.locator(".el-select", has=page.locator("#token-scopes")).click()
        page.get_by_role("option").first.click()
        page.get_by_label("名称", exact=True).click()
        page.get_by_test_id("confirm").click()
        expect(page.get_by_test_id("use-face")).to_be_visible()
        page.get_by_test_id("use-face").click()
        _shown_until(page, page.get_by_text(token))
        page.get_by_test_id("withdraw-face").click()
        page.get_by_role("button", name=re.compile("撤回并删除")).last.click()
        expect(page.get_by_test_id("enrol-face")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_test_id("deletion-proof").first.click()
        assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")


def _shown_until(page: Page, done: Locator) -> None:
    """Show the face until it is taken: the film has no beginning, so a turn may be missed as a person's may."""
    again = page.get_by_role("button", name="重试", exact=True)
    for _ in range(8):
        expect(done.or_(again).first).to_be_visible(timeout=60_000)
        if done.is_visible():
            return
        again.click()
    expect(done).to_be_visible()


def _assess(running: Installation, camera: Browser) -> None:
    """The administrator records the assessment on its page."""
    with desk(camera, running.server.base_url, person=running["administrator"]) as place:
        place.goto("/admin/privacy")
        place.page.get_by_test_id("assess").click()
        for part in ("necessity", "risks", "measures"):
            place.page.locator(f"#assess-{part}").fill("依法评估，仅在清单要求时使用，始终提供替代方式。")
        place.look("dialog-assessment")
        place.page.get_by_test_id("confirm").click()
        expect(place.page.locator("article.assessment").first).to_be_visible()
        place.look("page-privacy", english=True)
