"""An asyncio event loop on virtual time: when every task waits, the clock jumps to the next timer.

Nothing waits for real and nothing reads a file descriptor, so a run is a function of its inputs: callbacks
run in the order in which they were scheduled, timers in the order of their instants.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class StandstillError(RuntimeError):
    """Every task waits and no timer is set: nothing could ever happen again."""


class _NoFiles(selectors.BaseSelector):
    """Watches nothing; to select is to let the loop's virtual time pass."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, fileobj if isinstance(fileobj, int) else fileobj.fileno(), events, data)
        self._keys[fileobj] = key  # only the loop's own wake-up pipe ever comes here
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StandstillError
        if timeout > 0:
            # At least one step of the float, else a tiny rest of a timer would never pass.
            self.now_s = max(self.now_s + timeout, math.nextafter(self.now_s, math.inf))
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop whose ``time()`` starts at 0.0 seconds and moves only when nothing else can."""

    def __init__(self) -> None:
        self._virtual = _NoFiles()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now_s


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` to its end on a fresh virtual-time loop; like ``asyncio.run``."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
