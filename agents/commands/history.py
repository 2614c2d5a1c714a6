"""``tierline history``: why a customer was moved, from the events themselves."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, NamedTuple

import typer

from agents.connections import broker_in_words, open_broker, open_store
from agents.flags import with_settings
from agents.history import Found, newest
from agents.history_text import event_of, line_of, told_bound, told_event
from agents.pages import unknown_customer
from agents.progress import Bar
from agents.replay import home_in
from agents.store_look import partitions_of
from schemas.settings import Settings
from streams.calendar import BusinessCalendar
from streams.outputs import ALERTS, TIER_CHANGES

EPILOG: Final = """\b
Examples:
  tierline history C00000042                 its latest tier changes: from, to, when, by which condition and figures
  tierline history C00000042 --alerts        its latest alerts instead, raised and cleared
  tierline history C00000042 --limit 1       the last change alone
  tierline history --json C00000042          a line of JSON each, newest first: type, id and the event as it was told

\b
Needs Kafka, and the store to know where the customer lives; no worker. Read backwards from the end of the
topic, at most --records of the customer's partition: what is older, or no longer kept, is not found.
Exit code 1 if a customer is not known.
"""


class _Told(NamedTuple):
    """Where a customer lives, what was told of it, and the calendar by which it was decided."""

    partition: int
    calendar: BusinessCalendar
    found: Found


@with_settings("BROKER", "STORE", "NAMESPACE", "GROUP", "TOPIC_PREFIX")
def command(
    settings: Settings,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Customer id.")],
    alerts: Annotated[bool, typer.Option("--alerts", help="Alerts instead of tier changes.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="So many, the newest.")] = 10,
    records: Annotated[
        int, typer.Option(min=1, help="Look at so many positions of the partition at most.")
    ] = 1_000_000,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON each.")] = False,
) -> None:
    """Tell why a customer was moved: its latest tier changes with condition, figures and cause."""
    topic = ALERTS if alerts else TIER_CHANGES
    told = asyncio.run(_read(settings, customer, topic, limit, records))
    if told is None:
        typer.echo(unknown_customer(customer), err=True)
        raise typer.Exit(1)
    if as_json:
        for record in told.found.records:
            typer.echo(line_of(record))
        return
    typer.echo(f"{customer}, partition {told.partition}, newest first")
    for record in told.found.records:
        typer.echo("\n".join(["", *(f"  {line}" for line in told_event(event_of(record), told.calendar))]))
    typer.echo(f"\n{told_bound(told.found, settings.topic_prefix + topic)}")


async def _read(settings: Settings, customer: str, topic: str, limit: int, records: int) -> _Told | None:
    async with open_store(settings) as store:
        partition = await home_in(store, await partitions_of(store))(customer)
        claimed = None if partition is None else await store.peek(partition)
    if partition is None or claimed is None or claimed.state is None:
        return None
    async with open_broker(settings) as broker:
        with broker_in_words(settings), Bar(f"looking through {topic}", "positions") as bar:
            found = await newest(broker, topic, partition, customer, wanted=limit, bound=records, told=bar.update)
    calendar = BusinessCalendar(claimed.state.timezone, claimed.state.cutoff)
    return _Told(partition, calendar, found)
