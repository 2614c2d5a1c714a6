"""Faults of I/O: every call of a model asks what shall happen to it, and goes through a link that can break.

A call is a request that arrives, an effect on the server, and a reply that comes back. Each way can take
time or be lost, and the effect happens whether or not the caller still waits: a lost reply, a caller that was cancelled and
one that sleeps are the three ways to an unknown outcome.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class Lost(Enum):
    """Which half of a call never arrives."""

    REQUEST = "request"  # no effect
    REPLY = "reply"  # effect, but nobody hears of it


class Fault(NamedTuple):
    """What happens to one call: seconds until the request arrives, seconds until the reply does, what is lost.

    A lost half shows as an error after both delays.
    """

    before_s: float = 0.0
    after_s: float = 0.0
    lost: Lost | None = None


NO_FAULT: Final = Fault()


class Faults(Protocol):
    """Decides, call by call, what goes wrong; ``call`` is a name such as ``store.commit``."""

    def at(self, call: str, /) -> Fault:
        """What happens to the next call of this name."""
        ...


class Calm:
    """Nothing goes wrong."""

    def at(self, _call: str, /) -> Fault:
        return NO_FAULT


class Scripted:
    """The faults a test lists by call name, first to last; calm afterwards."""

    def __init__(self, **script: list[Fault]) -> None:
        self._script = {name.replace("__", "."): list(faults) for name, faults in script.items()}

    def at(self, call: str, /) -> Fault:
        faults = self._script.get(call)
        return faults.pop(0) if faults else NO_FAULT


class RandomFaults:
    """Faults drawn from a seeded random: shares of calls that lose their request or reply, or are slow.

    ``counts`` tells what happened, for tests that want to know whether it did. ``heal`` ends it all.
    """

    def __init__(self, rng: random.Random, *, lose: float, slow: float, latency_s: float = 0.002) -> None:
        self._rng = rng
        self.lose = lose
        self.slow = slow
        self.latency_s = latency_s
        self.counts: Counter[str] = Counter()

    def heal(self) -> None:
        """From now on nothing is lost or slow."""
        self.lose = self.slow = 0.0

    def at(self, call: str, /) -> Fault:
        dice = self._rng.random()
        before, after = self._rng.random() * self.latency_s, self._rng.random() * self.latency_s
        if dice < self.lose:
            lost = Lost.REQUEST if self._rng.random() < 0.5 else Lost.REPLY
            self.counts[f"{call}: {lost.value} lost"] += 1
            return Fault(before, after + self._rng.uniform(0.1, 2.0), lost)
        if dice < self.lose + self.slow:
            self.counts[f"{call}: slow"] += 1
            return Fault(before + self._rng.expovariate(1.0), after + self._rng.expovariate(1.0))
        return Fault(before, after)


class Link:
    """One process's connection to the servers; it can be frozen (a paused process) or cut (a dead one)."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults: Faults = faults or Calm()
        self._running = asyncio.Event()
        self._running.set()
        self._cut = False

    def freeze(self) -> None:
        """Stop the process: nothing is sent, and replies wait, until ``thaw``. What was sent still takes effect."""
        self._running.clear()

    def thaw(self) -> None:
        """Let the process go on."""
        self._running.set()

    def cut(self) -> None:
        """Kill the process: whatever it still tries to send is nobody's; its tasks are cancelled as they try."""
        self._cut = True
        self._running.set()

    @property
    def frozen(self) -> bool:
        return not self._running.is_set()

    async def awake(self) -> None:
        """Wait while the process is frozen; ``CancelledError`` once it is dead."""
        await self._running.wait()
        if self._cut:
            raise asyncio.CancelledError

    async def call(self, name: str, effect: Callable[[], T], error: type[Exception]) -> T:
        """Run ``effect`` on the server and give its result, or what it raised; ``error`` if a half is lost."""
        await self.awake()
        fault = self.faults.at(name)
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[T] = loop.create_future()

        def arrive() -> None:
            result: T | Exception
            if fault.lost is Lost.REQUEST:
                result = error(f"{name}: no answer")
            else:
                try:
                    result = effect()
                except Exception as refusal:  # noqa: BLE001  # the server's answer is an error: it travels back like any other
                    result = refusal
                if fault.lost is Lost.REPLY:
                    result = error(f"{name}: no answer")
            loop.call_later(fault.after_s, _answer, reply, result)

        loop.call_later(fault.before_s, arrive)
        try:
            return await reply
        finally:
            await self.awake()


def _answer(reply: asyncio.Future[T], result: T | Exception) -> None:
    if reply.done():  # the caller was cancelled meanwhile
        return
    if isinstance(result, Exception):
        reply.set_exception(result)
    else:
        reply.set_result(result)
