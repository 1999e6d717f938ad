"""slapd as a process of its own on free loopback ports, in its own folder, with people and its own certificate."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from running_broker import listens

from shuangyin.demo.setting import ROLES, USCC
from shuangyin.devices.broker.process import free_ports

SLAPD = shutil.which("slapd") or "/usr/sbin/slapd"
BASE = "dc=example,dc=cn"
READER, READER_SECRET = f"cn=reader,{BASE}", "the reader's word"
ADMIN, ADMIN_SECRET = f"cn=admin,{BASE}", "the administrator's word"
WORD = "a word of the directory"
START_S = 10

_CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
# As Active Directory has it (MS-ADA3).
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 2.25.1 NAME 'switched' AUXILIARY MAY userAccountControl )
modulepath /usr/lib/ldap
moduleload back_mdb.la
moduleload ppolicy.la
pidfile {folder}/pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
# So that a bind with a name and without a word does succeed as nobody, as it does in Active Directory.
allow bind_anon_dn
database mdb
maxsize 1048576
suffix "{base}"
rootdn "{admin}"
rootpw "{admin_secret}"
directory {folder}/data
dbnosync
overlay ppolicy
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
"""


@dataclass
class RunningDirectory:
    """A directory, its folder and its ports."""

    folder: Path
    plain_port: int
    tls_port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def start(self) -> None:
        """Start it and wait until it listens; it is still there when its process ends."""
        addresses = f"ldap://127.0.0.1:{self.plain_port} ldaps://127.0.0.1:{self.tls_port}"
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [SLAPD, "-d", "0", "-h", addresses, "-f", str(self.folder / "slapd.conf")],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_S
        while not (listens(self.tls_port) and listens(self.plain_port)):
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "slapd does not listen"
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=10)

    def set_word(self, name: str, word: str) -> None:
        """Give a person another password, as an administrator of the directory does."""
        _run("ldappasswd", *self._as_admin(), "-s", word, _dn(name))

    def change(self, ldif: str) -> None:
        """Change entries as an administrator of the directory does (RFC 2849)."""
        _run("ldapmodify", *self._as_admin(), given=ldif)

    def bind_without_word(self, name: str) -> None:
        """Bind as a person without a password: it succeeds, and binds as nobody."""
        address = f"ldap://127.0.0.1:{self.plain_port}"
        done = _run("ldapwhoami", "-x", "-D", _dn(name), "-w", "", "-H", address)
        assert done.strip() == "anonymous", done

    def joined(self, secret: Path, **more: Any) -> dict[str, Any]:
        """One entry of SHUANGYIN_DIRECTORIES."""
        secret.write_text(READER_SECRET)
        return {
            "name": "staff",
            "label_zh": "单位目录账号",
            "label_en": "your directory account",
            "uscc": USCC,
            "servers": [f"ldaps://localhost:{self.tls_port}"],
            "ca_file": str(self.ca_file),
            "base": BASE,
            "filter": "(&(objectClass=person)(uid={name}))",
            "bind_dn": READER,
            "secret_file": str(secret),
            **more,
        }

    def _as_admin(self) -> list[str]:
        return ["-x", "-D", ADMIN, "-w", ADMIN_SECRET, "-H", f"ldap://127.0.0.1:{self.plain_port}"]


@contextmanager
def running_directory(folder: Path, *entries: str) -> Iterator[RunningDirectory]:
    """A directory of these entries, each in LDIF (RFC 2849)."""
    (folder / "data").mkdir(parents=True)
    make_certificates(folder)
    made = _CONFIGURATION.format(
        folder=folder, base=BASE, admin=ADMIN, admin_secret=ADMIN_SECRET, reader=READER
    )
    (folder / "slapd.conf").write_text(made)
    first = [
        f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: 示例\ndc: example",
        f"dn: {READER}\nobjectClass: person\ncn: reader\nsn: reader\nuserPassword: {READER_SECRET}",
    ]
    (folder / "people.ldif").write_text("\n\n".join([*first, *entries]) + "\n")
    _run(
        SLAPD,
        "-T",
        "add",
        "-q",
        "-f",
        str(folder / "slapd.conf"),
        "-l",
        str(folder / "people.ldif"),
    )
    plain_port, tls_port = free_ports(2)
    directory = RunningDirectory(folder, plain_port, tls_port)
    directory.start()
    try:
        yield directory
    finally:
        directory.stop()


def person(name: str, *, uid: str | None = None, word: str | None = WORD, lines: str = "") -> str:
    """The entry of a person, in LDIF."""
    password = f"\nuserPassword: {word}" if word else ""
    return (
        f"dn: {_dn(name)}\nobjectClass: inetOrgPerson\nobjectClass: switched\ncn: {name}\nsn: {name}\n"
        f"uid: {uid or name}{password}{lines}"
    )


def employee_entry() -> str:
    """The entry of the demonstration's employee."""
    return person(next(role.account for role in ROLES if role.kind == "employee"))


def _dn(name: str) -> str:
    return f"cn={name},{BASE}"


def _run(*command: str, given: str = "") -> str:
    return subprocess.run(command, input=given, check=True, capture_output=True, text=True).stdout


def make_certificates(folder: Path) -> None:
    """An authority of this directory's own, and its server's certificate, which names `localhost` alone."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Directory Authority")])
    now = datetime.now(UTC)

    def builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
        )

    ca = (
        builder(authority, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), server_key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (folder / "server.pem").write_bytes(server.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
