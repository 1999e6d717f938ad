"""Routes of the organization area."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path, Query, Response

from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.free_text import NO_NUL
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization import capabilities, commands, queries
from shuangyin.organization.models import Counterparty, Post, PostKind, TakesElectronic
from shuangyin.organization.rules import capability_at
from shuangyin.organization.schemas import (
    CapabilityOut,
    CapabilityStatement,
    CounterpartyChange,
    CounterpartyOut,
    DepartmentChange,
    DepartmentOut,
    NewCounterparty,
    NewDepartment,
    NewPost,
    OrganizationChange,
    OrganizationOut,
    PermissionOut,
    PostChange,
    PostOut,
)
from shuangyin.organization.starter import permission_labels

router = Routes(tags=["organization"])

Reader = Annotated[Actor, access("organization.read")]
Manager = Annotated[Actor, access("organization.manage")]
IdInPath = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@router.get("/organization", response_model=OrganizationOut)
def read_organization(platform: PlatformOf, actor: Reader) -> OrganizationOut:
    """The caller's organization."""
    return platform.view(
        lambda work: OrganizationOut.model_validate(queries.get(work, actor.organization_id))
    )


@router.patch("/organization", response_model=OrganizationOut)
def change_organization(
    body: OrganizationChange, actor: Manager, write: Write, expected: ExpectedVersion
) -> OrganizationOut | Response:
    """Change the organization's name, category or region."""

    def command(work: UnitOfWork) -> OrganizationOut:
        changed = commands.change_organization(work, actor, body, expected)
        work.session.flush()
        return OrganizationOut.model_validate(changed)

    return write.run(actor, command)


@router.get("/departments", response_model=Page[DepartmentOut])
def list_departments(platform: PlatformOf, actor: Reader) -> Page[DepartmentOut]:
    """All departments, by name."""

    def query(work: UnitOfWork) -> Page[DepartmentOut]:
        found = queries.departments(work, actor.organization_id)
        return Page(items=[DepartmentOut.model_validate(one) for one in found], next_cursor=None)

    return platform.view(query)


@router.post("/departments", status_code=201, response_model=DepartmentOut)
def add_department(body: NewDepartment, actor: Manager, write: Write) -> DepartmentOut | Response:
    """Add a department."""

    def command(work: UnitOfWork) -> DepartmentOut:
        added = commands.add_department(work, actor, body)
        work.session.flush()
        return DepartmentOut.model_validate(added)

    return write.run(actor, command, status=201)


@router.patch("/departments/{department_id}", response_model=DepartmentOut)
def change_department(
    department_id: IdInPath, body: DepartmentChange, actor: Manager, write: Write, expected: ExpectedVersion
) -> DepartmentOut | Response:
    """Rename a department or move it in the tree."""

    def command(work: UnitOfWork) -> DepartmentOut:
        changed = commands.change_department(work, actor, department_id, body, expected)
        work.session.flush()
        return DepartmentOut.model_validate(changed)

    return write.run(actor, command)


@router.get("/posts", response_model=Page[PostOut])
def list_posts(platform: PlatformOf, actor: Reader) -> Page[PostOut]:
    """All posts, oldest first."""

    def query(work: UnitOfWork) -> Page[PostOut]:
        found = queries.posts(work, actor.organization_id)
        return Page(items=[post_out(one) for one in found], next_cursor=None)

    return platform.view(query)


@router.post("/posts", status_code=201, response_model=PostOut)
def add_post(body: NewPost, actor: Manager, write: Write) -> PostOut | Response:
    """Add a post."""

    def command(work: UnitOfWork) -> PostOut:
        added = commands.add_post(work, actor, body)
        work.session.flush()
        return post_out(added)

    return write.run(actor, command, status=201)


@router.patch("/posts/{post_id}", response_model=PostOut)
def change_post(
    post_id: IdInPath, body: PostChange, actor: Manager, write: Write, expected: ExpectedVersion
) -> PostOut | Response:
    """Rename a post or change what it may do."""

    def command(work: UnitOfWork) -> PostOut:
        changed = commands.change_post(work, actor, post_id, body, expected)
        work.session.flush()
        return post_out(changed)

    return write.run(actor, command)


@router.get("/permissions", response_model=Page[PermissionOut])
def list_permissions(_actor: SignedIn) -> Page[PermissionOut]:
    """Every permission that a post can carry, with what it allows."""
    items = [PermissionOut(code=code, zh=text.zh, en=text.en) for code, text in permission_labels().items()]
    return Page(items=items, next_cursor=None)


@router.get("/counterparties", response_model=Page[CounterpartyOut])
def list_counterparties(
    platform: PlatformOf,
    actor: Reader,
    q: Annotated[str, Query(max_length=100, pattern=NO_NUL, description="Part of the name or code.")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CounterpartyOut]:
    """Counterparties, newest first."""

    def query(work: UnitOfWork) -> Page[CounterpartyOut]:
        found = queries.counterparties(
            work, actor, after=read_cursor(cursor), limit=limit + 1, containing=q.strip()
        )
        return page_of(found, limit, lambda one: one.id, lambda one: counterparty_out(one, work.now))

    return platform.view(query)


@router.post("/counterparties", status_code=201, response_model=CounterpartyOut)
def add_counterparty(body: NewCounterparty, actor: SignedIn, write: Write) -> CounterpartyOut | Response:
    """Register a counterparty: administrators, and applicants when they do not state whether it takes e-seals."""

    def command(work: UnitOfWork) -> CounterpartyOut:
        added = commands.add_counterparty(work, actor, body)
        work.session.flush()
        return counterparty_out(added, work.now)

    return write.run(actor, command, status=201)


@router.patch("/counterparties/{counterparty_id}", response_model=CounterpartyOut)
def change_counterparty(
    counterparty_id: IdInPath,
    body: CounterpartyChange,
    actor: Manager,
    write: Write,
    expected: ExpectedVersion,
) -> CounterpartyOut | Response:
    """Change a counterparty."""

    def command(work: UnitOfWork) -> CounterpartyOut:
        changed = commands.change_counterparty(work, actor, counterparty_id, body, expected)
        work.session.flush()
        return counterparty_out(changed, work.now)

    return write.run(actor, command)


@router.get("/counterparties/{counterparty_id}", response_model=CounterpartyOut)
def read_counterparty(counterparty_id: IdInPath, platform: PlatformOf, actor: Reader) -> CounterpartyOut:
    """One counterparty."""
    return platform.view(
        lambda work: counterparty_out(queries.counterparty(work, actor, counterparty_id), work.now)
    )


@router.post("/counterparties/{counterparty_id}/capability", response_model=CounterpartyOut)
def state_capability(
    counterparty_id: IdInPath,
    body: CapabilityStatement,
    actor: Manager,
    write: Write,
    expected: ExpectedVersion,
) -> CounterpartyOut | Response:
    """State with a proof whether a counterparty takes e-seals, and until when that counts."""

    def command(work: UnitOfWork) -> CounterpartyOut:
        changed = commands.state_capability(work, actor, counterparty_id, body, expected)
        work.session.flush()
        return counterparty_out(changed, work.now)

    return write.run(actor, command)


@router.get("/counterparties/{counterparty_id}/capabilities", response_model=Page[CapabilityOut])
def list_capabilities(
    counterparty_id: IdInPath, platform: PlatformOf, actor: Reader, limit: Limit = 50
) -> Page[CapabilityOut]:
    """What was stated about a counterparty's e-seals, newest first."""

    def query(work: UnitOfWork) -> Page[CapabilityOut]:
        found = capabilities.history(work, actor, counterparty_id, limit=limit)
        return Page(items=[CapabilityOut.model_validate(one) for one in found], next_cursor=None)

    return platform.view(query)


def counterparty_out(row: Counterparty, now: int) -> CounterpartyOut:
    """A counterparty for the API, with its capability as of an instant."""
    return CounterpartyOut(
        id=row.id,
        name=row.name,
        uscc=row.uscc,
        uscc_exception=row.uscc_exception,
        takes_electronic=TakesElectronic(row.takes_electronic),
        capability=TakesElectronic(
            capability_at(row.takes_electronic, row.recheck_on, beijing_time(now).date())
        ),
        checked_at=row.checked_at,
        recheck_on=date.fromisoformat(row.recheck_on) if row.recheck_on else None,
        note=row.note,
        created_at=row.created_at,
        version=row.version,
    )


def post_out(post: Post) -> PostOut:
    """A post for the API."""
    return PostOut(
        id=post.id,
        name=post.name,
        kind=PostKind(post.kind),
        department_id=post.department_id,
        permissions=sorted(queries.permissions_of(post)),
        is_office=post.is_office,
        office=post.office,
        created_at=post.created_at,
        version=post.version,
    )
