"""Routes that exchange a list's rules as a table."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Annotated
from urllib.parse import quote

from fastapi import File, Request, Response, UploadFile

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.platform import Platform
from shuangyin.core.spreadsheets import read_xlsx, write_xlsx
from shuangyin.core.text import preferred_language
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.scenarios import commands, errors, queries
from shuangyin.scenarios.decision_table import most_rows, rows_of, rules_from
from shuangyin.scenarios.known_world import table_words
from shuangyin.scenarios.list_schemas import NewScenarioList, RulesBody, ScenarioListOut
from shuangyin.scenarios.list_views import list_out
from shuangyin.scenarios.reading import body_of
from shuangyin.scenarios.schemas import RuleBody
from shuangyin.scenarios.table_words import LEGEND, TableWords

router = Routes(tags=["scenarios"])

Reader = Annotated[Actor, access("scenarios.read")]
Manager = Annotated[Actor, access("scenarios.manage")]
Table = Annotated[UploadFile, File(description="An XLSX as it is exported.")]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 10 * 1024 * 1024


@router.get("/scenario-lists/{list_id}/table.xlsx", response_class=Response)
def export_table(list_id: IdInPath, request: Request, platform: PlatformOf, actor: Reader) -> Response:
    """The rules of a version as a decision table that can be edited and imported again.

    Codes stand as words in the caller's language; a second sheet says what each column may hold.
    """

    language = preferred_language(request.headers.get("accept-language"))

    def query(work: UnitOfWork) -> tuple[str, list[RuleBody], TableWords]:
        row = queries.readable(work, actor, list_id)
        rules = [body_of(one) for one in queries.rules_in(work, row.id)]
        words = TableWords(table_words(work, actor.organization_id), language)
        return f"{row.title}-v{row.version_number}.xlsx", rules, words

    name, rules, words = platform.view(query)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    content = write_xlsx(rows_of(rules, words), title="rules", beside={LEGEND: words.legend()})
    return Response(content, media_type=XLSX, headers=headers)


@router.post("/scenario-lists/import", status_code=201, response_model=ScenarioListOut)
def import_draft(
    file: Table, platform: PlatformOf, actor: Manager, write: Write
) -> ScenarioListOut | Response:
    """Begin a draft as the rules of a table; title and regulation come from the list in force or the starter."""
    rules, digest = _rules_in(file, platform, actor)

    def command(work: UnitOfWork) -> ScenarioListOut:
        there = queries.current(work, actor.organization_id) is not None
        new = NewScenarioList(starter="current" if there else "enterprise")
        return list_out(work, actor, commands.draft_from_table(work, actor, new, rules))

    return write.run(actor, command, status=201, payload_digest=digest)


@router.post("/scenario-lists/{list_id}/rules/import", response_model=ScenarioListOut)
def import_rules(
    list_id: IdInPath,
    file: Table,
    platform: PlatformOf,
    actor: Manager,
    write: Write,
    expected: ExpectedVersion,
) -> ScenarioListOut | Response:
    """Replace all rules of a draft by those of a table; with one wrong row nothing changes."""
    rules, digest = _rules_in(file, platform, actor)
    body = RulesBody(rules=rules)
    return write.run(
        actor,
        lambda work: list_out(work, actor, commands.replace_rules(work, actor, list_id, body, expected)),
        payload_digest=digest,
    )


def _rules_in(file: UploadFile, platform: Platform, actor: Actor) -> tuple[list[RuleBody], str]:
    """The rules of an uploaded table and its digest. Raises Invalid, TooLarge."""
    content = file.file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise errors.table_too_many_bytes(MOST_BYTES)
    words = platform.view(lambda work: TableWords(table_words(work, actor.organization_id)))
    table = read_xlsx(BytesIO(content), most_rows=most_rows(), beside={LEGEND})
    rules, wrong = rules_from(table, words)
    if wrong:
        raise errors.faulty_table([(one.row, one.column, one.text) for one in wrong])
    return rules, hashlib.sha256(content).hexdigest()
