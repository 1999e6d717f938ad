"""The wire of one simulated device over a broker: MQTT 5 with mutual TLS, enrolment and photos over HTTP as ever."""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from sealdevice.link import SUBSCRIBED, Message, Subject, topic_of
from shuangyin.core.errors import Invalid
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.device_sim.wire import ANSWER_S, RETRY_S, Wire, refused_device

SESSION_S = 30 * 24 * 3600
KEEPALIVE_S = 30
DEFAULT_PORT = 8610


class MqttWire(Wire):
    """Holds the connection of one device to the broker, and comes back by itself after a break. For one thread."""

    def __init__(
        self, seal: SimulatedSeal, server: str, say: Callable[[str, str], None], broker: str
    ) -> None:
        super().__init__(seal, server, say)
        self._host, self._port = broker_address(broker)
        self._client: Client | None = None
        self._inbox: deque[Message] = deque()
        self._connected = False

    def drop(self) -> None:
        client, self._client = self._client, None
        self._connected = False
        if client is not None:
            client.disconnect()

    def _ready(self) -> bool:
        if not self.wanted:
            self.drop()
            return False
        if self._client is not None and self._connected:
            return True
        if time.monotonic() < self._again_at:
            return False
        self._again_at = time.monotonic() + RETRY_S
        self.drop()
        with contextlib.suppress(OSError):
            self._join_broker()
        if not self._connected:
            self.drop()
            if self._revoked():
                raise refused_device()
        if not self._connected:
            return False
        self._say("已连接消息代理", "connected to the broker")
        self._send(self._pace.greeting())
        return True

    def _join_broker(self) -> None:
        """Connect and subscribe; `_connected` says whether it came to that."""
        seal = self._seal
        client = Client(
            CallbackAPIVersion.VERSION2,
            seal.id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        client.tls_set_context(device_context(seal))
        client.on_message, client.on_disconnect = self._took, self._gone
        client.on_connect, client.on_subscribe = self._joined, self._subscribed
        self._client = client
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own
        properties.SessionExpiryInterval = SESSION_S
        client.connect(self._host, self._port, KEEPALIVE_S, clean_start=False, properties=properties)
        until = time.monotonic() + ANSWER_S
        while self._client is client and not self._connected and time.monotonic() < until:
            client.loop(0.1)

    def _revoked(self) -> bool:
        """Whether the broker says that the certificate was revoked. TLS 1.3 tells it only to who reads afterwards."""
        context = device_context(self._seal)
        try:
            with (
                socket.create_connection((self._host, self._port), ANSWER_S) as plain,
                context.wrap_socket(plain, server_hostname=self._host) as wrapped,
            ):
                wrapped.settimeout(1.0)
                wrapped.recv(1)
        except ssl.SSLError as error:
            return "REVOKED" in str(error).upper()
        except OSError:
            return False
        return False

    def _joined(
        self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        if not reason.is_failure:
            options = SubscribeOptions(qos=1)
            client.subscribe([(topic_of(self._seal.id, subject), options) for subject in SUBSCRIBED])

    def _subscribed(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _p: Properties | None
    ) -> None:
        self._connected = not any(reason.is_failure for reason in reasons)

    def _took(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._inbox.append(Message(Subject(message.topic.rsplit("/", 1)[1]), bytes(message.payload)))

    def _gone(
        self, client: Client, _data: object, _f: DisconnectFlags, _reason: ReasonCode, _p: Properties | None
    ) -> None:
        if client is self._client:
            self._connected, self._client = False, None
            self._say("连接中断，自动重连", "connection lost; coming back")

    def _send(self, messages: list[Message]) -> None:
        client = self._client
        if client is None:
            return
        for message in messages:
            client.publish(topic_of(self._seal.id, message.subject), message.data, qos=1)

    def _hear(self, seconds: float) -> None:
        if self._client is not None:
            self._client.loop(seconds)
        while self._inbox:
            self._take(self._inbox.popleft())


def broker_address(broker: str) -> tuple[str, int]:
    """Host and port of an address such as ``mqtts://seal.example.cn:8610``. Raises Invalid (BROKER_ADDRESS)."""
    address = urlsplit(broker)
    try:
        port = address.port or DEFAULT_PORT
    except ValueError:
        port = 0
    if address.scheme != "mqtts" or not address.hostname or not port:
        raise Invalid(
            "BROKER_ADDRESS",
            f"消息代理地址应形如 mqtts://seal.example.cn:8610，而不是 {broker[:80]}。",
            f"The broker's address is like mqtts://seal.example.cn:8610, not {broker[:80]}.",
        )
    return address.hostname, port


def device_context(seal: SimulatedSeal) -> ssl.SSLContext:
    """TLS of a device towards the broker: its own certificate, and the authority it was given at its enrolment."""
    assert seal.identity is not None, "the device is not enrolled"  # noqa: S101  # a fault of whoever drives it
    context = ssl.create_default_context(cadata=seal.identity.authority)
    with tempfile.TemporaryDirectory() as folder:
        shown = Path(folder) / "shown.pem"
        shown.touch(mode=0o600)
        shown.write_bytes(seal.identity.certificate.encode() + seal.tls_key_pem())
        context.load_cert_chain(shown)
    return context
