"""``cuts.toml``: the population lines that conditions read as ``cut_<name>``; written by ``tierline fit-cuts``.

One amount for each ``[[cut]]`` of the schemes, in major units with at most two decimals: what the last of its first customers
has of the measure::

    [cut]
    profit_top_2 = 18_400.25
    deposits_top_20 = 310_000
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from schemas.tables import Table, is_exact, read_table

CUTS_FILE: Final = "cuts.toml"
"""Name of the file, in the folder of policies."""
CUT: Final = "cut_"
"""Prefix of the names under which conditions read the lines."""
NO_CUTS: Final = "[cut]\n"
"""A file without a line."""
_MINOR_UNITS: Final = 100
_LARGEST: Final = 2**62 - 1
"""Minor units of the largest line: half of what 64 bits hold, as with every amount that a file gives."""

Lines = Mapping[str, int]
"""Minor units by the name of a cut."""


def read_cuts(text: str) -> dict[str, int]:
    """Read the file's text as ``Lines``; ``ValueError`` tells all mistakes, one a line."""
    table = read_table(text, _mistakes)
    return {name: int(value * _MINOR_UNITS) for name, value in table["cut"].items()}


def written_cut(name: str, line: int) -> str:
    """The file's line of TOML for a cut at ``line`` minor units."""
    whole, rest = divmod(abs(line), _MINOR_UNITS)
    return f"{name} = {'-' if line < 0 else ''}{whole:_}.{rest:02}"


def _mistakes(table: Table) -> Iterator[str]:
    for key in sorted(table.keys() - {"cut"}):
        yield f"{key}: expected nothing but [cut]"
    cuts = table.get("cut")
    if not isinstance(cuts, dict):
        yield "cut: expected a table [cut] with an amount for each cut, as `tierline fit-cuts` writes it"
        return
    for name, value in cuts.items():
        if not name.isidentifier() or not name.islower():
            yield f"cut.{name}: expected the name of a cut: small letters, digits and underscores"
        if not is_exact(value, _MINOR_UNITS, -_LARGEST, _LARGEST):
            yield f"cut.{name} = {value}: expected an amount in major units with at most two decimals, such as 18_400.25"
