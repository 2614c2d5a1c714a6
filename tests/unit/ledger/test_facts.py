"""Facts in the ledger: what is kept of them, and what the looks see."""

from __future__ import annotations

import tracemalloc

import pytest

from schemas.state import KnownAccount, Override, Profile, Standing
from streams.ledger.facts import FactCodes
from streams.rows import Vocabulary
from tests.unit.ledger.book import PLENTY, Book, Event, day


@pytest.fixture
def book() -> Book:
    return Book()


def profile(book: Book, customer: str = "ada") -> Profile:
    return book.ledger.profile(int(book.ledger.slots([customer])[0]))


def reloaded(book: Book) -> Book:
    book.commit()
    book.ledger.drop()
    return book


def test_what_a_record_does_not_name_stays_and_null_makes_unknown(book: Book) -> None:
    book.tell("ada", kind="personal", region="north", has_phone=False, total_assets=0)
    book.tell("ada", region=None, has_phone=True)
    assert profile(book).facts == {"kind": "personal", "has_phone": True, "total_assets": 0}
    assert book.measure("region", "2024-03-01") is None
    assert book.measure("has_phone", "2024-03-01") == 1
    assert book.measure("total_assets", "2024-03-01") == 0


def test_the_last_source_to_tell_a_fact_counts_and_each_keeps_its_own_freshness(book: Book) -> None:
    book.tell("ada", "2024-03-01", source="core", card_level="gold")
    book.tell("ada", "2024-03-05", source="cards", card_level="platinum", as_of="2024-03-04")
    book.tell("ada", "2024-03-06", source="cards", as_of="2024-03-03")
    assert profile(book).facts["card_level"] == "platinum"
    assert profile(book).sources == {"core": day("2024-03-01"), "cards": day("2024-03-04")}


def test_the_first_owner_is_kept_by_itself_unless_told(book: Book) -> None:
    book.tell("ada", owner_id="rm-1")
    book.tell("ada", owner_id="rm-2")
    assert profile(book).facts == {"owner_id": "rm-2", "initial_owner_id": "rm-1"}
    book.tell("ada", initial_owner_id="rm-0")
    assert profile(book).facts["initial_owner_id"] == "rm-0"
    book.tell("bob", owner_id="rm-2", initial_owner_id="rm-1")
    assert profile(book, "bob").facts == {"owner_id": "rm-2", "initial_owner_id": "rm-1"}


def test_a_share_is_kept_in_whole_millionths(book: Book) -> None:
    book.tell("ada", settlement_share=0.6, affiliate_share=1)
    assert book.measure("settlement_share", "2024-03-01") == 600_000
    assert book.measure("affiliate_share", "2024-03-01") == 1_000_000


def test_numbers_that_are_told_leave_nothing_behind_but_themselves() -> None:
    codes = FactCodes(Vocabulary())
    column = codes.column("total_assets")
    tracemalloc.start()
    for amount in range(10**12, 10**12 + 5_000):
        assert codes.row({"total_assets": amount})[column] == amount
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 5_000


@pytest.mark.parametrize(
    ("birth", "as_of", "age"),
    [
        ("1964-03-02", "2024-03-01", 59),
        ("1964-03-02", "2024-03-02", 60),
        ("1964-02-29", "2023-02-27", 58),
        ("1964-02-29", "2023-02-28", 59),
        ("1964-02-29", "2024-02-28", 59),
        ("1964-02-29", "2024-02-29", 60),
        ("1900-12-31", "2024-12-30", 123),
        ("2024-03-01", "2024-03-01", 0),
        ("2024-03-02", "2024-03-01", None),
    ],
)
def test_age_turns_on_the_birthday(book: Book, birth: str, as_of: str, age: int | None) -> None:
    book.tell("ada", birth_date=birth)
    assert book.measure("age", as_of) == age


def test_labels_and_tags_are_columns_for_whoever_asks(book: Book) -> None:
    book.tell("ada", labels={"loan_class": "quality", "other": "x"}, tags=["vip", "golf"])
    assert book.measure("label_loan_class", "2024-03-01") == book.vocabulary.code("quality")
    assert book.measure("label_none", "2024-03-01") is None
    assert [book.measure(f"tag_{tag}", "2024-03-01") for tag in ("vip", "golf", "sail")] == [1, 1, 0]
    book.tell("bob", kind="personal")
    assert book.measure("tag_vip", "2024-03-01", "bob") is None
    reloaded(book)
    assert book.measure("tag_golf", "2024-03-01") == 1
    book.tell("ada", labels={"loan_class": None})
    assert book.measure("label_loan_class", "2024-03-01") is None
    assert profile(book).facts["label_other"] == "x"


def test_each_source_replaces_its_own_tags_only(book: Book) -> None:
    book.tell("ada", source="core", tags=["b", "a"])
    book.tell("ada", source="cards", tags=["b", "c"])
    assert profile(book).facts["tags"] == "a,b,c"
    book.tell("ada", source="core", tags=[])
    assert profile(book).facts["tags"] == "b,c"
    book.tell("ada", source="cards", tags=None)
    assert profile(book).facts["tags"] == ""
    assert book.measure("tag_b", "2024-03-01") == 0
    book.tell("ada", source="core", tags=None)
    assert "tags" not in profile(book).facts
    assert book.measure("tag_b", "2024-03-01") is None


def test_an_account_is_open_from_its_opening_to_the_day_before_it_closes(book: Book) -> None:
    book.tell("ada", accounts=[{"account_id": "x", "product": "card", "opened_on": "2024-02-01"}])
    opened = [book.measure("accounts_open", date) for date in ("2024-01-31", "2024-02-01", "2024-03-01")]
    assert opened == [0, 1, 1]
    book.tell("ada", accounts=[{"account_id": "x", "product": "card", "closed_on": "2024-03-10"}])
    assert [book.measure("accounts_open", f"2024-03-{d:02}") for d in (9, 10, 11)] == [1, 0, 0]
    book.tell("ada", accounts=[{"account_id": "x", "product": "card", "closed_on": None}])
    assert book.measure("accounts_open", "2024-03-11") == 1


def test_an_account_without_an_opening_day_is_open_from_the_day_it_was_told_of(book: Book) -> None:
    book.tell("ada", "2024-03-05", accounts=[{"account_id": "x", "product": "card"}])
    assert [book.measure("accounts_open", f"2024-03-0{d}") for d in (4, 5)] == [0, 1]


def test_an_account_that_only_facts_know_survives_the_store_and_takes_its_first_booking(book: Book) -> None:
    account = {"account_id": "x", "product": "wealth", "matures_on": "2024-09-01", "counts_in_aum": True}
    book.tell("ada", accounts=[account])
    reloaded(book)
    assert book.measure("accounts_open", "2024-03-01") == 1
    assert book.measure("tenure_days", "2024-03-01") is None
    book.fold(Event(at="2024-03-02T10:00", account="x", amount=5), Event(at="2024-03-02T10:00", account="y"))
    assert profile(book).accounts == ["x", "y"]
    assert book.measure("accounts_open", "2024-03-02") == 2
    assert book.measure("wealth", "2024-03-02") == 5  # the product told first stays
    assert profile(book).account_facts == {"x": KnownAccount(matures_on=day("2024-09-01"), counts_in_aum=True)}


def test_facts_of_accounts_stay_with_their_rows_as_accounts_grow_and_customers_are_evicted() -> None:
    book = Book(cache_bytes=0)
    for number in range(9):
        closed = "2024-03-02" if number % 2 else None
        book.tell("ada", accounts=[{"account_id": f"a{number}", "product": "card", "closed_on": closed}])
        book.fold(Event(at="2024-03-01T10:00", account=f"b{number}"))
        book.commit()
    assert book.measure("accounts_open", "2024-03-01") == 18
    assert book.measure("accounts_open", "2024-03-02") == 14


def test_stored_bytes_do_not_depend_on_when_a_customer_was_evicted() -> None:
    stores = []
    for cache in (0, PLENTY):
        book = Book(cache_bytes=cache)
        for number in range(4):
            book.tell("ada", accounts=[{"account_id": f"a{number}", "product": "card", "opened_on": "2024-01-01"}])
            book.fold(Event(at=f"2024-03-0{number + 1}T10:00", account="a2"))
            book.commit()
        stores.append(book.store)
    assert stores[0] == stores[1]


def test_family_dates_change_by_name(book: Book) -> None:
    book.tell("ada", family_dates={"spouse_birthday": "1970-01-02", "wedding": "1970-01-03"})
    book.tell("ada", family_dates={"wedding": None})
    assert profile(book).family_dates == {"spouse_birthday": 1}


def test_a_new_override_goes_on_with_the_level_that_the_first_one_replaced(book: Book) -> None:
    told = {"scheme": "s", "level": "gold", "reason": "r", "until": "2024-04-01", "by": "eve"}
    book.tell("ada", override=told)
    first = profile(book).overrides["s"]
    assert first == Override(level="gold", until=day("2024-04-01"), reason="r", by="eve")
    first.since, first.before = day("2024-03-01"), Standing(level="silver")
    book.tell("ada", override=told | {"level": "diamond"})
    second = profile(book).overrides["s"]
    assert (second.level, second.since, second.before) == ("diamond", day("2024-03-01"), Standing(level="silver"))
    book.tell("ada", "2024-03-07", override=told | {"level": None})
    assert profile(book).overrides["s"].until == day("2024-03-06")
    book.tell("ada", override=told | {"scheme": "other", "level": None})
    assert profile(book).overrides.keys() == {"s"}
