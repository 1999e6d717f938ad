"""The judges of these tests judge: what is wrong on a page is found."""

from __future__ import annotations

import pytest
from browser_desk import OpenDesk

pytestmark = pytest.mark.browser


def test_what_is_wrong_is_found(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.goto("/sign-in")
    assert desk.axe() == []
    assert desk.wider_than_the_window() == []
    desk.page.evaluate("""() => {
      const image = document.createElement('img')
      image.src = 'data:,'
      const wide = document.createElement('div')
      wide.style.width = '3000px'
      wide.textContent = '太宽'
      const pale = document.createElement('p')
      pale.style.color = '#ddd'
      pale.textContent = '几乎看不见'
      document.querySelector('main').append(image, pale, wide)
    }""")
    assert {line.split(" ", 1)[0] for line in desk.axe()} == {"color-contrast", "image-alt"}
    assert any(line.startswith("div") for line in desk.wider_than_the_window())
    desk.page.evaluate("""() => {
      const dialog = document.createElement('div')
      dialog.setAttribute('role', 'dialog')
      dialog.setAttribute('aria-modal', 'true')
      dialog.setAttribute('aria-label', '对话框')
      dialog.innerHTML = '<p id="in-dialog" style="color: #ddd; background: #fff">几乎看不见</p>'
      document.querySelector('main').append(dialog)
    }""")
    (only,) = desk.axe()
    assert only.startswith("color-contrast (serious): #in-dialog"), "what it covers is not judged"
    desk.page.evaluate("() => console.error('broken')")
    desk.page.evaluate("() => { setTimeout(() => { throw new Error('boom') }) }")
    desk.page.evaluate("() => fetch('/api/v1/me').then((answer) => answer.status)")
    desk.page.wait_for_timeout(200)
    faults = desk.faults()
    desk.forget_faults()
    assert [fault.split(":")[0].split(" ")[0] for fault in faults] == ["console", "page", "401"], faults
