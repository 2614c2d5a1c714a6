"""A tombstone erases a customer for good: from the store, from what the journal says, and from every rebuild."""

from __future__ import annotations

import pytest

from schemas.journal import CustomerErased
from streams.claim import Refused
from streams.sealing import hash_of
from streams.testing.store import StoreServer
from tests.unit.one_partition import Bank, everything


@pytest.fixture
def bank() -> Bank:
    """Three customers of whom facts and bookings are known; the second is then erased, and two days closed."""
    bank = Bank()
    for customer in ("zoe", "ann", "bob"):
        bank.facts(customer, kind="personal", owner_id="rm-7")
        bank.talk(customer, role="manager")
        bank.book(customer)
    assert bank.work() is None
    bank.erase("ann")
    bank.book("zoe", days=1)
    bank.book("bob", days=1)
    assert bank.work() is None
    return bank


def dropped(bank: Bank, topic: str) -> float | None:
    return bank.metrics.registry.get_sample_value("tierline_erased_dropped_total", {"topic": topic})


def test_record_key_and_id_are_gone_and_the_place_stays(bank: Bank) -> None:
    held = bank.server.at(0)
    assert held.ids == ["zoe", "", "bob"]
    assert held.customers.keys() == {"zoe", "bob"}
    assert held.keys.keys() == {hash_of("zoe"), hash_of("bob")}
    assert held.erased == {hash_of("ann")}
    state = bank.server.state(0)
    assert state is not None
    assert state.customers == 3
    assert bank.published() == ["zoe", "ann", "bob"]


def test_the_journal_names_the_erased_by_hash_and_shows_nobodys_facts(bank: Bank) -> None:
    erased = [entry.payload for entry in bank.journal() if isinstance(entry.payload, CustomerErased)]
    assert erased == [CustomerErased(source_offset=3, customer=hash_of("ann"))]
    text = b"".join(record.value or b"" for record in bank.cluster.log("journal", 0).committed())
    assert not any(word in text for word in (b"ann", b"zoe", b"bob", b"rm-7", b"manager"))


def test_later_records_of_the_erased_are_dropped_and_counted(bank: Bank) -> None:
    before = everything(bank.server)[1:4]
    bank.book("ann")
    bank.book("ann")
    bank.facts("ann", kind="corporate")
    bank.talk("ann")
    bank.erase("ann")
    assert bank.work() is None
    assert everything(bank.server)[1:4] == before
    assert [dropped(bank, topic) for topic in ("transactions", "customers", "interactions")] == [2, 2, 1]
    assert bank.published() == ["zoe", "ann", "bob"]


def test_a_rebuild_cannot_bring_the_erased_back_and_comes_to_the_same_state(bank: Bank) -> None:
    for topic in ("customers", "interactions"):  # the journal must be enough
        bank.cluster.log(topic, 0).compact(range(bank.cluster.log(topic, 0).end))
    anew = StoreServer()
    anew.at(0).keys = dict(bank.server.at(0).keys)
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)
    assert bank.published() == ["zoe", "ann", "bob"]


def test_without_any_keys_a_rebuild_reads_the_facts_of_the_others_from_their_topic(bank: Bank) -> None:
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)


@pytest.mark.parametrize("topic", ["customers", "interactions"])
def test_a_lost_key_whose_record_is_gone_too_is_refused_in_words(bank: Bank, topic: str) -> None:
    bank.cluster.log(topic, 0).compact([0])
    failure = bank.work(StoreServer(), rebuild=True)
    assert isinstance(failure, Refused)
    assert f"with a key that the store has lost, and the record at offset 0 of {topic}" in str(failure)


def test_a_store_that_lost_the_erasure_erases_again_whatever_comes_in_between() -> None:
    lost = Bank()
    for customer in ("zoe", "ann"):
        lost.facts(customer, kind="personal")
        lost.book(customer)
    assert lost.work() is None
    backup = lost.server.at(0).copy()
    lost.book("ann")
    lost.facts("ann", kind="corporate")
    assert lost.work() is None
    lost.erase("ann")
    assert lost.work() is None
    done = everything(lost.server)
    lost.server.partitions[0] = backup
    assert lost.work() is None
    assert everything(lost.server) == done
    assert lost.server.at(0).ids == ["zoe", ""]


def test_whoever_is_erased_before_ever_being_seen_stays_unseen() -> None:
    bank = Bank()
    bank.book("zoe")
    bank.erase("eve")
    assert bank.work() is None
    bank.book("eve")
    assert bank.work() is None
    assert bank.server.at(0).ids == ["zoe"]
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)


def test_customers_met_in_one_batch_with_the_erased_keep_their_places_in_a_rebuild() -> None:
    bank = Bank()
    for customer in ("zoe", "ann", "bob", "ann", "eve"):
        bank.book(customer)
    assert bank.work() is None
    bank.erase("ann")
    bank.erase("zoe")
    assert bank.work() is None
    assert bank.server.at(0).ids == ["", "", "bob", "eve"]
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)
