"""The consumer group: its coordinator knows who holds which partition, and who was silent for too long; a member hears
of it in its seat."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from streams.ports import Members
from streams.testing.broker import MemoryBroker
from streams.testing.faults import Link

SESSION_S = 3.0
"""A member that is silent for this long loses its partitions, told or not."""

BEAT_S = 0.25
"""The coordinator looks this often; a woken zombie learns within one beat that it was expelled."""


class Member(Protocol):
    """A worker, as the coordinator sees it."""

    name: str

    @property
    def silent(self) -> bool:
        """Whether it is paused or dead: nobody outside can tell which."""
        ...

    def assigned(self, partitions: Sequence[int]) -> None:
        """Tell it what it holds; it hears of it when it runs."""
        ...

    def revoked(self) -> asyncio.Future[None]:
        """Tell it to give up all it holds; done once it has."""
        ...


class Seat:
    """A process's place in the group: it hears what the coordinator says in order, whenever it runs."""

    def __init__(self, name: str, link: Link) -> None:
        self.name = name
        self.link = link
        self._heard: asyncio.Queue[tuple[Sequence[int] | None, asyncio.Future[None]]] = asyncio.Queue()

    @property
    def silent(self) -> bool:
        return self.link.frozen

    def assigned(self, partitions: Sequence[int]) -> None:
        self._heard.put_nowait((partitions, asyncio.get_running_loop().create_future()))

    def revoked(self) -> asyncio.Future[None]:
        done = asyncio.get_running_loop().create_future()
        self._heard.put_nowait((None, done))
        return done

    async def listen(self, members: Members, broker: MemoryBroker) -> None:
        """Tell ``members`` what is assigned and revoked, until cancelled."""
        held: list[int] = []
        while True:
            partitions, done = await self._heard.get()
            await self.link.awake()
            if partitions is None:
                await members.revoke(held)
                held = []
            else:
                held = list(partitions)
                broker.hold(held)
                await members.assign(held)
            done.set_result(None)


class Group:
    """Assigns every partition to one living member at a time; what an expelled one still believes is its own affair."""

    def __init__(self, partitions: int, rng: random.Random, counts: Counter[str], session_s: float = SESSION_S) -> None:
        self._session_s = session_s
        self._partitions = partitions
        self._rng = rng
        self._counts = counts
        self._members: dict[str, Member] = {}
        self._expelled: dict[str, Member] = {}
        self._silent_s: Counter[str] = Counter()
        self._changed = False

    def join(self, member: Member) -> None:
        """A new or returning member; the next round includes it."""
        self._members[member.name] = member
        self._changed = True

    def leave(self, member: Member) -> None:
        """A member that says good-bye."""
        self._members.pop(member.name, None)
        self._expelled.pop(member.name, None)
        self._changed = True

    def rebalance(self) -> None:
        """Deal the partitions anew at the next beat, for no reason that the protocol could know."""
        self._changed = True

    async def run(self) -> None:
        """Coordinate until cancelled."""
        while True:
            await asyncio.sleep(BEAT_S)
            self._expel()
            await self._readmit()
            # As long as a member may still answer, a rebalance waits for it.
            if self._changed and not any(member.silent for member in self._members.values()):
                self._changed = False
                await self._deal()

    def _expel(self) -> None:
        for name, member in list(self._members.items()):
            self._silent_s[name] = self._silent_s[name] + 1 if member.silent else 0
            if self._silent_s[name] * BEAT_S >= self._session_s:
                self._counts["expelled members"] += 1
                self._expelled[name] = self._members.pop(name)
                self._changed = True

    async def _readmit(self) -> None:
        for name, member in list(self._expelled.items()):
            if not member.silent:
                self._counts["zombies that came back"] += 1
                del self._expelled[name]
                await asyncio.wait({member.revoked()}, timeout=self._session_s)
                self.join(member)

    async def _deal(self) -> None:
        self._counts["rebalances"] += 1
        members = list(self._members.values())
        if not members:
            return
        await asyncio.wait({member.revoked() for member in members}, timeout=self._session_s)
        self._rng.shuffle(members)
        for index, member in enumerate(members):
            member.assigned(range(self._partitions)[index :: len(members)])
