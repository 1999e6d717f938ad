"""A desk in a browser: one person's pages in Chromium, watched for faults, judged by axe and photographed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from passkey_person import PasskeyPerson
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Locator,
    Page,
    Playwright,
    Request,
    Response,
)

from shuangyin.demo.person import Person

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "var" / "screenshots"
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
FULL = os.environ.get("SHUANGYIN_TEST_FULL") == "1"

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SIZES = {"desktop": DESKTOP, "phone": PHONE}

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    # The pages of one person share a process, which has their scripts compiled already.
    "--process-per-site",
)  # fmt: skip
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_GRAVE = {"serious", "critical"}

LIBRARY_DEFECTS = frozenset({
    # Element Plus lets a closed field of suggestions name, as what it controls, a list that is drawn only when open.
    ("aria-valid-attr-value", "#counterparty"),
})  # fmt: skip
"""(rule, part of the selector) of defects that lie in a library and cannot be mended here, each with its reason."""

_SETTLED = """() => {
  const seen = (one) => {
    const [box, pane] = [one, one.parentElement].map((part) => part.getBoundingClientRect())
    return Math.min(box.bottom, pane.bottom, innerHeight) > Math.max(box.top, pane.top, 0)
  }
  const fading = (one) => one.playState === 'running' && one.effect?.getComputedTiming().iterations !== Infinity
  return document.fonts.status === 'loaded'
    && !document.querySelector('.el-skeleton, .el-loading-mask, [aria-busy=true]')
    && ![...document.querySelectorAll('[data-drawn=false]')].some(seen)
    && !document.getAnimations().some(fading)
}"""
"""Nothing is loading, the pages of a document that can be seen are drawn, and no colour is still fading."""
_JUDGED = """([tags, preload]) => {
  const seen = (one) => one.checkVisibility() && one.getClientRects().length > 0
  const modal = [...document.querySelectorAll('[aria-modal=true]')].filter(seen)
  const beside = [...document.querySelectorAll('.el-popper')].filter(seen)
  const where = modal.length ? {include: [...modal, ...beside]} : document
  return axe.run(where, {runOnly: tags, preload, resultTypes: ['violations']})
}"""
"""Nothing behind an open dialog can be pressed or is read out: what the dialog half covers is not held to be too small.

To preload is to read the style sheets once more, for one rule (`css-orientation-lock`); they are the same on every page.
"""
_QUIET_MS = 300
_LOOK_MS = 50
"""A page is quiet when so long nothing was on its way."""
_RESIZED_MS = 150
"""The same for a page that was quiet and has only changed its size or its language."""
PATIENCE_MS = 60_000
"""A busy machine draws late: so long is waited before a page is said not to come."""
_RESOURCE = re.compile(r"Failed to load resource: the server responded with a status of (\d{3})")

_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


_DRESS = """(dark) => {
  document.documentElement.classList.toggle('dark', dark)
  for (const one of dark ? document.querySelectorAll('*') : [])
    if (getComputedStyle(one).contentVisibility === 'auto') one.style.contentVisibility = 'visible'
}"""
"""Puts on the dark colours, or takes them off. What lies out of sight would keep its old ones until it is scrolled to."""


def chromium() -> str | None:
    """The Chromium that the system has, or None; the one without a window of its own takes less to start and to draw."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def launch(playwright: Playwright) -> Browser:
    """Start the system's Chromium without a window."""
    return playwright.chromium.launch(executable_path=chromium(), args=list(_FLAGS))


def launch_with(kind: BrowserType, flags: Collection[str]) -> Browser:
    """A further browser beside the shared one, with flags of its own."""
    return kind.launch(executable_path=chromium(), args=[*_FLAGS, *flags])


@dataclass
class Desk:
    """One browser context with one page. What went wrong on it is collected and told by `faults`."""

    context: BrowserContext
    page: Page
    base_url: str
    expected_statuses: set[int] = field(default_factory=set)
    _problems: list[str] = field(default_factory=list)
    _loading: set[Request] = field(default_factory=set)

    def watch(self) -> None:
        """Begin to collect what the browser complains of."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._problems.append(f"page error: {error}"))
        self.page.on("response", self._on_response)
        self.page.on("request", self._on_request)
        self.page.on("requestfinished", self._on_end)
        self.page.on("requestfailed", self._on_end)

    def _on_request(self, request: Request) -> None:
        # The connection over which the platform tells of changes stays open; waiting for its end would be for ever.
        if request.resource_type != "eventsource" and not request.url.endswith("/api/v1/events"):
            self._loading.add(request)

    def _on_end(self, request: Request) -> None:
        self._loading.discard(request)

    def _on_console(self, message: ConsoleMessage) -> None:
        # What the server refused is judged by its status, with the address, in _on_response.
        if message.type == "error" and not _RESOURCE.match(message.text):
            self._problems.append(f"console: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected_statuses:
            self._problems.append(f"{response.status} {response.request.method} {response.url}")

    def faults(self) -> list[str]:
        """Errors of the console, of scripts, and answers of refusal that no test expected."""
        return list(self._problems)

    def forget_faults(self) -> None:
        """For a test that made them on purpose."""
        self._problems.clear()

    def goto(self, path: str) -> None:
        """Open an address of the application, or of the site when it begins with `//`, and wait until it is quiet."""
        address = path[1:] if path.startswith("//") else f"/app{path}"
        self.page.goto(self.base_url + address)
        self.settle()

    def settle(self, quiet_ms: int = _QUIET_MS) -> None:
        """Wait until nothing is loaded any more and nothing is shown as loading."""
        self.page.wait_for_load_state("load")
        quiet = waited = 0
        while quiet < quiet_ms:
            quiet = 0 if self._loading else quiet + _LOOK_MS
            waited += _LOOK_MS
            assert waited < PATIENCE_MS, f"still loading: {[one.url for one in self._loading]}"
            self.page.wait_for_timeout(_LOOK_MS)
        self.page.wait_for_function(_SETTLED)

    def look(self, name: str, *, phone: bool = True, english: bool = False) -> None:
        """The whole check of what is shown now: axe, nothing wider than a phone, a picture of each variant.

        `english` looks at the page in English too, in the other size; with every variant each size has each language.
        """
        for number, variant in enumerate(self._variants(phone=phone, english=english)):
            with variant as label:
                self.settle(_RESIZED_MS if number else _QUIET_MS)
                self.page.screenshot(path=SCREENSHOTS / f"{name}-{label}.png", animations="disabled")
                found = [f"wider than the window: {one}" for one in self.wider_than_the_window()]
                found += self.axe()
                assert not found, "\n".join([f"{name} {label}", *found])

    def axe(self) -> list[str]:
        """Serious and critical findings of axe on what is shown now."""
        if not self.page.evaluate("() => typeof window.axe === 'object'"):
            self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate(_JUDGED, [list(_TAGS), FULL])
        return [line for violation in found["violations"] for line in _told(violation)]

    def wider_than_the_window(self) -> list[str]:
        """What makes the page scroll sideways, or sticks out of its dialog: a phone shows the half of it."""
        found: list[str] = self.page.evaluate(
            """() => {
              const box = (one) => one.getBoundingClientRect()
              const room = document.documentElement.clientWidth
              const wide = document.documentElement.scrollWidth > room
                ? [...document.body.querySelectorAll('*')].filter((one) => box(one).right > room + 1) : []
              const outside = [...document.querySelectorAll('[role=dialog] button, [role=dialog] input')]
                .filter((one) => box(one).width > 1 && getComputedStyle(one).visibility === 'visible')
                .filter((one) => {
                  const dialog = box(one.closest('[role=dialog]').querySelector('header')?.parentElement ?? one)
                  return box(one).left < dialog.left - 1 || box(one).right > dialog.right + 1
                })
              return [...wide, ...outside]
                .map((one) => `${one.tagName.toLowerCase()}.${one.className} ${one.textContent}`).slice(0, 5)
            }"""
        )
        return found

    def fonts_of(self, selector: str) -> set[str]:
        """The families that Chromium really draws the text of an element with."""
        devtools = self.context.new_cdp_session(self.page)
        try:
            devtools.send("DOM.enable")
            devtools.send("CSS.enable")
            root = devtools.send("DOM.getDocument", {"depth": -1})["root"]["nodeId"]
            node = devtools.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
            fonts = devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        finally:
            devtools.detach()
        return {str(font["familyName"]) for font in fonts}

    def confirm_with(self, code: str) -> None:
        """Answer the question for the second factor, whether it stands in a dialog or in the bar of an approval."""
        field = self.page.get_by_test_id("factor-code").last
        field.fill(code)
        field.press("Enter")

    def confirm(self, person: PasskeyPerson) -> None:
        """Answer the question for the second factor with this person's passkey, which waits for no next code."""
        devtools = self.context.new_cdp_session(self.page)
        devtools.send("WebAuthn.enable")
        made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})
        # The count of its signatures may only rise, here and where the person confirms over HTTP.
        credential = {"isResidentCredential": False, **person.passkey.kept()}
        devtools.send("WebAuthn.addCredential", {**made, "credential": credential})
        person.passkey.count += 1
        with self.page.expect_response(_is_confirmation):
            self.page.get_by_test_id("use-passkey").last.click()
        devtools.send("WebAuthn.removeVirtualAuthenticator", made)
        devtools.detach()

    def choose(self, label: str, option: str | re.Pattern[str], *, scope: Locator | None = None) -> None:
        """Choose in a field of choices by its label, as a person does; what covers the field takes the click."""
        (scope or self.page).get_by_label(label, exact=True).first.click(force=True)
        self.page.get_by_role("option", name=option).locator("visible=true").first.click()
        self.page.keyboard.press("Escape" if scope is None else "Tab")

    def _variants(self, *, phone: bool, english: bool) -> Iterator[Any]:
        sizes = SIZES if phone else {"desktop": DESKTOP}
        # The public pages have neither a dark dress nor a switch of language without a new address.
        full = FULL and self.page.locator("#app").count() > 0
        here, shown = self.language, self.page.viewport_size
        other = "en" if here == "zh" else "zh"
        for size, viewport in sizes.items():
            # Both sizes and both languages are seen in two looks; with every variant each size has each language.
            once = other if english and viewport != shown else here
            for dark in (False, True) if full else (False,):
                for language in ("zh", "en") if full else (once,):
                    yield self._variant(size, viewport, dark=dark, language=language)

    @property
    def language(self) -> str:
        """The language of the page shown."""
        shown: str = self.page.evaluate("() => document.documentElement.lang.startsWith('en') ? 'en' : 'zh'")
        return shown

    @contextmanager
    def _variant(self, size: str, viewport: Any, *, dark: bool, language: str) -> Iterator[str]:
        """Show the same state in another size, colour and language, and put things back afterwards."""
        before = self.language
        self._speak(language)
        self.page.evaluate(_DRESS, dark)
        if viewport != self.page.viewport_size:
            self.page.set_viewport_size(viewport)
            # Lists turn into cards and pages are drawn anew at their new width.
            self.page.wait_for_timeout(150)
        try:
            yield "-".join([size, *(["dark"] if dark else []), *([language] if language != "zh" else [])])
        finally:
            self.page.evaluate("() => document.documentElement.classList.remove('dark')")
            self._speak(before)
            self.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a mapping of the two sides

    def _speak(self, language: str) -> None:
        """Switch the language as a person does; the button has the other language's `lang`."""
        if self.language == language:
            return
        size = self.page.viewport_size
        self.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # as above
        other = "zh-CN" if language == "zh" else "en"
        # The bar may be drawn anew for the size; the button is waited for.
        self.page.locator(f"button[lang='{other}']").first.evaluate("(button) => button.click()")
        if size is not None:
            self.page.set_viewport_size(size)


OpenDesk = Callable[..., Desk]
"""`open_desk("employee")` for a person, `open_desk()` for a stranger; keywords as `desk` takes them."""


def _is_confirmation(response: Response) -> bool:
    """The answer to what a passkey signed; the refusal that asked for it may still be on its way."""
    return response.url.endswith(("/auth/step-up", "/confirm"))


def _told(violation: dict[str, Any]) -> list[str]:
    if violation["impact"] not in _GRAVE:
        return []
    return [
        f"{violation['id']} ({violation['impact']}): {target}: {node['failureSummary']} {node['html'][:200]}"
        for node in violation["nodes"]
        if not _is_known(violation["id"], target := " ".join(str(part) for part in node["target"]))
    ]


def _is_known(rule: str, target: str) -> bool:
    return any(rule == known and part in target for known, part in LIBRARY_DEFECTS)


def cookies_of(person: Person, base_url: str) -> list[SetCookieParam]:
    """The session of a person who signed in over HTTP, for a browser."""
    return [
        SetCookieParam(name=cookie.name, value=cookie.value or "", url=base_url)
        for cookie in person._client.cookies.jar
    ]


def new_context(browser: Browser, *, javascript: bool = True) -> BrowserContext:
    """A browser of somebody's own: nothing is stored in it yet."""
    context = browser.new_context(
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
        viewport=DESKTOP,  # type: ignore[arg-type]  # a mapping of the two sides
        java_script_enabled=javascript,
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def let_in(context: BrowserContext, person: Person, base_url: str) -> None:
    """Give a browser the session of a person, and the note by which the application knows that there is one."""
    context.add_cookies(cookies_of(person, base_url))
    context.add_init_script(
        "try { localStorage.setItem('shuangyin.session', '1') } catch { /* no storage */ }"
    )


@contextmanager
def desk(
    browser: Browser,
    base_url: str,
    *,
    person: Person | None = None,
    javascript: bool = True,
    expected_statuses: Collection[int] = (),
) -> Iterator[Desk]:
    """A desk of a person who is signed in, or of a stranger. Its faults fail whoever uses it, at the end."""
    context = new_context(browser, javascript=javascript)
    if person is not None:
        let_in(context, person, base_url)
    place = Desk(context, context.new_page(), base_url, set(expected_statuses))
    place.watch()
    try:
        yield place
        assert place.faults() == []
    finally:
        context.close()
