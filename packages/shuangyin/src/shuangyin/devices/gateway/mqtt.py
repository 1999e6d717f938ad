"""The gateway's side of MQTT 5: devices of this gateway's share speak and are spoken to over the broker.

The session at the broker outlives the process: what came while a gateway was away waits for it, and what was not
acknowledged comes again. A message is acknowledged once it is stored, never before. Two processes that take the same
share cannot work at once: the broker ends the session of the first.
"""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from sealdevice.errors import MalformedRecord
from sealdevice.link import PUBLISHED, SHARDS, TOPIC_ROOT, Message, Subject, read_topic, shard_of, topic_of
from shuangyin.core.errors import Invalid
from shuangyin.devices.broker.folder import (
    GATEWAY_CERTIFICATE,
    GATEWAY_KEY,
    SERVICE_AUTHORITY,
    read_addresses,
)
from shuangyin.devices.gateway.hub import Hub, Incoming

_log = structlog.get_logger(__name__)

UNACKNOWLEDGED = 4_000
"""So many messages are given to this gateway at most before it has acknowledged one: what bounds its memory."""
SESSION_S = 7 * 24 * 3600
KEEPALIVE_S = 30
AGAIN_S = 1.0
RECEIPT_S = 60
READ_AHEAD = 65_536
PACKETS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of the devices a gateway serves: the first of one, the second of four. Every shard has one gateway."""

    number: int = 1
    of: int = 1

    def serves(self, device_id: str) -> bool:
        """Whether a device belongs to this share."""
        return int(shard_of(device_id), 16) % self.of == self.number - 1

    def filters(self) -> list[str]:
        """The topic filters of everything that the devices of this share publish."""
        mine = [f"{one:02x}" for one in range(SHARDS) if one % self.of == self.number - 1]
        shards = ["+"] if self.of == 1 else mine
        return [f"{TOPIC_ROOT}/{shard}/+/{subject.value}" for shard in shards for subject in PUBLISHED]

    @property
    def client_id(self) -> str:
        """The name of this share's session at the broker."""
        return f"gateway-{self.number}-of-{self.of}"


def read_share(text: str) -> Share:
    """The share in a text such as ``2/4``. Raises Invalid (GATEWAY_SHARE)."""
    number, slash, of = text.partition("/")
    if slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= SHARDS:
        return Share(int(number), int(of))
    raise Invalid(
        "GATEWAY_SHARE",
        f"网关分工应写作 1/2 这样的形式，而不是 {text[:20]}。",
        f"The share of a gateway is written as 1/2, not {text[:20]!r}.",
    )


class _ReadAheadSocket(ssl.SSLSocket):
    """Reads what has come in one go, and hands it out in the small pieces in which the client asks for it."""

    _ahead: bytes = b""
    _at: int = 0

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """At most so many bytes; raises SSLWantReadError when nothing is here."""
        if self._at == len(self._ahead):
            self._ahead, self._at = self._come(flags), 0
        piece = self._ahead[self._at : self._at + buflen]
        self._at += len(piece)
        return piece

    def _come(self, flags: int) -> bytes:
        come = super().recv(READ_AHEAD, flags)
        while come and len(come) < READ_AHEAD and self.gettimeout() == 0:
            try:
                more = super().recv(READ_AHEAD, flags)
            except OSError:  # nothing more is here, or the connection broke: the next read says so
                break
            if not more:
                break
            come += more
        return come

    def pending(self) -> int:
        """Bytes that can be had without waiting."""
        return len(self._ahead) - self._at + super().pending()


class _GatewayClient(Client):
    """Takes many packets from one look at the socket, where there are many."""

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what is here, within a bound: acknowledgements and receipts are to go out in between."""
        result = super().loop_read(max_packets)
        for _ in range(PACKETS_AT_ONCE):
            socket = self.socket()
            if result != MQTTErrorCode.MQTT_ERR_SUCCESS or socket is None:
                break
            if not isinstance(socket, _ReadAheadSocket) or not socket.pending():
                break
            result = super().loop_read(max_packets)
        return result


class MqttBroker:
    """The connection of one gateway to the broker; joined to the hub as its `Broker`."""

    def __init__(self, hub: Hub, folder: Path, share: Share) -> None:
        self._hub, self._folder, self._share = hub, folder, share
        self._client = _client(share.client_id)
        self._client.tls_set_context(gateway_context(folder))
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._took
        self._stop, self._gone = threading.Event(), threading.Event()
        self._connection = 0
        self._thread = threading.Thread(target=self._run, name="device-broker", daemon=True)
        self.up = threading.Event()
        """Set while this gateway is connected and has subscribed."""

    def start(self) -> None:
        """Connect, and stay connected."""
        self._thread.start()

    def stop(self) -> None:
        """Leave; the session stays at the broker."""
        self._stop.set()
        self._client.disconnect()
        self._gone.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def serves(self, device_id: str) -> bool:
        """Whether messages to this device are this gateway's to send."""
        return self._share.serves(device_id)

    def send(
        self, device_id: str, message: Message, *, retain: bool = False, expires_s: int | None = None
    ) -> None:
        """Publish a message for a device. A receipt may be lost: the device then tells its events again."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's own
        receipt = message.subject is Subject.RECEIPT
        if receipt or expires_s is not None:
            properties.MessageExpiryInterval = RECEIPT_S if expires_s is None else expires_s
        topic = topic_of(device_id, message.subject)
        self._client.publish(topic, message.data, 0 if receipt else 1, retain, properties)

    def redeliver(self) -> None:
        """Have everything delivered again that was not acknowledged: a new connection of the same session does it."""
        self._client.disconnect()
        self._gone.set()

    def _run(self) -> None:
        at = read_addresses(self._folder)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own
        properties.SessionExpiryInterval = SESSION_S
        properties.ReceiveMaximum = UNACKNOWLEDGED
        while not self._stop.is_set():
            self._gone.clear()
            try:
                self._client.connect(
                    at.gateway_host, at.gateway_port, KEEPALIVE_S, clean_start=False, properties=properties
                )
                self._client.loop_start()
                self._gone.wait()
            except (OSError, ValueError):
                _log.warning("devices.broker_away", host=at.gateway_host, port=at.gateway_port)
            self._client.loop_stop()
            self.up.clear()
            self._stop.wait(AGAIN_S)

    def _connected(
        self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        if reason.is_failure:
            _log.error("devices.broker_refused", reason=str(reason))
            return
        self._connection += 1
        options = SubscribeOptions(qos=1)
        filters = self._share.filters()
        for at in range(0, len(filters), 128):
            client.subscribe([(one, options) for one in filters[at : at + 128]])
        # The broker may have been killed a moment after something was given to it: it gets anew what is open.
        self._hub.republish_wanted.set()
        self._hub.wake.set()
        self.up.set()
        _log.info("devices.broker_joined", share=self._share.client_id)

    def _disconnected(
        self, _client: Client, _data: object, _f: DisconnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        self.up.clear()
        self._gone.set()
        if not self._stop.is_set():
            _log.warning("devices.broker_lost", reason=str(reason))

    def _took(self, client: Client, _data: object, message: MQTTMessage) -> None:
        """One message, in the client's own thread. What no device could have said is acknowledged and forgotten."""
        mid, connection = message.mid, self._connection

        def done() -> None:
            # The number stands for another message once there is a new connection.
            if connection == self._connection:
                client.ack(mid, 1)

        try:
            device_id, subject = read_topic(message.topic)
        except (MalformedRecord, UnicodeDecodeError):
            done()
            return
        if subject not in PUBLISHED or message.qos == 0:
            if message.qos:
                done()
            return
        self._hub.incoming.put(Incoming(device_id, Message(subject, bytes(message.payload)), done))


def end_session(folder: Path, device_id: str) -> bool:
    """End a device's connection and forget its session, by taking its id for a moment; whether that was done."""
    at = read_addresses(folder)
    client = _client(device_id)
    client.tls_set_context(gateway_context(folder))
    done = threading.Event()
    client.on_connect = lambda *_: done.set()
    try:
        client.connect(at.gateway_host, at.gateway_port, KEEPALIVE_S, clean_start=True)
        client.loop_start()
        return done.wait(5)
    except OSError:
        return False
    finally:
        client.disconnect()
        client.loop_stop()


def gateway_context(folder: Path) -> ssl.SSLContext:
    """TLS of a gateway towards the broker of this folder."""
    context = ssl.create_default_context(cafile=str(folder / SERVICE_AUTHORITY))
    context.load_cert_chain(folder / GATEWAY_CERTIFICATE, folder / GATEWAY_KEY)
    context.sslsocket_class = _ReadAheadSocket
    return context


def _client(client_id: str) -> Client:
    client = _GatewayClient(
        CallbackAPIVersion.VERSION2,
        client_id,
        protocol=MQTTProtocolVersion.MQTTv5,
        manual_ack=True,
        reconnect_on_failure=False,
    )
    client.max_inflight_messages_set(1_000)
    return client
