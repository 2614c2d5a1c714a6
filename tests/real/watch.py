"""How far the workers of a test are: what stands in the logs is settled, a day is open."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from agents.connections import open_broker
from agents.drain import Drain, targets_of
from schemas.settings import Settings
from streams.calendar import number_of
from streams.store import RedisStore
from tests.real.workers import Site

SETTLED_S = 180.0
"""Half a year of closes takes a worker seconds; on a busy machine more."""


class Watch:
    """Looks at how far the workers are."""

    def __init__(self, site: Site) -> None:
        self._settings = Settings(
            broker=site.broker, store=site.store, topic_prefix=site.prefix, namespace=site.namespace, group=site.group
        )

    async def until_settled(self) -> None:
        """Wait until all that was put is committed and relayed."""
        async with self._store() as store, open_broker(self._settings) as broker:
            drain = Drain(store, broker, await targets_of(broker, 1))

            async def settled() -> bool:
                return (await drain.remainder()).partitions == 0

            await _until(settled, pause_s=0.1)

    async def until_open(self, date: str) -> None:
        """Wait until the day ``date`` is open, or a later one."""
        day = number_of(dt.date.fromisoformat(date))
        async with self._store() as store:

            async def is_open() -> bool:
                found = await store.peek(0)
                return found is not None and found.state is not None and (found.state.open_day or 0) >= day

            await _until(is_open, pause_s=0.02)

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[RedisStore]:
        store = RedisStore(self._settings.store, self._settings.namespace, self._settings.topic_prefix)
        try:
            yield store
        finally:
            await store.close()


async def _until(holds: Callable[[], Awaitable[bool]], pause_s: float) -> None:
    async with asyncio.timeout(SETTLED_S):
        while True:
            if await holds():
                return
            await asyncio.sleep(pause_s)
