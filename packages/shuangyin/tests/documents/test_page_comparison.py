"""Which pages of a replaced file differ: told by number, for versions one may read."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
from hypothesis import given
from hypothesis import strategies as st
from platform_world import World, ok, problem
from request_story import SAMPLES

from shuangyin.documents.page_comparison import changes_between

_PAGES = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("xy")), max_size=12)


def upload(world: World, content: bytes, kind: str = "employee") -> str:
    files = {"file": ("合同.pdf", content, "application/pdf")}
    answer = world.client(kind).post("/api/v1/documents", files=files, data={"title": "合同"})
    return str(ok(answer, 201)["versions"][0]["id"])


def altered() -> bytes:
    """The sample with a mark on its second page and a blank page at the end."""
    with pikepdf.open(SAMPLES / "contract.pdf") as pdf:
        pdf.pages[1].contents_add(b"q 0 g 100 100 200 40 re f Q")
        size = tuple(float(one) for one in pdf.pages[0].mediabox[2:])
        pdf.add_blank_page(page_size=(size[0], size[1]))
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def compared(world: World, before: str, after: str, kind: str = "employee") -> Any:
    return world.client(kind).get(f"/api/v1/documents/comparison?before={before}&after={after}")


def test_the_pages_that_differ_are_named(world: World) -> None:
    before = upload(world, (SAMPLES / "contract.pdf").read_bytes())
    after = upload(world, altered())
    found = ok(compared(world, before, after))
    pages = found["pages_before"]
    assert pages >= 2
    assert found["changed"] == [{"before": 2, "after": 2, "text": False}]
    assert (found["added"], found["removed"], found["complete"]) == ([pages + 1], [], True)
    back = ok(compared(world, after, before))
    assert (back["removed"], back["added"]) == ([pages + 1], [])
    same = ok(compared(world, before, before))
    assert (same["changed"], same["added"], same["removed"]) == ([], [], [])
    problem(compared(world, before, after, "reviewer"), 404, "NOT_FOUND")
    problem(compared(world, before, "0" * 32), 404, "NOT_FOUND")


@given(before=_PAGES, after=_PAGES)
def test_every_page_is_the_same_changed_added_or_removed(
    before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    found = changes_between(before, after, len(before), len(after), complete=True)
    gone = {*found.removed, *(one.before for one in found.changed)}
    new = {*found.added, *(one.after for one in found.changed)}
    kept_before = [page for number, page in enumerate(before, start=1) if number not in gone]
    kept_after = [page for number, page in enumerate(after, start=1) if number not in new]
    assert kept_before == kept_after
    for one in found.changed:
        assert one.text == (before[one.before - 1][0] != after[one.after - 1][0])
    assert len(gone) == len(found.removed) + len(found.changed)
