"""Routes of the import of a roster."""

from __future__ import annotations

from typing import Annotated

from fastapi import File, Query, Response, UploadFile
from pydantic import BaseModel, Field

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.tables import XLSX, CellFaultOut, faults_out, table_response, uploaded_table
from shuangyin.people.commands import importing
from shuangyin.people.roster import COLUMNS

router = Routes(prefix="/rosters", tags=["people"])

Manager = Annotated[Actor, access("people.manage")]


class RosterPerson(BaseModel):
    """Somebody who was added, with the password for his first sign-in, shown once."""

    id: str
    name: str
    account: str
    one_time_password: str


class RosterOut(BaseModel):
    """What a roster would do or did."""

    rows: int
    faults: list[CellFaultOut] = Field(description="With one of them nothing is taken.")
    new_departments: list[str]
    added: list[RosterPerson] = Field(description="Empty for a dry run.")


@router.get(
    "/template",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}, "description": "An empty roster."}},
)
def read_template(_actor: Manager) -> Response:
    """An empty roster with its columns and one invented row."""
    return table_response(list(importing.template_rows()), title="花名册", file_name="roster.xlsx")


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
    rows = importing.rows_in(uploaded_table(file, code="ROSTER_TOO_LARGE"))
    faults, new = platform.view(lambda work: importing.look(work, actor, rows))
    if dry_run or faults:
        return RosterOut(rows=len(rows), faults=faults_out(faults, COLUMNS), new_departments=new, added=[])
    faults, added = importing.take(platform, actor, rows)
    shown = [
        RosterPerson(id=one.id, name=one.name, account=one.account, one_time_password=one_time.words)
        for one, one_time in added
    ]
    return RosterOut(rows=len(rows), faults=faults_out(faults, COLUMNS), new_departments=new, added=shown)
