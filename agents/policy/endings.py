"""Lists of dates that end soon: after the last one, ``next_<name>`` is unknown and what waits for it is never told again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

from agents.policy.given import date_given
from agents.policy.loading import load_policies
from agents.policy.odd import Finding
from agents.policy.schemes import Scheme
from agents.policy.signals import Family

NOTICE: Final = dt.timedelta(days=365)
"""How long before its last date a list is told of: whoever looks after the files once a year sees it in time."""


def calendars_ending(
    files: Mapping[str, str], today: dt.date, beside: Mapping[str, str] | None = None
) -> list[Finding]:
    """The lists of ``[calendar]`` that end within ``NOTICE`` of ``today`` or have ended; raises ``PolicyError`` as
    ``load_policies`` does."""
    schemes, families = load_policies(files, beside)
    every: list[Scheme | Family] = [*schemes, *families]
    return [finding for rules in every for finding in _ending(rules, today)]


def _ending(rules: Scheme | Family, today: dt.date) -> Iterator[Finding]:
    for name, dates in rules.table.calendar.items():
        last = max(map(date_given, dates))
        if last - today <= NOTICE:
            past = "is past" if last < today else "comes within a year"
            text = f"the last date, {last}, {past}: next_{name} is unknown after it, add the dates that follow"
            yield Finding(rules.file, f"calendar.{name}", text)
