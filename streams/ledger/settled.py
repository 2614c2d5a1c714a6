"""Settled: what is known of looks that changed nothing, in memory and as bytes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.ledger.compiled import kernel
from streams.ledger.varint import Bytes, get, get_raw, put, put_raw


class Settled(NamedTuple):
    """What is known of looks that changed nothing; see ``streams.looks``."""

    masks: NDArray[np.uint64]  # (slots, kinds, words)
    flags: NDArray[np.uint8]
    deadline: NDArray[np.int32]


@kernel
def pack_settled(settled: Settled, slot: int, tag: int, no_deadline: int, buffer: Bytes, at: int) -> int:
    """Write which kinds are settled, under which tag, on which masks, and the deadline; where the next number goes."""
    at = put(buffer, at, settled.flags[slot])
    at = put_raw(buffer, at, tag)
    at = put(buffer, at, settled.masks.shape[2])
    for kind in range(settled.masks.shape[1]):
        if settled.flags[slot] >> kind & 1:
            for word in range(settled.masks.shape[2]):
                at = put(buffer, at, settled.masks[slot, kind, word])
    return put(buffer, at, no_deadline - settled.deadline[slot])


@kernel
def unpack_settled(
    settled: Settled, slot: int, old: int, tag: int, no_deadline: int, buffer: Bytes, at: int, end: int
) -> int:
    """Read what ``pack_settled`` wrote; masks under another tag or of layout 1 (``old``) settle nobody. Where the next number is."""
    flags, at = get(buffer, at, end)
    found, at = get_raw(buffer, at, end)
    words, at = get(buffer, at, end)
    ours = not old and found == tag and words == settled.masks.shape[2]
    for kind in range(settled.masks.shape[1]):
        if flags >> kind & 1:
            for word in range(min(words, end - at)):
                mask, at = get(buffer, at, end)
                if ours:
                    settled.masks[slot, kind, word] = np.uint64(mask)
    days, at = get(buffer, at, end)
    if ours:
        settled.flags[slot] = np.uint8(flags)
        settled.deadline[slot] = np.int32(no_deadline - days)
    return int(at)
