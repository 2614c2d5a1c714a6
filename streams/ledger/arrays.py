"""The ledger's memory: arrays that grow, knot rows given out in chunks, account rows in blocks of powers of two."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from streams.ledger.compiled import kernel
from streams.ledger.layout import (
    ACCOUNT_COLUMNS,
    ACCOUNT_FACTS,
    ACCOUNTS,
    ACTIVITY_DAYS,
    BLOCK,
    BLOCK_SIZE,
    CHUNK,
    CHUNKS,
    CUSTOMER_COLUMNS,
    EARLIEST,
    EVENT_DAY,
    FIRST_DAY,
    KNOT_COLUMNS,
    KNOTS,
    NONE,
    OPENINGS,
)

Ints = NDArray[np.int64]
Number = TypeVar("Number", bound=np.number)

# Entries of ``pool``.
CHUNKS_TAKEN: Final = 0  # chunks ever taken: the next fresh one
CHUNKS_FREE: Final = 1  # chunks on the stack of freed ones
ROWS_TAKEN: Final = 2  # account rows ever taken
ROWS_FREE: Final = 3  # account rows in freed blocks
_POOL_ENTRIES: Final = 4
_BLOCK_SIZES: Final = 40
"""Sizes of account blocks: 1, 2, 4 ... rows."""


class Arrays(NamedTuple):
    """All numbers of all cached customers; see ``layout`` for the columns. Kernels take it whole."""

    customers: Ints  # (slots, CUSTOMER_COLUMNS)
    chunks: Ints  # (slots, CHUNKS)
    facts: Ints  # (slots, facts)
    days: Ints  # (knot rows,): the day of each knot
    knots: Ints  # (knot rows, KNOT_COLUMNS)
    free_chunks: Ints  # stack
    hashes: Ints  # (account rows,): the first row of a freed block links to the next
    accounts: Ints  # (account rows, ACCOUNT_COLUMNS)
    account_facts: Ints  # (account rows, ACCOUNT_FACTS)
    free_blocks: Ints  # (sizes,): first row of a freed block of that size, -1 for none
    pool: Ints


def make(slots: int, facts: int) -> Arrays:
    """Empty arrays for ``slots`` customers at first."""
    return Arrays(
        customers=np.zeros((slots, CUSTOMER_COLUMNS), np.int64),
        chunks=np.zeros((slots, CHUNKS), np.int64),
        facts=np.zeros((slots, facts), np.int64),
        days=np.empty(slots * CHUNK, np.int64),
        knots=np.empty((slots * CHUNK, KNOT_COLUMNS), np.int64),
        free_chunks=np.empty(slots, np.int64),
        hashes=np.empty(slots, np.int64),
        accounts=np.empty((slots, ACCOUNT_COLUMNS), np.int64),
        account_facts=np.empty((slots, ACCOUNT_FACTS), np.int64),
        free_blocks=np.full(_BLOCK_SIZES, -1, np.int64),
        pool=np.zeros(_POOL_ENTRIES, np.int64),
    )


def longer(array: NDArray[Number], length: int) -> NDArray[Number]:
    """A copy of ``array`` with room for ``length`` rows; fresh rows are zero."""
    grown = np.zeros((length, *array.shape[1:]), array.dtype)  # zero pages cost nothing until they are used
    grown[: len(array)] = array
    return grown


def with_slots(arrays: Arrays, slots: int) -> Arrays:
    """``arrays`` with room for ``slots`` customers."""
    return arrays._replace(
        customers=longer(arrays.customers, slots),
        chunks=longer(arrays.chunks, slots),
        facts=longer(arrays.facts, slots),
    )


def with_rows(arrays: Arrays, chunks: int, rows: int) -> Arrays:
    """``arrays`` with at least ``chunks`` chunks and ``rows`` account rows that were never taken."""
    chunks += int(arrays.pool[CHUNKS_TAKEN])
    rows += int(arrays.pool[ROWS_TAKEN])
    if chunks > len(arrays.free_chunks):
        chunks = max(chunks, len(arrays.free_chunks) * 2)
        arrays = arrays._replace(
            days=longer(arrays.days, chunks * CHUNK),
            knots=longer(arrays.knots, chunks * CHUNK),
            free_chunks=longer(arrays.free_chunks, chunks),
        )
    if rows > len(arrays.hashes):
        rows = max(rows, len(arrays.hashes) * 2)
        arrays = arrays._replace(
            hashes=longer(arrays.hashes, rows),
            accounts=longer(arrays.accounts, rows),
            account_facts=longer(arrays.account_facts, rows),
        )
    return arrays


@kernel
def chunks_left(a: Arrays) -> int:
    """Chunks that can be taken before the arrays must grow."""
    return int(len(a.free_chunks) - a.pool[CHUNKS_TAKEN] + a.pool[CHUNKS_FREE])


@kernel
def take_chunk(a: Arrays) -> int:
    """A chunk of knot rows; the caller made sure that one is left."""
    if a.pool[CHUNKS_FREE] > 0:
        a.pool[CHUNKS_FREE] -= 1
        return int(a.free_chunks[a.pool[CHUNKS_FREE]])
    taken = a.pool[CHUNKS_TAKEN]
    a.pool[CHUNKS_TAKEN] += 1
    return int(taken)


@kernel
def give_chunk(a: Arrays, chunk: int) -> None:
    """Give a chunk back."""
    a.free_chunks[a.pool[CHUNKS_FREE]] = chunk
    a.pool[CHUNKS_FREE] += 1


@kernel
def _size_class(size: int) -> int:
    order = 0
    while (1 << order) < size:
        order += 1
    return order


@kernel
def take_block(a: Arrays, size: int) -> int:
    """The first row of ``size`` account rows (a power of two); the caller made sure that they are left."""
    order = _size_class(size)
    row = a.free_blocks[order]
    if row >= 0:
        a.free_blocks[order] = a.hashes[row]
        a.pool[ROWS_FREE] -= size
        return int(row)
    row = a.pool[ROWS_TAKEN]
    a.pool[ROWS_TAKEN] += size
    return int(row)


@kernel
def give_block(a: Arrays, row: int, size: int) -> None:
    """Give a block of account rows back."""
    order = _size_class(size)
    a.hashes[row] = a.free_blocks[order]
    a.free_blocks[order] = row
    a.pool[ROWS_FREE] += size


@kernel
def clear(a: Arrays, slot: int) -> None:
    """Make ``slot`` a customer of whom nothing is known; it holds no chunks and no block."""
    for column in range(CUSTOMER_COLUMNS):
        a.customers[slot, column] = 0
    for column in (EARLIEST, EVENT_DAY, FIRST_DAY):
        a.customers[slot, column] = NONE
    for column in range(ACTIVITY_DAYS, OPENINGS):
        a.customers[slot, column] = NONE
    for column in range(a.facts.shape[1]):
        a.facts[slot, column] = NONE


@kernel
def clear_all(a: Arrays, slots: Ints) -> None:
    """``clear`` for each of ``slots``."""
    for slot in slots:
        clear(a, slot)


@kernel
def release(a: Arrays, slots: Ints) -> None:
    """Give back everything that customers hold; their slots may be used anew after ``clear``."""
    for slot in slots:
        for chunk in range((a.customers[slot, KNOTS] + CHUNK - 1) // CHUNK):
            give_chunk(a, a.chunks[slot, chunk])
        if a.customers[slot, BLOCK_SIZE] > 0:
            give_block(a, a.customers[slot, BLOCK], a.customers[slot, BLOCK_SIZE])
        a.customers[slot, KNOTS] = 0
        a.customers[slot, ACCOUNTS] = 0
        a.customers[slot, BLOCK_SIZE] = 0
