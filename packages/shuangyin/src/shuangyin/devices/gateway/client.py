"""The MQTT client of a gateway: paho's, with a short way for what comes and goes by the thousand."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from shuangyin.devices.gateway.packets import Published, read_publish

READ_AHEAD = 65_536
PACKETS_AT_ONCE = 200
IN_FLIGHT = 1_000
_PUBACK = 0x40


class ReadAheadSocket(ssl.SSLSocket):
    """Reads what has come in one go, and hands it out in the pieces in which the client asks for it."""

    _ahead: bytes = b""
    _at: int = 0

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """At most so many bytes; raises SSLWantReadError when nothing is here."""
        self._look(flags)
        piece = self._ahead[self._at : self._at + buflen]
        self._at += len(piece)
        return piece

    def publishes(self) -> list[Published]:
        """What was published and lies here whole, up to the first packet of another kind. Waits for nothing."""
        found: list[Published] = []
        if self._at == len(self._ahead) and not super().pending():
            return found
        self._look(0)
        while (one := read_publish(self._ahead, self._at)) is not None:
            found.append(one[0])
            self._at = one[1]
        return found

    def pending(self) -> int:
        """Bytes that can be had without waiting."""
        return len(self._ahead) - self._at + super().pending()

    def _look(self, flags: int) -> None:
        if self._at == len(self._ahead):
            self._ahead, self._at = self._come(flags), 0

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


class GatewayClient(Client):
    """Takes many packets from one look at the socket, where there are many, and writes many with one."""

    def __init__(self, client_id: str) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        self.max_inflight_messages_set(IN_FLIGHT)
        self.on_published: Callable[[Published], None] | None = None
        """Called for what was published with QoS 1, as long as it comes the short way; else `on_message` is."""

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what is here, within a bound: acknowledgements and receipts are to go out in between."""
        result = super().loop_read(max_packets)
        for _ in range(PACKETS_AT_ONCE):
            socket = self.socket()
            if result != MQTTErrorCode.MQTT_ERR_SUCCESS or not isinstance(socket, ReadAheadSocket):
                break
            self._take_published(socket)
            if not socket.pending():
                break
            result = super().loop_read(max_packets)
        return result

    def write_together(self, packets: bytes) -> None:
        """Write packets that need no answer and no callback. Those of a connection that ends are lost with it."""
        self._packet_queue(_PUBACK, packets, 0, 0)

    def _take_published(self, socket: ReadAheadSocket) -> None:
        # A packet of which the library has read the beginning is the library's.
        if self.on_published is None or self._in_packet["command"] != 0:
            return
        for one in socket.publishes():
            self.on_published(one)
