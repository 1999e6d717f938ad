"""Sign in with name and password of the organization's directory; the second factor stays ours.

1. The try is counted against the name before anybody is asked, and against the entry that the name leads to before
   the password is looked at: a directory may take several spellings for one name.
2. The directory is asked outside any transaction, since it may be slow.
3. Its word finds the account as an OpenID provider's does: by the link, the first time by the account it gives.
4. A try that the directory did not answer does not count.
"""

from __future__ import annotations

import unicodedata

import structlog

from shuangyin.core.actor import Actor
from shuangyin.core.ids import new_token
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.people import links, outside_errors, sessions, throttle
from shuangyin.people.actors import bare_actor
from shuangyin.people.commands.outside_sign_in import admitted, vouched
from shuangyin.people.commands.sign_in import NOBODY
from shuangyin.people.directory_port import Directories, Directory, DirectoryProblem
from shuangyin.people.models import Person
from shuangyin.people.outside_port import ProvenIdentity
from shuangyin.people.schemas import ChallengeOut, SignIn

_log = structlog.get_logger(__name__)


def directories(platform: Platform) -> tuple[Directory, ...]:
    """Those that are set up."""
    return platform.port(Directories).members


def sign_in(platform: Platform, directory_name: str, attempt: SignIn, *, address: str) -> ChallengeOut:
    """The first step.

    Raises NotFound (PROVIDER_UNKNOWN), RateLimited (SIGN_IN_THROTTLED), NotAdmitted (DIRECTORY_REFUSED, NO_ACCOUNT,
    ACCOUNT_LINKED_OTHERWISE, FIRST_SIGN_IN), Unavailable (DIRECTORY_DOWN, DIRECTORY_SETUP).
    """
    directory = platform.port(Directories).named(directory_name)
    if directory is None:
        raise outside_errors.unknown_provider()
    typed = normal_name(attempt.account)
    one_try = _Try(platform, directory, address)
    one_try.count(f"name {typed or attempt.account}")
    proven = one_try.judged(typed, attempt.password) if typed else None
    if proven is None:
        one_try.refuse()
        raise outside_errors.directory_refused()
    one_try.forgive()
    return admitted(platform, lambda work: vouched(work, directory, proven, new_token(sessions.TOKEN_BITS)))


def normal_name(text: str) -> str | None:
    """A name as it is looked up and counted; None for what is nobody's.

    Blanks, marks and characters without a picture are refused: directories pass over them (RFC 4518), so that each more
    of them would be a name that has not been counted yet.
    """
    name = unicodedata.normalize("NFKC", text).strip().lower()
    plain = all(unicodedata.category(one)[0] in "LNPS" for one in name)
    return name if name and plain else None


class _Try:
    """One try at one directory: what it was counted as, and whom the name led to."""

    def __init__(self, platform: Platform, directory: Directory, address: str) -> None:
        self._platform = platform
        self._directory = directory
        self._address = address
        self._counted: list[str] = []
        self._subject: str | None = None

    def count(self, what: str) -> None:
        """Count the try. Raises RateLimited (SIGN_IN_THROTTLED)."""
        key = f"directory {self._directory.name} {what}"
        self._platform.transact(lambda work: throttle.admit(work, key, self._address))
        self._counted.append(key)

    def judged(self, name: str, password: str) -> ProvenIdentity | None:
        """What the directory says. Raises RateLimited, Unavailable."""
        try:
            proven = self._directory.prove(name, password, self._found)
        except DirectoryProblem as problem:
            _log.warning(
                "sign_in.directory_failed",
                directory=self._directory.name,
                kind=problem.kind,
                detail=problem.detail,
            )
            self._platform.transact(self._take_back)
            raise outside_errors.of_directory(problem) from problem
        if self._subject is None:
            # A name that leads nowhere is counted as often, or the time it takes would tell that.
            self.count(f"nowhere {name}")
        return proven

    def refuse(self) -> None:
        """The word or the name was wrong: recorded at the person whose link the name leads to, where there is one."""
        self._platform.transact(self._refused)

    def forgive(self) -> None:
        """The password was right."""
        self._platform.transact(self._forgiven)

    def _found(self, subject: str) -> None:
        self._subject = subject
        self.count(f"entry {subject}")

    def _refused(self, work: UnitOfWork) -> None:
        throttle.blame_address(work, self._address)
        actor = self._actor(work)
        record(
            work,
            actor,
            kind="people.sign_in_refused",
            subject_type="person",
            subject_id=actor.person_id,
            facts={"step": "directory", "provider": self._directory.name},
        )

    def _actor(self, work: UnitOfWork) -> Actor:
        name = self._directory.name
        link = links.link_of_subject(work, name, self._subject) if self._subject else None
        if link is not None:
            return bare_actor(work.session.get_one(Person, link.person_id))
        return Actor(organization_id=NOBODY, person_id=NOBODY, name="", permissions=frozenset())

    def _forgiven(self, work: UnitOfWork) -> None:
        for key in self._counted:
            throttle.forgive(work, key)

    def _take_back(self, work: UnitOfWork) -> None:
        for key in self._counted:
            throttle.take_back(work, key)
