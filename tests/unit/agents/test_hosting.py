from __future__ import annotations

import asyncio
import io
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import faust
import pytest
from faust.types import TP
from rich.console import Console

from agents.app import create_app
from agents.boards import KEPT, Place
from agents.parts import STUCK_S, Parts, WorkerFailed
from agents.policy_files import read_files, read_folder
from agents.progress import Bar
from agents.stopping import EXIT_ABANDONED
from agents.warmup import warm_up
from schemas.mistakes import Mistake
from schemas.settings import Settings
from streams.metrics import Metrics
from tests.unit.agents.held import POLICIES

SETTINGS = Settings(broker="a:1,b:2", store="redis://c:3/0", group="g", topic_prefix="x.", web_port=6070)


@dataclass
class ALease:
    claimed: bool = True
    lag_records: int | None = 0
    last_progress: float = 0.0


@dataclass
class AnEngine:
    joined: bool = True
    leases: dict[int, ALease] = field(default_factory=dict)
    assigned: frozenset[int] = frozenset()
    failure: BaseException | None = None
    failed: asyncio.Event = field(default_factory=asyncio.Event)


def parts_of(engine: AnEngine, *, warm: bool = True) -> Parts:
    nothing = cast("Any", None)
    return Parts(
        settings=SETTINGS,
        policies={},
        partitions=3,
        broker=nothing,
        store=nothing,
        clock=nothing,
        engine=cast("Any", engine),
        explains=nothing,
        metrics=Metrics(),
        warm=warm,
    )


async def test_a_worker_is_ready_when_all_it_was_given_is_claimed_and_moves() -> None:
    now = asyncio.get_running_loop().time()
    engine = AnEngine(leases={0: ALease(last_progress=now)}, assigned=frozenset({0}))
    assert parts_of(engine).not_ready() == []
    assert parts_of(AnEngine()).not_ready() == [], "a standby holds nothing and is ready"


async def test_a_worker_is_not_ready_before_its_kernels_are_compiled_and_its_group_joined() -> None:
    assert parts_of(AnEngine(), warm=False).not_ready() == ["kernels are being compiled"]
    assert parts_of(AnEngine(joined=False)).not_ready() == ["no assignment of partitions from the group yet"]


async def test_a_worker_is_not_ready_while_a_partition_is_claimed_waits_or_stands_still() -> None:
    now = asyncio.get_running_loop().time()
    leases = {
        0: ALease(claimed=False),
        1: ALease(lag_records=5, last_progress=now - STUCK_S - 1),
        2: ALease(lag_records=5, last_progress=now - STUCK_S / 2),
        3: ALease(lag_records=0, last_progress=now - STUCK_S - 1),
        4: ALease(lag_records=None, last_progress=now - STUCK_S - 1),
    }
    reasons = parts_of(AnEngine(leases=leases, assigned=frozenset({*leases, 7}))).not_ready()
    assert reasons == [
        "partition 7 waits before it is claimed again",
        "partition 0 is being claimed",
        "partition 1 moved nothing for 61 s while 5 offsets wait",
    ]


async def test_a_failed_engine_ends_the_worker_with_its_words() -> None:
    engine = AnEngine()
    parts = parts_of(engine)
    assert parts.not_alive() == []
    engine.failure = RuntimeError("the topic was recreated")
    engine.failed.set()
    assert parts.not_alive() == ["the worker failed: the topic was recreated"]
    with pytest.raises(WorkerFailed, match="the topic was recreated"):
        await parts.failed()


async def test_a_group_that_cannot_be_joined_ends_the_worker_with_its_words() -> None:
    parts = parts_of(AnEngine())
    parts.give_up(OSError("no route"))
    parts.give_up(OSError("another one"))
    with pytest.raises(WorkerFailed, match="no route"):
        await parts.failed()


async def test_the_faust_app_is_set_up_as_a_host_only(tmp_path: Path) -> None:
    app = create_app(SETTINGS, parts_of(AnEngine()), tmp_path)
    conf = app.conf
    assert conf.id.startswith("g.changes.")
    assert conf.id != SETTINGS.group
    assert [str(url) for url in conf.broker] == ["kafka://a:1", "kafka://b:2"]
    assert (conf.topic_allow_declare, conf.topic_disable_leader, conf.table_standby_replicas) == (False, True, 0)
    assert (str(conf.store), conf.worker_redirect_stdouts, conf.stream_wait_empty) == ("memory:", False, False)
    assert (conf.web_bind, conf.web_port) == ("127.0.0.1", 6070)
    assert (conf.web_tables_enabled, conf.web_router_enabled, conf.web_stats_enabled) == (False, False, False)
    read = [list(cast("faust.Topic", agent.channel).topics) for agent in app.agents.values()]
    assert sorted(read) == [["x.alerts"], ["x.tier-changes"]]


class Pages:
    """The consumer of the pages: two topics of one partition, read from the end."""

    def __init__(self) -> None:
        self.at: dict[TP, int] = {}

    def assignment(self) -> set[TP]:
        return {TP("x.alerts", 0), TP("x.tier-changes", 0)}

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        return dict.fromkeys(tps, 5)

    async def highwaters(self, *tps: TP) -> dict[TP, int]:
        return {tp: KEPT + 100 if tp.topic == "x.alerts" else 7 for tp in tps}

    async def seek(self, tp: TP, offset: int) -> None:
        self.at[tp] = offset


async def test_an_unreadable_output_is_set_aside_by_the_owner_of_its_partition_unless_it_was_there_before(
    tmp_path: Path,
) -> None:
    engine, pages = AnEngine(leases={0: ALease()}), Pages()
    app = create_app(SETTINGS, parts_of(engine), tmp_path)
    app.consumer = cast("Any", pages)
    assert app.sets_aside(Place("x.alerts", 0, 3)), "before it went back, it reads only what is new"
    await app.on_started()
    assert pages.at == {TP("x.alerts", 0): 100, TP("x.tier-changes", 0): 5}
    assert [app.sets_aside(Place("x.tier-changes", 0, offset)) for offset in (5, 6, 7, 8)] == [False, False, True, True]
    assert not app.sets_aside(Place("x.alerts", 0, KEPT + 99))
    assert not app.sets_aside(Place("x.tier-changes", 1, 8)), "another worker's"


def test_warming_up_goes_through_every_kernel_without_a_complaint() -> None:
    warm_up(SETTINGS, POLICIES)


def _stopping(script: str, *signals: signal.Signals) -> tuple[int, str]:
    """Run ``script`` with the signal thread around it; send ``signals`` once it says that it is there."""
    head = "import threading, time\nfrom agents.stopping import StopSignals, Watchdog\n"
    process = subprocess.Popen(
        [sys.executable, "-c", head + script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    for number in signals:
        process.send_signal(number)
        # The second one is for the thread, which must have read the first.
        process.stdout.readline()
    _, err = process.communicate(timeout=30)
    return process.returncode, err


STUCK = """
signals = StopSignals(Watchdog(within_s={within_s}))
signals.tell(lambda name: print("heard", name, flush=True))
print("there", flush=True)
end = time.monotonic() + 20
while time.monotonic() < end:
    sum(range(1000))  # a loop that hears nothing
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_hangs_is_cut_off_in_time(number: signal.Signals) -> None:
    code, err = _stopping(STUCK.format(within_s=0.3), number)
    assert code == EXIT_ABANDONED
    assert "did not stop within" in err
    assert "nothing is lost" in err


def test_a_second_signal_ends_at_once() -> None:
    code, err = _stopping(STUCK.format(within_s=60), signal.SIGINT, signal.SIGINT)
    assert code == EXIT_ABANDONED
    assert "second signal" in err


def test_a_worker_that_stops_in_time_is_not_cut_off() -> None:
    script = """
told = threading.Event()
signals = StopSignals(Watchdog(within_s=60))
signals.tell(lambda name: (print("heard", flush=True), told.set()))
print("there", flush=True)
told.wait(20)
"""
    assert _stopping(script, signal.SIGTERM) == (0, "")


def test_policy_files_are_those_ending_in_toml_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text("two")
    (tmp_path / "a.toml").write_text("one")
    (tmp_path / "notes.md").write_text("no")
    assert list(read_folder(tmp_path).items()) == [("a.toml", "one"), ("b.toml", "two")]


def test_a_missing_or_empty_folder_of_policies_says_how_to_name_another(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match=r"does not exist .* TIERLINE_POLICIES"):
        read_folder(tmp_path / "none")
    with pytest.raises(Mistake, match=r"holds no .*toml"):
        read_folder(tmp_path)


def test_all_files_that_cannot_be_read_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"x = '\xff'")
    with pytest.raises(Mistake) as caught:
        read_files([tmp_path / "a.toml", tmp_path / "gone.toml"])
    assert "a.toml: byte 5 is not UTF-8" in str(caught.value)
    assert "gone.toml: cannot be read" in str(caught.value)


def test_a_folder_among_files_is_told_how_to_be_given(tmp_path: Path) -> None:
    with pytest.raises(
        Mistake, match=f"{tmp_path} is a folder, expected files: give all of a folder as --policies {tmp_path}"
    ):
        read_files([tmp_path])


def test_progress_without_a_terminal_is_a_line_at_the_start_and_one_at_the_end() -> None:
    out = io.StringIO()
    with Bar("draining", "records", Console(file=out, width=200)) as bar:
        bar.update(1_000, 2_000)
        bar.update(2_000, 2_000)
    told = out.getvalue().splitlines()
    assert told[0] == "draining ..."
    assert told[-1].startswith("draining: 2,000 records in ")
    assert len(told) == 2


def test_progress_on_a_terminal_is_a_bar_with_counts() -> None:
    out = io.StringIO()
    with Bar("draining", "records", Console(file=out, width=200, force_terminal=True)) as bar:
        bar.update(1_000, 2_000)
    assert "1,000 of 2,000 records" in out.getvalue()
