"""A loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest

from streams.own_loop import OwnLoop


@pytest.fixture
async def elsewhere() -> AsyncIterator[OwnLoop]:
    loop = OwnLoop("elsewhere")
    yield loop
    await loop.stop()


async def _thread() -> str:
    return threading.current_thread().name


async def test_work_is_done_in_one_thread_of_its_own(elsewhere: OwnLoop) -> None:
    names = await asyncio.gather(*(elsewhere.run(_thread()) for _ in range(3)))
    assert names == ["elsewhere"] * 3


async def test_work_goes_on_while_this_loop_is_busy(elsewhere: OwnLoop) -> None:
    ended: list[float] = []

    async def requests() -> None:
        for _ in range(10):
            await asyncio.sleep(0.001)
        ended.append(time.perf_counter())

    task = asyncio.create_task(elsewhere.run(requests()))
    await asyncio.sleep(0)
    time.sleep(0.5)  # noqa: ASYNC251  # a long step, during which nothing here goes on
    busy_until = time.perf_counter()
    await task
    assert ended[0] < busy_until


async def test_an_error_there_is_raised_here(elsewhere: OwnLoop) -> None:
    async def fail() -> None:
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        await elsewhere.run(fail())


async def test_a_cancellation_here_winds_down_there_before_the_loop_ends() -> None:
    loop, begun, steps = OwnLoop("elsewhere"), threading.Event(), list[str]()

    async def work() -> None:
        try:
            steps.append("begun")
            begun.set()
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            steps.append("closed")

    task = asyncio.create_task(loop.run(work()))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await loop.stop()
    assert steps == ["begun", "closed"]
    assert "elsewhere" not in [thread.name for thread in threading.enumerate()]


async def test_a_loop_that_was_never_asked_has_no_thread_to_end() -> None:
    await OwnLoop("elsewhere").stop()
