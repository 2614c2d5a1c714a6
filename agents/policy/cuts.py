"""Population figures: which customers a close adds to them, with what, and the lines that conditions read of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.policy.given import Figures
from agents.policy.mistakes import Report, did_you_mean
from agents.policy.nodes import MINOR_UNITS
from agents.policy.schemes import Scheme
from schemas.cuts import CUT, NO_CUTS, Lines, read_cuts, written_cut
from schemas.measures import MEASURES, Measure, measure_named
from schemas.occasion_names import Names
from schemas.policy_file import SchemeFile
from schemas.population import Cut
from streams.rows import UNKNOWN, Rows
from streams.sketch import sketch_of

_WORD_BITS = 64


class CompiledCut(NamedTuple):
    """All cuts of one measure in one scheme; ``scope`` is the bit of a truth mask that lets in, None for everybody."""

    scheme: str
    measure: str
    lines: dict[str, int]
    scope: int | None

    def of(self, rows: Rows, masks: NDArray[np.uint64]) -> Cut:
        """The customers of ``rows`` who are in the scheme's scope and of whom the measure is known."""
        values = rows.values[rows.names.index(self.measure)]
        part = values != UNKNOWN
        if self.scope is not None:
            part &= masks[:, self.scope // _WORD_BITS] >> np.uint64(self.scope % _WORD_BITS) & np.uint64(1) == 1
        values = values[part]
        if self.measure in rows.divisors:
            values = _divided(values, rows.divisors[self.measure][part])
        return Cut(scheme=self.scheme, measure=self.measure, lines=self.lines, sketch=sketch_of(values))


def compile_cuts(scheme: Scheme, scope: int | None) -> Sequence[CompiledCut]:
    """The cuts of a scheme by measure; ``scope`` is the truth of its ``applies_to`` as one bit."""
    lines: dict[str, dict[str, int]] = {}
    for cut in scheme.table.cut:
        lines.setdefault(cut.measure, {})[cut.name] = cut.top_percent
    place = None if scope is None else scope.bit_length() - 1
    return [CompiledCut(scheme.table.scheme, measure, of, place) for measure, of in lines.items()]


def cut_names(lines: Lines) -> Names:
    """What examples may give beside measures: the lines, as money."""
    return {f"{CUT}{name}": Measure(f"{CUT}{name}", "money", f"the line of cut {name}", CUT) for name in lines}


def with_given(text: str, figures: Figures) -> str:
    """``cuts.toml`` as an example has it: the lines of ``text``, but those that its ``figures`` give."""
    given = {name.removeprefix(CUT): value for name, value in figures.items() if name.startswith(CUT)}
    lines = read_cuts(text) | {name: int(Fraction(str(value)) * MINOR_UNITS) for name, value in given.items()}
    return NO_CUTS + "\n".join(written_cut(name, line) for name, line in lines.items())


def check_cuts(table: SchemeFile, report: Report) -> None:
    """Report cuts of what is no measure of money, and names that are not told apart."""
    names: set[str] = set()
    for cut in table.cut:
        measure = measure_named(cut.measure)
        if measure is None or measure.type != "money":
            money = [name for name, one in MEASURES.items() if one.type == "money"]
            hint = did_you_mean(cut.measure, money) if measure is None else f"{cut.measure} is a {measure.type}"
            report.add(f"cut.{cut.name}.measure", cut.measure, "the name of a measure or fact of money", hint)
        if cut.name in names:
            report.add(f"cut.{cut.name}", cut.name, "a name of its own among the cuts")
        names.add(cut.name)


def _divided(values: NDArray[np.int64], by: NDArray[np.int64]) -> NDArray[np.int64]:
    """Averages and quotients in whole minor units, halves up."""
    whole, rest = np.divmod(values, by)
    return np.asarray(whole + (rest >= by - rest), np.int64)
