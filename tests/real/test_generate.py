"""A made-up bank on a real Kafka: every record once, in order, where any producer would have put it."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.bank import Bank
from deploy.bank.publish import PublishError, publish
from deploy.topics import create_topics

PARTITIONS = 3
Read = tuple[int, bytes, bytes]


async def read_all(broker: str, topic: str) -> list[list[Read]]:
    """Timestamp, key and value of all records, by partition."""
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest")
    consumer.assign(partitions)
    found: list[list[Read]] = [[] for _ in partitions]
    async with consumer:
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(at) < ends[at] for at in partitions]):
            for at, records in (await consumer.getmany(*partitions, timeout_ms=1_000)).items():
                found[at.partition] += [(record.timestamp, record.key, record.value) for record in records]
    return found


async def test_a_bank_stands_on_the_broker_once_and_in_order(broker: str, topic_prefix: str) -> None:
    await create_topics(broker, topic_prefix, PARTITIONS)
    bank = Bank(5, customers=200, days=30, transactions=12_000)
    told: list[tuple[int, int]] = []
    published = await publish(
        broker, bank, topic_prefix=topic_prefix, progress=lambda done, total: told.append((done, total))
    )
    assert published == (bank.facts_count, 12_000, bank.interactions_count)
    assert 200 < bank.facts_count < 300
    assert told == sorted(told)
    assert told[-1] == (bank.facts_count + 12_000 + bank.interactions_count,) * 2
    for topic, expected in (
        ("customers", [(bank.start_ms, key, value) for key, value in bank.facts()]),
        ("transactions", list(bank.transactions())),
        ("interactions", list(bank.interactions())),
    ):
        found = await read_all(broker, topic_prefix + topic)
        assert sorted(record for records in found for record in records) == sorted(expected)
        owner = {key: number for number, records in enumerate(found) for _, key, _ in records}
        for number, records in enumerate(found):
            assert records == [record for record in expected if owner[record[1]] == number]
            assert records


async def test_keys_lie_where_the_default_partitioner_puts_them(broker: str, topic_prefix: str) -> None:
    await create_topics(broker, topic_prefix, PARTITIONS)
    bank = Bank(6, customers=60, days=2, transactions=10)
    await publish(broker, bank, topic_prefix=topic_prefix)
    found = await read_all(broker, f"{topic_prefix}customers")
    async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
        for number, records in enumerate(found):
            for _, key, _ in records:
                sent = await producer.send_and_wait(f"{topic_prefix}interactions", b"x", key=key)
                assert sent.partition == number


async def test_missing_topics_are_named_with_the_command_that_makes_them(broker: str, topic_prefix: str) -> None:
    with pytest.raises(
        PublishError,
        match=r"no topic .*customers and no topic .*transactions and no topic .*interactions: .*topics create",
    ):
        await publish(broker, Bank(1, 1, 1, 1), topic_prefix=topic_prefix)
