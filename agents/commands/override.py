"""``tierline override``: a person sets a customer's level until a day, or lifts what was set."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated, Final

import msgspec
import typer

from agents.connections import broker_in_words, kafka_config, open_store
from agents.flags import with_settings
from agents.override import day, override_record
from agents.store_look import partitions_of
from schemas.facts import OverrideFacts
from schemas.mistakes import Mistake
from schemas.settings import Settings
from streams.kafka_replay import Replayer

EPILOG: Final = """\b
Examples:
  tierline override C00000042 abc_card gold --until 2026-12-31 --by eve.lin --reason "assets arrive in May"
  tierline override C00000042 abc_card --lift --by eve.lin --reason "they went elsewhere"

\b
The worker takes it up with its next facts: a tier change with reason "override" follows at once. It ends at the close of
its last day, and then the standing of before goes on under the rules. Who, why and until when stand in the change.
"""


@with_settings("BROKER", "STORE", "NAMESPACE", "GROUP", "TOPIC_PREFIX")
def command(
    settings: Settings,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Customer id.")],
    scheme: Annotated[str, typer.Argument(metavar="SCHEME", help="Scheme in which to set the level.")],
    level: Annotated[str | None, typer.Argument(metavar="[LEVEL]", help="Level or class to hold.")] = None,
    *,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides this.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")],
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Last day of it, as 2026-12-31.")] = None,
    lift: Annotated[bool, typer.Option("--lift", help="End the override that stands.")] = False,
) -> None:
    """Set a customer's level in one scheme until the close of a day, whatever the rules say; or lift what was set."""
    if lift in (level is not None, until is not None):
        msg = "give a LEVEL and --until DATE to set a level, or --lift alone to end the override that stands"
        raise Mistake(msg)
    told = {"scheme": scheme, "level": level, "reason": reason, "by": by}
    try:
        override = msgspec.convert({**told, "until": dt.date.min if until is None else day(until)}, OverrideFacts)
    except msgspec.ValidationError as error:
        raise Mistake(str(error)) from error
    asyncio.run(_tell(settings, customer, override))
    done = f"{level} in {scheme} until the close of {until}" if level else f"the override in {scheme} is lifted"
    typer.echo(f"told: {customer}: {done}")


async def _tell(settings: Settings, customer: str, override: OverrideFacts) -> None:
    async with open_store(settings) as store:
        record = await override_record(store, await partitions_of(store), customer, override)
    with broker_in_words(settings):
        async with Replayer(kafka_config(settings), "override") as writer:
            await writer.put_back([record])
