"""Numbers of any size in as few bytes as they need: seven bits a byte, low ones first, the sign folded in.

A reader never leaves its record: past the end it reads 0 and stays past the end, which the caller checks once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.ledger.compiled import kernel

Bytes = NDArray[np.uint8]

BYTES_MAX = 10
"""Bytes of the longest number: 64 bits, seven a byte."""


@kernel
def put(buffer: Bytes, at: int, value: int) -> int:
    """Write a signed number at ``at``; where the next one goes."""
    signed = np.int64(value)
    rest = np.uint64((signed << 1) ^ (signed >> 63))
    while rest >= np.uint64(128):
        buffer[at] = np.uint8((rest & np.uint64(127)) | np.uint64(128))
        rest >>= np.uint64(7)
        at += 1
    buffer[at] = np.uint8(rest)
    return at + 1


@kernel
def get(buffer: Bytes, at: int, end: int) -> tuple[int, int]:
    """Read a signed number: ``(number, where the next one is)``."""
    found = np.uint64(0)
    shift = np.uint64(0)
    while at < end:
        byte = np.uint64(buffer[at])
        at += 1
        if shift < np.uint64(64):
            found |= (byte & np.uint64(127)) << shift
        if byte < np.uint64(128):
            return int(np.int64(found >> np.uint64(1)) ^ -np.int64(found & np.uint64(1))), at
        shift += np.uint64(7)
    return 0, end + 1


@kernel
def put_raw(buffer: Bytes, at: int, value: int) -> int:
    """Write 64 bits as they are (hashes do not shrink)."""
    for index in range(8):
        buffer[at + index] = np.uint8((value >> (8 * index)) & 255)
    return at + 8


@kernel
def get_raw(buffer: Bytes, at: int, end: int) -> tuple[int, int]:
    """Read 64 bits."""
    if at + 8 > end:
        return 0, end + 1
    found = np.int64(0)
    for index in range(8):
        found |= np.int64(buffer[at + index]) << (8 * index)
    return int(found), at + 8
