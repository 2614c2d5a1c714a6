"""Facts as columns: text as its code in the vocabulary, a date as its day number, numbers as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from xxhash import xxh3_64_intdigest

from schemas.fact_names import LABEL, TAG
from schemas.facts import AccountFacts
from schemas.state import KnownAccount, Profile
from schemas.transactions import PRODUCTS
from streams.calendar import number_of
from streams.ledger.accounts import hold_account
from streams.ledger.arrays import Arrays, with_rows
from streams.ledger.layout import ACCOUNTS, BLOCK, BLOCK_SIZE, NONE
from streams.ledger.program import FACTS
from streams.rows import Vocabulary

Fact = str | int | bool


class FactsOnly(msgspec.Struct, gc=False):
    """The part of a profile that rows need; the rest is decoded when it is asked for."""

    accounts: list[str] = []
    facts: dict[str, Fact] = {}
    account_facts: dict[str, KnownAccount] = {}


FACTS_ONLY: Final = msgspec.msgpack.Decoder(FactsOnly).decode
NO_FACTS: Final = msgspec.msgpack.encode(Profile())
"""An empty profile, encoded."""


class FactCodes:
    """Turns the facts of a profile into the integers that conditions compare.

    Columns are those of ``FACTS``, and behind them the labels and tags that anybody asked for.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._columns = {measure.name: (index, measure.type) for index, measure in enumerate(FACTS)}
        self._days: dict[str, int] = {}
        self._tags: list[tuple[str, int]] = []

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self._columns)

    def column(self, name: str) -> int:
        """The column of fact ``name``; of a label or tag not asked for before it is a new one."""
        if name not in self._columns:
            if not name.startswith((LABEL, TAG)):
                msg = f"{name!r} is no fact"
                raise ValueError(msg)
            if name.startswith(TAG):
                self._tags.append((name.removeprefix(TAG), self.width))
            self._columns[name] = (self.width, "text" if name.startswith(LABEL) else "flag")
        return self._columns[name][0]

    def row(self, facts: Mapping[str, Fact]) -> list[int]:
        """A number for each column, ``UNKNOWN`` for what is not known."""
        numbers = [NONE] * self.width
        for name, value in facts.items():
            if name in self._columns:
                index, type_ = self._columns[name]
                numbers[index] = self._code(value, type_) if isinstance(value, str) else int(value)
        if self._tags and "tags" in facts:
            given = str(facts["tags"]).split(",")
            for tag, index in self._tags:
                numbers[index] = int(tag in given)
        return numbers

    def write(self, arrays: Arrays, slot: int, known: Profile | FactsOnly) -> None:
        """Write a customer's facts, and those of its accounts, where kernels read them."""
        arrays.facts[slot] = self.row(known.facts)
        if known.account_facts:
            first = int(arrays.customers[slot, BLOCK])
            for place, account in enumerate(known.accounts):
                if account in known.account_facts:
                    arrays.account_facts[first + place] = self._account_row(known.account_facts[account])

    def _account_row(self, known: KnownAccount) -> tuple[int, ...]:
        """The facts of an account in the order of ``layout``'s columns of account facts."""
        branch = None if known.branch_id is None else self._vocabulary.code(known.branch_id)
        numbers = (
            known.opened_on,
            known.closed_on,
            known.matures_on,
            known.card_activated_on,
            known.counts_in_aum,
            branch,
        )
        return tuple(NONE if number is None else int(number) for number in numbers)

    def _code(self, text: str, type_: str) -> int:
        """Days are remembered, few as they are; numbers are not, for hardly two customers have the same."""
        if type_ != "day":
            return self._vocabulary.code(text)
        number = self._days.get(text)
        if number is None:
            number = self._days[text] = number_of(dt.date.fromisoformat(text))
        return number


def hold(arrays: Arrays, slot: int, told: AccountFacts, day: int) -> tuple[Arrays, bool]:
    """Have a row for an account that facts tell of on ``day``; whether it is a new one."""
    size, count = arrays.customers[slot, [BLOCK_SIZE, ACCOUNTS]].tolist()
    arrays = with_rows(arrays, 0, 2 * size + 1)
    hash_ = int(np.uint64(xxh3_64_intdigest(told.account_id.encode())).astype(np.int64))
    hold_account(arrays, slot, hash_, PRODUCTS.index(told.product), day)
    return arrays, int(arrays.customers[slot, ACCOUNTS]) > count
