"""The folder that mosquitto and the gateways share: configuration, certificates, list of revoked devices.

Devices show certificates of the installation's authority on one listener; gateways show certificates of a second
authority, made for this folder alone, on another. So no device reaches the gateways' listener, where a client may
choose its own id and read every topic.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from sealdevice.link import PUBLISHED, SUBSCRIBED, TOPIC_ROOT
from shuangyin.core.errors import Invalid, Unavailable
from shuangyin.devices.certificates import (
    Authority,
    certificate_pem,
    issue_service,
    key_pem,
    make_authority,
    revocation_list,
)

CONFIGURATION, ADDRESSES, PID = "mosquitto.conf", "broker.json", "mosquitto.pid"
DEVICE_AUTHORITY, SERVICE_AUTHORITY, REVOKED = "devices-ca.pem", "services-ca.pem", "revoked.pem"
BROKER_CERTIFICATE, BROKER_KEY = "broker.pem", "broker.key"
GATEWAY_CERTIFICATE, GATEWAY_KEY = "gateway.pem", "gateway.key"
DEVICE_RIGHTS, GATEWAY_RIGHTS, STORE = "devices.acl", "gateways.acl", "store"
GATEWAY_NAME = "gateway"
MOST_PACKET = 40_000
"""Largest message in bytes; a record has at most 32 KiB."""
QUEUED = 100_000
"""So many messages wait at most for one client that is away: a gateway that is restarted finds all of them."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the broker listens."""

    hosts: tuple[str, ...]
    device_port: int
    gateway_port: int
    bind: str = "0.0.0.0"  # noqa: S104  # devices are elsewhere; who has no certificate gets no further
    gateway_bind: str = "127.0.0.1"

    @property
    def gateway_host(self) -> str:
        """Where a gateway reaches the broker: its certificate holds this name."""
        everywhere = self.gateway_bind in ("127.0.0.1", "0.0.0.0")  # noqa: S104  # compared only
        return "localhost" if everywhere else self.gateway_bind


def write_folder(
    folder: Path,
    authority: Authority,
    addresses: Addresses,
    revoked: Iterable[tuple[str, int]],
    now_ms: int,
    *,
    user: str | None = None,
) -> Path:
    """Write everything mosquitto needs; returns its configuration file. What the broker stored there stays.

    `user` is whom mosquitto runs as when root starts it. Certificates of broker and gateways are made anew each time.
    Raises Invalid (BROKER_USER) for a user that this machine does not have.
    """
    if user is not None:
        _check_user(user)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / STORE).mkdir(exist_ok=True, mode=0o700)
    services = make_authority(now_ms)
    hosts = tuple(dict.fromkeys(("localhost", "127.0.0.1", *addresses.hosts, addresses.gateway_host)))
    broker, broker_key = issue_service(services, "broker", hosts, now_ms)
    shown, shown_key = issue_service(authority, "broker", hosts, now_ms)
    gateway, gateway_key = issue_service(services, GATEWAY_NAME, (), now_ms)
    contents: dict[str, bytes] = {
        DEVICE_AUTHORITY: certificate_pem(authority.certificate).encode(),
        SERVICE_AUTHORITY: certificate_pem(services.certificate).encode(),
        REVOKED: revocation_list(authority, revoked, now_ms),
        BROKER_CERTIFICATE: certificate_pem(shown).encode(),
        BROKER_KEY: key_pem(shown_key),
        f"inner-{BROKER_CERTIFICATE}": certificate_pem(broker).encode(),
        f"inner-{BROKER_KEY}": key_pem(broker_key),
        GATEWAY_CERTIFICATE: certificate_pem(gateway).encode(),
        GATEWAY_KEY: key_pem(gateway_key),
        DEVICE_RIGHTS: _device_rights().encode(),
        GATEWAY_RIGHTS: f"user {GATEWAY_NAME}\ntopic readwrite {TOPIC_ROOT}/#\n".encode(),
        ADDRESSES: json.dumps(asdict(addresses), indent=1).encode(),
        CONFIGURATION: _configuration(folder.resolve(), addresses, user).encode(),
    }
    for name, content in contents.items():
        write_file(folder / name, content)
    if user is not None and os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)
    return folder.resolve() / CONFIGURATION


def _check_user(user: str) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError as error:
        raise Invalid(
            "BROKER_USER",
            f"本机没有名为 {user} 的用户，请用 --user 另指定一个。",
            f"This machine has no user {user}; name another with --user.",
        ) from error


def read_addresses(folder: Path) -> Addresses:
    """Where the broker of this folder listens. Raises Unavailable (BROKER_FOLDER) when nothing tells it."""
    try:
        found = json.loads((folder / ADDRESSES).read_bytes())
        return Addresses(
            tuple(str(one) for one in found["hosts"]),
            int(found["device_port"]),
            int(found["gateway_port"]),
            str(found["bind"]),
            str(found["gateway_bind"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable(
            "BROKER_FOLDER",
            f"{folder} 中没有消息代理的配置，请先执行 shuangyin broker。",
            f"{folder} holds no configuration of a broker: run shuangyin broker first.",
        ) from error


def write_file(path: Path, content: bytes) -> None:
    """A file, whole or not at all, for nobody else to read; its owner stays."""
    beside = path.with_name(path.name + ".part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
    if path.exists() and os.geteuid() == 0:
        before = path.stat()
        os.chown(beside, before.st_uid, before.st_gid)
    beside.replace(path)


def _device_rights() -> str:
    """A device writes and reads under its own id alone: `%u` is the common name of its certificate."""
    lines = [f"pattern write {TOPIC_ROOT}/+/%u/{subject.value}" for subject in PUBLISHED]
    lines += [f"pattern read {TOPIC_ROOT}/+/%u/{subject.value}" for subject in SUBSCRIBED]
    return "\n".join(lines) + "\n"


def _configuration(folder: Path, addresses: Addresses, user: str | None) -> str:
    """`mosquitto.conf`; each setting without which a lock is lost or a revoked device goes on says why."""
    runs_as = f"user {user}\n" if user else ""
    return f"""# Written by `shuangyin broker`: what is changed here is lost at its next run.
{runs_as}per_listener_settings true
pid_file {folder / PID}
log_dest stderr
log_type error
log_type warning
connection_messages false

# Without these a broker that is killed forgets locks that wait for their device: by itself it saves every 30 minutes
# only. Each second is enough, for a gateway gives it anew what is open whenever it joins, and at every hello; saving on
# each change would write the whole file hundreds of times a second.
persistence true
persistence_location {folder / STORE}/
autosave_on_changes false
autosave_interval 1

# A device that sleeps, and a gateway that is restarted, find what came meanwhile.
persistent_client_expiration 30d
max_queued_messages {QUEUED}
max_inflight_messages 0
max_packet_size {MOST_PACKET}
set_tcp_nodelay true

# Devices. The name in the certificate is the only identity: as user name it says which topics are the device's, and
# as client id it keeps a device from taking over another one's session.
listener {addresses.device_port} {addresses.bind}
cafile {folder / DEVICE_AUTHORITY}
certfile {folder / BROKER_CERTIFICATE}
keyfile {folder / BROKER_KEY}
crlfile {folder / REVOKED}
require_certificate true
use_identity_as_username true
use_username_as_clientid true
tls_version tlsv1.2
allow_anonymous false
acl_file {folder / DEVICE_RIGHTS}

# Gateways, with certificates of an authority of their own. A gateway may take any client id: by that of a revoked
# device it ends the device's connection, which a list of revoked certificates alone does not.
listener {addresses.gateway_port} {addresses.gateway_bind}
cafile {folder / SERVICE_AUTHORITY}
certfile {folder / f"inner-{BROKER_CERTIFICATE}"}
keyfile {folder / f"inner-{BROKER_KEY}"}
require_certificate true
use_identity_as_username true
tls_version tlsv1.2
allow_anonymous false
acl_file {folder / GATEWAY_RIGHTS}
"""
