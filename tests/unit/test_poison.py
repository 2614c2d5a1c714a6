"""Records that cannot be read or applied: set aside alone, counted once, and the same in every rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import pytest

from schemas.journal import DayClosed, FactsRejected, InteractionRejected, RecordSkipped
from schemas.position import Position
from schemas.quality import SourceCounts
from streams.claim import Refused
from streams.columns import Events
from streams.ledger.errors import CapacityError, RecordUnreadable
from streams.ledger.ledger import Ledger
from streams.ports import Output
from streams.quality import OTHERS, SOURCES_MAX
from streams.rows import Rows
from streams.testing.broker import MemoryOutlet
from streams.testing.store import StoreServer
from tests.unit.one_partition import START, Bank, everything

POISON = "whale"
"""Whoever's bookings cannot be applied here."""

FIRST_MS = 631_123_200_000
"""The first instant of the calendar, 1990-01-01 in Shanghai."""
END_MS = 4_133_952_000_000
"""The first instant behind it, 2101-01-01."""
ABSURD_MS = 10**15
"""A timestamp of the year 33658: microseconds that somebody took for milliseconds."""


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Bank:
    """A bank in which bookings of one customer raise when they are applied."""
    fold = Ledger.fold

    def raising(ledger: Ledger, events: Events, open_day: int) -> Rows:
        if POISON in events.customers:
            raise CapacityError(POISON, 0, 0)
        return fold(ledger, events, open_day)

    monkeypatch.setattr(Ledger, "fold", raising)
    return Bank()


def write(bank: Bank, value: bytes | None, customer: str = "zoe", source: bytes = b"/cards") -> None:
    stamp = int(bank.now.timestamp() * 1000)
    bank.cluster.log("transactions", 0).append(customer.encode(), value, stamp, (("ce_source", source),))


def letters(bank: Bank) -> list[tuple[str, str]]:
    """Stage and code of each dead letter."""
    found = [dict(record.headers) for record in bank.cluster.log("dead-letters", 0).committed()]
    return [(told["tierline-error-stage"].decode(), told["tierline-error-code"].decode()) for told in found]


def counted(bank: Bank, stage: str, reason: str) -> float | None:
    return bank.counted("tierline_dead_letters_total", stage=stage, reason=reason)


def open_day(server: StoreServer) -> int | None:
    state = server.state(0)
    assert state is not None
    return state.open_day


def test_a_damaged_stored_customer_stops_the_worker_and_sets_no_good_booking_aside() -> None:
    bank = Bank()
    bank.book("zoe")
    assert bank.work() is None
    held = bank.server.at(0).customers
    whole = held["zoe"]
    held["zoe"] = whole[:3]
    bank.book("zoe")
    failure = bank.work()
    assert isinstance(failure, RecordUnreadable)
    assert "run `tierline rebuild`" in str(failure)
    assert letters(bank) == []
    held["zoe"] = whole
    assert bank.work() is None
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)
    assert not any(isinstance(entry.payload, RecordSkipped) for entry in bank.journal())


def test_a_first_record_that_cannot_be_applied_opens_no_day_neither_at_once_nor_in_a_rebuild(bank: Bank) -> None:
    bank.book(POISON)
    assert bank.work() is None
    assert letters(bank) == [("apply", "apply")]
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert open_day(anew) == open_day(bank.server) is None
    bank.book("zoe", days=1)
    assert bank.work() is None
    late = StoreServer()
    assert bank.work(late, rebuild=True) is None
    assert everything(late) == everything(bank.server)
    assert open_day(late) is not None


@pytest.mark.parametrize("stamp_ms", [-1, 0, FIRST_MS - 1, END_MS, ABSURD_MS])
def test_first_records_that_tell_no_time_are_set_aside_and_the_next_one_opens_the_day(stamp_ms: int) -> None:
    bank = Bank()
    bank.book("ann", stamp_ms=stamp_ms)
    assert bank.work() is None
    assert open_day(bank.server) is None
    bank.facts("zoe", owner_id="rm-7")
    bank.book("ann", stamp_ms=stamp_ms)
    bank.book("zoe")
    bank.book("bob", days=2)
    assert bank.work() is None
    assert letters(bank) == [("decode", "timestamp"), ("decode", "timestamp")]
    assert bank.published() == ["zoe", "bob"]
    state = bank.server.state(0)
    assert state is not None
    assert state.quality.sources == {"transactions": SourceCounts(records=1, applied=1)}, "since the last close"
    assert counted(bank, "decode", "timestamp") == 2
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)
    closed = [entry.payload.day for entry in bank.journal() if isinstance(entry.payload, DayClosed)]
    assert closed[0] == START.date(), "the day of the first record that tells a time"


@pytest.mark.parametrize("stamp_ms", [FIRST_MS, END_MS - 1])
def test_the_first_and_the_last_instant_of_the_calendar_open_a_day(stamp_ms: int) -> None:
    bank = Bank()
    bank.book("ann", stamp_ms=stamp_ms)
    assert bank.work() is None
    assert open_day(bank.server) is not None
    assert [code for _, code in letters(bank)] == (["future"] if stamp_ms == FIRST_MS else [])


@pytest.mark.parametrize("stamp_ms", [-1, 0, END_MS, ABSURD_MS])
@pytest.mark.parametrize("clock", ["log", "wall"])
def test_later_records_that_tell_no_time_are_of_the_open_day_and_close_none(
    stamp_ms: int, clock: Literal["log", "wall"]
) -> None:
    bank = Bank()
    bank.config = replace(bank.config, clock=clock)
    bank.book("zoe")
    assert bank.work() is None
    opened = open_day(bank.server)
    bank.book("ann", stamp_ms=stamp_ms)
    assert bank.work() is None
    assert (open_day(bank.server), letters(bank), bank.published()) == (opened, [], ["zoe", "ann"])


def test_what_is_set_aside_is_counted_by_reason_and_once_though_its_batch_is_redone(bank: Bank) -> None:
    bank.book("zoe")
    repeated = bank.cluster.log("transactions", 0).committed()[0].value
    write(bank, repeated)
    write(bank, b"{")
    write(bank, None)
    bank.book(POISON)
    bank.book("ann")
    bank.talk("zoe", interaction_id="same")
    bank.talk("zoe", interaction_id="same")
    bank.talk("zoe", kind="gossip")
    assert bank.work() is None
    assert letters(bank) == [("decode", "wrong_value"), ("decode", "not_json"), ("decode", "empty"), ("apply", "apply")]
    assert [counted(bank, stage, code) for stage, code in letters(bank)] == [1, 1, 1, 1]
    assert bank.counted("tierline_duplicates_total") == 2
    assert bank.counted("tierline_source_records_total", source="/cards", what="records") == 3
    assert bank.counted("tierline_tier_changes_total", scheme="abc", direction="up") == len(bank.published())


def test_a_record_that_was_skipped_counts_as_one_and_as_rejected_for_its_source_in_a_rebuild_too(bank: Bank) -> None:
    bank.book("zoe")
    body = bank.cluster.log("transactions", 0).committed()[0].value
    assert body is not None
    write(bank, body.replace(b"zoe", POISON.encode()), POISON)
    bank.book(POISON)
    assert bank.work() is None
    assert [entry.payload for entry in bank.journal()][-2:] == [
        RecordSkipped(reason="apply", source="/cards"),
        RecordSkipped(reason="apply"),
    ]
    state = bank.server.state(0)
    assert state is not None
    assert state.quality.sources == {
        "transactions": SourceCounts(records=2, rejected=1, applied=1),
        "/cards": SourceCounts(records=1, rejected=1),
    }
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)


def test_the_journal_tells_of_what_was_set_aside_by_a_code_and_quotes_nothing(bank: Bank) -> None:
    bank.facts("ann", kind="secret kind")
    bank.cluster.log("customers", 0).append(b"ann", b'{"customer_id": "bob"}', int(bank.now.timestamp() * 1000))
    bank.talk("ann", kind="gossip")
    bank.book(POISON)
    assert bank.work() is None
    payloads = [entry.payload for entry in bank.journal()]
    told = [one.reason for one in payloads if isinstance(one, FactsRejected | InteractionRejected | RecordSkipped)]
    assert sorted(told) == ["apply", "key", "wrong_value", "wrong_value"]
    text = b"".join(record.value or b"" for record in bank.cluster.log("journal", 0).committed())
    assert not any(word in text for word in (b"ann", b"bob", b"secret", b"gossip", POISON.encode()))
    reasons = b"".join(
        dict(record.headers)["tierline-error-reason"] for record in bank.cluster.log("dead-letters", 0).committed()
    )
    assert all(word in reasons for word in (b"ann", b"bob", b"secret", b"gossip", POISON.encode()))


def test_facts_with_an_absurd_timestamp_are_taken_as_told_on_the_open_day() -> None:
    bank = Bank()
    bank.book("zoe")
    assert bank.work() is None
    for stamp in (ABSURD_MS, -ABSURD_MS):
        bank.cluster.log("customers", 0).append(b"zoe", b'{"customer_id": "zoe", "owner_id": "rm-7"}', stamp)
    bank.book("zoe")
    assert bank.work() is None
    assert bank.profile("zoe").facts["owner_id"] == "rm-7"
    assert len(bank.published()) == 1
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)


def test_facts_of_sources_beyond_the_most_are_counted_together() -> None:
    bank = Bank()
    for number in range(SOURCES_MAX + 3):
        bank.facts("zoe", source=f"s{number}")
    assert bank.work() is None
    assert bank.counted("tierline_facts_total", source="s0") == 1
    assert bank.counted("tierline_facts_total", source=f"s{SOURCES_MAX}") is None
    assert bank.counted("tierline_facts_total", source=OTHERS) == 3


@pytest.mark.parametrize("entry_behind", [False, True], ids=["nothing behind", "an entry behind"])
def test_a_record_that_was_applied_once_is_not_set_aside_when_it_fails_the_second_time(
    monkeypatch: pytest.MonkeyPatch, entry_behind: bool
) -> None:
    bank = Bank()
    bank.book("zoe")
    assert bank.work() is None
    bank.server.replicated()
    bank.book("ann")
    assert bank.work() is None
    if entry_behind:
        bank.facts("ann", kind="personal")
        assert bank.work() is None
    whole, journal, published = everything(bank.server), bank.journal(), bank.published()
    bank.server.fail_over(lost_writes=100)
    with monkeypatch.context() as short_of_memory:
        short_of_memory.setattr(Ledger, "fold", _without_memory)
        failure = bank.work()
    assert isinstance(failure, Refused)
    assert "offset 1 of transactions partition 0 were applied once and now raise MemoryError: not now" in str(failure)
    assert bank.work() is None
    assert (everything(bank.server), bank.journal(), bank.published()) == (whole, journal, published)
    assert letters(bank) == []


def _without_memory(*_: object) -> Rows:
    raise MemoryError("not now")


def test_an_owner_that_dies_between_an_entry_and_its_dead_letter_leaves_neither_or_both(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.relay.OUTPUTS_MAX", 1)
    bank.book("zoe")
    assert bank.work() is None
    bank.server.replicated()
    bank.book(POISON)
    sent: list[list[str]] = []
    send = MemoryOutlet.send

    async def noted(outlet: MemoryOutlet, outputs: Sequence[Output], relayed: Position) -> int | None:
        sent.append([output.topic for output in outputs])
        return await send(outlet, outputs, relayed)

    monkeypatch.setattr(MemoryOutlet, "send", noted)
    assert bank.work() is None
    assert ["journal", "dead-letters"] in sent
    bank.server.fail_over(lost_writes=100)
    assert bank.work() is None
    assert letters(bank) == [("apply", "apply")]
