"""People as the API shows them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from shuangyin.core.actor import Actor
from shuangyin.core.text import Language
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization import queries as organization_queries
from shuangyin.people import faces, factors, passkeys, queries, sessions, sms
from shuangyin.people.models import ApiToken, Credential, Person, SignInSession
from shuangyin.people.schemas import (
    HeldPostOut,
    Me,
    MeOrganization,
    MePerson,
    MePost,
    NamedRef,
    PersonOut,
    TokenOut,
)


def persons_out(work: UnitOfWork, actor: Actor, persons: Sequence[Person]) -> list[PersonOut]:
    """Persons with department and posts, in four queries however many they are."""
    ids = [person.id for person in persons]
    held = queries.held_posts(work, ids, work.now)
    enrolled = queries.enrolled(work, ids)
    wanted = {person.department_id for person in persons} | {one.post.department_id for one in held}
    names = organization_queries.department_names(work, {one for one in wanted if one is not None})
    return [
        PersonOut(
            id=person.id,
            name=person.name,
            account=person.account if _sees_account(actor, person) else None,
            status="active" if person.left_at is None else "left",
            department=_named(person.department_id, names),
            posts=[
                HeldPostOut(
                    holding_id=one.holding_id,
                    post_id=one.post.id,
                    name=one.post.name,
                    kind=one.post.kind,
                    department=_named(one.post.department_id, names),
                    from_at=one.from_at,
                )
                for one in held
                if one.person_id == person.id
            ],
            second_factor_enrolled=person.id in enrolled,
            created_at=person.created_at,
            left_at=person.left_at,
            version=person.version,
        )
        for person in persons
    ]


def person_out(work: UnitOfWork, actor: Actor, person: Person) -> PersonOut:
    """One person with department and posts."""
    work.session.flush()
    return persons_out(work, actor, [person])[0]


def me_out(work: UnitOfWork, actor: Actor, language: Language) -> Me:
    """Who is signed in, and what he may do now."""
    person = work.session.get_one(Person, actor.person_id)
    credential = work.session.get_one(Credential, actor.person_id)
    session = work.session.get(SignInSession, actor.session_id) if actor.session_id else None
    held = queries.held_posts(work, [person.id], work.now)
    names = organization_queries.department_names(
        work, [person.department_id] if person.department_id else []
    )
    head = organization_queries.head_office(work, person.organization_id)
    return Me(
        is_head=head is not None and any(one.post.id == head.id for one in held),
        person=MePerson(
            id=person.id,
            name=person.name,
            account=person.account,
            post=held[0].post.name if held else None,
        ),
        organization=MeOrganization.model_validate(organization_queries.get(work, person.organization_id)),
        department=_named(person.department_id, names),
        posts=[
            MePost(
                id=one.post.id, name=one.post.name, kind=one.post.kind, department_id=one.post.department_id
            )
            for one in held
        ],
        permissions=sorted(actor.permissions),
        csrf_token=sessions.csrf_token_of(work, session.id) if session else None,
        second_factor_at=session.second_factor_at if session else None,
        session_expires_at=session.expires_at if session else None,
        must_change_password=credential.must_change,
        recovery_codes_left=factors.recovery_codes_left(work, person.id),
        has_passkey=passkeys.has_passkey(work, person.id),
        has_face=faces.usable(work, person.id),
        has_phone=sms.usable(work, person.id),
        provider=session.provider if session else None,
        language=language,
    )


def token_out(token: ApiToken) -> TokenOut:
    """A bearer token for the API, without its secret."""
    return TokenOut(
        id=token.id,
        name=token.name,
        scopes=json.loads(token.scopes),
        created_at=token.created_at,
        expires_at=token.expires_at,
        ended_at=token.ended_at,
    )


def _sees_account(actor: Actor, person: Person) -> bool:
    return actor.may("people.manage") or actor.person_id == person.id


def _named(department_id: str | None, names: dict[str, str]) -> NamedRef | None:
    return NamedRef(id=department_id, name=names[department_id]) if department_id is not None else None
