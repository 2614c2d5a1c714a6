"""What files say of each other: names that are unique, signals that hold others back, levels at which customers must stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agents.policy.mistakes import Report, did_you_mean
from agents.policy.shapes import places_of
from schemas.policy_file import SchemeFile
from schemas.signal_file import SignalsFile, SignalTable

Tables = Mapping[str, tuple[SchemeFile | SignalsFile, Report]]
"""What each file says, and where its mistakes are told."""


def check_between(tables: Tables, *, whole: bool) -> None:
    """Report what does not fit; names are looked up only if the ``whole`` of the files could be read."""
    signals: dict[str, tuple[SignalTable, str]] = {}
    for file, signal, report in _signals(tables):
        if signal.name and signal.name in signals:
            other = signals[signal.name][1]
            report.add(f"signal.{signal.name}.name", signal.name, f"a name of its own: {other} has it already")
            continue
        signals[signal.name] = (signal, file)
    by_name = {name: signal for name, (signal, _) in signals.items()}
    _check_cuts(tables)
    if whole:
        _check_inhibitors(tables, by_name)
        _check_levels(tables)
    _check_circles(tables, by_name)


def _signals(tables: Tables) -> Iterator[tuple[str, SignalTable, Report]]:
    for file, (table, report) in tables.items():
        if isinstance(table, SignalsFile):
            for signal in table.signal:
                yield file, signal, report


def _check_cuts(tables: Tables) -> None:
    """Cuts have names of their own over all schemes: conditions read them by these alone."""
    seen: dict[str, str] = {}
    for file, (table, report) in tables.items():
        for cut in {one.name: one for one in table.cut}.values() if isinstance(table, SchemeFile) else ():
            if seen.setdefault(cut.name, file) != file:
                report.add(f"cut.{cut.name}", cut.name, f"a name of its own: {seen[cut.name]} has it already")


def _check_inhibitors(tables: Tables, signals: Mapping[str, SignalTable]) -> None:
    for _, signal, report in _signals(tables):
        key = f"signal.{signal.name}.inhibited_by"
        for name in signal.inhibited_by:
            if name not in signals and "" not in signals:  # else a name is a mistake itself
                report.add(key, name, "names of signals", did_you_mean(name, signals))
            elif name in signals and signals[name].on is not None:
                report.add(key, name, "a signal that lasts", f"{name} is a one-shot and holds nothing back")


def _check_circles(tables: Tables, signals: Mapping[str, SignalTable]) -> None:
    """Each circle is told once, at the first of its signals in the order of files."""
    told: set[frozenset[str]] = set()
    for _, signal, report in _signals(tables):
        circle = _circle(signal.name, signals)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            expected = "signals that it does not hold back itself"
            report.add(
                f"signal.{signal.name}.inhibited_by", signal.inhibited_by, expected, " -> ".join([*circle, signal.name])
            )


def _circle(start: str, signals: Mapping[str, SignalTable]) -> list[str]:
    """The way from a signal over what holds it back to itself; empty if there is none."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        for name in signals[way[-1]].inhibited_by if way[-1] in signals else ():
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def _check_levels(tables: Tables) -> None:
    places = {table.scheme: places_of(table) for table, _ in tables.values() if isinstance(table, SchemeFile)}
    for _, signal, report in _signals(tables):
        for scheme, levels in signal.for_levels.items():
            key = f"signal.{signal.name}.for_levels.{scheme}"
            if not levels:
                report.add(key, levels, "at least one level")
            _check_places(key, scheme, levels, places, report)
    for table, report in tables.values():
        for number, example in enumerate(table.example if isinstance(table, SignalsFile) else (), 1):
            for scheme, level in example.levels.items():
                _check_places(f"example.{number}.levels.{scheme}", scheme, level, places, report)


def _check_places(
    key: str, scheme: str, levels: list[str] | str, places: Mapping[str, list[str]], report: Report
) -> None:
    """Report a scheme, or levels of it, that no file has."""
    if scheme not in places:
        if "" not in places:  # else the name of a scheme is a mistake itself
            schemes = (
                f"one of the schemes {', '.join(sorted(places))}" if places else "a scheme, and no file here has one"
            )
            report.add(key, levels, schemes, did_you_mean(scheme, places))
        return
    known = places[scheme]
    for level in [levels] if isinstance(levels, str) else levels:
        if known and level not in known:
            report.add(key, level, f"one of {', '.join(known)}", did_you_mean(level, known))
