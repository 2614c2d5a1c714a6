"""One worker process from start to end: the hosted app, the reasons to stop, the way out."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn

import faust

from agents.app import ENGINE_STOP_S, create_app
from agents.drain import Drain, Remainder
from agents.parts import Parts, WorkerFailed, new_drain, open_parts
from agents.policy.compile import compile_policies
from agents.stopping import StopSignals, Watchdog
from schemas.mistakes import Mistake
from schemas.settings import Settings
from streams.rows import Vocabulary

DRAIN_LOOK_S: Final = 0.25
"""How often a drain looks at the store: one small read a partition."""

FAUST_STOP_S: Final = 3.0
"""Longest wait for Faust once the engine has stopped: it may sit in a rebalance, and nothing of value is in its hands."""

log = logging.getLogger(__name__)

Progress = Callable[[Remainder, int], None]
"""Told at each look of a drain: what is left, and the records that there were to do."""


class HostWorker(faust.Worker):
    """A Faust worker inside a loop that is ours: it takes no signals and returns from ``start`` once all is started."""

    def install_signal_handlers(self) -> None:
        """None: ``agents.stopping`` hears them, even if the loop hangs."""


def run_worker(settings: Settings, policies: Mapping[str, str], drained: Progress | None = None) -> None:
    """Run one worker until a signal; with ``drained``, which is told how far it is, until the logs of the start are done.

    Raises ``Mistake`` where a person can put something right, ``WorkerFailed`` with the reason when it gives up. The
    process should end soon after: parts of it may still wind up.
    """
    watchdog = Watchdog()
    signals = StopSignals(watchdog)
    # Before anything is touched: wrong policies must not reach the group.
    compile_policies(policies, Vocabulary())
    loop = asyncio.new_event_loop()
    # Not asyncio.run: it would wait for tasks of Faust that heed no cancellation.
    loop.run_until_complete(_run(settings, policies, signals, watchdog, drained))


def leave(code: int) -> NoReturn:
    """End the process with ``code`` although threads of the libraries may still wind up."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        os._exit(code)
    sys.exit(code)


async def _run(
    settings: Settings,
    policies: Mapping[str, str],
    signals: StopSignals,
    watchdog: Watchdog,
    progress: Progress | None,
) -> None:
    loop = asyncio.get_running_loop()
    told: asyncio.Event = asyncio.Event()

    def heard(name: str) -> None:
        log.info("%s: stopping", name)
        loop.call_soon_threadsafe(told.set)

    signals.tell(heard)
    with tempfile.TemporaryDirectory(prefix="tierline-", ignore_cleanup_errors=True) as folder:
        serving = asyncio.create_task(_serve(settings, policies, Path(folder), watchdog, progress))
        stopping = asyncio.create_task(told.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not serving.done():
            serving.cancel()
        try:
            await serving
        except asyncio.CancelledError:
            log.info("stopped")


async def _serve(
    settings: Settings, policies: Mapping[str, str], folder: Path, watchdog: Watchdog, progress: Progress | None
) -> None:
    """Host the app until it fails, the drain is done, or this task is cancelled."""
    async with open_parts(settings, policies) as parts:
        drain = None if progress is None else await new_drain(parts)
        app = create_app(settings, parts, folder)
        worker = HostWorker(
            app, loop=asyncio.get_running_loop(), daemon=False, override_logging=False, redirect_stdouts=False
        )
        worker.spinner = None  # it draws on a terminal that may be a log
        try:
            await _until_done(worker, parts, drain, progress)
        finally:
            watchdog.arm()
            await parts.engine.stop(ENGINE_STOP_S)
            await _stop_faust(worker)


async def _stop_faust(worker: HostWorker) -> None:
    stopping = asyncio.create_task(worker.stop())
    await asyncio.wait({stopping}, timeout=FAUST_STOP_S)
    if not stopping.done():
        log.info("the pages' consumer is still winding up; it is left behind")


async def _until_done(worker: HostWorker, parts: Parts, drain: Drain | None, progress: Progress | None) -> None:
    """Start the app and wait for the first reason to end; a failure is raised."""
    ends = {asyncio.create_task(_started(worker, parts)), asyncio.create_task(parts.failed())}
    if drain is not None and progress is not None:
        ends.add(asyncio.create_task(_drained(parts, drain, progress)))
    try:
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in ends:
            task.cancel()
    for task in done:
        task.result()


async def _started(worker: HostWorker, parts: Parts) -> None:
    """Returns only by raising: the app runs until it crashes."""
    try:
        await worker.start()
    except OSError as error:
        settings = parts.settings
        msg = (
            f"the pages cannot listen on {settings.web_host}:{settings.web_port} ({error.strerror or error}); "
            "set TIERLINE_WEB_PORT to a free port, or TIERLINE_WEB_HOST"
        )
        raise Mistake(msg) from error
    await worker.wait_until_stopped()
    reason = worker.crash_reason
    msg = f"the worker crashed: {type(reason).__name__}: {reason}" if reason else "the hosted app ended by itself"
    raise WorkerFailed(msg) from reason


async def _drained(parts: Parts, drain: Drain, progress: Progress) -> None:
    """Return once all is done and this worker holds what is assigned to it: a claim may still refuse a wrong topic."""
    while True:
        left = await drain.remainder()
        progress(left, drain.total)
        if left.partitions == 0 and not parts.not_ready():
            return
        await asyncio.sleep(DRAIN_LOOK_S)
