"""``tierline import``: a bank's snapshot of accounts becomes facts and openings."""  # noqa: N999  # a module is named as its command

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from agents.flags import with_settings
from agents.onboarding import Import, Summary, moment_of
from agents.onboarding_state import Plan, Source, State, look_at, read_state, resume
from agents.progress import Bar
from agents.snapshot import Reading
from agents.snapshot_averages import months_before
from deploy.batches import BatchWriter, open_producer, partitioners
from schemas.settings import Settings
from streams.calendar import BusinessCalendar

EPILOG: Final = """\b
Examples:
  tierline import accounts.csv --dry-run            check every line, send nothing
  tierline import accounts.csv                      balances of yesterday's close
  tierline import accounts.csv --as-of 2026-03-31   of another day's
  tierline import accounts.csv                      the same again after an interruption: it goes on
  tierline import bank.csv --encoding gb18030 --ignore teller --owed-positive

\b
A line an account; the first line names the columns:
  needed    customer_id, account_id, product (deposit, wealth, loan, margin, card), balance (major units, 1234.56)
  averages  avg_2026_02 and so on: the account's average balance of each of the twelve months before the day's
  account   currency, balance_base (of another currency, in the bank's own), form (demand, time),
            opened_on, closed_on, matures_on, card_activated_on, account_branch_id,
            counts_in_aum
  customer  kind, birth_date, owner_id, branch_id, customer_opened_on, label_<name>, tags (parted by ;),
            and every other fact by its name
An empty cell tells nothing.

\b
Lines that cannot be taken in are in accounts.csv.rejected.csv with the reason, to be mended and imported; exit code 1
then. How far it has come is in accounts.csv.state.
"""


@with_settings("BROKER", "TOPIC_PREFIX", "TIMEZONE", "CUTOFF", "BASE_CURRENCY")
def command(
    settings: Settings,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV file, a line an account.")],
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="Day whose closing balances these are.", show_default="yesterday"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every line and send nothing.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Begin anew, whatever was sent before.")] = False,
    owed_positive: Annotated[
        bool, typer.Option("--owed-positive", help="Loans are given as the amount owed, not below 0.")
    ] = False,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", metavar="COLUMN", help="Leave a column out.")] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the file.")] = "utf-8-sig",
) -> None:
    """Take a bank's snapshot in: facts to `customers`, each balance and monthly average as an opening to `transactions`.

    Openings are no flows, and the tiers they lead to carry the reason "placement". An interrupted import goes on where it
    stood; sending a line twice does no harm.
    """
    source = look_at(file)
    state = None if again else read_state(source)
    if as_of is None and state is not None and not state.done:
        as_of = state.plan.as_of  # the day it was begun for, although another one has ended meanwhile
    calendar = BusinessCalendar(settings.timezone, settings.cutoff)
    moment = moment_of(as_of, calendar, time.time_ns() // 1000)
    months = months_before(moment.as_of, calendar)
    reading = Reading(moment, settings.base_currency, owed_positive=owed_positive, months=months)
    plan = Plan(
        digest=source.digest,
        as_of=reading.moment.as_of,
        target=f"{settings.topic_prefix}@{settings.broker}",
        encoding=encoding,
        base_currency=settings.base_currency,
        owed_positive=owed_positive,
        ignore=tuple(name.lower() for name in ignore or ()),
    )
    state = State(plan=plan) if dry_run else resume(source, state, plan)
    begun = time.monotonic()
    work = Import(source, state, reading)
    summary = asyncio.run(_check(work) if dry_run else _send(settings, work))
    _tell(source, work, summary, time.monotonic() - begun, dry_run=dry_run, as_of=reading.moment.as_of)
    if summary.rejected:
        raise typer.Exit(1)


async def _check(work: Import) -> Summary:
    with Bar("checking", "lines") as bar:
        return await work.run(bar.update)


async def _send(settings: Settings, work: Import) -> Summary:
    home_of_facts, home_of_openings = await partitioners(
        settings.broker, settings.topic_prefix, "customers", "transactions"
    )
    async with open_producer(settings.broker, "tierline-import") as producer:
        facts = BatchWriter(producer, settings.topic("customers"), home_of_facts)
        openings = BatchWriter(producer, settings.topic("transactions"), home_of_openings)
        work.send_to(facts, openings)
        with Bar("importing", "lines") as bar:
            return await work.run(bar.update)


def _tell(source: Source, work: Import, summary: Summary, took_s: float, *, dry_run: bool, as_of: str) -> None:
    for column, why in work.skipped.items():
        typer.echo(f"column {column} is left out: {why}")
    if summary.unmeasured:
        typer.echo(
            f"{summary.unmeasured:,} accounts in other currencies without balance_base: they stay out of the measures"
        )
    if summary.unaveraged:
        typer.echo(f"{summary.unaveraged:,} accounts in other currencies: their monthly averages are left out")
    if summary.averages:
        typer.echo(f"{summary.averages:,} monthly averages {'are good' if dry_run else 'taken in'}")
    if summary.resumed_at:
        typer.echo(f"the first {summary.resumed_at:,} lines had been sent before")
    done = "are good" if dry_run else "imported"
    typer.echo(
        f"{summary.accounts:,} accounts of {summary.customers:,} customers {done}, "
        f"as of the close of {as_of}, in {took_s:.1f} s"
    )
    if summary.rejected:
        typer.echo(f"{summary.rejected.total():,} lines rejected, listed in {source.rejected_path}:")
        for reason, count in summary.rejected.most_common():
            typer.echo(f"  {count:>10,}  {reason}")
