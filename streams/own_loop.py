"""An event loop in a thread of its own, for requests that must not wait behind long steps of the worker's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from threading import Thread
from typing import Any, Final, TypeVar

LEFT_S: Final = 3.0
"""What was cancelled may take this long to wind down: a producer is closed within two seconds."""

T = TypeVar("T")


class OwnLoop:
    """A loop that runs from the first ``run`` to ``stop``; what is awaited in it must be made in it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What ``work`` returns or raises in the thread; a cancellation here cancels it there, and does not wait for its end.

        Then nobody hears what it did: ``work`` must not return what somebody has to close.
        """
        return await self._begin(work)

    def finish(self, work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        """Begin ``work``, which goes on to its end there whoever waits here; after a ``run`` that was cancelled, it comes second."""
        return asyncio.shield(self._begin(work))

    def _begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = Thread(target=self._loop.run_forever, name=self._name, daemon=True)
            self._thread.start()
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def stop(self) -> None:
        """Let what was cancelled wind down, and end the thread, if there is one."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        await self.run(_others_end())
        self._loop = self._thread = None
        loop.call_soon_threadsafe(loop.stop)
        await asyncio.to_thread(thread.join)
        loop.close()


async def _others_end() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=LEFT_S)
