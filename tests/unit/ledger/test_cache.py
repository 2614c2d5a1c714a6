"""Packing and the bounded cache: bytes depend on history alone, and nothing is lost by being stored."""

from __future__ import annotations

import datetime as dt
import random

import msgspec
import numpy as np
import pytest

from schemas.limits import CLASS_BALANCE_MAX
from schemas.state import Standing
from streams.decider import NO_DEADLINE
from streams.ledger.errors import CapacityError, LayoutUnknown, RecordUnreadable
from streams.rows import LookKind
from tests.unit.ledger.book import ALL, TAG, Book, Event, day


def story(seed: int, events: int = 400) -> list[Event]:
    """A busy and untidy life of a few customers over two years."""
    chance = random.Random(seed)
    start = dt.datetime.fromisoformat("2023-01-01")
    told: list[Event] = []
    for index in range(events):
        late = chance.choice([0, 0, 0, 3, 40, 300])
        at = start + dt.timedelta(days=index * 730 // events - late, minutes=chance.randrange(1440))
        opening = chance.random() < 0.05
        told.append(
            Event(
                at=at.isoformat(timespec="minutes"),
                amount=0 if opening else chance.randrange(-9999, 9999),
                told=chance.randrange(10**6) if opening or chance.random() < 0.3 else None,
                customer=chance.choice(["ada", "bob", "cyd"]),
                account=chance.choice("abcde"),
                product=chance.choice(["deposit", "wealth", "loan", "card"]),
                kind="opening" if opening else chance.choice(["transfer", "fee", "purchase"]),
                initiator=chance.choice(["customer", "bank"]),
                reverses=at.date().isoformat() if not opening and chance.random() < 0.1 else None,
                measured=chance.random() < 0.95,
            )
        )
    return told


def tell(book: Book, events: list[Event], batch: int) -> Book:
    """Fold in batches; the open day is the same for all, so that only the batches differ."""
    for begin in range(0, len(events), batch):
        book.fold(*events[begin : begin + batch], open_day="2022-01-01")
        book.commit()
    return book


@pytest.mark.parametrize("seed", range(6))
def test_stored_bytes_and_rows_do_not_depend_on_batches_or_the_cache(seed: int) -> None:
    events = story(seed)
    whole = tell(Book(), events, len(events))
    for other in (tell(Book(cache_bytes=0), events, 7), tell(Book(cache_bytes=6000), events, 50)):
        assert other.store == whole.store
        assert other.ids == whole.ids
        for customer in whole.ids:
            whole.load([customer])
            other.load([customer])
            mine = whole.ledger.rows(whole.ledger.slots([customer]), day("2024-12-31"))
            theirs = other.ledger.rows(other.ledger.slots([customer]), day("2024-12-31"))
            np.testing.assert_array_equal(mine.values, theirs.values)


@pytest.mark.parametrize("seed", range(3))
def test_each_row_is_the_same_with_and_without_eviction(seed: int) -> None:
    kept, evicted = Book(), Book(cache_bytes=0)
    for event in story(seed, 150):
        np.testing.assert_array_equal(kept.fold(event).values, evicted.fold(event).values)
        evicted.commit()
        assert len(evicted.ledger) == 0


def test_a_record_read_and_written_is_the_same_record() -> None:
    book = tell(Book(), story(9), 100)
    again = Book()
    again.store = dict(book.store)
    again.load(book.ids)
    again.ledger.touch(again.ledger.slots(book.ids))
    again.commit()
    assert again.store == book.store


def test_a_daily_customers_record_stays_within_two_kilobytes_and_a_quiet_ones_within_400_bytes() -> None:
    book = Book()
    for index in range(500):
        at = f"{dt.date(2023, 1, 1) + dt.timedelta(days=index)}T12:00"
        book.fold(Event(at=at, amount=12_345, customer="daily"))
        if index % 30 == 0:
            book.fold(Event(at=at, amount=12_345, customer="quiet"))
    book.commit()
    assert len(book.store["daily"]) < 2048
    assert len(book.store["quiet"]) < 400


def test_profile_standings_and_settled_masks_are_stored_with_their_customer() -> None:
    book = Book(cache_bytes=0)
    book.fold(Event(at="2024-03-01T10:00", amount=5))
    slot = int(book.ledger.slots(["ada"])[0])
    book.tell("ada", kind="personal")
    book.ledger.profile(slot).standings["card"] = Standing(level="gold", since=19_000)
    book.ledger.settled[slot, LookKind.MONTH_CLOSE] = 2**63 + 1
    book.ledger.settled_flags[slot] = 1 << LookKind.MONTH_CLOSE
    book.ledger.deadline[slot] = 19_800
    book.ledger.touch_profile(slot)
    book.commit()
    assert len(book.ledger) == 0
    book.load(["ada"])
    slot = int(book.ledger.slots(["ada"])[0])
    profile = book.ledger.profile(slot)
    assert profile.standings == {"card": Standing(level="gold", since=19_000)}
    assert (profile.accounts, profile.facts) == (["current"], {"kind": "personal"})
    assert book.ledger.settled[slot, LookKind.MONTH_CLOSE].tolist() == [2**63 + 1]
    assert book.ledger.settled_flags[slot] == 1 << LookKind.MONTH_CLOSE
    assert book.ledger.deadline[slot] == 19_800


@pytest.mark.parametrize(("words", "tag"), [(1, TAG - 1), (2, TAG)])
def test_a_customer_settled_under_other_policies_loads_unsettled(words: int, tag: int) -> None:
    book = Book(cache_bytes=0)
    book.fold(Event(at="2024-03-01T10:00", amount=5))
    slot = int(book.ledger.slots(["ada"])[0])
    book.ledger.settled_flags[slot] = 1
    book.ledger.deadline[slot] = 19_800
    book.commit()
    book.ledger.set_policy(ALL, words, tag)
    book.load(["ada"])
    slot = int(book.ledger.slots(["ada"])[0])
    assert book.ledger.settled_flags[slot] == 0
    assert book.ledger.deadline[slot] == NO_DEADLINE
    assert book.measure("aum", "2024-03-01") == 5


def test_new_policies_unsettle_all_that_are_cached() -> None:
    book = Book()
    book.fold(Event(at="2024-03-01T10:00"))
    slot = int(book.ledger.slots(["ada"])[0])
    book.ledger.settled_flags[slot] = 31
    book.ledger.set_policy(("aum",), 3, 1)
    assert book.ledger.settled_flags[slot] == 0
    assert book.ledger.settled.shape[1:] == (len(LookKind), 3)


def test_a_slot_used_anew_starts_from_nothing() -> None:
    book = Book(cache_bytes=0)
    book.fold(Event(at="2024-03-01T10:00", amount=5, told=100))
    slot = int(book.ledger.slots(["ada"])[0])
    book.tell("ada", kind="personal")
    book.ledger.settled_flags[slot] = 31
    book.commit()
    rows = book.fold(Event(at="2024-03-01T10:00", customer="bob", initiator="bank"))
    assert rows.slots.tolist() == [slot]
    assert book.ledger.settled_flags[slot] == 0
    assert book.measure("kind", "2024-03-01", "bob") is None
    assert book.measure("aum", "2024-03-01", "bob") == 0
    assert book.measure("days_since_activity", "2024-03-01", "bob") is None


def test_the_cache_keeps_to_its_bound_and_lets_the_longest_unused_go_first() -> None:
    book = Book()
    for index in range(40):
        book.fold(Event(at="2024-03-01T10:00", customer=f"c{index}"))
        book.commit()
    used = book.ledger.cache_bytes_used
    small = Book(cache_bytes=used // 2)
    for index in range(40):
        small.fold(Event(at="2024-03-01T10:00", customer=f"c{index}"), Event(at="2024-03-01T10:00", customer="c0"))
        small.commit()
        assert small.ledger.cache_bytes_used <= used // 2
    assert small.ledger.absent(["c0", "c39", "c1"]) == ["c1"]


def test_what_changed_since_the_last_commit_is_not_evicted() -> None:
    book = Book(cache_bytes=0)
    book.fold(Event(at="2024-03-01T10:00"))
    ids, _ = book.ledger.pack_dirty()
    book.fold(Event(at="2024-03-01T10:00", amount=3))  # while the commit is under way
    book.ledger.committed()
    assert ids == ["ada"]
    assert len(book.ledger) == 1
    assert book.ledger.pack_dirty()[0] == ["ada"]


def test_only_customers_that_changed_are_packed() -> None:
    book = Book()
    book.fold(Event(at="2024-03-01T10:00"), Event(at="2024-03-01T10:00", customer="bob"))
    book.commit()
    book.ledger.rows(book.ledger.slots(["ada", "bob"]), day("2024-03-05"))
    assert book.ledger.pack_dirty() == ([], [])
    book.fold(Event(at="2024-03-02T10:00", customer="bob"))
    assert book.ledger.pack_dirty()[0] == ["bob"]


def test_new_customers_are_told_in_the_order_of_their_first_event_and_once() -> None:
    book = Book()
    names = ["bob", "ada", "bob", "cyd"]
    book.fold(*(Event(at="2024-03-01T10:00", customer=name, measured=False) for name in names))
    assert book.ledger.new_ids() == ["bob", "ada", "cyd"]
    book.commit()
    assert book.ledger.new_ids() == []
    book.fold(Event(at="2024-03-01T10:00"))
    assert book.ledger.new_ids() == []


def test_absent_names_each_customer_once_in_order() -> None:
    book = Book()
    book.fold(Event(at="2024-03-01T10:00"))
    assert book.ledger.absent(["cyd", "ada", "bob", "cyd"]) == ["cyd", "bob"]


def test_a_dropped_ledger_knows_nobody() -> None:
    book = Book()
    book.fold(Event(at="2024-03-01T10:00"))
    book.ledger.drop()
    assert len(book.ledger) == 0
    assert book.ledger.new_ids() == []
    assert book.ledger.pack_dirty() == ([], [])


def test_an_unknown_layout_is_refused_and_names_the_command() -> None:
    book = tell(Book(), [Event(at="2024-03-01T10:00")], 1)
    other = Book()
    with pytest.raises(
        LayoutUnknown, match=r"'ada' has layout 77, this version reads layouts 2 and 1: run `tierline rebuild`"
    ):
        other.ledger.load(["ada"], [b"\x4d" + book.store["ada"][1:]])


def test_a_record_cut_short_anywhere_is_refused() -> None:
    book = tell(Book(), story(3, 60), 60)
    record = book.store["ada"]
    numbers = len(record) - len(msgspec.msgpack.encode(book.ledger.profile(int(book.ledger.slots(["ada"])[0]))))
    for length in range(numbers):
        with pytest.raises(RecordUnreadable, match="tierline rebuild"):
            Book().ledger.load(["ada"], [record[:length]])


@pytest.mark.parametrize(("beyond", "refused"), [(0, False), (1, True)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_class_balance_beyond_its_limit_is_refused(beyond: int, refused: bool, sign: int) -> None:
    book = Book()
    part = CLASS_BALANCE_MAX // 10
    book.fold(*(Event(at="2024-03-01T10:00", told=sign * part, account=f"a{index}") for index in range(10)))
    last = Event(at="2024-03-02T10:00", amount=sign * beyond, account="a0")
    if not refused:
        rows = book.fold(last)
        assert rows.values[rows.names.index("aum_avg_12m")].tolist() == [sign * CLASS_BALANCE_MAX * 337]
        return
    with pytest.raises(CapacityError, match=r"offset 10 takes .* customer 'ada' beyond") as raised:
        book.fold(last)
    assert (raised.value.customer_id, raised.value.offset) == ("ada", 10)


def test_a_late_booking_that_takes_a_past_day_beyond_the_limit_is_refused() -> None:
    book = Book()
    step = CLASS_BALANCE_MAX // 10
    for index in range(10):
        book.fold(Event(at=f"2024-03-{index + 1:02}T10:00", amount=step))
    book.fold(Event(at="2024-03-20T10:00", amount=-step))
    with pytest.raises(CapacityError):
        book.fold(Event(at="2024-03-09T10:00", amount=step))  # 10 March would end beyond it, today does not


def test_areas_of_two_full_classes_over_a_leap_year_fit() -> None:
    book = Book()
    part = CLASS_BALANCE_MAX // 10
    for product in ("deposit", "wealth"):
        book.fold(
            *(Event(at="2023-12-31T10:00", told=part, account=f"{product}{i}", product=product) for i in range(10))
        )
    assert book.measure("aum_avg_12m", "2024-12-31") == 2 * CLASS_BALANCE_MAX * 366


@pytest.mark.parametrize("gap_days", [30, 60, 90, 120, 200])
def test_an_opening_that_moves_no_money_is_remembered_with_its_day(gap_days: int) -> None:
    """Its day is the head of the ring for what it prunes, so a record read again must know that day."""
    start = dt.date(2024, 1, 3)
    dates = [(start + dt.timedelta(days=step)).isoformat() for step in range(0, 200, 9)]
    bookings = [
        Event(at=f"{date}T10:00", amount=1_000 + index, customer="ada", account="a") for index, date in enumerate(dates)
    ]
    last = start + dt.timedelta(days=198 + gap_days)
    opening = Event(at=f"{last.isoformat()}T11:00", amount=0, told=50_000, customer="ada", account="b", kind="opening")
    cached, read_again = Book(), Book(cache_bytes=0)
    for book in (cached, read_again):
        tell(book, bookings, 5)
        book.fold(opening, open_day=last.isoformat())
        book.commit()
    for name in ALL:
        assert read_again.measure(name, last.isoformat()) == cached.measure(name, last.isoformat()), name
