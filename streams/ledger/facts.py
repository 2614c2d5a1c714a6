"""Facts as columns: text as its code in the vocabulary, a date as its day number, numbers as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec

from schemas.state import Profile
from streams.calendar import BusinessCalendar
from streams.ledger.layout import NONE
from streams.ledger.measures import FACTS
from streams.rows import Vocabulary

Fact = str | int | bool


class FactsOnly(msgspec.Struct, gc=False):
    """The part of a profile that rows need; the rest is decoded when it is asked for."""

    facts: dict[str, Fact] = {}


FACTS_ONLY: Final = msgspec.msgpack.Decoder(FactsOnly).decode
NO_FACTS: Final = msgspec.msgpack.encode(Profile())
"""An empty profile, encoded."""


class FactCodes:
    """Turns the facts of a profile into the integers that conditions compare."""

    def __init__(self, calendar: BusinessCalendar, vocabulary: Vocabulary) -> None:
        self._calendar = calendar
        self._vocabulary = vocabulary
        self._columns = {measure.name: (index, measure.type) for index, measure in enumerate(FACTS)}
        self._known: list[dict[Fact, int]] = [{} for _ in FACTS]

    def row(self, facts: Mapping[str, Fact]) -> list[int]:
        """A number for each of ``FACTS``, ``UNKNOWN`` for one that is not known."""
        numbers = [NONE] * len(FACTS)
        for name, value in facts.items():
            if name in self._columns:
                index, type_ = self._columns[name]
                known = self._known[index]
                if value not in known:
                    known[value] = self._code(value, type_)
                numbers[index] = known[value]
        return numbers

    def _code(self, value: Fact, type_: str) -> int:
        if not isinstance(value, str):
            return int(value)
        if type_ == "day":
            return self._calendar.number_of(dt.date.fromisoformat(value))
        return self._vocabulary.code(value)
