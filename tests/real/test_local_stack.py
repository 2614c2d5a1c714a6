from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from redis.asyncio import Redis

from agents.parts import prepare_topics
from deploy.local import LocalStack, LocalStackError, ValkeyServer
from deploy.topics import TopicsError, create_topics, partition_counts
from schemas.settings import Settings
from streams.store import RedisStore, StoreRefused


async def test_a_record_of_five_megabytes_from_1990_comes_back_whole(broker: str, topic_prefix: str) -> None:
    await create_topics(broker, topic_prefix, 1)
    topic, value = f"{topic_prefix}transactions", os.urandom(5_000_000)
    async with AIOKafkaProducer(bootstrap_servers=broker, max_request_size=9_000_000) as producer:
        await producer.send_and_wait(topic, value, timestamp_ms=631_152_000_000)
    async with AIOKafkaConsumer(bootstrap_servers=broker, max_partition_fetch_bytes=9_000_000) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        record = await consumer.getone()
    assert (record.value == value, record.timestamp) == (True, 631_152_000_000)


async def test_topics_are_made_once_and_left_alone_after(broker: str, topic_prefix: str) -> None:
    made = await create_topics(broker, topic_prefix, 3)
    again = await create_topics(broker, topic_prefix, 3)
    assert len(made) == 7
    assert all(line.endswith("made, 3 partitions") for line in made)
    assert all(line.endswith("is there") for line in again)
    assert await partition_counts(broker, [f"{topic_prefix}journal", f"{topic_prefix}none"]) == {
        f"{topic_prefix}journal": 3
    }


async def test_topics_with_unequal_partition_counts_are_refused(broker: str, topic_prefix: str) -> None:
    await create_topics(broker, topic_prefix, 3)
    with pytest.raises(TopicsError, match=r"here 4, but .*journal has 3"):
        await create_topics(broker, topic_prefix, 4)


async def test_a_killed_valkey_has_all_it_answered_for_after_its_restart(own_valkey: ValkeyServer) -> None:
    async with Redis.from_url(own_valkey.address) as redis:
        for number in range(100):
            await redis.set(f"key-{number}", number)
        assert (await redis.config_get("maxmemory-policy"))["maxmemory-policy"] == "noeviction"
    own_valkey.kill()
    assert not own_valkey.answers()
    own_valkey.start()
    async with Redis.from_url(own_valkey.address) as redis:
        kept = await redis.mget([f"key-{number}" for number in range(100)])
    assert kept == [str(number).encode() for number in range(100)]


async def test_a_store_that_may_evict_customers_is_refused_with_the_setting_to_change(own_valkey: ValkeyServer) -> None:
    store = RedisStore(own_valkey.address)
    try:
        async with Redis.from_url(own_valkey.address) as redis:
            await redis.config_set("maxmemory-policy", "allkeys-lru")
            with pytest.raises(StoreRefused, match=r"'allkeys-lru'.*set `maxmemory-policy noeviction`"):
                await store.open()
            await redis.config_set("maxmemory-policy", "noeviction")
            await store.open()
    finally:
        await store.close()


def test_a_port_that_is_taken_is_refused_with_the_port_named(own_valkey: ValkeyServer, tmp_path: Path) -> None:
    other = ValkeyServer(tmp_path / "other", own_valkey.port)
    with pytest.raises(LocalStackError, match=f"port {own_valkey.port}, meant for Valkey, is taken"):
        other.start()
    assert own_valkey.answers()


@pytest.mark.usefixtures("local_kafka")
def test_the_command_starts_both_keeps_their_addresses_and_leaves_nothing_behind(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path / "stack")
    try:
        first = tierline("local", "up", "--folder", str(stack.folder))
        again = tierline("local", "up", "--folder", str(stack.folder))
        running = LocalStack(stack.folder).status()
        assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
        assert first.stdout == again.stdout == running.exports + "\n"
        assert tierline("local", "status", "--folder", str(stack.folder)).returncode == 0
        killed = running.kafka_pid
        LocalStack(stack.folder).kafka.kill()
        assert tierline("local", "status", "--folder", str(stack.folder)).returncode == 1
        mended = tierline("local", "up", "--folder", str(stack.folder))
        assert mended.stdout == first.stdout
        assert LocalStack(stack.folder).status().kafka_pid not in {None, killed}
    finally:
        stopped = tierline("local", "down", "--wipe", "--folder", str(stack.folder))
    assert stopped.returncode == 0
    assert not LocalStack(stack.folder).status().up
    assert [path.name for path in stack.folder.iterdir()] == ["lock"]


def test_without_java_the_command_says_what_is_missing_and_the_way_out(tmp_path: Path) -> None:
    said = tierline("local", "up", "--folder", str(tmp_path), env={"PATH": str(tmp_path)})
    assert said.returncode == 2
    assert "Java 17 or newer is missing" in said.stderr
    assert "TIERLINE_BROKER" in said.stderr
    assert LocalStack(tmp_path).status().valkey_pid is None, "what was started before the mistake was stopped again"


def test_servers_of_ones_own_are_used_and_nothing_is_started(tmp_path: Path) -> None:
    own = {"TIERLINE_BROKER": "kafka.bank:9092", "TIERLINE_STORE": "redis://store.bank:6379/0"}
    said = tierline("local", "up", "--folder", str(tmp_path / "stack"), env=own)
    assert said.stdout == "export TIERLINE_BROKER=kafka.bank:9092\nexport TIERLINE_STORE=redis://store.bank:6379/0\n"
    assert not (tmp_path / "stack").exists()


def tierline(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("tierline")), *arguments]
    return subprocess.run(command, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["transactions", "customers", "interactions"])
async def test_a_topic_that_takes_records_from_far_ahead_is_refused(broker: str, topic_prefix: str, name: str) -> None:
    settings = Settings(broker=broker, store="redis://unused", topic_prefix=topic_prefix)
    await create_topics(broker, topic_prefix, 1)
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        for allowed, refused in (("86400000", False), ("86400001", True)):
            config = {"message.timestamp.after.max.ms": allowed}
            await admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, f"{topic_prefix}{name}", configs=config)]
            )
            if refused:
                with pytest.raises(TopicsError, match=f"{name} .*message.timestamp.after.max.ms=3600000"):
                    await prepare_topics(settings)
            else:
                assert await prepare_topics(settings) == 1
    finally:
        await admin.close()
