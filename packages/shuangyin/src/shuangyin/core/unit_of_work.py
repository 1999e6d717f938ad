"""One use case, one transaction: the session, the time, and what is to happen once it has committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.orm import Session

from shuangyin.core.ids import new_id, next_id

if TYPE_CHECKING:
    from shuangyin.core.keyring import Keyring
    from shuangyin.core.objects import ObjectStore
    from shuangyin.core.platform import Platform
    from shuangyin.core.settings import Settings

Port = TypeVar("Port")


class UnitOfWork:
    """What a command or query works with. Only `Platform.transact` commits it; nobody below does.

    `now` is fixed when the work begins, so that everything one use case writes carries one time.
    """

    def __init__(self, platform: Platform, session: Session) -> None:
        self.platform = platform
        self.session = session
        self.now = platform.clock.now_ms()
        self._last_id: str | None = None
        self._before_commit: list[Callable[[], None]] = []
        self._after_commit: list[Callable[[], None]] = []

    @property
    def settings(self) -> Settings:
        return self.platform.settings

    @property
    def objects(self) -> ObjectStore:
        return self.platform.objects

    @property
    def keyring(self) -> Keyring:
        return self.platform.keyring

    def port(self, kind: type[Port]) -> Port:
        """The implementation that the composition root joined to a port."""
        return self.platform.port(kind)

    def new_id(self) -> str:
        """A new id under this work's time, greater than every id it gave before."""
        self._last_id = new_id(self.now) if self._last_id is None else next_id(self._last_id)
        return self._last_id

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run an action once the transaction is durable. It must be able to be lost in a crash."""
        self._after_commit.append(action)

    def before_commit(self, action: Callable[[], None]) -> None:
        """Run an action as the last of this transaction, when all that the use case writes is written."""
        self._before_commit.append(action)

    def run_before_commit(self) -> None:
        for action in self._before_commit:
            action()

    def run_after_commit(self) -> None:
        for action in self._after_commit:
            action()
