"""Several acts from one starting line, in threads on a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable

from shuangyin.core.errors import ShuangyinError


def at_once(acts: list[Callable[[], None]]) -> list[ShuangyinError]:
    """Run all of them from one starting line; what was refused."""
    line = threading.Barrier(len(acts))
    refused: list[ShuangyinError] = []
    others: list[BaseException] = []

    def run(act: Callable[[], None]) -> None:
        line.wait()
        try:
            act()
        except ShuangyinError as error:
            refused.append(error)
        except BaseException as error:  # a thread's failure must reach the test
            others.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not others, others
    return refused
