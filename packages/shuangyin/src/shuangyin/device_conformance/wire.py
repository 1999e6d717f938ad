"""A device under test behind a broker: the bench's side of MQTT."""

from __future__ import annotations

import queue
import threading
import time
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from gmseal.sm.keys import PublicKey
from sealdevice.errors import MalformedRecord
from sealdevice.event import PersonCheck
from sealdevice.link import PUBLISHED, Message, Subject, read_answer, topic_of
from sealdevice.permit import PressKind
from sealdevice.record import read_record
from shuangyin.core.errors import Unavailable
from shuangyin.device_conformance.hands import Hands
from shuangyin.devices.broker.folder import MOST_PACKET, read_addresses
from shuangyin.devices.gateway.mqtt import gateway_context

ANSWERED = frozenset({Subject.PERMIT, Subject.COMMAND, Subject.LOCK, Subject.CONFIRMATION})
ANSWER_S = 5.0
HELLO_S = 30.0
CONNECT_S = 20.0
TOPIC_BYTES = 200


class DeviceBehindBroker:
    """A device as `sealdevice.conformance.DeviceUnderTest`: messages over the broker, acts by somebody's hands."""

    def __init__(self, folder: Path, device_id: str, key: PublicKey, hands: Hands, *, quiet_s: float) -> None:
        self.id, self.public_key = device_id, key
        self._hands, self._quiet_s = hands, quiet_s
        self._inbox: queue.Queue[Message] = queue.Queue()
        self._unanswered: set[str] = set()
        self._hello_wanted = True
        self._joined = threading.Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2, "gateway-1-of-1", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.tls_set_context(gateway_context(folder))
        self._client.on_connect = lambda *_: self._subscribe()
        self._client.on_subscribe = lambda *_: self._joined.set()
        self._client.on_message = self._took
        at = read_addresses(folder)
        self._client.connect(at.gateway_host, at.gateway_port)
        self._client.loop_start()
        if not self._joined.wait(CONNECT_S):
            raise Unavailable("BROKER_AWAY", "连接不到消息代理。", "The broker cannot be reached.")

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, message: Message) -> None:
        if len(message.data) > MOST_PACKET - TOPIC_BYTES:
            return  # A broker of the contract lets nothing so large pass, and ends the connection that brings it.
        if message.subject in ANSWERED:
            digest = _digest(message.data)
            self._unanswered |= set() if digest is None else {digest}
        qos = 0 if message.subject is Subject.RECEIPT else 1
        self._client.publish(topic_of(self.id, message.subject), message.data, qos)

    def receive(self) -> list[Message]:
        """Everything until the device falls silent; what it has to answer is waited for, up to a limit."""
        found: list[Message] = []
        patience = HELLO_S if self._hello_wanted else ANSWER_S
        until = time.monotonic() + patience
        while True:
            try:
                message = self._inbox.get(timeout=self._quiet_s)
            except queue.Empty:
                waits = self._hello_wanted or self._unanswered
                if waits and time.monotonic() < until:
                    continue
                break
            found.append(message)
            self._note(message)
        self._unanswered.clear()
        self._hello_wanted = False
        return found

    def step_up(self, person: PersonCheck) -> None:
        checks = ",".join(sorted(one.value for one in person.passed))
        self._hands.do(
            f"step-up {person.person} {checks}",
            f"让 {person.person} 在设备上通过核验（{checks}）",
            f"let {person.person} pass these checks at the device: {checks}",
        )

    def try_press(self, permit: str, kind: PressKind) -> None:
        self._hands.do(
            f"press {permit} {kind.value}",
            f"在许可 {permit} 下尝试盖章一次（{kind.value}），设备拒绝也算完成",
            f"try to press once ({kind.value}) under {permit}; a refusal is fine",
        )

    def spoil(self, permit: str, kind: PressKind, about: int) -> None:
        self._hands.do(
            f"spoil {permit} {kind.value} {about}",
            f"在设备上把事件 {about} 的盖章记为废印",
            f"declare the press of event {about} spoiled at the device",
        )

    def open_case(self) -> None:
        self._hands.do("open-case", "打开设备外壳", "open the case")

    def power_cycle(self) -> None:
        self._hello_wanted = True
        self._hands.do("power-cycle", "断电后重新上电", "cut the power and give it back")

    def _note(self, message: Message) -> None:
        if message.subject is Subject.HELLO:
            self._hello_wanted = False
        elif message.subject is Subject.ANSWER:
            try:
                self._unanswered.discard(read_answer(message.data).digest)
            except MalformedRecord:
                return  # The bench itself says what is wrong with it.

    def _subscribe(self) -> None:
        options = SubscribeOptions(qos=1)
        self._client.subscribe([(topic_of(self.id, subject), options) for subject in PUBLISHED])

    def _took(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._inbox.put(Message(Subject(message.topic.rsplit("/", 1)[1]), bytes(message.payload)))


def _digest(data: bytes) -> str | None:
    try:
        return read_record(data).digest
    except MalformedRecord:
        return None
