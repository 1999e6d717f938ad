"""Changes of the organization, its departments, posts and counterparties."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.errors import Conflict, Forbidden, Invalid, Refused, stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.organization import queries, rules
from shuangyin.organization.capabilities import checked_statement, keep_statement
from shuangyin.organization.models import (
    Counterparty,
    Department,
    Organization,
    OrganizationStatus,
    Post,
    PostKind,
    TakesElectronic,
)
from shuangyin.organization.schemas import (
    CapabilityStatement,
    CounterpartyChange,
    DepartmentChange,
    NewCounterparty,
    NewDepartment,
    NewPost,
    OrganizationChange,
    PostChange,
)
from shuangyin.organization.starter import permission_labels, starter_permissions, starter_posts
from shuangyin.reference.queries import region_codes, root_office, usual_office

_MANAGING = frozenset({"organization.manage", "people.manage"})


def found_organization(work: UnitOfWork, *, name: str, uscc: str, region: str) -> Organization:
    """Insert an organization without any post; its category follows from its code. Raises Invalid, or Conflict when the code is registered."""
    uscc = rules.checked_uscc(uscc)
    if work.session.scalar(select(Organization.id).where(Organization.uscc == uscc)) is not None:
        raise Conflict(
            "USCC_TAKEN",
            "该统一社会信用代码的单位已在本平台登记。",
            "An organization of this unified social credit code is registered already.",
        )
    organization = Organization(
        id=work.new_id(),
        name=rules.checked_name(name),
        uscc=uscc,
        category=rules.category_of(uscc),
        region_code=rules.checked_region(region, region_codes()),
        status=OrganizationStatus.ACTIVE,
        created_at=work.now,
    )
    work.session.add(organization)
    work.session.flush()
    return organization


def add_starter_posts(work: UnitOfWork, actor: Actor) -> dict[PostKind, Post]:
    """Give a new organization one post of every kind."""
    category = queries.get(work, actor.organization_id).category
    added = {}
    for starter in starter_posts():
        added[starter.kind] = _insert_post(
            work,
            actor,
            name=usual_office(category).zh if starter.is_office else starter.name,
            kind=starter.kind,
            department_id=None,
            permissions=starter.permissions,
            office=usual_office(category).code if starter.is_office else None,
        )
    return added


def change_organization(
    work: UnitOfWork, actor: Actor, change: OrganizationChange, expected: int | None
) -> Organization:
    """Change name, category or region. Raises Stale, Invalid."""
    actor.require("organization.manage")
    organization = queries.get(work, actor.organization_id)
    _require_version(organization.version, expected)
    changed = []
    if change.name is not None:
        organization.name = rules.checked_name(change.name)
        changed.append("name")
    if change.category is not None:
        organization.category = change.category
        changed.append("category")
    if change.region_code is not None:
        organization.region_code = rules.checked_region(change.region_code, region_codes())
        changed.append("region_code")
    _record(work, actor, "organization.changed", "organization", organization.id, {"changed": changed})
    return organization


def add_department(work: UnitOfWork, actor: Actor, new: NewDepartment) -> Department:
    """Add a department. Raises Conflict (NAME_TAKEN), NotFound for the parent."""
    actor.require("organization.manage")
    if new.parent_id is not None:
        queries.department(work, actor.organization_id, new.parent_id)
    name = rules.checked_name(new.name)
    _require_free_department_name(work, actor, name)
    department = Department(
        id=work.new_id(),
        organization_id=actor.organization_id,
        name=name,
        parent_id=new.parent_id,
        created_at=work.now,
    )
    work.session.add(department)
    facts = {"parent": new.parent_id}
    _record(work, actor, "organization.department_added", "department", department.id, facts)
    return department


def change_department(
    work: UnitOfWork, actor: Actor, department_id: str, change: DepartmentChange, expected: int | None
) -> Department:
    """Rename a department or move it in the tree. Raises Stale, Conflict (NAME_TAKEN), Invalid (DEPARTMENT_CYCLE)."""
    actor.require("organization.manage")
    department = queries.department(work, actor.organization_id, department_id)
    _require_version(department.version, expected)
    if change.name is not None:
        name = rules.checked_name(change.name)
        if name != department.name:
            _require_free_department_name(work, actor, name)
        department.name = name
    if "parent_id" in change.model_fields_set:
        _move(work, actor, department, change.parent_id)
    facts = {"changed": sorted(change.model_fields_set), "parent": department.parent_id}
    _record(work, actor, "organization.department_changed", "department", department.id, facts)
    return department


def add_post(work: UnitOfWork, actor: Actor, new: NewPost) -> Post:
    """Add a post. Raises Conflict (OFFICE_EXISTS), Invalid (PERMISSION_UNKNOWN), NotFound for the department."""
    actor.require("organization.manage")
    if new.department_id is not None:
        queries.department(work, actor.organization_id, new.department_id)
    office = _office_of(work, actor, new)
    return _insert_post(
        work,
        actor,
        name=new.name,
        kind=new.kind,
        department_id=new.department_id,
        permissions=new.permissions if new.permissions is not None else starter_permissions(new.kind),
        office=office,
    )


def change_post(
    work: UnitOfWork, actor: Actor, post_id: str, change: PostChange, expected: int | None
) -> Post:
    """Rename a post or change what it may do, at once for everybody who holds it. Raises Stale, Invalid, Refused (OWN_POST)."""
    actor.require("organization.manage")
    post = queries.post(work, actor.organization_id, post_id)
    _require_version(post.version, expected)
    if change.name is not None:
        post.name = rules.checked_name(change.name)
    if change.permissions is not None:
        wanted = rules.checked_permissions(change.permissions, permission_labels())
        _require_not_locking_out(actor, post, wanted)
        post.permissions = json.dumps(wanted)
    facts = {"changed": sorted(change.model_fields_set), "permissions": json.loads(post.permissions)}
    _record(work, actor, "organization.post_changed", "post", post.id, facts)
    return post


def add_counterparty(work: UnitOfWork, actor: Actor, new: NewCounterparty) -> Counterparty:
    """Register a counterparty.

    An applicant may add one, but whether it takes e-seals moves decisions, so only who manages the organization
    may state that. Raises Forbidden, Invalid (USCC_…), Conflict (NAME_TAKEN).
    """
    if not actor.may("organization.manage"):
        actor.require("requests.apply")
        if new.takes_electronic is not TakesElectronic.UNKNOWN:
            raise Forbidden(
                "NOT_PERMITTED",
                "往来单位能否接收电子印章须由管理员核实后登记，请先保存为「未知」。",
                "Whether a counterparty takes e-seals is for an administrator to state. Save it as unknown.",
                details={"permission": "organization.manage"},
            )
    counterparty = Counterparty(
        id=work.new_id(),
        organization_id=actor.organization_id,
        name="",
        uscc=None,
        uscc_exception=None,
        takes_electronic=new.takes_electronic,
        checked_at=None if new.takes_electronic is TakesElectronic.UNKNOWN else work.now,
        note=new.note.strip(),
        created_at=work.now,
    )
    _name_counterparty(work, actor, counterparty, new.name)
    if new.uscc is not None:
        _code_counterparty(counterparty, new.uscc, new.uscc_exception)
    work.session.add(counterparty)
    work.session.flush()
    if new.takes_electronic is not TakesElectronic.UNKNOWN:
        stated = CapabilityStatement(takes_electronic=new.takes_electronic, proof_note=counterparty.note)
        keep_statement(work, actor, counterparty, stated)
    facts: dict[str, JsonValue] = {
        "takes_electronic": counterparty.takes_electronic,
        "exception": counterparty.uscc_exception is not None,
    }
    _record(work, actor, "organization.counterparty_added", "counterparty", counterparty.id, facts)
    return counterparty


def change_counterparty(
    work: UnitOfWork, actor: Actor, counterparty_id: str, change: CounterpartyChange, expected: int | None
) -> Counterparty:
    """Change a counterparty; stating whether it takes e-seals notes the time. Raises Stale, Invalid, Conflict."""
    actor.require("organization.manage")
    counterparty = queries.counterparty(work, actor, counterparty_id)
    _require_version(counterparty.version, expected)
    if change.name is not None:
        _name_counterparty(work, actor, counterparty, change.name)
    if change.uscc is not None:
        _code_counterparty(counterparty, change.uscc, change.uscc_exception)
    if change.takes_electronic is not None:
        stated = CapabilityStatement(takes_electronic=change.takes_electronic, proof_note=change.note or "")
        keep_statement(work, actor, counterparty, stated)
    facts: dict[str, JsonValue] = {
        "changed": sorted(change.model_fields_set),
        "takes_electronic": counterparty.takes_electronic,
    }
    if change.note is not None:
        counterparty.note = change.note.strip()
        facts["note"] = digest_of(counterparty.note)
    _record(work, actor, "organization.counterparty_changed", "counterparty", counterparty.id, facts)
    return counterparty


def state_capability(
    work: UnitOfWork,
    actor: Actor,
    counterparty_id: str,
    statement: CapabilityStatement,
    expected: int | None,
) -> Counterparty:
    """State with a proof whether a counterparty takes e-seals, and until when that counts. Raises Stale, Invalid."""
    actor.require("organization.manage")
    counterparty = queries.counterparty(work, actor, counterparty_id)
    _require_version(counterparty.version, expected)
    checked_statement(work, statement)
    keep_statement(work, actor, counterparty, statement)
    return counterparty


def _insert_post(
    work: UnitOfWork,
    actor: Actor,
    *,
    name: str,
    kind: PostKind,
    department_id: str | None,
    permissions: Iterable[str],
    office: str | None,
) -> Post:
    codes = rules.checked_permissions(permissions, permission_labels())
    slot = _free_office_slot(work, actor, office) if office is not None else None
    post = Post(
        id=work.new_id(),
        organization_id=actor.organization_id,
        department_id=department_id,
        name=rules.checked_name(name),
        kind=kind,
        permissions=json.dumps(codes),
        is_office=office is not None,
        office=office,
        office_slot=slot,
        created_at=work.now,
    )
    work.session.add(post)
    facts = {"kind": kind, "department": department_id, "permissions": list(codes), "office": office}
    _record(work, actor, "organization.post_added", "post", post.id, facts)
    return post


def _require_not_locking_out(actor: Actor, post: Post, wanted: Collection[str]) -> None:
    """Whoever changes posts keeps the right to: otherwise the last one could lock everybody out, himself included."""
    if post.id not in actor.post_ids:
        return
    if (queries.permissions_of(post) & actor.permissions & _MANAGING) - set(wanted):
        raise Refused(
            "OWN_POST",
            "不能从自己所任岗位上取消管理权限，请由另一名管理员办理。",
            "You cannot take the right to manage from a post you hold. Ask another administrator.",
        )


def _office_of(work: UnitOfWork, actor: Actor, new: NewPost) -> str | None:
    """The root office that a new post is. Raises Invalid (OFFICE_UNKNOWN) for one that this kind of unit has not."""
    if not new.is_office and new.office is None:
        return None
    category = queries.get(work, actor.organization_id).category
    if new.office is None:
        return usual_office(category).code
    office = root_office(new.office)
    affiliated = new.kind == PostKind.AFFILIATED_OFFICE
    if office is None or category not in office.categories or affiliated != (office.root != "unit"):
        raise Invalid(
            "OFFICE_UNKNOWN",
            "此类单位没有这种负责人岗位，或岗位类型不符，请从列表中选择。",
            "A unit of this kind has no such root office, or the kind of post does not fit it. Choose from the list.",
        )
    return office.code


def _free_office_slot(work: UnitOfWork, actor: Actor, code: str) -> str:
    office = root_office(code)
    root = office.root if office is not None else "unit"
    slot = actor.organization_id if root == "unit" else f"{actor.organization_id}:{root}"
    if work.session.scalar(select(Post.id).where(Post.office_slot == slot)) is not None:
        raise Conflict(
            "OFFICE_EXISTS",
            "本单位已有法定代表人（负责人）岗位。",
            "The organization has its root office already.",
        )
    return slot


def _require_free_department_name(work: UnitOfWork, actor: Actor, name: str) -> None:
    taken = select(Department.id).where(
        Department.organization_id == actor.organization_id, Department.name == name
    )
    if work.session.scalar(taken) is not None:
        raise _name_taken()


def _move(work: UnitOfWork, actor: Actor, department: Department, parent_id: str | None) -> None:
    if parent_id is not None:
        queries.department(work, actor.organization_id, parent_id)
        parents = {one.id: one.parent_id for one in queries.departments(work, actor.organization_id)}
        if rules.makes_cycle(department.id, parent_id, parents):
            raise Invalid(
                "DEPARTMENT_CYCLE",
                "不能把部门移到它自己或其下级之下。",
                "A department cannot be put under itself or below.",
            )
    department.parent_id = parent_id


def _name_counterparty(work: UnitOfWork, actor: Actor, counterparty: Counterparty, name: str) -> None:
    name = rules.checked_name(name)
    taken = select(Counterparty.id).where(
        Counterparty.organization_id == actor.organization_id,
        Counterparty.name == name,
        Counterparty.id != counterparty.id,
    )
    if work.session.scalar(taken) is not None:
        raise _name_taken()
    counterparty.name = name


def _code_counterparty(counterparty: Counterparty, uscc: str, reason: str | None) -> None:
    uscc = rules.checked_uscc_form(uscc)
    counterparty.uscc_exception = rules.checked_exception(uscc, reason)
    counterparty.uscc = uscc


def _name_taken() -> Conflict:
    return Conflict(
        "NAME_TAKEN",
        "已有同名记录，请核对或换一个名称。",
        "There is one of this name already. Choose another name.",
    )


def _require_version(version: int, expected: int | None) -> None:
    if expected is not None and expected != version:
        raise stale_version()


def _record(
    work: UnitOfWork,
    actor: Actor,
    kind: str,
    subject_type: str,
    subject_id: str,
    facts: Mapping[str, JsonValue],
) -> None:
    record(work, actor, kind=kind, subject_type=subject_type, subject_id=subject_id, facts=facts)
