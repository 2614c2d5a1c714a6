"""The names that a file gives: ``[let]``, and ``[calendar]`` with lists of dates, each of which gives ``next_<name>``."""

from __future__ import annotations

from agents.policy.check import NEXT
from agents.policy.given import NotGivable, date_given
from agents.policy.mistakes import Report
from schemas.cuts import CUT, CUTS_FILE, Lines
from schemas.measures import ACCOUNT_MEASURES, measure_named
from schemas.occasion_names import OCCASIONAL
from schemas.policy_file import SchemeFile
from schemas.signal_file import SignalsFile
from streams.calendar import number_of


def read_calendar(table: SchemeFile | SignalsFile, report: Report) -> dict[str, tuple[int, ...]]:
    """The day numbers of each list, in order."""
    calendar: dict[str, tuple[int, ...]] = {}
    for name, dates in table.calendar.items():
        days: list[int] = []
        for value in dates:
            try:
                days.append(number_of(date_given(value)))
            except NotGivable as error:
                report.add(f"calendar.{name}", value, str(error))
        if measure_named(f"{NEXT}{name}") is not None:
            report.add(f"calendar.{name}", None, f"another name: {NEXT}{name} is a measure or fact already")
        if not dates:
            report.add(f"calendar.{name}", None, "at least one date")
        calendar[name] = tuple(sorted(set(days)))
    return calendar


def check_let_names(table: SchemeFile | SignalsFile, report: Report, lines: Lines) -> None:
    """Report names in ``[let]`` that are no names, or stand for something already."""
    taken = {"today", *ACCOUNT_MEASURES} | (OCCASIONAL.keys() if isinstance(table, SignalsFile) else set())
    for name, value in table.let.items():
        if not name.isidentifier() or not name.islower():
            report.add(f"let.{name}", value, "a name of small letters, digits and underscores")
        elif measure_named(name) is not None or name in taken:
            report.add(f"let.{name}", value, "a name that is not a measure or fact already")
        elif name.startswith(NEXT) and name.removeprefix(NEXT) in table.calendar:
            report.add(f"let.{name}", value, "a name that [calendar] does not give already")
        elif name.startswith(CUT) and name.removeprefix(CUT) in lines:
            report.add(f"let.{name}", value, f"a name that {CUTS_FILE} does not give already")
