"""The demo as a newcomer meets it: it ends by itself, tells what to try next, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.real.workers import ROOT

DEMO_S = 240.0
"""Servers start, a worker imports and compiles, a small bank is followed: a minute on a busy machine."""
SMALL = ("--customers", "60", "--days", "15", "--transactions", "1200", "--seconds", "2")


def _demo(folder: Path, *arguments: str, **env: str) -> subprocess.Popen[str]:
    # A shell starts jobs in the background with interrupts ignored, and so would a demo that such a test run starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("tierline")), "demo", *arguments],
            env={**os.environ, "TMPDIR": str(folder), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def _left_behind(folder: Path) -> list[str]:
    """Processes that mention the demo's folder, and what is left in it."""
    found = [str(path) for path in folder.iterdir()]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if str(folder) in line:
            found.append(line)
    return found


@pytest.mark.usefixtures("local_kafka")
def test_the_demo_ends_by_itself_with_a_summary_and_leaves_nothing_behind(tmp_path: Path) -> None:
    demo = _demo(tmp_path, *SMALL)
    out, err = demo.communicate(timeout=DEMO_S)
    assert demo.returncode == 0, out + err
    assert re.search(r"done: 1,200 transactions in \d+ s, [\d,]+ tier changes, [\d,]+ alerts, \d+ dead letters", out), (
        out
    )
    assert re.search(r"\d{4}-\d\d-\d\d: 1,200 of 1,200 transactions", out), out
    assert "abc_card: ordinary" in out
    assert re.search(r"tierline explain C\d{8}", out), out
    assert "tierline demo --keep" in out
    assert _left_behind(tmp_path) == []


@pytest.mark.usefixtures("local_kafka")
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    demo = _demo(tmp_path, *SMALL, "--keep")
    assert demo.stdout is not None
    begun = time.monotonic()
    for line in demo.stdout:
        if "everything goes on running" in line:
            break
        assert time.monotonic() - begun < DEMO_S
    assert len(_left_behind(tmp_path)) > 1
    demo.send_signal(signal.SIGINT)
    out, err = demo.communicate(timeout=60)
    assert demo.returncode == 0, out + err
    assert _left_behind(tmp_path) == []


def test_without_java_the_demo_says_so_starts_nothing_and_names_no_way_out_that_it_has_not(tmp_path: Path) -> None:
    demo = _demo(tmp_path, *SMALL, PATH=str(tmp_path), JAVA_HOME="")
    out, err = demo.communicate(timeout=DEMO_S)
    assert demo.returncode == 2, out + err
    assert "Java 17 or newer is missing" in err
    assert "TIERLINE_" not in err
    assert _left_behind(tmp_path) == []


def test_wrong_policies_are_told_before_anything_is_started(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "bad.toml").write_text('scheme = "x"\nbase = "o"\n[[level]]\nname = "gold"\nenter = "amu >= 1"\n')
    folder = tmp_path / "demo"
    folder.mkdir()
    demo = _demo(folder, *SMALL, "--policies", str(rules))
    out, err = demo.communicate(timeout=DEMO_S)
    assert demo.returncode == 2, out + err
    assert "did you mean aum?" in err
    assert "starting" not in out
    assert _left_behind(folder) == []
