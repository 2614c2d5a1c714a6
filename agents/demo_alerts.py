"""Two alerts worth a look: an account asleep and somebody about to leave, each with its evidence in words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

import msgspec

from agents.figures import figure, money
from agents.policy.signals import Family, Signal
from agents.policy.words import in_words
from schemas.events import ALERT_RAISED, AlertRaised
from streams.outputs import ALERTS
from streams.ports import Broker, Record
from streams.stretch import stretch

SHOWN: Final[Mapping[str, str | None]] = {"dormancy": "sleep_account", "churn": None}
"""Families of which the summary shows an alert, if the policies have them, and the signal that must be among those raised: of churn any."""

_FETCH_RECORDS: Final = 5_000
_decode = msgspec.json.Decoder(AlertRaised).decode


class ShownAlert(NamedTuple):
    """An alert and the signal that it is of."""

    family: str
    signal: Signal
    alert: AlertRaised


async def shown_alerts(broker: Broker, partitions: int, families: Sequence[Family]) -> list[ShownAlert]:
    """One alert of each shown family that raised any: of the signal it must raise, else of the first that did, the one with the most at stake."""
    shown = sorted(
        (family for family in families if family.table.signals in SHOWN),
        key=lambda family: [*SHOWN].index(family.table.signals),
    )
    wanted = {signal.name: signal for family in shown for signal in family.signals}
    best: dict[str, AlertRaised] = {}
    async for alert in _raised(broker, partitions):
        name = alert.signal
        if name in wanted and (name not in best or _stake(alert) > _stake(best[name])):
            best[name] = alert
    firsts = [next((one for one in _in_order(family) if one.name in best), None) for family in shown]
    return [ShownAlert(signal.family, signal, best[signal.name]) for signal in firsts if signal is not None]


def told_alert(shown: ShownAlert) -> list[str]:
    """Who, what, why, for how much and what to do, in lines."""
    alert, signal = shown.alert, shown.signal
    about = alert.account_id or alert.about
    who = [alert.customer_id, *([f"account {about}"] if alert.account_id else [about] if about else [])]
    owner = f"owner {alert.owner_id or 'unknown'}, {alert.branch_id or 'branch unknown'}"
    evidence = ", ".join(f"{name} {figure(name, value)}" for name, value in alert.evidence.items())
    stake = "not told" if alert.value_at_stake is None else money(alert.value_at_stake)
    return [
        f"{shown.family}, {signal.name}: {signal.table.title}",
        f"    who        {', '.join(who)} ({owner})",
        f"    since      {alert.effective_at[:10]}, severity {alert.severity}",
        f"    why        {in_words((signal.raising or signal.when).node)}",
        f"    figures    {evidence}",
        f"    at stake   {stake}",
        f"    what next  {', '.join(signal.table.roles)}: {alert.advice}",
    ]


def missing_alerts(shown: Sequence[ShownAlert], families: Sequence[Family]) -> list[str]:
    """What should have been shown: the signal that a family must raise, if the policies have it, else the family."""
    told = {one.family for one in shown} | {one.signal.name for one in shown}
    due = {family.table.signals: family for family in families if family.table.signals in SHOWN}
    wanted = (
        next((one.name for one in family.signals if one.name == SHOWN[name]), name) for name, family in due.items()
    )
    return sorted(name for name in wanted if name not in told)


def _in_order(family: Family) -> list[Signal]:
    """The signals of a family as the file has them, the one that must be raised before all others."""
    return sorted(family.signals, key=lambda signal: signal.name != SHOWN[family.table.signals])


async def _raised(broker: Broker, partitions: int) -> AsyncIterator[AlertRaised]:
    """Every alert raised so far, as a consumer that reads committed records meets them."""
    for partition in range(partitions):
        log = await broker.open_log(ALERTS, partition)
        try:
            name = f"{ALERTS} of partition {partition}"
            async for records in stretch(log, name, *await log.bounds(), _FETCH_RECORDS):
                for record in records:
                    if _type_of(record) == ALERT_RAISED.encode():
                        yield _decode(record.value or b"")
        finally:
            await log.close()


def _type_of(record: Record) -> bytes | None:
    headers: Mapping[str, bytes] = dict(record.headers)
    return headers.get("ce_type")


def _stake(alert: AlertRaised) -> Fraction:
    value = alert.value_at_stake
    return Fraction(0) if value is None else Fraction(value)
