"""Data quality by source: what is counted, and that crashes and batches do not show."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from schemas.quality import KeyInformation, SourceCounts
from streams.event_ages import EventAges
from streams.quality import OTHERS, SOURCES_MAX
from streams.tally import SOURCE_LENGTH_MAX, header_source
from streams.testing.store import StoreServer
from tests.unit.sources import CARDS, Bank, Dying


def some_of_all(bank: Bank) -> None:
    """A day with everything that is counted, of two sources and of facts."""
    bank.facts("ada", source="crm", kind="personal")
    bank.facts("ada", source="crm", kind="alien")
    bank.facts("ada", kind="alien")
    bank.book(CARDS, balance_after=1_000)
    bank.book(CARDS, balance_after=1_101)  # a cent too much
    bank.book(CARDS, balance_after=1_201, transaction_id="twice")
    bank.book(CARDS, balance_after=1_201, transaction_id="twice")
    bank.write(b"{", CARDS)
    bank.book(balance_after=1_301)
    bank.book(days_old=-3)  # beyond the open day + 2: set aside
    bank.book(days_old=3)
    bank.book(days_old=4)
    bank.book(kind="opening", amount=0, balance_after=0, days_old=40)


COUNTED = {
    "crm": SourceCounts(records=2, rejected=1),
    "core": SourceCounts(records=1, rejected=1),
    "/cards": SourceCounts(records=5, rejected=1, duplicates=1, applied=3, told=3, gaps=1),
    "transactions": SourceCounts(records=5, rejected=1, applied=3, told=1, late=1),
}


@pytest.mark.parametrize("batch_records", [1, 3, 1000])
def test_what_each_source_sent_is_counted_whatever_the_batches(batch_records: int) -> None:
    bank = Bank()
    some_of_all(bank)
    bank.work(batch_records=batch_records)
    assert bank.quality.sources == COUNTED
    for source, counts in COUNTED.items():
        for what, count in msgspec.structs.asdict(counts).items():
            assert bank.value("tierline_source_records_total", source=source, what=what) == (count or None)


def test_a_day_is_judged_once_it_is_closed_and_the_next_one_begins_at_zero() -> None:
    bank = Bank()
    some_of_all(bank)
    bank.later()
    bank.book()
    bank.work()
    assert bank.told() == [
        ("raised", "crm", "rejected_percent", "2024-03-01"),
        ("raised", "transactions", "late_percent", "2024-03-01"),
    ]
    assert bank.quality.sources == {"transactions": SourceCounts(records=1, applied=1)}


def test_sources_beyond_the_most_are_counted_together_whatever_the_batches() -> None:
    states = []
    for batch_records in (1, 7, 1000):
        bank = Bank()
        for number in range(SOURCES_MAX + 3):
            bank.book((("ce_source", f"/s{number}".encode()),))
        bank.book((("ce_source", b"/s0"),))
        bank.work(batch_records=batch_records)
        states.append(bank.quality.sources)
    one = SourceCounts(records=1, applied=1)
    assert states[0] == {f"/s{number}": one for number in range(SOURCES_MAX)} | {
        "/s0": SourceCounts(records=2, applied=2),
        OTHERS: SourceCounts(records=3, applied=3),
    }
    assert states[0] == states[1] == states[2]


def test_totals_grow_from_close_to_close_and_silent_names_give_up_their_places_only_where_one_is_lacking() -> None:
    bank = Bank()
    names = [f"/s{number}" for number in range(SOURCES_MAX)]
    known = []
    for day in (names, ["/s0"], ["/s0", "/more", "/more"], ["/s0", "/new"], ["/s0"]):
        for name in day:
            bank.book((("ce_source", name.encode()),))
        bank.work()
        known.append(len(bank.quality.totals))
        bank.later()
    assert known == [0, SOURCES_MAX, SOURCES_MAX, 2, 3]
    assert bank.quality.totals == {
        "/s0": SourceCounts(records=4, applied=4),
        OTHERS: SourceCounts(records=2, applied=2),
        "/new": SourceCounts(records=1, applied=1),
    }
    assert bank.quality.sources == {"/s0": SourceCounts(records=1, applied=1)}


def a_crowd(bank: Bank) -> Iterator[None]:
    """Two firms and six persons, of two of whom nothing is told; four days with alerts that come and go, each in its turn."""
    whole = {"has_address": True, "has_phone": True, "has_employer": True}
    for number, more in enumerate([whole, whole, whole, {**whole, "has_phone": False}]):
        bank.facts(f"p{number}", kind="personal", **more)
    bank.facts("firm", kind="corporate", has_address=True)
    bank.facts("town", kind="institution")
    for day in range(4):
        bank.book(CARDS)
        bank.book(CARDS)
        bank.write(b"{", CARDS if day in {0, 1} else ())
        bank.book(customer_id="untold")
        yield
        bank.later()
    bank.book()
    yield


def test_key_information_is_of_persons_alone_and_told_by_field() -> None:
    bank = Bank()
    for _ in a_crowd(bank):
        pass
    bank.work()
    assert bank.quality.closed == KeyInformation(persons=6, address=4, phone=3, employer=4, complete=3)
    for field, count in {"persons": 6, "address": 4, "phone": 3, "employer": 4, "complete": 3}.items():
        assert bank.told_at_work("tierline_key_information", partition="0", field=field) == count


def test_a_worker_that_dies_at_any_commit_leaves_the_same_counts_and_alerts_and_a_rebuild_the_same_state() -> None:
    calm, small = Bank(), Bank()
    for _ in a_crowd(calm):
        calm.work()
    for _ in a_crowd(small):
        small.work(sweep_customers=1, batch_records=2)
    assert [(kind, source, day[-1:]) for kind, source, _, day in calm.told()] == [
        ("raised", "/cards", "1"),
        ("raised", "customers", "1"),
        ("cleared", "/cards", "3"),
        ("raised", "transactions", "3"),
    ]
    for commits in range(1, small.server.at(0).commit_no + 1):
        bank = Bank()
        dying = Dying(bank.server, commits)
        for _ in a_crowd(bank):
            if not dying.is_dead:
                bank.work(store=dying, sweep_customers=1, batch_records=2)
            if dying.is_dead:
                bank.work(sweep_customers=3)
        assert bank.told() == calm.told(), commits
        assert bank.quality.totals == calm.quality.totals, commits
        assert [one.totals for one in bank.judgements()] == [one.totals for one in calm.judgements()], commits
        first, alerts, bank.server = bank.server.state(0), bank.alerts(), StoreServer()
        bank.work(rebuild=True)
        assert (bank.server.state(0), bank.alerts()) == (first, alerts), commits


def test_facts_count_for_their_source_after_an_erasure_too() -> None:
    bank = Bank()
    bank.facts("ada", source="crm")
    bank.cluster.log("customers", 0).append(b"ada", None, bank.stamp)
    bank.facts("ada", source="crm")
    bank.book(customer_id="bob")
    bank.work()
    first, bank.server = bank.quality, StoreServer()
    bank.work(rebuild=True)
    assert bank.quality == first
    assert first.sources["crm"] == SourceCounts(records=1)  # the second one is about nobody, and is not kept


def test_a_source_in_the_header_of_unreadable_facts_is_believed_if_they_name_none() -> None:
    bank = Bank()
    for value in (b"{", b"[]", b'{"source": 7}', b"\xff"):
        bank.cluster.log("customers", 0).append(b"ada", value, bank.stamp, CARDS)
    bank.cluster.log("customers", 0).append(b"ada", b'{"source": "crm"}', bank.stamp, CARDS)
    bank.book()
    bank.work()
    assert {name: counts.rejected for name, counts in bank.quality.sources.items()} == {
        "/cards": 4, "crm": 1, "transactions": 0
    }  # fmt: skip


@pytest.mark.parametrize(("headers", "source"), [((), "interactions"), (CARDS, "/cards")])
def test_interactions_count_for_the_source_in_their_header_and_after_an_erasure_too(
    headers: tuple[tuple[str, bytes], ...], source: str
) -> None:
    bank = Bank()
    for number, customer in enumerate(("ada", "ada", "bob")):
        bank.talk(customer, headers, interaction_id=f"i{number}")
    bank.talk("bob", headers, interaction_id="i3", kind="shout")
    bank.book(customer_id="bob")
    bank.work()
    bank.cluster.log("customers", 0).append(b"ada", None, bank.stamp)
    bank.work()
    bank.talk("ada", headers, interaction_id="i4")  # about nobody, and not kept
    bank.work()
    first, bank.server = bank.quality, StoreServer()
    assert first.sources[source] == SourceCounts(records=4, rejected=1)
    bank.work(rebuild=True)
    assert bank.quality == first


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ((), "transactions"),
        ((("ce_id", b"/x"),), "transactions"),
        ((("ce_id", b"1"), ("ce_source", b"/core")), "/core"),
        ((("ce_source", "/核心".encode()),), "/核心"),
        ((("ce_source", b""),), "transactions"),
        ((("ce_source", b" "),), "transactions"),
        ((("ce_source", b"a\nb"),), "transactions"),
        ((("ce_source", b"x" * (SOURCE_LENGTH_MAX + 1)),), "x" * SOURCE_LENGTH_MAX),
        ((("ce_source", b"/\xff"),), "/\ufffd"),
    ],
)
def test_a_source_is_what_the_header_names_if_it_can_be_shown(
    headers: tuple[tuple[str, bytes], ...], name: str
) -> None:
    assert header_source(headers, "transactions") == name


def test_ages_fall_into_the_bucket_whose_bound_they_do_not_pass() -> None:
    registry = CollectorRegistry()
    ages = EventAges(registry)
    ages.add("core", np.array([-5, 0, 1_000_000, 1_000_001, 10_000_000]))
    ages.add("core", np.array([2_592_000_000_001]))
    found = {
        le: registry.get_sample_value("tierline_event_age_seconds_bucket", {"source": "core", "le": le})
        for le in ("1.0", "10.0", "60.0", "2592000.0", "+Inf")
    }
    assert found == {"1.0": 3, "10.0": 5, "60.0": 5, "2592000.0": 5, "+Inf": 6}
    total = registry.get_sample_value("tierline_event_age_seconds_sum", {"source": "core"})
    assert total == pytest.approx(2_592_012.000002)


def test_ages_are_told_by_source_without_openings() -> None:
    bank = Bank()
    some_of_all(bank)
    bank.work()
    assert bank.value("tierline_event_age_seconds_count", source="/cards") == 3
    assert bank.value("tierline_event_age_seconds_count", source="transactions") == 3
    assert bank.value("tierline_event_age_seconds_bucket", source="transactions", le="1.0") == 1
    assert bank.value("tierline_event_age_seconds_bucket", source="transactions", le="259200.0") == 2
