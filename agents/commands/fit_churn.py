"""``tierline fit-churn``: the model behind expected activity, from the bank's own history."""

from __future__ import annotations

import asyncio
from typing import Final

from agents.churn.collecting import Collected, collect
from agents.churn.fitting import CUSTOMERS_MIN, fit_bg_nbd
from agents.churn.report import model_file, report
from agents.connections import open_store
from agents.fitted import FittedFile, Force, check_free, hand_out
from agents.flags import with_settings
from agents.progress import Bar
from agents.store_look import partitions_of
from agents.walk import survey
from schemas.mistakes import Mistake
from schemas.settings import Settings

EPILOG: Final = """\b
Examples:
  tierline fit-churn                                      fit and tell, write nothing
  tierline fit-churn policies/churn_model.toml            write the file that the policies take the model from
  tierline fit-churn policies/churn_model.toml --force    over the one that is there

\b
Needs the store, and neither Kafka nor a worker; customers are looked at as of the open day. The file is a part of the
policies: `tierline policy check` reads it, and a worker started with it expects by it from then on.
"""


@with_settings("STORE", "NAMESPACE")
def command(settings: Settings, file: FittedFile = None, force: Force = False) -> None:
    """Fit the parameters of BG/NBD to the active days of the last 12 months, and tell how well they do."""
    check_free(file, force=force)
    collected = asyncio.run(_collect(settings))
    check_enough(collected)
    with Bar("fitting", "searches") as bar:
        fit = fit_bg_nbd(collected.histories, bar.update)
    hand_out(report(fit, collected), file, model_file(fit, collected))


def check_enough(collected: Collected) -> None:
    """``Mistake`` where there is too little to fit."""
    if collected.histories.total < CUSTOMERS_MIN:
        msg = (
            f"{collected.histories.total:,} customers of the store were active in the last 12 months, and {CUSTOMERS_MIN} "
            "are needed: is TIERLINE_NAMESPACE right, did the worker read the bank's history yet?"
        )
        raise Mistake(msg)


async def _collect(settings: Settings) -> Collected:
    async with open_store(settings) as store:
        ground = await survey(store, await partitions_of(store))
        with Bar("reading", "customers") as bar:
            return await collect(store, ground, bar.update)
