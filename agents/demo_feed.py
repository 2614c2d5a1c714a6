"""What a demo tells its worker: months of a few persons whose accounts fell out of use, then a bank at a pace that can be watched."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final, NamedTuple

from deploy.bank.bank import Bank
from deploy.bank.forgotten import Forgotten
from deploy.bank.publish import publish
from schemas.settings import Settings

CUSTOMERS_PER_FORGOTTEN: Final = 50
"""One customer in so many used the account last in the months before: sleep takes six, more than are shown."""
RECORDS_PER_FORGOTTEN: Final = 2
"""Transactions of each of them."""
_NAP_S: Final = 0.25
"""Seconds after which a feed that waits for its next records looks whether it was stopped."""


class DemoPlan(NamedTuple):
    """What is shown: size and seed of the bank, over how many seconds, with which policies."""

    policies: Path
    customers: int = 2_000
    days: int = 120
    transactions: int = 150_000
    seed: int = 1
    seconds: float = 45.0


class Feed:
    """Publishes the past, and then the bank from a thread, at a pace at which its days can be watched."""

    def __init__(self, plan: DemoPlan, settings: Settings) -> None:
        forgotten = min(plan.customers // CUSTOMERS_PER_FORGOTTEN, (plan.transactions - 1) // RECORDS_PER_FORGOTTEN)
        others = plan.customers - forgotten
        self._past = Forgotten(plan.seed, others, forgotten, timezone=settings.timezone)
        self._bank = Bank(
            plan.seed, others, plan.days, plan.transactions - self._past.transaction_count, timezone=settings.timezone
        )
        self._settings = settings
        records = self._bank.transaction_count + self._bank.interactions_count
        self._per_s = records / plan.seconds if plan.seconds else float("inf")
        self._begun = 0.0
        self._stopped = False

    async def past(self) -> None:
        """Tell of the months before the bank's first day, and return once it is acknowledged.

        The bank must not be told of before a worker has done with it: whoever is known takes part in the closes of those months.
        """
        await publish(self._settings.broker, self._past)

    async def run(self) -> None:
        """Tell everything else, and return once it is acknowledged."""
        self._begun = time.monotonic()
        try:
            await asyncio.to_thread(self._publish)
        finally:
            self._stopped = True

    def _publish(self) -> None:
        asyncio.run(publish(self._settings.broker, self._bank, progress=self._pace))

    def _pace(self, done: int, _total: int) -> None:
        """Sleep until it is time for the next records; blocks this thread's own loop, on purpose."""
        ahead_s = (done - self._bank.facts_count) / self._per_s - (time.monotonic() - self._begun)
        while ahead_s > 0 and not self._stopped:
            time.sleep(min(ahead_s, _NAP_S))
            ahead_s -= _NAP_S
        if self._stopped:
            raise asyncio.CancelledError

    def stop(self) -> None:
        """Make ``run`` end soon."""
        self._stopped = True
