"""``tierline owners``: who looks after more customers than the cap allows."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Annotated, Final

import typer

from agents.connections import open_store
from agents.flags import with_settings
from agents.owners import over_cap, owner_loads
from agents.progress import Bar
from agents.store_look import partitions_of
from agents.walk import survey
from schemas.settings import Settings

EPILOG: Final = """\b
Examples:
  tierline owners                    owners above the cap (TIERLINE_OWNER_CAP), the fullest first
  tierline owners --owner-cap 500    above another cap
  tierline owners --all              every owner

\b
Needs the store, and neither Kafka nor a worker. Owner and customers stand on standard output, parted by a tab.
"""


@with_settings("STORE", "NAMESPACE", "OWNER_CAP")
def command(
    settings: Settings,
    everyone: Annotated[bool, typer.Option("--all", help="Owners below the cap too.")] = False,
) -> None:
    """Tell which owners look after more customers than the cap allows."""
    loads = asyncio.run(_count(settings))
    over = over_cap(loads, settings.owner_cap)
    for owner, count in over_cap(loads, 0) if everyone else over:
        typer.echo(f"{owner}\t{count}")
    unowned = loads.pop("", 0)
    typer.echo(
        f"{len(over):,} of {len(loads):,} owners look after more than {settings.owner_cap:,} customers; "
        f"{unowned:,} customers have no owner",
        err=True,
    )


async def _count(settings: Settings) -> Counter[str]:
    async with open_store(settings) as store:
        ground = await survey(store, await partitions_of(store))
        with Bar("counting", "customers") as bar:
            return await owner_loads(store, ground, bar.update)
