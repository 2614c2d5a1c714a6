"""The sources of a whole bank: judged once for all partitions, by partition 0, when all have closed the day."""

from __future__ import annotations

import asyncio
import json

import pytest

from schemas.mistakes import Mistake
from schemas.position import Position
from schemas.quality import SourceCounts
from streams.ports import Kept, StoreUnavailable
from streams.testing.store import MemoryStore, StoreServer
from tests.unit.sources import CARDS, Bank, Dying

RULES = "minimum_records = 10\nrejected_percent = 10\n"
HEARTBEAT_S = 3.0


class Asked(MemoryStore):
    """A store's client that writes down when it was asked for which partition's state."""

    def __init__(self, server: StoreServer) -> None:
        super().__init__(server)
        self.times: dict[int, list[float]] = {}

    async def kept(self, partition: int) -> Kept | None:
        self.times.setdefault(partition, []).append(asyncio.get_running_loop().time())
        return await super().kept(partition)


class Newer(MemoryStore):
    """A store in which a worker of the next version has written partition 1."""

    async def kept(self, partition: int) -> Kept | None:
        if partition == 1:
            msg = "the store holds state of layout 99"
            raise Mistake(msg)
        return await super().kept(partition)


class HalfDown(MemoryStore):
    """A store whose shard with partition 1 tells nobody anything about it."""

    async def kept(self, partition: int) -> Kept | None:
        if partition == 1:
            msg = "no answer"
            raise StoreUnavailable(msg)
        return await super().kept(partition)


class Unheard(MemoryStore):
    """A store that has not heard yet that anything of partition 1 was relayed."""

    async def kept(self, partition: int) -> Kept | None:
        kept = await super().kept(partition)
        return kept._replace(relayed=None) if kept and partition == 1 else kept


def a_day(bank: Bank, *partitions: int, records: int = 10, bad: int = 0) -> None:
    """A day on which the cards send ``records`` to each of these partitions, ``bad`` of which nobody can read."""
    for partition in partitions:
        for number in range(records):
            if number < bad:
                bank.write(b"{", CARDS, partition=partition)
            else:
                bank.book(CARDS, partition=partition)
    bank.later()


def end(bank: Bank, *partitions: int) -> None:
    """The first record of the next day, of a source that is not looked at, so that the day is closed."""
    for partition in partitions:
        bank.book((("ce_source", b"/other"),), partition=partition)


def of_cards(bank: Bank) -> list[tuple[str, str, dict[str, int]]]:
    """Kind, day and counts of each alert about the cards."""
    found = []
    for _, value, headers in bank.alerts():
        body = json.loads(value)
        if body["source"] == "/cards":
            found.append((dict(headers)["ce_type"].decode().split(".")[2], body["day"], body["counts"]))
    return found


@pytest.mark.parametrize("partitions", [1, 2, 5])
def test_a_source_that_is_bad_in_every_partition_is_told_once_and_cleared_once(partitions: int) -> None:
    bank = Bank(RULES, partitions)
    everywhere = range(partitions)
    for bad in (2, 3, 0, 0):
        a_day(bank, *everywhere, bad=bad)
        end(bank, *everywhere)
        bank.work()
    assert of_cards(bank) == [
        ("raised", "2024-03-01", {"rejected": 2 * partitions, "records": 10 * partitions}),
        ("cleared", "2024-03-03", {"rejected": 0, "records": 10 * partitions}),
    ]
    assert [one.day.day for one in bank.judgements()] == [1, 2, 3, 4]
    ids = {json.loads(value)["alert_id"] for _, value, _ in bank.alerts()}
    assert len(ids) == 1
    assert all(not bank.cluster.log("alerts", number).committed() for number in everywhere[1:])


@pytest.mark.parametrize(
    ("records", "bad", "is_raised"),
    [
        ((5, 4), (5, 4), False),  # one fewer than the minimum
        ((5, 5), (1, 0), False),  # at the threshold
        ((5, 5), (1, 1), True),
        ((6, 5), (1, 1), True),
        ((6, 5), (1, 0), False),
        ((1, 9), (1, 0), False),  # bad in its partition alone, not in the bank
        ((19, 0), (2, 0), True),  # a source of one partition
        ((20, 0), (2, 0), False),
        ((21, 0), (3, 0), True),
    ],
)
def test_threshold_and_minimum_are_those_of_the_whole_source(
    records: tuple[int, int], bad: tuple[int, int], *, is_raised: bool
) -> None:
    bank = Bank(RULES, 2)
    for partition in (0, 1):
        for number in range(records[partition]):
            if number < bad[partition]:
                bank.write(b"{", CARDS, partition=partition)
            else:
                bank.book(CARDS, partition=partition)
    end(bank, 0, 1)
    bank.later()
    end(bank, 0, 1)
    bank.work()
    assert [kind for kind, *_ in of_cards(bank)] == ["raised"] * is_raised


def test_a_partition_that_lags_delays_the_alert_and_splits_it_not() -> None:
    bank = Bank(RULES, 2)
    a_day(bank, 0, 1, bad=2)
    end(bank, 0)
    bank.work()
    assert (bank.judgements(), of_cards(bank)) == ([], [])
    a_day(bank, 0, bad=2)
    end(bank, 0)
    bank.work()
    assert (bank.judgements(), of_cards(bank)) == ([], [])
    end(bank, 1)
    bank.work()
    assert of_cards(bank) == [("raised", "2024-03-02", {"rejected": 6, "records": 30})]


def test_one_that_catches_up_day_by_day_is_waited_for_and_what_others_closed_since_counts_with_the_day() -> None:
    bank = Bank(RULES, 2)
    for _ in range(3):
        a_day(bank, 0, 1)
        end(bank, 0, 1)
    bank.work(held=[0])
    assert bank.judgements() == []
    bank.work(held=[1])
    bank.work(held=[0])
    (judged,) = bank.judgements()
    assert [day and day.day for day in judged.closed] == [3, 3]
    assert judged.totals["/cards"] == SourceCounts(records=60, applied=60)


def test_a_partition_without_a_record_counts_as_nothing_be_it_the_judge() -> None:
    for silent in (0, 1):
        bank = Bank(RULES, 2)
        a_day(bank, 1 - silent, bad=2)
        end(bank, 1 - silent)
        bank.work()
        assert of_cards(bank) == [("raised", "2024-03-01", {"rejected": 2, "records": 10})]
        (judged,) = bank.judgements()
        assert judged.closed[silent] is None


def test_a_partition_that_was_never_claimed_is_waited_for() -> None:
    bank = Bank(RULES, 2)
    a_day(bank, 0, bad=2)
    end(bank, 0)
    bank.work(held=[0])
    assert bank.judgements() == []
    bank.work(held=[1])
    bank.work(held=[0])
    assert len(of_cards(bank)) == 1


@pytest.mark.parametrize("client", [Newer, HalfDown, Unheard])
def test_what_cannot_be_read_or_may_still_be_undone_is_not_judged(client: type[MemoryStore]) -> None:
    bank = Bank(RULES, 2)
    a_day(bank, 0, 1, bad=2)
    end(bank, 0, 1)
    bank.work(store=client(bank.server))
    assert (bank.judgements(), of_cards(bank)) == ([], [])
    assert bank.server.at(0).position == Position(11, 2)  # the policies and the close: it did not stand still for that
    bank.work()
    assert len(of_cards(bank)) == 1


def test_other_owners_of_partition_0_tell_nothing_again_and_go_on_where_it_stands() -> None:
    bank = Bank(RULES, 2)
    for bad in (2, 2, 0):
        a_day(bank, 0, 1, bad=bad)
        end(bank, 0, 1)
        bank.work(held=[1])
        bank.work(held=[0])
        bank.work(held=[0, 1])
    assert [(kind, day[-1:]) for kind, day, _ in of_cards(bank)] == [("raised", "1"), ("cleared", "3")]
    assert len(bank.judgements()) == 3


def test_workers_that_die_at_any_commit_tell_once_what_all_partitions_sent() -> None:
    for commits in range(1, 40):
        bank = Bank(RULES, 2)
        dying = Dying(bank.server, commits)
        for bad in (2, 0):
            a_day(bank, 0, 1, bad=bad)
            end(bank, 0, 1)
            if not dying.is_dead:
                bank.work(store=dying, batch_records=4)
            if dying.is_dead:
                bank.work()
        assert of_cards(bank) == [
            ("raised", "2024-03-01", {"rejected": 4, "records": 20}),
            ("cleared", "2024-03-02", {"rejected": 0, "records": 20}),
        ], commits
        if not dying.is_dead:
            return
    pytest.fail("forty commits were not enough for two days")


def test_a_store_that_lost_its_tail_judges_the_same_again_and_tells_nothing_twice() -> None:
    for lost in range(1, 20):
        bank = Bank(RULES, 2)
        a_day(bank, 0, 1, bad=2)
        bank.work()
        bank.server.replicated()
        end(bank, 0, 1)
        bank.work()
        told, judged = bank.alerts(), bank.judgements()
        assert (len(told), len(judged)) == (1, 1)
        bank.server.fail_over(lost)
        bank.work()
        assert (bank.alerts(), bank.judgements()) == (told, judged), lost


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_rebuild_makes_the_same_alerts_of_the_journal_whichever_partition_is_first(order: tuple[int, int]) -> None:
    bank = Bank(RULES, 2)
    for bad in (2, 2, 0):
        a_day(bank, 0, 1, bad=bad)
        end(bank, 0, 1)
        bank.work()
    first, alerts, bank.server = bank.server, bank.alerts(), StoreServer()
    for number in order:
        bank.work(held=[number], rebuild=True)
    bank.work(rebuild=True)
    assert [bank.server.state(number) for number in order] == [first.state(number) for number in order]
    assert bank.alerts() == alerts
    assert len(bank.judgements()) == 3


def test_new_thresholds_judge_from_the_next_day_on() -> None:
    bank = Bank(RULES, 2)
    for rules in (RULES, RULES.replace("= 10\nrej", "= 100\nrej"), "", RULES):
        bank.change_rules(rules)
        a_day(bank, 0, 1, bad=2)
        end(bank, 0, 1)
        bank.work()
    assert [(kind, day[-1:]) for kind, day, _ in of_cards(bank)] == [("raised", "1"), ("cleared", "3"), ("raised", "4")]
    assert [(one.minimum_records, one.thresholds) for one in bank.judgements()] == [
        (10, {"rejected_percent": 100_000}),
        (100, {"rejected_percent": 100_000}),
        (1, {}),
        (10, {"rejected_percent": 100_000}),
    ]


def test_the_store_is_asked_only_when_there_is_something_new_and_at_most_once_a_heartbeat() -> None:
    bank = Bank(RULES, 3)
    a_day(bank, 0, 1)
    bank.work()
    bank.work(store=(idle := Asked(bank.server)))
    assert idle.times == {}  # no day is closed
    end(bank, 0)
    bank.work(store=(waiting := Asked(bank.server)))
    assert sorted(waiting.times) == [0, 1, 2]
    assert len(waiting.times[0]) in {2, 3}  # six seconds
    assert all(b - a >= HEARTBEAT_S for a, b in zip(waiting.times[0], waiting.times[0][1:], strict=False))
    end(bank, 1)
    bank.work()
    assert len(bank.judgements()) == 1
    bank.work(store=(done := Asked(bank.server)))
    assert done.times == {}


def test_other_partitions_never_ask() -> None:
    bank = Bank(RULES, 2)
    a_day(bank, 1)
    end(bank, 1)
    bank.work(held=[1], store=(asked := Asked(bank.server)))
    assert asked.times == {}
