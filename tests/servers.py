"""The real Kafka and Valkey of a test run: started when first asked for, stopped at its end; or servers of one's own.

A test asks for ``broker`` and ``store`` (addresses), ``topic_prefix`` and ``namespace`` (its own corner of them), and for
``own_valkey`` where it kills the server.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from redis.asyncio import Redis

from deploy.local import LocalStack, ValkeyServer
from deploy.local.ports import free_port

STACKS = ".local/tests"
"""Below the root folder: one stack a test run, named by its pid, apart from a developer's own."""
OWN = pytest.StashKey[tuple[str, str] | None]()
"""Addresses of servers of one's own, from the environment."""


def pytest_configure(config: pytest.Config) -> None:
    broker, store = os.environ.get("TIERLINE_BROKER"), os.environ.get("TIERLINE_STORE")
    if (broker is None) != (store is None):
        raise pytest.UsageError("set both TIERLINE_BROKER and TIERLINE_STORE to test on servers of your own, or none")
    config.stash[OWN] = (broker, store) if broker and store else None


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Addresses of Kafka and Valkey for the whole run."""
    own = request.config.stash[OWN]
    if own is not None:
        yield own
        return
    folder = request.config.rootpath / STACKS
    _clear_away_orphans(folder)
    mine = folder / str(os.getpid())
    with LocalStack(mine) as stack:
        now = stack.status()
        yield now.broker, now.store
    if request.session.testsfailed == 0:
        shutil.rmtree(mine)  # after a failure the logs stay, until the next run


@pytest.fixture(scope="session")
def broker(servers: tuple[str, str]) -> str:
    """Kafka's address, ``host:port``."""
    return servers[0]


@pytest.fixture(scope="session")
def store(servers: tuple[str, str]) -> str:
    """Valkey's address, a Redis URL."""
    return servers[1]


@pytest.fixture
async def topic_prefix(broker: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Begins the names of this test's topics and groups; such topics are deleted after it."""
    prefix = f"{_corner(request)}."
    yield prefix
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        made = [name for name in await admin.list_topics() if name.startswith(prefix)]
        if made:
            await admin.delete_topics(made)
    finally:
        await admin.close()


@pytest.fixture
async def namespace(store: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Begins this test's keys in the store; such keys are deleted after it."""
    prefix = f"{_corner(request)}:"
    yield prefix
    async with Redis.from_url(store) as redis:
        keys = [key async for key in redis.scan_iter(match=f"{prefix}*", count=1000)]
        if keys:
            await redis.unlink(*keys)


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A Valkey of the test's own, running: to be killed, stopped and restarted."""
    server = ValkeyServer(tmp_path / "valkey", free_port())
    server.start()
    yield server
    server.kill()


def _corner(request: pytest.FixtureRequest) -> str:
    """A name that tells the test, and that no other test or run has."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:60].strip("-")
    return f"{name}-{secrets.token_hex(4)}"


def _clear_away_orphans(folder: Path) -> None:
    """Stop and delete the stacks of runs that were killed."""
    for left in folder.glob("*"):
        if left.name.isdigit() and not _alive(int(left.name)):
            LocalStack(left).down()
            shutil.rmtree(left, ignore_errors=True)  # another process of this run may be at it too


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
