"""Links between a person and who vouches for him outside: found, made, used once, dropped."""

from __future__ import annotations

from sqlalchemy import delete, select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.people.models import ExternalIdentity, Person

LICENCE = "licence"
"""The provider of those linked by business licence; no OpenID provider has this name."""


def links_of(work: UnitOfWork, person_id: str) -> list[ExternalIdentity]:
    """All links of a person, oldest first."""
    query = select(ExternalIdentity).where(ExternalIdentity.person_id == person_id)
    return list(work.session.scalars(query.order_by(ExternalIdentity.id)))


def link_of(work: UnitOfWork, person_id: str, provider: str) -> ExternalIdentity | None:
    """The person's link with this provider."""
    return work.session.scalar(
        select(ExternalIdentity).where(ExternalIdentity.account_slot == _slot(provider, person_id))
    )


def link_of_subject(work: UnitOfWork, provider: str, subject: str) -> ExternalIdentity | None:
    """The link of whom the provider calls so, locked until this transaction ends."""
    query = select(ExternalIdentity).where(
        ExternalIdentity.subject_digest == _digest(work, provider, subject)
    )
    return work.session.scalar(query.with_for_update())


def make_link(
    work: UnitOfWork, actor: Actor, person: Person, provider: str, subject: str
) -> ExternalIdentity:
    """Link a person; who calls has seen that neither side is linked otherwise."""
    link = ExternalIdentity(
        id=work.new_id(),
        organization_id=person.organization_id,
        person_id=person.id,
        provider=provider,
        subject_digest=_digest(work, provider, subject),
        account_slot=_slot(provider, person.id),
        created_at=work.now,
        used_at=None,
        used_for=None,
    )
    work.session.add(link)
    work.session.flush()
    note(work, actor, "people.identity_linked", person.id, {"link": link.id, "provider": provider})
    return link


def use_link(work: UnitOfWork, link: ExternalIdentity, answer: str) -> bool:
    """Use a link with one answer of its provider; False when that answer was used before."""
    digest = work.keyring.blind("identity-answer", answer)
    if link.used_for == digest:
        return False
    link.used_for, link.used_at = digest, work.now
    return True


def drop_links(work: UnitOfWork, person_id: str) -> None:
    """Remove a person's links."""
    work.session.execute(delete(ExternalIdentity).where(ExternalIdentity.person_id == person_id))


def note(work: UnitOfWork, actor: Actor, kind: str, person_id: str, facts: dict[str, JsonValue]) -> None:
    """Record what became of a link."""
    record(work, actor, kind=kind, subject_type="person", subject_id=person_id, facts=facts)


def _digest(work: UnitOfWork, provider: str, subject: str) -> str:
    return work.keyring.blind(f"identity:{provider}", subject)


def _slot(provider: str, person_id: str) -> str:
    return f"{provider}/{person_id}"
