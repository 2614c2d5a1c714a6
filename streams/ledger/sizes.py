"""What cached customers take of memory, about."""

from __future__ import annotations

from typing import Final

from streams.ledger.arrays import CHUNKS_FREE, CHUNKS_TAKEN, ROWS_FREE, ROWS_TAKEN, Arrays, Ints
from streams.ledger.layout import (
    ACCOUNT_COLUMNS,
    ACCOUNT_FACTS,
    BLOCK_SIZE,
    CHUNK,
    CHUNKS,
    CUSTOMER_COLUMNS,
    KNOT_COLUMNS,
    KNOTS,
)
from streams.ledger.program import FACTS
from streams.rows import LOOK_KINDS

_WORD: Final = 8  # bytes of an int64
_CHUNK_BYTES: Final = CHUNK * (KNOT_COLUMNS + 2) * _WORD
_ACCOUNT_BYTES: Final = (ACCOUNT_COLUMNS + ACCOUNT_FACTS + 1) * _WORD
_CUSTOMER_BYTES: Final = (CUSTOMER_COLUMNS + CHUNKS + len(FACTS) + LOOK_KINDS + 3) * _WORD + 700
"""A customer's row in all arrays, and about 700 bytes of Python: id, encoded profile, places in a dict and two lists."""
_PROFILE_BYTES: Final = 1500
"""About what a decoded profile takes."""


def bytes_used(arrays: Arrays, customers: int, decoded: int) -> int:
    """Bytes that the cache takes with ``customers`` in it, ``decoded`` of them with their profile decoded."""
    pool = arrays.pool
    return (
        customers * _CUSTOMER_BYTES
        + int(pool[CHUNKS_TAKEN] - pool[CHUNKS_FREE]) * _CHUNK_BYTES
        + int(pool[ROWS_TAKEN] - pool[ROWS_FREE]) * _ACCOUNT_BYTES
        + decoded * _PROFILE_BYTES
    )


def bytes_of(customers: Ints) -> Ints:
    """Bytes that each of these rows of ``Arrays.customers`` gives back when it goes."""
    chunks = -(-customers[:, KNOTS] // CHUNK)
    freed: Ints = chunks * _CHUNK_BYTES + customers[:, BLOCK_SIZE] * _ACCOUNT_BYTES + _CUSTOMER_BYTES
    return freed
