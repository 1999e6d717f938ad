"""A test station: a broker and an enrolment of its own, so that a device meets no real platform."""

from __future__ import annotations

import http.server
import json
import queue
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gmseal.sm.keys import PrivateKey, PublicKey
from shuangyin.core.errors import Forbidden, ShuangyinError, Unavailable
from shuangyin.devices.broker.folder import Addresses, write_folder
from shuangyin.devices.broker.process import Mosquitto, find_mosquitto, free_ports
from shuangyin.devices.certificates import (
    Authority,
    certificate_pem,
    issue_device,
    make_authority,
    read_request,
)
from shuangyin.devices.commands.enrolling import new_code_text, proven_key
from shuangyin.devices.errors import code_refused, enrolment_malformed

MOST_BODY = 32_768
ENROL_PATH = "/api/v1/device-link/enrol"


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """A device that came to the station with its code."""

    id: str
    key: PublicKey
    firmware: str


class BenchStation:
    """Broker, authority and platform key of one run; `host` is the name by which a device elsewhere finds it."""

    def __init__(self, folder: Path, ports: list[int], host: str | None = None) -> None:
        self.folder = folder
        self.key = PrivateKey.generate()
        self.code = new_code_text()
        self.enrolled: queue.Queue[EnrolledDevice] = queue.Queue()
        self.server = ""
        self._ports = ports
        self._host = host
        self._authority: Authority = make_authority(_now_ms())
        self._used = threading.Lock()

    @property
    def broker(self) -> str:
        """Where the device connects."""
        return f"mqtts://{self.name}:{self._ports[0]}"

    @property
    def name(self) -> str:
        """The name in its addresses and in the broker's certificate."""
        return self._host or "localhost"

    @property
    def bind(self) -> str:
        """Where it listens: nowhere but on loopback, as long as nobody is to come from elsewhere."""
        return "127.0.0.1" if self._host is None else "0.0.0.0"  # noqa: S104  # asked for by name

    def write(self, user: str | None) -> None:
        """Write what mosquitto and the bench need to meet."""
        devices, gateways = self._ports
        hosts = () if self._host is None else (self._host,)
        addresses = Addresses(hosts, devices, gateways, bind=self.bind)
        write_folder(self.folder, self._authority, addresses, (), _now_ms(), user=user)

    def enrol(self, body: dict[str, Any]) -> dict[str, str]:
        """Take a device's keys, once, as the platform does. Raises Forbidden, Invalid."""
        named = {name: str(body.get(name, "")) for name in ("code", "certificate_request", "record_key")}
        if named["code"].replace("-", "").upper() != self.code.replace("-", ""):
            raise code_refused()
        request = read_request(named["certificate_request"])
        if request is None:
            raise enrolment_malformed(
                "证书请求须为 P-256 密钥的 PKCS#10", "a PKCS#10 for a P-256 key is needed"
            )
        key = proven_key(named["record_key"], str(body.get("session", "")), named["code"])
        if not self._used.acquire(blocking=False):
            raise code_refused()
        device_id = secrets.token_hex(16)
        certificate = issue_device(self._authority, request, device_id, _now_ms())
        self.enrolled.put(EnrolledDevice(device_id, key, str(body.get("firmware", ""))[:64]))
        return {
            "device_id": device_id,
            "certificate": certificate_pem(certificate),
            "authority": certificate_pem(self._authority.certificate),
            "platform_key": self.key.public_key.point.hex(),
        }


@contextmanager
def bench_station(folder: Path, user: str | None, host: str | None = None) -> Iterator[BenchStation]:
    """A station on loopback, or on every address when devices find it under a name. Raises Unavailable (MOSQUITTO_MISSING, BROKER_START)."""
    program = find_mosquitto()
    if program is None:
        raise Unavailable(
            "MOSQUITTO_MISSING",
            "没有安装消息代理 mosquitto，请先安装：apt install mosquitto。",
            "mosquitto, the broker, is not installed: apt install mosquitto.",
        )
    ports = free_ports(2)
    station = BenchStation(folder, ports, host)
    station.write(user)
    mosquitto = Mosquitto(program, folder, ports)
    mosquitto.start()
    web = http.server.ThreadingHTTPServer((station.bind, 0), _handler(station))
    thread = threading.Thread(target=web.serve_forever, name="station-enrolment", daemon=True)
    thread.start()
    station.server = f"http://{station.name}:{web.server_address[1]}"
    try:
        yield station
    finally:
        web.shutdown()
        web.server_close()
        mosquitto.stop()


def _handler(station: BenchStation) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the base class asks for this name
            length = int(self.headers.get("Content-Length") or 0)
            if self.path != ENROL_PATH or not 0 < length <= MOST_BODY:
                self._answer(404, {"detail": "only enrolment is here"})
                return
            try:
                body = json.loads(self.rfile.read(length))
                answer = station.enrol(body if isinstance(body, dict) else {})
            except ShuangyinError as error:
                self._answer(
                    403 if isinstance(error, Forbidden) else 422,
                    {"code": error.code, "detail": error.text.en},
                )
            except ValueError:
                self._answer(422, {"detail": "the body is no JSON"})
            else:
                self._answer(201, answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class asks for this name
            return

        def _answer(self, status: int, body: dict[str, str]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
