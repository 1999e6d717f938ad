"""The organization as the planning of routes sees it: who holds a post, who stands above whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shuangyin.approvals.rules.definitions import ApproverKind, Approvers, RouteFacts
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.models import Post, PostKind
from shuangyin.organization.queries import departments, post_of_kind, posts
from shuangyin.people.models import Person
from shuangyin.people.queries import holders, persons_permitted
from shuangyin.reference.queries import root_office

RIGHT = "approvals.decide"


class OrganizationDirectory:
    """`rules.planning.Directory` over the departments, posts and persons of one organization, as of this instant."""

    def __init__(self, work: UnitOfWork, organization_id: str) -> None:
        self._work = work
        self._organization_id = organization_id
        self._deciders: frozenset[str] | None = None
        self._parents: dict[str, str | None] | None = None

    def named_by(self, approvers: Approvers, facts: RouteFacts, key: str) -> Sequence[str]:
        kind = approvers.kind
        if kind is ApproverKind.PERSON:
            return approvers.person_ids
        if kind is ApproverKind.FORM_FIELD:
            named = facts.fields.get(approvers.form_field or "")
            return (named,) if named else ()
        if kind is ApproverKind.APPLICANT_CHOICE:
            return self._chosen(approvers, facts, key)
        if kind is ApproverKind.SUPERIORS:
            return self.superiors_of(facts.applicant_id)[: approvers.levels]
        if kind is ApproverKind.DEPARTMENT_HEAD:
            return self._heads(facts.department_id)
        return self._post_holders(approvers, facts)

    def may_decide(self, person_id: str) -> bool:
        if self._deciders is None:
            found = persons_permitted(self._work, self._organization_id, RIGHT)
            self._deciders = frozenset(one.id for one in found)
        return person_id in self._deciders

    def superiors_of(self, person_id: str) -> Sequence[str]:
        if person_id in self.root_holders():
            return ()
        person = self._work.session.get(Person, person_id)
        department_id = person.department_id if person is not None else None
        chain: dict[str, None] = {}
        seen: set[str] = set()
        while department_id is not None and department_id not in seen:
            seen.add(department_id)
            chain.update(dict.fromkeys(self._heads(department_id)))
            department_id = self._parent_of(department_id)
        chain.update(dict.fromkeys(self.root_holders()))
        return self._fit(one for one in chain if one != person_id)

    def heads_of(self, person_id: str) -> Sequence[str]:
        person = self._work.session.get(Person, person_id)
        return self._fit(self._heads(person.department_id if person is not None else None))

    def root_holders(self) -> Sequence[str]:
        """Who holds the root office of the unit itself; those of Party, union and League answer for their own seals."""
        root = [post.id for post in self._root_posts()]
        found = holders(self._work, self._organization_id, root, self._work.now)
        return self._fit(one.id for one in found)

    def root_name(self) -> Text:
        root = next(iter(self._root_posts()), None)
        office = root_office(root.office) if root is not None and root.office else None
        zh = root.name if root is not None else "负责人"
        return Text(f"{zh}审批", f"Approval: {office.en.lower() if office else 'root office'}")

    def _root_posts(self) -> list[Post]:
        return [
            one
            for one in posts(self._work, self._organization_id)
            if one.is_office and one.kind != PostKind.AFFILIATED_OFFICE
        ]

    def choice_of(self, approvers: Approvers, facts: RouteFacts) -> tuple[str, ...]:
        """Among whom an applicant may choose: those the step lists, or the holders of its post."""
        return self._fit(approvers.person_ids) or self._post_holders(approvers, facts)

    def _fit(self, person_ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(one for one in person_ids if self.may_decide(one))

    def _chosen(self, approvers: Approvers, facts: RouteFacts, key: str) -> tuple[str, ...]:
        """What the applicant chose, as far as the step lets him choose it."""
        allowed = self.choice_of(approvers, facts)
        return tuple(one for one in facts.choices.get(key, ()) if one in allowed)

    def _post_holders(self, approvers: Approvers, facts: RouteFacts) -> tuple[str, ...]:
        if approvers.post_kind is None:
            return ()
        in_department = approvers.scope == "applicant_department"
        where = facts.department_id if in_department else None
        if in_department and where is None:
            return ()
        if approvers.post_kind == PostKind.LEGAL_REPRESENTATIVE and not in_department:
            # Routes name the root office so, whichever this kind of unit has: 主要负责人, 负责人, 执行事务合伙人, 经营者.
            return tuple(self.root_holders())
        return self._holding(approvers.post_kind, where)

    def _heads(self, department_id: str | None) -> tuple[str, ...]:
        if department_id is None:
            return ()
        return self._holding(PostKind.DEPARTMENT_HEAD, department_id)

    def _holding(self, post_kind: str, department_id: str | None) -> tuple[str, ...]:
        kinds = [one.id for one in post_of_kind(self._work, self._organization_id, post_kind, department_id)]
        found = holders(self._work, self._organization_id, kinds, self._work.now, department_id=department_id)
        return self._fit(one.id for one in found)

    def _parent_of(self, department_id: str) -> str | None:
        if self._parents is None:
            found = departments(self._work, self._organization_id)
            self._parents = {one.id: one.parent_id for one in found}
        return self._parents.get(department_id)
