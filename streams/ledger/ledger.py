"""The ledger of one partition: its cached customers, folded in log order, looked at, packed and unpacked.

Usable without Kafka and Redis: load customers (None for new ones), fold events, read rows; pack what changed. After
an exception the arrays may be half changed: ``drop`` everything, as the lease does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.churn_model import ChurnModel
from schemas.facts import AccountFacts
from schemas.limits import CLASS_BALANCE_MAX
from schemas.partition import LAYOUT
from schemas.rates import NO_RATES, RateTable
from schemas.state import Profile
from streams.calendar import BusinessCalendar
from streams.columns import Events
from streams.decider import NO_DEADLINE
from streams.ledger import fold as folding
from streams.ledger import unpack
from streams.ledger.arrays import (
    Arrays,
    Ints,
    clear_all,
    longer,
    make,
    release,
    with_rows,
    with_slots,
)
from streams.ledger.asking import Asking
from streams.ledger.errors import CapacityError, LayoutUnknown, RecordUnreadable
from streams.ledger.facts import FACTS_ONLY, NO_FACTS, FactCodes, hold
from streams.ledger.layout import (
    ACCOUNTS,
    BLOCK_SIZE,
    CHUNKS,
    COUNTS,
    EVENT_DAY,
    FIRST_DAY,
    KNOT_COLUMNS,
    KNOWN,
    NONE,
)
from streams.ledger.listing import Listing
from streams.ledger.measures import look
from streams.ledger.pack import Settled, bound, pack
from streams.ledger.program import Asked, Program, window_starts
from streams.ledger.results import more_room, results, room_for
from streams.ledger.sizes import bytes_of, bytes_used
from streams.rows import LOOK_KINDS, LookKind, Rows, Vocabulary, Wanted

_SLOTS_AT_FIRST: Final = 256
_KEEP_PERCENT: Final = 90
"""An eviction goes down to this part of the cache, so that it is rare."""

_CLEAN, _PACKED, _DIRTY = 0, 1, 2

_OVERRIDES: Final = b"overrides"
"""Stands in a packed profile that has any: an empty one is left out."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Profile).decode


class Ledger:
    """The cached customers of one partition; a *slot* is a customer's place until it is evicted.

    ``cache_bytes`` bounds the cache between commits; what a batch needs is always kept.
    """

    def __init__(self, calendar: BusinessCalendar, vocabulary: Vocabulary, cache_bytes: int) -> None:
        self._calendar = calendar
        self._codes = FactCodes(calendar, vocabulary)
        self._cache_bytes = cache_bytes
        tables = calendar.tables
        self._months: Ints = np.concatenate(([tables.first_day], tables.month_of)).astype(np.int64)
        self._vocabulary = vocabulary
        self._asking = Asking(self._codes)
        self._words = 0
        self._tag = 0
        self._counts = np.zeros(len(COUNTS), np.int64)
        self._buffer = np.empty(0, np.uint8)
        self._change = np.zeros(KNOT_COLUMNS, np.int64)
        self.drop()

    # -- what is cached

    def drop(self) -> None:
        """Forget every customer; policies stay."""
        self._arrays: Arrays = make(_SLOTS_AT_FIRST, self._codes.width)
        self._settled = self._no_masks(_SLOTS_AT_FIRST)
        self._dirty = np.zeros(_SLOTS_AT_FIRST, np.uint8)
        self._used = np.zeros(_SLOTS_AT_FIRST, np.int64)
        self._tick = 0
        self._slots: dict[str, int] = {}
        self._ids: list[str | None] = []
        self._profiles: list[Profile | None] = []
        self._tails: list[bytes | None] = []
        self._decoded = 0
        self._free: list[int] = []
        self._new: list[str] = []
        self._told = 0
        self._overridden: set[int] = set()
        self._gaps: list[Ints] = []

    def __len__(self) -> int:
        """Customers cached."""
        return len(self._slots)

    @property
    def cache_bytes_used(self) -> int:
        """Bytes that the cached customers take, about."""
        return bytes_used(self._arrays, len(self._slots), self._decoded)

    def absent(self, ids: Iterable[str]) -> list[str]:
        """Those of ``ids`` that are not cached, each once, in the order first met."""
        return [customer_id for customer_id in dict.fromkeys(ids) if customer_id not in self._slots]

    def load(self, ids: Sequence[str], records: Sequence[bytes | None]) -> None:
        """Cache customers from their packed records, None for a new one; one already cached stays as it is.

        Raises ``LayoutUnknown`` or ``RecordUnreadable``.
        """
        pairs = [(i, r) for i, r in zip(ids, records, strict=True) if i not in self._slots]
        old = [(customer_id, record) for customer_id, record in pairs if record is not None]
        slots = self._take_slots(len(pairs))
        self._unpack([i for i, _ in old], [r for _, r in old], slots[: len(old)])
        new = [customer_id for customer_id, record in pairs if record is None]
        fresh = slots[len(old) :]
        clear_all(self._arrays, fresh)
        self._settled.flags[fresh] = 0
        self._settled.deadline[fresh] = NO_DEADLINE
        for customer_id, slot in zip(new, fresh.tolist(), strict=True):
            self._place(customer_id, slot, NO_FACTS)
        self._dirty[slots] = _CLEAN
        self._used[slots] = self._tick

    def slots(self, ids: Sequence[str]) -> Ints:
        """The slots of cached customers; ``KeyError`` names one that is not cached."""
        found = np.fromiter(map(self._slots.__getitem__, ids), np.int64, len(ids))
        self._used[found] = self._tick
        return found

    # -- policies

    def set_policy(
        self,
        columns: tuple[str, ...],
        words: int,
        tag: int,
        account_columns: tuple[str, ...] = (),
        rates: RateTable = NO_RATES,
        wanted: Sequence[Wanted] = (),
        churn: ChurnModel | None = None,
    ) -> None:
        """Evaluate ``columns`` from now on and settle with masks of ``words`` words; nobody is settled at first.

        ``tag`` (64 bits at most) tells masks apart: a stored customer settled under another one loads unsettled. With
        ``account_columns`` rows list the accounts too; ``rates`` are behind contributions, ``churn`` behind expectations.
        ``wanted`` is what each kind of look reads of the columns; without it, all of them.
        """
        self._asking.use(Wanted(columns, account_columns), wanted, rates, churn)
        self._widen_facts()
        self._words = words
        self._tag = int(np.uint64(tag).astype(np.int64))
        self._settled = self._no_masks(len(self._dirty))

    @property
    def settled(self) -> NDArray[np.uint64]:
        """Truth masks of the looks that changed nothing: slot, kind of look, word. Valid until the next ``load``."""
        return self._settled.masks

    @property
    def settled_flags(self) -> NDArray[np.uint8]:
        """Bit ``kind`` is set where the customer is settled for that kind of look. Valid until the next ``load``."""
        return self._settled.flags

    @property
    def deadline(self) -> NDArray[np.int32]:
        """The day whose close moves the customer by itself, ``NO_DEADLINE`` if none. Valid until the next ``load``."""
        return self._settled.deadline

    @property
    def event_day(self) -> Ints:
        """Latest day as of which an event was evaluated; ``UNKNOWN`` if none. Valid until the next ``load``."""
        return self._arrays.customers[:, EVENT_DAY]

    @property
    def first_day(self) -> Ints:
        """Day as of which the customer was first seen; ``UNKNOWN`` if not yet. Valid until the next ``load``."""
        return self._arrays.customers[:, FIRST_DAY]

    @property
    def vocabulary(self) -> Vocabulary:
        """The codes of texts in rows."""
        return self._vocabulary

    # -- events and looks

    def fold(self, events: Events, open_day: int) -> Rows:
        """Apply ``events`` in log order; row ``i`` is the look at the customer after event ``i``.

        It is as of the latest of the event's own day, the open day and the latest day as of which an event of this
        customer was evaluated. Raises ``CapacityError``.
        """
        slots = self.slots(events.customers)
        program = self._program(slots, LookKind.EVENT)
        ask = self._asking.asked(program)
        looks = folding.make_looks(len(program.steps), len(events))
        listing = room_for(program, 2 * len(events))
        if len(events):
            last = max(open_day, int(events.day.max()), int(self.event_day[slots].max()))
            days = np.arange(open_day, last + 1)
            starts = window_starts(program.windows, self._calendar, days)
            listing = self._fold(events, slots, open_day, ask, starts, looks, listing)
            self._dirty[slots] = _DIRTY
        else:
            starts = np.empty((0, len(program.windows)), np.int64)
        rows = starts[looks.as_of - open_day]
        whole = program is self._asking.whole
        return results(program, ask, self._vocabulary, slots, looks.as_of, looks.values, rows, listing, whole=whole)

    def _fold(
        self,
        events: Events,
        slots: Ints,
        open_day: int,
        ask: Asked,
        starts: Ints,
        looks: folding.Looks,
        listing: Listing,
    ) -> Listing:
        columns = folding.columns_of(events, slots)
        why, at = folding.ROOM, 0
        while why != folding.DONE:
            why, at = folding.fold_from(
                self._arrays, columns, at, open_day, self._months, ask, starts, open_day, looks, listing,
                self._counts,
            )  # fmt: skip
            if why == folding.CAPACITY:
                raise CapacityError(events.customers[at], int(events.offsets[at]), CLASS_BALANCE_MAX)
            if why == folding.ROOM:
                rows = 2 * int(self._arrays.customers[slots[at], BLOCK_SIZE]) + 1
                self._arrays = with_rows(self._arrays, len(events) - at + 2, rows)
                listing = more_room(listing, rows)
        customers, accounts, gaps = looks.news.tolist()
        self._gaps.append(events.offsets[looks.gaps[:gaps]])
        self._new += [events.customers[index] for index in looks.new_customers[:customers].tolist()]
        for index in looks.new_accounts[:accounts].tolist():
            slot = int(slots[index])
            self.profile(slot).accounts.append(events.accounts[index])
            self._tails[slot] = None
        return listing

    def rows(self, slots: Ints, as_of: int, kind: LookKind | None = None, wanted: Wanted | None = None) -> Rows:
        """The measures of customers as of a day (of a close); changes nothing.

        With ``kind`` those alone that a look of this kind reads, unless one of the customers is ``overridden``; with
        ``wanted`` others than the policies'.
        """
        program = self._program(slots, kind) if wanted is None else self._others(wanted)
        ask = self._asking.asked(program)
        starts = window_starts(program.windows, self._calendar, np.array([as_of], np.int64))
        values = np.empty((len(program.steps), len(slots)), np.int64)
        listing = room_for(program, int(self._arrays.customers[slots, ACCOUNTS].sum()))
        look(self._arrays, slots, as_of, ask, starts[0], values, self._months, listing)
        days = np.full(len(slots), as_of, np.int64)
        starts = np.repeat(starts, len(slots), axis=0)
        whole = program is self._asking.whole
        return results(program, ask, self._vocabulary, slots, days, values, starts, listing, whole=whole)

    def _program(self, slots: Ints, kind: LookKind | None) -> Program:
        """What is asked for: where an override may begin or end, any level's reasons and all that it carries."""
        return self._asking.of_kind(None if self.overridden(slots).any() else kind)

    def _others(self, wanted: Wanted) -> Program:
        program = self._asking.program(wanted)
        self._widen_facts()
        return program

    def overridden(self, slots: Ints) -> NDArray[np.bool_]:
        """Which of these customers an override may hold: looks at them give all columns, so they are best made apart."""
        return np.isin(slots, list(self._overridden))

    def look_at(self, slots: Ints, as_of: int) -> Rows:
        """Rows of an event-like look (facts came): the customers are seen as of that day, like by an event."""
        customers = self._arrays.customers
        seen = customers[slots]
        seen[:, FIRST_DAY] = np.where(seen[:, FIRST_DAY] == NONE, as_of, seen[:, FIRST_DAY])
        seen[:, EVENT_DAY] = np.maximum(seen[:, EVENT_DAY], as_of)
        customers[slots] = seen
        self.touch(slots)
        return self.rows(slots, as_of, LookKind.EVENT)

    # -- names and facts

    def facts_of(self, slots: Ints, names: Sequence[str]) -> Ints:
        """The facts ``names`` of customers as numbers, a row a customer; ``UNKNOWN`` where not told."""
        return self._arrays.facts[slots][:, [self._codes.column(name) for name in names]]

    def code(self, text: str) -> int:
        """The number that stands for a fact's ``text``."""
        return self._vocabulary.code(text)

    def profile(self, slot: int) -> Profile:
        """The named half of a customer; whoever changes it calls ``touch_profile`` then."""
        profile = self._profiles[slot]
        if profile is None:
            profile = self._profiles[slot] = _decode(self._tails[slot] or NO_FACTS)
            self._decoded += 1
        return profile

    def tell(self, slot: int, learn: Callable[[Profile], Sequence[AccountFacts]], day: int, *, unsettle: bool) -> None:
        """Take over what ``learn`` changes in the profile, and the accounts that it tells of, for a look as of ``day``.

        Tells of the customer, if nobody did before. With ``unsettle`` the next look decides.
        """
        if self._arrays.customers[slot, KNOWN] == 0:
            self._arrays.customers[slot, KNOWN] = 1
            self._new.append(self._id(slot))
        profile = self.profile(slot)
        for account in learn(profile):
            self._arrays, new = hold(self._arrays, slot, account, day)
            if new:
                profile.accounts.append(account.account_id)
        self._codes.write(self._arrays, slot, profile)
        if unsettle:
            self._settled.flags[slot] = 0
        if profile.overrides:
            self._overridden.add(slot)
        self.touch_profile(slot)

    def forget(self, customer_id: str) -> None:
        """Let go of a customer who is erased, changed or not; its place among the new ids stays."""
        slot = self._slots.get(customer_id)
        if slot is not None:
            release(self._arrays, np.array([slot], np.int64))
            self._let_go([slot])

    def hold_place(self, place_holder: str) -> None:
        """Take the next place among the new ids for a customer of whom nothing is to be known."""
        self._new.append(place_holder)

    def new_ids(self) -> list[str]:
        """Customers first told of since the last commit, in that order."""
        self._told = len(self._new)
        return self._new.copy()

    # -- packing and commits

    def touch(self, slots: Ints | int) -> None:
        """Write these customers with the next commit."""
        self._dirty[slots] = _DIRTY

    def touch_profile(self, slot: int) -> None:
        """Write this customer with the next commit: its profile or settled masks changed."""
        self._tails[slot] = None if self._profiles[slot] is not None else self._tails[slot]
        self._dirty[slot] = _DIRTY

    def pack_dirty(self) -> tuple[list[str], list[bytes]]:
        """Ids and packed records of all customers changed since the last commit."""
        slots = np.flatnonzero(self._dirty)
        size = bound(self._arrays, self._settled, slots)
        if size > len(self._buffer):
            self._buffer = np.empty(size, np.uint8)
        ends = np.empty(len(slots), np.int64)
        pack(
            self._arrays, self._settled, slots, LAYOUT, self._tag, NO_DEADLINE, self._months, self._buffer, ends,
            self._change,
        )  # fmt: skip
        self._dirty[slots] = _PACKED
        places, stops = slots.tolist(), ends.tolist()
        data = self._buffer[: stops[-1] if stops else 0].tobytes()
        tails = [self._tails[slot] or self._encode_profile(slot) for slot in places]
        spans = zip([0, *stops], stops, tails, strict=False)  # the last begin has no end
        return [self._id(slot) for slot in places], [data[begin:end] + tail for begin, end, tail in spans]

    def committed(self) -> None:
        """What was packed is stored: it is clean now, and the cache may shrink to its bound."""
        self._dirty[self._dirty == _PACKED] = _CLEAN
        del self._new[: self._told]
        self._told = 0
        self._tick += 1
        if self.cache_bytes_used > self._cache_bytes:
            self._evict(self.cache_bytes_used - self._cache_bytes * _KEEP_PERCENT // 100)

    def take_counts(self) -> dict[str, int]:
        """Oddities met by ``fold`` since the last call, by name (``layout.COUNTS``)."""
        counts = dict(zip(COUNTS, self._counts.tolist(), strict=True))
        self._counts[:] = 0
        return counts

    def take_gaps(self) -> Ints:
        """Offsets of the events folded since the last call whose told balance does not add up."""
        gaps, self._gaps = self._gaps, []
        return np.concatenate([np.empty(0, np.int64), *gaps])

    # -- inside

    def _id(self, slot: int) -> str:
        customer_id = self._ids[slot]
        if customer_id is None:
            msg = f"slot {slot} holds no customer"
            raise KeyError(msg)
        return customer_id

    def _encode_profile(self, slot: int) -> bytes:
        tail = self._tails[slot] = _encode(self.profile(slot))
        return tail

    def _widen_facts(self) -> None:
        """Give the customers cached a column for each label and tag that was not asked for before."""
        if self._codes.width == self._arrays.facts.shape[1]:
            return
        facts = np.full((len(self._arrays.facts), self._codes.width), NONE, np.int64)
        self._arrays = self._arrays._replace(facts=facts)
        for slot in self._slots.values():
            profile = self._profiles[slot]
            known = profile if profile is not None else FACTS_ONLY(self._tails[slot] or NO_FACTS)
            facts[slot] = self._codes.row(known.facts)

    def _no_masks(self, slots: int) -> Settled:
        return Settled(
            masks=np.zeros((slots, LOOK_KINDS, self._words), np.uint64),
            flags=np.zeros(slots, np.uint8),
            deadline=np.full(slots, NO_DEADLINE, np.int32),
        )

    def _take_slots(self, count: int) -> Ints:
        kept = len(self._free) - min(count, len(self._free))
        slots, self._free = self._free[kept:], self._free[:kept]
        fresh = range(len(self._ids), len(self._ids) + count - len(slots))
        self._ids += [None] * len(fresh)
        self._profiles += [None] * len(fresh)
        self._tails += [None] * len(fresh)
        if len(self._ids) > len(self._dirty):
            size = max(len(self._ids), 2 * len(self._dirty))
            self._arrays = with_slots(self._arrays, size)
            masks, flags, deadline = self._settled
            self._settled = Settled(longer(masks, size), longer(flags, size), longer(deadline, size))
            self._dirty, self._used = longer(self._dirty, size), longer(self._used, size)
        return np.array([*slots, *fresh], np.int64)

    def _place(self, customer_id: str, slot: int, tail: bytes) -> None:
        self._slots[customer_id] = slot
        self._ids[slot] = customer_id
        self._tails[slot] = tail
        if _OVERRIDES in tail:
            self._overridden.add(slot)

    def _unpack(self, ids: list[str], records: list[bytes], slots: Ints) -> None:
        buffer = np.frombuffer(b"".join(records), np.uint8)
        bounds = np.zeros(len(records) + 1, np.int64)
        np.cumsum([len(record) for record in records], out=bounds[1:])
        ends = np.empty(len(records), np.int64)
        why, at = unpack.ROOM, 0
        while why != unpack.DONE:
            why, at = unpack.unpack_from(
                self._arrays, self._settled, slots, LAYOUT, self._tag, NO_DEADLINE, buffer, bounds, at, ends,
                self._change,
            )  # fmt: skip
            if why == unpack.ROOM:
                self._arrays = with_rows(self._arrays, len(records) - at + CHUNKS, unpack.rows_of(len(records[at])))
            elif why == unpack.LAYOUT:
                raise LayoutUnknown(ids[at], records[at][0] if records[at] else 0, LAYOUT)
            elif why == unpack.BROKEN:
                raise RecordUnreadable(ids[at], "is cut short or damaged")
        tails = [record[at:] for record, at in zip(records, (ends - bounds[:-1]).tolist(), strict=True)]
        for customer_id, slot, tail in zip(ids, slots.tolist(), tails, strict=True):
            self._place(customer_id, slot, tail)
        for slot, tail in zip(slots.tolist(), tails, strict=True):
            self._codes.write(self._arrays, slot, FACTS_ONLY(tail))

    def _evict(self, excess: int) -> None:
        """Let go of clean customers, the least recently used first, until ``excess`` bytes are free."""
        cached = np.fromiter(self._slots.values(), np.int64, len(self._slots))
        clean = cached[self._dirty[cached] == _CLEAN]
        clean = clean[np.argsort(self._used[clean], kind="stable")]
        sizes = bytes_of(self._arrays.customers[clean])
        gone = clean[: int(np.searchsorted(np.cumsum(sizes), excess)) + 1]
        release(self._arrays, gone)
        self._let_go(gone.tolist())

    def _let_go(self, gone: list[int]) -> None:
        for slot in gone:
            del self._slots[self._id(slot)]
            self._decoded -= self._profiles[slot] is not None
            self._ids[slot] = self._profiles[slot] = self._tails[slot] = None
            self._dirty[slot] = _CLEAN
        self._overridden.difference_update(gone)
        self._free += gone
