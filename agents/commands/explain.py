"""``tierline explain``: a customer's tiers and what is behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
import typer

from agents.connections import open_store
from agents.explain import Explainer, Explanation
from agents.explain_text import told
from agents.flags import with_settings
from agents.pages import unknown_customer
from agents.store_look import partitions_of
from schemas.settings import Settings

EPILOG: Final = """\b
Examples:
  tierline explain C00000042                    tier in each scheme, since when, why, what leads on, when it falls
  tierline explain C00000042 --all              with the schemes that do not mean the customer, all in full
  tierline explain C00000042 --measures         with every measure
  tierline explain --json C00000042 C00000043   a line of JSON each, for programs (money in major units)
  tierline explain --json C00000042 | jq .schemes.abc_card.level

\b
Needs the store, and neither Kafka nor a worker. Exit code 1 if a customer is not known.
"""


@with_settings("STORE", "NAMESPACE")
def command(
    settings: Settings,
    customers: Annotated[list[str], typer.Argument(metavar="CUSTOMER...", help="Customer ids.")],
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a customer.")] = False,
    measures: Annotated[bool, typer.Option("--measures", help="Every measure, not only those that decide.")] = False,
    all_schemes: Annotated[
        bool, typer.Option("--all", help="Every scheme in full, whether it means the customer or not.")
    ] = False,
) -> None:
    """Tell a customer's tiers: since when, why, what leads to the next ones, and when it falls."""
    found = asyncio.run(_ask(settings, customers))
    unknown = 0
    for place, (customer, explanation) in enumerate(zip(customers, found, strict=True)):
        if explanation is None:
            unknown += 1
            typer.echo(unknown_customer(customer), err=True)
        elif as_json:
            typer.echo(msgspec.json.encode(explanation))
        else:
            typer.echo(
                "\n".join(
                    (*([""] if place else []), *told(explanation, all_measures=measures, all_schemes=all_schemes))
                )
            )
    if unknown:
        raise typer.Exit(1)


async def _ask(settings: Settings, customers: Sequence[str]) -> list[Explanation | None]:
    async with open_store(settings) as store:
        partitions = await partitions_of(store)
        explainer = Explainer(store, partitions)
        return [await explainer.explain(customer) for customer in customers]
