"""How a worker is told to stop, and what ends it if stopping takes too long.

Signals are taken by a thread of their own, not by the event loop: a loop that hangs could neither hear a signal
nor the watchdog.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final

HARD_STOP_S: Final = 9.0
"""From the signal to the end of the process, whatever happens: a second less than the ten that are promised."""

EXIT_ABANDONED: Final = 3
"""Exit code of a worker that had to be cut off."""

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Watchdog:
    """Ends the process ``within_s`` after ``arm``, with a message. Nothing is lost: what is not committed is read again."""

    def __init__(self, within_s: float = HARD_STOP_S) -> None:
        self._within_s = within_s
        self._timer: threading.Timer | None = None

    def arm(self) -> None:
        """Start the countdown; a second call changes nothing."""
        if self._timer is None:
            self._timer = threading.Timer(self._within_s, self._give_up)
            self._timer.daemon = True
            self._timer.start()

    def _give_up(self) -> None:
        message = (
            f"tierline worker: did not stop within {self._within_s:.0f} s; the batches under way are abandoned "
            "(nothing is lost: what was not committed is read again)\n"
        )
        sys.stderr.write(message)
        sys.stderr.flush()
        os._exit(EXIT_ABANDONED)


class StopSignals:
    """Takes SIGTERM and SIGINT of the whole process, from now on. Make it in the main thread."""

    def __init__(self, watchdog: Watchdog) -> None:
        self._watchdog = watchdog
        self._heard, told = socket.socketpair()
        told.setblocking(False)  # the interpreter writes to it from inside a signal
        self._told = told
        # The interpreter writes a signal's number here at once, whatever the main thread is doing; the handler itself
        # would wait for it, so it does nothing.
        signal.set_wakeup_fd(told.fileno())
        for number in _SIGNALS:
            signal.signal(number, _nothing)

    def tell(self, heard: Callable[[str], None]) -> None:
        """Call ``heard`` with the signal's name once one came, from another thread; a second signal ends at once."""
        threading.Thread(target=self._wait, args=(heard,), name="signals", daemon=True).start()

    def _wait(self, heard: Callable[[str], None]) -> None:
        name = self._next()
        self._watchdog.arm()
        heard(name)
        self._next()
        sys.stderr.write("tierline worker: second signal, ending at once\n")
        sys.stderr.flush()
        os._exit(EXIT_ABANDONED)

    def _next(self) -> str:
        while True:
            number = self._heard.recv(1)[0]
            if number in _SIGNALS:  # children that end send signals too
                return signal.Signals(number).name


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """A signal's handler, whose work is done by a thread."""
