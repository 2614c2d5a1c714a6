"""Which transactions were applied before: the same as sets of all hashes would say, in less memory."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pytest

from streams import seen
from streams.seen import CLOSES_KEPT, Seen


def hashes(*values: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Hashes as a batch has them."""
    return np.array(values, np.uint64)


def fresh(known: Seen, *values: int) -> list[int]:
    """The places of what was not seen."""
    found = known.fresh(hashes(*values))
    return list(range(len(values))) if found is None else found.tolist()


def test_only_the_first_sight_of_a_hash_is_fresh_in_the_order_of_the_batch() -> None:
    known = Seen({})
    assert known.fresh(hashes()) is None
    assert known.fresh(hashes(2**64 - 1, 0, 7)) is None
    assert fresh(known, 9, 3, 9, 9, 3, 1) == [0, 1, 5]
    known.add(5, hashes(3, 2**64 - 1))
    assert fresh(known, 2**64 - 1, 9, 3, 9, 1) == [1, 4]


def test_what_is_stored_is_known_and_may_be_added_to() -> None:
    known = Seen({4: hashes(8, 2, 5).tobytes(), 5: b""})
    assert fresh(known, 5, 6, 2, 9) == [1, 3]
    known.add(4, hashes(6))
    known.add(5, hashes(9))
    assert fresh(known, 5, 6, 2, 9, 1) == [4]


def test_a_day_is_forgotten_after_three_closes() -> None:
    known = Seen({4: hashes(1).tobytes()})
    known.add(5, hashes(2))
    assert known.expired(4 + CLOSES_KEPT) == []
    assert known.expired(5 + CLOSES_KEPT) == [4]
    assert known.expired(6 + CLOSES_KEPT) == [4, 5]
    known.forget([4])
    assert fresh(known, 1, 2) == [0]
    known.forget([5])
    assert fresh(known, 1, 2) == [0, 1]
    assert known.expired(100) == []


@pytest.mark.parametrize("full", [1, 2, 3, 7, 50])
def test_it_says_what_sets_of_all_hashes_say(full: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "LATEST_MAX", full)
    drawn = random.Random(full)
    known, days = Seen({}), dict[int, set[int]]()
    for day in range(12):
        for _ in range(drawn.randint(0, 12)):
            batch = [drawn.randint(0, 150) for _ in range(drawn.randint(0, 9))]
            all_known = set().union(*days.values())
            expected = [i for i, one in enumerate(batch) if one not in all_known and one not in batch[:i]]
            assert fresh(known, *batch) == expected
            applied = [batch[i] for i in expected]
            known.add(day, hashes(*applied))
            if applied:
                days.setdefault(day, set()).update(applied)
        gone = [one for one in days if one < day + 1 - CLOSES_KEPT]
        assert known.expired(day + 1) == gone
        known.forget(gone)
        for one in gone:
            del days[one]


def test_a_hash_takes_eight_bytes_beside_what_the_latest_take() -> None:
    drawn, count = np.random.default_rng(1), 8 * seen.LATEST_MAX
    tracemalloc.start()
    known = Seen({})
    for day in range(2):
        for _ in range(count // 2 // 1024):
            known.add(day, drawn.integers(0, 2**64, 1024, dtype=np.uint64))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 8.5 * count
