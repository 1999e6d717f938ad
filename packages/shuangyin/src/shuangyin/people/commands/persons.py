"""What administrators change of people: added, changed, appointed, reset. Leaving is `transitions.leaving`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.errors import Conflict, Refused, not_found, stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.organization import queries as organization_queries
from shuangyin.organization.models import Post
from shuangyin.organization.rules import checked_name
from shuangyin.people import queries, rules, sessions
from shuangyin.people.commands.leaving import (
    active_person,
    close_holdings,
    drop_factors,
    require_administrator,
)
from shuangyin.people.commands.step_up import require_second_factor
from shuangyin.people.models import Credential, EndReason, Person, PersonStatus, PostHolding
from shuangyin.people.passwords import OneTimePassword
from shuangyin.people.privacy_models import DeletionReason
from shuangyin.people.schemas import NewPerson, PersonChange

NAME_LIMIT = 50


def add_person(work: UnitOfWork, actor: Actor, new: NewPerson, one_time: OneTimePassword) -> Person:
    """Add a person with a one-time password. Raises Invalid, Conflict (ACCOUNT_TAKEN), NotFound for the department."""
    actor.require("people.manage")
    if new.department_id is not None:
        organization_queries.department(work, actor.organization_id, new.department_id)
    account = rules.checked_account(new.account)
    if work.session.scalar(select(Person.id).where(Person.account == account)) is not None:
        raise Conflict("ACCOUNT_TAKEN", "账号已被使用，请换一个。", "The account is in use. Choose another.")
    person = Person(
        id=work.new_id(),
        organization_id=actor.organization_id,
        name=checked_name(new.name, limit=NAME_LIMIT),
        account=account,
        status=PersonStatus.ACTIVE,
        department_id=new.department_id,
        created_at=work.now,
        left_at=None,
    )
    work.session.add(person)
    work.session.flush()
    work.session.add(_first_credential(work, person, one_time))
    _record(work, actor, "people.person_added", person, {"department": person.department_id})
    return person


def change_person(
    work: UnitOfWork, actor: Actor, person_id: str, change: PersonChange, expected: int | None
) -> Person:
    """Change name or department. Raises Stale, Invalid, Conflict (PERSON_LEFT), NotFound."""
    actor.require("people.manage")
    person = active_person(work, actor, person_id)
    if expected is not None and expected != person.version:
        raise stale_version()
    if change.name is not None:
        person.name = checked_name(change.name, limit=NAME_LIMIT)
    if "department_id" in change.model_fields_set:
        if change.department_id is not None:
            organization_queries.department(work, actor.organization_id, change.department_id)
        person.department_id = change.department_id
    facts: dict[str, JsonValue] = {
        "changed": [*sorted(change.model_fields_set)],
        "department": person.department_id,
    }
    _record(work, actor, "people.person_changed", person, facts)
    return person


def appoint(work: UnitOfWork, actor: Actor, person_id: str, post_id: str) -> Person:
    """Let a person hold a post from now on. Raises Conflict (POST_HELD, OFFICE_HELD, PERSON_LEFT), NotFound."""
    actor.require("people.manage")
    person = active_person(work, actor, person_id)
    post = organization_queries.post(work, actor.organization_id, post_id)
    hold(work, actor, person, post)
    return person


def hold(work: UnitOfWork, actor: Actor, person: Person, post: Post) -> None:
    """The person holds the post from now on. Raises Conflict (POST_HELD, OFFICE_HELD)."""
    open_slot = f"{person.id}:{post.id}"
    if work.session.scalar(select(PostHolding.id).where(PostHolding.open_slot == open_slot)) is not None:
        raise Conflict("POST_HELD", "该人员已任此岗位。", "The person holds this post already.")
    held = select(PostHolding.id).where(PostHolding.office_slot == post.id)
    if post.is_office and work.session.scalar(held) is not None:
        raise Conflict(
            "OFFICE_HELD",
            "该岗位只能由一人担任，请先结束现任的任职。",
            "Only one person can hold this office. End the present holding first.",
        )
    holding = PostHolding(
        id=work.new_id(),
        organization_id=actor.organization_id,
        person_id=person.id,
        post_id=post.id,
        from_at=work.now,
        until_at=None,
        open_slot=open_slot,
        office_slot=post.id if post.is_office else None,
    )
    work.session.add(holding)
    _record(work, actor, "people.post_given", person, {"post": post.id, "holding": holding.id})


def end_holding(work: UnitOfWork, actor: Actor, person_id: str, holding_id: str) -> Person:
    """End a person's holding of a post at once. Raises NotFound, Refused (LAST_ADMINISTRATOR)."""
    actor.require("people.manage")
    person = queries.person(work, actor.organization_id, person_id)
    holding = work.session.scalar(
        select(PostHolding).where(
            PostHolding.id == holding_id,
            PostHolding.person_id == person.id,
            PostHolding.until_at.is_(None),
        )
    )
    if holding is None:
        raise not_found("这项任职", "holding of a post")
    close_holdings(work, [holding])
    require_administrator(work, actor)
    _record(work, actor, "people.post_taken", person, {"post": holding.post_id, "holding": holding.id})
    return person


def reset_access(work: UnitOfWork, actor: Actor, person_id: str, one_time: OneTimePassword) -> Person:
    """Give a person a one-time password and let him enrol a new second factor; whatever he had open ends.

    Raises Forbidden (STEP_UP_REQUIRED), Refused (RESET_SELF), Conflict (PERSON_LEFT), NotFound.
    """
    actor.require("people.manage")
    person = active_person(work, actor, person_id)
    if person.id == actor.person_id:
        raise Refused(
            "RESET_SELF",
            "不能重置自己的账号，请使用修改密码，或由另一名管理员办理。",
            "You cannot reset your own account. Change your password, or ask another administrator.",
        )
    require_second_factor(work, actor, act="people.reset", subject=person.id, proof=None, strength="window")
    drop_factors(work, actor, person, DeletionReason.RESET)
    sessions.end_half_done(work, person.id)
    work.session.add(_first_credential(work, person, one_time))
    ended = sessions.end_sessions(work, person.id, EndReason.RESET)
    tokens = sessions.end_tokens(work, person.id, EndReason.RESET)
    _record(work, actor, "people.access_reset", person, {"ended_sessions": ended, "ended_tokens": tokens})
    return person


def _first_credential(work: UnitOfWork, person: Person, one_time: OneTimePassword) -> Credential:
    return Credential(
        person_id=person.id,
        organization_id=person.organization_id,
        password_hash=one_time.password_hash,
        password_changed_at=work.now,
        must_change=True,
        totp_secret=None,
        totp_last_step=-1,
        failed_count=0,
        locked_until=None,
    )


def _record(
    work: UnitOfWork, actor: Actor, kind: str, person: Person, facts: Mapping[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type="person", subject_id=person.id, facts=facts)
