"""Whether the keys of signals go together, each file by itself."""

from __future__ import annotations

import re
from typing import Final

from agents.policy.mistakes import Report
from schemas.policy_file import Check
from schemas.signal_file import OTHERWISE, SignalsFile, SignalTable

_AT_CLOSES: Final = ("relative", "duty", "cycle")
"""Items that are looked at at closes alone."""
_NAME: Final = re.compile("[a-z][a-z0-9_]{0,63}")
_WORD: Final = "a word of small letters, digits and underscores, such as high"
_NOT_WITH_ON: Final = ("each", "clear", "due_on", "check")


def check_signals(table: SignalsFile, report: Report) -> None:
    """Report keys that do not go together."""
    if not table.signal and all(mistake.key != "signal" for mistake in report):
        report.add("signal", None, "at least one signal, written [[signal]]")
    for signal in table.signal:
        place = f"signal.{signal.name}"
        _check_keys(place, signal, report)
        _check_checks(place, signal, report)
        _check_severity(f"{place}.severity", signal, report)


def check_of(signal: SignalTable) -> Check:
    """When a signal begins or ends."""
    return signal.check or ("day_close" if _dated(signal) else "event")


def _dated(signal: SignalTable) -> bool:
    return signal.due_on is not None or signal.each in _AT_CLOSES


def _check_keys(place: str, signal: SignalTable, report: Report) -> None:
    if signal.on is not None:
        for key in _NOT_WITH_ON:
            if getattr(signal, key) is not None:
                expected = f'no {key} beside on = "{signal.on}"'
                report.add(f"{place}.{key}", getattr(signal, key), expected, "a one-shot has nothing to clear")
    elif signal.due_on is not None and signal.clear is not None:
        report.add(f"{place}.clear", signal.clear, "no clear beside due_on", "a dated signal ends after its day")
    if signal.lead_days is not None and signal.due_on is None and not report.told(f"{place}.due_on"):
        report.add(f"{place}.lead_days", signal.lead_days, "due_on, the day that it leads up to")
    if signal.when is None and signal.due_on is None and not report.told(place):
        report.add(f"{place}.when", None, 'a condition in quotes, such as "aum >= 100_000", but the key is missing')


def _check_checks(place: str, signal: SignalTable, report: Report) -> None:
    if signal.check == "event" and signal.on is None and _dated(signal):
        what = "a dated signal" if signal.due_on is not None else f"a signal for each {signal.each}"
        expected = f"day_close, month_close, quarter_close, year_close or anniversary of {what}"
        report.add(f"{place}.check", signal.check, expected, "left out it is day_close")


def _check_severity(key: str, signal: SignalTable, report: Report) -> None:
    severity = signal.severity
    if isinstance(severity, str):
        if not _NAME.fullmatch(severity):
            report.add(key, severity, _WORD)
        return
    if OTHERWISE not in severity:
        report.add(key, severity, f'{OTHERWISE} = "...": the severity where no condition of another holds')
    elif not _NAME.fullmatch(severity[OTHERWISE]):
        report.add(f"{key}.{OTHERWISE}", severity[OTHERWISE], _WORD)
    elif severity[OTHERWISE] in severity:
        report.add(f"{key}.{OTHERWISE}", severity[OTHERWISE], "a severity that has no condition")
