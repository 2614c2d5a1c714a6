"""``tierline topics``: the topics of the contract on a broker."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from agents.flags import with_settings
from deploy.topics import create_topics
from schemas.settings import Settings

app = typer.Typer(
    help="Make the topics of a broker, as the contract wants them.",
    epilog="""\b
Examples:
  tierline topics create                            8 partitions each, on the broker in TIERLINE_BROKER
  tierline topics create --partitions 32            as many as workers could ever share
  tierline topics create --topic-prefix test. --broker 127.0.0.1:9092
""",
    no_args_is_help=True,
)


@app.callback()
def topics() -> None:
    """Make the topics of a broker, as the contract wants them."""


@app.command()
@with_settings("BROKER", "TOPIC_PREFIX")
def create(
    settings: Settings,
    partitions: Annotated[int, typer.Option(min=1, max=4096, help="Partitions of each topic; fixed once used.")] = 8,
    replication: Annotated[
        int | None, typer.Option(min=1, max=32, help="Copies of each partition.", show_default="the broker's default")
    ] = None,
) -> None:
    """Make the topics that are missing; those that are there stay as they are.

    Topics with another number of partitions are refused: a customer's records would part.
    """
    for line in asyncio.run(create_topics(settings.broker, settings.topic_prefix, partitions, replication)):
        typer.echo(line)
