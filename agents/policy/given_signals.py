"""Whether the examples of signals name what exists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agents.policy.given import check_given, check_named
from agents.policy.mistakes import Report, did_you_mean
from schemas.measures import ACCOUNT_MEASURES
from schemas.occasion_names import ITEMS, ON, Names
from schemas.signal_file import OTHERWISE, SignalsFile, SignalTable

OCCASIONS: Final[Names] = {name: measure for names in ON.values() for name, measure in names.items()}
_ITEMS: Final[Names] = {name: measure for names in ITEMS.values() for name, measure in names.items()}


def check_signal_examples(table: SignalsFile, report: Report, cuts: Names) -> None:
    """Report names and values that an example cannot have; it may give ``cuts``."""
    names = names_of_signals(table)
    signals = {signal.name: signal for signal in table.signal}
    for number, example in enumerate(table.example, 1):
        place = f"example.{number}"
        _check_names(f"{place}.expect", example.expect, names, report)
        _check_names(f"{place}.raised", example.raised, names, report)
        _check_names(f"{place}.severity", example.severity, names, report)
        for name, word in example.severity.items():
            known = severities_of(signals[name]) if name in names else (word,)
            if word not in known:
                report.add(f"{place}.severity.{name}", word, f"one of {', '.join(known)}", did_you_mean(word, known))
        check_given(example.given, f"{place}.given", report, {**OCCASIONS, **cuts})
        for count, account in enumerate(example.accounts, 1):
            check_named(account, f"{place}.accounts.{count}", report, ACCOUNT_MEASURES, "a measure of accounts")
        for count, item in enumerate(example.items, 1):
            check_named(item, f"{place}.items.{count}", report, _ITEMS, "a name of an item, such as relative_next_on")


def names_of_signals(table: SignalsFile) -> list[str]:
    """The names of all signals of a file; none at all where one of them is a mistake, which is told."""
    names = [signal.name for signal in table.signal]
    return names if all(names) and len(set(names)) == len(names) else []


def severities_of(signal: SignalTable) -> list[str]:
    """The words for how bad it can be, the worst first."""
    if isinstance(signal.severity, str):
        return [signal.severity]
    words = [word for word in signal.severity if word != OTHERWISE]
    return [*words, signal.severity.get(OTHERWISE, "")]


def _check_names(key: str, names: Iterable[str], known: list[str], report: Report) -> None:
    for name in names:
        if known and name not in known:
            report.add(key, name, "names of signals of this file", did_you_mean(name, known))
