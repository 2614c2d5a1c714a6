from __future__ import annotations

import json
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import LocalStack, LocalStackError, NotInstalled, ValkeyServer
from deploy.local.jars import java, kafka_jars
from deploy.local.kafka import KafkaServer
from deploy.local.ports import FIRST_PORT, HOST, LAST_PORT, free_port, is_free
from deploy.local.process import ServerProcess

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('up', 'w').close(); time.sleep(60)"
"""A server that will not end when asked to."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess("server", tmp_path)
    yield process
    process.kill()


def start(server: ServerProcess, code: str, timeout_s: float = 10) -> None:
    server.start([sys.executable, "-c", code], (server.folder / "up").exists, timeout_s)


def test_a_server_that_dies_at_its_start_is_told_with_the_end_of_its_log(server: ServerProcess) -> None:
    with pytest.raises(LocalStackError, match=r"server died at its start(?s:.*)no room"):
        start(server, "raise SystemExit('no room')")


def test_a_server_that_does_not_answer_is_told_and_not_left_running(server: ServerProcess) -> None:
    with pytest.raises(LocalStackError, match=r"did not answer within 0.2 s"):
        start(server, "import time; time.sleep(60)", timeout_s=0.2)
    assert server.pid is None


def test_a_server_that_runs_is_not_started_twice(server: ServerProcess) -> None:
    start(server, DEAF)
    first = server.pid
    start(server, DEAF)
    assert server.pid == first is not None


def test_another_object_of_the_same_folder_knows_the_server_and_can_end_it(server: ServerProcess) -> None:
    start(server, DEAF)
    other = ServerProcess("server", server.folder)
    assert other.pid == server.pid is not None
    other.kill()
    assert server.pid is None


def test_a_server_that_will_not_end_is_ended(server: ServerProcess) -> None:
    start(server, DEAF)
    server.stop(timeout_s=0.1)
    assert server.pid is None


def test_a_stranger_with_the_pid_of_a_server_long_gone_is_left_alone(server: ServerProcess) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        (server.folder / "server.pid").write_text(f"{stranger.pid} 1")  # started at another time
        server.kill()
        time.sleep(0.05)
        assert stranger.poll() is None
        stranger.communicate()


def test_a_port_somebody_listens_on_is_not_free() -> None:
    port = free_port()
    assert FIRST_PORT <= port <= LAST_PORT
    with socket.create_server((HOST, port)):
        assert not is_free(port)
    assert is_free(port)


def test_a_port_chosen_for_one_server_is_not_chosen_for_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked, *free = sorted({free_port() for _ in range(40)})[:4]
    drawn = iter([asked, free[0], free[0], asked, free[1], free[1]])
    monkeypatch.setattr(random, "randint", lambda _first, _last: next(drawn))
    for server in (KafkaServer, ValkeyServer):
        monkeypatch.setattr(server, "start", lambda _server: None)
    LocalStack(tmp_path, valkey_port=asked).up()
    chosen = json.loads((tmp_path / "ports.json").read_bytes())
    assert chosen == {"kafka": free[0], "controller": free[1], "valkey": asked}


def test_a_missing_java_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(NotInstalled, match=r"Java 17 or newer is missing.*install it$"):
        java()


@pytest.mark.parametrize(
    ("says", "taken"),
    [
        ('openjdk version "17.0.15" 2025-04-15', True),
        ('openjdk version "21" 2023-09-19', True),
        ('Picked up _JAVA_OPTIONS: -Xmx1g\nopenjdk version "18-ea" 2022-03-22', True),
        ('openjdk version "16.0.2" 2021-07-20', False),
        ('java version "1.8.0_292"', False),
        ("Unable to locate a Java Runtime.", False),
    ],
)
def test_a_java_older_than_17_counts_as_missing_and_its_version_is_told(
    says: str, *, taken: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat >&2 <<END\n{says}\nEND\n")
    program.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    if taken:
        assert java() == str(program)
    else:
        with pytest.raises(NotInstalled, match=f"is not Java 17 or newer.*it says '{re.escape(says)}'.*JAVA_HOME"):
            java()


def test_a_missing_maven_matters_only_until_kafka_was_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(LocalStackError, match=r"Maven is missing.*install it$"):
        kafka_jars()
    fetched = tmp_path / "tierline" / "kafka-4.1.1"
    fetched.mkdir(parents=True)
    assert kafka_jars() == fetched


def test_a_failing_maven_is_quoted_and_leaves_no_half_of_kafka(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho no route to host\nexit 1\n")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(LocalStackError, match=r"Maven could not fetch Kafka(?s:.*)no route to host"):
        kafka_jars()
    left = {path.name for path in (tmp_path / "cache" / "tierline").iterdir()}
    assert left == {"fetching"}, "the lock alone"
