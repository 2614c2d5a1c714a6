"""Hypothesis strategies for what must not matter: batches, commits, cache sizes, takeovers."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.properties.product import Handling

CACHES = [0, 1_000, 20_000, 1 << 26]
"""Bytes of cache: none at all, less than a customer, a few customers, everybody."""


def handlings() -> st.SearchStrategy[Handling]:
    """Any batch split with any cache size."""
    return st.builds(
        Handling,
        batches=st.lists(st.integers(1, 7), min_size=1, max_size=4).map(tuple) | st.just((1_000_000,)),
        commits=st.sampled_from([(True,), (True, False), (False, False, True)]),
        cache_bytes=st.sampled_from(CACHES),
        takeovers=st.booleans(),
    )
