"""The lines of cuts: what the last of the first customers has of a measure, from the sketches that closes leave."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from agents.days import iso
from agents.policy.nodes import MINOR_UNITS
from agents.policy.written import amount
from schemas.cuts import CUT, NO_CUTS, written_cut
from schemas.mistakes import Mistake
from schemas.partition import PartitionState
from schemas.population import Cut
from streams.sketch import line_of, merged_cuts


class CutLine(NamedTuple):
    """One ``[[cut]]`` of a scheme: the value (minor units) lies from ``least`` to ``most``."""

    name: str
    scheme: str
    measure: str
    percent: int
    customers: int
    least: int
    most: int

    @property
    def value(self) -> int:
        """Halfway, rounded down: the closest that the sketch tells."""
        return (self.least + self.most) // 2

    @property
    def error(self) -> int:
        """By how many minor units the line may be off."""
        return max(self.most - self.value, self.value - self.least)


class Counted(NamedTuple):
    """The lines of all partitions together; ``empty`` are the cuts in which nobody is counted.

    ``days`` are the closed days that the figures are as of, the first and the last. ``missing`` partitions have customers,
    and no cut at their last close.
    """

    lines: Sequence[CutLine]
    empty: Sequence[str]
    days: tuple[int, int]
    partitions: int
    missing: int


def lines_of(states: Collection[PartitionState]) -> Counted:
    """The lines as of the partitions' last closes; ``Mistake`` where there is no cut, or one name stands for two."""
    closed = sorted((state for state in states if state.cuts), key=lambda state: state.open_day or 0)
    days = [state.open_day - 1 for state in closed if state.open_day is not None]
    if not days:
        msg = (
            "no cut is counted in the store: has a scheme of the active policies a [[cut]], did a day close since? "
            "Is TIERLINE_NAMESPACE right?"
        )
        raise Mistake(msg)
    # The newest of the closes has the newest policies' percentages, and stands last.
    cuts = merged_cuts(cut for state in closed for cut in state.cuts)
    _check_names(cuts)
    found = [_line(cut, name, percent) for cut in cuts for name, percent in cut.lines.items()]
    return Counted(
        lines=[line for line in found if isinstance(line, CutLine)],
        empty=[name for name in found if isinstance(name, str)],
        days=(min(days), max(days)),
        partitions=len(closed),
        missing=sum(1 for state in states if state.customers and not state.cuts),
    )


def cuts_file(counted: Counted) -> str:
    """The text of ``cuts.toml``."""
    rows = "".join(f"{written_cut(line.name, line.value)}  # {_about(line)}\n" for line in counted.lines)
    return (
        f"# Population lines, which conditions read as {CUT}<name>: written by `tierline fit-cuts`.\n"
        f"# As of {_when(counted)}.\n\n{NO_CUTS}{rows}"
    )


def report(counted: Counted) -> Iterator[str]:
    """The lines in words."""
    yield f"cuts as of {_when(counted)}"
    for line in counted.lines:
        yield f"  {CUT}{line.name:<24}{_money(line.value):>18}   {_about(line)}"
    for name in counted.empty:
        yield f"  {CUT}{name:<24}{'left out':>18}   nobody is counted: of whom is its measure known?"
    if counted.missing:
        said = f"{counted.missing} more {_partitions(counted.missing)} with customers, and without a cut yet"
        yield f"  {said}: new policies are taken at the next close"


def _line(cut: Cut, name: str, percent: int) -> CutLine | str:
    between = line_of(cut.sketch, percent)
    if between is None:
        return name
    customers = sum(count for count, _ in cut.sketch.values())
    return CutLine(name, cut.scheme, cut.measure, percent, customers, *between)


def _check_names(cuts: Sequence[Cut]) -> None:
    seen: dict[str, str] = {}
    for cut in cuts:
        for name in cut.lines:
            if name in seen:
                msg = f"{name} is a cut of {seen[name]} and of {cut.scheme}: give one of them another name"
                raise Mistake(msg)
            seen[name] = cut.scheme


def _about(line: CutLine) -> str:
    off = f"at most {_money(line.error)} off" if line.error else "exact"
    return f"the first {line.percent} % by {line.measure} of {line.customers:,} customers in {line.scheme}; {off}"


def _when(counted: Counted) -> str:
    first, last = map(iso, counted.days)
    days = f"the close of {last}" if first == last else f"the closes of {first} to {last}"
    return f"{days}, {counted.partitions} {_partitions(counted.partitions)}"


def _partitions(count: int) -> str:
    return "partition" if count == 1 else "partitions"


def _money(minor: int) -> str:
    return amount(Fraction(minor, MINOR_UNITS))
