"""Versions of lists that are ready to answer, kept in memory for as long as they are asked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from shuangyin.scenarios.rules import CompiledList

MOST_LISTS = 64


class CompiledLists:
    """The versions asked last, by the identity of a version and the digest of its rules. Safe between threads.

    Two threads that miss the same version both make it ready: that is cheaper than one waiting for the other.
    """

    def __init__(self, most: int = MOST_LISTS) -> None:
        self._most = most
        self._lock = Lock()
        self._lists: OrderedDict[str, CompiledList] = OrderedDict()

    def get(self, key: str, make: Callable[[], CompiledList]) -> CompiledList:
        """The version under this key, made ready now when it is not kept."""
        with self._lock:
            found = self._lists.get(key)
            if found is not None:
                self._lists.move_to_end(key)
                return found
        made = make()
        with self._lock:
            self._lists[key] = made
            self._lists.move_to_end(key)
            while len(self._lists) > self._most:
                self._lists.popitem(last=False)
        return made

    def __len__(self) -> int:
        return len(self._lists)


COMPILED = CompiledLists()
