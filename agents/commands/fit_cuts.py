"""``tierline fit-cuts``: the population lines that conditions read as ``cut_*``, from what the last closes counted."""

from __future__ import annotations

import asyncio
from typing import Final

from agents.connections import open_store
from agents.cut_lines import Counted, cuts_file, lines_of, report
from agents.fitted import FittedFile, Force, check_free, hand_out
from agents.flags import with_settings
from agents.progress import Bar
from agents.store_look import partitions_of
from agents.walk import survey
from schemas.settings import Settings

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
def command(settings: Settings, file: FittedFile = None, force: Force = False) -> None:
    """Merge the sketches of all partitions, and tell for each [[cut]] where its first customers begin."""
    check_free(file, force=force)
    counted = asyncio.run(_counted(settings))
    hand_out(report(counted), file, cuts_file(counted))


async def _counted(settings: Settings) -> Counted:
    async with open_store(settings) as store:
        with Bar("reading", "partitions") as bar:
            ground = await survey(store, await partitions_of(store), bar.update)
        return lines_of(ground.states.values())
