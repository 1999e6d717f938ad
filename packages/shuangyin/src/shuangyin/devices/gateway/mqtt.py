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
from shuangyin.devices.gateway.client import GatewayClient, ReadAheadSocket
from shuangyin.devices.gateway.hub import Hub, Incoming
from shuangyin.devices.gateway.packets import Published, puback, publish_once

_log = structlog.get_logger(__name__)

UNACKNOWLEDGED = 4_000
"""So many messages are given to this gateway at most before it has acknowledged one: what bounds its memory."""
SESSION_S = 7 * 24 * 3600
KEEPALIVE_S = 30
AGAIN_S = 1.0
RECEIPT_S = 60


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


class MqttBroker:
    """The connection of one gateway to the broker; joined to the hub as its `Broker`."""

    def __init__(self, hub: Hub, folder: Path, share: Share) -> None:
        self._hub, self._folder, self._share = hub, folder, share
        self._client = GatewayClient(share.client_id)
        self._client.tls_set_context(gateway_context(folder))
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._took
        self._client.on_published = self._published
        self._stop, self._gone = threading.Event(), threading.Event()
        self._connection = 0
        self._gathered = bytearray()
        self._gathering = threading.Lock()
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
        topic = topic_of(device_id, message.subject)
        if message.subject is Subject.RECEIPT:
            with self._gathering:
                self._gathered += publish_once(topic, message.data, RECEIPT_S)
            return
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's own
        if expires_s is not None:
            properties.MessageExpiryInterval = expires_s
        self._client.publish(topic, message.data, 1, retain, properties)

    def flush(self) -> None:
        """Write the acknowledgements and receipts that were gathered, with one packet of TLS for many of them."""
        with self._gathering:
            packets = bytes(self._gathered)
            self._gathered.clear()
            # Within the lock, so that none of an ended connection is written into the next.
            if packets and self.up.is_set():
                self._client.write_together(packets)

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
        self._another_connection()
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
        self._another_connection()
        self._gone.set()
        if not self._stop.is_set():
            _log.warning("devices.broker_lost", reason=str(reason))

    def _another_connection(self) -> None:
        """What was to be acknowledged on the one before stands for nothing on the next."""
        with self._gathering:
            self._connection += 1
            self._gathered.clear()

    def _took(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        """A message that came the library's way. What no device could have said is acknowledged and forgotten."""
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        if message.qos:
            self._published(Published(message.mid, topic, bytes(message.payload)))

    def _published(self, message: Published) -> None:
        """One message, in the client's own thread."""
        number, connection = message.number, self._connection

        def done() -> None:
            with self._gathering:
                # The number stands for another message once there is a new connection.
                if connection == self._connection:
                    self._gathered += puback(number)

        try:
            device_id, subject = read_topic(message.topic)
        except MalformedRecord:
            subject = None
        if subject not in PUBLISHED:
            done()
            self.flush()
            return
        self._hub.incoming.put(Incoming(device_id, Message(subject, message.payload), done))


def end_session(folder: Path, device_id: str) -> bool:
    """End a device's connection and forget its session, by taking its id for a moment; whether that was done."""
    at = read_addresses(folder)
    client = GatewayClient(device_id)
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
    context.sslsocket_class = ReadAheadSocket
    return context
