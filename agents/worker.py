"""One worker process from start to end: checks, the hosted app, the reasons to stop, the exit code."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import faust

from agents.app import ENGINE_STOP_S, Parts, create_app
from agents.connections import open_broker
from agents.drain import Drain, Remainder, targets_of
from agents.explain import Explainer
from agents.policy import compile_policies
from agents.stopping import StopSignals, Watchdog
from deploy.topics import create_topics, partition_counts
from schemas.mistakes import Mistake
from schemas.setting_values import without_password
from schemas.settings import Settings
from schemas.topics import TOPICS
from streams.config import EngineConfig
from streams.engine import Engine
from streams.kafka import BEATS_A_SESSION
from streams.metrics import Metrics
from streams.outputs import TRANSACTIONS
from streams.ports import StoreUnavailable
from streams.rows import Vocabulary
from streams.store import RedisStore, StoreRefused

DRAIN_LOOK_S: Final = 0.25
"""How often a drain looks at the store: one small read a partition."""

log = logging.getLogger(__name__)

Progress = Callable[[Remainder, int], None]
"""Told at each look of a drain: what is left, and the records that there were to do."""


class WorkerFailed(Exception):
    """The worker ended by itself because something is wrong; the text says what."""


class SystemClock:
    """The wall clock of this machine."""

    def now_us(self) -> int:
        """Microseconds since the Unix epoch."""
        return time.time_ns() // 1000


class HostWorker(faust.Worker):
    """A Faust worker inside a loop that is ours: it takes no signals and returns from ``start`` once all is started."""

    def install_signal_handlers(self) -> None:
        """None: ``agents.stopping`` hears them, even if the loop hangs."""


def run_worker(settings: Settings, policies: Mapping[str, str], drained: Progress | None = None) -> None:
    """Run one worker until a signal; with ``drained``, which is told how far it is, until the logs of the start are done.

    Raises ``Mistake`` where a person can put something right, ``WorkerFailed`` with the reason when it gives up.
    """
    watchdog = Watchdog()
    signals = StopSignals(watchdog)
    # Before anything is touched: wrong policies must not reach the group.
    compile_policies(policies, Vocabulary())
    asyncio.run(_run(settings, policies, signals, watchdog, drained))


async def prepare_topics(settings: Settings) -> int:
    """Make the topics that are missing; returns the number of partitions. ``Mistake`` if there is nothing to read."""
    name = settings.topic(TRANSACTIONS)
    partitions = (await partition_counts(settings.broker, [name])).get(name)
    if partitions is None:
        msg = (
            f"topic {name!r} does not exist at {settings.broker}: run `tierline topics create`, "
            "or mend TIERLINE_TOPIC_PREFIX or TIERLINE_BROKER"
        )
        raise Mistake(msg)
    for line in await create_topics(settings.broker, settings.topic_prefix, partitions, topics=TOPICS):
        if not line.endswith("is there"):
            log.info("topic %s", line)
    return partitions


@asynccontextmanager
async def open_parts(settings: Settings, policies: Mapping[str, str], *, rebuild: bool = False) -> AsyncIterator[Parts]:
    """The parts of a worker, connected; closed at the end. ``rebuild`` lets an empty store stand beside old outputs."""
    partitions = await prepare_topics(settings)
    store = RedisStore(settings.store, settings.namespace)
    metrics = Metrics()
    clock = SystemClock()
    try:
        await _open_store(store, settings)
        async with open_broker(settings) as broker:
            engine = Engine(
                broker=broker,
                store=store,
                clock=clock,
                deciders=compile_policies,
                policies=policies,
                config=engine_config(settings, partitions, rebuild=rebuild),
                metrics=metrics,
            )
            yield Parts(
                settings=settings,
                policies=policies,
                partitions=partitions,
                broker=broker,
                store=store,
                clock=clock,
                engine=engine,
                explains=Explainer(store, partitions),
                metrics=metrics,
            )
    finally:
        await store.close()


async def _open_store(store: RedisStore, settings: Settings) -> None:
    try:
        await store.open()
    except StoreUnavailable as error:
        msg = f"{error}; TIERLINE_STORE is {without_password(settings.store)}: is it right, does the store run?"
        raise Mistake(msg) from error
    except StoreRefused as error:
        raise Mistake(str(error)) from error


def engine_config(settings: Settings, partitions: int, *, rebuild: bool) -> EngineConfig:
    """What the engine needs of the settings."""
    return EngineConfig(
        partitions=partitions,
        timezone=settings.timezone,
        cutoff=settings.cutoff,
        base_currency=settings.base_currency,
        close_grace_us=settings.close_grace_s * 1_000_000,
        clock=settings.clock,
        cache_bytes=settings.cache_bytes,
        heartbeat_s=settings.session_timeout_s / BEATS_A_SESSION,
        rebuild=rebuild,
    )


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


async def new_drain(parts: Parts) -> Drain:
    """A drain to where the logs end now."""
    return Drain(parts.store, parts.broker, await targets_of(parts.broker, parts.partitions))


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
            await worker.stop()


async def _until_done(worker: HostWorker, parts: Parts, drain: Drain | None, progress: Progress | None) -> None:
    """Start the app and wait for the first reason to end; a failure is raised."""
    ends = {
        asyncio.create_task(_started(worker, parts)),
        asyncio.create_task(parts.engine.failed.wait()),
    }
    if drain is not None and progress is not None:
        ends.add(asyncio.create_task(_drained(drain, progress)))
    try:
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in ends:
            task.cancel()
    for task in done:
        task.result()
    if parts.engine.failure is not None:
        raise WorkerFailed(str(parts.engine.failure)) from parts.engine.failure


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


async def _drained(drain: Drain, progress: Progress) -> None:
    while True:
        left = await drain.remainder()
        progress(left, drain.total)
        if left.partitions == 0:
            return
        await asyncio.sleep(DRAIN_LOOK_S)
