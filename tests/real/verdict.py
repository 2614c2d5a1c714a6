"""What the logs say after a run: read as a ``read_committed`` consumer does, and compared with the oracle."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from tests.oracle.judge import Change
from tests.oracle.partition import Entry, Partition

TOLD_IN = {"facts": "customers", "interaction": "interactions"}
"""The topics of what the journal tells of customers, by type of entry."""
ENTRY_OF = {"facts": "facts", "interaction": "talk"}
"""What the oracle calls them."""


async def read_all(broker: str, topic: str, partition: int) -> list[ConsumerRecord[bytes, bytes]]:
    """Every committed record of a partition."""
    tp = TopicPartition(topic, partition)
    records: list[ConsumerRecord[bytes, bytes]] = []
    async with AIOKafkaConsumer(
        bootstrap_servers=broker, isolation_level="read_committed", max_partition_fetch_bytes=9_000_000
    ) as consumer:
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        end = (await consumer.end_offsets([tp]))[tp]
        while await consumer.position(tp) < end:
            records += (await consumer.getmany(tp, timeout_ms=500)).get(tp, [])
    return records


async def entries(broker: str, prefix: str, partition: int) -> list[Entry]:
    """Transactions and journal of a partition as one log for the oracle; the oracle places closes by itself."""
    transactions = await read_all(broker, f"{prefix}transactions", partition)
    journal = [json.loads(record.value) for record in await read_all(broker, f"{prefix}journal", partition)]
    assert [entry["sequence"] for entry in journal] == list(range(1, len(journal) + 1)), (
        "the journal has gaps or repeats"
    )
    # The journal seals what it tells of customers; the records that told it stand in their own topics.
    told = {name: await _told(broker, f"{prefix}{topic}", partition) for name, topic in TOLD_IN.items()}
    merged = [(record.offset, 1, 0, _transaction(record)) for record in transactions]
    for entry in journal:
        payload = entry["payload"]
        if payload["type"] in TOLD_IN:
            body = told[payload["type"]][payload["source_offset"]]
            one: Entry = (ENTRY_OF[payload["type"]], body, payload["timestamp_ms"])
            merged.append((entry["after"], 0, entry["sequence"], one))
    return [entry for *_, entry in sorted(merged, key=lambda item: item[:3])]


async def _told(broker: str, topic: str, partition: int) -> dict[int, Any]:
    return {record.offset: json.loads(record.value) for record in await read_all(broker, topic, partition)}


def _transaction(record: ConsumerRecord[bytes, bytes]) -> Entry:
    try:
        body = json.loads(record.value)
        body["booked_at"]
    except (TypeError, ValueError, KeyError):
        return ("unreadable", record.offset, record.timestamp)
    return ("txn", record.offset, record.timestamp, body)


def policies(folder: Path) -> Mapping[str, str]:
    """Policy files by name."""
    return {path.name: path.read_text() for path in sorted(folder.glob("*.toml"))}


async def agree_with_oracle(broker: str, prefix: str, partitions: int, folder: Path) -> int:
    """Compare every published tier change with the oracle's, partition by partition; returns how many there are."""
    total = 0
    ids: Counter[bytes] = Counter()
    for partition in range(partitions):
        oracle = Partition(policies(folder))
        expected = [_wanted(change) for change in oracle.run(await entries(broker, prefix, partition))]
        records = await read_all(broker, f"{prefix}tier-changes", partition)
        ids.update(dict(record.headers)["ce_id"] for record in records)
        found = [_published(json.loads(record.value)) for record in records]
        assert found == expected, _difference(partition, found, expected)
        total += len(found)
    assert max(ids.values(), default=1) == 1, "an event was published twice"
    return total


Comparable = tuple[str, str, str | None, str | None, str, str, dt.datetime]


def _wanted(change: Change) -> Comparable:
    at = dt.datetime.fromisoformat(change.effective_at)
    return (change.customer_id, change.scheme, change.came_from, change.to, change.direction, change.reason, at)


def _published(body: Mapping[str, Any]) -> Comparable:
    at = dt.datetime.fromisoformat(body["effective_at"])
    return (body["customer_id"], body["scheme"], body["from"], body["to"], body["direction"], body["reason"], at)


def _difference(partition: int, found: list[Comparable], expected: list[Comparable]) -> str:
    for index, (left, right) in enumerate(zip(found, expected, strict=False)):
        if left != right:
            return f"partition {partition}, change {index}: published {left}, the oracle says {right}"
    return f"partition {partition}: {len(found)} changes published, the oracle says {len(expected)}"
