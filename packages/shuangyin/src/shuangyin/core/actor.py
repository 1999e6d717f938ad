"""Who acts: the plain value that commands and queries judge permission by."""

from __future__ import annotations

from dataclasses import dataclass, field

from shuangyin.core.errors import Forbidden

SYSTEM_PERSON_ID = "0" * 32


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person (or the platform itself) as of this request.

    `permissions` come from the posts held at this instant; `second_factor_at` is when the session last saw a second
    factor (UTC ms), None for callers without one.
    """

    organization_id: str
    person_id: str
    name: str
    permissions: frozenset[str]
    post_ids: frozenset[str] = field(default_factory=frozenset)
    department_ids: frozenset[str] = field(default_factory=frozenset)
    session_id: str | None = None
    second_factor_at: int | None = None

    @property
    def is_system(self) -> bool:
        return self.person_id == SYSTEM_PERSON_ID

    def may(self, permission: str) -> bool:
        return self.is_system or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raises Forbidden unless the actor holds the permission."""
        if not self.may(permission):
            raise Forbidden(
                "NOT_PERMITTED",
                "您的岗位没有此项权限。如确有需要，请联系本单位管理员。",
                "Your post does not include this right. If you need it, ask your administrator.",
                details={"permission": permission},
            )


def system_actor(organization_id: str) -> Actor:
    """The platform acting by itself, in a background job, for one organization."""
    return Actor(
        organization_id=organization_id, person_id=SYSTEM_PERSON_ID, name="双印", permissions=frozenset()
    )
