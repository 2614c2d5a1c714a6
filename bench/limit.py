"""The limit: a plain aiokafka loop that reads every record and decodes it with orjson, and does nothing more."""

from __future__ import annotations

import asyncio
import json
import sys
import time

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.topics import partition_counts


async def read_all(broker: str, topic: str) -> dict[str, float]:
    """Read the topic to its end; events, wall seconds and CPU seconds of the loop alone."""
    async with AIOKafkaConsumer(bootstrap_servers=broker, max_partition_fetch_bytes=2 * 1024 * 1024) as consumer:
        count = (await partition_counts(broker, [topic]))[topic]
        partitions = [TopicPartition(topic, number) for number in range(count)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        total = sum((await consumer.end_offsets(partitions)).values())
        events, begun, cpu = 0, time.perf_counter(), time.process_time()
        while events < total:
            for records in (await consumer.getmany(timeout_ms=500, max_records=4_000)).values():
                for record in records:
                    orjson.loads(record.value)
                events += len(records)
        return {
            "events": events,
            "seconds": time.perf_counter() - begun,
            "cpu_s": time.process_time() - cpu,
        }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(read_all(sys.argv[1], sys.argv[2]))))
