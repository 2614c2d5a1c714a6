"""Two hundred seeds of the protocol under faults, each checked against a clean replay and the oracle."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest

from schemas.position import Position
from streams.ports import Commit, Outcome
from streams.testing.logs import Cluster
from streams.testing.store import Partition, StoreServer
from tests.simulation.run import Report, simulate

SEEDS = 200
PROCESSES = 2
LOST_BY_RELAY = (388, 622)
"""Here a transaction of the relay fails and the store loses its outputs: what stood behind them was sent in their place."""

CALLS_LOST = (
    "broker.begin", "broker.bounds", "broker.commit", "broker.fetch", "broker.init", "broker.relayed", "broker.write",
    "store.claim", "store.commit", "store.customers", "store.ids", "store.kept", "store.keys", "store.outbox", "store.standing", "store.trim",
)  # fmt: skip

SIGNALS_TOLD = (
    "birthday", "drifting", "left_alone", "poor", "quiet_account", "runs_out", "tier.at_risk", "tier.near",
)  # fmt: skip
"""Signals that begin and end."""

MUST_HAPPEN = {
    *(f"{call}: {way}" for call in CALLS_LOST for way in ("request lost", "reply lost", "slow")),
    "aborted producer transactions", "producer transactions", "compaction holes",
    "bad records", "undated records", "undated records before the first day", "bad facts", "bad interactions", "repeated interactions", "duplicates", "poison", "outputs cut down",
    "crashes", "short pauses", "pauses beyond the session", "expelled members", "zombies that came back",
    "graceful restarts", "rebalances", "workers added", "storms",
    "failovers that lost a tail", "tokens given back", "store restarts", "group offsets forgotten", "coordinator moves",
    "transactions timed out", "answers FENCED", "answers REWOUND",
    "closes before a record", "closes by the wall clock", "closes that bring new policies", "tier changes", "alerts",
    "alerts raised", "alerts worse", "alerts cleared",
    "years closed", "cuts with customers",
    "journal entries DayClosed", "journal entries FactsReceived", "journal entries FactsRejected",
    "journal entries PolicyActivated", "journal entries RecordSkipped", "journal entries CustomerErased",
    "journal entries FactsDropped", "journal entries InteractionReceived", "journal entries InteractionRejected",
    "journal entries InteractionDropped", "journal entries SourcesMeasured", "sources raised", "sources cleared",
    "judgements by closes of several days",
    *(f"{signal} raised" for signal in (*SIGNALS_TOLD, "enquired", "large", "rose")),
    *(f"{signal} cleared" for signal in (*SIGNALS_TOLD, "tier.secured")), "poor worse",
}  # fmt: skip
"""What two hundred seeds must have shown: a fault that never happens proves nothing."""


def told(report: Report) -> str:
    problems = "\n  ".join(problem[:500] for problem in report.problems)
    return f"seed {report.seed} (repeat with: python -m tests.simulation --seed {report.seed}):\n  {problems}"


def test_state_and_outputs_are_those_of_a_clean_replay_and_of_the_oracle_after_faults_of_every_kind() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        reports = list(pool.map(simulate, range(1, SEEDS + 1), chunksize=5))
    wrong = [told(report) for report in reports if report.problems]
    assert not wrong, "\n".join(wrong)
    counts = sum((report.counts for report in reports), Counter[str]())
    assert sorted(what for what in MUST_HAPPEN if not counts[what]) == []


@pytest.mark.parametrize("seed", LOST_BY_RELAY)
def test_what_a_failover_takes_from_the_outbox_while_it_is_sent_is_sent_all_the_same(seed: int) -> None:
    report = simulate(seed)
    assert not report.problems, told(report)


def test_a_seed_tells_the_same_story_in_another_process() -> None:
    script = "from tests.simulation.run import simulate; print(simulate(7).digest)"
    elsewhere = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": "."},
        check=True,
        capture_output=True,
        text=True,
    )
    assert elsewhere.stdout == f"{simulate(7).digest}\n"


class Unfenced(StoreServer):
    """Believes every commit."""

    def check(self, kept: Partition, commit: Commit) -> Outcome | None:
        return None


class HalfRewound(StoreServer):
    """Keeps customers through a failover that rewinds everything else."""

    def fail_over(self, lost_writes: int) -> int:
        kept = {number: dict(held.customers) for number, held in self.partitions.items()}
        lost = super().fail_over(lost_writes)
        for number, customers in kept.items():
            self.at(number).customers.update(customers)
        return lost


class Forgetful(Cluster):
    """Loses the relayed position that should have come with a transaction's outputs."""

    def commit(self, producer: str, epoch: int) -> None:
        before = dict(self.relayed)
        super().commit(producer, epoch)
        self.relayed = before


class Visible(Cluster):
    """Shows what was aborted."""

    def abort(self, producer: str, epoch: int) -> None:
        self.commit(producer, epoch)

    def init_producer(self, producer: str) -> int:
        if producer in self._open:
            self.commit(producer, self._epochs[producer])
        return super().init_producer(producer)


class Unasked(Cluster):
    """Takes the silence of a coordinator that moves for a group that never relayed anything."""

    def relayed_of(self, partition: int) -> Position | None:
        return None if self.moving else super().relayed_of(partition)


@pytest.mark.parametrize(
    ("server", "cluster"),
    [
        (Unfenced, Cluster),
        (HalfRewound, Cluster),
        (StoreServer, Forgetful),
        (StoreServer, Visible),
        (StoreServer, Unasked),
    ],
    ids=[
        "unfenced store",
        "failover that keeps customers",
        "relayed position not in the transaction",
        "aborts seen",
        "no answer taken for nothing relayed",
    ],
)
def test_a_broken_promise_is_noticed_by_what_it_does_to_state_or_outputs(
    server: type[StoreServer], cluster: type[Cluster]
) -> None:
    for seed in range(1, 60):
        problems = simulate(seed, server, cluster).problems
        # The audit of commits watches the fence itself; here the consequences must show.
        if any(not problem.endswith(("owns it", "the last one")) for problem in problems):
            return
    pytest.fail("sixty seeds showed nothing wrong")
