"""As of which day a look is, what it sees, and windows at their edges."""

from __future__ import annotations

import datetime as dt

import pytest

from schemas.measures import MEASURES, WINDOWS
from streams.calendar import number_of
from streams.rows import UNKNOWN
from tests.unit.ledger.book import Book, Event, day


@pytest.fixture
def book() -> Book:
    return Book()


def test_a_look_is_as_of_the_latest_of_own_day_open_day_and_the_day_looked_at_before(book: Book) -> None:
    rows = book.fold(
        Event(at="2024-03-05T10:00"),  # before the open day
        Event(at="2024-03-08T10:00"),  # ahead of it
        Event(at="2024-03-07T10:00"),  # already looked at as of the 8th
        Event(at="2024-03-07T10:00", customer="bob"),
        open_day="2024-03-06",
    )
    assert rows.as_of.tolist() == [day(f"2024-03-0{d}") for d in (6, 8, 8, 7)]
    slots = book.ledger.slots(["ada", "bob"])
    assert book.ledger.event_day[slots].tolist() == [day("2024-03-08"), day("2024-03-07")]
    assert book.ledger.first_day[slots].tolist() == [day("2024-03-06"), day("2024-03-07")]


def test_each_row_sees_the_events_up_to_its_own(book: Book) -> None:
    rows = book.fold(*(Event(at="2024-03-05T10:00", amount=amount) for amount in (1, 10, 100)))
    assert rows.values[rows.names.index("aum")].tolist() == [1, 11, 111]
    assert rows.values[rows.names.index("txn_count_mtd")].tolist() == [1, 2, 3]
    assert rows.divisors["aum_avg_mtd"].tolist() == [5, 5, 5]


def test_a_close_sees_the_end_of_its_day_though_later_events_are_in(book: Book) -> None:
    book.fold(Event(at="2024-02-29T10:00", amount=100), open_day="2024-02-29")
    book.fold(
        Event(at="2024-03-01T10:00", amount=10),
        Event(at="2024-03-02T10:00", amount=1, account="new"),
        open_day="2024-02-29",
    )
    assert [book.measure("aum", f"2024-{d}") for d in ("02-28", "02-29", "03-01", "03-02")] == [0, 100, 110, 111]
    assert book.measure("aum_avg_mtd", "2024-02-29") == 100
    assert book.measure("txn_count_mtd", "2024-02-29") == 1
    assert book.measure("txn_count_mtd", "2024-03-02") == 2
    assert book.measure("accounts_open", "2024-03-01") == 1
    assert book.measure("days_since_txn", "2024-02-29") == 0
    assert book.measure("days_since_activity", "2024-02-28") is None


def test_only_the_customer_wakes_activity(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00"),
        *(
            Event(at=f"2024-03-{d:02}T10:00", initiator=who)
            for d, who in ((2, "bank"), (3, "mandate"), (4, "third_party"))
        ),
    )
    assert book.measure("days_since_activity", "2024-03-05") == 4
    assert book.measure("days_since_txn", "2024-03-05") == 1
    assert book.measure("days_since_txn", "2024-03-02") == 0


def test_a_late_event_does_not_make_activity_newer(book: Book) -> None:
    book.fold(*(Event(at=f"2024-03-{d:02}T10:00") for d in (10, 12, 11, 12, 9)))
    assert [book.measure("days_since_activity", f"2024-03-{d}") for d in (10, 11, 12, 13)] == [0, 0, 0, 1]


def test_a_silent_customers_windows_move_on(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", amount=700))
    assert [book.measure("inflow_7d", f"2024-03-0{d}") for d in (6, 7, 8)] == [700, 700, 0]
    assert [book.measure("aum_avg_7d", f"2024-03-0{d}") for d in (1, 2, 7, 8)] == [700, 1400, 4900, 4900]
    assert book.measure("inflow_12m", "2025-02-28") == 700
    assert book.measure("inflow_12m", "2025-03-01") == 0
    assert book.measure("aum_avg_12m", "2030-12-31") == 700 * 365
    assert book.measure("days_since_txn", "2030-03-01") == 6 * 365 + 1


@pytest.mark.parametrize(
    ("window", "as_of", "first"),
    [
        ("7d", "2024-03-31", "2024-03-25"),
        ("30d", "2024-03-31", "2024-03-02"),
        ("90d", "2024-03-31", "2024-01-02"),
        ("mtd", "2024-02-29", "2024-02-01"),
        ("mtd", "2024-03-01", "2024-03-01"),
        ("qtd", "2024-03-31", "2024-01-01"),
        ("qtd", "2024-04-01", "2024-04-01"),
        ("ytd", "2024-12-31", "2024-01-01"),
        ("3m", "2024-03-31", "2024-01-01"),
        ("3m", "2024-02-29", "2023-12-01"),
        ("6m", "2024-02-29", "2023-09-01"),
        ("12m", "2024-02-29", "2023-03-01"),
        ("12m", "2024-12-31", "2024-01-01"),
        ("12m", "2024-12-01", "2024-01-01"),
    ],
)
def test_a_window_holds_its_first_day_and_not_the_day_before(window: str, as_of: str, first: str) -> None:
    inside = Book()
    inside.fold(Event(at=f"{first}T00:00", amount=5), Event(at=f"{as_of}T23:59", amount=0))
    before = dt.datetime.fromisoformat(f"{first}T00:00") - dt.timedelta(minutes=1)
    outside = Book()
    outside.fold(Event(at=before.isoformat(), amount=5), Event(at=f"{as_of}T23:59", amount=0))
    days = day(as_of) - day(first) + 1
    assert inside.measure(f"inflow_{window}", as_of) == 5
    assert outside.measure(f"inflow_{window}", as_of) == 0
    assert inside.measure(f"aum_avg_{window}", as_of) == outside.measure(f"aum_avg_{window}", as_of) == 5 * days
    assert inside.measure(f"txn_count_{window}", as_of) == 2
    assert outside.measure(f"txn_count_{window}", as_of) == 1


@pytest.mark.parametrize("every", [1, 3, 10])
def test_windows_stay_exact_over_years_at_any_pace(every: int) -> None:
    """An amount of one unit a booking: sums count bookings, and the close two days behind is exact too."""
    book = Book(columns=("inflow_12m", "inflow_90d", "aum_avg_12m", "aum_avg_90d", "inflow_ytd", "inflow_3m"))
    start, booked = dt.date(2022, 11, 3), []
    for index in range(0, 900, every):
        booked.append(start + dt.timedelta(days=index))
        book.fold(Event(at=f"{booked[-1]}T12:00", amount=1))
        if index % 50 < every:
            book.commit()
        for back in (0, 2):
            _compare(book, booked, booked[-1] - dt.timedelta(days=back))


def _compare(book: Book, booked: list[dt.date], as_of: dt.date) -> None:
    end = as_of.toordinal()
    rows = book.ledger.rows(book.ledger.slots(["ada"]), number_of(as_of))
    for name, values in zip(rows.names, rows.values, strict=True):
        window = MEASURES[name].window or ""
        first = end - book.calendar.window_days(window, number_of(as_of)) + 1
        ordinals = [date.toordinal() for date in booked]
        if name.startswith("aum_avg"):
            expected = sum(end - max(o, first) + 1 for o in ordinals if o <= end)
        else:
            expected = sum(first <= o <= end for o in ordinals)
        assert values.tolist() == [expected], (name, as_of)


@pytest.mark.parametrize("ago", [91, 92, 93, 94, 95, 120, 200, 400, 3000])
def test_a_late_event_is_exact_however_old(ago: int) -> None:
    """The ring holds 94 days; before it a booking counts in its month, and before that in every balance."""
    start = dt.date(2024, 8, 1)
    early, late = Book(), Book()
    daily = [Event(at=f"{start + dt.timedelta(days=index)}T12:00", amount=index) for index in range(200)]
    last = start + dt.timedelta(days=199)
    old = Event(at=f"{last - dt.timedelta(days=ago)}T13:00", amount=10**6, initiator="bank")
    early.fold(old, *daily)
    late.fold(*daily, old)
    for back in (0, 1, 2):
        as_of = (last - dt.timedelta(days=back)).isoformat()
        for window in WINDOWS:
            for family in ("aum_avg", "inflow", "txn_count"):
                name = f"{family}_{window}"
                assert late.measure(name, as_of) == early.measure(name, as_of), (name, as_of)
    assert late.measure("aum", last.isoformat()) == early.measure("aum", last.isoformat())
    assert late.ledger.take_counts()["approximate"] == (ago > 93)


def test_facts_are_columns_text_by_code_dates_by_day(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00"))
    slot = int(book.ledger.slots(["ada"])[0])
    book.tell("ada", kind="personal", birth_date="1970-01-11", owner_id="rm-7")
    assert book.measure("birth_date", "2024-03-01") == 10
    assert book.measure("kind", "2024-03-01") == book.vocabulary.code("personal")
    assert book.measure("branch_id", "2024-03-01") is None
    book.tell("ada", owner_id=None)
    assert book.measure("owner_id", "2024-03-01") is None
    assert book.ledger.profile(slot).facts == {
        "kind": "personal",
        "birth_date": "1970-01-11",
        "initial_owner_id": "rm-7",
    }


def test_facts_tell_of_a_customer_and_their_look_sees_it(book: Book) -> None:
    book.load(["zoe"])
    slots = book.ledger.slots(["zoe"])
    book.tell("zoe", kind="corporate")
    assert book.ledger.first_day[slots].tolist() == [UNKNOWN]
    assert book.measure("days_known", "2024-03-01", "zoe") is None
    rows = book.ledger.look_at(slots, day("2024-03-01"))
    assert rows.values[rows.names.index("days_known")].tolist() == [0]
    assert book.ledger.event_day[slots].tolist() == [day("2024-03-01")]
    book.fold(Event(at="2024-03-02T10:00"), Event(at="2024-03-02T10:00", customer="zoe"), open_day="2024-02-01")
    assert book.ledger.first_day[slots].tolist() == [day("2024-03-01")]
    assert book.ledger.new_ids() == ["zoe", "ada"]


def test_tenure_is_unknown_at_a_close_before_the_first_booking(book: Book) -> None:
    book.load(["zoe"])
    slots = book.ledger.slots(["zoe"])
    book.tell("zoe", kind="personal")
    book.ledger.look_at(slots, day("2024-03-01"))
    book.fold(Event(at="2024-03-03T10:00", customer="zoe"), open_day="2024-03-01")
    tenure = [book.measure("tenure_days", f"2024-03-0{d}", "zoe") for d in (1, 2, 3, 4)]
    assert tenure == [None, None, 0, 1]
    assert book.measure("days_known", "2024-03-03", "zoe") == 2


def test_an_unknown_column_is_refused_by_name(book: Book) -> None:
    with pytest.raises(ValueError, match="'aum_avg_8d' is neither a measure nor a fact"):
        book.ledger.set_policy(("aum", "aum_avg_8d"), 1, 0)
