"""A directory over LDAP version 3: search with the service's account, then bind as the one entry that was found.

1. TLS stands before anything is said, unless the settings allow plain text on this machine.
2. The name is escaped byte by byte into the filter (RFC 4515 3), so that it can only ever be a value.
3. Exactly one entry counts. Referrals are not followed and aliases not resolved: they would lead to whom nobody set up.
4. A name that nobody has, several have or that is switched off takes a bind as well, with a word and a name by chance.
5. Passwords go as the bytes that were typed and never empty: a bind with a name and without a word succeeds as nobody
   (RFC 4513 5.1.2).
"""

from __future__ import annotations

import secrets
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from shuangyin.connectors.directories import DirectorySettings
from shuangyin.connectors.directories import Server as Address
from shuangyin.core.text import Text
from shuangyin.people.directory_port import DirectoryProblem
from shuangyin.people.outside_port import ProvenIdentity

with warnings.catch_warnings():
    # It takes two tables of pyasn1 by the names they had before.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPExceptionError
    from ldap3.core.results import (
        RESULT_BUSY,
        RESULT_CONSTRAINT_VIOLATION,
        RESULT_INAPPROPRIATE_AUTHENTICATION,
        RESULT_INSUFFICIENT_ACCESS_RIGHTS,
        RESULT_INVALID_CREDENTIALS,
        RESULT_NO_SUCH_OBJECT,
        RESULT_SIZE_LIMIT_EXCEEDED,
        RESULT_SUCCESS,
        RESULT_TIME_LIMIT_EXCEEDED,
        RESULT_UNAVAILABLE,
        RESULT_UNWILLING_TO_PERFORM,
    )
    from ldap3.operation.search import parse_filter

AT_ONCE: Final = 8
"""So many ask one directory at the same time: a slow one must not hold every thread of the server."""
WAIT_FOR_TURN_S: Final = 1.0
_PLAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@")
_REFUSED: Final = frozenset({
    RESULT_INVALID_CREDENTIALS,
    RESULT_NO_SUCH_OBJECT,
    RESULT_INAPPROPRIATE_AUTHENTICATION,
    RESULT_CONSTRAINT_VIOLATION,
    RESULT_UNWILLING_TO_PERFORM,
    RESULT_INSUFFICIENT_ACCESS_RIGHTS,
})  # fmt: skip
"""What servers answer for a wrong password, and for an entry that is locked, expired or without a password."""
_NOT_NOW: Final = (RESULT_TIME_LIMIT_EXCEEDED, RESULT_BUSY, RESULT_UNAVAILABLE)
_ACCOUNTDISABLE: Final = 0x2
"""Active Directory, `userAccountControl` (MS-ADTS 2.2.16)."""
_SWITCHES: Final = ("userAccountControl", "nsAccountLock", "loginDisabled", "pwdAccountLockedTime")
_LOCKED_FOR_GOOD: Final = b"000001010000Z"
"""`pwdAccountLockedTime` of who must be let in by an administrator (draft-behera-ldap-password-policy 5.3.3)."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """The one entry that a name leads to."""

    dn: str
    subject: str
    account: str
    enabled: bool


class _Verified(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """TLS by Python's own rules for certificates and host names, in place of the library's."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = context
        self._host = host

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: FBT001, FBT002  # the library's
        """Wrap first and shake hands then, so that the alarm clock finds the socket in between."""
        connection.socket = self._context.wrap_socket(
            connection.socket, server_hostname=self._host, do_handshake_on_connect=False
        )
        connection.socket.do_handshake()


class LdapDirectory:
    """`people.directory_port.Directory` over LDAP."""

    def __init__(
        self, settings: DirectorySettings, secret: str | None, context: ssl.SSLContext | None
    ) -> None:
        self.name = settings.name
        self.label = Text(settings.label_zh, settings.label_en)
        self.uscc = settings.uscc
        self._settings = settings
        self._secret = secret
        self._context = context
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def prove(self, name: str, password: str, found: Callable[[str], None]) -> ProvenIdentity | None:
        if not password:
            return None
        if not self._turns.acquire(timeout=WAIT_FOR_TURN_S):
            raise DirectoryProblem("down", "busy")
        try:
            with self._connected() as connection:
                return self._proven(connection, name, password, found)
        except (LDAPExceptionError, OSError) as error:
            raise _problem(error) from error
        finally:
            self._turns.release()

    def _proven(
        self, connection: ldap3.Connection, name: str, password: str, found: Callable[[str], None]
    ) -> ProvenIdentity | None:
        entry = self._entry(connection, name)
        if entry is not None:
            found(entry.subject)
        if entry is None or not entry.enabled:
            chance = secrets.token_hex(16)
            self._bind(connection, f"cn={chance},{self._settings.base}", chance)
            return None
        if not self._bind(connection, entry.dn, password):
            return None
        return ProvenIdentity(entry.subject, entry.account)

    @contextmanager
    def _connected(self) -> Iterator[ldap3.Connection]:
        """A connection to the first server that answers, bound as the service, and closed within the time."""
        deadline = time.monotonic() + self._settings.timeout_seconds
        problem: Exception = TimeoutError()
        for address, place in _places(self._settings.servers):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            connection = self._connection(address, place, max(1, int(left)))
            with _alarm_clock(connection, left):
                try:
                    try:
                        self._open(connection, address)
                    except (LDAPExceptionError, OSError) as error:
                        problem = error
                        continue
                    yield connection
                finally:
                    _close(connection)
                return
        raise problem

    def _connection(self, address: Address, place: str, seconds: int) -> ldap3.Connection:
        tls = self._context is not None
        server = ldap3.Server(
            place,
            port=address.port,
            use_ssl=address.tls_at_once and tls,
            tls=_Verified(self._context, address.host) if self._context is not None else None,
            get_info=ldap3.NONE,
            connect_timeout=seconds,
        )
        return ldap3.Connection(
            server,
            client_strategy=ldap3.SYNC,
            auto_bind=ldap3.AUTO_BIND_NONE,
            receive_timeout=seconds,
            auto_referrals=False,
            auto_range=False,
            auto_escape=False,
            auto_encode=False,
            check_names=False,
            read_only=True,
        )

    def _open(self, connection: ldap3.Connection, address: Address) -> None:
        connection.open(read_server_info=False)
        if self._context is not None and not address.tls_at_once:
            connection.start_tls(read_server_info=False)
        if self._context is not None and not isinstance(connection.socket, ssl.SSLSocket):
            raise DirectoryProblem("setup", "no TLS")
        bind_dn = self._settings.bind_dn
        if bind_dn is not None and not self._bind(connection, bind_dn, self._secret or ""):
            raise DirectoryProblem("setup", "bind_dn")

    def _bind(self, connection: ldap3.Connection, dn: str, password: str) -> bool:
        """Whether the entry has this password. As bytes, since the library would change some characters of a text."""
        word = password.encode()
        if not dn or not word:
            return False
        connection.rebind(user=dn, password=word, authentication=ldap3.SIMPLE, read_server_info=False)
        result = connection.result["result"]
        if result == RESULT_SUCCESS:
            return True
        if result in _REFUSED:
            return False
        raise DirectoryProblem("down", f"bind {result}")

    def _entry(self, connection: ldap3.Connection, name: str) -> _Entry | None:
        settings = self._settings
        connection.search(
            settings.base,
            settings.filter.replace("{name}", escaped(name)),
            search_scope=ldap3.SUBTREE,
            dereference_aliases=ldap3.DEREF_NEVER,
            attributes=[settings.subject, settings.account, *_SWITCHES],
            size_limit=2,
            time_limit=settings.timeout_seconds,
        )
        result = connection.result["result"]
        if result not in (RESULT_SUCCESS, RESULT_SIZE_LIMIT_EXCEEDED):
            raise DirectoryProblem("down" if result in _NOT_NOW else "setup", f"search {result}")
        entries = [one for one in connection.response or () if one["type"] == "searchResEntry"]
        if len(entries) != 1 or result != RESULT_SUCCESS:
            return None
        return self._read(entries[0]["dn"], entries[0]["raw_attributes"])

    def _read(self, dn: str, attributes: Mapping[str, list[bytes]]) -> _Entry | None:
        values = {name.lower(): given for name, given in attributes.items()}
        subjects = values.get(self._settings.subject.lower(), [])
        if len(subjects) != 1 or not 0 < len(subjects[0]) <= 255:
            raise DirectoryProblem("setup", "subject")
        accounts = values.get(self._settings.account.lower(), [])
        account = accounts[0].decode(errors="replace") if len(accounts) == 1 else ""
        return _Entry(dn, subjects[0].hex(), account, _enabled(values))


def escaped(name: str) -> str:
    """A name as a value in a filter: every byte beyond the plainest as two hex digits (RFC 4515 3)."""
    return "".join(chr(byte) if byte in _PLAIN else f"\\{byte:02x}" for byte in name.encode())


def checked_filter(template: str) -> None:
    """Raises ValueError for what is no filter."""
    try:
        parse_filter(template.replace("{name}", "x"), None, False, False, None, False)  # noqa: FBT003  # the library's
    except LDAPExceptionError as error:
        raise ValueError("filter is none (RFC 4515)") from error


def _enabled(values: Mapping[str, list[bytes]]) -> bool:
    """Whether no switch says that nobody signs in with this entry."""

    def said(name: str) -> bytes:
        return next(iter(values.get(name.lower(), [])), b"")

    control = said("userAccountControl")
    if control and (not control.lstrip(b"-").isdigit() or int(control) & _ACCOUNTDISABLE):
        return False
    if said("pwdAccountLockedTime") == _LOCKED_FOR_GOOD:
        return False
    return b"TRUE" not in (said("nsAccountLock").upper(), said("loginDisabled").upper())


def _places(servers: Sequence[Address]) -> Iterator[tuple[Address, str]]:
    """Where the servers are by number, in their order: a name may stand for several. Raises OSError for an unknown one
    where no other follows."""
    problem: OSError | None = None
    for server in servers:
        try:
            found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        except OSError as error:
            problem = error
            continue
        problem = None
        for place in dict.fromkeys(str(one[4][0]) for one in found):
            yield server, place
    if problem is not None:
        raise problem


@contextmanager
def _alarm_clock(connection: ldap3.Connection, seconds: float) -> Iterator[None]:
    """End the connection when its time is over: a time-out of its own for each read lets a trickle go on for ever."""
    timer = threading.Timer(seconds, _shut, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(connection: ldap3.Connection) -> None:
    held = connection.socket
    if held is None:
        return
    with suppress(OSError):
        # The plain socket's own way: TLS would first forget its state under the thread that reads.
        socket.socket.shutdown(held, socket.SHUT_RDWR)


def _close(connection: ldap3.Connection) -> None:
    held = connection.socket
    if held is not None:
        # The library leaves sockets open whose opening failed half-way.
        with suppress(OSError):
            held.close()


def _problem(error: Exception) -> DirectoryProblem:
    """What failed, by the kinds of the errors alone: their words may hold what was sent."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return DirectoryProblem("setup", "certificate")
    return DirectoryProblem("down", type(error).__name__)
