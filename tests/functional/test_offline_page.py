"""The verifier opened from disk in a browser: same codes as the command line, nothing loaded, readable to everybody."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from browser_desk import AXE, PHONE, SCREENSHOTS
from playwright.sync_api import Browser

from evidencelog.bundle import verify_bundle
from evidencelog.vkey import parse_vkey

pytestmark = pytest.mark.browser
DATA = Path(__file__).parents[2] / "packages" / "evidencelog" / "tests" / "data" / "bundles"


def test_the_page_from_disk_judges_as_the_command_line_does(browser: Browser, tmp_path: Path) -> None:
    page_file = tmp_path / "verify.html"
    page_file.write_bytes(resources.files("evidencelog.web").joinpath("verify.html").read_bytes())
    bundle, keys = DATA / "version-1.zip", (DATA / "version-1.vkeys").read_text()
    tampered = tmp_path / "tampered.zip"
    tampered.write_bytes(bundle.read_bytes().replace(b"invented contract", b"inverted contract", 1))
    unreadable = tmp_path / "unreadable.zip"
    unreadable.write_bytes(b"PK\x03\x04 nothing")
    asked: list[str] = []
    faults: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(page_file.as_uri())
    trusted = [parse_vkey(text) for text in keys.split()]
    for number, (path, given) in enumerate(((bundle, ""), (bundle, keys), (tampered, keys))):
        page.fill("#trusted", given)
        page.set_input_files("#file", path)
        page.wait_for_selector("#outcome .verdict")
        if path == tampered:
            assert "bundle.malformed" in page.inner_text("#outcome")
        else:
            report = verify_bundle(path, trusted if given else [])
            shown = page.eval_on_selector_all(
                "#outcome li > code, #outcome summary > code", "all => all.map(one => one.textContent)"
            )
            assert shown == [item.code.value for item in report.walk()]
            assert report.verdict.value in (page.get_attribute("#outcome .verdict", "class") or "")
        page.screenshot(path=SCREENSHOTS / f"offline-verifier-{number}.png", full_page=True)
        page.set_input_files("#file", [])
        page.evaluate("document.querySelector('#outcome').replaceChildren()")
    page.fill("#trusted", (DATA / "version-4-voided.policy").read_text())
    page.set_input_files("#file", DATA / "version-4-voided.zip")
    page.wait_for_selector("#outcome .verdict.valid")
    assert page.locator("#outcome h1").all_inner_texts() == ["有效", "用印已作废"]
    assert "请勿据此采用文件" in page.inner_text("#outcome")
    page.screenshot(path=SCREENSHOTS / "offline-verifier-voided.png", full_page=True)
    page.set_input_files("#file", [])
    page.evaluate("document.querySelector('#outcome').replaceChildren()")
    page.set_input_files("#file", unreadable)
    page.wait_for_selector("#outcome .verdict")
    page.click("#language")
    assert "Unreadable" in page.inner_text("#outcome h1")
    page.fill("#trusted", keys)
    page.set_input_files("#file", bundle)
    page.wait_for_selector("#outcome .valid")
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert _axe(page) == []
    pages = page.pdf(format="A4").count(b"/Type /Page\n") or 1
    assert pages == 1
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=SCREENSHOTS / "offline-verifier-phone.png", full_page=True)
    assert faults == []
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    context.close()


def _axe(page: Any) -> list[str]:
    # The page's policy forbids scripts that are added; the judge is let in from outside it.
    page.evaluate(AXE.read_text("utf-8"))
    found = json.loads(page.evaluate("axe.run().then((found) => JSON.stringify(found.violations))"))
    return [f"{one['id']} {one['nodes'][0]['target']}" for one in found]
