"""``tierline generate``: a made-up bank on the broker, to try things on."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from typing import Annotated, Final

import typer

from agents.flags import with_settings
from agents.progress import Bar
from deploy.bank.bank import START_DATE, Bank
from deploy.bank.publish import publish
from schemas.mistakes import Mistake
from schemas.settings import Settings

EARLIEST: Final = dt.date(1990, 1, 1)
"""Bookings of days before are dead letters."""

EPILOG: Final = """\b
Examples:
  tierline generate                                     2,000 customers, 120 days, 150,000 transactions
  tierline generate --customers 50 --transactions 2000  a village bank
  tierline generate --seed 7 --start 2024-01-15         another bank, in another year
  tierline generate --customers 50000 --transactions 1000000 --days 3 --zipf 1
                                                        three busy days, a few customers do most
"""


@with_settings("BROKER", "TOPIC_PREFIX", "TIMEZONE", "BASE_CURRENCY")
def command(
    settings: Settings,
    customers: Annotated[int, typer.Option(min=1, help="Customers of the bank.")] = 2_000,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="Days told.")] = 120,
    transactions: Annotated[int, typer.Option(min=1, help="Records of transactions, in all.")] = 150_000,
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed (and figures) makes the same bank, byte for byte.")
    ] = 1,
    start: Annotated[str, typer.Option(help="First date told.")] = START_DATE.isoformat(),
    zipf: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=3.0, help="Let a few customers do most: exponent of Zipf's law.", show_default="mild"
        ),
    ] = None,
) -> None:
    """Make up a bank and publish it: facts to `customers`, then bookings to `transactions` and, beside
    them, contacts, complaints, enquiries and feedback to `interactions`.

    Customers grow, drain, come into money, fall silent, earn salaries or just use their cards; bookings come late, are
    taken back, or are in another currency. Records are stamped with the time they tell of, so give each bank topics of
    its own (or a --topic-prefix): a second one on the same topics would turn back the clock.
    """
    first = _first_date(start, days)
    try:
        bank = Bank(
            seed,
            customers,
            days,
            transactions,
            first,
            settings.timezone,
            base_currency=settings.base_currency,
            zipf=zipf,
        )
    except ValueError as error:
        raise Mistake(str(error)) from error
    begun = time.monotonic()
    with Bar("publishing", "records") as bar:
        done = asyncio.run(publish(settings.broker, bank, topic_prefix=settings.topic_prefix, progress=bar.update))
    took = time.monotonic() - begun
    last = first + dt.timedelta(days=days - 1)
    typer.echo(
        f"{done.facts:,} records of facts, {done.transactions:,} transactions and {done.interactions:,} interactions "
        f"of {first} to {last}, in {took:.1f} s"
    )


def _first_date(text: str, days: int) -> dt.date:
    """The date of ``--start``, if the days from it lie within the calendar and in the past."""
    try:
        first = dt.date.fromisoformat(text)
    except ValueError as error:
        msg = f"--start is {text!r}; expected a date such as {START_DATE}"
        raise Mistake(msg) from error
    if first < EARLIEST:
        msg = f"--start is {text}; expected {EARLIEST} or later, where the calendar of business days begins"
        raise Mistake(msg)
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    if days > (yesterday - first).days + 1:
        msg = (
            f"{days} days from {first} reach past yesterday, and brokers refuse records from the future: give an earlier "
            "--start or fewer --days"
        )
        raise Mistake(msg)
    return first
