"""A bank's snapshot, a line an account, as facts and openings of the contract; pure, line by line.

The facts of a customer are told once for the lines of hers that follow each other. The opening of an account tells its
balance at the close of the snapshot's day. Its transaction id is made of what the line says: the same line sent again is
known and dropped, a corrected one counts. Averages of months before are openings too, oldest first: each stands until the next.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET
from xxhash import xxh3_64_hexdigest, xxh3_64_intdigest

from agents.policy.mistakes import did_you_mean
from agents.snapshot_averages import NO_MONTHS, OTHERWISE, Average, is_average, is_monthly, mistake
from agents.snapshot_cells import (
    ACCOUNT_CELLS,
    CUSTOMER_CELLS,
    DECIMALS,
    FORM,
    PRODUCT,
    Read,
    Unreadable,
    currency,
    date,
    identity,
    minor_units,
    text,
)
from schemas.fact_names import LABEL
from schemas.facts import AccountFacts, CustomerFacts
from schemas.mistakes import Mistake
from schemas.transactions import Transaction

SOURCE: Final = "snapshot"
"""The source under which the facts are told."""

REQUIRED: Final = ("customer_id", "account_id", "product", "balance")
OPTIONAL: Final = ("currency", "balance_base", "form")

REJECTED_LINE: Final = "rejected_line"
REJECTED_REASON: Final = "rejected_reason"
"""Columns that the list of rejected lines adds: skipped when that list, mended, is imported."""

ACCOUNTS_A_RECORD: Final = 1_000
"""Accounts that one record of facts tells at most: far below the largest record."""

_LABEL: Final = re.compile(rf"{LABEL}[a-z][a-z0-9_]{{0,47}}")
_FAMILY: Final = "family_"
_FAMILY_DATE: Final = re.compile(rf"{_FAMILY}[a-z][a-z0-9_]{{0,47}}")
_encode = msgspec.json.Encoder().encode


class _Wire(Transaction, kw_only=True, omit_defaults=True, gc=False):
    """An opening as it is sent: without the fields that say nothing."""


class Rejected(Exception):
    """A line cannot be taken in; the text says why, in the same words for equal mistakes."""


class Moment(NamedTuple):
    """When the balances were so: the last second of the day ``as_of`` (ISO), as RFC 3339 text and in milliseconds."""

    as_of: str
    booked_at: str
    timestamp_ms: int


class Reading(NamedTuple):
    """How a file is to be read. ``owed_positive``: loans are given as the amount owed, a positive figure. ``months``: the
    columns of averages that it may have, each with the first instant of its month, oldest first."""

    moment: Moment
    base_currency: str
    owed_positive: bool = False
    months: Mapping[str, str] = NO_MONTHS


class Line(NamedTuple):
    """One account. ``told`` is the same object for neighbouring lines that tell the same of the same customer. ``averages``
    are the openings of the months before, oldest first; ``unaveraged`` if there are some that cannot be taken in."""

    key: bytes
    told: Mapping[str, Any]
    account: AccountFacts | None
    opening: bytes
    unmeasured: bool
    averages: tuple[bytes, ...] = ()
    unaveraged: bool = False


class Columns:
    """What each column of a file is. ``Mistake`` lists everything that is wrong with the header."""

    def __init__(
        self, header: Sequence[str], ignore: Collection[str] = (), months: Mapping[str, str] = NO_MONTHS
    ) -> None:
        names = [name.strip().lower() for name in header]
        self.count = len(names)
        self.skipped: dict[str, str] = {}
        """Columns that are not used, and why."""
        self.at: dict[str, int] = {}
        self.customer: list[tuple[int, str, Read]] = []
        self.account: list[tuple[int, str, Read]] = []
        self.averages: list[Average] = []
        """Columns of averages, those of the oldest month first."""
        self._months = months
        mistakes = [
            *(f"column {name} stands there twice" for name in dict.fromkeys(names) if names.count(name) > 1),
            *(f"column {name} is missing" for name in REQUIRED if name not in names or name in ignore),
            *(f"--ignore {name}: there is no such column" for name in ignore if name not in names),
        ]
        for place, name in enumerate(names):
            mistakes += self._take(place, name, ignore)
        if mistakes:
            msg = "the header of the file cannot be used:\n" + "\n".join(f"  {mistake}" for mistake in mistakes)
            raise Mistake(msg)
        self.averages.sort(key=lambda average: average.name)
        self.told = tuple(place for place, _, _ in self.customer)

    def _take(self, place: int, name: str, ignore: Collection[str]) -> Iterator[str]:
        """Sort a column in; yields what is wrong with it."""
        if name in ignore or name in {REJECTED_LINE, REJECTED_REASON}:
            self.skipped[name] = "not asked for"
        elif name in REQUIRED or name in OPTIONAL:
            self.at[name] = place
        elif name in CUSTOMER_CELLS:
            self.customer.append((place, name, CUSTOMER_CELLS[name]))
        elif name in ACCOUNT_CELLS:
            self.account.append((place, name, ACCOUNT_CELLS[name]))
        elif _LABEL.fullmatch(name):
            self.customer.append((place, name, text))
        elif _FAMILY_DATE.fullmatch(name):
            self.customer.append((place, name, date))
        elif name in self._months:
            self.averages.append(Average(place, name, self._months[name]))
        elif is_monthly(name) and self._months:
            yield mistake(name, self._months)
        elif is_average(name):
            self.skipped[name] = OTHERWISE
        else:
            known = (*REQUIRED, *OPTIONAL, *CUSTOMER_CELLS, *ACCOUNT_CELLS)
            hint = did_you_mean(name, known)
            yield f"column {name!r} is not known{f': {hint}' if hint else ''}; rename it, or leave it out with --ignore"


class LineReader:
    """Reads line by line; knows which accounts have been met."""

    def __init__(self, columns: Columns, reading: Reading) -> None:
        self._columns = columns
        self._reading = reading
        self._met: set[int] = set()
        self._customers: set[int] = set()
        self._cells: tuple[str, ...] = ()
        self._told: Mapping[str, Any] = {}
        self._counted: Mapping[str, Any] = self._told
        at = columns.at
        self._customer, self._account, self._product, self._balance = (at[name] for name in REQUIRED)
        self._currency, self._base, self._form = (at.get(name) for name in OPTIONAL)
        self._told_places = (self._customer, *columns.told)

    @property
    def customers(self) -> int:
        """Different customers of whom a line was taken in."""
        return len(self._customers)

    def read(self, row: list[str]) -> Line:
        """What a line says; ``Rejected`` if it cannot be taken in."""
        if len(row) != self._columns.count:
            raise Rejected(f"expected {self._columns.count} cells as in the header, found {len(row)}")
        line = "".join(row)
        if not line.isascii():
            _check_text(line)
        customer_id = row[self._customer].strip()
        cells = tuple([row[place] for place in self._told_places])
        if cells != self._cells:
            self._told = self._customer_facts(row, customer_id)
            self._cells = cells
        account_id = _cell("account_id", identity, row[self._account].strip())
        account, opening = self._account_of(row, customer_id, account_id)
        averages = self._averages_of(row, opening)
        foreign = opening.currency != self._reading.base_currency
        met = xxh3_64_intdigest(account_id.encode())
        if met in self._met:
            raise Rejected("account_id: stands in an earlier line already")
        self._met.add(met)
        if self._told is not self._counted:
            self._counted = self._told
            self._customers.add(xxh3_64_intdigest(customer_id.encode()))
        return Line(
            customer_id.encode(),
            self._told,
            account,
            _encode(opening),
            unmeasured=foreign and opening.balance_base is None,
            averages=() if foreign else averages,
            unaveraged=foreign and bool(averages),
        )

    def _customer_facts(self, row: list[str], customer_id: str) -> dict[str, Any]:
        told: dict[str, Any] = {"customer_id": _cell("customer_id", identity, customer_id)}
        for place, name, read in self._columns.customer:
            cell = row[place].strip()
            if not cell:
                continue
            value = _cell(name, read, cell)
            if name == "customer_opened_on":
                told["opened_on"] = value
            elif name.startswith(LABEL):
                told.setdefault("labels", {})[name.removeprefix(LABEL)] = value
            elif name.startswith(_FAMILY):
                told.setdefault("family_dates", {})[name.removeprefix(_FAMILY)] = value
            else:
                told[name] = value
        return told

    def _account_of(self, row: list[str], customer_id: str, account_id: str) -> tuple[AccountFacts | None, _Wire]:
        product = _cell("product", PRODUCT, row[self._product].strip())
        base_currency = self._reading.base_currency
        code = self._optional(row, self._currency) or base_currency
        foreign = code != base_currency
        if foreign:
            _cell("currency", currency, code)
        balance = self._money("balance", row[self._balance].strip(), DECIMALS.get(code, 2), product)
        base_text = self._optional(row, self._base) if foreign else ""
        decimals = DECIMALS.get(base_currency, 2)
        base = self._money("balance_base", base_text, decimals, product) if base_text else None
        form = self._optional(row, self._form)
        known = {
            name.removeprefix("account_"): _cell(name, read, row[at].strip())
            for at, name, read in self._columns.account
            if row[at].strip()
        }
        said = f"{customer_id}\0{account_id}\0{product}\0{code}\0{balance}\0{base}\0{form}\0{known.get('matures_on')}"
        moment = self._reading.moment
        opening = _Wire(
            transaction_id=f"opening-{moment.as_of}-{xxh3_64_hexdigest(said.encode())}",
            customer_id=customer_id,
            account_id=account_id,
            booked_at=moment.booked_at,
            amount=0,
            currency=code,
            product=product,
            kind="opening",
            channel="other",
            initiator="bank",
            balance_after=balance,
            balance_base=base,
            matures_on=known.get("matures_on"),
            form=_cell("form", FORM, form) if form else None,
        )
        account = AccountFacts(account_id=account_id, product=product, **known) if known else None
        return account, opening

    def _averages_of(self, row: list[str], opening: _Wire) -> tuple[bytes, ...]:
        """The averages of a line as openings, oldest first; a month whose cell is empty tells nothing."""
        found: list[bytes] = []
        decimals = DECIMALS.get(opening.currency, 2)
        for place, name, booked_at in self._columns.averages:
            cell = row[place].strip()
            if not cell:
                continue
            balance = self._money(name, cell, decimals, opening.product)
            one = msgspec.structs.replace(
                opening,
                transaction_id=f"{opening.transaction_id}-{name.removeprefix('avg_')}-{balance}",
                booked_at=booked_at,
                balance_after=balance,
            )
            found.append(_encode(one))
        return tuple(found)

    def _money(self, name: str, cell: str, decimals: int, product: str) -> int:
        try:
            amount = minor_units(cell, decimals)
        except Unreadable as error:
            raise Rejected(f"{name}: {error}") from None
        if product != "loan":
            return amount
        if self._reading.owed_positive:
            return -amount
        if amount > 0:
            raise Rejected(f"{name}: of a loan, expected 0 or less, since it is owed (or give --owed-positive)")
        return amount

    @staticmethod
    def _optional(row: list[str], place: int | None) -> str:
        return "" if place is None else row[place].strip()


def facts_of(lines: Iterable[Line], moment: Moment) -> Iterator[tuple[int, bytes, bytes]]:
    """The records of ``customers`` that ``lines`` tell: timestamp, key, value."""
    told: Mapping[str, Any] | None = None
    key = b""
    accounts: list[AccountFacts] = []
    for line in lines:
        if line.told is not told or len(accounts) >= ACCOUNTS_A_RECORD:
            if told is not None:
                yield from _facts(moment, key, told, accounts)
            told, key, accounts = line.told, line.key, []
        if line.account is not None:
            accounts.append(line.account)
    if told is not None:
        yield from _facts(moment, key, told, accounts)


def openings_of(lines: Iterable[Line], moment: Moment) -> Iterator[tuple[int, bytes, bytes]]:
    """The records of ``transactions`` that ``lines`` tell: timestamp, key, value. An account's are in the order of time."""
    return ((moment.timestamp_ms, line.key, opening) for line in lines for opening in (*line.averages, line.opening))


def _facts(
    moment: Moment, key: bytes, told: Mapping[str, Any], accounts: list[AccountFacts]
) -> Iterator[tuple[int, bytes, bytes]]:
    if len(told) > 1 or accounts:  # more than the id
        facts = CustomerFacts(**told, source=SOURCE, accounts=accounts or UNSET)
        yield moment.timestamp_ms, key, _encode(facts)


def _cell(name: str, read: Read, cell: str) -> Any:
    try:
        return read(cell)
    except Unreadable as error:
        raise Rejected(f"{name}: {error}") from None


def _check_text(line: str) -> None:
    try:
        line.encode()
    except UnicodeEncodeError:  # bytes that the decoder could not read
        raise Rejected("the line is not in the encoding of the file: save it as UTF-8, or give --encoding") from None
