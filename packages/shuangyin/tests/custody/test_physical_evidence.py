"""The evidence bundle of a physical use: presses, photos and the opening, each proven by its entry."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from platform_world import NAMES, ok
from sqlalchemy import select
from tampering import Altered, require_named, require_untouched

from evidencelog.bundle import Verdict, verify_bundle
from evidencelog.vkey import parse_vkey
from shuangyin.core.objects import StoredObject
from shuangyin.core.platform import Platform
from shuangyin.evidence.auditing import audit


def test_presses_photos_and_opening_are_in_the_bundle(desk: Any, tmp_path: Path) -> None:
    opening = desk.open()
    desk.world.settle()
    ok(desk.press(opening["id"], normal=2, seam=1), 201)
    use = desk.world.client("custodian").get("/api/v1/seal-uses?medium=physical").json()["items"][0]
    line = desk.world.client("custodian").get(f"/api/v1/openings/{opening['id']}").json()["uses"][0]
    photo = ok(desk.photograph(opening["id"], use_id=line["id"]), 201)
    desk.world.settle()
    anonymous = desk.world.anonymous()
    keys = [parse_vkey(text) for text in anonymous.get("/log/vkeys").text.split()]
    address = f"/api/v1/seal-uses/{use['id']}/evidence-bundle"
    public = str(use["verification_url"]).split("8600", 1)[1] + "/evidence-bundle"
    for number, answer in enumerate((desk.world.client("employee").get(address), anonymous.get(public))):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(answer.content)
        report = verify_bundle(path, keys)
        assert report.verdict is Verdict.VALID, [
            one.en for one in report.walk() if one.result.value == "fail"
        ]
        statement = report.statement
        assert statement is not None
        rows = list(statement.rows())
        proven = {row.label.en: row.shown.zh for row in rows if row.ground.value == "recorded"}
        assert proven["Digest of the photo, SM3"] == photo["sm3"]
        assert proven["Impressions on pages"] == str(line["normal"])
        assert any("opened the safe together" in section.title.en for section in statement.sections)
        named = [row.shown.zh for row in rows if any(name in row.shown.zh for name in NAMES.values())]
        assert bool(named) == (number == 0)
    _what_is_altered_of_an_opening_is_named(desk)
    _a_photo_that_was_touched_is_found(desk.world.platform, photo["sm3"])
    assert len(photo["sm3"]) == hashlib.new("sm3").digest_size * 2


def _what_is_altered_of_an_opening_is_named(desk: Any) -> None:
    require_untouched(desk.world.platform)
    person = desk.world.id("employee")
    changes = [
        Altered("opening", "custodian_id", person, "Opening.custodian_id"),
        Altered("opening", "reviewer_id", person, "Opening.reviewer_id"),
        Altered("opening", "reviewer_confirmed_at", 9, "Opening.reviewer_confirmed_at"),
        Altered("opening", "reviewer_confirmed_at", None, "Opening.reviewer_confirmed_at"),
        Altered("opening", "opened_at", None, "Opening.opened_at"),
        Altered("opening", "closed_at", 9, "Opening.closed_at"),
        Altered("physical_use", "spoiled", 7, "PhysicalUse.spoiled"),
        Altered("use_photo", "moment", "returned", "UsePhoto.moment"),
        Altered("use_photo", "taken_by", person, "UsePhoto.taken_at or taken_by"),
    ]
    require_named(desk.world.platform, "custody.", changes)


def _a_photo_that_was_touched_is_found(platform: Platform, sm3: str) -> None:
    name = platform.view(
        lambda work: work.session.scalars(select(StoredObject.name).where(StoredObject.sm3 == sm3)).one()
    )
    [path] = platform.settings.data_dir.rglob(name)
    whole = path.read_bytes()
    assert audit(platform, read_objects=True).differences == ()
    path.chmod(0o600)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    [found] = audit(platform, read_objects=True).differences
    assert "UsePhoto" in found.en
    path.write_bytes(whole)
