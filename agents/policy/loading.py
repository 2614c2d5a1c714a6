"""From files to checked schemes and signals: all mistakes of all files are told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from agents.policy.crossings import check_between
from agents.policy.mistakes import PolicyError, PolicyMistake, Report
from agents.policy.reading import read_struct, read_toml
from agents.policy.scheme_files import scheme_of
from agents.policy.schemes import Scheme
from agents.policy.signal_files import family_of
from agents.policy.signals import Family, Signal
from schemas.churn_model import CHURN_FILE, ChurnModel, read_churn_model
from schemas.policy_file import SchemeFile
from schemas.quality import QUALITY_FILE, read_quality
from schemas.rates import NO_RATES, RATES_FILE, RateTable, read_rates
from schemas.signal_file import SignalsFile

_NEITHER = 'a key that says what is in it: scheme = "..." for tiers, signals = "..." for alerts'
_OF_A_SCHEME = ("base", "level", "class", "axis")
"""Keys by which a file without a name is taken for a scheme."""

TABLES: Final[Mapping[str, Callable[[str], object]]] = {
    RATES_FILE: read_rates,
    CHURN_FILE: read_churn_model,
    QUALITY_FILE: read_quality,
}
"""Files that hold the bank's figures and no rules, each with its reader: ``ValueError`` tells what is wrong."""


class Policies(NamedTuple):
    """What files say: schemes by name, families of signals by name."""

    schemes: tuple[Scheme, ...]
    families: tuple[Family, ...]

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The signals of all families, by name."""
        return tuple(sorted((one for family in self.families for one in family.signals), key=lambda one: one.name))


class _File(NamedTuple):
    """A file as read: ``table`` is None where nothing of it could be, ``rules`` where there is a mistake in it."""

    name: str
    table: SchemeFile | SignalsFile | None
    rules: Scheme | Family | None
    report: Report


def load_policies(files: Mapping[str, str], beside: Mapping[str, str] | None = None) -> Policies:
    """All schemes and signals; ``PolicyError`` lists the mistakes of all files, those that hold neither too.

    Files ``beside`` these have the names that these may speak of; their own mistakes are not told.
    """
    read = _read_all(files)
    others = [one for one in _read_all(beside or {}) if one.name not in files]
    known = [*read, *others]
    _check_names(known)
    check_between({one.name: (one.table, one.report) for one in known if one.table is not None}, whole=_whole(known))
    mistakes = {one.name: list(one.report) for one in read}
    mistakes |= {file: list(_table_mistakes(file, files[file])) for file in TABLES if file in files}
    if any(mistakes.values()):
        raise PolicyError(mistake for file in sorted(mistakes) for mistake in mistakes[file])
    schemes = [one.rules for one in read if isinstance(one.rules, Scheme)]
    families = [one.rules for one in read if isinstance(one.rules, Family)]
    return Policies(
        tuple(sorted(schemes, key=lambda scheme: scheme.table.scheme)),
        tuple(sorted(families, key=lambda family: family.table.signals)),
    )


def load_rates(files: Mapping[str, str]) -> RateTable:
    """The rates in files without mistakes."""
    return read_rates(files[RATES_FILE]) if RATES_FILE in files else NO_RATES


def load_churn_model(files: Mapping[str, str]) -> ChurnModel | None:
    """The model of churn in files without mistakes; None without one."""
    return read_churn_model(files[CHURN_FILE]) if CHURN_FILE in files else None


def _table_mistakes(file: str, text: str) -> Iterator[PolicyMistake]:
    try:
        TABLES[file](text)
    except ValueError as error:
        for line in str(error).splitlines():
            key, _, expected = line.rpartition(": expected ")
            yield PolicyMistake(file, key or "the file", "", expected)


def _read_all(files: Mapping[str, str]) -> list[_File]:
    return [_read(file, text) for file, text in sorted(files.items()) if file not in TABLES]


def _read(file: str, text: str) -> _File:
    report = Report(file)
    raw = read_toml(text, report)
    if raw is None:
        return _File(file, None, None, report)
    if "scheme" in raw and "signals" in raw:
        report.add("signals", raw["signals"], "either scheme or signals: a file holds one scheme or signals")
        return _File(file, None, None, report)
    if "signals" in raw or "signal" in raw:
        signals = read_struct(SignalsFile, raw, report)
        return _File(file, signals, family_of(file, signals, report), report)
    if "scheme" in raw or any(key in raw for key in _OF_A_SCHEME):
        scheme = read_struct(SchemeFile, raw, report)
        return _File(file, scheme, scheme_of(file, scheme, report), report)
    report.add("the file", None, _NEITHER)
    return _File(file, None, None, report)


def _whole(read: list[_File]) -> bool:
    """Whether every file could be read, so that a name which none of them has does not exist."""
    return all(one.table is not None for one in read)


def _check_names(read: list[_File]) -> None:
    """Schemes, and families of signals, have names of their own."""
    seen: dict[tuple[str, str], str] = {}
    for one in read:
        match one.table:
            case SchemeFile():
                key, name = "scheme", one.table.scheme
            case SignalsFile():
                key, name = "signals", one.table.signals
            case _:
                continue
        if name and (key, name) in seen:
            one.report.add(key, name, f"a name of its own: {seen[key, name]} has it already")
        seen.setdefault((key, name), one.name)
