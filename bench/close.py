"""What the close of a day costs: one record a partition of the next day makes the worker look at every customer."""

from __future__ import annotations

import json
from typing import Final

from aiokafka import AIOKafkaProducer

AFTER_MS: Final = 3 * 3_600_000
"""How long after the day's end the records are stamped: beyond the grace of two hours."""


DAY_MS: Final = 86_400_000
"""In the zone of the bench, whose days are of one length."""


async def end_day(broker: str, prefix: str, partitions: int, end_ms: int, day: int) -> None:
    """Send every partition a record of the day after the one that ends at ``end_ms``, or ``day`` days later; it cannot be read
    as a transaction."""
    stamp = end_ms + day * DAY_MS + AFTER_MS
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await producer.start()
    try:
        for partition in range(partitions):
            value = json.dumps({"of": "the next day"}).encode()
            await producer.send_and_wait(
                f"{prefix}transactions", value, key=b"bench", partition=partition, timestamp_ms=stamp
            )
    finally:
        await producer.stop()
