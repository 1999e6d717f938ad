"""Jobs for tests of batches. Processes that are started afresh import them from here."""

import os
import signal
from dataclasses import dataclass
from typing import NoReturn

from gmseal.batch.documents import Action
from gmseal.errors import Refused


@dataclass(frozen=True)
class Measuring:
    """The length of a document; some documents have effects."""

    def prepare(self) -> Action:
        return _measure


@dataclass(frozen=True)
class NeverReady:
    """A job whose processes cannot start."""

    def prepare(self) -> Action:
        raise Refused("NO_DEVICE", "The device is not there.")


def _measure(document: bytes) -> int:
    if document == b"die":
        os.kill(os.getpid(), signal.SIGKILL)
    if document == b"fault":
        raise ZeroDivisionError
    return len(document)


class Unloadable:
    """A job that kills the process that loads it."""

    def prepare(self) -> Action:
        """Not reached."""
        raise AssertionError

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return _end, ()


def _end() -> NoReturn:
    os._exit(3)
