"""Cycles of purchases: what is kept of each category."""

from __future__ import annotations

from schemas.limits import CLASS_BALANCE_MAX
from schemas.state import Profile
from streams.cycles import CATEGORIES_KEPT, CATEGORY_LENGTH_MAX, DAYS_KEPT, follow, take
from streams.rows import LookKind
from tests.unit.ledger.book import Book, Event, columns, day

MONDAY = day("2025-03-03")


def bought(at: str = "2025-03-03T10:00", amount: int = -5_000, category: str | None = "groceries") -> Event:
    """A purchase."""
    return Event(at=at, amount=amount, kind="purchase", category=category)


def followed(book: Book, *events: Event) -> dict[str, dict[int, int]]:
    """What a customer's profile holds once these bookings were applied."""
    book.fold(*events)
    follow(book.ledger, columns(list(events), book.calendar))
    return book.ledger.profile(int(book.ledger.slots(["ada"])[0])).cycles


def taken(profile: Profile, *purchases: tuple[int, int]) -> dict[int, int]:
    """The days kept of a category, after purchases on a day for an amount."""
    for on, spend in purchases:
        take(profile, "fuel", on, spend)
    return profile.cycles.get("fuel", {})


def test_purchases_of_a_day_are_added_up_by_category() -> None:
    kept = followed(Book(), bought(), bought(amount=-1), bought(category="fuel", at="2025-03-04T08:00"))
    assert kept == {"groceries": {MONDAY: 5_001}, "fuel": {MONDAY + 1: 5_000}}


def test_only_measured_purchases_with_a_category_count() -> None:
    refund, nameless = bought(amount=5_000), bought(category=None)
    long = bought(category="x" * (CATEGORY_LENGTH_MAX + 1))
    transfer = Event(at="2025-03-03T10:00", amount=-1, category="groceries")
    foreign = Event(at="2025-03-03T10:00", amount=-1, kind="purchase", category="groceries", measured=False)
    assert followed(Book(), refund, nameless, long, transfer, foreign) == {}
    longest = "x" * CATEGORY_LENGTH_MAX
    assert followed(Book(), bought(category=longest)) == {longest: {MONDAY: 5_000}}


def test_a_purchase_leaves_event_looks_settled_and_no_close() -> None:
    book = Book()
    book.fold(bought())
    slot = int(book.ledger.slots(["ada"])[0])
    book.ledger.settled_flags[slot] = 0b11111
    follow(book.ledger, columns([bought()], book.calendar))
    assert book.ledger.settled_flags[slot] == 1 << LookKind.EVENT


def test_what_is_kept_comes_back_from_the_store() -> None:
    book = Book(cache_bytes=0)
    followed(book, bought())
    book.commit()
    assert followed(book, bought(at="2025-03-10T10:00")) == {"groceries": {MONDAY: 5_000, MONDAY + 7: 5_000}}


def test_a_reversal_takes_a_purchase_back_on_its_own_day() -> None:
    mistake = Event(
        at="2025-03-05T10:00", amount=5_000, kind="purchase", category="groceries", reverses="2025-03-03"
    )  # fmt: skip
    assert followed(Book(), bought(), bought(amount=-1), mistake) == {"groceries": {MONDAY: 1}}
    assert followed(Book(), bought(), mistake) == {}
    assert followed(Book(), mistake) == {}


def test_a_reversal_that_names_a_later_day_than_its_own_takes_back_of_its_own() -> None:
    mistake = Event(
        at="2025-03-03T11:00", amount=5_000, kind="purchase", category="groceries", reverses="2025-03-05"
    )  # fmt: skip
    ahead = bought(at="2025-03-05T10:00")
    assert followed(Book(), bought(), ahead, mistake) == {"groceries": {MONDAY + 2: 5_000}}


def test_the_latest_days_of_a_category_are_kept_however_they_arrive() -> None:
    days = range(100, 100 + DAYS_KEPT)
    assert taken(Profile(), *((on, 1) for on in days)) == dict.fromkeys(days, 1)
    assert sorted(taken(Profile(), *((on, 1) for on in days), (200, 1))) == [*days[1:], 200]
    assert sorted(taken(Profile(), *((on, 1) for on in days), (99, 1))) == [*days]


def test_the_category_bought_longest_ago_goes() -> None:
    profile = Profile()
    for number in range(CATEGORIES_KEPT):
        take(profile, f"c{number:02}", 100 + number, 1)
    assert len(profile.cycles) == CATEGORIES_KEPT
    take(profile, "c00", 200, 1)
    take(profile, "new", 201, 1)
    assert len(profile.cycles) == CATEGORIES_KEPT
    assert "c01" not in profile.cycles
    take(profile, "late", 50, 1)
    assert "late" not in profile.cycles


def test_the_spend_of_a_day_stays_within_what_a_record_can_hold() -> None:
    assert taken(Profile(), (100, CLASS_BALANCE_MAX), (100, 1)) == {100: CLASS_BALANCE_MAX}
