"""What a run of the tests says where a Kafka cannot be started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTS_KAFKA = "test_the_command_starts_both_keeps_their_addresses_and_leaves_nothing_behind"
STARTS_NOTHING = "test_servers_of_ones_own_are_used_and_nothing_is_started"
OWN = {"TIERLINE_BROKER": "127.0.0.1:1", "TIERLINE_STORE": "redis://127.0.0.1:2/0"}


def run_without_java(empty: Path, chosen: str, **env: str) -> tuple[int, str]:
    """Exit code and words of a run of the tests that ``chosen`` names, with nothing on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JAVA", "PYTEST"))}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/real/test_local_stack.py",
            "-k",
            chosen,
        ],
        env={**kept, "PATH": str(empty), **env},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_without_java_tests_that_need_it_do_not_start_and_say_what_to_do(tmp_path: Path) -> None:
    code, said = run_without_java(tmp_path, f"{STARTS_KAFKA} or {STARTS_NOTHING}")
    assert code == 1, said
    assert "Java 17 or newer is missing" in said
    assert "set TIERLINE_BROKER (host:port) and TIERLINE_STORE" in said
    assert "passed" not in said


def test_on_servers_of_ones_own_without_java_what_starts_a_kafka_is_left_out_and_named(tmp_path: Path) -> None:
    code, said = run_without_java(tmp_path, f"{STARTS_KAFKA} or {STARTS_NOTHING}", **OWN)
    assert code == 0, said
    assert "1 passed" in said
    (told,) = [line for line in said.splitlines() if "left out" in line]
    assert "Java 17 or newer is missing" in told
    assert STARTS_KAFKA in told
    assert STARTS_NOTHING not in told
