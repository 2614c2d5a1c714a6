"""The ledger of one partition: its cached customers, folded in log order, looked at, packed and unpacked.

Usable without Kafka and Redis: load customers (None for new ones), fold events, read rows; pack what changed. After
an exception the arrays may be half changed: ``drop`` everything, as the lease does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.churn_model import ChurnModel
from schemas.facts import AccountFacts
from schemas.limits import CLASS_BALANCE_MAX
from schemas.rates import NO_RATES, RateTable
from schemas.state import Profile
from streams.calendar import BusinessCalendar
from streams.columns import Events
from streams.ledger import fold as folding
from streams.ledger.arrays import Ints, with_rows
from streams.ledger.asking import Asking
from streams.ledger.batch import Looks, columns_of, make_looks
from streams.ledger.cache import Cache
from streams.ledger.errors import CapacityError
from streams.ledger.facts import FactCodes, hold
from streams.ledger.layout import (
    ACCOUNTS,
    BLOCK_SIZE,
    COUNTS,
    EVENT_DAY,
    FIRST_DAY,
    KNOWN,
    NONE,
)
from streams.ledger.listing import Listing
from streams.ledger.measures import look
from streams.ledger.program import Asked, Program, window_starts
from streams.ledger.results import more_room, results, room_for
from streams.ledger.written import Written
from streams.rows import LookKind, Rows, Vocabulary, Wanted


class Ledger:
    """The cached customers of one partition; a *slot* is a customer's place until it is evicted.

    ``cache_bytes`` bounds the cache between commits; what a batch needs is always kept.
    """

    def __init__(self, calendar: BusinessCalendar, vocabulary: Vocabulary, cache_bytes: int) -> None:
        self._calendar = calendar
        self._codes = FactCodes(vocabulary)
        tables = calendar.tables
        self._months: Ints = np.concatenate(([tables.first_day], tables.month_of)).astype(np.int64)
        self._vocabulary = vocabulary
        self._asking = Asking(self._codes)
        self._counts = np.zeros(len(COUNTS), np.int64)
        self._cache = Cache(self._codes, cache_bytes)
        self._written = Written(self._cache, self._months)
        self._gaps: list[Ints] = []

    # -- what is cached

    def drop(self) -> None:
        """Forget every customer; policies stay."""
        self._cache.drop()
        self._written.drop()
        self._gaps = []

    def __len__(self) -> int:
        """Customers cached."""
        return len(self._cache)

    @property
    def cache_bytes_used(self) -> int:
        """Bytes that the cached customers take, about."""
        return self._cache.bytes_used

    def absent(self, ids: Iterable[str]) -> list[str]:
        """Those of ``ids`` that are not cached, each once, in the order first met."""
        return self._cache.absent(ids)

    def load(self, ids: Sequence[str], records: Sequence[bytes | None]) -> None:
        """Cache customers from their packed records, None for a new one; one already cached stays as it is.

        Raises ``LayoutUnknown`` or ``RecordUnreadable``.
        """
        self._cache.load(ids, records)

    def slots(self, ids: Sequence[str]) -> Ints:
        """The slots of cached customers; ``KeyError`` names one that is not cached."""
        return self._cache.slots(ids)

    def overridden(self, slots: Ints) -> NDArray[np.bool_]:
        """Which of these customers an override may hold: looks at them give all columns, so they are best made apart."""
        return self._cache.overridden(slots)

    def forget(self, customer_id: str) -> None:
        """Let go of a customer who is erased, changed or not; its place among the new ids stays."""
        self._cache.forget(customer_id)

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
        self._cache.widen()
        self._cache.settle_by(words, tag)

    @property
    def settled(self) -> NDArray[np.uint64]:
        """Truth masks of the looks that changed nothing: slot, kind of look, word. Valid until the next ``load``."""
        return self._cache.settled.masks

    @property
    def settled_flags(self) -> NDArray[np.uint8]:
        """Bit ``kind`` is set where the customer is settled for that kind of look. Valid until the next ``load``."""
        return self._cache.settled.flags

    @property
    def deadline(self) -> NDArray[np.int32]:
        """The day whose close moves the customer by itself, ``NO_DEADLINE`` if none. Valid until the next ``load``."""
        return self._cache.settled.deadline

    @property
    def event_day(self) -> Ints:
        """Latest day as of which an event was evaluated; ``UNKNOWN`` if none. Valid until the next ``load``."""
        return self._cache.arrays.customers[:, EVENT_DAY]

    @property
    def first_day(self) -> Ints:
        """Day as of which the customer was first seen; ``UNKNOWN`` if not yet. Valid until the next ``load``."""
        return self._cache.arrays.customers[:, FIRST_DAY]

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
        looks = make_looks(len(program.steps), len(events))
        listing = room_for(program, 2 * len(events))
        if len(events):
            last = max(open_day, int(events.day.max()), int(self.event_day[slots].max()))
            days = np.arange(open_day, last + 1)
            starts = window_starts(program.windows, self._calendar, days)
            listing = self._fold(events, slots, open_day, ask, starts, looks, listing)
            self._written.touch(slots)
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
        looks: Looks,
        listing: Listing,
    ) -> Listing:
        columns = columns_of(events, slots, open_day)
        why, at = folding.ROOM, 0
        while why != folding.DONE:
            why, at = folding.fold_from(
                self._cache.arrays, columns, at, open_day, self._months, ask, starts, open_day, looks, listing,
                self._counts,
            )  # fmt: skip
            if why == folding.CAPACITY:
                raise CapacityError(events.customers[at], int(events.offsets[at]), CLASS_BALANCE_MAX)
            if why == folding.ROOM:
                rows = 2 * int(self._cache.arrays.customers[slots[at], BLOCK_SIZE]) + 1
                self._cache.arrays = with_rows(self._cache.arrays, len(events) - at + 2, rows)
                listing = more_room(listing, rows)
        customers, accounts, gaps = looks.news.tolist()
        self._gaps.append(events.offsets[looks.gaps[:gaps]])
        self._written.add(*[events.customers[index] for index in looks.new_customers[:customers].tolist()])
        for index in looks.new_accounts[:accounts].tolist():
            slot = int(slots[index])
            self.profile(slot).accounts.append(events.accounts[index])
            self.touch_profile(slot)
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
        listing = room_for(program, int(self._cache.arrays.customers[slots, ACCOUNTS].sum()))
        look(self._cache.arrays, slots, as_of, ask, starts[0], values, self._months, listing)
        days = np.full(len(slots), as_of, np.int64)
        starts = np.repeat(starts, len(slots), axis=0)
        whole = program is self._asking.whole
        return results(program, ask, self._vocabulary, slots, days, values, starts, listing, whole=whole)

    def _program(self, slots: Ints, kind: LookKind | None) -> Program:
        """What is asked for: where an override may begin or end, any level's reasons and all that it carries."""
        return self._asking.of_kind(None if self.overridden(slots).any() else kind)

    def _others(self, wanted: Wanted) -> Program:
        program = self._asking.program(wanted)
        self._cache.widen()
        return program

    def look_at(self, slots: Ints, as_of: int) -> Rows:
        """Rows of an event-like look (facts came): the customers are seen as of that day, like by an event."""
        customers = self._cache.arrays.customers
        seen = customers[slots]
        seen[:, FIRST_DAY] = np.where(seen[:, FIRST_DAY] == NONE, as_of, seen[:, FIRST_DAY])
        seen[:, EVENT_DAY] = np.maximum(seen[:, EVENT_DAY], as_of)
        customers[slots] = seen
        self.touch(slots)
        return self.rows(slots, as_of, LookKind.EVENT)

    # -- names and facts

    def facts_of(self, slots: Ints, names: Sequence[str]) -> Ints:
        """The facts ``names`` of customers as numbers, a row a customer; ``UNKNOWN`` where not told."""
        return self._cache.arrays.facts[slots][:, [self._codes.column(name) for name in names]]

    def code(self, text: str) -> int:
        """The number that stands for a fact's ``text``."""
        return self._vocabulary.code(text)

    def profile(self, slot: int) -> Profile:
        """The named half of a customer; whoever changes it calls ``touch_profile`` then."""
        return self._cache.profile(slot)

    def tell(self, slot: int, learn: Callable[[Profile], Sequence[AccountFacts]], day: int, *, unsettle: bool) -> None:
        """Take over what ``learn`` changes in the profile, and the accounts that it tells of, for a look as of ``day``.

        Tells of the customer, if nobody did before. With ``unsettle`` the next look decides.
        """
        if self._cache.arrays.customers[slot, KNOWN] == 0:
            self._cache.arrays.customers[slot, KNOWN] = 1
            self._written.add(self._cache.name(slot))
        profile = self.profile(slot)
        for account in learn(profile):
            self._cache.arrays, new = hold(self._cache.arrays, slot, account, day)
            if new:
                profile.accounts.append(account.account_id)
        self._codes.write(self._cache.arrays, slot, profile)
        if unsettle:
            self._cache.settled.flags[slot] = 0
        if profile.overrides:
            self._cache.override(slot)
        self.touch_profile(slot)

    def hold_place(self, place_holder: str) -> None:
        """Take the next place among the new ids for a customer of whom nothing is to be known."""
        self._written.add(place_holder)

    def new_ids(self) -> list[str]:
        """Customers first told of since the last commit, in that order."""
        return self._written.new_ids()

    # -- packing and commits

    def touch(self, slots: Ints | int) -> None:
        """Write these customers with the next commit."""
        self._written.touch(slots)

    def touch_profile(self, slot: int) -> None:
        """Write this customer with the next commit: its profile or settled masks changed."""
        self._written.touch_profile(slot)

    def pack_dirty(self) -> tuple[list[str], list[bytes]]:
        """Ids and packed records of all customers changed since the last commit."""
        return self._written.pack_dirty()

    def committed(self) -> None:
        """What was packed is stored: it is clean now, and the cache may shrink to its bound."""
        self._written.committed()

    def take_counts(self) -> dict[str, int]:
        """Oddities met by ``fold`` since the last call, by name (``layout.COUNTS``)."""
        counts = dict(zip(COUNTS, self._counts.tolist(), strict=True))
        self._counts[:] = 0
        return counts

    def take_gaps(self) -> Ints:
        """Offsets of the events folded since the last call whose told balance does not add up."""
        gaps, self._gaps = self._gaps, []
        return np.concatenate([np.empty(0, np.int64), *gaps])
