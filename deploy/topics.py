"""Making the topics of the contract on a broker, and refusing those that do not fit together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, TopicAlreadyExistsError, for_code

from schemas.mistakes import Mistake
from schemas.topics import FUTURE_MS, FUTURE_MS_MAX, FUTURE_SETTING, TOPICS, Topic, topic_config

BROKER_DEFAULT: Final = -1
"""Leaves the number of copies to the broker's setting."""


READY_TIMEOUT_S: Final = 20.0
"""How long new topics may take to open: below a second on a quiet broker."""
READY_POLL_S: Final = 0.05
"""Pause between two looks at topics that are opening."""


class TopicsError(Mistake):
    """The broker's topics do not fit together, or could not be made; the text names the remedy."""


class Found(NamedTuple):
    """A topic as the broker has it."""

    partitions: int
    config: dict[str, str]


async def create_topics(
    broker: str, prefix: str, partitions: int, replication: int | None = None, topics: Sequence[Topic] = TOPICS
) -> list[str]:
    """Make those of ``topics`` that are missing, and say of each what was done, a line each.

    Existing ones are left alone; where they are kept otherwise than the contract wants, the line says so. Raises
    ``TopicsError`` before anything is made if one has another number of partitions.
    """
    async with _admin(broker) as admin:
        names = [f"{prefix}{topic.name}" for topic in topics]
        found = await _describe(admin, names)
        refuse_unequal({name: topic.partitions for name, topic in found.items()}, partitions)
        missing = [topic for topic, name in zip(topics, names, strict=True) if name not in found]
        await _make(admin, missing, prefix, partitions, replication)
        await _until_ready(admin, [f"{prefix}{topic.name}" for topic in missing], partitions)
    width = max(map(len, names))
    return [
        f"{name:<{width}}  {_said(topic, found.get(name), partitions)}"
        for topic, name in zip(topics, names, strict=True)
    ]


async def partition_counts(broker: str, names: Sequence[str]) -> dict[str, int]:
    """Partitions of those of ``names`` (with prefix) that exist."""
    async with _admin(broker) as admin:
        return {name: topic.partitions for name, topic in (await _describe(admin, names)).items()}


async def refuse_future(broker: str, names: Sequence[str]) -> None:
    """Raise ``TopicsError`` if the broker takes records of a topic of ``names`` stamped more than a day ahead of its clock."""
    async with _admin(broker) as admin:
        found = await _describe(admin, names)
    for name, topic in found.items():
        allowed = topic.config.get(FUTURE_SETTING)
        if allowed is not None and int(allowed) > FUTURE_MS_MAX:
            raise TopicsError(
                f"topic {name} takes records stamped up to {allowed} ms ahead ({FUTURE_SETTING}), expected at most "
                f"{FUTURE_MS_MAX}: one producer whose clock runs ahead would close days that are not over, or date what "
                f"it tells on days to come; alter the topic with {FUTURE_SETTING}={FUTURE_MS}"
            )


def refuse_unequal(counts: dict[str, int], partitions: int) -> None:
    """Raise ``TopicsError`` unless every topic in ``counts`` has ``partitions`` of them."""
    unequal = {name: count for name, count in counts.items() if count != partitions}
    if unequal:
        listed = ", ".join(f"{name} has {count}" for name, count in sorted(unequal.items()))
        raise TopicsError(
            f"all topics need the same number of partitions, here {partitions}, but {listed}: a customer's records would part. "
            "Ask for that number with --partitions, or delete the topics that differ, or give the new ones a --topic-prefix"
        )


@asynccontextmanager
async def _admin(broker: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker, client_id="tierline-topics")
    try:
        await admin.start()
        yield admin
    except KafkaConnectionError as error:
        raise TopicsError(
            f"no Kafka answers at {broker}; is it running, is TIERLINE_BROKER right? ({error})"
        ) from error
    finally:
        await admin.close()


async def _describe(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, Found]:
    there = set(await admin.list_topics())
    wanted = [name for name in names if name in there]
    if not wanted:
        return {}
    counts = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics(wanted)}
    replies = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in wanted])
    configs: dict[str, dict[str, str]] = {}
    for reply in replies:
        for resource in reply.resources:
            configs[resource[3]] = {entry[0]: entry[1] for entry in resource[4]}
    return {name: Found(counts[name], configs.get(name, {})) for name in wanted}


async def _make(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], prefix: str, partitions: int, replication: int | None
) -> None:
    if not topics:
        return
    new = [
        NewTopic(
            f"{prefix}{topic.name}",
            partitions,
            replication or BROKER_DEFAULT,
            # The client takes the default number of copies only beside a placement, an empty one included.
            replica_assignments=None if replication else {},
            topic_configs=topic_config(topic),
        )
        for topic in topics
    ]
    reply = await admin.create_topics(new, timeout_ms=30_000)
    refused = [_refusal(error) for error in reply.topic_errors if error[1] not in {0, TopicAlreadyExistsError.errno}]
    if refused:
        raise TopicsError(f"the broker refused to make topics: {'; '.join(refused)}")


async def _until_ready(admin: AIOKafkaAdminClient, names: Sequence[str], partitions: int) -> None:
    """Wait until the broker tells of every partition and its leader: only then may anyone write to it."""
    deadline = asyncio.get_running_loop().time() + READY_TIMEOUT_S
    while names and not await _ready(admin, names, partitions):
        if asyncio.get_running_loop().time() > deadline:
            raise TopicsError(
                f"the broker took {', '.join(names)} but did not open them within {READY_TIMEOUT_S:g} s; "
                "look at its log, and run this again"
            )
        await asyncio.sleep(READY_POLL_S)


async def _ready(admin: AIOKafkaAdminClient, names: Sequence[str], partitions: int) -> bool:
    found = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics(list(names))}
    return all(
        len(found.get(name, ())) == partitions
        and all(part["error_code"] == 0 and part["leader"] >= 0 for part in found[name])
        for name in names
    )


def _refusal(error: Sequence[Any]) -> str:
    name, code, *message = error
    return f"{name}: {message[0] if message and message[0] else for_code(code).description}"


def _said(topic: Topic, found: Found | None, partitions: int) -> str:
    if found is None:
        return f"made, {partitions} partitions"
    differs = [
        f"{key} is {found.config[key]} instead of {value}"
        for key, value in topic_config(topic).items()
        if found.config.get(key, value) != value
    ]
    return "is there" + (f", but {', '.join(differs)}: mend it with kafka-configs" if differs else "")
