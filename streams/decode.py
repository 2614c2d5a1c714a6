"""Bytes to columns: what a batch says, and what cannot be read, with its reason.

The fast path decodes each record once, screens the whole batch for what the types cannot say, and leaves the wording
of mistakes to ``streams.rejects``. A record is judged alone: a bad one never hurts its neighbours. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from schemas.limits import FUTURE_DAYS_MAX
from schemas.transactions import CHANNELS, COUNTERPARTIES, FORMS, INITIATORS, KINDS, PRODUCTS, Transaction
from streams.calendar import BusinessCalendar, date_of, number_of
from streams.columns import NONE, OPENING, Events
from streams.currencies import CURRENCIES
from streams.ports import Record
from streams.rejects import VALUE_BYTES_MAX, Reject, Wrong, explain
from streams.rows import UNKNOWN
from streams.timestamps import parse_instants

Flags = NDArray[np.bool_]

_PRODUCT: Final = {word: code for code, word in enumerate(PRODUCTS)}
_KIND: Final = {word: code for code, word in enumerate(KINDS)}
_INITIATOR: Final = {word: code for code, word in enumerate(INITIATORS)}
_CHANNEL: Final = {word: code for code, word in enumerate(CHANNELS)}
_COUNTERPARTY: Final[dict[str | None, int]] = {None: NONE, **{word: code for code, word in enumerate(COUNTERPARTIES)}}
_FORM: Final[dict[str | None, int]] = {None: NONE, **{word: code for code, word in enumerate(FORMS)}}

_read = msgspec.json.Decoder(Transaction).decode
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises: bad JSON or types, bad UTF-8, nesting without end."""


def decode(records: Sequence[Record], calendar: BusinessCalendar, base_currency: str) -> tuple[Events, list[Reject]]:
    """The readable events of ``records`` in log order, and a reject for every other record, in order.

    Whether a booking lies too far in the future depends on the open day: see ``reject_future``.
    """
    values = [value for record in records if (value := record.value) is not None]
    if len(values) < len(records) or max(map(len, values), default=0) > VALUE_BYTES_MAX:
        return _decode_apart(records, calendar, base_currency)
    try:
        read = [_read(value) for value in values]
    except _UNREADABLE:
        return _decode_apart(records, calendar, base_currency)
    return _judged(records, read, [], range(len(records)), calendar, base_currency)


def _decode_apart(
    records: Sequence[Record], calendar: BusinessCalendar, base_currency: str
) -> tuple[Events, list[Reject]]:
    """Decode record by record, for a batch in which one cannot be read."""
    read: list[Transaction] = []
    kept: list[Record] = []
    rejects: list[Reject] = []
    places: list[int] = []
    for place, record in enumerate(records):
        value = record.value
        if value is None or len(value) > VALUE_BYTES_MAX:
            rejects.append(_reject(place, record, calendar))
            continue
        try:
            read.append(_read(value))
        except _UNREADABLE as error:
            rejects.append(_reject(place, record, calendar, error))
            continue
        kept.append(record)
        places.append(place)
    return _judged(kept, read, rejects, places, calendar, base_currency)


def _judged(
    kept: Sequence[Record],
    read: list[Transaction],
    rejects: list[Reject],
    places: Sequence[int],
    calendar: BusinessCalendar,
    base_currency: str,
) -> tuple[Events, list[Reject]]:
    """Columns of what was read, less what breaks a rule that types cannot say; ``places`` are indices in the batch."""
    events, suspect = _columns(kept, read, calendar, base_currency)
    if suspect.any():
        rejects.extend(_reject(places[index], kept[index], calendar) for index in np.flatnonzero(suspect).tolist())
        rejects.sort(key=lambda reject: reject.index)
        events = events.take(np.flatnonzero(~suspect))
    return events, rejects


def _reject(place: int, record: Record, calendar: BusinessCalendar, error: Exception | None = None) -> Reject:
    wrong = explain(record, calendar) or Wrong("wrong_value", f"value cannot be read: {error}")
    return Reject(place, record.offset, wrong.code, wrong.words)


def reject_future(events: Events, open_day: int) -> tuple[Events, list[Reject]]:
    """Split off events booked more than ``FUTURE_DAYS_MAX`` days past ``open_day``; indices are those in ``events``."""
    limit = open_day + FUTURE_DAYS_MAX
    late = events.day > limit
    if not late.any():
        return events, []
    rejects = [
        Reject(
            index,
            int(events.offsets[index]),
            "future",
            f"booked_at is on business day {date_of(int(events.day[index]))} (expected at most {date_of(limit)}, "
            f"{FUTURE_DAYS_MAX} days past the open day)",
        )
        for index in np.flatnonzero(late).tolist()
    ]
    return events.take(np.flatnonzero(~late)), rejects


def _columns(
    records: Sequence[Record], read: list[Transaction], calendar: BusinessCalendar, base_currency: str
) -> tuple[Events, Flags]:
    """All columns of what was read, and which events break a rule that types cannot say."""
    n = len(read)
    customers = [t.customer_id for t in read]
    accounts = [t.account_id for t in read]
    transactions = [t.transaction_id for t in read]
    kind = np.fromiter([_KIND[t.kind] for t in read], np.int8, n)
    amount = np.fromiter([t.amount for t in read], np.int64, n)
    told = np.fromiter([UNKNOWN if t.balance_after is None else t.balance_after for t in read], np.int64, n)
    booked_us = parse_instants([t.booked_at for t in read])
    suspect = _screen_keys(records, customers)
    suspect |= (kind == OPENING) & ((amount != 0) | (told == UNKNOWN))
    day = _days(booked_us, calendar, suspect)
    reverses_day = _reversals(read, calendar, suspect)
    measured = np.ones(n, np.bool_)
    currencies = [t.currency for t in read]
    foreign = _convert(read, currencies, base_currency, amount, told, measured, suspect)
    events = Events(
        offsets=np.fromiter([r.offset for r in records], np.int64, n),
        timestamps=np.fromiter([r.timestamp for r in records], np.int64, n),
        customers=customers,
        accounts=accounts,
        transactions=transactions,
        account_hash=np.fromiter([xxh3_64_intdigest(a.encode()) for a in accounts], np.uint64, n),
        dedup=np.fromiter(
            [xxh3_64_intdigest(f"{a}\0{t}".encode()) for a, t in zip(accounts, transactions, strict=True)],
            np.uint64,
            n,
        ),
        booked_us=booked_us,
        day=day,
        amount=amount,
        measured=measured,
        told=told,
        product=np.fromiter([_PRODUCT[t.product] for t in read], np.int8, n),
        kind=kind,
        initiator=np.fromiter([_INITIATOR[t.initiator] for t in read], np.int8, n),
        channel=np.fromiter([_CHANNEL[t.channel] for t in read], np.int8, n),
        counterparty=_coded([t.counterparty for t in read], _COUNTERPARTY),
        reverses_day=reverses_day,
        form=_coded([t.form for t in read], _FORM),
        foreign=foreign,
        matures_on=_days_named([t.matures_on for t in read]),
        variable_cost=np.fromiter([t.variable_cost or 0 for t in read], np.int64, n),
        currencies=currencies,
        categories=[t.category for t in read],
    )
    return events, suspect


def _coded(words: list[str | None], codes: dict[str | None, int]) -> NDArray[np.int8]:
    """The codes of words that most records leave out."""
    if words.count(None) == len(words):
        return np.full(len(words), NONE, np.int8)
    return np.fromiter([codes[word] for word in words], np.int8, len(words))


def _days_named(dates: list[dt.date | None]) -> NDArray[np.int64]:
    """The day numbers of dates that most records leave out."""
    if dates.count(None) == len(dates):
        return np.full(len(dates), UNKNOWN, np.int64)
    return np.fromiter([UNKNOWN if date is None else number_of(date) for date in dates], np.int64, len(dates))


def _screen_keys(records: Sequence[Record], customers: list[str]) -> Flags:
    keys, expected = [r.key for r in records], [c.encode() for c in customers]
    if keys == expected:
        return np.zeros(len(keys), np.bool_)
    return np.fromiter([key != want for key, want in zip(keys, expected, strict=True)], np.bool_, len(keys))


def _days(us: NDArray[np.int64], calendar: BusinessCalendar, suspect: Flags) -> NDArray[np.int64]:
    """The business day of each instant; one that is no instant or outside the calendar is marked in ``suspect``."""
    covered = calendar.covers(us)  # -1, no instant, is before the calendar too
    if covered.all():
        return calendar.days_of(us)
    suspect |= ~covered
    days = np.full(len(us), UNKNOWN, np.int64)
    days[covered] = calendar.days_of(us[covered])
    return days


def _reversals(read: list[Transaction], calendar: BusinessCalendar, suspect: Flags) -> NDArray[np.int64]:
    """The day that each reversal names; one that names none, or is an opening, is marked in ``suspect``."""
    days = np.full(len(read), UNKNOWN, np.int64)
    indices = [i for i, t in enumerate(read) if t.reverses is not None]
    if indices:
        bad = np.fromiter([read[i].kind == "opening" for i in indices], np.bool_, len(indices))
        days[indices] = _days(parse_instants([read[i].reverses_booked_at or "" for i in indices]), calendar, bad)
        suspect[indices] |= bad
    return days


def _convert(
    read: list[Transaction],
    currencies: list[str],
    base_currency: str,
    amount: NDArray[np.int64],
    told: NDArray[np.int64],
    measured: Flags,
    suspect: Flags,
) -> Flags:
    """Put bookings of other currencies into the base currency, in place, or take them out of the measures; which they are."""
    foreign = np.zeros(len(read), np.bool_)
    if currencies.count(base_currency) == len(currencies):
        return foreign
    for index, currency in enumerate(currencies):
        if currency == base_currency:
            continue
        t = read[index]
        foreign[index] = True
        suspect[index] |= currency not in CURRENCIES
        base = t.amount_base
        if t.kind == "opening":  # no money moved, in any currency; only a balance can count
            base = None if t.balance_base is None else 0
        measured[index] = base is not None
        amount[index] = 0 if base is None else base
        told[index] = UNKNOWN if base is None or t.balance_base is None else t.balance_base
    return foreign
