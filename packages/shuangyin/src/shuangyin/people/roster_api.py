"""Routes of the import of a roster."""

from __future__ import annotations

from typing import Annotated

from fastapi import File, Query, Response, UploadFile
from pydantic import BaseModel, Field

from shuangyin.core.actor import Actor
from shuangyin.core.errors import TooLarge
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.spreadsheets import write_xlsx
from shuangyin.people.commands import importing
from shuangyin.people.privacy_schemas import NoticeText
from shuangyin.people.roster import COLUMNS, RosterFault

router = Routes(prefix="/rosters", tags=["people"])

Manager = Annotated[Actor, access("people.manage")]
MOST_BYTES = 2 * 1024 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RosterFaultOut(BaseModel):
    """What is wrong with one cell of a roster."""

    row: int = Field(description="As the spreadsheet numbers it.")
    column: NoticeText
    code: str
    text: NoticeText


class RosterPerson(BaseModel):
    """Somebody who was added, with the password for his first sign-in, shown once."""

    id: str
    name: str
    account: str
    one_time_password: str


class RosterOut(BaseModel):
    """What a roster would do or did."""

    rows: int
    faults: list[RosterFaultOut] = Field(description="With one of them nothing is taken.")
    new_departments: list[str]
    added: list[RosterPerson] = Field(description="Empty for a dry run.")


@router.get(
    "/template",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}, "description": "An empty roster."}},
)
def read_template(_actor: Manager) -> Response:
    """An empty roster with its columns and one invented row."""
    content = write_xlsx(list(importing.template_rows()), title="花名册")
    name = 'attachment; filename="roster.xlsx"'
    return Response(content, media_type=XLSX, headers={"Content-Disposition": name})


@router.post("", response_model=RosterOut)
def import_roster(
    file: Annotated[UploadFile, File()],
    actor: Manager,
    platform: PlatformOf,
    *,
    dry_run: Annotated[bool, Query(description="Only look: nothing changes.")] = True,
) -> RosterOut:
    """Look at a roster, or take it whole. Posts and departments are given by name; missing departments are made.

    Uploading it again after it was taken finds every account in use and changes nothing.
    """
    content = file.file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise TooLarge("ROSTER_TOO_LARGE", "文件不得超过 2 MB。", "The file may have 2 MB at most.")
    rows = importing.rows_in(content)
    faults, new = platform.view(lambda work: importing.look(work, actor, rows))
    if dry_run or faults:
        return RosterOut(rows=len(rows), faults=_faults_out(faults), new_departments=new, added=[])
    faults, added = importing.take(platform, actor, rows)
    shown = [
        RosterPerson(id=one.id, name=one.name, account=one.account, one_time_password=one_time.words)
        for one, one_time in added
    ]
    return RosterOut(rows=len(rows), faults=_faults_out(faults), new_departments=new, added=shown)


def _faults_out(faults: list[RosterFault]) -> list[RosterFaultOut]:
    return [
        RosterFaultOut(
            row=one.row,
            column=NoticeText.model_validate(COLUMNS[one.column]),
            code=one.code,
            text=NoticeText.model_validate(one.text),
        )
        for one in faults
    ]
