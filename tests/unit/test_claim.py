"""What a worker refuses to go on with: each refusal names what is wrong and the way out, and its bound is tried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import agents.commands.worker
from agents.cli import assemble
from agents.parts import WorkerFailed
from schemas.journal import DayClosed, JournalEntry
from schemas.position import Position
from streams.claim import Journalled, Refused, check_outbox
from streams.engine import REFUSALS_MAX, GaveUp
from streams.evaluation import Evaluation
from streams.inbox import POISON_MAX, TooMuchPoison
from streams.marks import JUMP_MAX_DAYS, ClockJump
from streams.outputs import JOURNAL
from streams.ports import Commit, OutboxItem, Outcome, Output
from streams.testing.store import StoreServer
from tests.unit.one_partition import CONFIG, START, Bank


@pytest.fixture
def bank() -> Bank:
    """A partition that stands at offset 3, after a close, with its policy, facts, the close and its judgement in the journal."""
    bank = Bank()
    bank.facts("zoe", kind="personal")
    bank.book("zoe")
    bank.book("zoe")
    bank.book("zoe", days=1)
    assert bank.work() is None
    return bank


def refused(bank: Bank, server: StoreServer | None = None, *, rebuild: bool = False) -> str:
    """The words with which the next worker refuses."""
    failure = bank.work(server, rebuild=rebuild)
    assert isinstance(failure, Refused)
    return str(failure)


def test_a_log_that_starts_after_the_position_is_refused_and_a_backup_is_named(bank: Bank) -> None:
    bank.book("zoe")
    bank.book("zoe")
    log = bank.cluster.log("transactions", 0)
    log.truncate(before=4)
    words = refused(bank)
    assert "starts at offset 4, its state stands at 3: retention removed 1 offsets" in words
    assert "restore a store backup that stands at or after offset 4, and set retention.ms=-1" in words


def test_a_log_whose_start_has_reached_the_position_is_read_on(bank: Bank) -> None:
    bank.book("zoe")
    bank.cluster.log("transactions", 0).truncate(before=3)
    assert bank.work() is None
    state = bank.server.state(0)
    assert state is not None
    assert state.position.offset == 4


def test_a_log_that_ends_before_the_position_is_refused_and_the_settings_that_name_it_are_told(bank: Bank) -> None:
    assert bank.work() is None, "a log that ends at the position is right"
    bank.cluster.recreate("transactions")
    bank.book("zoe")
    bank.book("zoe")
    words = refused(bank)
    assert "ends at offset 2, its state stands at 3: the topic was recreated or is another one" in words
    assert "point TIERLINE_BROKER and TIERLINE_TOPIC_PREFIX at the right topic" in words


@pytest.mark.parametrize(
    ("changed", "told", "remedy"),
    [
        ({"cutoff": "06:00"}, "TIERLINE_CUTOFF is '06:00', the state of partition 0 was computed with '00:00'", "set it back"),
        ({"base_currency": "USD"}, "TIERLINE_BASE_CURRENCY is 'USD', the state of partition 0 was computed with 'CNY'", "set it back"),
        ({"timezone": "Europe/London"}, "TIERLINE_TIMEZONE is 'Europe/London'", "another TIERLINE_NAMESPACE and TIERLINE_GROUP"),
        ({"partitions": 2}, "transactions has 2 partitions, the state of partition 0 was computed with 1", "another TIERLINE_TOPIC_PREFIX"),
    ],
)  # fmt: skip
def test_another_setting_than_the_state_was_computed_with_is_refused(
    bank: Bank, changed: dict[str, Any], told: str, remedy: str
) -> None:
    bank.config = replace(CONFIG, **changed)
    words = refused(bank)
    assert told in words
    assert remedy in words


def test_all_changed_settings_are_told_at_once(bank: Bank) -> None:
    bank.config = replace(CONFIG, cutoff="06:00", base_currency="USD")
    words = refused(bank)
    assert "TIERLINE_CUTOFF" in words
    assert "TIERLINE_BASE_CURRENCY" in words


@pytest.mark.parametrize("at", [Position(48, 22), Position(47, 22), Position(52, 22), Position(47, 23)])
def test_an_entry_that_is_not_the_journals_is_refused_if_it_comes_no_later_by_position_or_by_number(
    at: Position,
) -> None:
    journal = [Journalled(JournalEntry(after=48, sequence=22, payload=DayClosed(day=START.date())), b"theirs")]
    words = r"entry 22 of partition 0 is not the one in the journal: two owners wrote .* `tierline rebuild --namespace"
    with pytest.raises(Refused, match=words):
        check_outbox(0, [waiting(at, b"ours")], Position(48, 22), journal)


def test_an_entry_that_the_journal_has_or_that_comes_later_than_what_is_relayed_is_accepted() -> None:
    journal = [Journalled(JournalEntry(after=48, sequence=22, payload=DayClosed(day=START.date())), b"ours")]
    check_outbox(0, [waiting(Position(48, 22), b"ours"), waiting(Position(48, 23), b"next")], Position(48, 22), journal)
    check_outbox(0, [waiting(Position(1, 1), b"first")], None, [])


def waiting(at: Position, value: bytes) -> OutboxItem:
    """A commit of one journal entry in the outbox."""
    return OutboxItem(at, [(at, Output(JOURNAL, b"22", value))])


def test_a_gap_in_the_journal_is_refused_and_its_retention_named(bank: Bank) -> None:
    journal = bank.cluster.log("journal", 0)
    assert [entry.sequence for entry in bank.journal()] == [1, 2, 3, 4]
    journal.compact([journal.committed()[1].offset])
    words = refused(bank, StoreServer(), rebuild=True)
    assert "the journal of partition 0 continues at entry 3, expected 2: entries were removed" in words
    assert "restore the journal topic (its retention.ms must be -1)" in words


def test_a_journal_that_begins_before_the_log_cannot_be_computed_anew(bank: Bank) -> None:
    bank.cluster.log("transactions", 0).truncate(before=1)
    words = refused(bank, StoreServer(), rebuild=True)
    assert "starts at offset 1, its journal at 0: records that decided something are gone" in words
    assert "restore a store backup" in words


def test_a_record_up_to_400_days_ahead_moves_the_clock_of_the_log(bank: Bank) -> None:
    bank.book("zoe", days=JUMP_MAX_DAYS)
    assert bank.work() is None
    assert sum(isinstance(entry.payload, DayClosed) for entry in bank.journal()) == 1 + JUMP_MAX_DAYS


def test_a_record_more_than_400_days_ahead_stops_a_worker_that_has_no_other_clock(bank: Bank) -> None:
    bank.book("zoe", days=JUMP_MAX_DAYS + 1)
    failure = bank.work()
    assert isinstance(failure, ClockJump)
    assert "record at offset 3 is stamped 401 days after the open day 2024-03-02" in str(failure)
    assert "correct the producer's timestamps, or run with TIERLINE_CLOCK=wall" in str(failure)
    bank.config = replace(CONFIG, clock="wall")
    assert bank.work() is None, "the way out that is named is one"


@pytest.mark.parametrize("count", [POISON_MAX, POISON_MAX + 1])
def test_ten_records_a_minute_may_fail_to_apply_and_an_eleventh_stops_the_worker(
    bank: Bank, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Evaluation, "transactions", _fails_on_mad(Evaluation.transactions))
    for _ in range(count):
        bank.book("mad")
    bank.book("zoe")
    failure = bank.work()
    state = bank.server.state(0)
    assert state is not None
    if count == POISON_MAX:
        assert failure is None
        assert state.position.offset == 3 + count + 1
        return
    assert state.position.offset == 3 + POISON_MAX, "those before it are done"
    assert isinstance(failure, TooMuchPoison)
    assert "more than 10 records of partition 0 could not be applied within a minute" in str(failure)
    assert "the last with OverflowError: too rich; the fault is likelier in the program" in str(failure)


def _fails_on_mad(whole: Any) -> Any:
    async def transactions(evaluation: Evaluation, events: Any, open_day: int) -> Any:
        if "mad" in events.customers:
            msg = "too rich"
            raise OverflowError(msg)
        return await whole(evaluation, events, open_day)

    return transactions


class Contested(StoreServer):
    """A store in which somebody else claims the partition before each of the first ``times`` commits."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times

    def commit(self, number: int, commit: Commit) -> Outcome:
        if self._times:
            self._times -= 1
            return Outcome.FENCED
        return super().commit(number, commit)


@pytest.mark.parametrize("times", [REFUSALS_MAX - 1, REFUSALS_MAX])
def test_a_partition_refused_three_times_in_a_row_ends_the_worker(times: int) -> None:
    bank = Bank()
    bank.config = replace(CONFIG, heartbeat_s=0.5)
    bank.book("zoe")
    failure = bank.work(Contested(times))
    if times < REFUSALS_MAX:
        assert failure is None
        assert bank.published() == ["zoe"]
        return
    assert isinstance(failure, GaveUp)
    assert "partition 0 was refused 3 times in a row: the store answered FENCED" in str(failure)


def test_a_worker_that_gave_up_says_why_and_ends_with_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def gave_up(*_: object) -> None:
        msg = "partition 0 was refused 3 times in a row: the store answered FENCED"
        raise WorkerFailed(msg)

    def leave(code: int) -> None:
        raise typer.Exit(code)

    monkeypatch.setattr(agents.commands.worker, "run_worker", gave_up)
    monkeypatch.setattr(agents.commands.worker, "leave", leave)
    env = {"TIERLINE_BROKER": "127.0.0.1:1", "TIERLINE_STORE": "redis://127.0.0.1:2/0"}
    told = CliRunner().invoke(assemble(["worker"]), ["worker"], env=env)
    assert told.exit_code == 1
    assert "tierline worker: partition 0 was refused 3 times in a row" in told.stderr
