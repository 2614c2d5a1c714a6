"""``tierline members``: who is in a level or class of a scheme."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from agents.audience import HEADER, check_place, counts, members, places_of
from agents.census import OUTSIDE
from agents.connections import open_store
from agents.flags import with_settings
from agents.population import growth, population_of
from agents.progress import Bar
from agents.store_look import partitions_of
from agents.walk import survey
from agents.whole_files import whole_file
from schemas.mistakes import Mistake
from schemas.settings import Settings

EPILOG: Final = """\b
Examples:
  tierline members abc_card                            how many each level has, and growth since the year's start
  tierline members abc_card diamond                    who they are: a line each, with owner and branch
  tierline members abc_card diamond --count            how many
  tierline members abc_card diamond --csv diamond.csv  an invitation list, for a spreadsheet

\b
Needs the store, and neither Kafka nor a worker. An export is written whole or not at all.
"""

Write = Callable[[Sequence[Sequence[str]]], None]


@with_settings("STORE", "NAMESPACE")
def command(
    settings: Settings,
    scheme: Annotated[str, typer.Argument(metavar="SCHEME", help="Scheme, as in the policy files.")],
    level: Annotated[
        str | None, typer.Argument(metavar="[LEVEL]", help="Level or class; all are counted without.")
    ] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a CSV file.")] = None,
    count: Annotated[bool, typer.Option("--count", help="Tell the number alone.")] = False,
) -> None:
    """Tell who is in a level or class: customer, since when, owner, branch, the close that takes a level in grace, and the end of a hold."""
    if csv_file is not None and (count or level is None):
        msg = "--csv writes the customers of one level: give a LEVEL, and leave out --count"
        raise Mistake(msg)
    if level is None:
        asyncio.run(_count_all(settings, scheme))
    elif count:
        typer.echo(asyncio.run(_list(settings, scheme, level, _nothing)))
    else:
        with _written(csv_file) as write:
            found = asyncio.run(_list(settings, scheme, level, write))
        where = "" if csv_file is None else f", written to {csv_file}"
        typer.echo(f"{found:,} customers in {level} of {scheme}{where}", err=True)


async def _list(settings: Settings, scheme: str, level: str, write: Write) -> int:
    async with open_store(settings) as store:
        ground = await survey(store, await partitions_of(store))
        check_place(places_of(ground.policies), scheme, level)
        found = 0
        with Bar("looking", "customers") as bar:
            async for part in members(store, ground, scheme, level, bar.update):
                write(part)
                found += len(part)
        return found


async def _count_all(settings: Settings, scheme: str) -> None:
    async with open_store(settings) as store:
        ground = await survey(store, await partitions_of(store))
        places = places_of(ground.policies)
        check_place(places, scheme, None)
        with Bar("counting", "customers") as bar:
            found = await counts(store, ground, scheme, bar.update)
    gone = sorted(found.keys() - {*places[scheme], OUTSIDE})  # of an older version, until their next look
    names = [*places[scheme], *gone, OUTSIDE]
    before = population_of(ground.states.values()).year_start
    for line in count_lines(names, found, None if before is None else before.get(scheme, {})):
        typer.echo(line)


def count_lines(names: Sequence[str], now: Mapping[str, int], before: Mapping[str, int] | None) -> Iterator[str]:
    """A line a level; with what was there at the year's start, where that is known, and the growth since in percent."""
    width = max(map(len, names))
    if before is not None:
        yield f"{'':<{width}}  {'now':>12}  {'year start':>12}  {'growth':>9}"
    for name in names:
        line = f"{name:<{width}}  {now.get(name, 0):>12,}"
        if before is not None and name != OUTSIDE:
            rate = growth(now.get(name, 0), before.get(name, 0))
            line += f"  {before.get(name, 0):>12,}" + ("" if rate is None else f"  {float(100 * rate):>+8.2f}%")
        yield line


def _nothing(_rows: Sequence[Sequence[str]]) -> None:
    """Where only the number is wanted."""


@contextmanager
def _written(path: Path | None) -> Iterator[Write]:
    """Where rows go: standard output in columns, or a file that appears once all are in it."""
    if path is None:
        typer.echo("\t".join(HEADER))
        yield lambda rows: typer.echo("\n".join("\t".join(row) for row in rows))
        return
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        yield writer.writerows
