"""What tests need that may not be on this machine: Java and Maven, told before minutes are spent and never passed over.

Tests that ask for ``broker`` or ``store`` need them unless there are servers of one's own; a test that starts a Kafka
itself asks for ``local_kafka``. Where tests run in several processes each of them looks, and the one that has the
terminal tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pytest

from deploy.local import OWN_SERVERS, NotInstalled
from deploy.local.jars import java, kafka_jars
from tests.servers import OWN

SERVED: Final = frozenset({"broker", "store"})
"""Fixtures that need a Kafka and a Valkey, whosoever they are."""
STARTED: Final = "local_kafka"
"""The fixture of tests that start a Kafka themselves."""
MISSING: Final = "missing"
"""What a process of several hands over to the one with the terminal: why it cannot test at all."""
LEFT_OUT: Final = "left_out"
"""The same: which tests it left out."""
_LEFT_OUT = pytest.StashKey[set[str]]()


@pytest.fixture(scope="session")
def local_kafka() -> None:
    """For tests that start a Kafka of their own: Java and Maven are there, and the jars were fetched."""
    java()
    kafka_jars()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LEFT_OUT] = set()


@pytest.hookimpl(trylast=True)  # what -k and -m leave
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On servers of one's own the tests that start a Kafka themselves are left out, and told, where none can start."""
    starting = [item for item in items if STARTED in _asked(item)]
    if config.stash[OWN] is not None and starting and not_installed() is not None:
        items[:] = [item for item in items if item not in starting]
        config.hook.pytest_deselected(items=starting)
        _tell_left_out(config, [item.nodeid for item in starting])


def pytest_collection_finish(session: pytest.Session) -> None:
    """End the run with what is missing if a test that is left needs it."""
    config = session.config
    needed = any((SERVED | {STARTED}) & _asked(item) for item in session.items)
    if not needed or config.stash[OWN] is not None or config.option.collectonly:
        return
    missing = not_installed()
    if missing is not None:
        output = getattr(config, "workeroutput", None)
        if output is not None:
            output[MISSING] = missing
        _end(missing)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """One of several processes has ended: what it handed over is told here, where the terminal is."""
    output = getattr(node, "workeroutput", {})
    _tell_left_out(node.config, output.get(LEFT_OUT, ()))
    if MISSING in output:
        _end(output[MISSING])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash[_LEFT_OUT]
    if left_out:
        names = ", ".join(sorted(left_out))
        terminalreporter.write_line(
            f"{len(left_out)} tests that start a Kafka of their own were left out: {not_installed()}: {names}"
        )


def not_installed() -> str | None:
    """What a Kafka on this machine lacks; None if it can start."""
    try:
        java()
        kafka_jars()
    except NotInstalled as missing:
        return str(missing)
    return None


def _end(missing: str) -> None:
    pytest.exit(f"the tests need a real Kafka: {missing}, {OWN_SERVERS}", returncode=1)


def _asked(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


def _tell_left_out(config: pytest.Config, tests: Iterable[str]) -> None:
    left_out = config.stash[_LEFT_OUT]
    left_out.update(tests)
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output[LEFT_OUT] = sorted(left_out)
