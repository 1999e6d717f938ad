"""The first act of an installation: an organization, its starter posts, and the administrator who does the rest."""

from __future__ import annotations

from shuangyin.core.actor import system_actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.organization.commands import add_starter_posts, found_organization
from shuangyin.organization.models import PostKind
from shuangyin.people.commands.persons import add_person, appoint
from shuangyin.people.passwords import new_one_time_password
from shuangyin.people.schemas import NewPerson


def create_organization(
    work: UnitOfWork,
    *,
    name: str,
    uscc: str,
    region: str,
    administrator_account: str,
    administrator_name: str,
) -> str:
    """Create the organization with one post of every kind and an administrator; returns his one-time password.

    Raises Invalid (USCC_…, NAME_…, REGION_UNKNOWN, ACCOUNT_FORM), Conflict (USCC_TAKEN, ACCOUNT_TAKEN).
    """
    organization = found_organization(work, name=name, uscc=uscc, region=region)
    actor = system_actor(organization.id)
    record(
        work,
        actor,
        kind="organization.founded",
        subject_type="organization",
        subject_id=organization.id,
        facts={"uscc": organization.uscc, "region": organization.region_code},
    )
    posts = add_starter_posts(work, actor)
    one_time = new_one_time_password(work.settings)
    # Without validation by the schema: the rules inside `add_person` judge what a command line was given.
    new = NewPerson.model_construct(
        name=administrator_name, account=administrator_account, department_id=None
    )
    person = add_person(work, actor, new, one_time)
    work.session.flush()
    appoint(work, actor, person.id, posts[PostKind.ADMINISTRATOR].id)
    return one_time.words
