"""Browsers that persons keep from test to test: the application is loaded once, and each test begins with nothing stored.

To load it anew takes longer than most of what a test does with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from browser_desk import Desk, cookies_of, let_in, new_context
from passkey_person import PasskeyPerson
from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Error as PlaywrightError


class Rooms:
    """One browser for each person of an installation."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        self._browser = browser
        self._base_url = base_url
        self._open: dict[str, BrowserContext] = {}
        self._taken: Counter[str] = Counter()

    @contextmanager
    def desk(self, person: PasskeyPerson) -> Iterator[Desk]:
        """A page of its own in the person's browser. Its faults fail whoever uses it, at the end."""
        context = self._of(person)
        self._taken[person.id] += 1
        place = Desk(context, context.new_page(), self._base_url)
        place.watch()
        fit = False
        try:
            yield place
            faults = place.faults()
            assert not faults, "\n".join(faults)
            fit = True
        finally:
            self._taken[person.id] -= 1
            if not (self._tidied(person, place) and fit) and self._open.get(person.id) is context:
                del self._open[person.id]
            if not self._taken[person.id] and self._open.get(person.id) is not context:
                context.close()

    def close(self) -> None:
        """Close every browser."""
        while self._open:
            self._open.popitem()[1].close()

    def _of(self, person: PasskeyPerson) -> BrowserContext:
        context = self._open.get(person.id)
        if context is None:
            context = self._open[person.id] = new_context(self._browser)
            let_in(context, person, self._base_url)
        return context

    def _tidied(self, person: PasskeyPerson, place: Desk) -> bool:
        """Forget what the page stored and close it; whether the browser is still signed in as the person is."""
        try:
            if place.page.url.startswith(self._base_url):
                place.page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
            place.page.close()
            signed_in = {(one["name"], one["value"]) for one in place.context.cookies()}
        except PlaywrightError:
            return False
        return signed_in == {(one["name"], one["value"]) for one in cookies_of(person, self._base_url)}
