"""``tierline fit-cuts``: the population lines that conditions read as ``cut_*``, from what the last closes counted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from agents.cut_lines import Counted, cuts_file, lines_of, report
from agents.flags import with_settings
from agents.policy_files import check_free, write_file
from agents.progress import Bar
from agents.store_look import partitions_of
from agents.walk import survey
from schemas.mistakes import Mistake
from schemas.settings import Settings
from streams.ports import StoreUnavailable
from streams.store import RedisStore

EPILOG: Final = """\b
Examples:
  tierline fit-cuts                              tell the lines, write nothing
  tierline fit-cuts policies/cuts.toml           write the file that the policies take them from
  tierline fit-cuts policies/cuts.toml --force   over the one that is there

\b
Needs the store, and neither Kafka nor a worker; no customer is read. The file is a part of the policies:
`tierline policy check` says what it would change, and partitions decide by it from their next close on.
"""


@with_settings("STORE", "NAMESPACE")
def command(
    settings: Settings,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="File to write; only tell without.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Merge the sketches of all partitions, and tell for each [[cut]] where its first customers begin."""
    if file is not None and not force:
        check_free(file)
    try:
        counted = asyncio.run(_counted(settings))
    except StoreUnavailable as error:
        msg = f"{error}; is it running, is TIERLINE_STORE right?"
        raise Mistake(msg) from error
    for line in report(counted):
        typer.echo(line)
    if file is not None:
        write_file(file, cuts_file(counted))
        typer.echo(f"written to {file}", err=True)


async def _counted(settings: Settings) -> Counted:
    store = RedisStore(settings.store, settings.namespace)
    try:
        with Bar("reading", "partitions") as bar:
            ground = await survey(store, await partitions_of(store), bar.update)
        return lines_of(ground.states.values())
    finally:
        await store.close()
