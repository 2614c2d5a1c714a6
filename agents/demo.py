"""The demo: a made-up bank on a real Kafka and Valkey, watched while a real worker follows it.

Everything lives in one private folder and ends with the demo: the worker, then the servers, then the folder,
whatever happened before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from agents.census import census
from agents.connections import broker_in_words, open_broker
from agents.dead_letters import Letter, read_letters
from agents.demo_alerts import ShownAlert, missing_alerts, shown_alerts
from agents.demo_feed import DemoPlan, Feed
from agents.demo_view import ALERTS_SHOWN, CHANGES_SHOWN, Picture, SchemeLegend, View
from agents.demo_worker import DemoWorker, Figures
from agents.drain import Drain, targets_of
from agents.explain import Explainer, Explanation
from agents.policy.loading import load_policies
from agents.policy_files import read_folder
from deploy.local import LocalStack
from deploy.local.ports import free_port
from deploy.topics import create_topics
from schemas.settings import Settings
from streams.calendar import BusinessCalendar, date_of
from streams.kafka import KafkaBroker
from streams.store import RedisStore

PARTITIONS: Final = 4
LOOK_S: Final = 0.25
"""Seconds between two looks at the worker."""
COUNT_EVERY_S: Final = 1.5
"""Seconds between two counts of the customers per tier: it reads them all."""
STANDS_STILL_S: Final = 60.0
"""Longest wait without any progress once the whole bank is published."""
ALERTS_FROM_CUSTOMERS, ALERTS_FROM_DAYS = 1_000, 60
"""From this size on an account must fall asleep and somebody be about to leave."""


class DemoFailed(Exception):
    """Something did not go as it should; the text says what."""


class DemoResult(NamedTuple):
    """How it went, for the summary."""

    settings: Settings
    figures: Figures
    seconds: float
    somebody: Explanation | None
    alerts: list[ShownAlert]
    picture: Picture


async def run_demo(
    plan: DemoPlan, folder: Path, view: View, after: Callable[[DemoResult], None], *, keep: bool
) -> None:
    """Run the whole demo in ``folder``; ``after`` tells the summary while everything still runs.

    With ``keep`` everything goes on until this task is cancelled. Raises ``DemoFailed``, ``WorkerDied`` or a ``Mistake``.
    """
    load_policies(read_folder(plan.policies))  # mistakes are told before anything is started
    async with _servers(folder, view) as stack:
        settings = Settings(
            broker=stack.status().broker,
            store=stack.status().store,
            policies=plan.policies,
            clock="log",
            web_port=free_port(),
        )
        await create_topics(settings.broker, "", PARTITIONS)
        async with _worker(settings, folder, view) as worker, _watcher(settings, plan, worker, view) as watcher:
            after(await watcher.watch())
            if keep:
                view.say("everything goes on running; Ctrl-C ends it")
                await asyncio.Event().wait()


@asynccontextmanager
async def _servers(folder: Path, view: View) -> AsyncIterator[LocalStack]:
    stack = LocalStack(folder / "stack")
    view.say("starting a Kafka and a Valkey ...")
    try:
        await asyncio.to_thread(stack.up)
        yield stack
    finally:
        stack.down(wipe=True)


@asynccontextmanager
async def _worker(settings: Settings, folder: Path, view: View) -> AsyncIterator[DemoWorker]:
    """A ready worker; its end is part of what the demo checks."""
    view.say("starting a worker (the first start on a machine compiles its kernels: up to a minute or two) ...")
    worker = DemoWorker(settings, folder / "worker.log")
    try:
        await worker.until_ready()
        yield worker
    except BaseException:
        worker.stop()
        raise
    code = worker.stop()
    if code != 0:
        msg = f"the worker ended with code {code} when it was asked to stop, expected 0"
        raise DemoFailed(msg)


@asynccontextmanager
async def _watcher(settings: Settings, plan: DemoPlan, worker: DemoWorker, view: View) -> AsyncIterator[_Watcher]:
    store = RedisStore(settings.store)
    try:
        async with open_broker(settings) as broker:
            yield _Watcher(settings, plan, worker, view, store, broker)
    finally:
        view.close()
        await store.close()


class _Watcher:
    """Feeds the bank and shows what the worker makes of it."""

    def __init__(
        self, settings: Settings, plan: DemoPlan, worker: DemoWorker, view: View, store: RedisStore, broker: KafkaBroker
    ) -> None:
        self._settings = settings
        self._plan = plan
        self._worker = worker
        self._view = view
        self._store = store
        self._broker = broker
        self._calendar = BusinessCalendar(settings.timezone, settings.cutoff)
        self._policies = load_policies(read_folder(plan.policies))
        self._legends = [
            SchemeLegend(
                scheme.table.scheme,
                scheme.table.title or scheme.table.scheme,
                tuple(dict.fromkeys([scheme.table.base, *(place.table.name for place in scheme.places)])),
            )
            for scheme in self._policies.schemes
        ]
        self._picture = Picture(total=plan.transactions, schemes=self._legends)
        self._counted_at = 0.0
        self._rates: list[tuple[float, int]] = []

    async def watch(self) -> DemoResult:
        """Publish all, wait until all is committed and relayed, and say how it went."""
        begun = time.monotonic()
        feed = Feed(self._plan, self._settings)
        await feed.past()
        await self._caught_up()
        feeding = asyncio.create_task(feed.run())
        try:
            while not feeding.done():
                await self._look()
                await asyncio.wait([feeding], timeout=LOOK_S)
            feeding.result()
        finally:
            feed.stop()
        figures = await self._caught_up()
        took = time.monotonic() - begun
        self._view.close()
        with broker_in_words(self._settings):
            alerts = await shown_alerts(self._broker, PARTITIONS, self._policies.families)
            letters = await read_letters(self._broker, PARTITIONS)
        wrong = what_failed(self._plan, figures, letters, missing_alerts(alerts, self._policies.families))
        if wrong is not None:
            raise DemoFailed(wrong)
        return DemoResult(self._settings, figures, took, await self._somebody(), alerts, self._picture)

    async def _caught_up(self) -> Figures:
        """Look on until everything published is committed, relayed and on the page of changes."""
        drain = Drain(self._store, self._broker, await targets_of(self._broker, PARTITIONS))
        seen, since = (0, 0), time.monotonic()
        while time.monotonic() < since + STANDS_STILL_S:
            figures = await self._look()
            left = await drain.remainder()
            shown = (await self._worker.changes(1))["total"]
            if left.partitions == 0 and shown >= figures.tier_changes:
                return await self._look(count=True)
            if (shown, figures.alerts + figures.records) != seen:
                seen, since = (shown, figures.alerts + figures.records), time.monotonic()
            await asyncio.sleep(LOOK_S)
        msg = f"the worker has not moved for {STANDS_STILL_S:.0f} s, and not all that was published is done"
        raise DemoFailed(msg)

    async def _look(self, *, count: bool = False) -> Figures:
        """Ask the worker and show the answer; customers per tier are counted now and then."""
        self._worker.check()
        figures = await self._worker.figures()
        page, alerts = await self._worker.changes(CHANGES_SHOWN), await self._worker.alerts(ALERTS_SHOWN)
        now = time.monotonic()
        self._rates = [(at, records) for at, records in self._rates if at > now - 3.0] + [(now, figures.records)]
        picture = self._picture
        picture.applied = figures.records
        picture.rate = self._rate()
        picture.tier_changes = figures.tier_changes
        picture.alerts = figures.alerts
        picture.dead_letters = figures.dead_letters
        picture.latest = [entry["change"] for entry in page["changes"]]
        picture.latest_alerts = [entry for entry in alerts["alerts"] if "signal" in (entry["alert"] or {})]
        if figures.open_day is not None:
            picture.day = date_of(figures.open_day).isoformat()
        if count or now - self._counted_at >= COUNT_EVERY_S:
            self._counted_at = now
            picture.levels = await census(self._store, PARTITIONS, [legend.name for legend in self._legends])
        self._view.show(picture)
        return figures

    def _rate(self) -> float:
        (first_at, first), (last_at, last) = self._rates[0], self._rates[-1]
        return (last - first) / (last_at - first_at) if last_at > first_at else 0.0

    async def _somebody(self) -> Explanation | None:
        """A customer worth a look: the latest who moved."""
        explainer = Explainer(self._store, PARTITIONS)
        for change in self._picture.latest:
            found = await explainer.explain(change["customer_id"])
            if found is not None:
                return found
        return None


def what_failed(plan: DemoPlan, figures: Figures, letters: Sequence[Letter], missing: Sequence[str]) -> str | None:
    """Why a demo that has ended did not go as it should; ``missing`` are signals, or families of them, without an alert."""
    if figures.records != plan.transactions:
        return f"the worker took in {figures.records:,} records, {plan.transactions:,} were published"
    if letters:
        first = letters[0]
        return (
            f"{len(letters):,} dead letters came, though the bank makes only readable records; the first is "
            f"{first.topic} {first.partition}:{first.offset}: {first.reason}"
        )
    if not figures.tier_changes:
        return "no customer changed tier: the policies do not fit the bank"
    if missing and plan.customers >= ALERTS_FROM_CUSTOMERS and plan.days >= ALERTS_FROM_DAYS:
        return f"no alert of {' and of '.join(missing)} came: the signals do not fit the bank"
    return None
