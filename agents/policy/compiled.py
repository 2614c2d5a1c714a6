"""A scheme compiled: its conditions as bits of a truth mask, and what those say of a place in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.policy.schemes import Class, Level, Scheme
from agents.signals.rules import WORD_BITS
from agents.tiers import Bits, ClassScheme, TierScheme


class Near(NamedTuple):
    """The bits that tell whether a customer is near a level, and whether it can be entered."""

    near: Bits
    enter: Bits


class Place(NamedTuple):
    """A level or class as people wrote it, with the bits in a truth mask of its reasons and routes."""

    rules: Level | Class
    reasons: tuple[tuple[str, int], ...]
    routes: tuple[tuple[int, tuple[str, ...]], ...]


class CompiledScheme(NamedTuple):
    """A scheme as people wrote it, as the decision needs it, and its levels or classes by name (without the base).

    ``bits`` are those of a truth mask that the decision depends on, by kind of look; ``reads`` those that a change carries
    besides, too; ``unknowns`` those that tell what is unknown. ``nears`` are by position those that tell who is near the level
    above.
    """

    rules: Scheme
    tiers: TierScheme | ClassScheme
    places: Mapping[str, Place]
    bits: tuple[int, ...]
    reads: tuple[int, ...]
    unknowns: int
    nears: tuple[Near | None, ...] = ()


def mask_words(bits: int, count: int) -> NDArray[np.uint64]:
    """The bits of a mask as its words: the reverse of ``mask_bits``."""
    return np.frombuffer(bits.to_bytes(count * 8, "little"), "<u8").astype(np.uint64)


def words_of(conditions: int) -> int:
    """Words that the bits of so many conditions take."""
    return max(1, -(-2 * conditions // WORD_BITS))


def places_in(bits: int) -> list[int]:
    """The places of the conditions that have a bit in ``bits``."""
    return [place for place in range(-(-bits.bit_length() // 2)) if bits >> 2 * place & 3]


def mask_bits(mask: NDArray[np.uint64]) -> int:
    """One row's mask as a number, bit ``2 i`` (true) and ``2 i + 1`` (unknown) for condition ``i``."""
    return int(mask[0]) if len(mask) == 1 else int.from_bytes(mask.astype("<u8").tobytes(), "little")


def place_of(compiled: CompiledScheme, name: str | None) -> Place | None:
    """The level or class called ``name``; None for the base, for out of scope and for one no longer there."""
    return None if name is None else compiled.places.get(name)


def true_reasons(place: Place | None, bits: int) -> list[str]:
    """The let-names that a level or class lists and that hold."""
    return [] if place is None else [name for name, bit in place.reasons if bits & bit]


def roles_of(compiled: CompiledScheme, name: str | None, bits: int) -> list[str]:
    """Who acts at ``name``: the roles of the first route that holds, else those of the level, the class or the base."""
    place, table = place_of(compiled, name), compiled.rules.table
    if place is None:
        return list(table.base_roles) if name == table.base else []
    return list(next((roles for bit, roles in place.routes if bits & bit), place.rules.table.roles))
