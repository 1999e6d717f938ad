"""The wire of one simulated device: enrolment and photos over HTTP, everything else over a WebSocket.

`device_sim.mqtt_wire` is the same over a broker.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException
from websockets.sync.client import ClientConnection, connect

from sealdevice.errors import MalformedRecord
from sealdevice.link import Message, Subject, read_frame, write_frame
from sealdevice.session import Purpose
from shuangyin.core.errors import Forbidden, Invalid, Unavailable
from shuangyin.device_sim.pace import Pace
from shuangyin.device_sim.seal import SimulatedSeal

ANSWER_S = 10.0
RETRY_S = 1.0
PART = 64 * 1024
UNAUTHENTIC = 4401


class Wire:
    """Holds the connection of one device, and comes back by itself after a break. For one thread."""

    def __init__(self, seal: SimulatedSeal, server: str, say: Callable[[str, str], None]) -> None:
        address = urlsplit(server)
        if address.scheme not in ("http", "https") or not address.netloc:
            raise Invalid(
                "SERVER_ADDRESS",
                f"平台地址应形如 https://seal.example.cn，而不是 {server}。",
                f"The platform's address is like https://seal.example.cn, not {server}.",
            )
        self._seal, self._say = seal, say
        scheme = "wss" if address.scheme == "https" else "ws"
        self._link = f"{scheme}://{address.netloc}/device-link/v1"
        self._http = httpx.Client(
            base_url=f"{address.scheme}://{address.netloc}/api/v1/device-link", timeout=30, trust_env=False
        )
        self._socket: ClientConnection | None = None
        self._again_at = 0.0
        self._pace = Pace(seal)
        self.wanted = True
        """Whether the device is to be connected; False stands for a network that is away."""

    def enrol(self, code: str) -> dict[str, Any]:
        """Enrol with a one-time code; the platform's answer. Raises Forbidden, Unavailable."""
        try:
            # The reason is asked for in Chinese; the English sentence has its code.
            answer = self._http.post(
                "/enrol", json=self._seal.enrolment(code), headers={"Accept-Language": "zh-CN"}
            )
        except httpx.HTTPError as error:
            raise _unreachable() from error
        if answer.status_code != httpx.codes.CREATED:
            raise Forbidden(
                "ENROLMENT_REFUSED",
                f"平台未登记此设备：{_sentence(answer)}",
                f"The platform did not enrol the device ({_code(answer)}). Check the one-time code and the address.",
            )
        found = _object(answer)
        return {} if found is None else found

    def talk(self, seconds: float) -> None:
        """Hear and say for so long, connected or not."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not self._ready():
                time.sleep(min(left, 0.1))
                continue
            self._send(self._pace.due())
            self._hear(min(left, 0.2))

    def settled(self, seconds: float) -> bool:
        """Talk until the platform has every event and every photo; whether that happened in time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state = self._seal.device.state
            if state.acknowledged == state.seq:
                self.upload()
                if not self._seal.photos:
                    return True
            self.talk(0.1)
        return False

    def inject(self, message: Message) -> None:
        """Send something that the device itself would not send now."""
        if self._ready():
            self._send([message])

    def upload(self) -> None:
        """Send the photos that wait; what fails waits on."""
        for sm3 in list(self._seal.photos):
            try:
                self._upload(sm3, self._seal.photos[sm3])
            except (httpx.HTTPError, Unavailable) as error:
                self._say(f"照片 {sm3[:12]} 未能上传，稍后再试。", f"photo {sm3[:12]} waits: {error}")
                return

    def drop(self) -> None:
        """Cut the connection."""
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()

    def close(self) -> None:
        """End everything."""
        self.drop()
        self._http.close()

    def _upload(self, sm3: str, content: bytes) -> None:
        headers = {"Authorization": self._seal.photo_header(sm3)}
        found = self._http.get(f"/photos/{sm3}", headers=headers)
        if found.status_code != httpx.codes.OK:
            raise _refused(found)
        at, complete = int(found.json()["next_byte"]), bool(found.json()["complete"])
        while not complete:
            part = content[at : at + PART]
            headers["Content-Range"] = f"bytes {at}-{at + len(part) - 1}/{len(content)}"
            answer = self._http.put(f"/photos/{sm3}", content=part, headers=headers)
            if answer.status_code != httpx.codes.OK:
                raise _refused(answer)
            at, complete = int(answer.json()["next_byte"]), bool(answer.json()["complete"])
        del self._seal.photos[sm3]
        self._say(f"照片已上传 {sm3[:12]}（{len(content)} 字节）", f"photo {sm3[:12]} uploaded")

    def _ready(self) -> bool:
        if not self.wanted:
            self.drop()
            return False
        if self._socket is not None:
            return True
        if time.monotonic() < self._again_at:
            return False
        self._again_at = time.monotonic() + RETRY_S
        try:
            self._socket = self._join()
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed, MalformedRecord, UnicodeError):
            return False
        self._say("已连接平台", "connected")
        self._send(self._pace.greeting())
        return self._socket is not None

    def _join(self) -> ClientConnection:
        socket = connect(self._link, open_timeout=ANSWER_S, close_timeout=2, proxy=None)
        challenge = read_frame(str(socket.recv(timeout=ANSWER_S)).encode())
        session = self._seal.session(Purpose.LINK, challenge.data.decode())
        socket.send(write_frame(Message(Subject.SESSION, session)).decode())
        return socket

    def _send(self, messages: list[Message]) -> None:
        socket = self._socket
        if socket is None:
            return
        try:
            for message in messages:
                socket.send(write_frame(message).decode())
        except ConnectionClosed as error:
            self._lost(error)

    def _hear(self, seconds: float) -> None:
        socket = self._socket
        if socket is None:
            return
        try:
            message = read_frame(str(socket.recv(timeout=seconds)).encode())
        except TimeoutError:
            return
        except ConnectionClosed as error:
            self._lost(error)
            return
        except (MalformedRecord, WebSocketException, UnicodeError):
            return
        self._take(message)

    def _take(self, message: Message) -> None:
        """Act on one message of the platform, and answer it."""
        locked = self._seal.device.state.locked
        answers = self._seal.received(message)
        if message.subject is Subject.RECEIPT:
            self._pace.receipted()
        else:
            self._say(f"收到平台消息：{message.subject.value}", f"received: {message.subject.value}")
        if self._seal.device.state.locked != locked:
            self._say(*lock_words(self._seal))
        self._send(answers)

    def _lost(self, closed: ConnectionClosed) -> None:
        self._socket = None
        if closed.rcvd is not None and closed.rcvd.code == UNAUTHENTIC:
            raise refused_device() from closed
        self._say("连接中断，自动重连", "connection lost; coming back")


def refused_device() -> Forbidden:
    """The platform does not know the device any more."""
    return Forbidden(
        "DEVICE_REFUSED",
        "平台不接受此设备：可能已被吊销。请由管理员重新登记。",
        "The platform does not accept this device: it may be revoked. Have it enrolled anew.",
    )


def lock_words(seal: SimulatedSeal) -> tuple[str, str]:
    """Whether the device is locked and by what, in both languages."""
    locked = seal.device.state.locked
    return ("设备未锁定", "unlocked") if locked is None else (f"设备已锁定：{locked}", f"LOCKED by {locked}")


def _refused(answer: httpx.Response) -> Unavailable:
    return Unavailable(
        "PHOTO_REFUSED", f"照片未被接收：{_sentence(answer)}", f"not taken: {_sentence(answer)}"
    )


def _unreachable() -> Unavailable:
    return Unavailable(
        "SERVER_UNREACHABLE",
        "连接不到平台，请核对地址。",
        "The platform cannot be reached; check the address.",
    )


def _sentence(answer: httpx.Response) -> str:
    found = _object(answer)
    return f"HTTP {answer.status_code}" if found is None else str(found.get("detail", ""))


def _code(answer: httpx.Response) -> str:
    found = _object(answer)
    return f"HTTP {answer.status_code}" if found is None else str(found.get("code", answer.status_code))


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        found = answer.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
