"""``[calendar]``: lists of dates by name, each of which gives ``next_<name>``."""

from __future__ import annotations

from agents.days import day_number
from agents.policy.check import NEXT
from agents.policy.given import NotGivable, date_given
from agents.policy.mistakes import Report
from schemas.measures import measure_named
from schemas.policy_file import SchemeFile


def read_calendar(table: SchemeFile, report: Report) -> dict[str, tuple[int, ...]]:
    """The day numbers of each list, in order."""
    calendar: dict[str, tuple[int, ...]] = {}
    for name, dates in table.calendar.items():
        days: list[int] = []
        for value in dates:
            try:
                days.append(day_number(date_given(value)))
            except NotGivable as error:
                report.add(f"calendar.{name}", value, str(error))
        if measure_named(f"{NEXT}{name}") is not None:
            report.add(f"calendar.{name}", None, f"another name: {NEXT}{name} is a measure or fact already")
        if not dates:
            report.add(f"calendar.{name}", None, "at least one date")
        calendar[name] = tuple(sorted(set(days)))
    return calendar
