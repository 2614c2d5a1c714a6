"""What one batch tells of the sources that its records come from. Records without headers cost next to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.quality import SourceCounts
from streams.calendar import US_PER_MS
from streams.columns import OPENING, Events
from streams.ports import Headers, Record
from streams.rows import UNKNOWN

CE_SOURCE: Final = "ce_source"
SOURCE_LENGTH_MAX: Final = 100
"""Characters of a source's name that are kept."""

_COLUMNS: Final = {name: index for index, name in enumerate(SourceCounts.__struct_fields__)}

Ints = NDArray[np.int64]


def header_source(headers: Headers, default: str) -> str:
    """The source that a record's headers name; ``default`` where they name none that can be shown."""
    for key, value in headers:
        if key == CE_SOURCE:
            return _name(value) or default
    return default


@lru_cache(maxsize=256)
def _name(value: bytes | None) -> str | None:
    """A header's value as a name; None if it cannot be shown."""
    name = (value or b"").decode(errors="replace")[:SOURCE_LENGTH_MAX]
    return name if name.isprintable() and name.strip() else None


class Tally:
    """Counts of a batch by source; its records are named by their offsets. ``default`` is the source of one without a name."""

    def __init__(self, records: Sequence[Record], default: str) -> None:
        self._names = [default]
        self._offsets: Ints | None = None
        self._codes: Ints | None = None
        if [record for record in records if record.headers]:  # a list: a third of a generator's time
            self._tell_apart(records, default)
        self._counts = np.zeros((len(self._names), len(_COLUMNS)), np.int64)
        self._ages: list[tuple[Ints | None, Ints]] = []
        self._count("records", self._codes, len(records))

    def _tell_apart(self, records: Sequence[Record], default: str) -> None:
        names = [header_source(record.headers, default) for record in records]
        places = {name: place for place, name in enumerate(dict.fromkeys(names))}
        self._names = list(places)
        if len(places) == 1:
            return
        self._codes = np.fromiter([places[name] for name in names], np.int64, len(names))
        self._offsets = np.fromiter([record.offset for record in records], np.int64, len(records))

    def add(self, what: str, offsets: Ints | Sequence[int]) -> None:
        """Count these records as ``what``, a field of ``SourceCounts``."""
        if len(offsets):
            self._count(what, self._sources_of(np.asarray(offsets, np.int64)), len(offsets))

    def examine(self, events: Events, first_day: int) -> None:
        """Count what is new: told balances, bookings and those before ``first_day``, which are late; and their ages."""
        codes = self._sources_of(events.offsets)
        openings = events.kind == OPENING  # tell of a moment that somebody chose, and are never gaps
        self._where("told", codes, (events.told != UNKNOWN) & ~openings)
        late, ages = events.day < first_day, events.timestamps * US_PER_MS - events.booked_us
        if openings.any():
            late, ages, codes = late[~openings], ages[~openings], None if codes is None else codes[~openings]
        self._count("applied", codes, len(ages))
        self._where("late", codes, late)
        self._ages.append((codes, ages))

    def counts(self) -> Iterator[tuple[str, list[int]]]:
        """Each source with its counts in the order of ``SourceCounts``; sources in the order first met."""
        if self._counts[:, 0].any():
            yield from zip(self._names, self._counts.tolist(), strict=True)

    def ages(self) -> Iterator[tuple[str, Ints]]:
        """Each source with the ages of its bookings in microseconds."""
        for codes, ages in self._ages:
            for code, name in enumerate(self._names):
                yield name, ages if codes is None else ages[codes == code]

    def _sources_of(self, offsets: Ints) -> Ints | None:
        if self._codes is None or self._offsets is None:
            return None
        return self._codes[np.searchsorted(self._offsets, offsets)]

    def _where(self, what: str, codes: Ints | None, flags: NDArray[np.bool_]) -> None:
        self._count(what, None if codes is None else codes[flags], int(np.count_nonzero(flags)))

    def _count(self, what: str, codes: Ints | None, count: int) -> None:
        column = self._counts[:, _COLUMNS[what]]
        if codes is None:
            column[0] += count
        else:
            column += np.bincount(codes, minlength=len(self._names))
