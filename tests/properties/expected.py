"""What the oracle expects of a history, step by step: the looks with their measures, and the tier changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.oracle.account_rows import AccountValue
from tests.oracle.judge import Change
from tests.oracle.measure_names import Value
from tests.oracle.partition import Alert, Entry, Partition
from tests.properties.histories import CHURN, RATES, History

Snapshot = tuple[str, int, dict[str, Value | AccountValue]]
"""Customer, as-of day, and the measures (none where they were not asked for), those of accounts with their place in front."""


Renewal = tuple[int, Mapping[str, str]]
"""The closes before the one with which a new version of the policies becomes active, and its files."""


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the log, or a close that was due before it; ``applied`` is false for a duplicate or a refused one."""

    entry: Entry
    open_day: int | None
    applied: bool
    looks: list[Snapshot]
    changes: list[Change]
    alerts: list[Alert]


def expected(
    history: History,
    policies: Mapping[str, str],
    *,
    measures: bool,
    renewal: Renewal | None = None,
    rates: str = RATES,
    churn: str = CHURN,
) -> list[Step]:
    """The steps of a history, closes included, in the order in which they happen."""
    oracle = Partition(policies, timezone=history.timezone, cutoff=history.cutoff, rates=rates, churn=churn)
    return followed(oracle, history, measures=measures, renewal=renewal)


def followed(oracle: Partition, history: History, *, measures: bool, renewal: Renewal | None = None) -> list[Step]:
    """The steps of a history as ``oracle`` takes them."""
    at, files = renewal or (-1, {})
    closes = 0
    steps = []
    for entry in history.entries:
        if entry[0] == "txn":
            for day in oracle.closes_due(entry[2]):
                if closes == at:
                    steps.append(_step(oracle, ("policy", files), measures))
                steps.append(_step(oracle, ("close", day), measures))
                closes += 1
        steps.append(_step(oracle, entry, measures))
    return steps


def changes(steps: list[Step]) -> list[Change]:
    """All changes of all steps."""
    return [change for step in steps for change in step.changes]


def alerts(steps: list[Step]) -> list[Alert]:
    """All alerts of all steps."""
    return [alert for step in steps for alert in step.alerts]


def _step(oracle: Partition, entry: Entry, measures: bool) -> Step:
    before, told = len(oracle.looks), len(oracle.alerts)
    moved = oracle.apply(entry)
    looks = [
        (look.customer_id, look.as_of, _figures(oracle, look.customer_id, look.as_of) if measures else {})
        for look in oracle.looks[before:]
    ]
    open_day = entry[1] if entry[0] == "close" else oracle.open_day
    return Step(entry, open_day, entry[0] != "txn" or _applied(oracle, entry), looks, moved, oracle.alerts[told:])


def _applied(oracle: Partition, entry: Entry) -> bool:
    return entry[1] not in oracle.duplicates and entry[1] not in oracle.refused


def _figures(oracle: Partition, customer_id: str, as_of: int) -> dict[str, Value | AccountValue]:
    figures: dict[str, Value | AccountValue] = {**oracle.measures(customer_id, as_of)}
    for place, account in enumerate(oracle.accounts(customer_id, as_of)):
        figures |= {f"{place}: {name}": value for name, value in account.items()}
    return figures
