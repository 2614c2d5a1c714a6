"""Bookings as the bytes of the contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final, NamedTuple, cast
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from deploy.bank.bookings import SECOND_US, Bookings, Span
from deploy.bank.flavours import FLAVOURS
from deploy.bank.people import RATES, Accounts, Ints
from deploy.bank.told import customer_id
from schemas.transactions import PRODUCTS, Product, Transaction

_CHUNK: Final = 20_000
"""Records turned into text at a time: enough to share the work, few enough to stay small in memory."""
_QUARTER_HOUR_US: Final = 900 * SECOND_US
"""Zones change their offset from UTC at quarter hours only, in the years that a bank is made for."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_encode = msgspec.json.Encoder().encode


class _Wire(Transaction, kw_only=True, omit_defaults=True, gc=False):
    """A transaction as sources write it: without the fields that say nothing."""


class _Label(NamedTuple):
    """What all bookings of an account have in common."""

    customer: str
    key: bytes
    account: str
    currency: str
    product: Product


def transaction_records(
    accounts: Accounts, bookings: Bookings, span: Span, zone: ZoneInfo, base_currency: str
) -> Iterator[tuple[int, bytes, bytes]]:
    """Timestamp in milliseconds, key and value of each booking, in the order given."""
    labels = _labels(accounts)
    clock = Clock(span, zone)
    for start in range(0, len(bookings), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(bookings)))
        columns = zip(
            rows.tolist(),
            bookings.timestamp[rows].tolist(),
            bookings.account[rows].tolist(),
            bookings.flavour[rows].tolist(),
            clock.texts(bookings.booked[rows]),
            bookings.amount[rows].tolist(),
            _where(bookings.told[rows], bookings.balance[rows]),
            *_in_base(accounts, bookings, rows, base_currency),
            *_reversals(bookings, rows, clock),
            strict=True,
        )
        for (
            row,
            timestamp,
            account,
            flavour,
            booked_at,
            amount,
            after,
            base,
            base_after,
            reverses,
            reversed_at,
        ) in columns:
            label, words = labels[account], FLAVOURS[flavour]
            value = _Wire(
                transaction_id=_transaction_id(row),
                customer_id=label.customer,
                account_id=label.account,
                booked_at=booked_at,
                amount=amount,
                currency=label.currency,
                product=label.product,
                kind=words.kind,
                channel=words.channel,
                initiator=words.initiator,
                balance_after=after,
                amount_base=base,
                balance_base=base_after,
                reverses=reverses,
                reverses_booked_at=reversed_at,
                counterparty=words.counterparty,
                category=words.category,
            )
            yield timestamp, label.key, _encode(value)


class Clock:
    """Instants as text in the bank's zone, many at a time."""

    def __init__(self, span: Span, zone: ZoneInfo) -> None:
        self._start = span.start_us
        steps = range(span.start_us, span.end_us + _QUARTER_HOUR_US, _QUARTER_HOUR_US)
        moments = [(_EPOCH + dt.timedelta(microseconds=us)).astimezone(zone) for us in steps]
        names = [moment.isoformat()[-6:] for moment in moments]
        self._suffixes = sorted(set(names))
        self._suffix_of = np.array([self._suffixes.index(name) for name in names])
        self._ahead = np.array([_seconds(moment) * SECOND_US for moment in moments], np.int64)

    def texts(self, us: Ints) -> list[str]:
        """Each instant to the millisecond with its offset."""
        quarter = (us - self._start) // _QUARTER_HOUR_US
        local = ((us + self._ahead[quarter]) // 1000).astype("datetime64[ms]")
        days: list[str] = np.datetime_as_string(local).tolist()
        suffixes = [self._suffixes[i] for i in self._suffix_of[quarter].tolist()]
        return [day + suffix for day, suffix in zip(days, suffixes, strict=True)]


def _seconds(moment: dt.datetime) -> int:
    return int((moment.utcoffset() or dt.timedelta()).total_seconds())


def _transaction_id(row: int) -> str:
    return f"T{row + 1:010d}"


def _labels(accounts: Accounts) -> list[_Label]:
    currencies = list(RATES)
    ids = [customer_id(owner) for owner in accounts.owner.tolist()]
    columns = (accounts.number.tolist(), accounts.currency.tolist(), accounts.product.tolist())
    return [
        _Label(owner, owner.encode(), f"{owner}-{number}", currencies[currency], cast("Product", PRODUCTS[product]))
        for owner, number, currency, product in zip(ids, *columns, strict=True)
    ]


def _where(flags: np.ndarray[tuple[int], np.dtype[np.bool_]], values: Ints) -> list[int | None]:
    return [value if flag else None for flag, value in zip(flags.tolist(), values.tolist(), strict=True)]


def _in_base(
    accounts: Accounts, bookings: Bookings, rows: Ints, base_currency: str
) -> tuple[list[int | None], list[int | None]]:
    """Amount and balance in the bank's currency, for the bookings of other currencies that carry them."""
    account = bookings.account[rows]
    foreign = (accounts.currency[account] != list(RATES).index(base_currency)) & accounts.converted[account]
    told = foreign & bookings.told[rows]
    return _where(foreign, bookings.base_amount[rows]), _where(told, bookings.base_balance[rows])


def _reversals(bookings: Bookings, rows: Ints, clock: Clock) -> tuple[list[str | None], list[str | None]]:
    """Id and instant of the booking that each row takes back."""
    ids: list[str | None] = [None] * len(rows)
    instants: list[str | None] = [None] * len(rows)
    undone = np.flatnonzero(bookings.reverses[rows] >= 0)
    named = bookings.reverses[rows[undone]]
    for place, row, text in zip(undone.tolist(), named.tolist(), clock.texts(bookings.booked[named]), strict=True):
        ids[place], instants[place] = _transaction_id(row), text
    return ids, instants
