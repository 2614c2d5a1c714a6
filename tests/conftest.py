"""What every test gets: a seed that is told when it fails, a clean environment, no tasks left behind."""

from __future__ import annotations

import asyncio
import inspect
import os
import random
import signal
import zlib
from collections.abc import AsyncIterator, Generator
from types import FrameType

import pytest

pytest_plugins = ["tests.servers", "tests.needs"]

TASK_END_S = 1.0
"""What a test leaves winding down (a closed connection's reader) may take this long to end."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="seed of a run to repeat, as printed by a failed test")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.seed is None:
        config.option.seed = random.SystemRandom().randrange(10**9)

    def ended(_number: int, _frame: FrameType | None) -> None:
        pytest.exit("ended by SIGTERM", returncode=143)  # so that the servers are stopped too

    signal.signal(signal.SIGTERM, ended)


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.option.seed}"


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """This test's own seed: a function of the run's and of the test's name, whatever else runs."""
    return zlib.crc32(f"{request.config.option.seed} {request.node.nodeid}".encode())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and "seed" in getattr(item, "fixturenames", ()):
        report.sections.append(("seed", f"repeat with: pytest '{item.nodeid}' --seed {item.config.option.seed}"))
    return report


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith("TIERLINE_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_task_left_behind(request: pytest.FixtureRequest) -> None:
    """An asynchronous test ends all tasks that it or its fixtures started."""
    if isinstance(request.node, pytest.Function) and inspect.iscoroutinefunction(request.node.obj):
        request.getfixturevalue("_watched_tasks")


@pytest.fixture
async def _watched_tasks() -> AsyncIterator[None]:
    yield
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        _, left = await asyncio.wait(others, timeout=TASK_END_S)
        assert not left, f"left behind: {[task.get_coro() for task in left]}"
