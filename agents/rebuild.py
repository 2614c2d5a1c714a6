"""Computing a state anew from the logs, into a namespace of its own, while no worker runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from agents.app import ENGINE_STOP_S
from agents.connections import open_broker, open_store
from agents.drain import Drain, DrainStore
from agents.parts import Parts, WorkerFailed, new_drain, open_parts, prepare_topics
from agents.warmup import warm_up
from schemas.mistakes import Mistake
from schemas.settings import Settings
from streams.kafka_groups import members
from streams.outputs import JOURNAL

LOOK_S: Final = 0.25
"""Seconds between looks at how far it is."""


async def check_alone(settings: Settings, *, resume: bool, publish_again: bool) -> None:
    """Raise ``Mistake`` unless the namespace is empty (or ``resume``), no worker is in the group, and Kafka knows how
    far the group has published (or ``publish_again``): without that, every output would be published once more."""
    found = await members(settings.broker, settings.group)
    if found:
        msg = (
            f"group {settings.group!r} has {len(found)} member{'s' if len(found) > 1 else ''} ({', '.join(found)}): stop "
            "all its workers first, or give the group that should be rebuilt with --group"
        )
        raise Mistake(msg)
    partitions = await prepare_topics(settings)
    async with open_store(settings) as store:
        there = await _partitions_in(store, partitions)
    if there and not resume:
        msg = (
            f"namespace {settings.namespace!r} already holds {there} partition{'s' if there > 1 else ''}: give a new one, such "
            f"as --namespace {_next_name(settings.namespace)}, or --resume if a rebuild into it was interrupted"
        )
        raise Mistake(msg)
    if not publish_again:
        await _check_published(settings, partitions)


async def _check_published(settings: Settings, partitions: int) -> None:
    async with open_broker(settings) as broker:
        for partition in range(partitions):
            reader = await broker.open_log(JOURNAL, partition)
            try:
                bounds = await reader.bounds()
            finally:
                await reader.close()
            if bounds.end > bounds.start and await broker.relayed(partition) is None:
                msg = (
                    f"the journal of partition {partition} was written, but Kafka knows nothing of what group {settings.group!r} "
                    "published: give the workers' own --group; if that is it and Kafka has forgotten (it does after a week "
                    "without workers), say --publish-again: consumers then see every output once more, under its old id"
                )
                raise Mistake(msg)


async def rebuild(settings: Settings, policies: Mapping[str, str], told: Callable[[int, int], None]) -> None:
    """Apply both logs from their start to the end they have now; ``told`` hears records done and in all.

    What was published before is not published again. Raises ``WorkerFailed`` if the engine gives up.
    """
    async with open_parts(settings, policies, rebuild=True) as parts:
        drain = await new_drain(parts)
        await asyncio.to_thread(warm_up, settings, policies)
        await parts.broker.join(parts.engine)
        try:
            while True:
                if await _done(parts, drain, told):
                    return
                await asyncio.sleep(LOOK_S)
        finally:
            await parts.engine.stop(ENGINE_STOP_S)


async def _done(parts: Parts, drain: Drain, told: Callable[[int, int], None]) -> bool:
    if parts.failure is not None:
        raise WorkerFailed(str(parts.failure)) from parts.failure
    left = await drain.remainder()
    told(drain.total - left.records, drain.total)
    return left.partitions == 0 and not any(lease.replaying for lease in parts.engine.leases.values())


async def _partitions_in(store: DrainStore, partitions: int) -> int:
    found = [await store.peek(partition) for partition in range(partitions)]
    return sum(claimed is not None for claimed in found)


def _next_name(namespace: str) -> str:
    stem = namespace.rstrip("0123456789")
    number = namespace[len(stem) :]
    return f"{stem or 'v'}{int(number) + 1 if number else 2}"
