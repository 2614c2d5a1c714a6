"""Outputs that the broker refuses for their size: cut down as far as they may be, never a cause."""

from __future__ import annotations

import pytest

from streams.claim import Refused
from streams.testing.logs import Cluster
from streams.testing.store import StoreServer
from tests.unit.one_partition import Bank, everything

RECORD_BYTES_MAX = 10_000


@pytest.fixture
def bank() -> Bank:
    bank = Bank()
    bank.cluster = Cluster(1, max_record_bytes=RECORD_BYTES_MAX)
    return bank


def bad(bank: Bank, key: bytes, value: bytes, trace: bytes) -> None:
    """A record that nobody can read, with a header of its producer's."""
    bank.cluster.log("transactions", 0).append(key, value, int(bank.now.timestamp() * 1000), (("trace", trace),))


@pytest.mark.parametrize(
    ("key", "trace", "left"),
    [(b"zoe", b"x", (b"zoe", b"x")), (b"zoe", b"x" * 9_900, (None, None)), (b"z" * 9_900, b"x", (None, None))],
    ids=["value", "header", "key"],
)
def test_a_dead_letter_loses_its_value_and_if_need_be_its_key_and_foreign_headers_and_the_stream_goes_on(
    bank: Bank, key: bytes, trace: bytes, left: tuple[bytes | None, bytes | None]
) -> None:
    bad(bank, key, b"?" * 9_950, trace)
    bank.book("zoe")
    assert bank.work() is None
    (letter,) = bank.cluster.log("dead-letters", 0).committed()
    headers = dict(letter.headers)
    assert letter.value is None
    assert (letter.key, headers.get("trace")) == left
    assert headers["tierline-error-offset"] == b"0"
    assert b"value of 9950 bytes left out" in headers["tierline-cut"]
    assert bank.published() == ["zoe"]


def test_an_entry_of_the_journal_is_never_cut_the_worker_stops_and_names_the_setting(bank: Bank) -> None:
    fitting = bank.policies
    bank.policies = {"abc.toml": fitting["abc.toml"] + "\n# " + "x" * RECORD_BYTES_MAX}
    bank.book("zoe")
    failure = bank.work()
    assert isinstance(failure, Refused)
    assert "refuses output '1' of partition 0 to journal for its size: raise max.message.bytes" in str(failure)
    assert bank.cluster.log("journal", 0).committed() == []
    bank.cluster.max_record_bytes = 2 * RECORD_BYTES_MAX
    assert bank.work() is None
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)
